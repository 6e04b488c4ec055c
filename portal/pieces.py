"""Files in pieces: which bytes a `Range` asks for, and reading them so that nobody else waits.

What belongs here: `span`, `read_piece`. What does not: headers and what is sent, which is `send`.
"""

import os

from starlette.concurrency import run_in_threadpool

from portal.answer import Problem

_RANGE_LONGEST = 100
"""Characters of a `Range` that is heard: no file has a size with more digits than that."""


def span(header: bytes, size: int) -> tuple[int, int] | None:
    """The one range of a file of `size` bytes that the header asks for, as begin and end; None for the whole.

    RFC 9110, 14.1.2. Several ranges get the whole. Raises `Problem` 416.
    """
    text = header.decode("latin-1").strip()
    if not text.startswith("bytes=") or "," in text or len(text) > _RANGE_LONGEST:
        return None
    first, dash, last = text[6:].strip().partition("-")
    if not dash or not (first or last) or not all((p.isascii() and p.isdigit()) or not p for p in (first, last)):
        return None
    begin = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if begin >= size or (first and last and int(last) < begin):
        raise Problem(
            416,
            "range",
            f"El fichero tiene {size} bytes.",
            f"The file has {size} bytes.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return begin, end


async def read_piece(file: int, size: int, at: int) -> memoryview | bytes:
    """Up to `size` bytes of an open file from `at` on; none at its end.

    What the system has in memory is taken at once, at 4 GB/s; what it must fetch from the disk is waited for in a
    thread, which is also the way where a file system cannot tell (tmpfs, some network disks).
    """
    buffer = bytearray(size)
    try:
        return memoryview(buffer)[: os.preadv(file, [buffer], at, os.RWF_NOWAIT)]
    except OSError:
        return await run_in_threadpool(os.pread, file, size, at)
