"""Commit: releases that were built become current, all of them and their edition, or none.

What belongs here: the order of writes that makes a publication safe to kill. What does not: building.

The folders are renamed into place first; no index names them yet. Then the intent is written: that one
rename is the moment of publication. Then the indexes and the edition follow, and the intent is removed.
`recover` finishes what a dead run intended and removes what it had not yet intended.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from pipelines.contracts.files import move_into_place, pretty_json, remove_tree, write_atomic
from pipelines.contracts.project import Project
from pipelines.contracts.records import Edition, EditionIndex, Intent, Release, ReleaseIndex, VersionEntry
from pipelines.contracts.store import COMMIT_FILE, EDITION_FILE, INDEX_FILE, Store
from pipelines.release.candidate import Candidate
from pipelines.release.edition import next_edition
from pipelines.release.index import read_index


def commit(project: Project, candidates: Iterable[Candidate], now: datetime) -> str | None:
    """Make the built candidates current and cut the edition; returns the edition now current.

    Writes nothing when no candidate was built and the current edition already has these pins.
    """
    store = project.store
    built = [(c, c.built) for c in candidates if c.built and not c.held]
    for _, made in built:
        move_into_place(made.folder, store.release(made.release.dataset, made.release.version))
    return publish_indexes(store, [_with_version(c.index, made.release) for c, made in built], now)


def publish_indexes(store: Store, indexes: list[ReleaseIndex], now: datetime) -> str | None:
    """Make these indexes current together with the edition that follows from them."""
    pins = _pins(store, indexes)
    cut = next_edition(store, pins, now) if pins or _current(store) else None
    if indexes or cut:
        edition, edition_index = cut or (None, None)
        intent = Intent(indexes=indexes, edition=edition, edition_index=edition_index)
        write_atomic(store.journal / COMMIT_FILE, intent.model_dump_json())
        _carry_out(store, intent)
    return _current(store)


def _with_version(index: ReleaseIndex, release: Release) -> ReleaseIndex:
    entry = VersionEntry(
        version=release.version,
        fingerprint=release.fingerprint,
        published=release.published,
        schema_version=release.schema_version,
        rows=sum(release.rows.values()),
    )
    versions = [*index.versions, entry]
    return ReleaseIndex(dataset=release.dataset, current=release.version, versions=versions)


def _pins(store: Store, indexes: list[ReleaseIndex]) -> dict[str, str]:
    """The current version of every dataset that has one, after `indexes` are written.

    A dataset whose file is gone or cannot be read keeps its pin: nothing leaves the portal by accident.
    """
    changed = {i.dataset: i for i in indexes}
    names = {p.parent.name for p in store.releases.glob(f"*/{INDEX_FILE}")} | set(changed)
    current = {n: (changed.get(n) or read_index(store, n)).current for n in names}
    return {n: v for n, v in sorted(current.items()) if v}


def _carry_out(store: Store, intent: Intent) -> None:
    for index in intent.indexes:
        write_atomic(store.index(index.dataset), pretty_json(index.model_dump(mode="json")))
    if intent.edition and intent.edition_index:
        path = store.edition(intent.edition.edition) / EDITION_FILE
        write_atomic(path, pretty_json(intent.edition.model_dump(mode="json")))
        write_atomic(store.editions / INDEX_FILE, pretty_json(intent.edition_index.model_dump(mode="json")))
    (store.journal / COMMIT_FILE).unlink()


def _current(store: Store) -> str | None:
    path = store.editions / INDEX_FILE
    return EditionIndex.model_validate_json(path.read_bytes()).current if path.exists() else None


def recover(store: Store) -> bool:
    """Finish or remove what a run that died has left; call it with the lock held, before anything else.

    Returns whether there was anything. Removes the work folder, release folders that no index names,
    and half-written temporary files.
    """
    intent_path = store.journal / COMMIT_FILE
    left = intent_path.exists()
    if left:
        _carry_out(store, Intent.model_validate_json(intent_path.read_bytes()))
    if store.work.exists():
        remove_tree(store.work)
        left = True
    pinned = set(_pinned(store))
    for folder in [f for f in store.releases.glob("*/*") if f.is_dir() and (f.parent.name, f.name) not in pinned]:
        left = _settle_folder(store, folder) or left
    return _remove_debris(store) or left


def _pinned(store: Store) -> Iterator[tuple[str, str]]:
    """The versions of the current edition: what readers see is never removed, whatever became of an index."""
    current = _current(store)
    path = store.edition(current) / EDITION_FILE if current else None
    if path and path.exists():
        yield from Edition.model_validate_json(path.read_bytes()).pins.items()


def _settle_folder(store: Store, folder: Path) -> bool:
    """Remove a release folder that no index names."""
    if folder.name in {v.version for v in read_index(store, folder.parent.name).versions}:
        return False
    remove_tree(folder)
    return True


def _remove_debris(store: Store) -> bool:
    """Remove temporary files of `write_atomic` and folders that `remove_tree` had begun to remove.

    The trees of the portal are left out: they are many files, and `publish` sweeps them itself.
    """
    found = False
    skipped = (store.editions, store.dagster, store.portal)
    folders = [p for p in store.root.iterdir() if p.is_dir() and p not in skipped]
    names = [
        *store.root.iterdir(),
        *store.editions.glob("*"),
        *store.editions.glob("*/.*"),
        *(p for f in folders for p in f.rglob("*")),
    ]
    for path in names:
        if path.name.startswith(".") and path.suffix in (".tmp", ".gone"):
            found = True
            if path.is_dir() and not path.is_symlink():
                remove_tree(path)
            else:
                path.unlink(missing_ok=True)
    return found
