"""A town whose publications onto a real CKAN are struck by faults, one after the other.

What belongs here: the releases, the proxy before the CKAN, one case and what is looked at after it. What does not:
which cases there are, which is `fault_matrix` and the tests.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ckanapi import NotAuthorized, NotFound

from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
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
Step = tuple[str, int, str]
"""Release that becomes due, number of the call, fault."""


def rows_of(release: str) -> str:
    """The rows of a release: `b` has one row more than `a`, one less, and one changed; `c` has other columns."""
    ids = [n for n in range(1, 14) if n != (13 if release == "a" else 2)]
    column = "weather" if release == "c" else "people"
    values = {n: 7 if n == 3 and release != "a" else n for n in ids}
    rows = "".join(f"v-{n},centro,2022-03-{n:02},{values[n]},internal: {n}\n" for n in ids)
    return f"visit_id,place_id,date,{column},note\n{rows}"


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
    versions["c"] = town.release_again(visits=rows_of("c"))[DATASET]
    choose(town.project, str(versions["a"]))
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


def choose(project: Project, version: str) -> None:
    """Make a release the current one."""
    rollback(project, DATASET, version, datetime.now(UTC))


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
        self.counted: dict[str, list[str]] = {}

    def __enter__(self) -> "Bench":
        self.town, self.versions = make_town(make_tiny(self.root / "project"), self.ckan)
        shutil.copytree(self.town.project.store.root, self.root / "store")
        self.town.account = open_account(self.ckan)
        self.front = Front(self.ckan.url)
        self.front.__enter__()
        self.town.aim(url=self.front.url)
        os.environ[self.town.target.token_name] = self.town.account.token
        self.releases: dict[str, Release] = {
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
        return apply_target(self.project, self.project.targets[TARGET], datasets=[DATASET], **options)

    def anew(self) -> None:
        """A name that the portal does not know, and the store as it was made."""
        store = self.town.project.store.root
        shutil.rmtree(store)
        shutil.copytree(self.root / "store", store)
        self.town.prefix = f"{unique('m')}-"
        self.town.aim()
        self.project = self.town.project
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
            seen = look(self.ckan, self.name)
            self.names.setdefault(what, seen.names if seen else [])
        self.shows = what

    def due(self, what: str) -> None:
        """Make `what` the release that is due."""
        if what == "gone":
            withdraw(self.project, DATASET, None, "Contenía datos de personas", datetime.now(UTC))
        else:
            choose(self.project, self.versions[what])

    def calls(self, kind: str) -> list[str]:
        """The calls of a publication without fault."""
        if kind in self.counted:
            return self.counted[kind]
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
        # What `reach` itself looks at does not come by the proxy.
        self.counted[kind] = [action for action, _ in self.front.calls]
        return self.counted[kind]

    def forget_staging(self, kind: str) -> None:
        """The first new table of a dataset finds no private dataset for it; others do."""
        if kind == "major":
            self.ckan.remove([staging_name(self.name)])

    def case(self, kind: str, number: int, fault: str) -> Case:
        """Run one case; afterwards the portal shows what was due."""
        before, after = KINDS[kind]
        self.reach(before)
        self.forget_staging(kind)
        return self.walk(Case(kind, number, fault), [(after, number, fault)])

    def walk(self, out: Case, steps: list[Step]) -> Case:
        """Run several cases one upon the other, and bring all to an end once."""
        began = time.monotonic()
        given, hidden = [self.shows], not self.shows
        for what, number, fault in steps:
            self.due(what)
            given.append(what)
            self.strike(out, number, fault)
            releases = [self.releases[w] for w in dict.fromkeys(given) if w in self.releases]
            out.lacks += lacks(look(self.ckan, self.name), releases, hidden, gone=what == "gone")
            if out.result == "verified":
                given, hidden = [what], False
        self.converge(out, steps[-1][0])
        self.shows = "?" if out.wrong else steps[-1][0]
        out.seconds = round(time.monotonic() - began, 1)
        return out

    def strike(self, out: Case, number: int, fault: str) -> None:
        """A run with a fault."""
        if fault in KILLS:
            self.kill(out, number, fault)
            return
        lasting = fault.endswith(" from then on")
        self.front.plan(fault.removesuffix(" from then on"), at=lambda n, _: n >= number if lasting else n == number)
        try:
            outcome = self.apply()
            out.result = ", ".join(r.result for r in outcome.results) or "not begun"
            out.codes = sorted({f.code for f in outcome.findings if f.blocks})
        except Exception as error:
            out.result = "crash"
            out.wrong.append(f"crash: {error!r}")
        out.action = self._action(number)
        self.front.plan()

    def _action(self, number: int) -> str:
        calls = self.front.calls
        return calls[number - 1][0] if len(calls) >= number else "none"

    def kill(self, out: Case, number: int, fault: str) -> None:
        """A run of the command, killed at a call."""
        town = self.town
        settings = {f"OPENDATA_{key.upper()}": str(value) for key, value in town.settings.items()}
        command = [sys.executable, "-m", "pipelines.cli", "apply", TARGET, DATASET, "--project", str(town.tiny.root)]
        process: list[subprocess.Popen[bytes]] = []

        def at(n: int, _: str) -> bool:
            if n == number:
                process[0].send_signal(signal.SIGKILL)
                process[0].wait()
            return n == number

        self.front.plan("reset_before" if fault == KILLS[0] else "reset_after", at)
        silent: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process.append(subprocess.Popen(command, env=os.environ | settings, **silent))
        code = process[0].wait(timeout=300)
        out.result = "killed" if code == -signal.SIGKILL else "verified" if code == 0 else f"exit code {code}"
        out.action = self._action(number)
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
        out.wrong += differs(look(self.ckan, self.name), new, self.names.get(after))
        out.wrong += [
            f"verify: {_said(f)}" for f in verify_target(self.project, self.project.targets[TARGET], [DATASET])
        ]
        out.wrong += [f"journal: {name}" for name in begun(self.project.store, TARGET)]
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
        iri = iris.dataset(self.project.catalogue.uri_base, DATASET)
        return {resource_id(iri, self.name, DATASET, DATASTORE, major) for major in ("1.0.0", "2.0.0")}


def _said(found: Finding) -> str:
    return f"{found.code} {found.field or ''} {found.value or ''} {found.params}"
