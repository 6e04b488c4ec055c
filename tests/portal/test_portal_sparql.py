"""SPARQL answers as the protocol has it, and refuses in words what it does not take."""

import csv

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from starlette.testclient import TestClient

from portal.app import make_app
from portal.site import Site
from portal.sparql import check
from portal.sparql_engine import Engine
from tests.portal.conftest import BASE_URL
from tests.portal.portal_graph import JSON_RESULTS, LABELS, PLACES, URI, ask, code, places


def test_the_three_ways_of_the_protocol_answer_the_same(graph_web: TestClient) -> None:
    got = ask(graph_web, PLACES)
    form = graph_web.post("/sparql", data={"query": PLACES})
    direct = graph_web.post("/sparql", content=PLACES, headers={"content-type": "application/sparql-query"})
    assert got.headers["content-type"] == JSON_RESULTS
    assert places(got) == [f"{URI}/recurso/ciudad/place/{p}" for p in ("%C3%B1u%2F1", "centro", "sur")]
    assert got.content == form.content == direct.content
    assert form.headers["cache-control"] == "no-store"
    assert "etag" not in form.headers


def test_an_address_without_host_is_ours(graph_web: TestClient) -> None:
    found = ask(graph_web, LABELS).json()["results"]["bindings"]
    assert [(row["l"]["value"], row["l"]["xml:lang"]) for row in found] == [
        ("Centre District", "en"),
        ("Distrito Centro", "es"),
    ]


@pytest.mark.parametrize(
    ("accept", "form", "kind"),
    [
        ("application/sparql-results+xml", "", "application/sparql-results+xml"),
        ("application/json", "", JSON_RESULTS),
        ("text/csv", "", "text/csv; charset=utf-8"),
        ("text/html, */*;q=0.1", "tsv", "text/tab-separated-values; charset=utf-8"),
        ("text/turtle, text/csv;q=0.5", "", "text/csv; charset=utf-8"),
    ],
)
def test_results_come_in_the_format_that_is_asked_for(graph_web: TestClient, accept: str, form: str, kind: str) -> None:
    got = ask(graph_web, PLACES, accept, **({"format": form} if form else {}))
    assert got.headers["content-type"] == kind
    assert got.headers["vary"].startswith("Accept")
    assert f"{URI}/recurso/ciudad/place/sur" in got.text


def test_csv_is_that_of_the_recommendation(graph_web: TestClient) -> None:
    rows = list(csv.reader(ask(graph_web, LABELS, "text/csv").text.splitlines()))
    assert rows == [["l"], ["Centre District"], ["Distrito Centro"]]


@pytest.mark.parametrize(("suffix", "parser"), [("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml"), ("jsonld", "json-ld")])
def test_a_graph_is_the_same_in_every_format(graph_web: TestClient, suffix: str, parser: str) -> None:
    query = "CONSTRUCT WHERE { ?place a <https://schema.org/Place> ; ?p ?o }"
    graph = rdflib.Graph().parse(data=ask(graph_web, query, format=suffix).content, format=parser)
    assert len(graph) == 19
    assert ask(graph_web, query).headers["content-type"].startswith("text/turtle")
    assert ask(graph_web, "DESCRIBE </recurso/ciudad/place/sur>", "application/n-triples").text.count("place/sur>") == 6


def test_an_ask_is_true_or_false(graph_web: TestClient) -> None:
    assert ask(graph_web, "ASK { ?s a <https://schema.org/Place> }").json()["boolean"] is True
    assert ask(graph_web, "ASK { ?s a <https://schema.org/Nothing> }").json()["boolean"] is False


def test_a_kind_of_answer_that_is_not_wanted_is_406(graph_web: TestClient) -> None:
    assert code(ask(graph_web, PLACES, "text/turtle")) == (406, "not-acceptable")
    assert code(ask(graph_web, "DESCRIBE <x>", "text/csv")) == (406, "not-acceptable")
    assert code(ask(graph_web, PLACES, "image/png")) == (406, "not-acceptable")
    assert code(ask(graph_web, PLACES, format="pdf")) == (400, "sparql-format")


def test_the_tag_names_edition_query_and_format(graph_web: TestClient, graph_site: Site) -> None:
    tag = ask(graph_web, PLACES).headers["etag"]
    assert ask(graph_web, PLACES).headers["etag"] == tag
    others = {ask(graph_web, LABELS).headers["etag"], ask(graph_web, PLACES, "text/csv").headers["etag"]}
    assert len(others | {tag}) == 3
    known = graph_web.get("/sparql", params={"query": PLACES}, headers={"if-none-match": tag})
    assert (known.status_code, known.content) == (304, b"")
    assert "Accept" in known.headers["vary"].split(", ")
    assert (
        graph_web.get("/sparql", params={"query": PLACES}, headers={"if-none-match": f'"x{tag[1:]}'}).status_code == 200
    )
    assert "etag" not in ask(graph_web, "SELECT (NOW() AS ?x) {}").headers
    assert "etag" not in ask(graph_web, "CONSTRUCT { ?s <p> [] } WHERE { ?s a <https://schema.org/Place> }").headers


def test_a_known_answer_is_not_worked_out_again(graph_site: Site) -> None:
    app = make_app(graph_site.store, BASE_URL)
    with TestClient(app, base_url=BASE_URL) as client:
        tag = client.get("/sparql", params={"query": PLACES}).headers["etag"]
        engine: Engine = app.app.state.sparql  # type: ignore[attr-defined]
        engine.close()
        again = client.get("/sparql", params={"query": PLACES}, headers={"if-none-match": f'W/"x", {tag}'})
        assert again.status_code == 304
        assert engine.free == []


def test_without_a_query_the_service_is_described(graph_web: TestClient) -> None:
    graph = rdflib.Graph().parse(data=graph_web.get("/sparql").content, format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    assert list(graph.objects(None, sd.endpoint)) == [rdflib.URIRef(f"{BASE_URL}/sparql")]
    page = graph_web.get("/sparql", headers={"accept": "text/html", "accept-language": "en"})
    assert (page.status_code, page.headers["location"]) == (303, "./en/sparql")


def test_rdflib_asks_it_as_any_endpoint(graph_address: str) -> None:
    for method in ("GET", "POST", "POST_FORM"):
        store = SPARQLStore(f"{graph_address}/sparql", method=method)
        found = rdflib.Graph(store).query(PLACES)
        assert [str(row[0]).rpartition("/")[2] for row in found] == ["%C3%B1u%2F1", "centro", "sur"]  # type: ignore[index]


def test_a_request_that_is_none_is_refused_in_words(graph_web: TestClient) -> None:
    assert code(ask(graph_web, "SELECT nothing")) == (400, "sparql-syntax")
    assert code(ask(graph_web, " ")) == (400, "sparql-query")
    assert code(graph_web.get("/sparql?format=json")) == (400, "sparql-query")
    assert code(graph_web.get(f"/sparql?query={PLACES}&query={PLACES}")) == (400, "sparql-query")
    assert code(graph_web.get("/sparql?query=%ff")) == (400, "form")
    assert code(graph_web.get("/sparql?" + "a=1&" * 50)) == (400, "form")
    assert code(graph_web.post("/sparql", content=b"\xff", headers={"content-type": "application/sparql-query"})) == (
        400,
        "sparql-query",
    )
    assert code(graph_web.post("/sparql", content=PLACES, headers={"content-type": "text/plain"})) == (
        415,
        "sparql-media-type",
    )
    assert code(graph_web.put("/sparql", content=PLACES)) == (405, "method-not-allowed")


@pytest.mark.parametrize(
    "update",
    [
        "LOAD <http://127.0.0.1/>",
        "DROP ALL",
        "INSERT DATA { <a> <b> <c> }",
        "# SELECT\nPREFIX : <http://x/> PREFIX select: <http://y/>\nDELETE WHERE { ?s ?p ?o }",
        "base <http://x/> clear default",
        "WITH <g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_an_update_is_refused(graph_web: TestClient, update: str) -> None:
    assert code(ask(graph_web, update)) == (400, "sparql-update")
    assert code(graph_web.post("/sparql", data={"query": update})) == (400, "sparql-update")
    assert code(graph_web.post("/sparql", data={"update": update})) == (400, "sparql-update")
    assert code(graph_web.post("/sparql", content=update, headers={"content-type": "application/sparql-update"})) == (
        400,
        "sparql-update",
    )


def test_another_graph_is_refused(graph_web: TestClient) -> None:
    for query in (
        "SELECT * FROM <http://x/> { ?s ?p ?o }",
        "SELECT *FROM<http://x/>{ ?s ?p ?o }",
        "PREFIX : <http://x/> ASK from named :a { ?s ?p ?o }",
    ):
        assert code(ask(graph_web, query)) == (400, "sparql-dataset")
    for name in ("default-graph-uri", "named-graph-uri"):
        assert code(ask(graph_web, PLACES, **{name: "http://x/"})) == (400, "sparql-dataset")
        assert code(graph_web.post("/sparql", data={"query": PLACES, name: "http://x/"})) == (400, "sparql-dataset")
    assert ask(graph_web, "SELECT * { GRAPH ?g { ?s ?p ?o } }").json()["results"]["bindings"] == []


def test_a_word_that_is_no_keyword_is_not_taken_for_one() -> None:
    check("SELECT ?service ?from { ?service <http://x/SERVICE> \"SERVICE\", 'FROM' } # SERVICE FROM")
    check('PREFIX x: <http://x/> SELECT * { ?s x:service """a "SERVICE" b""" ; x:from ?from ; x:fromService "x"@en }')
    check("PREFIX load: <http://x/> SELECT * { ?s load:insert ?o }")


def test_an_edition_without_linked_data_says_so(client: TestClient) -> None:
    assert code(ask(client, PLACES)) == (404, "sparql-none")
    assert client.get("/v1/queries").json()["queries"] == []
    assert "no tiene datos enlazados" in client.get("/es/sparql").text
