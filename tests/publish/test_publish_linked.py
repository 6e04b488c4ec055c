"""The linked data in the tree: the dump, its description, the terms and the questions."""

import gzip
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pyoxigraph as ox
import pytest
from publish_town import Town

from pipelines.contracts.project import Project
from pipelines.linked import write_graph
from pipelines.publish import publish_portal
from pipelines.publish.linked import Dump, has_linked_data, linked_files
from tests.linked.linked_builders import BASE, FIGURES, THINGS, make_mapped, tidy
from tests.tiny import Tiny

CATALOGUE = f'<{BASE}/catalogo> <http://purl.org/dc/terms/title> "Ciudad"@es .'.encode()


@pytest.fixture
def project(tiny: Tiny) -> Project:
    return make_mapped(tiny)


def content_of(project: Project, **rows: Any) -> Any:
    """What the portal shows of the dataset `city`: one version with the graphs of these tables."""
    folder = project.store.release("city", "2026-01-10.1")
    folder.mkdir(parents=True)
    files = ["things.csv"]
    for name, table in rows.items():
        resource = project.datasets["city"].resource(name)
        path = write_graph(folder, tidy(resource, table), resource, project)
        assert path
        files.append(path.name)
    version = SimpleNamespace(folder=folder, files=files, release=SimpleNamespace(version="2026-01-10.1"))
    return SimpleNamespace(pinned=[(SimpleNamespace(id="city"), version)])


def triples(content: bytes, fmt: Any) -> set[Any]:
    return {q.triple for q in ox.parse(content, format=fmt)}


def test_the_figures_of_the_whole_are_those_of_the_dump(project: Project) -> None:
    """The dump holds the ontology and the catalogue too."""
    files = linked_files(project, content_of(project, things=THINGS, figures=FIGURES), CATALOGUE)
    dump, void = files["linked-data/dump.nt.gz"], files["linked-data/void.ttl"]
    assert isinstance(dump, Dump) and isinstance(void, bytes)
    packed = io.BytesIO()
    dump.write(packed)
    held = triples(gzip.decompress(packed.getvalue()), ox.RdfFormat.N_TRIPLES)
    assert triples(CATALOGUE, ox.RdfFormat.TURTLE) < held
    counted = {t.object.value for t in triples(void, ox.RdfFormat.TURTLE) if t.predicate.value.endswith("#triples")}
    assert str(len(held)) in counted


def test_the_description_is_also_where_robots_look_for_it(project: Project) -> None:
    files = linked_files(project, content_of(project, things=THINGS), CATALOGUE)
    assert files["linked-data/void.ttl"] == files[".well-known/void"]
    assert {p for p in files if p.endswith(".rq")} == {"linked-data/tables/things.rq"}


@pytest.mark.parametrize(
    ("api", "named"),
    [
        ("https://api.ciudad.example/datos/v1/", ["https://api.ciudad.example/datos/sparql"]),
        ("https://api.ciudad.example/otra", []),
        ("https://api.ciudad.example/v1/otra", []),
        (None, []),
    ],
)
def test_void_names_the_sparql_endpoint_beside_the_api(tiny: Tiny, api: str | None, named: list[str]) -> None:
    make_mapped(tiny)
    project = tiny.load(api_url=api)
    void = linked_files(project, content_of(project, things=THINGS), CATALOGUE)["linked-data/void.ttl"]
    assert isinstance(void, bytes)
    found = [t for t in triples(void, ox.RdfFormat.TURTLE) if t.predicate.value.endswith("#sparqlEndpoint")]
    assert [(t.subject.value, t.object.value) for t in found] == [
        (f"{BASE}/catalogo/datos-enlazados", address) for address in named
    ]


def test_a_store_without_graphs_has_no_linked_data(project: Project) -> None:
    content = content_of(project)
    assert not has_linked_data(project, content)
    assert linked_files(project, content, CATALOGUE) == {}


def test_a_graph_whose_table_has_no_mapping_any_more_is_left_out(project: Project) -> None:
    content = content_of(project, things=THINGS)
    assert has_linked_data(project, content)
    content.pinned[0][0].id = "gone"
    assert not has_linked_data(project, content)


@pytest.mark.parametrize("there", [True, False])
def test_the_page_leads_to_the_linked_data_where_there_are_any(
    town: Callable[..., Town], monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setattr("pipelines.publish.pages.has_linked_data", lambda *_: there)
    out = town()
    out.release("alfa", "2026-01-10.1")
    publish_portal(out.project, out.edition("2026-01-10.1"))
    page = (out.tree / "index.html").read_text(encoding="utf-8")
    assert ('href="linked-data/void.ttl"' in page, 'href="linked-data/dump.nt.gz"' in page) == (there, there)
