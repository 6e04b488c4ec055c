"""Whether addresses answer, for the metrics of the quality score that depend on it.

What belongs here: asking each address once, politely and through the guard. What does not: what an answer
is worth, which is `check.mqa`.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import httpx

from pipelines.contracts.settings import Settings
from pipelines.pull.guard import AddressRefusedError, Deadline, DeadlineError, guarded_client
from pipelines.pull.politeness import wait_turn

_HOSTS = 4
"""Hosts that are asked at the same time; each of them one question after the other."""
_HOPS = 5
_NO_HEAD = frozenset({400, 403, 404, 405, 501})
"""Answers to HEAD after which GET is asked: many servers know no HEAD."""
_FINE = range(200, 400)
"""Answers that count as reachable for the MQA."""


def ask_addresses(
    settings: Settings, urls: Iterable[str], tell: Callable[[str], None] = lambda _: None
) -> dict[str, bool | None]:
    """What each address answers: True, False for an HTTP error, None where nothing could be asked.

    `tell` is called with each host before it is asked.
    """
    by_host: dict[str, list[str]] = {}
    for url in dict.fromkeys(urls):
        by_host.setdefault(_host(url), []).append(url)
    unasked: dict[str, bool | None] = dict.fromkeys(by_host.pop("", []))

    def of_host(host: str) -> dict[str, bool | None]:
        tell(host)
        return {url: _ask(settings, url) for url in by_host[host]}

    out = dict(unasked)
    with ThreadPoolExecutor(max_workers=_HOSTS) as pool:
        for answers in pool.map(of_host, by_host):
            out |= answers
    return out


def _host(url: str) -> str:
    """The host of a web address; empty for anything else."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return ""
    return parts.host if parts.scheme in ("http", "https") else ""


def _ask(settings: Settings, url: str) -> bool | None:
    deadline = Deadline(2 * settings.http_timeout_seconds)
    allowed = frozenset(host.lower().rstrip(".") for host in settings.allow_hosts)
    with guarded_client(allowed, deadline, settings.http_timeout_seconds, settings.user_agent) as client:
        try:
            status = _status(client, settings, deadline, "HEAD", url)
            if status in _NO_HEAD:
                status = _status(client, settings, deadline, "GET", url)
        except (httpx.TransportError, httpx.InvalidURL, AddressRefusedError, DeadlineError):
            return None
    return status in _FINE


def _status(client: httpx.Client, settings: Settings, deadline: Deadline, method: str, url: str) -> int:
    """The last answer after redirects; the body is not read."""
    status = 0
    for _ in range(_HOPS + 1):
        wait_turn(httpx.URL(url).host, settings.http_interval_seconds, deadline)
        with client.stream(method, url) as response:
            status = response.status_code
            if not response.has_redirect_location:
                break
            url = str(response.url.join(response.headers["location"]))
    return status
