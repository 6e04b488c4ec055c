"""What takes too much in SPARQL is ended, and others are answered meanwhile."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest
from starlette.testclient import TestClient

from portal.sparql import check
from tests.portal.portal_graph import BOMB, ENDLESS, PLACES, ask, code, places


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
def test_what_takes_too_much_is_ended_and_the_next_is_answered(graph_web: TestClient, query: str, outcome: str) -> None:
    began = time.monotonic()
    asked = graph_web.post("/sparql", content=query, headers={"content-type": "application/sparql-query"})
    assert code(asked) == (422, outcome)
    assert time.monotonic() - began < 4
    assert len(places(ask(graph_web, PLACES))) == 3


def test_a_query_of_a_quarter_of_a_megabyte_is_too_large(graph_web: TestClient) -> None:
    assert code(graph_web.post("/sparql", data={"query": PLACES + "#" * 300_000}))[0] == 413
    assert code(ask(graph_web, PLACES + "#" * 9000))[0] == 414


def test_looking_for_words_takes_no_time_that_grows_faster_than_the_query() -> None:
    began = time.monotonic()
    for piece in ('"', "'", "<", '"""', "\\", "PREFIX a:", "BASE ", ":", "?", "@", '"a"', "<'>'"):
        check("SELECT * { " + piece * (250_000 // len(piece)))
    assert time.monotonic() - began < 4


def test_an_answer_is_whole_or_an_error(graph_web: TestClient) -> None:
    whole = ask(graph_web, "SELECT * { ?s ?p ?o }").json()["results"]["bindings"]
    count = int(ask(graph_web, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"][0]["n"]["value"])
    assert len(whole) == count


def test_others_are_answered_while_a_query_takes_its_time_and_one_more_is_told_to_wait(graph_address: str) -> None:
    with ThreadPoolExecutor(2) as pool, httpx.Client(base_url=graph_address) as client:

        def slow() -> Future[httpx.Response]:
            return pool.submit(httpx.get, f"{graph_address}/sparql", params={"query": ENDLESS}, timeout=20)

        first = slow()
        time.sleep(0.7)
        began = time.monotonic()
        assert client.get("/sparql", params={"query": PLACES}).status_code == 200
        assert time.monotonic() - began < 1.5
        second = slow()
        time.sleep(0.5)
        began = time.monotonic()
        assert client.get("/health").status_code == 200
        busy = client.get("/sparql", params={"query": PLACES})
        assert time.monotonic() - began < 1
        assert code(busy) == (503, "sparql-busy")
        assert int(busy.headers["retry-after"]) > 0
        assert [code(asked.result()) for asked in (first, second)] == [(422, "sparql-time")] * 2
        assert client.get("/sparql", params={"query": PLACES}).status_code == 200
