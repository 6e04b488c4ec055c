"""The hot addresses: a table, a row and counts as JSON, answered at once.

What belongs here: knowing such an address, and its tag, from which a 304 is told without asking for the answer. What
does not: the answers, which are those of `records` and `groups`.
"""

import zlib
from collections.abc import Callable
from typing import NamedTuple

from starlette.types import Scope

from portal.answer import Answer, Problem
from portal.answered import answered
from portal.send import CACHE_CONTROL, Headers, accepts_gzip, prepared
from portal.site import Site, Sites

Ready = tuple[int, Headers, bytes]
"""A response that is whole: status, headers, body."""

PAGE, ROW, GROUPS = (f"/v1/datasets/{{dataset}}/tables/{{table}}{rest}" for rest in ("", "/rows/{key}", "/groups"))
"""The routes of the hot addresses."""
_BEFORE = "/v1/datasets/"
_PACKED = b'-gzip"'
_UNCHANGED = {
    route: [(b"cache-control", CACHE_CONTROL["edition"]), (b"vary", vary)]
    for route, vary in (
        (PAGE, b"Accept, Accept-Encoding"),
        (ROW, b"Accept-Encoding"),
        (GROUPS, b"Accept-Encoding"),
    )
}
_JSON = (b"*/*", b"application/json")


class Hot(NamedTuple):
    """A request for a table, a row or counts, taken from its address. `key` is that of the row, else empty."""

    route: str
    dataset: str
    table: str
    key: str


Quick = Callable[[Site, Hot, bytes], Answer | None]
"""Answers a hot address and the query as it came; None where the answer would take too long."""


def hot_address(scope: Scope) -> Hot | None:
    """The table, row or counts that are asked for as JSON, None for any other address."""
    path: str = scope["path"]
    if not path.startswith(_BEFORE):
        return None
    parts = path.split("/", 7)
    if len(parts) < 6 or parts[4] != "tables" or "." in parts[5] or not parts[5]:
        return None
    for name, value in scope["headers"]:
        if name == b"accept" and value not in _JSON:
            return None
    if len(parts) == 6:
        return Hot(PAGE, parts[3], parts[5], "")
    if len(parts) == 8 and parts[6] == "rows" and parts[7]:
        return Hot(ROW, parts[3], parts[5], parts[7])
    return Hot(GROUPS, parts[3], parts[5], "") if parts[6:] == ["groups"] else None


def hot_answer(sites: Sites, quick: Quick, hot: Hot, scope: Scope) -> Ready | None:
    """The response to a hot address, None where `quick` has none. Raises what its handler raises."""
    query: bytes = scope["query_string"]
    # The place is part of the tag: one that matches says that this very address was answered so.
    place = f"-{zlib.crc32(scope['raw_path'] + b'?' + query, sites.origin):08x}"
    known = next((value for name, value in scope["headers"] if name == b"if-none-match"), None)
    # Browsers and most clients know the packed representation, whose tag has this end.
    usable = known is not None and (not known.endswith(_PACKED) or accepts_gzip(scope))
    if known and usable and known.replace(_PACKED, b'"') == _tag(sites.current(), hot, query, place):
        return 304, [(b"etag", known), *_UNCHANGED[hot.route]], b""
    answer = answered(sites, lambda site: quick(site, hot, query))
    if answer is None:
        return None
    return prepared(answer, scope, answer.etag.partition("-")[0] + place if answer.etag else None)


def _tag(site: Site, hot: Hot, query: bytes, place: str) -> bytes | None:
    """The tag of a hot address, None where its version is for the handler to say."""
    if b"version=" in query or b"published_by=" in query or b"after=" in query:
        return None
    try:
        # What is being withdrawn is no longer told to be unchanged.
        tag = site.etag(hot.dataset, site.version(hot.dataset, None))
    except (Problem, OSError):
        return None
    return f'"{tag}{place}"'.encode()
