"""Telling those who asked: messages sent as the Standard Webhooks specification (1.0) has them.

What belongs here: sending, and what each failure means. What does not: what is told, which is `notices`, what still
waits, which is `outbox`, and how it is signed, which is `signing`.

A receiver that fails never fails a publication: its messages wait for the next one, in their order. No redirect is
followed, no answer is read beyond its status, and no host with a private address is called that the settings do not
allow. A finding names the host of a receiver and its number in the settings: the rest of an address may be a secret.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import stamina

from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import Notice
from pipelines.publish.outbox import KEEP, is_late, keep, mark, read_outbox
from pipelines.publish.signing import read_keys, signed
from pipelines.pull.guard import AddressRefusedError, Deadline, DeadlineError, guarded_client
from pipelines.pull.web import PassingError, retry_after, system_reason, tls_reason

_LONGEST_PAUSE = 30.0
"""Longest wait for a receiver within one run, in seconds; who asks for more is asked again by the next."""


@dataclass(frozen=True)
class Sent:
    """One message that a receiver has taken; `to` is its host."""

    id: str
    type: str
    to: str


@dataclass
class Told:
    """What one run has told, and what it could not."""

    sent: list[Sent] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def deliver(project: Project) -> Told:
    """Send what waits to everybody who has not taken it; the oldest first, and nothing after what a receiver refused.

    The caller holds the store. Nothing is written where nothing waits.
    """
    told = Told()
    if not project.store.outbox.is_file():
        return told
    try:
        kept = _standing(project, told)
        if kept:
            keys = read_keys(project)
            with _Sender(project, keys) as sender:
                for place, address, after in _turns(project, kept):
                    sender.share(after)
                    kept = _all_to(project, sender, place, address, kept, told)
    except FindingError as error:
        told.findings += error.findings
    except OSError as error:
        told.findings.append(finding("store-unwritable", params={"reason": error}))
    return told


def _standing(project: Project, told: Told) -> list[Notice]:
    """What waits for somebody whom the settings still name, and not for too long; the rest is struck out."""
    former, now = read_outbox(project.store).notices, datetime.now(UTC)
    named = {mark(address): n for n, address in enumerate(project.settings.webhooks, 1)}
    kept = []
    for notice in former:
        to = [one for one in notice.to if one in named]
        if is_late(notice, now):
            told.findings += [_found("webhook-given-up", project, named[m], notice, days=KEEP.days) for m in to]
        elif notice.shown and to:
            kept.append(notice.model_copy(update={"to": to}))
    if kept != former:
        keep(project.store, kept)
    return kept


def _turns(project: Project, kept: list[Notice]) -> list[tuple[int, str, int]]:
    """Number and address of each for whom something waits, and how many come after; who waits for most comes last."""
    waits = Counter(marked for notice in kept for marked in notice.to)
    named = [(place, address) for place, address in enumerate(project.settings.webhooks, 1) if waits[mark(address)]]
    named.sort(key=lambda one: waits[mark(one[1])])
    return [(place, address, len(named) - n) for n, (place, address) in enumerate(named, 1)]


def _all_to(
    project: Project, sender: "_Sender", place: int, address: str, kept: list[Notice], told: Told
) -> list[Notice]:
    """Send one receiver what waits for it, up to the first failure; returns what waits then."""
    for notice in [n for n in kept if mark(address) in n.to]:
        try:
            sender.send(place, address, notice)
        except GoneError as error:
            told.findings += error.findings
            kept = _struck(project, kept, {n.id for n in kept}, mark(address))
            break
        except FindingError as error:
            told.findings += error.findings
            break
        kept = _struck(project, kept, {notice.id}, mark(address))
        told.sent.append(Sent(notice.id, notice.type, _host(address)))
    return kept


def _struck(project: Project, kept: list[Notice], ids: set[str], marked: str) -> list[Notice]:
    """`kept` without the messages `ids` to one receiver; written at once, so that a crash sends at most one again."""
    left = [n.model_copy(update={"to": [m for m in n.to if m != marked]}) if n.id in ids else n for n in kept]
    left = [n for n in left if n.to]
    keep(project.store, left)
    return left


class GoneError(FindingError):
    """A receiver answered 410: it wants nothing more (Standard Webhooks, Delivery)."""


class _Sender:
    """The connections of one run; all that it sends shares one deadline, of which each receiver has its part."""

    def __init__(self, project: Project, keys: list[bytes]) -> None:
        settings = project.settings
        self._project, self._keys = project, keys
        self._seconds = settings.http_timeout_seconds
        self._whole = Deadline(settings.http_total_seconds)
        self._part = self._whole
        self._deadline = Deadline(self._seconds)
        allowed = frozenset(host.lower().rstrip(".") for host in settings.allow_hosts)
        self._client = guarded_client(allowed, self._deadline, self._seconds, settings.user_agent)

    def __enter__(self) -> "_Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def share(self, after: int) -> None:
        """Begin with the next receiver: it has an equal part of what is left for it and the `after` who follow.

        So whoever does not answer never uses up the time of the others.
        """
        with suppress(DeadlineError):
            self._part = Deadline(self._whole.left() / (after + 1))

    def send(self, place: int, address: str, notice: Notice) -> None:
        """Send one message until it is taken or the tries are used up. Raises `FindingError`."""
        settings = self._project.settings
        try:
            left = self._part.left()
        except DeadlineError:
            raise FindingError(_late(self._project, place, notice, 0)) from None
        for attempt in stamina.retry_context(
            on=_pause,
            attempts=settings.http_retries + 1,
            timeout=left,
            wait_initial=settings.http_interval_seconds,
            wait_max=_LONGEST_PAUSE,
            wait_jitter=settings.http_interval_seconds,
        ):
            with attempt:
                self._once(place, address, notice)

    def _once(self, place: int, address: str, notice: Notice) -> None:
        def failed(code: str, **more: Any) -> Finding:
            return _found(code, self._project, place, notice, **more)

        seconds = 0.0
        try:
            # The whole attempt ends then, however the answer trickles.
            seconds = min(self._seconds, self._part.left())
            self._deadline.restart(seconds)
            headers = signed(notice, self._keys, int(time.time()))
            with self._client.stream("POST", address, content=notice.body.encode(), headers=headers) as answer:
                self._judge(answer, failed)
        except AddressRefusedError:
            raise FindingError(failed("webhook-address-refused")) from None
        except (DeadlineError, httpx.TimeoutException):
            raise PassingError(_late(self._project, place, notice, seconds)) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise FindingError(failed("webhook-unreachable", reason="http, https")) from None
        except httpx.TransportError as error:
            reason = tls_reason(error) or system_reason(error)
            raise PassingError(failed("webhook-unreachable", reason=reason)) from None

    @staticmethod
    def _judge(answer: httpx.Response, failed: Callable[..., Finding]) -> None:
        status = answer.status_code
        if status == httpx.codes.GONE:
            raise GoneError(failed("webhook-gone"))
        if status in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS) or answer.is_server_error:
            after = retry_after(answer.headers.get("retry-after"))
            raise PassingError(failed("webhook-refused", status=status), after)
        if not answer.is_success:
            raise FindingError(failed("webhook-refused", status=status))


def _pause(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds; who asks for too long is not asked again in this run."""
    if not isinstance(error, PassingError):
        return False
    return True if error.after is None else error.after if error.after <= _LONGEST_PAUSE else False


def _late(project: Project, place: int, notice: Notice, seconds: float) -> Finding:
    return _found("webhook-unreachable", project, place, notice, reason=f"> {seconds:.3g} s")


def _found(code: str, project: Project, place: int, notice: Notice, **more: Any) -> Finding:
    host = _host(project.settings.webhooks[place - 1])
    return finding(code, value=host, params={"place": place, "id": notice.id, **more})


def _host(address: str) -> str:
    """The host of an address; what else stands in it may be a secret."""
    try:
        return httpx.URL(address).host or "?"
    except (httpx.InvalidURL, UnicodeError):
        return "?"
