"""How a refusal is shown: `application/problem+json` (RFC 9457) for programs, a page for people.

What belongs here: turning a `Problem`, or an error of the framework, into an answer. What does not: deciding to refuse.
"""

import errno
import json
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from pipelines.contracts.text import Lang
from portal.answer import HTML, PROBLEM, Answer, Problem, negotiate, preferred_language
from portal.files import unknown
from portal.limits import busy, not_allowed
from portal.pages.notices import problem_page
from portal.site import Sites

SITES = "portal.sites"
"""Where the scope of a request holds the `Sites`; the front puts them there."""


def refused(error: Exception) -> Problem:
    """The problem that an error of the framework stands for; anything unknown is a 500 that tells nothing of it."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        if any(e["loc"][0] == "path" for e in error.errors()):
            # An address that there is not, rather than one that is put wrongly.
            return unknown()
        wrong = [{"parameter": str(e["loc"][-1]), "problem": e["msg"]} for e in error.errors()]
        names = ", ".join(w["parameter"] for w in wrong)
        return Problem(
            400, "parameter", f"Parámetro no válido: {names}.", f"Parameter not valid: {names}.", errors=wrong
        )
    if isinstance(error, HTTPException):
        return _of_framework(error.status_code, dict(error.headers or {}))
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return busy()
    return Problem(
        500,
        "internal",
        "Algo ha fallado en el servidor. Si se repite, avise y cite el identificador de la petición.",
        "Something failed at the server. If it happens again, tell us the identifier of the request.",
    )


def _of_framework(status: int, headers: dict[str, str]) -> Problem:
    if status == 404:
        return unknown()
    if status == 405:
        return not_allowed(headers.get("Allow", ""))
    return Problem(
        status, "http", "La petición no se puede atender.", "The request cannot be answered.", headers=headers
    )


def problem_answer(problem: Problem, scope: Scope) -> Answer:
    """The document of a problem: always JSON under `/v1`, elsewhere a page where the client prefers one.

    Under `/v1` are programs, and a browser there was sent by one, or by a reader who wants what programs see.
    """
    accept, language = _asked(scope)
    lang: Lang = _language(scope["path"], language)
    offers = [PROBLEM, "application/json"] if scope["path"].startswith("/v1/") else [PROBLEM, "application/json", HTML]
    try:
        kind = negotiate(accept, offers)
    except Problem:
        kind = PROBLEM
    body = _page(problem, lang, scope) if kind == HTML else _document(problem, lang)
    headers = {"Vary": "Accept, Accept-Language", "Content-Language": lang, **problem.headers}
    return Answer(body, HTML if kind == HTML else PROBLEM, problem.status, cache="none", headers=headers)


def _asked(scope: Scope) -> tuple[str, str]:
    found = {name: value.decode("latin-1") for name, value in scope["headers"]}
    return found.get(b"accept", ""), found.get(b"accept-language", "")


def _language(path: str, accept: str) -> Lang:
    first = path.partition("/")[2].partition("/")[0]
    if first == "es" or first == "en":
        return "es" if first == "es" else "en"
    return preferred_language(accept)


def _document(problem: Problem, lang: Lang) -> bytes:
    told = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.words(lang),
        "details": {"es": problem.es, "en": problem.en},
        **problem.more,
    }
    return json.dumps(told, ensure_ascii=False, default=str).encode()


def _page(problem: Problem, lang: Lang, scope: Scope) -> bytes:
    """The page; without the frame of the site where there is none, its tree is just going, or its files are damaged."""
    sites: Sites | None = scope.get(SITES)
    try:
        return problem_page(sites.current() if sites else None, lang, problem)
    except (Problem, OSError, ValueError):
        return problem_page(None, lang, problem)
