"""The shipped facts as linked data: pulled, tidied, written as Turtle and read again, once a session."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from pipelines.contracts.dataset import Resource
from pipelines.contracts.project import Project, load_project
from pipelines.contracts.tables import Tables
from pipelines.linked.queries import load_graphs
from pipelines.linked.write import write_graph
from pipelines.pull import pull_source
from pipelines.tidy import tidy_dataset

from .shipped import only_shipped

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Linked:
    """The shipped project, its tidy tables, the graph file of each, and a store with all of them and the ontology."""

    project: Project
    tables: Tables
    files: dict[str, Path]
    store: ox.Store

    @property
    def resources(self) -> list[Resource]:
        return [r for d in self.project.datasets.values() for r in d.resources]

    @property
    def base(self) -> str:
        return self.project.catalogue.uri_base

    def ask(self, query: str) -> list[tuple[str, ...]]:
        """The solutions of a SELECT as texts; an unbound variable is an empty one."""
        prefixes = "PREFIX dct: <http://purl.org/dc/terms/> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
        found = self.store.query(f"BASE <{self.base}/> {prefixes}{query}")
        assert isinstance(found, ox.QuerySolutions)
        return [tuple("" if v is None else v.value for v in row) for row in found]


def build(folder: Path) -> Linked:
    """The shipped facts as linked data, all files under `folder`."""
    project = only_shipped(load_project(ROOT, store=folder / "store"))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    pulled = {name: pull_source(project, source, now).snapshot for name, source in project.sources.items()}
    snapshots = {name: snapshot for name, snapshot in pulled.items() if snapshot}
    tables: Tables = {}
    for dataset in project.datasets.values():
        tables |= tidy_dataset(project, dataset, snapshots).tables
    files = {}
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            written = write_graph(folder, tables[resource.name], resource, project)
            assert written, f"{resource.name} has no mapping"
            files[resource.name] = written
    return Linked(project, tables, files, load_graphs(project, files.values()))
