"""The addresses of the reconciliation service.

What belongs here: reading a request. What does not: matching, which is `reconcile`.
"""

from dataclasses import replace

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from pipelines.contracts.text import Lang
from portal import reconcile as of
from portal.answer import HTML, Answer
from portal.app import gives, reply
from portal.routes.asked import wished_language
from portal.site import Site
from portal.sparql import FORM, fields

router = APIRouter(prefix=of.ADDRESS, tags=["reconcile"])

_FORM = {
    "requestBody": {
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"queries": {"type": "string"}, "extend": {"type": "string"}},
                }
            }
        }
    }
}


def _answer(site: Site, given: dict[str, list[str]], lang: Lang) -> Answer:
    if "queries" in given:
        return of.reconciled(site, given["queries"][-1], lang)
    if "extend" in given:
        return of.extended(site, given["extend"][-1], lang)
    return of.manifest(site, lang)


@router.get("", summary="Match names with entities (Reconciliation Service API 0.2)")
def service(request: Request, queries: str | None = None, extend: str | None = None) -> Response:
    """`queries`: a batch of names as JSON. `extend`: ids and properties as JSON. Without either, what the service is."""
    lang = wished_language(request)
    given = {name: [value] for name, value in (("queries", queries), ("extend", extend)) if value is not None}
    return reply(request, lambda site: _answer(site, given, lang))


@router.post("", summary="The same with a form", openapi_extra=_FORM)
async def batch(request: Request) -> Response:
    """`queries` or `extend` in a form, as OpenRefine sends them."""
    lang, body = wished_language(request), await request.body()
    return await run_in_threadpool(
        reply, request, lambda site: replace(_answer(site, fields(body), lang), etag=None, cache="none")
    )


@router.get("/suggest/entity", summary="Suggest entities")
def entity(request: Request, prefix: str = Query(max_length=200)) -> Response:
    """Entities by the beginning of a name."""
    return reply(request, lambda site: of.suggested_entities(site, prefix, wished_language(request)))


@router.get("/suggest/type", summary="Suggest classes")
def kind(request: Request, prefix: str = Query(max_length=200)) -> Response:
    """Classes by a part of their name."""
    return reply(request, lambda site: of.suggested_types(site, prefix, wished_language(request)))


@router.get("/properties", summary="Properties that can be added")
def properties(request: Request, type: str = Query(default="", max_length=200)) -> Response:  # noqa: A002
    """What can be had of an entity as a further column."""
    return reply(request, lambda _: of.proposed(type, wished_language(request)))


@router.get("/preview", summary="A small page of an entity", **gives(HTML))
def preview(request: Request, id: str = Query(max_length=1000)) -> Response:  # noqa: A002
    """A page to be shown in a frame."""
    return reply(request, lambda site: of.preview(site, id, wished_language(request)))
