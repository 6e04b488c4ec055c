"""Large files: read without holding others up, for as long as somebody reads, and in the parts that are asked for."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from portal.answer import Answer, FilePart
from portal.pieces import read_piece
from portal.send import CHUNK, deliver
from tests.portal.conftest import served
from tests.tiny import Tiny

LARGE = 300_000_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that takes no room on the disk."""
    path = tmp_path / "large.parquet"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


def sent(path: Path, received: list[dict[str, str]], headers: dict[bytes, bytes]) -> list[dict[str, Any]]:
    """The messages of the answer with this file, to a reader of whom this is heard."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, str]:
        if not received:
            await asyncio.Event().wait()
        return received.pop(0)

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "headers": list(headers.items())}
    asyncio.run(deliver(Answer(FilePart(path), "application/vnd.apache.parquet", etag="t"), scope, send, receive))
    return messages


def test_no_more_of_a_file_is_read_for_a_reader_who_has_gone(large: Path) -> None:
    gone = sent(large, [{"type": "http.request"}, {"type": "http.disconnect"}], {})
    assert sum(len(m.get("body", b"")) for m in gone) < LARGE / 100


def test_a_reader_who_stays_gets_all_of_it(large: Path) -> None:
    with large.open("r+b") as file:
        file.seek(3 * CHUNK - 2)
        file.write(b"abcd")
        file.truncate(5 * CHUNK + 7)
    begun, *rest = sent(large, [{"type": "http.request"}], {})
    assert b"".join(bytes(m["body"]) for m in rest) == large.read_bytes()
    assert dict(begun["headers"])[b"content-length"] == str(5 * CHUNK + 7).encode()
    begun, *rest = sent(large, [], {b"range": f"bytes={3 * CHUNK - 2}-{3 * CHUNK + 1}".encode()})
    assert (begun["status"], b"".join(bytes(m["body"]) for m in rest)) == (206, b"abcd")


def test_what_is_not_in_memory_is_waited_for_in_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cold"
    path.write_bytes(b"0123456789")
    threads: list[threading.Thread] = []
    read = os.pread

    def cold(*_: object) -> int:
        raise BlockingIOError

    def noted(file: int, size: int, at: int) -> bytes:
        threads.append(threading.current_thread())
        return read(file, size, at)

    with path.open("rb") as file:
        assert asyncio.run(read_piece(file.fileno(), 4, 3)) == b"3456"
        monkeypatch.setattr(os, "preadv", cold)
        monkeypatch.setattr(os, "pread", noted)
        assert asyncio.run(read_piece(file.fileno(), 4, 8)) == b"89"
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


@pytest.fixture
def shop(own_project: Tiny) -> Iterator[tuple[str, Path]]:
    """A portal over a tree with a large file; its address and the file."""
    store = own_project.load().store
    file = next((store.portal.resolve() / "editions").iterdir()) / "edition.sqlite"
    assert file.is_file()
    with file.open("r+b") as stream:
        stream.truncate(LARGE)
    with served(store) as base:
        yield base, file


def test_a_reader_who_takes_his_time_hinders_nobody_and_leaves_nothing_open(shop: tuple[str, Path]) -> None:
    base, file = shop
    path = f"/{'/'.join(file.parts[-3:])}"

    def held() -> list[str]:
        links = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
        return [name for name in (os.readlink(one) for one in links) if name == str(file)]  # noqa: PTH115

    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow, httpx.Client(base_url=base) as other:
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert slow.recv(1000).startswith(b"HTTP/1.1 200 OK")
        took = []
        for _ in range(20):
            slow.recv(1000)
            began = time.perf_counter()
            assert other.get("/v1/datasets/places/tables/places").status_code == 200
            took.append(time.perf_counter() - began)
            time.sleep(0.01)
        assert sorted(took)[len(took) // 2] < 0.1
        assert len(held()) == 1
    until = time.monotonic() + 5
    while held():
        assert time.monotonic() < until, "the file is read on for nobody"
        time.sleep(0.02)
