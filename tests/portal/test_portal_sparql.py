"""SPARQL answers as the protocol has it, and what it must never do it does not do."""

import csv
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pyoxigraph
import pytest
import rdflib
import uvicorn
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from starlette.testclient import TestClient

from pipelines.contracts.settings import Settings
from portal.answer import Problem
from portal.app import make_app
from portal.server import configured
from portal.site import Site, Sites
from portal.sparql import DUMP, check
from portal.sparql_engine import Engine, Limits, Worker
from tests.publish import edition_city
from tests.publish.edition_city import make_city
from tests.tiny import Tiny

BASE = "http://127.0.0.1:8000"
URI = "https://datos.ciudad.example"
PLACES = "SELECT ?place WHERE { ?place a <https://schema.org/Place> } ORDER BY ?place"
LABELS = "SELECT ?l { </recurso/ciudad/place/centro> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l } ORDER BY ?l"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
BOMB = "SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?l ?a"
SAVED = """# title_es: Qué sitios hay
# title_en: Which places there are
# description_es: Una línea por sitio,
#   en orden.
# description_en: One line a place.
SELECT ?place ?label WHERE {
  VALUES ?lang { "es" }
  ?place <http://www.w3.org/2004/02/skos/core#prefLabel> ?label FILTER(LANG(?label) = ?lang)
} ORDER BY ?label
"""
JSON_RESULTS = "application/sparql-results+json"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("sparql") / "city"
    make_city(root)
    (root / "vocab" / "queries").mkdir()
    (root / "vocab" / "queries" / "places.rq").write_text(SAVED, encoding="utf-8")
    return Sites(edition_city.publish(Tiny(root)).store, BASE).current()


@pytest.fixture(scope="module")
def web(site: Site) -> Iterator[TestClient]:
    app = make_app(site.store, BASE, sparql=Limits(seconds=2.0, memory=300_000_000, answer=200_000, waiting=1))
    with TestClient(app, base_url=BASE, follow_redirects=False) as out:
        yield out
    app.app.state.sparql.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    """A server on a free port, with its own limits."""
    app = make_app(site.store, BASE, sparql=Limits(seconds=3.0, waiting=0))
    server = uvicorn.Server(configured(app, "127.0.0.1", 0, behind_proxy=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    app.app.state.sparql.close()  # type: ignore[attr-defined]


def ask(web: TestClient, query: str, accept: str = "", **more: str) -> httpx.Response:
    return web.get("/sparql", params={"query": query, **more}, headers={"accept": accept} if accept else {})


def places(response: httpx.Response) -> list[str]:
    return [row["place"]["value"] for row in response.json()["results"]["bindings"]]


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


# The protocol


def test_the_three_ways_of_the_protocol_answer_the_same(web: TestClient) -> None:
    got = ask(web, PLACES)
    form = web.post("/sparql", data={"query": PLACES})
    direct = web.post("/sparql", content=PLACES, headers={"content-type": "application/sparql-query"})
    assert got.headers["content-type"] == JSON_RESULTS
    assert places(got) == [f"{URI}/recurso/ciudad/place/{p}" for p in ("%C3%B1u%2F1", "centro", "sur")]
    assert got.content == form.content == direct.content
    assert form.headers["cache-control"] == "no-store"
    assert "etag" not in form.headers


def test_an_address_without_host_is_ours(web: TestClient) -> None:
    found = ask(web, LABELS).json()["results"]["bindings"]
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
def test_results_come_in_the_format_that_is_asked_for(web: TestClient, accept: str, form: str, kind: str) -> None:
    got = ask(web, PLACES, accept, **({"format": form} if form else {}))
    assert got.headers["content-type"] == kind
    assert got.headers["vary"].startswith("Accept")
    assert f"{URI}/recurso/ciudad/place/sur" in got.text


def test_csv_is_that_of_the_recommendation(web: TestClient) -> None:
    rows = list(csv.reader(ask(web, LABELS, "text/csv").text.splitlines()))
    assert rows == [["l"], ["Centre District"], ["Distrito Centro"]]


@pytest.mark.parametrize(("suffix", "parser"), [("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml"), ("jsonld", "json-ld")])
def test_a_graph_is_the_same_in_every_format(web: TestClient, suffix: str, parser: str) -> None:
    query = "CONSTRUCT WHERE { ?place a <https://schema.org/Place> ; ?p ?o }"
    graph = rdflib.Graph().parse(data=ask(web, query, format=suffix).content, format=parser)
    assert len(graph) == 19
    assert ask(web, query).headers["content-type"].startswith("text/turtle")
    assert ask(web, "DESCRIBE </recurso/ciudad/place/sur>", "application/n-triples").text.count("place/sur>") == 6


def test_an_ask_is_true_or_false(web: TestClient) -> None:
    assert ask(web, "ASK { ?s a <https://schema.org/Place> }").json()["boolean"] is True
    assert ask(web, "ASK { ?s a <https://schema.org/Nothing> }").json()["boolean"] is False


def test_a_kind_of_answer_that_is_not_wanted_is_406(web: TestClient) -> None:
    assert code(ask(web, PLACES, "text/turtle")) == (406, "not-acceptable")
    assert code(ask(web, "DESCRIBE <x>", "text/csv")) == (406, "not-acceptable")
    assert code(ask(web, PLACES, "image/png")) == (406, "not-acceptable")
    assert code(ask(web, PLACES, format="pdf")) == (400, "sparql-format")


def test_the_tag_names_edition_query_and_format(web: TestClient, site: Site) -> None:
    tag = ask(web, PLACES).headers["etag"]
    assert ask(web, PLACES).headers["etag"] == tag
    others = {ask(web, LABELS).headers["etag"], ask(web, PLACES, "text/csv").headers["etag"]}
    assert len(others | {tag}) == 3
    known = web.get("/sparql", params={"query": PLACES}, headers={"if-none-match": tag})
    assert (known.status_code, known.content) == (304, b"")
    assert web.get("/sparql", params={"query": PLACES}, headers={"if-none-match": f'"x{tag[1:]}'}).status_code == 200
    assert "etag" not in ask(web, "SELECT (NOW() AS ?x) {}").headers
    assert "etag" not in ask(web, "CONSTRUCT { ?s <p> [] } WHERE { ?s a <https://schema.org/Place> }").headers


def test_a_known_answer_is_not_worked_out_again(site: Site) -> None:
    app = make_app(site.store, BASE)
    with TestClient(app, base_url=BASE) as client:
        tag = client.get("/sparql", params={"query": PLACES}).headers["etag"]
        engine: Engine = app.app.state.sparql  # type: ignore[attr-defined]
        engine.close()
        again = client.get("/sparql", params={"query": PLACES}, headers={"if-none-match": f'W/"x", {tag}'})
        assert again.status_code == 304
        assert engine.worker is None


def test_without_a_query_the_service_is_described(web: TestClient) -> None:
    graph = rdflib.Graph().parse(data=web.get("/sparql").content, format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    assert list(graph.objects(None, sd.endpoint)) == [rdflib.URIRef(f"{BASE}/sparql")]
    page = web.get("/sparql", headers={"accept": "text/html", "accept-language": "en"})
    assert (page.status_code, page.headers["location"]) == (303, "./en/sparql")


def test_rdflib_asks_it_as_any_endpoint(address: str) -> None:
    for method in ("GET", "POST", "POST_FORM"):
        store = SPARQLStore(f"{address}/sparql", method=method)
        found = rdflib.Graph(store).query(PLACES)
        assert [str(row[0]).rpartition("/")[2] for row in found] == ["%C3%B1u%2F1", "centro", "sur"]  # type: ignore[index]


# What is refused


def test_a_request_that_is_none_is_refused_in_words(web: TestClient) -> None:
    assert code(ask(web, "SELECT nothing")) == (400, "sparql-syntax")
    assert code(ask(web, " ")) == (400, "sparql-query")
    assert code(web.get("/sparql?format=json")) == (400, "sparql-query")
    assert code(web.get(f"/sparql?query={PLACES}&query={PLACES}")) == (400, "sparql-query")
    assert code(web.get("/sparql?query=%ff")) == (400, "form")
    assert code(web.get("/sparql?" + "a=1&" * 50)) == (400, "form")
    assert code(web.post("/sparql", content=b"\xff", headers={"content-type": "application/sparql-query"})) == (
        400,
        "sparql-query",
    )
    assert code(web.post("/sparql", content=PLACES, headers={"content-type": "text/plain"})) == (
        415,
        "sparql-media-type",
    )
    assert code(web.put("/sparql", content=PLACES)) == (405, "method-not-allowed")


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
def test_an_update_is_refused(web: TestClient, update: str) -> None:
    assert code(ask(web, update)) == (400, "sparql-update")
    assert code(web.post("/sparql", data={"query": update})) == (400, "sparql-update")
    assert code(web.post("/sparql", data={"update": update})) == (400, "sparql-update")
    assert code(web.post("/sparql", content=update, headers={"content-type": "application/sparql-update"})) == (
        400,
        "sparql-update",
    )


def test_another_graph_is_refused(web: TestClient) -> None:
    for query in (
        "SELECT * FROM <http://x/> { ?s ?p ?o }",
        "SELECT *FROM<http://x/>{ ?s ?p ?o }",
        "PREFIX : <http://x/> ASK from named :a { ?s ?p ?o }",
    ):
        assert code(ask(web, query)) == (400, "sparql-dataset")
    for name in ("default-graph-uri", "named-graph-uri"):
        assert code(ask(web, PLACES, **{name: "http://x/"})) == (400, "sparql-dataset")
        assert code(web.post("/sparql", data={"query": PLACES, name: "http://x/"})) == (400, "sparql-dataset")
    assert ask(web, "SELECT * { GRAPH ?g { ?s ?p ?o } }").json()["results"]["bindings"] == []


def test_a_word_that_is_no_keyword_is_not_taken_for_one() -> None:
    check("SELECT ?service ?from { ?service <http://x/SERVICE> \"SERVICE\", 'FROM' } # SERVICE FROM")
    check('PREFIX x: <http://x/> SELECT * { ?s x:service """a "SERVICE" b""" ; x:from ?from ; x:fromService "x"@en }')
    check("PREFIX load: <http://x/> SELECT * { ?s load:insert ?o }")


class Bait:
    """A server that counts who comes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.visits = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                came, _ = self.socket.accept()
            except OSError:
                return
            self.visits += 1
            came.close()


@pytest.fixture(scope="module")
def bait() -> Iterator[Bait]:
    out = Bait()
    yield out
    out.socket.close()


DISGUISES = [
    "SELECT * { SERVICE %s { ?s ?p ?o } }",
    "SELECT * { service silent %s { ?s ?p ?o } }",
    "SELECT * { { ?s ?p ?o } UNION { SELECT * { SERVICE %s { ?s ?p ?o } } } }",
    "ASK { ?s ?p ?o FILTER EXISTS { SERVICE %s { ?s ?p ?o } } }",
    "ASK { ?s ?p ?o OPTIONAL { SELECT ?s { SELECT ?s { ?s ?p ?o MINUS { SERVICE %s { ?s ?p ?o } } } } } }",
    "SELECT * { # SERVICE\nSERVICE#x\r%s { ?s ?p ?o } }",
    'SELECT * { ?s ?p "a\\"" SERVICE %s { ?s ?p ?o } }',
    "SELECT * { ?s ?p 'x'SERVICE%s{ ?s ?p ?o } }",
    "SELECT * { ?s ?p '''x'y''' SERVICE %s { ?s ?p ?o } }",
    'SELECT * { ?s ?p """x"y\\"""" SERVICE %s { ?s ?p ?o } }',
    "SELECT * { ?s ?p 1SERVICE%s{ ?s ?p ?o } }",
    "SELECT * { ?s ?p trueSERVICE%s{ ?s ?p ?o } }",
    "PREFIX : %s SELECT * { SERVICE:{ ?s ?p ?o } }",
    "PREFIX : %s SELECT * { SERVICE SILENT:{ ?s ?p ?o } }",
    "PREFIX e: %s SELECT * { ?s ?p e:o\\'x . SERVICE e: { ?s ?p 'y' } }",
    "SELECT * { BIND(%s AS ?x) SERVICE ?x { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE%s{ ?s ?p ?o } FILTER(?c>?a) }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE %s { ?s ?p ?o } }",
    "DESCRIBE ?s { SERVICE %s { ?s ?p ?o } }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o { SELECT * { GRAPH ?g { SERVICE %s { ?s ?p ?o } } } } }",
]
ODD = [
    "SELECT * { \\u0053ERVICE %s { ?s ?p ?o } }",
    "SELECT * { SERV\\U00000049CE %s { ?s ?p ?o } }",
    "SELECT * { \u017fERVICE %s { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?a<'>') SERVICE %s { ?s ?p 'x' } }",
    "SELECT * { ?a ?b ?c FILTER(?a<'>') SERVICE SILENT %s { ?s ?p 'x' } }",
    "SELECT * { SERVICE <file:///etc/passwd> { ?s ?p ?o } } # %s",
]


@pytest.mark.parametrize("query", DISGUISES)
def test_service_is_refused_by_its_word_in_every_disguise(web: TestClient, bait: Bait, query: str) -> None:
    before = bait.visits
    assert code(ask(web, query % f"<{bait.url}>")) == (400, "sparql-service")
    assert bait.visits == before


@pytest.mark.parametrize("query", [*DISGUISES, *ODD])
def test_no_query_makes_a_request_even_if_its_words_pass(site: Site, bait: Bait, query: str) -> None:
    before = bait.visits
    with_worker(site, query % f"<{bait.url}>")
    assert bait.visits == before


def test_the_bait_is_one(bait: Bait) -> None:
    before = bait.visits
    with pytest.raises(OSError):
        list(pyoxigraph.Store().query(DISGUISES[0] % f"<{bait.url}>"))  # type: ignore[arg-type]
    assert bait.visits == before + 1


WORKERS: dict[Path, Worker] = {}


def with_worker(site: Site, query: str) -> str:
    """How the worker itself takes a query that nobody has looked at."""
    dump = site.tree / DUMP
    worker = WORKERS.get(dump)
    if worker is None:
        worker = WORKERS[dump] = Worker(dump, Limits(seconds=2.0, memory=300_000_000, answer=200_000))
    return worker.ask({"query": query, "base": f"{URI}/", "results": "json", "graphs": "ttl"}).outcome


@pytest.fixture(scope="module", autouse=True)
def _workers_end() -> Iterator[None]:
    yield
    while WORKERS:
        WORKERS.popitem()[1].close()


def test_the_worker_reads_and_writes_no_file(site: Site) -> None:
    assert with_worker(site, "SELECT * { SERVICE <http://localhost:65000/> { ?s ?p ?o } }") == "outside"
    worker = WORKERS[site.tree / DUMP]
    limits = Path(f"/proc/{worker.pid}/limits").read_text()
    lines = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}
    assert lines["Max open files"] == ["0", "0"]
    assert lines["Max file size"] == ["0", "0"]
    assert lines["Max core file size"] == ["0", "0"]
    assert lines["Max address space"] == ["300000000", "300000000"]
    assert Path(f"/proc/{worker.pid}/oom_score_adj").read_text().strip() == "1000"
    assert Path(f"/proc/{worker.pid}/environ").read_bytes() == b""


# What takes too much


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        (ENDLESS, "sparql-time"),
        ("SELECT * { ?a (<x>|!<x>)* ?b . ?c (<x>|!<x>)* ?d . ?e (<x>|!<x>)* ?f }  ORDER BY ?a", "sparql-memory"),
        (BOMB, "sparql-memory"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "sparql-size"),
        ("SELECT * {" + "{" * 30_000 + "}" * 30_000 + "}", "sparql-depth"),
        ("SELECT (" + "!" * 100_000 + "true AS ?x) {}", "sparql-depth"),
    ],
)
def test_what_takes_too_much_is_ended_and_the_next_is_answered(web: TestClient, query: str, outcome: str) -> None:
    began = time.monotonic()
    asked = web.post("/sparql", content=query, headers={"content-type": "application/sparql-query"})
    assert code(asked) == (422, outcome)
    assert time.monotonic() - began < 4
    assert len(places(ask(web, PLACES))) == 3


def test_a_query_of_a_quarter_of_a_megabyte_is_too_large(web: TestClient) -> None:
    assert code(web.post("/sparql", data={"query": PLACES + "#" * 300_000}))[0] == 413
    assert code(ask(web, PLACES + "#" * 9000))[0] == 414


def test_looking_for_words_takes_no_time_that_grows_faster_than_the_query() -> None:
    began = time.monotonic()
    for piece in ('"', "'", "<", '"""', "\\", "PREFIX a:", "BASE ", ":", "?", "@", '"a"', "<'>'"):
        check("SELECT * { " + piece * (250_000 // len(piece)))
    assert time.monotonic() - began < 4


def test_an_answer_is_whole_or_an_error(web: TestClient) -> None:
    whole = ask(web, "SELECT * { ?s ?p ?o }").json()["results"]["bindings"]
    count = int(ask(web, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"][0]["n"]["value"])
    assert len(whole) == count


def test_others_are_answered_while_a_query_takes_its_time_and_one_more_is_told_to_wait(address: str) -> None:
    with ThreadPoolExecutor(2) as pool, httpx.Client(base_url=address) as client:
        slow = pool.submit(httpx.get, f"{address}/sparql", params={"query": ENDLESS}, timeout=20)
        time.sleep(0.7)
        began = time.monotonic()
        assert client.get("/health").status_code == 200
        busy = client.get("/sparql", params={"query": PLACES})
        assert time.monotonic() - began < 1
        assert code(busy) == (503, "sparql-busy")
        assert int(busy.headers["retry-after"]) > 0
        assert code(slow.result()) == (422, "sparql-time")
        assert client.get("/sparql", params={"query": PLACES}).status_code == 200


# The worker


def test_a_worker_that_was_ended_is_replaced(site: Site) -> None:
    engine = Engine(Limits(seconds=2.0))
    asked = {"query": PLACES, "base": f"{URI}/", "results": "json", "graphs": None}
    try:
        assert engine.ask(site.tree / DUMP, asked).outcome == "results"
        assert engine.worker is not None
        first = engine.worker.pid
        os.kill(first, signal.SIGKILL)
        assert engine.ask(site.tree / DUMP, asked).outcome == "results"
        assert engine.worker.pid != first
    finally:
        engine.close()


def test_a_worker_that_hangs_is_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.sparql_engine.GRACE_SECONDS", 0.3)
    engine = Engine(Limits(seconds=0.3))
    asked = {"query": PLACES, "base": f"{URI}/", "results": "json", "graphs": None}
    try:
        assert engine.ask(site.tree / DUMP, asked).outcome == "results"
        assert engine.worker is not None
        hanging = engine.worker.pid
        os.kill(hanging, signal.SIGSTOP)
        assert engine.ask(site.tree / DUMP, asked).outcome == "time"
        assert not Path(f"/proc/{hanging}").exists()
        assert engine.ask(site.tree / DUMP, asked).outcome == "results"
    finally:
        engine.close()


def test_an_answer_of_many_bytes_comes_whole_with_little_memory(site: Site) -> None:
    engine = Engine(Limits(memory=200_000_000))
    query = "SELECT ?a ?b ?c ?d ?e ?f { ?a ?b ?c . ?d ?e ?f } LIMIT 80000"
    try:
        reply = engine.ask(site.tree / DUMP, {"query": query, "base": f"{URI}/", "results": "csv", "graphs": None})
        assert reply.outcome == "results"
        assert len(reply.body) > 10_000_000
        assert reply.body.startswith(b"a,b,c,d,e,f\r\n")
        assert reply.body.endswith(b"\r\n")
    finally:
        engine.close()


def test_a_graph_that_cannot_be_loaded_is_503(tmp_path: Path) -> None:
    (tmp_path / "dump.nt.gz").write_bytes(b"nothing")
    with pytest.raises(Problem) as raised:
        Engine(Limits()).ask(tmp_path / "dump.nt.gz", {})
    assert (raised.value.status, raised.value.code) == (503, "sparql-unready")
    with pytest.raises(FileNotFoundError):
        Engine(Limits()).ask(tmp_path / "gone.nt.gz", {})


def test_the_worker_ends_with_the_one_that_started_it(site: Site) -> None:
    worker = Worker(site.tree / DUMP, Limits())
    process = worker._process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) == 0
    worker.close()


def test_an_edition_without_linked_data_says_so(client: TestClient) -> None:
    assert code(ask(client, PLACES)) == (404, "sparql-none")
    assert client.get("/v1/queries").json()["queries"] == []
    assert "no tiene datos enlazados" in client.get("/es/sparql").text


def test_a_new_edition_has_a_new_worker(tmp_path: Path) -> None:
    root = tmp_path / "city"
    store = make_city(root).store
    app = make_app(store, BASE)
    engine: Engine = app.app.state.sparql  # type: ignore[attr-defined]
    with TestClient(app, base_url=BASE) as client:
        before = ask(client, PLACES)
        assert engine.worker is not None
        first = engine.worker.pid
        Tiny(root).rows("places", edition_city.LATER + "norte,Norte,North,,estate,network\n")
        edition_city.publish(Tiny(root))
        after = ask(client, PLACES)
        assert len(places(after)) == len(places(before)) + 1
        assert after.headers["etag"] != before.headers["etag"]
        assert engine.worker.pid != first
        assert not Path(f"/proc/{first}").exists()
    engine.close()


def test_what_is_being_withdrawn_is_answered_no_more(tmp_path: Path) -> None:
    store = make_city(tmp_path / "city").store
    app = make_app(store, BASE)
    engine: Engine = app.app.state.sparql  # type: ignore[attr-defined]
    with TestClient(app, base_url=BASE) as client:
        tag = ask(client, PLACES).headers["etag"]
        assert engine.worker is not None
        # As a withdrawal does before there is another tree.
        (store.root / store.portal.readlink() / DUMP).unlink()
        for response in (
            ask(client, PLACES),
            client.get("/sparql", params={"query": PLACES}, headers={"if-none-match": tag}),
            client.get("/es/sparql", headers={"accept": "application/json"}),
        ):
            assert code(response) == (503, "edition-changing")
        asked = {"query": PLACES, "base": f"{URI}/", "results": "json", "graphs": None}
        with pytest.raises(FileNotFoundError):
            engine.ask(engine.worker.dump, asked)
        assert engine.worker is None


def test_the_limits_are_the_defaults_of_the_settings() -> None:
    fields = Settings.model_fields
    names = ("sparql_seconds", "sparql_memory_bytes", "sparql_answer_bytes", "sparql_waiting")
    assert Limits(*(fields[name].default for name in names)) == Limits()


# The saved queries and the page


def test_saved_queries_have_words_text_and_result(web: TestClient) -> None:
    listed = web.get("/v1/queries").json()["queries"]
    assert [q["name"] for q in listed] == ["places"]
    told = web.get("/v1/queries/places").json()
    assert told["titles"] == {"es": "Qué sitios hay", "en": "Which places there are"}
    assert told["descriptions"]["es"] == "Una línea por sitio, en orden."
    assert told["query"].startswith(f"BASE <{URI}/>\n")
    labels = [row["label"]["value"] for row in web.get(f"{told['result']}").json()["results"]["bindings"]]
    assert "Distrito Centro" in labels
    english = web.get(f"{told['result']}?lang=en&format=csv").text
    assert "Centre District" in english
    assert "Distrito" not in english
    assert code(web.get("/v1/queries/nothing")) == (404, "query-unknown")
    assert code(web.get("/v1/queries/nothing/result")) == (404, "query-unknown")


def test_the_page_asks_without_script(web: TestClient) -> None:
    first = web.get("/en/sparql")
    assert "Which places there are" in first.text
    chosen = web.get("/en/sparql?name=places").text
    assert "VALUES ?lang { &#34;en&#34; }" in chosen
    answered = web.get("/es/sparql", params={"query": LABELS}).text
    assert '<td lang="es">Distrito Centro</td>' in answered
    assert "true" in web.get("/es/sparql", params={"query": "ASK {}"}).text
    refused = web.get("/es/sparql", params={"query": "SELECT * { SERVICE <http://x/> {} }"})
    assert refused.status_code == 400
    assert "no se admite SERVICE" in refused.text
    hostile = web.get("/es/sparql", params={"query": 'SELECT ("<script>alert(1)</script>" AS ?x) {}'}).text
    assert "<script" not in hostile
    graph = web.get("/es/sparql", params={"query": "CONSTRUCT WHERE { ?s ?p ?o }"})
    assert "es un grafo" in graph.text
    assert "CSV" in web.get("/en/sparql").text
