"""The front: what every request passes through and every response bears, in plain ASGI around the application.

What belongs here: limits, methods, request ids, the headers of every response, log and metrics, and answering the hot
addresses without the framework, by the same handlers. What does not: any answer of its own but refusals.

A middleware of the framework costs a factor of four here, and its thread pool a factor of two; so this is one function.
"""

import asyncio
import re
import secrets
import time
from collections.abc import MutableMapping
from itertools import count
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from portal.answer import Problem
from portal.answered import answered
from portal.files import tree_file
from portal.hot import Quick, Ready, hot_address, hot_answer
from portal.limits import Rate, check_limits, not_allowed, taken
from portal.log import Log
from portal.metrics import Metrics
from portal.problems import SITES, problem_answer, refused
from portal.send import Headers, deliver, prepared
from portal.site import Sites

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
POSTED = frozenset({"/sparql", "/v1/reconcile"})
"""Addresses that take a query in a body too."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TREE = ("/datasets/", "/editions/", "/catalog.", "/eu/")
"""Where only files of the tree are; the framework is not asked for them."""
_TRIED = "portal.tried"
"""In the scope of a request that was looked at as a hot one, counted, and left to the framework."""
_PAGES = ("/", "/index.html")
"""What is a page there: the portal has its own of datasets and versions."""


class Front:
    """The whole portal as an ASGI application. `per_minute`: requests that one address may make; 0 is any number."""

    def __init__(self, app: ASGIApp, sites: Sites, quick: Quick, log: Log, metrics: Metrics, per_minute: int) -> None:
        self.app = app
        self.sites = sites
        self.quick = quick
        self.log = log
        self.metrics = metrics
        self.rate = Rate(per_minute)
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
        ready = self.at_once(scope)
        if ready is not None:
            await send({"type": "http.response.start", "status": ready[0], "headers": [*ready[1], *common(ready[0])]})
            await send({"type": "http.response.body", "body": ready[2]})
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
            if not exchange.ended:
                raise
        finally:
            seconds = time.perf_counter() - exchange.began
            self.metrics.count(exchange.route, exchange.status, seconds)
            self.log.request(exchange.route, exchange.method, exchange.status, seconds, exchange.request)

    async def _answer(self, scope: Scope, receive: Receive, exchange: "Exchange") -> None:
        if _TRIED not in scope:
            check_limits(scope)
            self.rate.check(scope)
        method = scope["method"]
        if method == "GET" or method == "HEAD":
            if scope["path"].startswith(_TREE) and not scope["path"].endswith(_PAGES):
                await self._file(scope, receive, exchange)
                return
        elif method == "OPTIONS":
            await exchange({"type": "http.response.start", "status": 204, "headers": _preflight(scope["path"])})
            await exchange({"type": "http.response.body", "body": b""})
            return
        elif method == "POST" and scope["path"] in POSTED:
            receive = await taken(receive, scope)
        else:
            raise not_allowed(_allowed(scope["path"]))
        inner = {**scope, "method": "GET", "head": True} if method == "HEAD" else scope
        inner["state"] = {**scope.get("state", {}), "request": exchange.request}
        try:
            await self.app(inner, receive, exchange)
        finally:
            exchange.route = getattr(inner.get("route"), "path", "other")

    def at_once(self, scope: Scope) -> Ready | None:
        """The response to a hot address, made without waiting for anything; None for any other request.

        The headers of `common` go with it.
        """
        method = scope["method"]
        hot = hot_address(scope) if (method == "GET" or method == "HEAD") and _TRIED not in scope else None
        if hot is None:
            return None
        began = time.perf_counter()
        scope[SITES] = self.sites
        request = self._request_id(scope)
        try:
            check_limits(scope)
            self.rate.check(scope)
            ready = hot_answer(self.sites, self.quick, hot, scope)
            if ready is None:
                scope[_TRIED] = True
                return None
            status, headers, body = ready
        except Problem as problem:
            status, headers, body = prepared(problem_answer(problem, scope), scope)
        except Exception as error:
            self.log.fault(error, hot.route, request)
            status, headers, body = prepared(problem_answer(refused(error), scope), scope)
        seconds = time.perf_counter() - began
        self.metrics.count(hot.route, status, seconds)
        self.log.request(hot.route, method, status, seconds, request)
        headers.append((b"x-request-id", request.encode()))
        return status, headers, b"" if method == "HEAD" else body

    async def _file(self, scope: Scope, receive: Receive, exchange: "Exchange") -> None:
        exchange.route = "/{file}"
        answer = answered(self.sites, lambda site: tree_file(site, scope["path"]))
        inner = {**scope, "head": True} if scope["method"] == "HEAD" else scope
        await deliver(answer, inner, exchange, receive)

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

    __slots__ = ("began", "ended", "method", "request", "route", "scope", "send", "status")

    def __init__(self, scope: Scope, send: Send, request: str) -> None:
        self.began = time.perf_counter()
        self.scope = scope
        self.send = send
        self.request = request
        self.method: str = scope["method"] if scope["method"] in _METHODS else "other"
        self.route = "other"
        self.status = 0
        self.ended = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Send one message of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = message["headers"]
            every = EVERY if any(name == b"content-security-policy" for name, _ in own) else WITH_CSP
            message["headers"] = [*own, *every, (b"x-request-id", self.request.encode())]
        elif not message.get("more_body"):
            self.ended = True
        await self.send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer a problem, unless a response has begun: one that has not ended is then cut."""
        if self.status:
            return
        head = {**self.scope, "head": True} if self.scope["method"] == "HEAD" else self.scope
        await deliver(problem_answer(problem, head), head, self)


def _allowed(path: str) -> str:
    return "GET, HEAD, OPTIONS, POST" if path in POSTED else "GET, HEAD, OPTIONS"


def _preflight(path: str) -> Headers:
    """What a browser is told before a page of another origin asks; the headers of every response go with it."""
    allowed = _allowed(path).encode()
    return [
        (b"access-control-allow-methods", allowed),
        (b"access-control-allow-headers", b"Accept, Accept-Language, Content-Type, If-None-Match, If-Range, Range"),
        (b"access-control-max-age", b"86400"),
        (b"allow", allowed),
    ]


_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def common(status: int) -> Headers:
    """The headers that every response to a hot address has; a 304 only needs what a browser asks of it."""
    return CORS[:1] if status == 304 else WITH_CSP


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None
