"""Publishes the tiny project again and again, each time with a fault at the next write to the store.

Run as `python -m tests.release.kill_driver FOLDER STEP FAULT`; prints one JSON line with what was seen. A
child process is forked for each publication. With the fault `kill` it ends with `os._exit` just before the
n-th write, as SIGKILL would: no `finally`, no clean-up. With `full` that write and all after it fail as on
a full disk. What is served is looked at after each fault, and after the next run.
"""

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import pipelines.check.schema  # noqa: F401 - loaded once, before the forks
from pipelines.contracts import exits
from pipelines.contracts.findings import FindingError
from pipelines.line import Line
from pipelines.publish import verify_portal
from pipelines.release import read_index, verify_store
from tests.tiny import PLACES, VISITS, Tiny, make_tiny

_WRITES = {"os.rename", "os.remove", "os.mkdir", "os.link", "os.symlink", "os.rmdir", "os.truncate", "shutil.rmtree"}
_FREEING = {"os.remove", "os.rmdir", "shutil.rmtree", "os.truncate"}
KILLED = 137
_left = -1
_root = ""
_fault = "kill"


def _hook(event: str, args: tuple[object, ...]) -> None:
    """Count the writes below the store, and die at the chosen one."""
    global _left
    if _left < 0:
        return
    if _fault == "full" and event in _FREEING:
        return
    writes = event in _WRITES or (event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR))
    if writes and any(_root in str(a) for a in args):
        if _left == 0:
            if _fault == "full":
                _happened()
                raise OSError(errno.ENOSPC, "No space left on device")
            os._exit(KILLED)
        _left -= 1


def _happened() -> None:
    """Note outside the store that a write failed; the child may well end with a code of its own."""
    global _left
    _left = -1
    (Path(_root).parent / "happened").touch()
    _left = 0


def publish(tiny: Tiny, die_at: int) -> int:
    """Publish in a child process that dies at the write number `die_at` (never, if negative)."""
    global _left, _root
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _root, _left = str(tiny.root / "store"), die_at
    try:
        with Line(tiny.load(), "publish") as line:
            line.publish()
    except FindingError:
        os._exit(exits.FAILED)
    os._exit(line.exit_code)


def served(tiny: Tiny) -> dict[str, int]:
    """The hash of every file that a reader can reach through the portal."""
    tree = tiny.load().store.portal
    return (
        {str(p.relative_to(tree)): hash(p.read_bytes()) for p in tree.rglob("*") if p.is_file()}
        if tree.exists()
        else {}
    )


def main(folder: Path, step: int, fault: str) -> None:
    """Put the fault at every `step`-th write until a publication ends without meeting it."""
    global _fault
    _fault = fault
    sys.addaudithook(_hook)
    template = make_tiny(folder / "template")
    assert publish(template, -1) == 0
    old = served(template)
    template.rows("places", PLACES + "norte,Distrito Norte,district\n")
    template.rows("visits", VISITS + "v-4,norte,2023,3,internal: d\n")
    deaths, faults, n = 0, [], 0
    while True:
        tiny = Tiny(folder / f"run-{n}")
        shutil.copytree(template.root, tiny.root, symlinks=True)
        code = publish(tiny, n)
        died = code == KILLED or (tiny.root / "happened").exists()
        if code not in (KILLED, 0, 4):
            faults.append([n, f"exit {code}"])
        now = served(tiny)
        if {k: now.get(k) for k in old if k.startswith("datasets/places/")} and not _whole(tiny, old, now):
            faults.append([n, "torn"])
        code = publish(tiny, -1)
        faults += [[n, what] for what in _after(tiny, code)]
        shutil.rmtree(tiny.root)
        if not died:
            break
        deaths, n = deaths + 1, n + step
    print(json.dumps({"deaths": deaths, "faults": faults}))


def _whole(tiny: Tiny, old: dict[str, int], now: dict[str, int]) -> bool:
    """Whether what is served is the former tree, or a tree that agrees with the store."""
    return now == old or not verify_portal(tiny.load())


def _after(tiny: Tiny, code: int) -> list[str]:
    """What is wrong after the run that follows a death; nothing if it has finished the work."""
    project = tiny.load()
    store = project.store
    out = [] if code == 0 else [f"exit {code}"]
    out += [f.code for f in (*verify_store(store), *verify_portal(project))]
    for name in ("places", "visits"):
        index = read_index(store, name)
        if len(index.versions) != 2 or index.current != index.versions[-1].version:
            out.append(f"{name} has {len(index.versions)} versions")
    left = [p.name for p in store.root.rglob("*") if p.name.endswith((".tmp", ".gone")) or p == store.work]
    return out + [f"left {name}" for name in left]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
