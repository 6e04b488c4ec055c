"""Files at an address.

What belongs here: fetching the one file of a source of kind `http`, only if it has changed. What does
not: how requests are made, which is `web`.
"""

from pipelines.contracts.files import hash_file, sha256_bytes
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import HttpFacts, Snapshot
from pipelines.contracts.source import SourceFile
from pipelines.pull.snapshot import Fetched, FetchedPart, Work
from pipelines.pull.web import Web, shown


def fetch_http(project: Project, source: SourceFile, work: Work, current: Snapshot | None) -> Fetched | None:
    """The file at the address of the source; None if the server says that it has not changed.

    Raises `FindingError`.
    """
    with Web(project, source) as web:
        return fetch_address(web, source.where or "", work, current)


def fetch_address(web: Web, url: str, work: Work, current: Snapshot | None) -> Fetched | None:
    """The file at `url`; None if the server says that it is the one of the `current` snapshot."""
    origin = origin_of(url)
    target = work.new()
    answer = web.download(url, target, _validators(origin, current))
    if answer.unchanged:
        return None
    name = web.source.part_of(web.source.feeds[0])
    part = FetchedPart(name, target, hash_file(target), target.stat().st_size)
    return Fetched([part], origin, answer.facts, _content_type(web, answer.facts))


def origin_of(url: str) -> str:
    """`url` as it may be kept: without what may be secret, but different for each query."""
    place = shown(url)
    return place if place == url else f"{place}#{sha256_bytes(url.encode())[:8]}"


def _validators(origin: str, current: Snapshot | None) -> dict[str, str]:
    """Headers of a conditional request (RFC 9110, 13.1); none if the snapshot came from elsewhere."""
    if current is None or current.http is None or current.origin != origin:
        return {}
    named = {"If-None-Match": current.http.etag, "If-Modified-Since": current.http.last_modified}
    return {name: value for name, value in named.items() if value}


def _content_type(web: Web, facts: HttpFacts) -> list[Finding]:
    """A warning if the server calls a table a web page; whether it is one, its bytes say."""
    kind = (facts.content_type or "").split(";")[0].strip().lower()
    if kind not in ("text/html", "application/xhtml+xml"):
        return []
    return [web.finding("http-content-type", facts.url, kind=kind)]
