"""What may go wrong with a call to a CKAN, and what is known then.

What belongs here: the exceptions of calls, and which of them a broken connection or an answer comes to. What does
not: making a call, and when one is repeated.

The class of an exception says whether CKAN has carried the call out; its finding says to a person what is wrong. No
finding holds the token, the query of an address, or a page that is no answer of CKAN.

What CKAN has committed when it answers with an error of its search index (`Search Index Error` or `Search Connection
Error`, status 500) was read in its source, and measured on 2.12 without Solr. Up to 2.11 the index is written in the
event `before_commit` of the session (`ckan/model/modification.py`), in 2.12 by `package_create`, `package_update` and
`package_delete` right before `model.repo.commit()` (`ckan/logic/action/`): in both the metadata are rolled back. But an
upload has taken the place of the former file by then, so that readers get the new bytes under the old metadata; and the
DataStore has a database of its own, where `datastore_create` and `datastore_delete` have committed before they mark the
resource. So such an answer is no refusal: the call may have been carried out in part. The same holds for every other
status 500, and for `Search Error` with status 409, which is what an action says that itself searches while Solr fails.
"""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import httpx

from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.target import TargetFile
from pipelines.pull.guard import AddressRefusedError, DeadlineError
from pipelines.pull.web import retry_after, shown, system_reason, tls_reason

_MOST_REASONS = 10
_MOST_LETTERS = 300
_API = "/api/action/"
_CODED = re.compile(r"[A-Za-z ]{1,60}")
"""What CKAN writes in `__type`; nothing else of a failure is shown."""
_SILENT = frozenset({"__type", "info"})
"""Parts of an answer that are for programs: its kind, and what PostgreSQL said in the DataStore."""


class CallError(FindingError):
    """Raised where a call had no result. `action` is its name.

    `passing`: whether the fault may be gone a little later, `after` how many seconds CKAN asks to wait. `lost`:
    whether an attempt before the last one may have been carried out; then a refusal may only say that it was.
    """

    def __init__(self, action: str, *found: Finding, passing: bool = False, after: float | None = None) -> None:
        """Keep what is known."""
        super().__init__(*found)
        self.action = action
        self.passing = passing
        self.after = after
        self.lost = False


class UnreachableError(CallError):
    """Raised where the call surely was not carried out: CKAN was not reached, or turned it away unread."""


class LostError(CallError):
    """Raised where the call may have been carried out, whole, in part, or not at all."""


class DeniedError(CallError):
    """Raised where the account may not do this (403)."""


class RefusedError(CallError):
    """Raised where CKAN answered that the data are wrong; nothing was carried out. `reasons` by field."""

    def __init__(self, action: str, *found: Finding, reasons: dict[str, Any]) -> None:
        """Keep the reasons as CKAN gave them, without its `__type`."""
        super().__init__(action, *found)
        self.reasons = reasons


class NotFoundError(RefusedError):
    """Raised where there is no such thing on the portal (404)."""


class Faults:
    """Makes the exceptions of one target."""

    def __init__(self, target: TargetFile, url: str) -> None:
        """`url`: the address of the portal."""
        self.target = target
        self.url = url

    def told(self, code: str, action: str, url: str | None = None, **params: Any) -> Finding:
        """A finding about a call, or about the file at `url`."""
        told = {"action": action, "file": f"targets/{self.target.id}.yaml", "name": self.target.token_name, **params}
        return finding(code, value=shown(url or self.url), params=told)

    def broken(self, action: str, error: Exception, url: str | None = None) -> CallError:
        """What a failure below HTTP comes to: before the connection stands, nothing can have been sent."""
        if isinstance(error, AddressRefusedError):
            return UnreachableError(action, self.told("target-address", action, url, host=error))
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            if why := tls_reason(error):
                return UnreachableError(action, self.told("target-tls", action, url, reason=why))
            found = self.told("target-unreachable", action, url, reason=system_reason(error))
            return UnreachableError(action, found, passing=True)
        if isinstance(error, httpx.TimeoutException | DeadlineError):
            return LostError(action, self.told("target-timeout", action, url), passing=True)
        found = self.told("target-answer-lost", action, url, reason=system_reason(error))
        return LostError(action, found, passing=True)

    def unusual(self, action: str, answer: httpx.Response) -> CallError | None:
        """What an answer comes to that CKAN's client does not know; None for those it does.

        A server in front of CKAN may have given it: then it is no JSON, and is not quoted.
        """
        status = answer.status_code
        if answer.is_success:
            return None if "json" in answer.headers.get("content-type", "") else self._page(LostError, action, status)
        if status in (408, 429) or not answer.is_client_error:
            return self._passing(action, answer)
        told = _json(answer)
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            found = self.told("target-too-large", action)
            return RefusedError(action, found, reasons={"request": [_phrase(status)]})
        if isinstance(told, dict) and isinstance(told.get("error"), dict):
            return self._wrong(action, told["error"]) if status == HTTPStatus.BAD_REQUEST else None
        if isinstance(told, str) and status == HTTPStatus.BAD_REQUEST:
            return self._refused(action, {"request": [told]})
        if status in (401, 403, 407):
            return DeniedError(action, self.told("target-blocked", action, reason=_phrase(status)))
        return self._page(UnreachableError, action, status)

    def _page(self, kind: type[CallError], action: str, status: int) -> CallError:
        return kind(action, self.told("target-answer", action, reason=_phrase(status)))

    def _passing(self, action: str, answer: httpx.Response) -> CallError:
        """Redirects, what the server cannot do now, and what failed in it."""
        status, headers = answer.status_code, answer.headers
        after = retry_after(headers.get("retry-after"))
        if answer.has_redirect_location:
            new = shown(str(answer.url.join(headers["location"])))
            address = new[: -len(_API + action)] if new.endswith(_API + action) else new
            return UnreachableError(action, self.told("target-redirect", action, address=address))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            found = self.told("target-busy", action, reason=_phrase(status))
            return UnreachableError(action, found, passing=True, after=after)
        code = "target-busy" if status == HTTPStatus.SERVICE_UNAVAILABLE else "target-failed"
        return LostError(action, self.told(code, action, reason=_kind(answer)), passing=True, after=after)

    def answered(self, action: str, error: Exception) -> CallError:
        """What an exception of CKAN's client comes to."""
        # Its client brings a second HTTP library along, which takes longer to load than most commands run.
        import ckanapi.errors

        if isinstance(error, ckanapi.errors.ValidationError):
            reasons = {k: v for k, v in error.error_dict.items() if k != "__type"}
            return self._refused(action, reasons)
        if isinstance(error, ckanapi.errors.NotAuthorized):
            return DeniedError(action, self.told("target-denied", action, reason=_short(_message(error))))
        if isinstance(error, ckanapi.errors.NotFound):
            why = _short(_message(error))
            found = self.told("target-not-found", action, reason=why)
            return NotFoundError(action, found, reasons={"id": [why]})
        if isinstance(error, ckanapi.errors.SearchError):
            return LostError(action, self.told("target-failed", action, reason="Search Error"), passing=True)
        return LostError(action, self.told("target-answer-lost", action, reason="JSON"), passing=True)

    def check_file(self, url: str) -> None:
        """Raise `UnreachableError` if nothing can be downloaded from such an address."""
        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL:
            parts = httpx.URL()
        if parts.scheme not in ("http", "https") or not parts.host:
            raise UnreachableError("download", self.told("target-download", "download", url, reason="http(s)?"))

    def file(self, answer: httpx.Response, url: str) -> CallError | None:
        """What the answer to a download comes to; None if it is the file."""
        status, action = answer.status_code, "download"
        if status == HTTPStatus.OK:
            return None
        found = self.told("target-download", action, url, reason=_phrase(status))
        if status in (401, 403):
            return DeniedError(action, found)
        if status in (404, 410):
            return NotFoundError(action, found, reasons={"url": [_phrase(status)]})
        passing = status in (408, 429) or answer.is_server_error
        return LostError(action, found, passing=passing, after=retry_after(answer.headers.get("retry-after")))

    def _wrong(self, action: str, told: dict[str, Any]) -> RefusedError:
        """An answer with status 400: values that do not fit, or a search that cannot be read."""
        return self._refused(action, {"request": [str(told.get("message", told.get("__type", "")))]})

    def _refused(self, action: str, reasons: dict[str, Any]) -> RefusedError:
        lines = list(_lines(reasons))
        rest = [f"(+{len(lines) - _MOST_REASONS})"] if len(lines) > _MOST_REASONS else []
        text = "; ".join(lines[:_MOST_REASONS] + rest) or "?"
        return RefusedError(action, self.told("target-refused", action, reason=text), reasons=reasons)


def _lines(reasons: Any, where: str = "") -> Iterator[str]:
    """Reasons field by field, `resources 2 url: Missing value`; lists of dicts are numbered from 1."""
    if isinstance(reasons, dict):
        for name, inner in reasons.items():
            if name not in _SILENT:
                yield from _lines(inner, f"{where} {name}".strip())
    elif isinstance(reasons, list):
        for number, inner in enumerate(reasons, 1):
            yield from _lines(inner, f"{where} {number}" if isinstance(inner, dict | list) else where)
    else:
        yield f"{_short(where)}: {_short(reasons)}"


def _short(text: Any) -> str:
    """A text of the portal on one line, not too long, without what moves the cursor of a terminal."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return plain if len(plain) <= _MOST_LETTERS else plain[: _MOST_LETTERS - 1] + "…"


def _message(error: Exception) -> str:
    """What CKAN says in `message`; its client keeps the whole answer of a 403, and the text of a 404."""
    told = error.args[0] if error.args else ""
    return str(told.get("message", "")) if isinstance(told, dict) else str(told)


def _json(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.text)
    except (ValueError, RecursionError):
        return None


def _kind(answer: httpx.Response) -> str:
    """The status in words, and the kind of failure if CKAN names one."""
    told = _json(answer)
    kind = told["error"].get("__type") if isinstance(told, dict) and isinstance(told.get("error"), dict) else None
    named = isinstance(kind, str) and _CODED.fullmatch(kind)
    return f"{_phrase(answer.status_code)} ({kind})" if named else _phrase(answer.status_code)


def _phrase(status: int) -> str:
    """`502 Bad Gateway`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
