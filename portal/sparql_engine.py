"""The workers that evaluate SPARQL, one query each: started for an edition, ended with it, replaced when they fail.

What belongs here: the processes, waiting for one, and how many may wait. What does not: what happens in it, which is
`sparql_worker`, and what is asked, which is `sparql`.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.answer import Problem

LOAD_SECONDS = 120.0
"""Longest time to load the graph of an edition; it is no part of the time of a query."""
GRACE_SECONDS = 5.0
"""How long after its time a query may take to say how it ended; the kernel ends it on time."""
_SCRIPT = Path(__file__).with_name("sparql_worker.py")


@dataclass(frozen=True)
class Limits:
    """What a query may take: `seconds` of real time, bytes of `memory` with the graph, bytes of its `answer`.

    `waiting`: how many queries may wait for those that are being answered. `workers`: how many those are.
    """

    seconds: float = 10.0
    memory: int = 1 << 30
    answer: int = 50_000_000
    waiting: int = 4
    workers: int = 2


@dataclass(frozen=True)
class Reply:
    """How a query ended, in the words of `sparql_worker`, and the bytes of the answer."""

    outcome: str
    message: str
    body: bytes


class WorkerError(Exception):
    """The worker ended, or could not load."""


class WorkerSlowError(WorkerError):
    """The worker does not answer in time."""


class Worker:
    """The process that holds the graph of one edition. Used by one thread at a time."""

    def __init__(self, dump: Path, limits: Limits) -> None:
        """Start it and wait for the graph. Raises `WorkerError`."""
        self.dump = dump
        self._limits = limits
        numbers = (str(limits.seconds), str(limits.memory), str(limits.answer))
        # Without our environment and folders: the file imports only what is installed.
        self._process = subprocess.Popen(  # noqa: S603 - our own file and numbers
            [sys.executable, "-I", str(_SCRIPT), str(dump), *numbers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
            bufsize=0,
        )
        try:
            self.triples: int = self._frame(time.monotonic() + LOAD_SECONDS)["triples"]
        except WorkerError as error:
            self.close()
            raise WorkerError from error

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def ask(self, asked: dict[str, Any]) -> Reply:
        """How the query ended. Raises `WorkerError`; the worker is of no use afterwards."""
        data = json.dumps(asked).encode()
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self._process.stdin.write(len(data).to_bytes(4, "big") + data)
        except OSError as error:
            raise WorkerError from error
        until = time.monotonic() + self._limits.seconds + GRACE_SECONDS
        told = self._frame(until)
        return Reply(told["outcome"], told["message"], self._read(told["length"], until))

    def _frame(self, until: float) -> dict[str, Any]:
        out: dict[str, Any] = json.loads(self._read(int.from_bytes(self._read(4, until), "big"), until))
        return out

    def _read(self, size: int, until: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        pipe, out = self._process.stdout.fileno(), bytearray()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        while len(out) < size:
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise WorkerSlowError
            piece = os.read(pipe, min(size - len(out), 1 << 20))
            if not piece:
                raise WorkerError
            out += piece
        return bytes(out)

    def close(self) -> None:
        """End the process and the query that it may be at."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()


class Engine:
    """Answers queries, each over the graph that it names; so many at a time as there may be workers.

    A worker is started when a query finds none that is free, so that one reader after the other needs one only.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.free: list[Worker] = []
        self._room = threading.Semaphore(limits.workers)
        self._lock = threading.Lock()
        self._inside = 0

    def ask(self, dump: Path, asked: dict[str, Any]) -> Reply:
        """How a query over the graph at `dump` ended.

        Raises `Problem` 503 when too many wait or the graph cannot be loaded, and `OSError` when it is gone.
        """
        with self._lock:
            if self._inside >= self.limits.workers + self.limits.waiting:
                raise _busy(self.limits)
            self._inside += 1
        try:
            with self._room:
                return self._ask(dump, asked)
        finally:
            with self._lock:
                self._inside -= 1

    def _ask(self, dump: Path, asked: dict[str, Any]) -> Reply:
        # A worker that ended while it waited (the system took it) says nothing of this query: it is asked once more.
        for _ in range(2):
            try:
                reply = self._asked_once(dump, asked)
            except WorkerSlowError:
                return Reply("time", "", b"")
            except WorkerError:
                continue
            # What is withdrawn meanwhile is not answered, and not kept in memory.
            self._require(dump)
            return reply
        raise _unready()

    def _asked_once(self, dump: Path, asked: dict[str, Any]) -> Reply:
        worker = self._taken(dump)
        try:
            reply = worker.ask(asked)
        except BaseException:
            worker.close()
            raise
        with self._lock:
            self.free.append(worker)
        return reply

    def _taken(self, dump: Path) -> Worker:
        """A worker with that graph, which is nobody else's until it is free again. Raises `WorkerError`."""
        self._require(dump)
        self._end([w for w in self.free if w.dump != dump])
        with self._lock:
            if self.free:
                return self.free.pop()
        return Worker(dump, self.limits)

    def _require(self, dump: Path) -> None:
        if not dump.is_file():
            self.close()
            raise FileNotFoundError(dump)

    def _end(self, workers: list[Worker]) -> None:
        for worker in workers:
            with self._lock:
                if worker not in self.free:
                    continue
                self.free.remove(worker)
            worker.close()

    def close(self) -> None:
        """End the workers that are free; the next query starts another. One that is at a query is its own to end."""
        self._end(list(self.free))


def _busy(limits: Limits) -> Problem:
    return Problem(
        503,
        "sparql-busy",
        f"Ya esperan {limits.waiting} consultas. Inténtelo dentro de unos segundos.",
        f"{limits.waiting} queries are waiting already. Try again in some seconds.",
        headers={"Retry-After": str(max(1, round(limits.seconds)))},
    )


def _unready() -> Problem:
    return Problem(
        503,
        "sparql-unready",
        "El grafo de la edición no se puede consultar ahora.",
        "The graph of the edition cannot be asked now.",
        headers={"Retry-After": "60"},
    )
