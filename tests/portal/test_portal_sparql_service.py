"""No query in SPARQL makes the portal ask another server, in whatever words it is written."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from starlette.testclient import TestClient

from portal.site import Site
from portal.sparql import DUMP
from portal.sparql_engine import Limits, Worker
from tests.portal.portal_graph import URI, ask, code


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
def test_service_is_refused_by_its_word_in_every_disguise(graph_web: TestClient, bait: Bait, query: str) -> None:
    before = bait.visits
    assert code(ask(graph_web, query % f"<{bait.url}>")) == (400, "sparql-service")
    assert bait.visits == before


@pytest.mark.parametrize("query", [*DISGUISES, *ODD])
def test_no_query_makes_a_request_even_if_its_words_pass(graph_site: Site, bait: Bait, query: str) -> None:
    before = bait.visits
    with_worker(graph_site, query % f"<{bait.url}>")
    assert bait.visits == before


def test_the_bait_is_one(bait: Bait) -> None:
    before = bait.visits
    with pytest.raises(OSError):
        list(pyoxigraph.Store().query(DISGUISES[0] % f"<{bait.url}>"))  # type: ignore[arg-type]
    assert bait.visits == before + 1


WORKERS: dict[Path, Worker] = {}


def with_worker(graph_site: Site, query: str) -> str:
    """How the worker itself takes a query that nobody has looked at."""
    dump = graph_site.tree / DUMP
    worker = WORKERS.get(dump)
    if worker is None:
        worker = WORKERS[dump] = Worker(dump, Limits(seconds=2.0, memory=300_000_000, answer=200_000))
    return worker.ask({"query": query, "base": f"{URI}/", "results": "json", "graphs": "ttl"}).outcome


@pytest.fixture(scope="module", autouse=True)
def _workers_end() -> Iterator[None]:
    yield
    while WORKERS:
        WORKERS.popitem()[1].close()


def test_the_worker_reads_and_writes_no_file(graph_site: Site) -> None:
    assert with_worker(graph_site, "SELECT * { SERVICE <http://localhost:65000/> { ?s ?p ?o } }") == "outside"
    worker = WORKERS[graph_site.tree / DUMP]
    limits = Path(f"/proc/{worker.pid}/limits").read_text()
    lines = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}
    assert lines["Max open files"] == ["0", "0"]
    assert lines["Max file size"] == ["0", "0"]
    assert lines["Max core file size"] == ["0", "0"]
    assert lines["Max address space"] == ["300000000", "300000000"]
    assert Path(f"/proc/{worker.pid}/oom_score_adj").read_text().strip() == "1000"
    assert Path(f"/proc/{worker.pid}/environ").read_bytes() == b""
