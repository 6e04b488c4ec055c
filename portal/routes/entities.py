"""The addresses of what has an IRI of its own, at the path of that IRI, and the lists of it.

What belongs here: their parameters and the choice of a form. What does not: what is told, which is `entities`.
"""

from fastapi import APIRouter, Query, Request, Response

from pipelines.contracts.text import Lang
from portal.answer import HTML, Answer, negotiate
from portal.app import gives, reply
from portal.entities import MEDIA, entities, entity, path_of, split_suffix
from portal.pages.entity import entity_page
from portal.routes.asked import wished_formats, wished_language
from portal.site import Site

router = APIRouter(tags=["entities"])

_OFFERS = {kind: offer for offer, kind in MEDIA.items()}


@router.get("/v1/entities", summary="Classes of entities, or the entities of one")
def listed(
    request: Request,
    kind: str | None = Query(default=None, alias="class", max_length=100),
    page: int = Query(default=1, ge=1, le=100_000),
) -> Response:
    """`class` lists the entities of one class, a hundred a page; without it, the classes."""
    return reply(request, lambda site: entities(site, kind, page))


@router.get("/recurso/{rest:path}", summary="What has an IRI of its own", **gives(*_OFFERS, HTML))
@router.get("/kos/{rest:path}", summary="A code of a vocabulary", **gives(*_OFFERS, HTML))
def one(
    request: Request, rest: str, start: int = Query(default=0, ge=0, le=10_000_000), lang: Lang | None = None
) -> Response:
    """JSON, JSON-LD or Turtle by suffix (`.json`, `.jsonld`, `.ttl`) or `Accept`; a page for browsers.

    `start`: number of the first statement of the answer in JSON or of the page. `lang`: language of the page, that of
    `Accept-Language` without it.
    """
    raw = request.scope.get("raw_path") or request.url.path.encode()
    path = path_of(raw.decode("ascii", "replace").partition("?")[0])
    accept = wished_formats(request)
    read = lang or wished_language(request)
    return reply(request, lambda site: _answer(site, path, accept, read, start))


def _answer(site: Site, path: str, accept: str, lang: Lang, start: int) -> Answer:
    whole, suffix = split_suffix(path)
    # An id may end like a suffix; then the thing itself comes first.
    if suffix and not _is_known(site, path):
        return entity(site, whole, suffix, start)
    # A page is offered too, but a program that takes anything is given data.
    wanted = negotiate(accept, [*_OFFERS, HTML])
    return entity_page(site, lang, path, start) if wanted == HTML else entity(site, path, _OFFERS[wanted], start)


def _is_known(site: Site, path: str) -> bool:
    return site.database().execute("SELECT 1 FROM entity WHERE path = ?", (path,)).fetchone() is not None
