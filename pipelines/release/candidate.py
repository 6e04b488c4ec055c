"""The candidate: a release being built. It becomes a release or is held.

What belongs here: everything known about a candidate before it is built, and the record of one that is
held. What does not: the files of the release, which `build` makes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.check import check_tables, classify_schema, conceal
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.files import pretty_json, read_json, write_atomic
from pipelines.contracts.findings import Finding, blocking, finding
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.project import Project
from pipelines.contracts.records import Decision, Input, Release, ReleaseIndex
from pipelines.contracts.store import CANDIDATE_FILE, FINDINGS_FILE, PACKAGE_FILE, TOMBSTONE_FILE, Store
from pipelines.contracts.tables import Tables
from pipelines.describe import resource_schema
from pipelines.linked import check_addresses, check_mapping
from pipelines.release import decisions as decided
from pipelines.release import fingerprint as prints
from pipelines.release.delta import delta
from pipelines.release.index import read_index, read_release, release_tables

SchemaChange = Literal["first", "none", "patch", "minor", "major"]


@dataclass(frozen=True)
class Built:
    """A release that stands whole in the work folder."""

    release: Release
    folder: Path


@dataclass
class Candidate:
    """A dataset's tidy tables on their way to a release."""

    project: Project
    dataset: DatasetFile
    tables: Tables
    inputs: list[Input]
    data_fingerprint: str
    metadata_fingerprint: str
    index: ReleaseIndex
    former: Release | None
    former_tables: Tables | None
    schema_change: SchemaChange
    decisions: list[Decision]
    findings: list[Finding] = field(default_factory=list)
    built: Built | None = None

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the candidate."""
        return prints.fingerprint(self.data_fingerprint, self.metadata_fingerprint)

    @property
    def held(self) -> bool:
        """Whether a finding holds it."""
        return bool(blocking(self.findings))

    @property
    def due(self) -> bool:
        """Whether it differs from the current release."""
        return self.former is None or self.former.fingerprint != self.fingerprint

    @property
    def delta(self) -> list[dict[str, Any]]:
        """The lines of its delta against the current release."""
        return list(delta(self.dataset, self.former_tables, self.tables))

    def marked(self, found: list[Finding]) -> list[Finding]:
        """Findings as they may be shown, those marked that a decision lets through."""
        return decided.apply(conceal(self.project, self.dataset, found), self.decisions, self.fingerprint)

    def add(self, found: list[Finding]) -> None:
        """Add findings, as `marked` gives them."""
        self.findings += self.marked(found)


def prepare(
    project: Project, dataset: DatasetFile, tables: Tables, inputs: list[Input], found: list[Finding], now: datetime
) -> Candidate:
    """The candidate of a dataset, through all gates that look at this dataset alone.

    `found` are the findings of pull and tidy about it. Keys across datasets come with `settle`, the
    gates of metadata with `build`.
    """
    store = project.store
    index = read_index(store, dataset.name)
    former = read_release(store, dataset.name, index.current) if index.current else None
    former_tables = release_tables(store, dataset.name, former.version) if former else None
    schema_change, notes = _schema_change(project, dataset, former)
    candidate = Candidate(
        project=project,
        dataset=dataset,
        tables=tables,
        inputs=inputs,
        data_fingerprint=prints.data_fingerprint(dataset, tables),
        metadata_fingerprint=prints.metadata_fingerprint(project, dataset),
        index=index,
        former=former,
        former_tables=former_tables,
        schema_change=schema_change,
        decisions=decided.decisions_of(store, dataset.name, now.astimezone(MADRID).date()),
    )
    candidate.add(found)
    candidate.add(check_tables(project, dataset, tables, former_tables))
    candidate.add(_mapped(project, dataset, tables))
    candidate.add(_undone(store, candidate))
    announced = decided.announced(candidate.decisions, decided.SCHEMA_MAJOR, _last_major(index))
    if schema_change == "major" and not announced:
        candidate.add([finding("schema-major", dataset=dataset.name, params={"notes": "; ".join(notes)})])
    return candidate


def _mapped(project: Project, dataset: DatasetFile, tables: Tables) -> list[Finding]:
    """What is wrong with the mapping to RDF; cells are only looked at through a mapping that can be applied."""
    found = check_mapping(project, dataset)
    if any(f.severity == "error" for f in found):
        return found
    return [*found, *check_addresses(project, dataset.name, tables)]


def _last_major(index: ReleaseIndex) -> datetime | None:
    """When the schema last changed in an incompatible way; None if it never did."""
    majors = [(v.schema_version.partition(".")[0], v.published) for v in index.versions]
    return next((at for major, at in majors if major == majors[-1][0] and major != "1"), None)


def stand(project: Project, dataset: DatasetFile, release: Release, tables: Tables, found: list[Finding]) -> Candidate:
    """The candidate of a dataset that is known to be its current release; `found` is what is known about it."""
    return Candidate(
        project=project,
        dataset=dataset,
        tables=tables,
        inputs=release.inputs,
        data_fingerprint=release.data_fingerprint,
        metadata_fingerprint=release.metadata_fingerprint,
        index=read_index(project.store, dataset.name),
        former=release,
        former_tables=tables,
        schema_change="none",
        decisions=[],
        findings=list(found),
    )


def _schema_change(project: Project, dataset: DatasetFile, former: Release | None) -> tuple[SchemaChange, list[str]]:
    old = None
    if former:
        package = read_json(project.store.release(dataset.name, former.version) / PACKAGE_FILE)
        old = {r["name"]: r["schema"] for r in package["resources"]}
    return classify_schema(old, {r.name: resource_schema(project, r) for r in dataset.resources})


def _undone(store: Store, candidate: Candidate) -> list[Finding]:
    """Whether these are the very data of a version that was withdrawn or rolled back."""
    name, current = candidate.dataset.name, candidate.index.current
    names = [v.version for v in candidate.index.versions]
    later = set(names[names.index(current) + 1 :]) if current in names else set()
    for entry in candidate.index.versions:
        if entry.status == "withdrawn":
            stone = read_json(store.release(name, entry.version) / TOMBSTONE_FILE)
            if candidate.data_fingerprint == stone["data_fingerprint"]:
                return [finding("fingerprint-withdrawn", dataset=name, value=entry.version)]
        elif entry.version in later and _data_of(store, name, entry.version) == candidate.data_fingerprint:
            return [finding("rolled-back", dataset=name, value=entry.version)]
    return []


def _data_of(store: Store, dataset: str, version: str) -> str:
    return read_release(store, dataset, version).data_fingerprint


def write_held(store: Store, candidate: Candidate) -> Path:
    """Record a candidate that is held: what it was made from and why it is held, and no data of it.

    The same candidate held for the same reasons writes nothing.
    """
    folder = store.held / candidate.dataset.name / candidate.fingerprint
    lines = "".join(f.model_dump_json(exclude_none=True) + "\n" for f in candidate.findings)
    path = folder / FINDINGS_FILE
    if path.exists() and path.read_text(encoding="utf-8") == lines:
        return folder
    record = {
        "dataset": candidate.dataset.name,
        "fingerprint": candidate.fingerprint,
        "inputs": [i.model_dump() for i in candidate.inputs],
        "rows": {name: len(table) for name, table in candidate.tables.items()},
        "codes": sorted({f.code for f in blocking(candidate.findings)}),
    }
    write_atomic(folder / CANDIDATE_FILE, pretty_json(record))
    write_atomic(path, lines)
    return folder
