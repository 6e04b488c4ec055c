"""Calls to a CKAN: reads and writes, repeated where that is safe, and downloads.

What belongs here: who may be called and with which token, how often a call is tried, and what is known when it has
no result. What does not: what a single failure means, which is `faults`, and what is called for.

A call is tried again after a fault that may pass if it was surely not carried out (no connection, 429), or if doing
it twice is safe: reads, and writes that the caller says so of. Every other write whose answer was lost raises
`LostError`, and the caller finds out by reading.
"""

import ipaddress
import json
import os
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import Any, TypeVar

import httpx
import stamina

from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.target import TargetFile
from pipelines.publish.ckan.faults import (
    CallError,
    DeniedError,
    Faults,
    LostError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
from pipelines.publish.ckan.transport import Channel
from pipelines.pull.web import shown

__all__ = [
    "CallError",
    "DeniedError",
    "LostError",
    "NotFoundError",
    "RefusedError",
    "UnreachableError",
    "Wire",
    "read_token",
]

T = TypeVar("T")
_MOST_TRIES = 8
_LONGEST_PAUSES = 30
"""Longest pause before a call is tried again, in pauses of the setting."""
_MOST_REDIRECTS = 5
_RANDOM = SystemRandom()


class Wire:
    """The calls to one CKAN, one at a time; not for several threads.

    `reads` and `writes` count calls made, each attempt for itself; downloads are reads. `findings` are warnings
    about the connection itself.
    """

    def __init__(self, project: Project, target: TargetFile, token: str | None = None) -> None:
        """Read the token, unless it is given. Calls nothing. Raises `FindingError`."""
        if target.ckan is None:
            raise ValueError(f"target {target.id} is no CKAN")
        self.url = target.ckan.url.rstrip("/")
        self.reads = 0
        self.writes = 0
        self.findings: list[Finding] = []
        address = httpx.URL(self.url)
        local = _is_local(address.host)
        if project.catalogue.stage == "example" and not local:
            raise FindingError(_told("target-example", target, host=address.host))
        # As in its answers: in ASCII, whatever is written in the file.
        self._host = address.raw_host.decode("ascii").lower().rstrip(".")
        self._plain = address.scheme == "http"
        self._token = _sound(read_token(target) if token is None else token, target)
        if self._plain and not local:
            self.findings.append(_told("target-plain", target, host=address.host))
        if token is None:
            self.findings += _open_to_others(target)
        settings = project.settings
        self._pause = settings.http_interval_seconds
        self._budget = settings.target_retry_seconds
        self._faults = Faults(target, self.url)
        allowed = {self._host, *(host.lower().rstrip(".") for host in settings.allow_hosts)}
        # A file may be read while calls go on: each has a deadline of its own.
        self._calls = Channel(settings, allowed, self._faults)
        self._files = Channel(settings, allowed, self._faults)
        from ckanapi import RemoteCKAN

        self._ckan = RemoteCKAN(self.url, self._token, settings.user_agent, session=self._calls)

    def __enter__(self) -> "Wire":
        """The same."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """Close all connections."""
        self._calls.close()
        self._files.close()

    def ask(self, action: str, **data: Any) -> Any:
        """The result of a read. Raises `CallError`."""

        def once() -> Any:
            self.reads += 1
            return self._call(action, data)

        return self._patiently(once, again=True)

    def find(self, action: str, **data: Any) -> Any | None:
        """The same; None if CKAN says that there is no such thing. Raises `CallError`."""
        try:
            return self.ask(action, **data)
        except NotFoundError:
            return None

    def do(
        self, action: str, data: dict[str, Any], files: Mapping[str, Path] | None = None, again: bool = False
    ) -> Any:
        """The result of a write. Raises `CallError`; a refusal with `lost` may be the echo of its own success.

        `files`: name of the field and file, read from disk while they are sent. `again`: whether the write may be
        repeated when nobody knows whether it was carried out.
        """

        def once() -> Any:
            self.writes += 1
            return self._call(action, data, files or {})

        return self._patiently(once, again)

    def download(self, url: str) -> Iterator[bytes]:
        """The file at `url` in pieces of 1 MiB at most. Raises `CallError`, also after the first pieces.

        The token goes to the portal's own host, and never over http if the portal is at https.
        """
        answer = self._patiently(lambda: self._opened(url), again=True)
        with ExitStack() as stack:
            stack.callback(answer.close)
            yield from self._files.pieces(answer)

    def _call(self, action: str, data: dict[str, Any], files: Mapping[str, Path] | None = None) -> Any:
        from ckanapi.errors import CKANAPIError, ServerIncompatibleError

        with ExitStack() as stack:
            opened = {field: (path.name, stack.enter_context(path.open("rb"))) for field, path in (files or {}).items()}
            try:
                return self._ckan.call_action(action, _flat(data) if opened else data, files=opened or None)
            except (CKANAPIError, ServerIncompatibleError) as error:
                raise self._faults.answered(action, error) from None

    def _opened(self, url: str) -> httpx.Response:
        """The answer with the file, after redirects."""
        self._files.restart()
        place = url
        for _ in range(_MOST_REDIRECTS + 1):
            self._faults.check_file(place)
            self.reads += 1
            answer = self._files.open(place, self._identified(place))
            if not answer.has_redirect_location:
                break
            answer.close()
            place = str(answer.url.join(answer.headers["location"]))
        if error := self._faults.file(answer, place):
            answer.close()
            raise error
        return answer

    def _identified(self, url: str) -> dict[str, str]:
        address = httpx.URL(url)
        safe = self._plain or address.scheme == "https"
        ours = address.raw_host.decode("ascii").lower().rstrip(".") == self._host
        return {"Authorization": self._token} if safe and ours else {}

    def _patiently(self, once: Callable[[], T], again: bool) -> T:
        """What `once` returns, tried until it does, it may not be tried again, or the budget is spent."""
        tries, lost = 0, False

        def pause(error: Exception) -> bool | float:
            nonlocal tries, lost
            doubtful = isinstance(error, LostError)
            tries, lost = tries + 1, lost or doubtful
            if not isinstance(error, CallError) or not error.passing or (doubtful and not again):
                return False
            wait = max(error.after or 0.0, self._backoff(tries))
            if tries >= _MOST_TRIES or wait > self._budget:
                return False
            self._budget -= wait
            return wait

        try:
            for attempt in stamina.retry_context(on=pause, attempts=None, timeout=None):
                with attempt:
                    return once()
        except CallError as error:
            error.lost = lost
            if lost and isinstance(error, UnreachableError):
                raise LostError(error.action, *error.findings) from None
            raise
        raise AssertionError("an attempt returns or raises")

    def _backoff(self, tries: int) -> float:
        """Seconds before another attempt: twice as many each time, and some more by chance."""
        return self._pause * (min(2.0 ** (tries - 1), _LONGEST_PAUSES) + _RANDOM.random())


def read_token(target: TargetFile) -> str:
    """The API token, from the variable `token_name`, else from the file that `<token_name>_FILE` names.

    Raises `FindingError` where there is none.
    """
    name = target.token_name
    if token := os.environ.get(name, "").strip():
        return token
    place = os.environ.get(f"{name}_FILE")
    if not place:
        raise FindingError(_told("target-token-missing", target))
    try:
        token = Path(place).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "ASCII"
        raise FindingError(_told("target-token-unreadable", target, reason=reason)) from None
    if not token:
        raise FindingError(_told("target-token-missing", target))
    return token


def _sound(token: str, target: TargetFile) -> str:
    """The token, if it can stand in a header; the libraries below would quote it where it cannot."""
    if not token or not all("!" <= letter <= "~" for letter in token):
        raise FindingError(_told("target-token-unreadable", target, reason="ASCII"))
    return token


def _open_to_others(target: TargetFile) -> list[Finding]:
    """A warning if every account of the machine may read the file with the token."""
    name = target.token_name
    place = os.environ.get(f"{name}_FILE")
    if os.environ.get(name, "").strip() or not place or not Path(place).stat().st_mode & stat.S_IROTH:
        return []
    return [_told("target-token-open", target, path=place)]


def _told(code: str, target: TargetFile, **params: Any) -> Finding:
    """A finding about the target's file or token."""
    told = {"file": f"targets/{target.id}.yaml", "name": target.token_name, **params}
    return finding(code, value=shown(target.ckan.url) if target.ckan else target.id, params=told)


def _is_local(host: str) -> bool:
    """Whether a host is this machine: every address of its name is a loopback address."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(str(entry[4][0])).is_loopback for entry in found)


def _flat(data: dict[str, Any]) -> dict[str, Any]:
    """Data as a form takes it, which knows only text: lists and objects as JSON, which `package_revise` reads."""
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in data.items() if value is not None
    }
