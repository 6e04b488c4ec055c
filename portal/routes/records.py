"""Rows of tables: pages, single rows, groups, whole filters as files, differences, and the OpenAPI.

What belongs here: routes. What does not: the answers; their parameters are declared for each table in `portal.openapi`.
"""

from dataclasses import replace
from typing import Literal

from fastapi import APIRouter, Request, Response

from portal import changes, openapi
from portal import groups as of_groups
from portal.answer import JSON, JSONL, media_type, negotiate
from portal.app import gives, reply
from portal.export import WRITERS
from portal.export import export as export_file
from portal.records import page, row, schema
from portal.routes.asked import wished_formats

router = APIRouter(prefix="/v1", tags=["records"])

_TABLE = "/datasets/{dataset}/tables/{table}"
_OFFERS = {JSON: "json", **{media_type(f"x.{e}"): e for e in WRITERS}}

_BY = {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": True, "items": {"type": "string"}}
_GROUPS = {
    "parameters": [
        {
            "name": "by",
            "in": "query",
            "required": True,
            "schema": _BY,
            "style": "form",
            "explode": False,
            "description": "One or two columns to group by.",
        }
    ]
}


def _query(request: Request) -> bytes:
    query: bytes = request.scope["query_string"]
    return query


@router.get("/openapi.json")
def description(request: Request) -> Response:
    """This description: every address, and each table with its typed parameters."""
    return reply(request, lambda site: openapi.document(site, request.app.openapi()))


@router.get(_TABLE + ".{extension}", **gives(*(media_type(f"x.{e}") for e in WRITERS)))
def export(
    request: Request, dataset: str, table: str, extension: Literal["csv", "jsonl", "xlsx", "parquet"]
) -> Response:
    """All rows that the parameters mean as a file, streamed."""
    return reply(request, lambda site: export_file(site, dataset, table, extension, _query(request)))


@router.get(_TABLE, **gives(*_OFFERS))
def records(request: Request, dataset: str, table: str) -> Response:
    """A page of the rows that the parameters mean; as a file where `Accept` wants one."""
    accept = wished_formats(request)
    kind = _OFFERS[negotiate("*/*" if "text/html" in accept else accept, list(_OFFERS))]
    if kind == "json":
        return reply(request, lambda site: page(site, dataset, table, _query(request)))
    told = {"Vary": "Accept"}
    return reply(request, lambda site: replace(export_file(site, dataset, table, kind, _query(request)), headers=told))


@router.get(_TABLE + "/schema")
def table_schema(request: Request, dataset: str, table: str) -> Response:
    """The Table Schema of a table (Data Package), with titles in both languages."""
    return reply(request, lambda site: schema(site, dataset, table, _query(request)))


@router.get(_TABLE + "/groups", openapi_extra=_GROUPS)
def groups(request: Request, dataset: str, table: str) -> Response:
    """Counts by one or two columns (`by`), with sum, min, max and avg of numeric ones."""
    return reply(request, lambda site: of_groups.groups(site, dataset, table, _query(request)))


@router.get(_TABLE + "/rows/{key:path}")
def record(request: Request, dataset: str, table: str, key: str) -> Response:
    """One row by its key; the parts of a key of several columns are separated by `/`."""
    return reply(request, lambda site: row(site, dataset, table, key, _query(request)))


@router.get("/datasets/{dataset}/versions/{version}/diff/{other}", **gives(JSONL))
def diff(request: Request, dataset: str, version: str, other: str) -> Response:
    """The rows changed, added and removed from one version to another, as JSON Lines; of one `table`, or all."""
    return reply(request, lambda site: changes.diff(site, dataset, version, other, _query(request)))
