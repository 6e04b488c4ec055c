"""The line: the rooms called in their order, for the command line and for Dagster alike.

What belongs here: one run, its steps on demand and remembered, its lock and its record. What does not:
the work of any step, which is in its room, and how a run is started or shown.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self

from pipelines.check import conceal
from pipelines.contracts import exits
from pipelines.contracts.files import remove_tree, write_atomic
from pipelines.contracts.findings import Finding, FindingError, blocking, counts
from pipelines.contracts.project import Project
from pipelines.contracts.records import DatasetResult, Release, Run, Snapshot
from pipelines.contracts.store import FINDINGS_FILE, RUN_FILE
from pipelines.contracts.text import Text
from pipelines.publish import Sent, publish_portal
from pipelines.pull import Pulled, pull_source, read_feed, verify_evidence
from pipelines.release import (
    Candidate,
    commit,
    current_edition,
    prepare,
    read_index,
    settle,
    unwritable,
    writing,
)
from pipelines.release.build import build, code_version
from pipelines.release.candidate import stand, write_held
from pipelines.release.identity import record_identity
from pipelines.release.index import release_tables
from pipelines.release.recall import Note, can_be_recalled, note_down, recall, recall_key
from pipelines.tidy import Tidied, tidy_dataset

Step = Literal["pull", "tidy", "check", "release", "publish"]
Report = Callable[[Step, str, str], None]
"""Told the step, what it works on, and how it went; for progress on the screen."""

Portal = Literal["applied", "verified", "failed", "unchanged", "none"]


class Line:
    """One run over a project. Use it as a context: it holds the lock and leaves a record.

    Each step does what it needs of the steps before it, once; so any part of the graph can be asked for.
    A source that fails does not stop the others. Raises `StoreBusyError` when another run has the
    store, and `FindingError` when the store must not be written.
    """

    def __init__(
        self,
        project: Project,
        command: str,
        report: Report = lambda *_: None,
        datasets: Iterable[str] | None = None,
        afresh: bool = False,
    ) -> None:
        """Prepare a run of `command`; nothing happens before the context is entered.

        `datasets`: those that get a new candidate, all if None; the others stand as they were last released.
        `afresh`: tidy and check also what is known to be unchanged since the last release.
        """
        self.project = project
        self.datasets = list(project.datasets if datasets is None else datasets)
        self.command = command
        self.report = report
        self.started = datetime.now(UTC)
        self.findings: list[Finding] = list(project.findings)
        self.edition: str | None = None
        self.portal: Portal = "none"
        self.sent: list[Sent] = []
        self._pulled: dict[str, Pulled] = {}
        self._tidied: dict[str, Tidied | None] = {}
        self._candidates: dict[str, Candidate | None] = {}
        self._afresh = afresh
        self._keys: dict[str, str] = {}
        self._recalled: dict[str, tuple[Release, list[Finding]]] = {}
        self._prepared: dict[str, list[Finding]] = {}
        self._settled = False
        self._released = False
        self._fault: Finding | None = None
        self._died: str | None = None
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Take the lock, and finish or remove what a run that died has left."""
        self._held.enter_context(writing(self.project, self.command))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the record, clear the work folder, and give the lock back."""
        self._died = kind.__name__ if kind else None
        with self._held:
            self.write_record()
            remove_tree(self.project.store.work)

    @property
    def run_id(self) -> str:
        """Name of the run: the moment it started, in UTC."""
        return self.started.strftime("%Y%m%dT%H%M%S.%fZ")

    def pull(self, source_id: str, again: bool = False) -> Pulled:
        """Pull one source. `again` pulls it once more and forgets what was found the first time."""
        if again and source_id in self._pulled:
            former = self._pulled.pop(source_id).findings
            self.findings = [f for f in self.findings if f not in former]
        if source_id not in self._pulled:
            source = self.project.sources[source_id]
            pulled = pull_source(self.project, source, self.started)
            pulled = replace(pulled, findings=conceal(self.project, None, pulled.findings))
            self._pulled[source_id] = pulled
            self.findings += pulled.findings
            self.report("pull", source_id, pulled.result.result)
        return self._pulled[source_id]

    def tidy(self, dataset_id: str) -> Tidied | None:
        """Tidy the tables of one dataset; None when a source of it failed."""
        if dataset_id not in self._tidied:
            self._tidied[dataset_id] = self._tidy(dataset_id)
            done = self._tidied[dataset_id]
            rows = sum(len(t) for t in done.tables.values()) if done else 0
            self.report("tidy", dataset_id, str(rows) if done else "failed")
        return self._tidied[dataset_id]

    def _tidy(self, dataset_id: str) -> Tidied | None:
        dataset, store = self.project.datasets[dataset_id], self.project.store
        snapshots = self._snapshots(dataset_id)
        if snapshots is None:
            return None
        self._keys[dataset_id] = recall_key(self.project, dataset, snapshots)
        known = None if self._afresh else recall(store, dataset_id, self._keys[dataset_id])
        try:
            if known and can_be_recalled(self.project, dataset):
                tables = release_tables(store, dataset_id, known[0].version)
                self._recalled[dataset_id] = known
                return Tidied(tables, [], known[0].inputs)
            tidied = tidy_dataset(self.project, dataset, snapshots)
        except FindingError as error:
            self.findings += conceal(self.project, dataset, error.findings)
            return None
        return replace(tidied, findings=conceal(self.project, dataset, tidied.findings))

    def _snapshots(self, dataset_id: str) -> dict[str, Snapshot] | None:
        """What the sources of a dataset gave now; None if one of them failed."""
        names = sorted({s.id for s, _ in self.project.feeds_of(self.project.datasets[dataset_id])})
        pulled = {name: self.pull(name) for name in names}
        snapshots = {n: p.snapshot for n, p in pulled.items() if p.result.result != "failed" and p.snapshot}
        return snapshots if len(snapshots) == len(names) else None

    def candidate(self, dataset_id: str) -> Candidate | None:
        """The candidate of one dataset through its own gates; None when it could not be tidied."""
        if dataset_id not in self._candidates:
            tidied = self.tidy(dataset_id)
            made = None
            try:
                made = self._candidate(dataset_id, tidied) if tidied else None
            except FindingError as error:
                # Its last release is damaged: there is nothing to compare with, and the others go on.
                self.findings += conceal(self.project, self.project.datasets[dataset_id], error.findings)
            if made:
                self._prepared[dataset_id] = list(made.findings)
                self.report("check", dataset_id, "held" if made.held else "passed")
            self._candidates[dataset_id] = made
        return self._candidates[dataset_id]

    def _candidate(self, dataset_id: str, tidied: Tidied) -> Candidate:
        dataset = self.project.datasets[dataset_id]
        if dataset_id in self._recalled:
            release, known = self._recalled[dataset_id]
            return stand(self.project, dataset, release, tidied.tables, known)
        own = [f for f in self.project.findings if f.dataset == dataset_id]
        found = [*own, *tidied.findings, *self._evidence(dataset_id)]
        return prepare(self.project, dataset, tidied.tables, tidied.inputs, found, self.started)

    def _evidence(self, dataset_id: str) -> list[Finding]:
        """The evidence of the rows of one dataset, looked for in the copies of the documents."""
        if not self.project.settings.documents:
            return []
        found: list[Finding] = []
        for source, feed in self.project.feeds_of(self.project.datasets[dataset_id]):
            snapshot = self.pull(source.id).snapshot
            if source.evidence and snapshot:
                rows = {feed.table: read_feed(self.project, source, feed, snapshot)}
                found += [
                    f.model_copy(update={"dataset": dataset_id}) for f in verify_evidence(self.project, source, rows)
                ]
        return found

    def settle(self) -> dict[str, Candidate]:
        """All candidates of this run, those held that do not fit into one edition."""
        made = {name: self.candidate(name) for name in self.datasets}
        candidates = {name: c for name, c in made.items() if c}
        if not self._settled:
            settle(self.project, candidates)
            self._settled = True
        return candidates

    def check(self, names: list[str]) -> None:
        """Run every gate that needs no release folder, and keep the findings of the datasets named.

        Keys across datasets need all candidates of the edition, so all of them are made.
        """
        candidates = self.settle()
        for name in names:
            if name in candidates:
                self._keep(candidates[name])

    def _keep(self, candidate: Candidate) -> None:
        self.findings += [f for f in candidate.findings if f not in self.project.findings]

    def release(self) -> dict[str, Candidate]:
        """Build, check and commit every release that is due; returns the candidates as they ended."""
        candidates = self.settle()
        if not self._released:
            self._released = True
            try:
                self._build(candidates)
                record_identity(self.project)
                self.edition = commit(self.project, candidates.values(), self.started)
                for candidate in candidates.values():
                    self._note(candidate)
            except OSError as error:
                self._unwritable(error)
            for candidate in candidates.values():
                self._keep(candidate)
        return candidates

    def _note(self, candidate: Candidate) -> None:
        """Leave what the next run must know of a candidate: why it is held, or that all is well."""
        store, name = self.project.store, candidate.dataset.name
        version = self.result(name).version
        if candidate.held:
            write_held(store, candidate)
        elif version and name not in self._recalled:
            # What changed against the former release is no news about this one.
            lasting = [f for f in self._prepared[name] if not (candidate.built and f.message.gate == "change")]
            note_down(store, name, Note(key=self._keys[name], version=version, findings=lasting))

    def _unwritable(self, error: OSError) -> None:
        """Keep that the store could not be written: what this run built is then not released."""
        self._fault = unwritable(error)
        self.findings.append(self._fault)

    def _build(self, candidates: dict[str, Candidate]) -> None:
        for name, candidate in candidates.items():
            if candidate.due and not candidate.held:
                build(self.project, candidate, self.project.store.work / self.run_id / name, self.started)
            self.report("release", name, self.result(name).result)
        # What the last gates hold may be what another candidate needs.
        settle_again = any(c.built and c.held for c in candidates.values())
        if settle_again:
            settle(self.project, candidates)

    def publish(self) -> Portal:
        """Project the current edition onto the embedded portal, and tell webhooks."""
        self.release()
        edition = current_edition(self.project.store)
        if edition is None or self._fault:
            return self.portal
        done = publish_portal(self.project, edition, lambda text: self.report("publish", "portal", text))
        self.findings += done.findings
        self.portal, self.sent = done.result, done.sent
        self.report("publish", "portal", done.result)
        return self.portal

    def result(self, dataset_id: str) -> DatasetResult:
        """What this run did with one dataset."""
        candidate = self._candidates.get(dataset_id)
        if candidate is None:
            own = [f for f in self.findings if f.dataset == dataset_id and f.blocks]
            named = ", ".join(self._failing(dataset_id))
            unread = Text(es=f"No se ha podido leer: {named}.", en=f"Could not be read: {named}.")
            return self._failed(dataset_id, own[0].reason() if own else unread)
        if self._fault and candidate.due and not candidate.held:
            reason = Text(es=self._fault.what("es"), en=self._fault.what("en"))
            return self._failed(dataset_id, reason)
        former = candidate.former.version if candidate.former else None
        made = candidate.built.release if candidate.built and not candidate.held else None
        errors = blocking(candidate.findings)
        return DatasetResult(
            dataset=dataset_id,
            result="held" if candidate.held else "released" if made else "unchanged",
            version=made.version if made else former,
            fingerprint=candidate.fingerprint,
            rows=sum(len(t) for t in candidate.tables.values()),
            due=candidate.due and not made,
            change=made.change if made else {},
            errors=len(errors),
            warnings=sum(1 for f in candidate.findings if f.severity == "warning"),
            reason=errors[0].reason() if errors else None,
        )

    def _failing(self, dataset_id: str) -> list[str]:
        """The sources of a dataset that failed; all of them if it is their parts that could not be read."""
        names = sorted({s.id for s, _ in self.project.feeds_of(self.project.datasets[dataset_id])})
        failed = [n for n in names if n in self._pulled and self._pulled[n].result.result == "failed"]
        return failed or names

    def _failed(self, dataset_id: str, reason: Text) -> DatasetResult:
        current = read_index(self.project.store, dataset_id).current
        return DatasetResult(dataset=dataset_id, result="failed", version=current, reason=reason)

    def record(self) -> Run:
        """The record of the run as it stands."""
        return Run(
            run=self.run_id,
            command=self.command,
            started=self.started,
            ended=datetime.now(UTC),
            code_version=code_version(),
            sources=[p.result for p in self._pulled.values()],
            datasets=[self.result(name) for name in self._candidates],
            edition=self.edition,
            portal=self.portal,
            findings=counts(self.findings),
            died=self._died,
            exit_code=self.exit_code,
        )

    @property
    def exit_code(self) -> int:
        """What cron is told: the gravest of a fault, misconfigured, failed and held; 0 if none."""
        if self._died:
            return exits.FAULT
        if any(f.blocks for f in self.project.findings):
            return exits.CONFIG
        failed = [p for p in self._pulled.values() if p.result.result == "failed"]
        results = {self.result(name).result for name in self._candidates}
        if failed or self._fault or "failed" in results or self.portal == "failed":
            return exits.FAILED
        return exits.HELD if "held" in results else exits.OK

    def write_record(self) -> None:
        """Write `run.json` and `findings.jsonl` of the run."""
        folder = self.project.store.runs / self.run_id
        lines = "".join(f.model_dump_json(exclude_none=True) + "\n" for f in self.findings)
        try:
            write_atomic(folder / FINDINGS_FILE, lines)
            write_atomic(folder / RUN_FILE, self.record().model_dump_json(indent=2, exclude_none=True) + "\n")
        except OSError as error:
            self._unwritable(error)
