"""The addresses of the pages: `/`, `/es/…`, `/en/…` and the files that they use.

What belongs here: addresses and their parameters. What does not: what a page shows, which is `portal.pages`.
"""

from fastapi import APIRouter, Query, Request, Response

from pipelines.contracts.text import LANGS, Lang
from portal.answer import TEXT, Answer, Problem, media_type, preferred_language
from portal.app import reply
from portal.pages.classes import entities
from portal.pages.dataset import dataset
from portal.pages.home import home, versions
from portal.pages.notices import accessibility, legal
from portal.pages.render import ICON, STATIC, STYLE, static_address
from portal.pages.table import table

router = APIRouter(include_in_schema=False)


@router.get("/")
def start(request: Request) -> Response:
    """To the first page in the reader's language."""
    lang = preferred_language(request.headers.get("accept-language", ""))
    return reply(request, lambda site: _to(f"{site.base_url}/{lang}/"))


@router.get("/static/{version}/{name}")
def static(request: Request, version: str, name: str) -> Response:
    """A file of ours at the address that holds its hash."""
    return reply(request, lambda _: _static(version, name))


def _to(address: str) -> Answer:
    return Answer(b"", TEXT, 302, cache="none", headers={"Location": address, "Vary": "Accept-Language"})


def _static(version: str, name: str) -> Answer:
    if name not in (STYLE, ICON) or static_address(name) != f"/static/{version}/{name}":
        raise Problem(404, "not-found", "No hay nada en esta dirección.", "There is nothing at this address.")
    return Answer((STATIC / name).read_bytes(), media_type(name), etag=version, cache="version")


def _pages(lang: Lang) -> APIRouter:
    pages = APIRouter(prefix=f"/{lang}")

    @pages.get("")
    def bare(request: Request) -> Response:
        return reply(request, lambda site: _to(f"{site.base_url}/{lang}/"))

    @pages.get("/")
    def first(request: Request) -> Response:
        return reply(request, lambda site: home(site, lang))

    @pages.get("/datasets/{name}")
    def of_dataset(request: Request, name: str, version: str | None = None) -> Response:
        return reply(request, lambda site: dataset(site, lang, name, version))

    @pages.get("/datasets/{name}/{part}")
    def of_table(request: Request, name: str, part: str) -> Response:
        return reply(request, lambda site: table(site, lang, name, part, request.scope["query_string"]))

    @pages.get("/versions")
    def all_versions(request: Request) -> Response:
        return reply(request, lambda site: versions(site, lang))

    @pages.get("/versions/{name}")
    def versions_of(request: Request, name: str) -> Response:
        return reply(request, lambda site: versions(site, lang, name))

    @pages.get("/entities")
    def things(
        request: Request,
        kind: str | None = Query(default=None, alias="class"),
        scope: str | None = None,
        start: int = Query(default=0, ge=0, le=10_000_000),
    ) -> Response:
        return reply(request, lambda site: entities(site, lang, kind, scope, start))

    @pages.get("/legal")
    def of_law(request: Request) -> Response:
        return reply(request, lambda site: legal(site, lang))

    @pages.get("/accessibility")
    def of_access(request: Request) -> Response:
        return reply(request, lambda site: accessibility(site, lang))

    return pages


for _lang in LANGS:
    router.include_router(_pages(_lang))
