"""Kills `opendata publish` of a project at random moments, and looks at what is served after each death.

Run as `python -m tests.release.kill_publish PROJECT TIMES`. Before each run one row of a facts file is
edited, so that there is something to publish; PROJECT must be a copy that may be spoilt. Prints one JSON
line: how many runs were killed, how many ended, and what was wrong (nothing, it is to be hoped).
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from pipelines.contracts.project import load_project
from pipelines.publish import verify_portal
from pipelines.release import read_index, verify_store

EDITED = Path("sources") / "register" / "venues.csv"


def served(root: Path) -> dict[str, bytes]:
    """Every file that a reader can reach through the portal."""
    tree = load_project(root).store.portal
    return {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob("*") if p.is_file()}


def publish(root: Path, after: float | None) -> int:
    """Publish in a process of its own and kill it `after` seconds; the exit code, -9 if killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "publish", "--project", str(root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.wait(after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        return process.wait()


def main(root: Path, times: int) -> None:
    """Publish once whole, then `times` with a death, then once more whole."""
    began = time.monotonic()
    assert publish(root, None) == 0
    longest = (time.monotonic() - began) * 1.1
    luck = random.Random(11)  # noqa: S311 - moments to die, not a secret
    original = (root / EDITED).read_text(encoding="utf-8")
    good, killed, wrong = served(root), 0, []
    for n in range(times):
        (root / EDITED).write_text(
            original.replace("Palacio de Cibeles.", f"Palacio de Cibeles ({n})."), encoding="utf-8"
        )
        code = publish(root, luck.uniform(0.1, longest))
        killed += code == -signal.SIGKILL
        now = served(root)
        if now != good:
            wrong += [[n, f.code] for f in verify_portal(load_project(root))]
            good = now
    code = publish(root, None)
    project = load_project(root)
    wrong += [["end", f.code] for f in (*verify_store(project.store), *verify_portal(project))]
    versions = len(read_index(project.store, "events").versions)
    print(json.dumps({"killed": killed, "ended": times - killed, "last": code, "versions": versions, "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
