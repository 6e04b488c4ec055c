"""Where the API begins: `/v1`, and the page about it.

What belongs here: routes. What does not: the words, which are in `portal.pages.api`.
"""

from fastapi import APIRouter, Request, Response

from pipelines.contracts.text import Lang
from portal.answer import TEXT, Answer
from portal.app import reply
from portal.pages.api import api_page, entry
from portal.routes.asked import PAGE, wished_language

router = APIRouter()


@router.get("/v1", tags=["catalogue"])
def begin(request: Request) -> Response:
    """The addresses of the API and what each answers."""
    return reply(request, entry)


@router.get("/v1/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """Sends to the page about the API in the language of the reader."""
    lang = wished_language(request)
    headers = {"Location": f"../{lang}/api", "Vary": "Accept-Language"}
    return reply(request, lambda _: Answer(b"", TEXT, 302, headers=headers))


@router.get(f"{PAGE}/api", include_in_schema=False)
def page(request: Request, lang: Lang) -> Response:
    """The page about the API."""
    return reply(request, lambda site: api_page(site, lang))
