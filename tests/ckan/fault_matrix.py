"""Every call of every kind of publication onto a real CKAN, with every fault; and faults one upon the other.

    python -m tests.ckan.fault_matrix URL DIR [every [walks]]

`URL` and `DIR`: of a CKAN that deploy/ckan/up.sh brought up. `every`: only every so many-th case. `walks`: how many
walks, in each of which several runs are struck and other releases become due in between. Prints each case as it
ends, and a table; exit code 1 if there was any in which a reader missed something or all was not as released at last.

A case: the portal shows the former release; another one is due; the fault comes at one call; a reader looks; then a
run without fault must bring the portal to exactly what was released, and one more must write nothing.
"""

import json
import multiprocessing
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.ckan.bench import ALL, KINDS, Bench, Case, Step
from tests.ckan.real import Ckan

PAIRS = (("first",), ("change", "back"), ("major", "major back"), ("tombstone",))
"""Kinds that follow each other without a publication in between."""
SURVEY = 4
"""Calls that ask what the portal is, before all others."""


def cases(calls: dict[str, list[str]], every: int = 1) -> list[tuple[str, int, str]]:
    """The cases, in an order in which each kind leaves what another begins with."""
    found = []
    for pair in PAIRS:
        most = max(len(calls.get(kind, [])) for kind in pair)
        found += [
            (kind, number, fault)
            for number in range(1, most + 1)
            for fault in ALL
            for kind in pair
            if _is_worth(kind, calls.get(kind, []), number)
        ]
    return found[::every]


def _is_worth(kind: str, calls: list[str], number: int) -> bool:
    """Whether there is such a call, and no other stands for it.

    Of several files those are the first and the last; what the portal is is asked in the same way for every kind.
    """
    if kind != "change" and number <= SURVEY:
        return False
    near = [action.startswith("/dataset/") for action in calls[number - 2 : number + 1]]
    return number <= len(calls) and not (len(near) == 3 and all(near))


def walk_of(seed: int) -> tuple[str, list[Step]]:
    """A walk: what the portal shows first, and two to four runs, each struck somewhere."""
    chance = random.Random(seed)  # noqa: S311 - the same walk each time
    begin = chance.choice(["", "a", "b", "c"])
    steps = []
    for _ in range(chance.randint(2, 4)):
        # Most faults in the part of a run that writes.
        steps.append((chance.choice("abc"), chance.randint(5, 28), chance.choice(ALL)))
    if chance.random() < 0.2:
        steps[-1] = ("gone", *steps[-1][1:])
    return begin, steps


def run_one(bench: Bench, kind: str, number: int, fault: str) -> Case:
    """A case, or the walk number `number`."""
    if kind != "walk":
        return bench.case(kind, number, fault)
    begin, steps = walk_of(number)
    bench.reach(begin)
    return bench.walk(Case(kind, number, "; ".join(f"{w} {n} {f}" for w, n, f in steps)), steps)


def _run(url: str, folder: Path, work: "multiprocessing.Queue[Any]", done: "multiprocessing.Queue[Any]") -> None:
    """One of several processes that run cases."""
    ckan = Ckan(url, (folder / "admin-token").read_text().strip(), folder)
    with tempfile.TemporaryDirectory() as root, Bench(ckan, Path(root)) as bench:
        while batch := work.get():
            for kind, number, fault in batch:
                try:
                    done.put(run_one(bench, kind, number, fault))
                except Exception as error:
                    bench.shows = "?"
                    done.put(Case(kind, number, fault, wrong=[f"the test itself: {error!r}"]))
    done.put(None)


def main(url: str, folder: Path, every: int = 1, walks: int = 0, processes: int = 3) -> int:
    """Run the matrix. Returns the exit code."""
    ckan = Ckan(url, (folder / "admin-token").read_text().strip(), folder)
    todo = []
    if every:
        with tempfile.TemporaryDirectory() as root, Bench(ckan, Path(root)) as bench:
            calls = {kind: bench.calls(kind) for kind in KINDS}
        for kind, made in calls.items():
            print(f"{kind}: {len(made)} calls: {' '.join(made)}", flush=True)
        todo = cases(calls, every)
    todo += [("walk", seed, "") for seed in range(walks)]
    work: Any = multiprocessing.Queue()
    done: Any = multiprocessing.Queue()
    for start in range(0, len(todo), 20):
        work.put(todo[start : start + 20])
    running = [multiprocessing.Process(target=_run, args=(url, folder, work, done)) for _ in range(processes)]
    for process in running:
        work.put(None)
        process.start()
    results: list[Case] = []
    ended = 0
    while ended < processes:
        case = done.get()
        ended += case is None
        if case:
            results.append(case)
            print(json.dumps(vars(case), ensure_ascii=False), flush=True)
    for process in running:
        process.join()
    report(results)
    return 1 if any(case.lacks or case.wrong for case in results) else 0


def report(results: list[Case]) -> None:
    """The table."""
    print(f"{'fault':36} {'cases':>6} {'verified at once':>17} {'reader lacks':>13} {'wrong at last':>14}")
    for fault in [*ALL, "walk"]:
        own = [c for c in results if fault == (c.kind if c.kind == "walk" else c.fault)]
        at_once = sum(c.result == "verified" for c in own)
        lacking, wrong = sum(bool(c.lacks) for c in own), sum(bool(c.wrong) for c in own)
        print(f"{fault:36} {len(own):6} {at_once:17} {lacking:13} {wrong:14}")
    runs = Counter(c.runs for c in results)
    print(f"{len(results)} cases; runs until all was as released: {dict(sorted(runs.items()))}")


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(main(words[0].rstrip("/"), Path(words[1]), *(int(word) for word in words[2:])))
