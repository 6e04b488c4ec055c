"""The process that serves: uvicorn with uvloop and httptools, one process, and what it does not refuse by itself.

What belongs here: running the application, and connections that are slow, stand still or send headers without end. What does not:
anything about a whole request, which is `front`.
"""

import asyncio
import resource
import socket
from collections.abc import Iterator
from itertools import chain
from typing import Any, cast
from urllib.parse import unquote

import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from portal.front import Front, common
from portal.hot import Ready
from portal.limits import MAX_HEADERS, MAX_URL
from portal.send import Headers

HEADER_SECONDS = 10.0
"""Longest time for the headers of a request to come."""
KEEP_ALIVE_SECONDS = 30
GRACE_SECONDS = 10
"""How long answers under way may go on when the process is told to end."""
MOST_CONNECTIONS = 2_000
SPARE_FILES = 200
"""Files that the process may need beside a line and a file of each connection."""
STALL_SECONDS = 300
"""How long a reader may take nothing of an answer; the kernel then closes the line, which it asks of it meanwhile."""

BEFORE = b"/v1/datasets/"
_BODY = (b"content-length", b"transfer-encoding", b"upgrade", b"expect")

_WHOLE, _UNCHANGED = (b"".join(b"%b: %b\r\n" % header for header in common(status)) + b"\r\n" for status in (200, 304))
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
    b"content-length: 106\r\nconnection: close\r\n\r\n"
    b'{"type":"about:blank","title":"Request Header Fields Too Large","status":431,"code":"headers-too-large"}\r\n'
)


class Protocol(HttpToolsProtocol):
    """The protocol of uvicorn, which waits for headers for ever and keeps any number of them.

    A hot address is answered as soon as its headers are there: the cycle and the task that uvicorn makes for a request
    cost twice as much as the answer. It is the same answer, from `Front.at_once`.
    """

    _began: float | None = None
    _last = 0.0
    _size = 0
    _done = False
    """Whether the request that is being read was answered at once; what is left of it says nothing."""
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Watch the new connection."""
        super().connection_made(transport)
        if len(self.connections) > (self.config.limit_concurrency or MOST_CONNECTIONS) + SPARE_FILES // 2:
            # Those up to here are refused in words; more would take the files that answers are made of.
            transport.abort()
            return
        self._began = self.loop.time()
        self._watch = self.loop.call_later(HEADER_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        now = self.loop.time()
        idle = self._began is None and (self.cycle is None or self.cycle.response_complete)
        if idle and now - self._last >= KEEP_ALIVE_SECONDS:
            self.transport.close()
            return
        if self._began is not None and now - self._began >= HEADER_SECONDS:
            self.transport.close()
            return
        left = HEADER_SECONDS if self._began is None else HEADER_SECONDS - (now - self._began)
        self._watch = self.loop.call_later(left, self._look)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._began, self._size = self.loop.time(), 0

    def on_url(self, url: bytes) -> None:
        """A piece of the address came."""
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header came."""
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The headers are whole; how long the answer takes is no fault of the client."""
        self._began, self._last = None, self.loop.time()
        ready = self._at_once()
        if ready is None:
            super().on_headers_complete()
            return
        self._done = True
        self.transport.write(b"".join(self._written(*ready)))
        self.server_state.total_requests += 1

    def on_body(self, body: bytes) -> None:
        """A piece of a body came."""
        if not self._done:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._done:
            self._done = False
        else:
            super().on_message_complete()

    def _at_once(self) -> Ready | None:
        """The response to a hot address that stands in no queue: no task, no wait, nothing asked twice."""
        app = self.config.loaded_app
        waits = self.cycle is not None and not self.cycle.response_complete
        if not self.url.startswith(BEFORE) or waits or self.flow.write_paused or not isinstance(app, Front):
            return None
        if b"#" in self.url or not self.url.isascii() or not self._plain():
            return None
        raw, _, query = self.url.partition(b"?")
        path = raw.decode()
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"], self.scope["query_string"] = raw, query
        return app.at_once(cast("Scope", self.scope))

    def _plain(self) -> bool:
        """Whether it is HTTP 1.1 on a line that stays open, without a body."""
        if self.parser.get_http_version() != "1.1" or not self.parser.should_keep_alive():
            return False
        return not any(name in _BODY for name, _ in self.headers)

    def _written(self, status: int, headers: Headers, body: bytes) -> Iterator[bytes]:
        yield STATUS_LINE[status]
        for name, value in chain(self.server_state.default_headers, headers):
            yield from (name, b": ", value, b"\r\n")
        yield _UNCHANGED if status == 304 else _WHOLE
        yield body

    def _grow(self, size: int) -> None:
        self._size += size
        # Twice what is allowed is still answered in words, by the front.
        if self._size > 2 * (MAX_HEADERS + MAX_URL) and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()


def room() -> int:
    """How many connections there is room for: each is an open file, and may have one. Raises the limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS + SPARE_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(MOST_CONNECTIONS, (soft - SPARE_FILES) // 2))


def configured(app: Front, host: str, port: int, behind_proxy: bool) -> uvicorn.Config:
    """How the server runs. `behind_proxy`: take the address of a reader from the proxy on this machine."""
    options: dict[str, Any] = {
        "loop": "uvloop",
        "http": Protocol,
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": behind_proxy,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "limit_concurrency": room(),
    }
    return uvicorn.Config(app, host=host, port=port, **options)


def listening(config: uvicorn.Config) -> socket.socket:
    """Where the server listens. Every line that is taken there has the same patience (`TCP_USER_TIMEOUT`, tcp(7))."""
    out = config.bind_socket()
    out.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(STALL_SECONDS * 1000))
    return out


def serve(app: Front, host: str, port: int, behind_proxy: bool) -> None:
    """Serve until the process is told to end."""
    config = configured(app, host, port, behind_proxy)
    uvicorn.Server(config).run(sockets=[listening(config)])
