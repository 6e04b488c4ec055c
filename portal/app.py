"""The application: the routers of all parts, one way from a handler to a response, and the front around it.

What belongs here: putting the parts together. What does not: any answer, which is in `routes`, and what is done to all
of them, which is `front` and `send`.
"""

from importlib import import_module
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from pipelines.contracts.store import Store
from portal.answer import Answer, Problem
from portal.answered import Handler, answered
from portal.front import Front
from portal.groups import groups_at_once
from portal.hot import PAGE, ROW, Hot
from portal.log import Log
from portal.metrics import Metrics
from portal.problems import problem_answer, refused
from portal.records import page, row
from portal.send import deliver
from portal.site import Site, Sites
from portal.sparql_engine import Engine, Limits

ROUTERS = [
    "portal.routes.about",
    "portal.routes.bundle",
    "portal.routes.catalogue",
    "portal.routes.records",
    "portal.routes.operations",
    "portal.routes.pages",
    "portal.routes.status",
    "portal.routes.entities",
    "portal.routes.search",
    "portal.routes.sparql",
    "portal.routes.reconcile",
    # The tree answers what no other part does.
    "portal.routes.tree",
]
"""The modules with the routers, in the order in which an address is tried; each has `router`."""


class Delivered(Response):
    """A response that sends an `Answer`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(status_code=answer.status)
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await deliver(self.answer, scope, send, receive)


def reply(request: Request, handler: Handler) -> Response:
    """The response of a handler, or of the problem that it raises. The one way from a route to a handler."""
    try:
        return Delivered(answered(request.app.state.sites, handler))
    except Problem as problem:
        return Delivered(problem_answer(problem, request.scope))


def gives(*kinds: str) -> dict[str, Any]:
    """What a route tells the OpenAPI of the media types of its answers. One that tells nothing answers with JSON."""
    return {"response_class": Response, "responses": {200: {"content": {kind: {} for kind in kinds}}}}


def _quick(site: Site, hot: Hot, query: bytes) -> Answer | None:
    if hot.route == ROW:
        return row(site, hot.dataset, hot.table, hot.key, query)
    return (page if hot.route == PAGE else groups_at_once)(site, hot.dataset, hot.table, query)


def make_app(
    store: Store, base_url: str, per_minute: int = 0, log: Log | None = None, sparql: Limits | None = None
) -> Front:
    """The whole portal over a store.

    `base_url`: where it is served. `per_minute`: requests that one address may make, 0 any number. `log`: without one
    only faults are written. `sparql`: what a query may take.
    """
    sites = Sites(store, base_url)
    app = FastAPI(
        title="Portal API",
        version="1",
        openapi_url=None,  # `portal.openapi` serves it, with the tables
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.sites = sites
    app.state.metrics = Metrics()
    app.state.sparql = Engine(sparql or Limits())
    for name in ROUTERS:
        app.include_router(import_module(name).router)

    async def on_problem(request: Request, error: Exception) -> Response:
        return Delivered(problem_answer(refused(error), request.scope))

    for kind in (Problem, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, on_problem)
    return Front(app, sites, _quick, log or Log(requests=False), app.state.metrics, per_minute)
