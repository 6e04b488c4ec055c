"""Killed or out of room at any write, the store serves a whole edition and the next run finishes the work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["kill", "full"])
def test_with_a_fault_at_any_write_nothing_is_torn_lost_or_doubled(tmp_path: Path, fault: str) -> None:
    # Every ninth write here; `python -m tests.release.kill_driver FOLDER 1 kill` takes them all in minutes.
    done = subprocess.run(
        [sys.executable, "-m", "tests.release.kill_driver", str(tmp_path), "9", fault],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["faults"] == []
    assert seen["deaths"] > 10
