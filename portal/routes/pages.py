"""The addresses of the pages: `/`, `/es/…`, `/en/…` and the files that they use.

What belongs here: addresses and their parameters. What does not: what a page shows, which is `portal.pages`.
"""

from dataclasses import replace

from fastapi import APIRouter, Query, Request, Response

from pipelines.contracts.text import Lang
from portal.answer import TEXT, Answer, media_type
from portal.app import reply
from portal.files import tree_file, unknown
from portal.pages.classes import entities
from portal.pages.dataset import dataset
from portal.pages.home import home, versions
from portal.pages.notices import accessibility, legal
from portal.pages.render import ICON, STATIC, STYLE, static_address
from portal.pages.search import search_page
from portal.pages.table import table, table_cards
from portal.pages.table_api import table_api
from portal.pages.views import view_page
from portal.routes.asked import PAGE, wished_language
from portal.site import Site

router = APIRouter(include_in_schema=False)


@router.get("/")
def start(request: Request) -> Response:
    """To the first page in the reader's language."""
    lang = wished_language(request)
    # Relative: a server on another port than `base_url` names keeps its readers.
    return reply(request, lambda _: _to(f"./{lang}/"))


@router.get("/static/{version}/{name}")
def static(request: Request, version: str, name: str) -> Response:
    """A file of ours at the address that holds its hash."""
    return reply(request, lambda _: _static(version, name))


@router.get("/datasets/{name}/")
@router.get("/datasets/{name}/index.html")
def landing(request: Request, name: str) -> Response:
    """The page of a dataset at its one address for all languages, which the catalogue names."""
    lang = wished_language(request)
    return reply(request, lambda site: _landing(site, lang, name))


@router.get("/datasets/{name}/{version}/")
@router.get("/datasets/{name}/{version}/index.html")
def landing_of_version(request: Request, name: str, version: str) -> Response:
    """The page of a version at its one address for all languages, which the feeds name; why it is gone where it is."""
    lang = wished_language(request)
    return reply(request, lambda site: _landing(site, lang, name, version))


def _landing(site: Site, lang: Lang, name: str, version: str | None = None) -> Answer:
    shown = site.shown(name)
    if version in shown.withdrawn:
        return tree_file(site, f"/datasets/{name}/{version}/")
    # A dataset that the edition has no longer is its versions.
    found = dataset(site, lang, name, version) if version or shown.pinned else versions(site, lang, name)
    return replace(found, headers={**found.headers, "Vary": "Accept-Language"})


def _to(address: str) -> Answer:
    return Answer(b"", TEXT, 302, cache="none", headers={"Location": address, "Vary": "Accept-Language"})


def _static(version: str, name: str) -> Answer:
    if name not in (STYLE, ICON) or static_address(name) != f"/static/{version}/{name}":
        raise unknown()
    return Answer((STATIC / name).read_bytes(), media_type(name), etag=version, cache="version")


@router.get(f"{PAGE}")
def bare(request: Request, lang: Lang) -> Response:
    """To the first page."""
    # Relative: a server on another port than `base_url` names keeps its readers.
    return reply(request, lambda _: _to(f"./{lang}/"))


@router.get(f"{PAGE}/")
def first(request: Request, lang: Lang) -> Response:
    """The first page."""
    return reply(request, lambda site: home(site, lang))


@router.get(f"{PAGE}/datasets/{{name}}")
def of_dataset(request: Request, lang: Lang, name: str, version: str | None = None) -> Response:
    """The page of a dataset."""
    return reply(request, lambda site: dataset(site, lang, name, version))


@router.get(f"{PAGE}/datasets/{{name}}/{{part}}")
def of_table(request: Request, lang: Lang, name: str, part: str) -> Response:
    """The explorer of a table."""
    return reply(request, lambda site: table(site, lang, name, part, request.scope["query_string"]))


@router.get(f"{PAGE}/datasets/{{name}}/views/{{part}}")
def of_view(request: Request, lang: Lang, name: str, part: str) -> Response:
    """The page of a view."""
    return reply(request, lambda site: view_page(site, lang, name, part))


@router.get(f"{PAGE}/datasets/{{name}}/{{part}}/cards")
def of_cards(request: Request, lang: Lang, name: str, part: str) -> Response:
    """The rows of a table of figures as cards."""
    return reply(request, lambda site: table_cards(site, lang, name, part, request.scope["query_string"]))


@router.get(f"{PAGE}/datasets/{{name}}/{{part}}/api")
def of_table_api(request: Request, lang: Lang, name: str, part: str) -> Response:
    """What the API of a table can be asked, with examples."""
    return reply(request, lambda site: table_api(site, lang, name, part))


@router.get(f"{PAGE}/versions")
def all_versions(request: Request, lang: Lang) -> Response:
    """All versions."""
    return reply(request, lambda site: versions(site, lang))


@router.get(f"{PAGE}/versions/{{name}}")
def versions_of(request: Request, lang: Lang, name: str) -> Response:
    """The versions of one dataset."""
    return reply(request, lambda site: versions(site, lang, name))


@router.get(f"{PAGE}/entities")
def things(
    request: Request,
    lang: Lang,
    kind: str | None = Query(default=None, alias="class"),
    scope: str | None = None,
    start: int = Query(default=0, ge=0, le=10_000_000),
) -> Response:
    """Entities by class."""
    return reply(request, lambda site: entities(site, lang, kind, scope, start))


@router.get(f"{PAGE}/search")
def found(request: Request, lang: Lang, q: str = "", kind: str | None = None, scope: str | None = None) -> Response:
    """The search."""
    return reply(request, lambda site: search_page(site, lang, q, kind, scope))


@router.get(f"{PAGE}/legal")
def of_law(request: Request, lang: Lang) -> Response:
    """The legal notice."""
    return reply(request, lambda site: legal(site, lang))


@router.get(f"{PAGE}/accessibility")
def of_access(request: Request, lang: Lang) -> Response:
    """The statement of accessibility."""
    return reply(request, lambda site: accessibility(site, lang))
