"""Recall: what was found about a dataset when everything it is made from was the same as now.

What belongs here: one key over all that tables and gates depend on, and the note that goes with it. What
does not: any judgement; a note is only ever about the release that is current.

A run in which nothing has changed then costs what its files cost, not its rows. The notes stand in
`cache/` and may be removed at any time; the gates then run again.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

import pipelines
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.files import canonical_json, hash_file, write_atomic
from pipelines.contracts.findings import Finding, FindingError
from pipelines.contracts.project import Project
from pipelines.contracts.records import Release, Snapshot
from pipelines.contracts.store import Store
from pipelines.contracts.text import Strict
from pipelines.release.fingerprint import metadata_fingerprint
from pipelines.release.index import current_release

_PASSING = {"evidence-not-verified"}
"""Findings that may be gone next time though nothing here has changed."""


class Note(Strict):
    """The findings about the current release, none of which held it or needed a decision."""

    key: str
    version: str
    findings: list[Finding]


def recall_key(project: Project, dataset: DatasetFile, snapshots: Mapping[str, Snapshot]) -> str:
    """The hash of everything that the tables of a dataset and the findings about them depend on.

    That is: the parts of its snapshots, its file, those of its sources and the catalogue, labels, ontology,
    settings, decisions, the list of protected names, the copies of documents, and the code.
    """
    feeds = list(project.feeds_of(dataset))
    names = {s.id for s, _ in feeds}
    parts = {s: [(p.name, p.sha256, p.withdrawn) for p in snapshots[s].parts] for s in sorted(names)}
    settings = project.settings
    known = {
        "promised": metadata_fingerprint(project, dataset),
        "dataset": dataset.model_dump(mode="json"),
        "catalogue": project.catalogue.model_dump(mode="json"),
        "sources": {s.id: s.model_dump(mode="json") for s, _ in feeds},
        "parts": parts,
        "labels": {s: _labels(project, s) for s in _schemes(dataset)},
        "ontology": project.ontology.model_dump(mode="json") if project.ontology else None,
        "settings": settings.model_dump(mode="json"),
        "decisions": _file(project.store.decision_file(dataset.name)),
        "names": _file(project.root / settings.personal_hashes) if settings.personal_hashes else None,
        "documents": _stamps(project.root / settings.documents) if settings.documents else None,
        "code": _code(),
    }
    return hashlib.sha256(canonical_json(known).encode()).hexdigest()


def can_be_recalled(project: Project, dataset: DatasetFile) -> bool:
    """Whether the published tables tell all that a run must look at.

    They do not where a key runs over a private column, where the project's files are wrong about it, nor
    where copies of documents come from an address and may have changed.
    """
    if (project.settings.documents or "").startswith(("http://", "https://")):
        return False
    keys = [(r, [*k.fields, *([k.kind] if k.kind else [])]) for r in dataset.resources for k in r.keys]
    open_keys = all(r.field(name).privacy == "public" for r, names in keys for name in names)
    return open_keys and not any(f.blocks and f.dataset == dataset.name for f in project.findings)


def recall(store: Store, dataset: str, key: str) -> tuple[Release, list[Finding]] | None:
    """The current release and what was found about it, if the note has that key; None else."""
    path = _path(store, dataset)
    if not path.exists():
        return None
    try:
        note = Note.model_validate_json(path.read_bytes())
        current = current_release(store, dataset)
    except (ValidationError, FindingError):
        return None  # a note that cannot be read is none; what is wrong with a release, the gates will say
    if current is None or (note.key, note.version) != (key, current.version):
        return None
    return current, note.findings


def note_down(store: Store, dataset: str, note: Note) -> None:
    """Keep a note about the current release; one with an error is not kept.

    What a decision let through is looked at again each time, because decisions end.
    """
    if any(f.severity == "error" or f.code in _PASSING for f in note.findings):
        return
    text = note.model_dump_json(exclude_none=True)
    path = _path(store, dataset)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_atomic(path, text)


def _path(store: Store, dataset: str) -> Path:
    return store.cache / "recall" / f"{dataset}.json"


def _file(path: Path) -> str | None:
    return hash_file(path) if path.is_file() else None


def _schemes(dataset: DatasetFile) -> set[str]:
    """The schemes of all coded columns, private ones too."""
    return {f.vocabulary for r in dataset.resources for f in r.fields if f.vocabulary}


def _labels(project: Project, scheme: str) -> dict[str, dict[str, str]]:
    """The labels of a scheme as JSON values; none if the project does not have it."""
    return {c: t.model_dump() for c, t in project.vocabularies.labels.get(scheme, {}).items()}


@cache
def _code() -> str:
    """The stamps of our own code, which does not change while a process runs."""
    return _stamps(Path(pipelines.__file__).parent)


def _stamps(folder: Path) -> str:
    """The names, sizes and times of the files below a folder, as one hash."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    stamps = [(str(p.relative_to(folder)), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return hashlib.sha256(canonical_json(stamps).encode()).hexdigest()
