"""Requests to servers that nobody here controls.

What belongs here: one guarded and patient way to get the bytes at an address: redirects, retries, limits,
robots, and a finding for each way in which it fails. What does not: which address, and what the bytes mean.

No finding and no record holds the password or the query of an address: they may be secrets.
"""

import logging
import ssl
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import stamina

from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import HttpFacts
from pipelines.contracts.source import SourceFile
from pipelines.pull.guard import AddressRefusedError, Deadline, DeadlineError, guarded_client
from pipelines.pull.politeness import MOST_ROBOTS_BYTES, Robots, wait_turn

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that may be another one a little later (RFC 9110, 15.5 and 15.6; RFC 6585, 4)."""
_PIECE = 1 << 20

# Lines of httpx about requests hold whole addresses; those of stamina go to standard output, which is ours.
logging.getLogger("httpx").setLevel(logging.WARNING)
stamina.instrumentation.set_on_retry_hooks([])


class PassingError(FindingError):
    """A failure that may pass; `after` is how many seconds the server asks to wait, if it says so."""

    def __init__(self, found: Finding, after: float | None = None) -> None:
        """Keep both."""
        super().__init__(found)
        self.after = after


@dataclass(frozen=True)
class Answer:
    """What a server answered: the facts, and whether it says that nothing has changed."""

    facts: HttpFacts
    unchanged: bool


def shown(url: str) -> str:
    """`url` without what may be secret: user, password, query and fragment."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return "(?)"
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    return f"{parts.scheme}://{host}{port}{parts.path}"


class Web:
    """A guarded client for one pull of one source; all its requests share one deadline."""

    def __init__(self, project: Project, source: SourceFile) -> None:
        """Limits come from the source, else from the settings."""
        settings, polite = project.settings, source.politeness
        self.source = source
        self.deadline = Deadline(settings.http_total_seconds)
        self.retries = settings.http_retries if polite.retries is None else polite.retries
        asked = polite.min_interval_seconds
        self.interval = settings.http_interval_seconds if asked is None else asked
        self.most_bytes = min(polite.max_bytes or settings.max_file_bytes, settings.max_file_bytes)
        allowed = frozenset(host.lower().rstrip(".") for host in settings.allow_hosts)
        timeout = polite.timeout_seconds or settings.http_timeout_seconds
        self._client = guarded_client(allowed, self.deadline, timeout, settings.user_agent)
        self._robots = Robots(settings.user_agent, self._robots_text)

    def __enter__(self) -> "Web":
        """The same."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """Close all connections."""
        self._client.close()

    def download(self, url: str, target: Path, validators: dict[str, str] | None = None, robots: bool = True) -> Answer:
        """Write the bytes at `url` to `target`. Raises `FindingError`.

        `validators`: headers of a conditional request; then the answer may be that nothing has changed.
        `robots`: whether robots.txt is asked first.
        """
        for attempt in stamina.retry_context(
            on=self._again,
            attempts=self.retries + 1,
            timeout=self._left(url),
            wait_initial=self.interval,
            wait_max=30 * max(self.interval, 0.1),
            wait_jitter=self.interval,
        ):
            with attempt:
                try:
                    return self._download(url, target, validators or {}, robots)
                except httpx.InvalidURL:
                    raise self.refused("http-scheme", url, kind="?") from None
        raise AssertionError("an attempt returns or raises")

    def _again(self, error: Exception) -> bool | float:
        """Whether to try again, or after how many seconds; a server that asks for too long is not asked again."""
        if not isinstance(error, PassingError):
            return False
        if error.after is None:
            return True
        try:
            return error.after if error.after < self.deadline.left() else False
        except DeadlineError:
            return False

    def _download(self, url: str, target: Path, validators: dict[str, str], robots: bool) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            pause = self._check_address(url, robots)
            with self._request(url, validators, pause) as response:
                if response.status_code in _REDIRECTS and "location" in response.headers:
                    url = str(response.url.join(response.headers["location"]))
                    continue
                if response.status_code == httpx.codes.NOT_MODIFIED and validators:
                    return Answer(_facts(response), unchanged=True)
                self._check_status(response)
                self._save(response, target)
                return Answer(_facts(response), unchanged=False)
        raise self.refused("http-redirects", url, limit=_MOST_REDIRECTS)

    def _check_address(self, url: str, robots: bool) -> float:
        """The pause before a request to `url`, in seconds. Raises `FindingError` if it must not be made."""
        parts = httpx.URL(url)
        if parts.scheme not in ("http", "https") or not parts.host:
            raise self.refused("http-scheme", url, kind=parts.scheme)
        if not robots:
            return self.interval
        rules = self._robots.of(_origin(parts))
        if not rules.allows(url):
            raise self.refused("http-robots", url)
        return max(self.interval, rules.delay())

    @contextmanager
    def _request(self, url: str, headers: dict[str, str], pause: float) -> Iterator[httpx.Response]:
        """One request and its answer, whose body is not read yet; every failure is a `FindingError`."""
        host = httpx.URL(url).host
        code = "http-unreachable"
        try:
            wait_turn(host, pause, self.deadline)
            with self._client.stream("GET", url, headers=headers) as response:
                code = "http-truncated"
                yield response
        except DeadlineError:
            raise self.refused("http-timeout", url) from None
        except AddressRefusedError:
            raise self.refused("http-address-refused", url, kind=host) from None
        except httpx.TimeoutException:
            raise PassingError(self.finding("http-timeout", url)) from None
        except httpx.TransportError as error:
            if reason := tls_reason(error):
                raise self.refused("http-tls", url, reason=reason) from None
            raise PassingError(self.finding(code, url, reason=system_reason(error))) from None

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            return
        found = self.finding("http-status", str(response.url), kind=status)
        if status in _PASSING:
            raise PassingError(found, retry_after(response.headers.get("retry-after")))
        raise FindingError(found)

    def _save(self, response: httpx.Response, target: Path) -> None:
        size = 0
        with target.open("wb") as out:
            for piece in self._unpacked(response):
                size += len(piece)
                if size > self.most_bytes:
                    raise self.refused("http-too-large", str(response.url), limit=self.most_bytes)
                out.write(piece)

    def _unpacked(self, response: httpx.Response) -> Iterator[bytes]:
        """The body, in pieces of 1 MiB at most. httpx would unpack as much as a piece holds, however much that is."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding == "identity":
            yield from response.iter_raw(_PIECE)
            return
        if coding not in ("gzip", "x-gzip"):
            raise self.refused("http-coding", str(response.url), kind=coding[:40])
        try:
            yield from gunzip(response.iter_raw(_PIECE))
        except zlib.error:
            raise PassingError(self.finding("http-truncated", str(response.url), reason="gzip")) from None

    def _robots_text(self, url: str) -> str | None:
        """The text of a robots.txt; None if there is none. A server in trouble is asked again later."""
        for _ in range(_MOST_REDIRECTS + 1):
            pause = self._check_address(url, robots=False)
            with self._request(url, {}, pause) as response:
                status = response.status_code
                if status in _REDIRECTS and "location" in response.headers:
                    url = str(response.url.join(response.headers["location"]))
                    continue
                if status == httpx.codes.OK:
                    return self._start(response)
                if status in _PASSING or response.is_server_error:
                    found = self.finding("http-robots-unreadable", url, kind=status)
                    raise PassingError(found, retry_after(response.headers.get("retry-after")))
                return None
        return None

    def _start(self, response: httpx.Response) -> str:
        text = b""
        for piece in self._unpacked(response):
            text += piece
            if len(text) > MOST_ROBOTS_BYTES:
                break
        return text[:MOST_ROBOTS_BYTES].decode("utf-8", errors="replace")

    def _left(self, url: str) -> float:
        try:
            return self.deadline.left()
        except DeadlineError:
            raise self.refused("http-timeout", url) from None

    def finding(self, code: str, url: str, **params: Any) -> Finding:
        """A finding of `code` about an address, without what may be secret in it."""
        return finding(code, source=self.source.id, value=shown(url), params=params)

    def refused(self, code: str, url: str, **params: Any) -> FindingError:
        """The exception with that finding."""
        return FindingError(self.finding(code, url, **params))


def gunzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The unpacked bytes, in pieces of 1 MiB at most. Raises `zlib.error` if they are broken or end too soon."""
    unpacker = zlib.decompressobj(wbits=31)
    for piece in pieces:
        data = piece
        while data:
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=31)
            yield unpacker.decompress(data, _PIECE)
            data = unpacker.unconsumed_tail or unpacker.unused_data
    yield unpacker.flush()
    if not unpacker.eof:
        raise zlib.error("the end is missing")


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _facts(response: httpx.Response) -> HttpFacts:
    headers = response.headers
    return HttpFacts(
        url=shown(str(response.url)),
        status=response.status_code,
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        content_type=headers.get("content-type"),
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def tls_reason(error: BaseException) -> str | None:
    """What OpenSSL says, if the failure is one of TLS."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return str(getattr(cause, "verify_message", "") or cause.reason or "TLS")
    return None


def system_reason(error: BaseException) -> str:
    """What the system says of a failure, else its kind; the text of a library may hold the address."""
    told = (cause.strerror for cause in _causes(error) if isinstance(cause, OSError))
    return next((text for text in told if text), type(error).__name__)


def retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3); None if it is neither."""
    if not text:
        return None
    # A server may write what is a digit to Unicode and no number to anybody.
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
