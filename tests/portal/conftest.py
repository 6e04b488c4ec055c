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
