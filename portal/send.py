"""How an answer is sent: HEAD, conditional requests, ranges, compression and caching, decided in one place.

What belongs here: RFC 9110 and RFC 9111 for every answer. What does not: what is answered, and the headers that every
response has whatever it says, which is `front`.
"""

import asyncio
import gzip
import os
import re
import zlib
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.types import Receive, Scope, Send

from portal.answer import Answer, FilePart
from portal.pieces import read_piece, span

CACHE_CONTROL = {
    "version": b"public, max-age=31536000, immutable",
    "edition": b"public, max-age=60, must-revalidate",
    "none": b"no-store",
}
CHUNK = 1 << 18
"""Bytes that are read of a file and sent at a time."""
_SMALL, _INLINE, _LARGE = 1024, 262_144, 8_000_000
"""Sizes in bytes: a smaller body gains nothing by compression, up to the second it is done at once (some milliseconds),
up to the third in a thread."""

_WANTED = frozenset({b"if-none-match", b"range", b"if-range", b"accept-encoding"})
_NOT = re.compile(rb"\s*q\s*=\s*0(\.0*)?\s*")
Headers = list[tuple[bytes, bytes]]


async def deliver(answer: Answer, scope: Scope, send: Send, receive: Receive | None = None) -> None:
    """Send `answer` to the request of `scope`. With `receive` a stream, or a file, ends when its reader has gone."""
    asked = _wanted(scope)
    head = bool(scope.get("head"))
    body = answer.body
    known = _known(answer, answer.etag, asked)
    if known:
        await _plain(send, 304, unchanged(answer, known), b"")
    elif isinstance(body, bytes):
        await _whole(answer, body, asked, _headers(answer, answer.etag), send, head)
    elif isinstance(body, FilePart):
        await _file(answer, body, asked, _headers(answer, answer.etag), send, head, receive)
    else:
        left = asyncio.ensure_future(_left(receive))
        try:
            await _stream(answer, body, asked, _headers(answer, answer.etag), send, head, left)
        finally:
            left.cancel()


async def _left(receive: Receive | None) -> None:
    """Wait until the reader has gone: the server takes what is sent to nobody without a word."""
    if receive is None:
        await asyncio.Event().wait()
    elif (await receive())["type"] != "http.disconnect":
        await _left(receive)


def prepared(answer: Answer, scope: Scope, etag: str | None = None) -> tuple[int, Headers, bytes]:
    """Status, headers and body of an answer whose body is bytes, or that the client knows already.

    `etag` takes the place of that of the answer.
    """
    asked = _wanted(scope)
    etag = etag or answer.etag
    known = _known(answer, etag, asked)
    if known:
        return 304, unchanged(answer, known), b""
    if not isinstance(answer.body, bytes):
        raise TypeError("only bytes are sent at once")
    headers = _headers(answer, etag)
    body = answer.body
    if len(body) <= _INLINE and _to_pack(answer, len(body), asked, headers):
        body = _gzip(body)
    headers.append((b"content-length", str(len(body)).encode()))
    return answer.status, headers, body


def _known(answer: Answer, etag: str | None, asked: dict[bytes, bytes]) -> str | None:
    return _named(asked, etag) if etag is not None and answer.status == 200 else None


def unchanged(answer: Answer, etag: str) -> Headers:
    """The headers of a 304 to what would have been `answer`: those that RFC 9110, 15.4.5 wants of it."""
    headers = [(b"etag", f'"{etag}"'.encode()), (b"cache-control", CACHE_CONTROL[answer.cache])]
    if "Vary" in answer.headers:
        headers.append((b"vary", answer.headers["Vary"].encode()))
    if _compressible(answer):
        _vary(headers)
    return headers


def _wanted(scope: Scope) -> dict[bytes, bytes]:
    return {name: value for name, value in scope["headers"] if name in _WANTED}


def known_tag(scope: Scope, etag: str) -> str | None:
    """What the client has of the answer with this tag: the tag, or that of the packed one; None where it has neither."""
    return _named(_wanted(scope), etag)


def _named(asked: dict[bytes, bytes], etag: str) -> str | None:
    header = asked.get(b"if-none-match")
    if header is None:
        return None
    if header.strip() == b"*":
        return etag
    named = [tag.strip().removeprefix(b"W/").strip(b'"') for tag in header.split(b",")]
    packed = f"{etag}-gzip"
    # A cache asks for a client of its own: what that one cannot unpack is not what it would be sent.
    if packed.encode() in named and _wants_gzip(asked):
        return packed
    return etag if etag.encode() in named else None


def _headers(answer: Answer, etag: str | None) -> Headers:
    kind = answer.media_type
    if kind.startswith("text/") and "charset" not in kind:
        kind += "; charset=utf-8"
    headers: Headers = [(b"content-type", kind.encode()), (b"cache-control", CACHE_CONTROL[answer.cache])]
    if etag:
        headers.append((b"etag", f'"{etag}"'.encode()))
    if answer.filename:
        safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in answer.filename if c.isascii())
        headers.append((b"content-disposition", f'attachment; filename="{safe}"'.encode()))
    headers += [(name.lower().encode(), _value(value)) for name, value in answer.headers.items()]
    return headers


def _value(text: str) -> bytes:
    # A line break in a header would begin another header; what is not Latin 1 has no place there at all.
    return "".join(c for c in text if c.isprintable()).encode("latin-1", "replace")


def _vary(headers: Headers) -> None:
    for n, (name, value) in enumerate(headers):
        if name == b"vary":
            headers[n] = (name, value + b", Accept-Encoding")
            return
    headers.append((b"vary", b"Accept-Encoding"))


def accepts_gzip(scope: Scope) -> bool:
    """Whether the client takes a packed answer."""
    return _wants_gzip(_wanted(scope))


def _wants_gzip(asked: dict[bytes, bytes]) -> bool:
    for part in asked.get(b"accept-encoding", b"").lower().split(b","):
        name, _, weight = part.partition(b";")
        if name.strip() == b"gzip":
            return not _NOT.fullmatch(weight)
    return False


def _compressible(answer: Answer) -> bool:
    kind = answer.media_type
    return kind.startswith("text/") or "json" in kind or "xml" in kind or kind == "application/n-triples"


def _mark_packed(headers: Headers) -> None:
    # Another representation has another strong tag (RFC 9110, 8.8.3.3).
    for n, (name, value) in enumerate(headers):
        if name == b"etag":
            headers[n] = (name, value[:-1] + b'-gzip"')
    headers.append((b"content-encoding", b"gzip"))


def _to_pack(answer: Answer, size: int, asked: dict[bytes, bytes], headers: Headers) -> bool:
    """Whether a body of `size` bytes is sent compressed; the headers say so then."""
    if not _SMALL <= size <= _LARGE or not _compressible(answer):
        return False
    _vary(headers)
    if not _wants_gzip(asked):
        return False
    _mark_packed(headers)
    return True


async def _whole(
    answer: Answer, body: bytes, asked: dict[bytes, bytes], headers: Headers, send: Send, head: bool
) -> None:
    if _to_pack(answer, len(body), asked, headers):
        inline = len(body) <= _INLINE
        body = _gzip(body) if inline else await run_in_threadpool(_gzip, body)
    headers.append((b"content-length", str(len(body)).encode()))
    await _plain(send, answer.status, headers, b"" if head else body)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 3, mtime=0)


async def _plain(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _file(
    answer: Answer,
    part: FilePart,
    asked: dict[bytes, bytes],
    headers: Headers,
    send: Send,
    head: bool,
    receive: Receive | None,
) -> None:
    # Opened before anything is sent: a file that is gone can still be answered otherwise.
    with part.file or part.path.open("rb", buffering=0) as opened:
        file = opened.fileno()
        whole = os.fstat(file).st_size - part.start if part.length is None else part.length
        headers.append((b"accept-ranges", b"bytes"))
        wanted = _span(asked, whole, answer.etag) if answer.status == 200 else None
        if wanted is None and _to_pack(answer, whole, asked, headers):
            body = await run_in_threadpool(lambda: _gzip(os.pread(file, whole, part.start)))
            headers.append((b"content-length", str(len(body)).encode()))
            await _plain(send, answer.status, headers, b"" if head else body)
            return
        begin, end, status = 0, whole, answer.status
        if wanted is not None:
            begin, end, status = *wanted, 206
            if _compressible(answer):
                _vary(headers)
            headers.append((b"content-range", f"bytes {begin}-{end - 1}/{whole}".encode()))
        headers.append((b"content-length", str(end - begin).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if not head:
            await _pieces(part, file, (part.start + begin, part.start + end), send, receive)
        await send({"type": "http.response.body", "body": b""})


async def _pieces(part: FilePart, file: int, span: tuple[int, int], send: Send, receive: Receive | None) -> None:
    at, end = span
    left = asyncio.ensure_future(_left(receive)) if end - at > CHUNK else None
    try:
        while at < end:
            body = await read_piece(file, min(CHUNK, end - at), at)
            if not body:
                raise OSError(f"{part.path.name} ends too early")
            at += len(body)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if left is not None:
                # A line that takes all at once, and one that is closed, make nobody wait: the others have their turn.
                await asyncio.sleep(0)
                if left.done():
                    return
    finally:
        if left is not None:
            left.cancel()


def _span(asked: dict[bytes, bytes], size: int, etag: str | None) -> tuple[int, int] | None:
    if b"range" not in asked or (b"if-range" in asked and asked[b"if-range"].strip() != f'"{etag}"'.encode()):
        return None
    return span(asked[b"range"], size)


async def _stream(
    answer: Answer,
    body: Iterator[bytes],
    asked: dict[bytes, bytes],
    headers: Headers,
    send: Send,
    head: bool,
    left: asyncio.Future[None],
) -> None:
    pack = _compressible(answer) and _wants_gzip(asked)
    if _compressible(answer):
        _vary(headers)
    if pack:
        _mark_packed(headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    try:
        if not head:
            pieces = _gzipped(body) if pack else body
            async for piece in _threaded(pieces):
                if left.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    await send({"type": "http.response.body", "body": b""})


def _threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    return iterate_in_threadpool(pieces)


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        packed = packer.compress(piece)
        if packed:
            yield packed
    yield packer.flush()
