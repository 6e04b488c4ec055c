"""The workers of SPARQL: replaced when they fail, gone with their edition, as many as the settings say."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.settings import Settings
from portal.answer import Problem
from portal.app import make_app
from portal.site import Site
from portal.sparql import DUMP
from portal.sparql_engine import Engine, Limits, Worker
from tests.portal.conftest import BASE_URL
from tests.portal.portal_graph import ENDLESS, PLACES, URI, ask, code, places
from tests.publish import edition_city
from tests.publish.edition_city import make_city
from tests.tiny import Tiny

ASKED = {"query": PLACES, "base": f"{URI}/", "results": "json", "graphs": None}


def test_a_worker_that_was_ended_is_replaced(graph_site: Site) -> None:
    engine = Engine(Limits(seconds=2.0))
    try:
        assert engine.ask(graph_site.tree / DUMP, ASKED).outcome == "results"
        [first] = [w.pid for w in engine.free]
        os.kill(first, signal.SIGKILL)
        assert engine.ask(graph_site.tree / DUMP, ASKED).outcome == "results"
        assert first not in [w.pid for w in engine.free]
    finally:
        engine.close()


def test_a_worker_that_hangs_is_ended(graph_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.sparql_engine.GRACE_SECONDS", 0.3)
    engine = Engine(Limits(seconds=0.3))
    try:
        assert engine.ask(graph_site.tree / DUMP, ASKED).outcome == "results"
        [hanging] = [w.pid for w in engine.free]
        os.kill(hanging, signal.SIGSTOP)
        assert engine.ask(graph_site.tree / DUMP, ASKED).outcome == "time"
        assert not Path(f"/proc/{hanging}").exists()
        assert engine.ask(graph_site.tree / DUMP, ASKED).outcome == "results"
    finally:
        engine.close()


def test_a_worker_is_started_only_where_none_is_free(graph_site: Site) -> None:
    engine = Engine(Limits(seconds=2.0, workers=2))
    quick, slow = ({"query": q, "base": f"{URI}/", "results": "json", "graphs": None} for q in (PLACES, ENDLESS))
    try:
        for _ in range(3):
            assert engine.ask(graph_site.tree / DUMP, quick).outcome == "results"
        assert len(engine.free) == 1
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda q: engine.ask(graph_site.tree / DUMP, q).outcome, (slow, slow)))
        assert outcomes == ["time", "time"]
        assert len(engine.free) == 2
    finally:
        engine.close()
    assert engine.free == []


def test_an_answer_of_many_bytes_comes_whole_with_little_memory(graph_site: Site) -> None:
    engine = Engine(Limits(memory=200_000_000))
    query = "SELECT ?a ?b ?c ?d ?e ?f { ?a ?b ?c . ?d ?e ?f } LIMIT 80000"
    try:
        reply = engine.ask(
            graph_site.tree / DUMP, {"query": query, "base": f"{URI}/", "results": "csv", "graphs": None}
        )
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


def test_the_worker_ends_with_the_one_that_started_it(graph_site: Site) -> None:
    worker = Worker(graph_site.tree / DUMP, Limits())
    process = worker._process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) == 0
    worker.close()


def test_a_new_edition_has_a_new_worker(tmp_path: Path) -> None:
    root = tmp_path / "city"
    store = make_city(root).store
    app = make_app(store, BASE_URL)
    engine: Engine = app.app.state.sparql  # type: ignore[attr-defined]
    with TestClient(app, base_url=BASE_URL) as client:
        before = ask(client, PLACES)
        [first] = [w.pid for w in engine.free]
        Tiny(root).rows("places", edition_city.LATER + "norte,Norte,North,,estate,network\n")
        edition_city.publish(Tiny(root))
        after = ask(client, PLACES)
        assert len(places(after)) == len(places(before)) + 1
        assert after.headers["etag"] != before.headers["etag"]
        assert first not in [w.pid for w in engine.free]
        assert not Path(f"/proc/{first}").exists()
    engine.close()


def test_what_is_being_withdrawn_is_answered_no_more(tmp_path: Path) -> None:
    store = make_city(tmp_path / "city").store
    app = make_app(store, BASE_URL)
    engine: Engine = app.app.state.sparql  # type: ignore[attr-defined]
    with TestClient(app, base_url=BASE_URL) as client:
        tag = ask(client, PLACES).headers["etag"]
        dump = engine.free[0].dump
        # As a withdrawal does before there is another tree.
        (store.root / store.portal.readlink() / DUMP).unlink()
        for response in (
            ask(client, PLACES),
            client.get("/sparql", params={"query": PLACES}, headers={"if-none-match": tag}),
            client.get("/es/sparql", headers={"accept": "application/json"}),
        ):
            assert code(response) == (503, "edition-changing")
        with pytest.raises(FileNotFoundError):
            engine.ask(dump, ASKED)
        assert engine.free == []


def test_the_limits_are_the_defaults_of_the_settings() -> None:
    fields = Settings.model_fields
    names = ("sparql_seconds", "sparql_memory_bytes", "sparql_answer_bytes", "sparql_waiting", "sparql_workers")
    assert Limits(*(fields[name].default for name in names)) == Limits()
