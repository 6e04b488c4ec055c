"""The addresses of SPARQL: `/sparql` as the SPARQL 1.1 Protocol has it, the saved queries, and the page.

What belongs here: reading a request. What does not: what may be asked, which is `sparql`.
"""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from pipelines.contracts.text import Lang
from portal import queries
from portal.answer import Answer, Problem
from portal.app import gives, reply
from portal.pages.sparql import sparql_page
from portal.routes.asked import PAGE, wished_formats, wished_language
from portal.site import Site
from portal.sparql import FORM, GRAPHS, QUERY, RESULTS, UPDATE, answer, described, fields, question
from portal.sparql_engine import Engine

router = APIRouter(tags=["sparql"])

_KINDS = [*RESULTS.values(), *GRAPHS.values()]
_ASKED: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": what}
        for name, what in (
            ("query", "The query; without it the service is described."),
            ("format", "`json`, `xml`, `csv`, `tsv`; of graphs `ttl`, `nt`, `rdf`, `jsonld`. Wins over `Accept`."),
        )
    ]
}
_POSTED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            QUERY: {"schema": {"type": "string"}},
            FORM: {"schema": {"type": "object", "properties": {"query": {"type": "string"}}}},
        },
    }
}


def _engine(request: Request) -> Engine:
    found: Engine = request.app.state.sparql
    return found


@router.get("/sparql", summary="Ask a SPARQL query", openapi_extra=_ASKED, **gives(*_KINDS))
def asked(request: Request) -> Response:
    """The answer to `query` over the graph of the edition; without one, the description of the service."""
    engine, accept, language = _engine(request), wished_formats(request), wished_language(request)
    raw = request.scope["query_string"]
    if not raw:
        return reply(request, lambda site: described(site, accept, language))
    return reply(request, lambda site: answer(site, engine, question(fields(raw), accept), request.scope))


@router.post("/sparql", summary="Ask a SPARQL query in the body", openapi_extra=_POSTED, **gives(*_KINDS))
async def posted(request: Request) -> Response:
    """The same with the query in a form, or as the body itself."""
    engine, accept, raw = _engine(request), wished_formats(request), request.scope["query_string"]
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()

    def handler(site: Site) -> Answer:
        # What is answered to a POST is nobody's to keep (RFC 9110, 9.3.3).
        return replace(answer(site, engine, question(_given(kind, raw, body), accept)), etag=None, cache="none")

    return await run_in_threadpool(reply, request, handler)


def _given(kind: str, raw: bytes, body: bytes) -> dict[str, list[str]]:
    given = fields(raw)
    if kind == FORM:
        return {**given, **fields(body)}
    if kind == QUERY:
        try:
            return {**given, "query": [*given.get("query", []), body.decode()]}
        except UnicodeDecodeError as error:
            raise Problem(400, "sparql-query", "La consulta no está en UTF-8.", "The query is not in UTF-8.") from error
    if kind == UPDATE:
        return {"update": [""]}
    raise Problem(
        415,
        "sparql-media-type",
        f"La consulta se manda como {QUERY} o {FORM}.",
        f"The query is sent as {QUERY} or {FORM}.",
        headers={"Accept-Post": f"{QUERY}, {FORM}"},
    )


@router.get("/v1/queries", summary="Saved queries")
def listed(request: Request) -> Response:
    """The saved queries of the edition, with title and description in both languages."""
    return reply(request, queries.listed)


@router.get("/v1/queries/{name}", summary="A saved query with its text")
def told(request: Request, name: str) -> Response:
    """One saved query."""
    return reply(request, lambda site: queries.told(site, name))


@router.get("/v1/queries/{name}/result", summary="The answer to a saved query", **gives(*_KINDS))
def result(request: Request, name: str, lang: Lang = "es", format: str | None = None) -> Response:  # noqa: A002
    """`lang`: the language of the labels. `format` and `Accept` as at `/sparql`."""
    engine, accept = _engine(request), wished_formats(request)

    def handler(site: Site) -> Answer:
        given = {"query": [queries.one(site, name).in_language(lang)], "format": [format] if format else []}
        return answer(site, engine, question(given, accept), request.scope)

    return reply(request, handler)


@router.get(f"{PAGE}/sparql", include_in_schema=False)
def form(request: Request, lang: Lang) -> Response:
    """The page on which a query can be written."""
    engine, raw = _engine(request), request.scope["query_string"]
    return reply(request, lambda site: sparql_page(site, engine, lang, fields(raw)))
