"""One writer at a time: the lock of the store.

What belongs here: taking and giving back the lock. What does not: readers, who need none.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pipelines.contracts.store import Store

_PAUSE = 0.2


class StoreBusyError(Exception):
    """Raised when another run holds the store; says which process, since when and doing what."""

    def __init__(self, holder: dict[str, str]) -> None:
        """Keep what the lock file says of its holder."""
        self.holder = holder
        super().__init__(
            f"process {holder.get('pid', '?')} ({holder.get('command', '?')}) since {holder.get('since', '?')}"
        )


@contextmanager
def locked(store: Store, command: str, wait_seconds: float) -> Iterator[None]:
    """Hold the store's lock while the block runs; waits up to `wait_seconds` for the present holder.

    The operating system gives the lock back when the process ends, however it ends. Raises `StoreBusyError`.
    """
    store.root.mkdir(parents=True, exist_ok=True)
    with store.lock.open("a+") as stream:
        _acquire(stream.fileno(), store, wait_seconds)
        stream.seek(0)
        stream.truncate()
        stream.write(
            json.dumps(
                {"pid": str(os.getpid()), "command": command, "since": datetime.now(UTC).isoformat(timespec="seconds")}
            )
        )
        stream.flush()
        try:
            yield
        finally:
            stream.seek(0)
            stream.truncate()
            stream.flush()
            fcntl.flock(stream.fileno(), fcntl.LOCK_UN)


def _acquire(handle: int, store: Store, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreBusyError(_holder(store)) from None
            time.sleep(_PAUSE)


def _holder(store: Store) -> dict[str, str]:
    try:
        return dict(json.loads(store.lock.read_text()))
    except (OSError, ValueError):
        return {}
