"""One writer at a time: the second waits, or says who holds the store."""

import json
import subprocess
import sys
import threading
import time

import pytest

from pipelines.line import Line
from pipelines.release import StoreBusyError, locked
from tests.tiny import Tiny


def test_the_second_publication_waits_for_the_first(tiny: Tiny) -> None:
    store = tiny.load().store
    order: list[str] = []

    def second() -> None:
        with locked(store, "second", 10):
            order.append("second")

    with locked(store, "first", 0):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.5)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]


def test_who_does_not_wait_is_told_the_holder(tiny: Tiny) -> None:
    with Line(tiny.load(), "publish"), pytest.raises(StoreBusyError, match=r"process \d+ \(publish\) since 20"):
        Line(tiny.load(), "release").__enter__()


def test_a_process_that_died_gives_the_lock_back(tiny: Tiny) -> None:
    store = tiny.load().store
    code = f"""
import os, pathlib
from pipelines.contracts.store import Store
from pipelines.release import locked
with locked(Store(pathlib.Path({str(store.root)!r})), 'doomed', 0):
    os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert json.loads(store.lock.read_text())["command"] == "doomed"
    with Line(tiny.load(), "release") as line:
        line.release()
    assert line.exit_code == 0
