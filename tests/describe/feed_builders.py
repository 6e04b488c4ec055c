"""Catalogues with services and high-value datasets, and short questions to a graph."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from describe_builders import PUBLISHED, dataset_file, fact, facts, project, tables, write_files
from pyoxigraph import Triple

from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.metadata import Catalogue, Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.settings import Settings
from pipelines.describe import describe_catalogue, describe_dataset
from pipelines.describe.rdf import Graph, expand

SERVED = "https://www.pueblo.example/datos"
SERVICES = {"api_url": "https://api.pueblo.example/v1/", "datastore_url": "https://ckan.example/api/3/action"}
HVD = "http://data.europa.eu/eli/reg_impl/2023/138/oj"
LAW = "https://www.boe.es/eli/es/l/2007/11/16/37"
COMPANIES = "c_a9135398"
EU = "http://publications.europa.eu/resource/authority"


def describe(folder: Path, dataset: DatasetFile, whole: Project, linked: Sequence[str] = ("workshops",)) -> Dataset:
    """A release of `dataset` with schema files, and the tables `linked` as RDF."""
    folder.mkdir(parents=True)
    content = tables(dataset)
    write_files(folder, dataset, content)
    for resource in dataset.resources:
        (folder / f"{resource.name}.schema.json").write_text("{}")
    for name in linked:
        (folder / f"{name}.ttl").write_text("")
    files = [fact(path) for path in sorted(folder.iterdir())]
    return describe_dataset(whole, dataset, facts(content, files))


def make(folder: Path, settings: dict[str, Any], **hvd: Any) -> Catalogue:
    """A catalogue of two datasets; `hvd` are keys of the second."""
    first = dataset_file()
    second = dataset_file(name="firms", titles={"es": "Empresas", "en": "Companies"}, **hvd)
    whole = project(first)
    whole.settings = Settings(**settings)
    datasets = [describe(folder / d.name, d, whole) for d in (first, second)]
    return describe_catalogue(whole, datasets, edition="2026-11-22.1", modified=PUBLISHED)


def triples(graph: Graph) -> set[Triple]:
    return set(graph)


def about(graph: Graph) -> dict[str, set[tuple[str, str]]]:
    """Subject: what is said of it, as property and value."""
    out: dict[str, set[tuple[str, str]]] = {}
    for triple in graph:
        out.setdefault(triple.subject.value, set()).add((triple.predicate.value, str(triple.object)))
    return out


def values(graph: Graph, subject: str, name: str) -> list[str]:
    said = (t for t in graph if t.subject.value == subject and t.predicate.value == expand(name))
    return [t.object.value for t in said]


def of_type(graph: Graph, name: str) -> set[str]:
    return {
        t.subject.value for t in graph if t.predicate.value == expand("rdf:type") and t.object.value == expand(name)
    }
