"""The addresses of the pages about how it is going: the state, the runs, the codes of findings.

What belongs here: addresses and their parameters. What does not: what a page shows, which is `portal.pages`.
"""

from fastapi import APIRouter, Query, Request, Response

from pipelines.contracts.text import Lang
from portal.app import reply
from portal.pages.codes import code_page, codes_page
from portal.pages.status import run_page, status
from portal.routes.asked import PAGE

router = APIRouter(include_in_schema=False)


@router.get(f"{PAGE}/status")
def of_all(request: Request, lang: Lang, start: int = Query(default=0, ge=0, le=10_000_000)) -> Response:
    """How fresh everything is, and what the runs did."""
    return reply(request, lambda site: status(site, lang, start))


@router.get(f"{PAGE}/runs/{{name}}")
def of_run(request: Request, lang: Lang, name: str) -> Response:
    """One run."""
    return reply(request, lambda site: run_page(site, lang, name))


@router.get(f"{PAGE}/findings")
def all_codes(request: Request, lang: Lang) -> Response:
    """All codes of findings."""
    return reply(request, lambda site: codes_page(site, lang))


@router.get(f"{PAGE}/findings/{{code}}")
def of_code(request: Request, lang: Lang, code: str) -> Response:
    """One code."""
    return reply(request, lambda site: code_page(site, lang, code))
