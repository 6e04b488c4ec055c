"""Fixtures of the tests of the portal: a tiny project that is published whole, a client over it, and a server."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from pipelines.line import Line
from pipelines.release import current_edition
from portal.app import make_app
from portal.server import configured
from portal.site import Site, Sites
from portal.sparql_engine import Limits
from tests.portal.portal_graph import SAVED
from tests.publish import edition_city
from tests.tiny import VISITS, Tiny, make_tiny

BASE_URL = "http://127.0.0.1:8000"


def publish(tiny: Tiny) -> str:
    """Release what is due and make the portal show it; returns the edition."""
    with Line(tiny.load(), "publish") as line:
        line.publish()
    assert line.exit_code == 0, [f.code for f in line.findings]
    edition = current_edition(tiny.load().store)
    assert edition is not None
    return edition.edition


@contextmanager
def served(store: Store) -> Iterator[str]:
    """The portal on a port of its own; gives its address."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{line.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(make_app(store, base), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [line]}, daemon=True)
        thread.start()
        until = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < until, "the portal does not start"
            time.sleep(0.02)
        try:
            yield base
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="session")
def portal_project(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The tiny project, published twice: `visits` has a second version with one row more. Read it only."""
    tiny = make_tiny(tmp_path_factory.mktemp("portal") / "project")
    publish(tiny)
    tiny.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    publish(tiny)
    return tiny


@pytest.fixture(scope="session")
def portal_store(portal_project: Tiny) -> Store:
    """The store of that project. Read it only."""
    return portal_project.load().store


@pytest.fixture(scope="session")
def client(portal_store: Store) -> Iterator[TestClient]:
    """A client over the whole application; redirects are shown and not followed."""
    with TestClient(make_app(portal_store, BASE_URL), base_url=BASE_URL, follow_redirects=False) as out:
        yield out


@pytest.fixture
def own_project(tmp_path: Path) -> Tiny:
    """A tiny project of the test's own, published once, that it may publish again."""
    tiny = make_tiny(tmp_path / "own")
    publish(tiny)
    return tiny


@pytest.fixture(scope="session")
def graph_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """What a portal with a graph and a saved query shows. Read it only."""
    root = tmp_path_factory.mktemp("sparql") / "city"
    edition_city.make_city(root)
    (root / "vocab" / "queries").mkdir()
    (root / "vocab" / "queries" / "places.rq").write_text(SAVED, encoding="utf-8")
    return Sites(edition_city.publish(Tiny(root)).store, BASE_URL).current()


@pytest.fixture(scope="session")
def graph_web(graph_site: Site) -> Iterator[TestClient]:
    """A client over it, where queries may take little."""
    limits = Limits(seconds=2.0, memory=300_000_000, answer=200_000, waiting=1)
    app = make_app(graph_site.store, BASE_URL, sparql=limits)
    with TestClient(app, base_url=BASE_URL, follow_redirects=False) as out:
        yield out
    app.app.state.sparql.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def graph_address(graph_site: Site) -> Iterator[str]:
    """The address of a server over it, with two workers and nobody who waits."""
    app = make_app(graph_site.store, BASE_URL, sparql=Limits(seconds=3.0, waiting=0, workers=2))
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
