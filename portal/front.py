"""The front: what every request passes through and every response bears, in plain ASGI around the application.

What belongs here: limits, methods, request ids, the headers of every response, log and metrics, and answering the hot
addresses without the framework, by the same handlers. What does not: any answer of its own but refusals.

A middleware of the framework costs a factor of four here, and its thread pool a factor of two; so this is one function.
"""

import asyncio
import re
import secrets
import time
import zlib
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from portal.answer import Answer, Problem
from portal.files import tree_file
from portal.limits import Rate, check_limits, not_allowed, taken
from portal.log import Log
from portal.metrics import Metrics
from portal.problems import SITES, problem_answer, refused
from portal.send import CACHE_CONTROL, deliver
from portal.site import Site, Sites

CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, Content-Location, Content-Disposition, X-Request-Id"),
]
EVERY = [
    *CORS,
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
WITH_CSP = [*EVERY, (b"content-security-policy", CSP)]
PREFLIGHT = [
    *EVERY,
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Accept-Language, Content-Type, If-None-Match, If-Range, Range"),
    (b"access-control-max-age", b"86400"),
    (b"allow", b"GET, HEAD, OPTIONS"),
]
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PAGE, _ROW = "/v1/datasets/{dataset}/tables/{table}", "/v1/datasets/{dataset}/tables/{table}/rows/{key}"
_TABLES = "/v1/datasets/"
_TREE = ("/datasets/", "/editions/", "/catalog.", "/eu/")
"""Where only files of the tree are; the framework is not asked for them."""

Quick = Callable[[Site, str, str, str, bytes], Answer]
"""Answers a hot address: site, dataset, table, key of the row (empty for a page), and the query as it came."""


@dataclass(frozen=True)
class Hot:
    """A request for a table or a row, taken from its address."""

    route: str
    dataset: str
    table: str
    key: str


class Front:
    """The whole portal as an ASGI application. `per_minute`: requests that one address may make; 0 is any number."""

    def __init__(self, app: ASGIApp, sites: Sites, quick: Quick, log: Log, metrics: Metrics, per_minute: int) -> None:
        self.app = app
        self.sites = sites
        self.quick = quick
        self.log = log
        self.metrics = metrics
        self.rate = Rate(per_minute)
        self._origin = zlib.crc32(sites.base_url.encode())
        self._run = secrets.token_hex(4)
        self._number = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        scope[SITES] = self.sites
        exchange = Exchange(scope, send, self._request_id(scope))
        try:
            await self._answer(scope, receive, exchange)
        except Problem as problem:
            await exchange.refuse(problem)
        except Exception as error:
            self.log.fault(error, exchange.route, exchange.request)
            await exchange.refuse(refused(error))
            if exchange.broken:
                raise
        finally:
            seconds = time.perf_counter() - exchange.began
            self.metrics.count(exchange.route, exchange.status, seconds)
            self.log.request(exchange.route, exchange.method, exchange.status, seconds, exchange.request)

    async def _answer(self, scope: Scope, receive: Receive, exchange: "Exchange") -> None:
        check_limits(scope)
        self.rate.check(scope)
        method = scope["method"]
        if method == "GET" or method == "HEAD":
            if scope["path"].startswith(_TREE):
                exchange.route = "/{file}"
                await self._deliver(lambda site: tree_file(site, scope["path"]), self.sites.current(), scope, exchange)
                return
            hot = hot_address(scope)
            if hot is not None:
                await self._hot(hot, scope, exchange)
                return
        elif method == "OPTIONS":
            await exchange({"type": "http.response.start", "status": 204, "headers": PREFLIGHT})
            await exchange({"type": "http.response.body", "body": b""})
            return
        elif method == "POST":
            receive = await taken(receive, scope)
        else:
            raise not_allowed()
        inner = {**scope, "method": "GET", "head": True} if method == "HEAD" else scope
        inner["state"] = {**scope.get("state", {}), "request": exchange.request}
        await self.app(inner, receive, exchange)
        route = inner.get("route")
        exchange.route = getattr(route, "path", "other")

    async def _hot(self, hot: Hot, scope: Scope, exchange: "Exchange") -> None:
        exchange.route = hot.route
        query: bytes = scope["query_string"]
        # The place is part of the tag: one that matches says that this very address was answered so.
        place = f"-{zlib.crc32(scope['raw_path'] + b'?' + query, self._origin):08x}"
        site = self.sites.current()
        known = _header(scope, b"if-none-match")
        pinned = b"version=" not in query and b"published_by=" not in query
        if known is not None and pinned and (shown := site.datasets.get(hot.dataset)) and shown.pinned:
            tag = f'"{site.etag(hot.dataset, shown.pinned)}{place}"'.encode()
            if tag == known:
                await exchange.unchanged(tag)
                return
        await self._deliver(
            lambda s: self.quick(s, hot.dataset, hot.table, hot.key, query), site, scope, exchange, place
        )

    async def _deliver(
        self, handler: Callable[[Site], Answer], site: Site, scope: Scope, exchange: "Exchange", place: str = ""
    ) -> None:
        try:
            answer = handler(site)
        except OSError:
            # A file of a tree that is gone meanwhile: the request is begun once more.
            now = self.sites.current()
            if now is site:
                raise
            answer = handler(now)
        if place and answer.etag:
            answer = replace(answer, etag=answer.etag.partition("-")[0] + place)
        inner = {**scope, "head": True} if scope["method"] == "HEAD" else scope
        await deliver(answer, inner, exchange)

    def _request_id(self, scope: Scope) -> str:
        given = _header(scope, b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given.decode()
        return f"{self._run}-{next(self._number):x}"

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        ticking: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                ticking = asyncio.create_task(self._tick())
                await send({"type": "lifespan.startup.complete"})
            else:
                if ticking:
                    ticking.cancel()
                self.log.flush()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.log.flush()


class Exchange:
    """One request and its response: sends, and adds the headers that every response has."""

    __slots__ = ("began", "broken", "method", "request", "route", "scope", "send", "status")

    def __init__(self, scope: Scope, send: Send, request: str) -> None:
        self.began = time.perf_counter()
        self.scope = scope
        self.send = send
        self.request = request
        self.method: str = scope["method"] if scope["method"] in _METHODS else "other"
        self.route = "other"
        self.status = 0
        self.broken = False
        """Whether a response had begun that could not be ended."""

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Send one message of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = message["headers"]
            common = EVERY if any(name == b"content-security-policy" for name, _ in own) else WITH_CSP
            message["headers"] = [*own, *common, (b"x-request-id", self.request.encode())]
        await self.send(message)

    async def unchanged(self, tag: bytes) -> None:
        """Answer 304 to a hot address."""
        self.status = 304
        headers = [(b"etag", tag), _EDITION_CACHE, CORS[0], (b"x-request-id", self.request.encode())]
        await self.send({"type": "http.response.start", "status": 304, "headers": headers})
        await self.send({"type": "http.response.body", "body": b""})

    async def refuse(self, problem: Problem) -> None:
        """Answer a problem, unless a response has begun; then nothing can be said any more, and the line is cut."""
        if self.status:
            self.broken = True
            return
        head = {**self.scope, "head": True} if self.scope["method"] == "HEAD" else self.scope
        await deliver(problem_answer(problem, head), head, self)


_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_EDITION_CACHE = (b"cache-control", CACHE_CONTROL["edition"])


def hot_address(scope: Scope) -> Hot | None:
    """The table or row that is asked for as JSON, None for any other address."""
    path: str = scope["path"]
    if not path.startswith(_TABLES):
        return None
    parts = path.split("/", 8)
    if len(parts) < 6 or parts[4] != "tables" or "." in parts[5] or not parts[5]:
        return None
    accept = _header(scope, b"accept")
    if accept is not None and accept != b"*/*" and accept != b"application/json":
        return None
    if len(parts) == 6:
        return Hot(_PAGE, parts[3], parts[5], "")
    if len(parts) >= 8 and parts[6] == "rows" and parts[7]:
        return Hot(_ROW, parts[3], parts[5], "/".join(parts[7:]))
    return None


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None
