"""The process that serves: uvicorn with uvloop and httptools, one process, and what it does not refuse by itself.

What belongs here: running the application, and connections that are slow or send headers without end. What does not:
anything about a whole request, which is `front`.
"""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from portal.front import Front
from portal.limits import MAX_HEADERS, MAX_URL

HEADER_SECONDS = 10.0
"""Longest time for the headers of a request to come."""
KEEP_ALIVE_SECONDS = 30
GRACE_SECONDS = 10
"""How long answers under way may go on when the process is told to end."""
MOST_CONNECTIONS = 2_000

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
    b"content-length: 106\r\nconnection: close\r\n\r\n"
    b'{"type":"about:blank","title":"Request Header Fields Too Large","status":431,"code":"headers-too-large"}\r\n'
)


class Protocol(HttpToolsProtocol):
    """The protocol of uvicorn, which waits for headers for ever and keeps any number of them."""

    _began: float | None = None
    _size = 0
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Watch the new connection."""
        super().connection_made(transport)
        self._began = self.loop.time()
        self._watch = self.loop.call_later(HEADER_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        now = self.loop.time()
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
        self._began = None
        super().on_headers_complete()

    def _grow(self, size: int) -> None:
        self._size += size
        # Twice what is allowed is still answered in words, by the front.
        if self._size > 2 * (MAX_HEADERS + MAX_URL) and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()


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
        "limit_concurrency": MOST_CONNECTIONS,
    }
    return uvicorn.Config(app, host=host, port=port, **options)


def serve(app: Front, host: str, port: int, behind_proxy: bool) -> None:
    """Serve until the process is told to end."""
    uvicorn.Server(configured(app, host, port, behind_proxy)).run()
