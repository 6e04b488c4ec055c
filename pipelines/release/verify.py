"""Verifying the store: everything is hashed again, and what is broken is said.

What belongs here: holding the bytes of snapshots, releases and editions against their records. What
does not: the tree of the portal, which `publish` reads back.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.contracts.files import hash_file
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.records import Release, Snapshot
from pipelines.contracts.store import INDEX_FILE, RELEASE_FILE, SNAPSHOT_FILE, TOMBSTONE_FILE, Store
from pipelines.release.edition import edition_index, read_edition
from pipelines.release.index import read_index

Progress = Callable[[str], None]


def verify_store(store: Store, progress: Progress = lambda _: None) -> list[Finding]:
    """What is broken in the store, in the order of the store; an empty list if nothing is.

    Reads every byte of every snapshot and release once. `progress` is told the name of each folder.
    """
    found: list[Finding] = []
    for path in sorted(store.snapshots.glob(f"*/*/{SNAPSHOT_FILE}")):
        progress(f"{path.parent.parent.name}/{path.parent.name}")
        found += _snapshot(path)
    for index in sorted(store.releases.glob(f"*/{INDEX_FILE}")):
        found += _dataset(store, index.parent.name, progress)
    return found + list(_editions(store))


def _snapshot(path: Path) -> Iterator[Finding]:
    snapshot = Snapshot.model_validate_json(path.read_bytes())
    for part in snapshot.parts:
        if part.withdrawn is None:
            yield from _file(path.parent / part.file, part.sha256, snapshot.source, part.name)


def _dataset(store: Store, dataset: str, progress: Progress) -> Iterator[Finding]:
    for entry in read_index(store, dataset).versions:
        folder = store.release(dataset, entry.version)
        progress(f"{dataset}/{entry.version}")
        if entry.status == "withdrawn":
            if not (folder / TOMBSTONE_FILE).exists():
                yield _damaged(dataset, f"{entry.version}/{TOMBSTONE_FILE}", "missing")
            continue
        record = folder / RELEASE_FILE
        if not record.exists():
            yield _damaged(dataset, f"{entry.version}/{RELEASE_FILE}", "missing")
            continue
        release = Release.model_validate_json(record.read_bytes())
        for fact in release.files:
            yield from _file(folder / fact.file, fact.sha256, dataset, f"{entry.version}/{fact.file}")
        known = {f.file for f in release.files} | {RELEASE_FILE}
        for stray in sorted(p.name for p in folder.iterdir() if p.name not in known):
            yield _damaged(dataset, f"{entry.version}/{stray}", "foreign")


def _file(path: Path, sha256: str, owner: str, name: str) -> Iterator[Finding]:
    if not path.exists():
        yield _damaged(owner, name, "missing")
    elif hash_file(path) != sha256:
        yield _damaged(owner, name, "changed")


def _damaged(dataset: str, part: str, reason: str) -> Finding:
    return finding("file-damaged", dataset=dataset, part=part, params={"reason": reason})


def _editions(store: Store) -> Iterator[Finding]:
    for entry in edition_index(store).editions:
        for dataset, version in read_edition(store, entry.edition).pins.items():
            # A version that its index no longer lists was pruned; that is no damage.
            listed = version in {v.version for v in read_index(store, dataset).versions}
            if listed and not store.release(dataset, version).exists():
                yield finding("edition-broken", value=entry.edition, dataset=dataset, part=version)
