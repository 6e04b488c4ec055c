"""What has an IRI answers at its path, in each format, with every row that speaks of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from starlette.testclient import TestClient

from portal.app import make_app
from portal.dates import announced, date_view, words
from portal.entities import EntityView, view
from portal.graphs import as_jsonld, as_turtle, triples_about
from portal.site import Site, Sites
from tests.publish.edition_city import make_city

BASE = "http://127.0.0.1:8000"
URI = "https://datos.ciudad.example"
RHEA = "/recurso/ciudad/place/%C3%B1u%2F1"
CENTRE = "/recurso/ciudad/place/centro"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    store = make_city(tmp_path_factory.mktemp("entities") / "city").store
    return Sites(store, BASE).current()


@pytest.fixture(scope="module")
def web(site: Site) -> Iterator[TestClient]:
    with TestClient(make_app(site.store, BASE), base_url=BASE, follow_redirects=False) as out:
        yield out


def test_view_has_labels_scope_defining_row_and_statements_by_date(site: Site) -> None:
    found = view(site, RHEA)
    assert (found.labels.es, found.labels.en, found.class_) == ("Distrito Ñandú", "Rhea District", "place")
    assert found.scope is not None
    assert found.scope.label.es == "Red"
    assert found.row is not None
    assert found.row.cells["kind"] == "district"
    assert found.row.names["kind"][0].label.en == "District"
    assert [s.row.key for s in found.statements] == ["v-3", "v-2", "ñu/1"]
    assert [s.own for s in found.statements] == [False, False, True]


def of(found: EntityView, key: str) -> Any:
    return next(s for s in found.statements if s.row.key == key)


def test_statement_has_passage_basis_caveats_and_labels(site: Site) -> None:
    told = of(view(site, RHEA), "v-2")
    assert told.document.label.es == "Acta de la reunión"
    assert told.document.path == "/recurso/ciudad/document/acta"
    assert (told.section, told.via, told.verified) == ("2", ["place_id"], "unknown")
    assert told.basis.label.en == "Stated"
    assert (told.caveats.es, told.caveats.en) == ("Ojo.", "Mind.")
    assert (told.date.text, told.date.precision, told.date.first) == ("2022", "year", "2022-01-01")
    assert told.row.cells["people"] == 7
    assert of(view(site, CENTRE), "v-1").evidence == ["uno", "dos"]


def test_planned_without_outcome_reads_as_announced(site: Site) -> None:
    told = of(view(site, RHEA), "v-2")
    assert told.announced
    assert told.announcement.es == "anunciado en marzo de 2020; no consta que llegara a realizarse"
    assert told.announcement.en == "announced March 2020; not recorded as having taken place"
    assert not of(view(site, CENTRE), "v-1").announced


def test_outcome_counts_from_its_date_on(tmp_path: Path) -> None:
    city = make_city(tmp_path / "city", visits="v-5,ñu/1,2021-06,held,,acta,2,seis,stated,,\n")
    told = view(Sites(city.store, BASE).current(), RHEA)
    assert [(s.row.key, s.announced) for s in told.statements if not s.own] == [
        ("v-3", False),
        ("v-5", False),
        ("v-2", True),
    ]


def test_evidence_is_told_as_the_release_knows_it(tmp_path: Path) -> None:
    more = "v-6,ñu/1,2024,held,,otra,2,siete,stated,,\nv-7,ñu/1,2024,held,,acta,,,stated,,\n"
    site = Sites(make_city(tmp_path / "city", visits=more).store, BASE).current()
    folder = site.folder("visits", site.version("visits", None))
    assert json.loads((folder / "quality.json").read_bytes())["evidence"] == {"documents": []}
    told = {
        "quality.json": {"evidence": {"documents": ["acta"]}},
        "findings.jsonl": {"code": "evidence-not-found", "table": "visits", "key": "v-3", "params": {}},
    }
    for name, content in told.items():
        (folder / name).chmod(0o644)
        (folder / name).write_text(json.dumps(content) + "\n", encoding="utf-8")
    known = {s.row.key: s.verified for s in view(site, RHEA).statements if not s.own}
    assert known == {"v-2": "yes", "v-3": "no", "v-6": "unknown", "v-7": "none"}


def test_statements_are_given_in_parts(site: Site, web: TestClient) -> None:
    assert [s.row.key for s in view(site, RHEA, start=1, limit=1).statements] == ["v-2"]
    answer = web.get(f"{RHEA}.json?start=2").json()
    assert (answer["total"], len(answer["statements"]), answer["next"]) == (3, 1, None)


def test_json_is_what_the_view_tells(web: TestClient) -> None:
    answer = web.get(f"{RHEA}.json")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["content-location"] == f"{RHEA}.json"
    told = answer.json()
    assert (told["class"], told["iri"]) == ("place", URI + RHEA)
    assert web.get(told["links"]["ttl"]).status_code == 200


def test_turtle_and_jsonld_hold_the_triples_of_the_subject_and_its_passage(web: TestClient) -> None:
    path = "/recurso/ciudad/visit/v-2"
    turtle = web.get(f"{path}.ttl")
    assert turtle.headers["content-type"].startswith("text/turtle")
    graph = {q.triple for q in pyoxigraph.parse(turtle.content, format=pyoxigraph.RdfFormat.TURTLE)}
    assert {str(t.subject) for t in graph} == {f"<{URI}{path}>", f"<{URI}{path}#passage>"}
    linked = web.get(path, headers={"Accept": "application/ld+json"})
    assert {q.triple for q in pyoxigraph.parse(linked.content, format=pyoxigraph.RdfFormat.JSON_LD)} == graph
    assert "city:evidence" in linked.text


def test_code_without_a_graph_still_has_its_labels(web: TestClient) -> None:
    turtle = web.get("/kos/status/planned.ttl").text
    assert '"Prevista"@es' in turtle
    assert '"Planned"@en' in turtle
    told = web.get("/kos/status/planned.json").json()
    assert told["row"] is None
    assert [s["row"]["key"] for s in told["statements"]] == ["v-3", "v-2", "v-4"]


def test_merged_leads_to_its_survivor_and_removed_is_gone_with_the_reason(web: TestClient) -> None:
    merged = web.get("/recurso/ciudad/place/viejo.ttl")
    assert (merged.status_code, merged.headers["location"]) == (301, "/recurso/ciudad/place/sur.ttl")
    gone = web.get("/recurso/ciudad/place/gone", headers={"Accept": "application/json"})
    assert gone.status_code == 410
    assert gone.json()["reason"]["es"] == "No existía."
    assert web.get("/recurso/ciudad/place/nowhere").status_code == 404


def test_classes_and_their_entities_are_listed(web: TestClient) -> None:
    classes = {c["class"]: c["total"] for c in web.get("/v1/entities").json()["classes"]}
    assert classes == {"place": 3, "visit": 4, "document": 1, "basis": 2, "place-kind": 2, "scope": 2, "status": 2}
    told = web.get("/v1/entities?class=place").json()
    assert [e["labels"]["es"] for e in told["entities"]] == ["Distrito Centro", "Distrito Ñandú", "Polígono Sur"]
    assert told["next"] is None
    assert web.get("/v1/entities?class=unicorn").status_code == 404


@pytest.mark.parametrize(
    ("text", "precision", "uncertain", "es", "en"),
    [
        ("2020", "year", False, "2020", "2020"),
        ("2020-03", "month", False, "marzo de 2020", "March 2020"),
        ("2020-03-05?", "day", True, "5 de marzo de 2020 (fecha incierta)", "5 March 2020 (date uncertain)"),
        ("2020-03/..", "interval", False, "desde marzo de 2020", "from March 2020"),
        ("2020/2022", "interval", False, "2020 – 2022", "2020 – 2022"),
    ],
)
def test_date_reads_with_its_precision(text: str, precision: str, uncertain: bool, es: str, en: str) -> None:
    found = date_view(text, None, None)
    assert found is not None
    assert (found.precision, found.uncertain, found.label.es, found.label.en) == (precision, uncertain, es, en)


def test_what_is_no_known_date_reads_as_it_stands_or_as_undated() -> None:
    assert words("en", "not a date") == "not a date"
    assert words("es", "XXXX") == "sin fecha"


def test_announcement_without_a_dated_document_does_not_say_when_it_was_made() -> None:
    assert announced(None, "2024-11-27").en == "announced (27 November 2024); not recorded as having taken place"
    assert (
        announced("2024-11-27", "2025").es == "anunciado el 27 de noviembre de 2024; no consta que llegara a realizarse"
    )
    assert announced(None, None).en == "announced; not recorded as having taken place"


@pytest.mark.parametrize("ending", ["ttl", "nt"])
def test_subject_is_cut_out_of_a_graph_wherever_it_stands(tmp_path: Path, ending: str) -> None:
    lines = [
        '<http://a.example/1> <http://p.example/n> "uno" .',
        '<http://a.example/1#p> <http://p.example/n> "<http://a.example/2>" .',
        '<http://a.example/10> <http://p.example/n> "diez" .',
        "<http://a.example/2> <http://p.example/n> <http://a.example/1> .",
    ]
    between = "\n\n" if ending == "ttl" else "\n"
    path = tmp_path / f"graph.{ending}"
    path.write_text(between.join(lines) + between, encoding="utf-8")
    for iri, count in (("http://a.example/1", 2), ("http://a.example/2", 1), ("http://a.example/10", 1)):
        graph, prefixes = triples_about([path], iri)
        assert len(graph) == count
        assert iri.encode() in as_turtle(graph, prefixes)
        assert json.loads(as_jsonld(graph, prefixes))["@graph"][0]["@id"] == iri


@pytest.mark.parametrize("path", ["/kos/status", "/kos/api", "/kos/findings/visits", "/recurso/runs/visits"])
def test_a_path_of_an_iri_is_no_page_that_has_the_same_end(client: TestClient, path: str) -> None:
    assert client.get(path).json()["code"] == "entity-unknown"
