"""Every call of every kind of publication onto a real CKAN, with every fault.

    python -m tests.ckan.fault_matrix URL DIR [every]

`URL` and `DIR`: of a CKAN that deploy/ckan/up.sh brought up. `every`: only every so many-th case. Prints each case
that went wrong as it comes, and a table at the end; exit code 1 if there was any.

A case: the portal shows the former release; another one is due; the fault comes at one call; a reader looks; then a
run without fault must bring the portal to exactly what was released, and one more must write nothing.
"""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ckanapi import NotAuthorized, NotFound

from pipelines.contracts.findings import Finding
from pipelines.contracts.records import Decision
from pipelines.describe import iris
from pipelines.publish.ckan import apply_target, verify_target
from pipelines.publish.ckan.journal import begun
from pipelines.publish.ckan.model import DATASTORE, Outcome
from pipelines.publish.ckan.package import resource_id
from pipelines.publish.ckan.staging import staging_name
from pipelines.release import decide, rollback, withdraw
from tests.ckan.faulty import FAULTS, FaultyProxy
from tests.ckan.real import Ckan, close_account, open_account, unique
from tests.ckan.town import TARGET, Town
from tests.ckan.whole import Release, differs, lacks, look, released
from tests.tiny import Tiny, column, dataset, make_tiny, table, visits_file

DATASET = "visits"
KINDS = {
    "first": ("", "a"),
    "change": ("a", "b"),
    "back": ("b", "a"),
    "major": ("b", "c"),
    "major back": ("c", "b"),
    "tombstone": ("a", "gone"),
}
"""Kind of publication: what the portal shows before, and after."""
LASTING = ("reset_after", "error_500", "denied")
"""Faults that also come at this call and at all that follow in the run."""
KILLS = ("killed before", "killed after")
"""The process ends before the call reaches CKAN, or while CKAN carries it out."""
ALL = [*FAULTS, *(f"{fault} from then on" for fault in LASTING), *KILLS]
SHORT: dict[str, Any] = {
    "http_interval_seconds": 0.02,
    "http_timeout_seconds": 5,
    "target_call_seconds": 6,
    "target_retry_seconds": 3,
}
_HEAD = "visit_id,place_id,date,people,note\n"


def rows_of(release: str) -> str:
    """The rows of a release: `b` has one row more than `a`, one less, and one changed."""
    ids = [n for n in range(1, 14) if n != (13 if release == "a" else 2)]
    people = {n: 7 if n == 3 and release != "a" else n for n in ids}
    return _HEAD + "".join(f"v-{n},centro,2022-03-{n:02},{people[n]},internal: {n}\n" for n in ids)


def make_town(tiny: Tiny, ckan: Ckan, **settings: Any) -> tuple[Town, dict[str, str]]:
    """A town with three releases of the visits and no account yet, and their versions; `a` is current."""
    town = Town(tiny, ckan, None, "", SHORT | settings)  # type: ignore[arg-type]
    versions = {"a": town.release_again(visits=rows_of("a"))[DATASET]}
    file: Any = visits_file()
    tiny.schema(file | {"titles": {"es": "Las visitas", "en": "The visits"}})
    versions["b"] = town.release_again(visits=rows_of("b"))[DATASET]
    fields: Any = [f for f in file["resources"][0]["schema"]["fields"] if f["name"] != "people"]
    names = {"fields": ["place_id"], "reference": {"dataset": "places", "resource": "places", "fields": ["place_id"]}}
    more = column("weather")
    tiny.schema(dataset(DATASET, table(DATASET, ["visit_id"], [*fields, more], keys=[names], temporal_column="date")))
    announce(town, "schema-major")
    versions["c"] = town.release_again(visits=rows_of("b"))[DATASET]
    choose(town, str(versions["a"]))
    return town, {name: str(version) for name, version in versions.items()}


def announce(town: Town, change: str) -> None:
    decision = Decision(
        kind="announcement",
        id="a-1",
        dataset=DATASET,
        made=datetime.now(UTC),
        role="operator",
        reason="A test of it",
        expires=date.today() + timedelta(days=2),
        change=change,
    )
    decide(town.project.store, decision)


def choose(town: Town, version: str) -> None:
    """Make a release the current one."""
    rollback(town.project, DATASET, version, datetime.now(UTC))


class Front(FaultyProxy):
    """The proxy, also before the files: the addresses in CKAN's answers are those of the proxy here."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self._names = upstream.encode(), self.url.encode()

    def _relay(self, head: bytes, body: bytes, client: Any = None) -> bytes:
        theirs, ours = self._names
        answer = super()._relay(*_replaced(head, body, ours, theirs))
        head, _, body = answer.partition(b"\r\n\r\n")
        out = b"".join(_replaced(head + b"\r\n\r\n", body, theirs, ours))
        if client:
            client.sendall(out)
        return out


def _replaced(head: bytes, body: bytes, old: bytes, new: bytes) -> tuple[bytes, bytes]:
    changed = body.replace(old, new)
    for name in (b"Content-Length", b"content-length"):
        head = head.replace(b"%s: %d\r" % (name, len(body)), b"%s: %d\r" % (name, len(changed)))
    return head, changed


@dataclass
class Case:
    """What became of a case. `lacks`: what the reader missed after the fault; `wrong`: what was wrong in the end."""

    kind: str
    number: int
    fault: str
    action: str = ""
    result: str = ""
    codes: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    runs: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Bench:
    """A town on an account of its own, in which cases are run one after the other. A context manager."""

    def __init__(self, ckan: Ckan, root: Path) -> None:
        self.ckan, self.root = ckan, root
        self.shows = "?"
        self.names: dict[str, list[str]] = {}

    def __enter__(self) -> "Bench":
        self.town, self.versions = make_town(make_tiny(self.root / "project"), self.ckan)
        shutil.copytree(self.town.project.store.root, self.root / "store")
        self.town.account = open_account(self.ckan)
        self.front = Front(self.ckan.url)
        self.front.__enter__()
        self.town.aim(url=self.front.url)
        os.environ[self.town.target.token_name] = self.town.account.token
        self.releases: dict[str, Release | None] = {
            name: released(self.town, DATASET, version) for name, version in self.versions.items()
        }
        return self

    def __exit__(self, *error: Any) -> None:
        self.front.__exit__(None, None, None)
        close_account(self.ckan, self.town.account)

    @property
    def name(self) -> str:
        """Name of the dataset on the portal."""
        return self.town.name(DATASET)

    def apply(self, **options: Any) -> Outcome:
        return apply_target(self.town.project, self.town.target, datasets=[DATASET], **options)

    def anew(self) -> None:
        """A name that the portal does not know, and the store as it was made."""
        store = self.town.project.store.root
        shutil.rmtree(store)
        shutil.copytree(self.root / "store", store)
        self.town.prefix = f"{unique('m')}-"
        self.town.aim()
        self.shows = ""

    def reach(self, what: str) -> None:
        """Let the portal show `what`, verified."""
        if what == self.shows:
            return
        if not what or self.shows in ("?", "gone"):
            self.anew()
        if what:
            self.due(what)
            outcome = self.apply()
            if outcome.failed or outcome.waiting:
                raise AssertionError(f"{self.shows} → {what}: {[_said(f) for f in outcome.findings if f.blocks]}")
            seen = look(self.ckan.url, self.name)
            self.names.setdefault(what, seen.names if seen else [])
        self.shows = what

    def due(self, what: str) -> None:
        """Make `what` the release that is due."""
        if what == "gone":
            withdraw(self.town.project, DATASET, None, "Contenía datos de personas", datetime.now(UTC))
        else:
            choose(self.town, self.versions[what])

    def calls(self, kind: str) -> list[str]:
        """The calls of a publication without fault."""
        before, after = KINDS[kind]
        self.reach(before)
        self.forget_staging(kind)
        self.front.plan()
        if after == "gone":
            self.due("gone")
            self.apply()
            self.shows = "gone"
        else:
            self.reach(after)
        calls = [action for action, _ in self.front.calls]
        # What `reach` itself asks does not come by the proxy.
        return calls

    def forget_staging(self, kind: str) -> None:
        """The first new table of a dataset finds no private dataset for it; others do."""
        if kind == "major":
            self.ckan.remove([staging_name(self.name)])

    def case(self, kind: str, number: int, fault: str) -> Case:
        """Run one case; afterwards the portal shows what was due."""
        began = time.monotonic()
        before, after = KINDS[kind]
        self.reach(before)
        self.forget_staging(kind)
        self.due(after)
        out = Case(kind, number, fault)
        self.strike(out)
        former, new = self.releases.get(before), self.releases.get(after)
        seen = look(self.ckan.url, self.name)
        out.lacks = lacks(seen, former, new)
        self.converge(out, after)
        self.shows = "?" if out.wrong else after
        out.seconds = round(time.monotonic() - began, 1)
        return out

    def strike(self, out: Case) -> None:
        """The run with the fault."""
        lasting = out.fault.endswith(" from then on")
        fault = out.fault.removesuffix(" from then on")
        if fault in KILLS:
            self.kill(out)
            return
        self.front.plan(fault, at=lambda n, _: n >= out.number if lasting else n == out.number)
        try:
            outcome = self.apply()
            out.result = ", ".join(r.result for r in outcome.results) or "not begun"
            out.codes = sorted({f.code for f in outcome.findings if f.blocks})
        except Exception as error:
            out.result = "crash"
            out.wrong.append(f"crash: {error!r}")
        out.action = self._action(out.number)
        self.front.plan()

    def _action(self, number: int) -> str:
        calls = self.front.calls
        return calls[number - 1][0] if len(calls) >= number else "none"

    def kill(self, out: Case) -> None:
        """The run of the command, killed at the call."""
        town = self.town
        settings = {f"OPENDATA_{key.upper()}": str(value) for key, value in town.settings.items()}
        command = [sys.executable, "-m", "pipelines.cli", "apply", TARGET, DATASET, "--project", str(town.tiny.root)]
        process: list[subprocess.Popen[bytes]] = []

        def at(n: int, _: str) -> bool:
            if n == out.number:
                process[0].send_signal(signal.SIGKILL)
                process[0].wait()
            return n == out.number

        self.front.plan("reset_before" if out.fault == KILLS[0] else "reset_after", at)
        process.append(subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL))
        code = process[0].wait(timeout=300)
        out.result = "killed" if code == -signal.SIGKILL else f"exit code {code}"
        out.action = self._action(out.number)
        self.front.plan()

    def converge(self, out: Case, after: str) -> None:
        """The runs without fault that follow, and what is wrong after them."""
        outcome = self.apply()
        out.runs = 1
        if outcome.failed or outcome.waiting:
            out.wrong.append(f"next run: {[_said(f) for f in outcome.findings if f.blocks]}")
            outcome = self.apply()
            out.runs = 2
        if outcome.failed or outcome.waiting:
            out.wrong.append(f"the run after: {[_said(f) for f in outcome.findings if f.blocks]}")
        again = self.apply()
        if again.writes:
            out.wrong.append(f"a run with nothing to do wrote {again.writes} times")
        new = None if after == "gone" else self.releases[after]
        out.wrong += differs(look(self.ckan.url, self.name), new, self.names.get(after))
        out.wrong += [f"verify: {_said(f)}" for f in verify_target(self.town.project, self.town.target, [DATASET])]
        out.wrong += [f"journal: {name}" for name in begun(self.town.project.store, TARGET)]
        out.wrong += self.left_over(after)

    def left_over(self, after: str) -> Iterator[str]:
        """What should not be there: a private dataset, more than one preview, tables that nothing shows."""
        api, own = self.ckan.admin.action, self.town.account.api.action
        try:
            staging = own.package_show(id=staging_name(self.name))
            if staging["state"] != "deleted":
                yield f"staging is {staging['state']}"
        except (NotFound, NotAuthorized):
            pass
        package = api.package_show(id=self.name)
        there = [r["id"] for r in package["resources"] if r["url_type"] == "datastore"]
        for identity in there:
            views = api.resource_view_list(id=identity)
            if len(views) != 1:
                yield f"{len(views)} previews"
        for identity in self.tables() - set(there):
            answer = api.datastore_search(resource_id="_table_metadata", filters={"name": identity}, limit=1)
            if answer["records"]:
                yield f"the table {identity} is left over"

    def tables(self) -> set[str]:
        """Ids of the resources that ever hold the table."""
        iri = iris.dataset(self.town.project.catalogue.uri_base, DATASET)
        return {resource_id(iri, self.name, DATASET, DATASTORE, major) for major in ("1.0.0", "2.0.0")}


def _said(found: Finding) -> str:
    return f"{found.code} {found.field or ''} {found.value or ''} {found.params}"


def cases(calls: dict[str, list[str]], every: int = 1) -> list[tuple[str, int, str]]:
    """The cases, in an order in which each kind leaves what another begins with."""
    found = []
    for pair in (("first",), ("change", "back"), ("major", "major back"), ("tombstone",)):
        most = max(len(calls[kind]) for kind in pair)
        found += [
            (kind, number, fault)
            for number in range(1, most + 1)
            for fault in ALL
            for kind in pair
            if _is_worth(calls[kind], number)
        ]
    return found[::every]


def _is_worth(calls: list[str], number: int) -> bool:
    """Whether there is such a call, and it is not a file between two others: the first and the last stand for all."""
    near = [action.startswith("/dataset/") for action in calls[number - 2 : number + 1]]
    return number <= len(calls) and not (len(near) == 3 and all(near))


def _run(url: str, folder: Path, work: "multiprocessing.Queue[Any]", done: "multiprocessing.Queue[Any]") -> None:
    """One of several processes that run cases."""
    ckan = Ckan(url, (folder / "admin-token").read_text().strip(), folder)
    with tempfile.TemporaryDirectory() as root, Bench(ckan, Path(root)) as bench:
        while batch := work.get():
            for kind, number, fault in batch:
                try:
                    done.put(bench.case(kind, number, fault))
                except Exception as error:
                    bench.shows = "?"
                    done.put(Case(kind, number, fault, wrong=[f"the test itself: {error!r}"]))
    done.put(None)


def main(url: str, folder: Path, every: int = 1, processes: int = 3) -> int:
    """Run the matrix. Returns the exit code."""
    ckan = Ckan(url, (folder / "admin-token").read_text().strip(), folder)
    with tempfile.TemporaryDirectory() as root, Bench(ckan, Path(root)) as bench:
        calls = {kind: bench.calls(kind) for kind in KINDS}
    for kind, made in calls.items():
        print(f"{kind}: {len(made)} calls: {' '.join(made)}", flush=True)
    todo = cases(calls, every)
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
    for fault in ALL:
        own = [c for c in results if c.fault == fault]
        at_once = sum(c.result in ("verified", "exit code 0") for c in own)
        lacking, wrong = sum(bool(c.lacks) for c in own), sum(bool(c.wrong) for c in own)
        print(f"{fault:36} {len(own):6} {at_once:17} {lacking:13} {wrong:14}")
    runs = Counter(c.runs for c in results)
    print(f"{len(results)} cases; runs until all was as released: {dict(sorted(runs.items()))}")


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(main(words[0].rstrip("/"), Path(words[1]), *(int(word) for word in words[2:])))
