"""A proxy in front of a CKAN that does to a call what networks and servers do.

One call a connection: every answer closes it, so that the next call has to connect again. Nothing else of a request
or an answer is rewritten; the addresses in CKAN's answers are its own, and calls to them do not come by here.
A request says its length, as ours do.
"""

import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from types import TracebackType
from urllib.parse import urlsplit

At = int | Callable[[int, str], bool]
FAULTS = {
    "refuse": False,
    "reset_before": False,
    "reset_after": True,
    "timeout": False,
    "timeout_after": True,
    "too_many": False,
    "error_500": False,
    "error_500_after": True,
    "bad_gateway_html": False,
    "bad_gateway_html_after": True,
    "denied": False,
    "conflict": False,
    "truncated": True,
    "trickle": True,
    "login_page": False,
    "no_success": False,
}
"""Every fault, and whether CKAN carries the call out all the same."""

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection: *[^\r]*", re.IGNORECASE)
_ACTION = re.compile(r"/api/(?:3/)?action/([a-z_]+)")
_HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1><p>secret of the gateway</p></body></html>"


def _told(kind: str, **more: object) -> bytes:
    """A failure as CKAN words it."""
    return json.dumps({"help": "", "success": False, "error": {"__type": kind, **more}}).encode()


def _answer(status: str, body: bytes, kind: str = "application/json;charset=utf-8", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}Connection: close"
    return head.encode() + _END + body


_ANSWERS = {
    "too_many": _answer("429 Too Many Requests", b"slow down", "text/plain", "Retry-After: 1\r\n"),
    "error_500": _answer("500 Internal Server Error", _told("Internal Server Error", message="Internal Server Error")),
    "bad_gateway_html": _answer("502 Bad Gateway", _HTML, "text/html"),
    "denied": _answer("403 Forbidden", _told("Authorization Error", message="Access denied: not authorized")),
    "login_page": _answer("200 OK", b"<!DOCTYPE html><html><body><form>Log in</form></body></html>", "text/html"),
    "no_success": _answer("200 OK", b'{"help": "", "success": false}'),
    "conflict": _answer("409 Conflict", _told("Validation Error", title=["Missing value"])),
}

_closed: dict[int, "FaultyProxy"] = {}
"""Proxies by port that listen to nothing just now."""


def _on_event(event: str, args: tuple[object, ...]) -> None:
    """See a client of this process connect: a refused connection is seen by nobody else."""
    if event == "socket.connect" and _closed and isinstance(args[1], tuple):
        proxy = _closed.get(args[1][1])
        if proxy:
            proxy.knocked()


_hooked = threading.Event()


class FaultyProxy:
    """A context manager; `url` stands for the address of CKAN. Several threads may call it at once.

    `calls`: action, or path of what is no action, and moment (`time.monotonic`) of every call since the last `plan`,
    in order of arrival; the action of a refused one is "". `injected`: how many of them had the fault.
    A connection is refused only to clients in this process: from outside, `refuse` refuses for ever.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self._path = parts.path.rstrip("/")
        self.calls: list[tuple[str, float]] = []
        self.injected = 0
        self._fault = ""
        self._at: At = 0
        self._lock = threading.RLock()
        self._open = threading.Event()
        self._listener: socket.socket | None = None
        self._clients: set[socket.socket] = set()
        self._ended = False
        # Holds the port while nothing listens on it.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{self._path}"

    def __enter__(self) -> "FaultyProxy":
        if not _hooked.is_set():
            _hooked.set()
            sys.addaudithook(_on_event)
        self._listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        with self._lock:
            self._ended = True
            self._stop_listening()
            _closed.pop(self.port, None)
            clients = list(self._clients)
        self._open.set()
        for client in clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._holder.close()

    def plan(self, fault: str = "", at: At = 0) -> None:
        """Inject `fault` from now on at the call number `at`, counting from 1, or where `at(number, action)`.

        Forgets the calls so far. Of `refuse` the action is not known: `at` is given "". Without a fault: only count.
        """
        if fault and fault not in FAULTS:
            raise ValueError(fault)
        with self._lock:
            self._fault, self._at = fault, at
            self.calls, self.injected = [], 0
            if not self._listener:
                self._listen()
            self._refuse_next()

    def knocked(self) -> None:
        """A client is about to connect while nothing listens: leave it so for this one, or listen again."""
        with self._lock:
            if self._due(""):
                self._count("")
                self.injected += 1
            elif self.port in _closed:
                self._listen()

    def _due(self, action: str) -> bool:
        """Whether the next call has the fault."""
        number = len(self.calls) + 1
        at = self._at
        return bool(self._fault) and (at(number, action) if callable(at) else at == number)

    def _count(self, action: str) -> None:
        self.calls.append((action, time.monotonic()))

    def _refuse_next(self) -> None:
        if self._fault == "refuse" and self._due(""):
            self._stop_listening()
            _closed[self.port] = self

    def _listen(self) -> None:
        listener = _bound(self.port)
        listener.listen(64)
        self._listener = listener
        _closed.pop(self.port, None)
        self._open.set()

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        self._open.clear()
        if listener:
            # Without it a thread that waits in accept() goes on waiting.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self) -> None:
        while not self._ended:
            listener = self._listener
            if not listener:
                self._open.wait()
                continue
            try:
                client, _ = listener.accept()
            except OSError:
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client):
            self._clients.add(client)
            try:
                request = _read(client)
                if request:
                    self._answer(client, *request)
            except OSError:
                # The client has gone, or CKAN has: in both cases nobody answers.
                with suppress(OSError):
                    _reset(client)
            finally:
                self._clients.discard(client)

    def _answer(self, client: socket.socket, head: bytes, body: bytes) -> None:
        path = urlsplit(head.split(b" ", 2)[1].decode("latin-1")).path
        named = _ACTION.search(path)
        action = named.group(1) if named else path
        with self._lock:
            fault = self._fault if self._fault != "refuse" and self._due(action) else ""
            self._count(action)
            self.injected += bool(fault)
            self._refuse_next()
        if not fault:
            self._relay(head, body, client)
            return
        answer = self._relay(head, body) if FAULTS[fault] else b""
        self._spoil(fault.removesuffix("_after"), client, answer)

    def _spoil(self, fault: str, client: socket.socket, answer: bytes) -> None:
        if fault.startswith("reset"):
            _reset(client)
        elif fault == "timeout":
            client.recv(1)
        elif fault == "truncated":
            start = answer.index(_END) + len(_END)
            client.sendall(answer[: start + (len(answer) - start) // 2])
        elif fault == "trickle":
            self._trickle(client, answer)
        else:
            client.sendall(_ANSWERS[fault])

    def _trickle(self, client: socket.socket, answer: bytes) -> None:
        start = answer.index(_END) + len(_END)
        client.sendall(answer[:start])
        client.settimeout(1)
        for byte in answer[start:]:
            client.sendall(bytes([byte]))
            with suppress(TimeoutError):
                client.recv(1)
                return

    def _relay(self, head: bytes, body: bytes, client: socket.socket | None = None) -> bytes:
        """Let CKAN carry the call out; its answer goes to `client`, else it is returned."""
        kept = []
        with closing(socket.create_connection(self._upstream)) as upstream:
            upstream.sendall(_closing(head) + body)
            start, rest = _head(upstream)
            if not start:
                raise ConnectionError
            piece = _closing(start) + rest
            while piece:
                if client:
                    client.sendall(piece)
                else:
                    kept.append(piece)
                piece = upstream.recv(1 << 16)
        return b"".join(kept)


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # What was refused or reset a moment ago must not keep the port.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def _reset(client: socket.socket) -> None:
    """Close with a RST (linger of no time), not with a FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def _head(sock: socket.socket) -> tuple[bytes, bytes]:
    """The head of a message with its empty line, and what came along of the body; empty if there is none."""
    data = b""
    while _END not in data:
        piece = sock.recv(1 << 16)
        if not piece:
            return b"", b""
        data += piece
    head, _, rest = data.partition(_END)
    return head + _END, rest


def _read(client: socket.socket) -> tuple[bytes, bytes] | None:
    """Head and body of a request; None if the client has closed the connection."""
    head, rest = _head(client)
    if not head:
        return None
    length = _LENGTH.search(head)
    body = bytearray(rest)
    while len(body) < (int(length.group(1)) if length else 0):
        piece = client.recv(1 << 16)
        if not piece:
            return None
        body += piece
    return head, bytes(body)


def _closing(head: bytes) -> bytes:
    """The head with `Connection: close`."""
    return _CONNECTION.sub(b"", head).removesuffix(_END) + b"\r\nConnection: close" + _END
