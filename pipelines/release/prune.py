"""Pruning: what the retention in the settings no longer keeps.

What belongs here: choosing and removing what is old. What does not: what must not be public, which is
`withdraw`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.contracts.files import remove_tree
from pipelines.contracts.project import Project
from pipelines.contracts.records import ReleaseIndex, Snapshot, VersionEntry
from pipelines.contracts.store import CURRENT_FILE, INDEX_FILE, SNAPSHOT_FILE, Store
from pipelines.release.commit import publish_indexes
from pipelines.release.edition import current_edition
from pipelines.release.index import read_index, read_release


@dataclass(frozen=True)
class Pruned:
    """Folders that are too old, relative to the store, and the indexes without their versions."""

    folders: list[Path]
    indexes: list[ReleaseIndex]


def prune(project: Project, now: datetime, dry_run: bool) -> Pruned:
    """Remove what the settings no longer keep, or only say what that would be.

    Never removed: a version that is current, pinned by the current edition, or named in `cited` of its
    dataset file; the latest `keep_versions` of each dataset; a snapshot that a version left was made
    from or that its source gave last.
    """
    store = project.store
    indexes, folders = _versions(project, now)
    left = {i.dataset: i for i in indexes}
    folders += [*_snapshots(project, left, now), *_records(project, now)]
    pruned = Pruned([f.relative_to(store.root) for f in folders], indexes)
    if not dry_run and folders:
        publish_indexes(store, indexes, now)
        for folder in folders:
            remove_tree(folder)
    return pruned


def _versions(project: Project, now: datetime) -> tuple[list[ReleaseIndex], list[Path]]:
    store, settings = project.store, project.settings
    edition = current_edition(store)
    pins = edition.pins if edition else {}
    oldest = now - timedelta(days=settings.keep_version_days)
    indexes, folders = [], []
    for path in sorted(store.releases.glob(f"*/{INDEX_FILE}")):
        name = path.parent.name
        index = read_index(store, name)
        cited = set(project.datasets[name].cited) if name in project.datasets else set()
        safe = {index.current, pins.get(name), *cited, *(v.version for v in index.versions[-settings.keep_versions :])}
        gone = [v for v in index.versions if _old(v, oldest) and v.version not in safe]
        if gone:
            indexes.append(index.model_copy(update={"versions": [v for v in index.versions if v not in gone]}))
            folders += [store.release(name, v.version) for v in gone]
    return indexes, folders


def _old(entry: VersionEntry, oldest: datetime) -> bool:
    # A tombstone stays: it is what answers for the version.
    return entry.status == "published" and entry.published < oldest


def _snapshots(project: Project, left: dict[str, ReleaseIndex], now: datetime) -> Iterator[Path]:
    store = project.store
    used = set(_used(store, left))
    oldest = now - timedelta(days=project.settings.keep_snapshots_days)
    for path in sorted(store.snapshots.glob(f"*/*/{SNAPSHOT_FILE}")):
        snapshot = Snapshot.model_validate_json(path.read_bytes())
        pointer = path.parent.parent / CURRENT_FILE
        is_current = pointer.exists() and snapshot.snapshot in pointer.read_text(encoding="utf-8")
        # The record of withdrawn bytes stays: it is what keeps them from coming back.
        withdrawn = any(p.withdrawn for p in snapshot.parts)
        kept = is_current or withdrawn or (snapshot.source, snapshot.snapshot) in used
        if not kept and snapshot.taken < oldest:
            yield path.parent


def _used(store: Store, left: dict[str, ReleaseIndex]) -> Iterator[tuple[str, str]]:
    for path in store.releases.glob(f"*/{INDEX_FILE}"):
        name = path.parent.name
        index = left.get(name) or read_index(store, name)
        for entry in index.versions:
            if entry.status == "published":
                for one in read_release(store, name, entry.version).inputs:
                    yield one.source, one.snapshot


def _records(project: Project, now: datetime) -> Iterator[Path]:
    """Records of runs, held candidates and quarantined values that nobody has touched for as long."""
    store = project.store
    oldest = (now - timedelta(days=project.settings.keep_runs_days)).timestamp()
    for folder in sorted([*store.runs.glob("*"), *store.held.glob("*/*"), *store.quarantine.glob("*/*")]):
        newest = max(p.stat().st_mtime for p in (folder, *folder.rglob("*")))
        if newest < oldest:
            yield folder
