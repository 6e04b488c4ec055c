"""The hot addresses: a table and a row as JSON, answered at once.

What belongs here: knowing such an address, and its tag, from which a 304 is told without asking for the answer. What
does not: the answers, which are those of `records`.
"""

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from starlette.types import Scope

from portal.answer import Answer
from portal.answered import answered
from portal.send import CACHE_CONTROL, Headers, prepared
from portal.site import Site, Sites

Quick = Callable[[Site, str, str, str, bytes], Answer]
"""Answers a hot address: site, dataset, table, key of the row (empty for a page), and the query as it came."""
Ready = tuple[int, Headers, bytes]
"""A response that is whole: status, headers, body."""

_PAGE, _ROW = "/v1/datasets/{dataset}/tables/{table}", "/v1/datasets/{dataset}/tables/{table}/rows/{key}"
_BEFORE = "/v1/datasets/"
_JSON = (b"*/*", b"application/json")


class Hot(NamedTuple):
    """A request for a table or a row, taken from its address. `key` is empty for a table."""

    route: str
    dataset: str
    table: str
    key: str


def hot_address(scope: Scope) -> Hot | None:
    """The table or row that is asked for as JSON, None for any other address."""
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
        return Hot(_PAGE, parts[3], parts[5], "")
    if len(parts) == 8 and parts[6] == "rows" and parts[7]:
        return Hot(_ROW, parts[3], parts[5], parts[7])
    return None


def hot_answer(sites: Sites, quick: Quick, hot: Hot, scope: Scope) -> Ready:
    """The response to a hot address. Raises what its handler raises."""
    query: bytes = scope["query_string"]
    # The place is part of the tag: one that matches says that this very address was answered so.
    place = f"-{zlib.crc32(scope['raw_path'] + b'?' + query, zlib.crc32(sites.base_url.encode())):08x}"
    tag = _known(sites.current(), hot, scope, place)
    if tag is not None:
        return 304, [(b"etag", tag), (b"cache-control", CACHE_CONTROL["edition"])], b""
    answer = answered(sites, lambda site: quick(site, hot.dataset, hot.table, hot.key, query))
    if answer.etag:
        answer = replace(answer, etag=answer.etag.partition("-")[0] + place)
    return prepared(answer, scope)


def _known(site: Site, hot: Hot, scope: Scope, place: str) -> bytes | None:
    known = next((value for name, value in scope["headers"] if name == b"if-none-match"), None)
    if known is None:
        return None
    query: bytes = scope["query_string"]
    shown = site.datasets.get(hot.dataset)
    # Which version another one means is for the handler to say.
    if shown is None or shown.pinned is None or b"version=" in query or b"published_by=" in query or b"after=" in query:
        return None
    tag = f'"{site.etag(hot.dataset, shown.pinned)}{place}"'.encode()
    return tag if tag == known else None
