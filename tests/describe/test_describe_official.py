"""The feeds against the official shapes, where they are beside the checkout; and how long writing them takes."""

import time
from pathlib import Path

import pytest
from feed_builders import SERVED

from pipelines.contracts.metadata import Catalogue
from pipelines.describe import dcat_graph, serialize
from pipelines.describe.dcat import PROFILES
from pipelines.describe.rdf import RDF_FORMATS, Graph, expand


def results(shapes: Path, graph: Graph) -> list[tuple[str, ...]]:
    """What the shapes say of a graph, but for what SHACL calls information."""
    from shacl import Shapes

    report = Shapes.from_turtle(shapes.read_text(encoding="utf-8")).validate_turtle(serialize(graph, "ttl").decode())
    return [(r.severity, r.focus_node, r.path or "", r.component) for r in report.results if r.severity != "Info"]


def test_the_spanish_feed_has_no_violation_and_no_warning(shared: Path, catalogue: Catalogue, plain: Catalogue) -> None:
    for given in (catalogue, plain):
        assert results(shared / "standards/shapes-es/es_core_clean.ttl", dcat_graph(given, SERVED, "es")) == []


def test_a_dataset_of_high_value_passes_the_spanish_shapes_for_them(shared: Path, catalogue: Catalogue) -> None:
    # By entity, as the federator does: the shapes for high value are meant for those datasets and their services.
    valuable = catalogue.model_copy(update={"datasets": catalogue.datasets[1:]})
    assert results(shared / "standards/shapes-es/es_core_hvd_clean.ttl", dcat_graph(valuable, SERVED, "es")) == []
    assert results(shared / "standards/shapes-eu/hvd-SHACL-base.ttl", dcat_graph(valuable, SERVED, "eu")) == []


@pytest.mark.parametrize("name", ["shapes.ttl", "range.ttl"])
def test_the_european_feed_has_no_violation_and_no_warning(
    shared: Path, catalogue: Catalogue, plain: Catalogue, name: str
) -> None:
    for given in (catalogue, plain):
        assert results(shared / "standards/shapes-eu" / name, dcat_graph(given, SERVED, "eu")) == []


NATIONAL = {
    "mdr-vocabularies.shape.ttl": {"dct:publisher", "dct:spatial", "dcat:theme"},
    "shapes_recommended.ttl": {"dcat:bbox", "dcat:centroid"},
}
"""What warnings remain: bodies, places and sectors of Spanish registers, and the geometry of those places."""


@pytest.mark.parametrize("name", NATIONAL)
def test_what_remains_to_recommend_is_about_spanish_registers(shared: Path, catalogue: Catalogue, name: str) -> None:
    found = results(shared / "standards/shapes-eu" / name, dcat_graph(catalogue, SERVED, "eu"))
    assert {severity for severity, *_ in found} == {"Warning"}
    assert {path.strip("<>") for _, _, path, _ in found} == {expand(n) for n in NATIONAL[name]}


@pytest.mark.slow
def test_a_thousand_datasets_are_written_in_seconds(plain: Catalogue) -> None:
    one = plain.datasets[0]
    files = one.distributions[:3]
    many = [
        one.model_copy(
            update={
                "iri": f"{one.iri}-{n}",
                "distributions": [d.model_copy(update={"iri": f"{d.iri}-{n}"}) for d in files],
            }
        )
        for n in range(1000)
    ]
    large = plain.model_copy(update={"datasets": many})
    start = time.perf_counter()
    for profile in PROFILES:
        graph = dcat_graph(large, SERVED, profile)
        for fmt in RDF_FORMATS:
            serialize(graph, fmt)
    assert time.perf_counter() - start < 20
