"""The server on a real line: what it answers at once is what the application answers, and whom it does not wait for."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from portal.answer import Answer
from portal.app import make_app
from portal.groups import groups
from portal.hot import hot_address, hot_answer
from portal.records import page
from portal.server import configured, listening
from tests.portal.conftest import BASE_URL

ROW = "/v1/datasets/places/tables/places/rows/centro"
PAGE = "/v1/datasets/places/tables/places"


@pytest.fixture(scope="module")
def port(portal_store: Store) -> Iterator[int]:
    """A server in a thread; its port."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.server.HEADER_SECONDS", 0.5)
        patch.setattr("portal.server.KEEP_ALIVE_SECONDS", 1.5)
        patch.setattr("portal.server.STALL_SECONDS", 1.0)
        config = configured(make_app(portal_store, BASE_URL), "127.0.0.1", 0, behind_proxy=False)
        server, own = uvicorn.Server(config), listening(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield own.getsockname()[1]
        server.should_exit = True
        thread.join()


def said(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Everything that the server says to these bytes until it closes the line, or for five seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        for piece in pieces:
            line.sendall(piece)
            time.sleep(pause)
        out = b""
        try:
            while piece := line.recv(65536):
                out += piece
        except (ConnectionResetError, TimeoutError):
            pass
        return out


def test_an_answer_that_a_client_has_packed_is_not_made_again(portal_store: Store) -> None:
    def never(*_: object) -> Answer:
        raise AssertionError("asked")

    def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
        return {"path": PAGE, "raw_path": PAGE.encode(), "query_string": b"", "headers": list(headers), "method": "GET"}

    sites = make_app(portal_store, BASE_URL).sites
    hot = hot_address(scope())
    assert hot
    made = hot_answer(sites, lambda site, *_: page(site, hot.dataset, hot.table, b""), hot, scope())
    assert made
    tag = dict(made[1])[b"etag"]
    for known in (tag, tag[:-1] + b'-gzip"'):
        again = hot_answer(sites, never, hot, scope((b"if-none-match", known), (b"accept-encoding", b"gzip")))
        assert again
        assert (again[0], again[2]) == (304, b"")


def test_only_counts_that_were_made_are_answered_at_once(portal_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def scope() -> dict[str, Any]:
        path = f"{PAGE}/groups"
        own = {"path": path, "raw_path": path.encode(), "query_string": b"by=kind", "headers": [], "method": "GET"}
        return {**own, "client": ("192.0.2.1", 1)}

    front, asked = make_app(portal_store, BASE_URL, per_minute=2), scope()
    # Rows must be counted: it is left to the framework, and neither looked at nor counted again.
    assert front.at_once(asked) is None
    assert front.at_once(asked) is None
    monkeypatch.setattr("portal.app.groups_at_once", groups)
    made = front.at_once(scope())
    assert made
    assert (made[0], json.loads(made[2])["total"]) == (200, 3)


@pytest.mark.parametrize(
    "path",
    [
        ROW,
        PAGE,
        f"{PAGE}?limit=1",
        f"{PAGE}?limit=x",
        f"{PAGE}/rows/nada",
        f"{PAGE}/groups?by=kind",
        f"{PAGE}/groups?by=nada",
        "/v1/datasets",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_answered_at_once_is_what_the_application_answers(
    port: int, client: TestClient, path: str, method: str
) -> None:
    asked = {"Accept": "*/*", "Accept-Encoding": "identity"}
    real = httpx.request(method, f"http://127.0.0.1:{port}{path}", headers=asked)
    same = client.request(method, path, headers=asked)
    apart = {"date", "x-request-id", "connection"}
    assert (real.status_code, real.content) == (same.status_code, same.content)
    assert {k: v for k, v in real.headers.items() if k not in apart} == {
        k: v for k, v in same.headers.items() if k not in apart
    }
    if "etag" in real.headers:
        again = httpx.request(
            method, f"http://127.0.0.1:{port}{path}", headers={**asked, "If-None-Match": real.headers["etag"]}
        )
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", real.headers["etag"])


def test_a_tag_of_one_address_says_nothing_about_another(client: TestClient) -> None:
    tag = client.get(ROW).headers["etag"]
    assert client.get(f"{PAGE}/rows/nada", headers={"If-None-Match": tag}).status_code == 404
    assert client.get(f"{PAGE}?limit=x", headers={"If-None-Match": tag}).status_code == 400


def test_requests_that_come_together_are_answered_in_their_order(port: int) -> None:
    lines = [
        b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode()
        for path in ("/v1/editions", ROW, "/health", PAGE, "/nada", ROW)
    ]
    last = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    out = said(port, b"".join(lines) + last)
    signs = [b'"current"', b'"row":{', b'"status":"ok"', b'"total":3', b'"not-found"', b'"row":{', b"User-agent"]
    places, at = [], 0
    for sign in signs:
        at = out.index(sign, at) + 1
        places.append(at)
    assert out.count(b"HTTP/1.1 ") == len(signs)


def test_headers_without_end_are_cut(port: int) -> None:
    out = said(
        port, b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %b\r\n" % (n, b"a" * 100) for n in range(5000))
    )
    assert out.startswith(b"HTTP/1.1 431 ")
    head, _, body = out.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head


@pytest.mark.parametrize("first", [b"", b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % ROW.encode()])
def test_headers_that_trickle_are_not_waited_for(port: int, first: bytes) -> None:
    began = time.monotonic()
    out = said(port, first + b"GET /health HTTP/1.1\r\n", b"X-a: b\r\n", b"X-c: d\r\n", pause=0.1)
    assert time.monotonic() - began < 4
    assert b'"status":"ok"' not in out


def test_no_more_lines_are_taken_than_there_are_files_for(portal_store: Store) -> None:
    code = (
        "import resource, sys; from pathlib import Path; from pipelines.contracts.store import Store\n"
        "from portal.app import make_app; from portal.server import configured, listening; import uvicorn\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (250, 260))\n"
        "app = make_app(Store(Path(sys.argv[1])), 'http://x')\n"
        "config = configured(app, '127.0.0.1', 0, False); own = listening(config)\n"
        "print(own.getsockname()[1], config.limit_concurrency, flush=True)\n"
        "uvicorn.Server(config).run(sockets=[own])\n"
    )
    command = [sys.executable, "-c", code, str(portal_store.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, ExitStack() as lines:
        try:
            assert process.stdout is not None
            number, most = map(int, process.stdout.readline().split())
            assert most == 30
            own = lines.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{number}", timeout=20))
            assert own.get(PAGE).status_code == 200
            for _ in range(400):
                lines.enter_context(socket.create_connection(("127.0.0.1", number), timeout=5))
            # The line that was there before is refused in words where there are too many, and never told of a gap.
            assert own.get("/datasets/places/latest/places.csv").status_code in (200, 503)
            lines.close()
            with httpx.Client(base_url=f"http://127.0.0.1:{number}", timeout=20) as later:
                until = time.monotonic() + 10
                while later.get("/datasets/places/latest/places.csv").status_code != 200:
                    assert time.monotonic() < until
                    time.sleep(0.1)
        finally:
            process.terminate()


def test_a_reader_who_takes_nothing_is_not_waited_for(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asked = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % PAGE.encode()
        line.setblocking(False)
        until, cut = time.monotonic() + 8, False
        while not cut and time.monotonic() < until:
            try:
                line.sendall(asked * 100)
            except BlockingIOError:
                time.sleep(0.05)
            except (ConnectionResetError, BrokenPipeError):
                cut = True
    assert cut


@pytest.mark.parametrize("coming", [b"Content-Length: 100000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n186A0\r\n"])
@pytest.mark.parametrize("asked", [b"GET /health", b"GET %s" % ROW.encode(), b"POST /sparql", b"POST /nada"])
def test_a_body_that_trickles_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch, asked: bytes, coming: bytes
) -> None:
    monkeypatch.setattr("portal.limits.BODY_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(asked + b" HTTP/1.1\r\nHost: x\r\n" + coming)
        began, out, closed = time.monotonic(), b"", False
        line.settimeout(0.1)
        while not closed and time.monotonic() - began < 6:
            try:
                line.sendall(b"a")
                piece = line.recv(65536)
                out, closed = out + piece, not piece
            except TimeoutError:
                pass
            except (ConnectionResetError, BrokenPipeError):
                closed = True
    assert closed
    assert time.monotonic() - began < 4
    expected = {b"GET": b"200 OK", b"POST /sparql": b"408 ", b"POST /nada": b"405 "}
    assert out.startswith(b"HTTP/1.1 " + next(status for begin, status in expected.items() if asked.startswith(begin)))


def test_a_line_that_is_idle_is_closed(port: int) -> None:
    began = time.monotonic()
    out = said(port, b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % ROW.encode())
    assert b'"row":{' in out
    assert 1 < time.monotonic() - began < 4.5


def test_a_fault_costs_its_own_answer_and_not_the_line(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("portal.routes.catalogue.of.datasets", fail)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as line:
        assert [line.get(p).status_code for p in ("/v1/datasets", "/health", "/v1/datasets", ROW)] == [
            500,
            200,
            500,
            200,
        ]
    out = said(port, b"GET /v1/datasets HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b'"status":"ok"' in out
