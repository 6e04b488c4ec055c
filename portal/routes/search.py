"""The address of the search of the whole edition.

What belongs here: its parameters. What does not: what is found, which is `search`.
"""

from fastapi import APIRouter, Query, Request, Response

from pipelines.contracts.text import Lang
from portal.app import reply
from portal.search import LETTERS, MOST, search

router = APIRouter(tags=["search"])


@router.get("/v1/search", summary="Search datasets, tables and entities")
def of_all(
    request: Request,
    q: str = Query(json_schema_extra={"minLength": 1, "maxLength": LETTERS}),
    kind: str | None = Query(default=None, max_length=100),
    scope: str | None = Query(default=None, max_length=100),
    lang: Lang | None = None,
    limit: int = Query(default=20, ge=1, le=MOST),
) -> Response:
    """All words of `q`, the last of which may be only begun. `kind`: `dataset`, `table` or a class of entities."""
    return reply(request, lambda site: search(site, q, kind, scope, lang, limit))
