"""Withdrawing: removing the bytes of a version that must not be public.

What belongs here: the one exception to immutability. What does not: the portal's tree, which the caller
publishes anew right after, so that no link to the bytes is left.

Removed are: the release folder (a tombstone stays), what the next version's delta says of it, the parts
of snapshots it was made from unless a version that stays public is made from the very same bytes,
everything in quarantine of its sources, its held candidates, findings about it in the records of runs,
and the work and cache folders. What cannot be reached from here is listed.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipelines.contracts.files import (
    hash_file,
    pretty_json,
    read_json_lines,
    remove_tree,
    write_atomic,
)
from pipelines.contracts.project import Project
from pipelines.contracts.records import Release, ReleaseIndex, Snapshot, Tombstone
from pipelines.contracts.store import (
    DELTA_FILE,
    FINDINGS_FILE,
    RELEASE_FILE,
    SNAPSHOT_FILE,
    TOMBSTONE_FILE,
    Store,
)
from pipelines.contracts.text import Text
from pipelines.release.commit import publish_indexes
from pipelines.release.index import read_index, read_release


@dataclass
class Withdrawn:
    """What `withdraw` removed and what it could not reach."""

    versions: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[Text] = field(default_factory=list)


def withdraw(project: Project, dataset: str, version: str | None, reason: str, now: datetime) -> Withdrawn:
    """Withdraw one version of a dataset, or all of them if `version` is None.

    The newest version left, if any, becomes the current one. Safe to repeat: a call that died is
    finished by the next one with the same words. Raises `KeyError` when there is no such version.
    """
    store = project.store
    index = read_index(store, dataset)
    named = [v.version for v in index.versions if version in (None, v.version)]
    if not named:
        raise KeyError(version or dataset)
    done = Withdrawn(versions=named)
    doomed = [read_release(store, dataset, v) for v in named if (store.release(dataset, v) / RELEASE_FILE).exists()]
    # The bytes they were made from go first: their list stands in the folders that go last.
    _remove_parts(store, dataset, named, doomed, reason, done)
    _scrub_around(store, dataset, {i.source for r in doomed for i in r.inputs}, done)
    for release in doomed:
        _entomb(store, release, reason, now)
    publish_indexes(store, [_without(index, named)], now)
    for release in doomed:
        _erase(store, release, done)
    _scrub_successors(store, dataset, named, done)
    done.kept += _out_of_reach(project, dataset)
    return done


def _without(index: ReleaseIndex, named: list[str]) -> ReleaseIndex:
    versions = [v.model_copy(update={"status": "withdrawn"}) if v.version in named else v for v in index.versions]
    left = [v.version for v in versions if v.status == "published"]
    current = index.current if index.current in left else (left[-1] if left else None)
    return index.model_copy(update={"versions": versions, "current": current})


def _entomb(store: Store, release: Release, reason: str, now: datetime) -> None:
    stone = Tombstone(
        dataset=release.dataset,
        version=release.version,
        withdrawn=now,
        reason=reason,
        data_fingerprint=release.data_fingerprint,
    )
    path = store.release(release.dataset, release.version) / TOMBSTONE_FILE
    write_atomic(path, pretty_json(stone.model_dump(mode="json")))


def _erase(store: Store, release: Release, done: Withdrawn) -> None:
    folder = store.release(release.dataset, release.version)
    # The record goes last: while it stands, a repeated call still knows what else to remove.
    for path in sorted(folder.iterdir(), key=lambda p: p.name == RELEASE_FILE):
        if path.name != TOMBSTONE_FILE:
            path.unlink()
            done.removed.append(f"releases/{release.dataset}/{release.version}/{path.name}")


def _scrub_successors(store: Store, dataset: str, named: list[str], done: Withdrawn) -> None:
    """Take out of the following delta the keys of rows that only the withdrawn version had."""
    for entry in read_index(store, dataset).versions:
        folder = store.release(dataset, entry.version)
        if entry.status == "withdrawn" or not (folder / RELEASE_FILE).exists():
            continue
        release = read_release(store, dataset, entry.version)
        if release.predecessor not in named:
            continue
        lines = list(read_json_lines(folder / DELTA_FILE))
        stay = [line for line in lines if line["change"] != "removed"]
        if len(stay) == len(lines):
            continue
        path = folder / DELTA_FILE
        write_atomic(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in stay))
        fact = {"sha256": hash_file(path), "sha1": hash_file(path, "sha1"), "size": path.stat().st_size}
        files = [f.model_copy(update=fact) if f.file == DELTA_FILE else f for f in release.files]
        record = release.model_copy(update={"files": files})
        write_atomic(folder / RELEASE_FILE, pretty_json(record.model_dump(mode="json", exclude_none=True)))
        done.removed.append(f"releases/{dataset}/{entry.version}/{DELTA_FILE} (removed rows)")


def _remove_parts(
    store: Store, dataset: str, named: list[str], doomed: list[Release], reason: str, done: Withdrawn
) -> None:
    """Remove every stored edition of the parts that fed the version, but those that a public version uses."""
    stays = _used_by_others(store, dataset, named)
    parts = {(i.source, i.part) for release in doomed for i in release.inputs}
    for source in sorted({s for s, _ in parts}):
        for path in sorted((store.snapshots / source).glob(f"*/{SNAPSHOT_FILE}")):
            _empty_snapshot(path, {p for s, p in parts if s == source}, stays, reason, done)


def _used_by_others(store: Store, dataset: str, named: list[str]) -> set[str]:
    out: set[str] = set()
    for entry in read_index(store, dataset).versions:
        if entry.status == "published" and entry.version not in named:
            out |= {i.sha256 for i in read_release(store, dataset, entry.version).inputs}
    return out


def _empty_snapshot(path: Path, parts: set[str], stays: set[str], reason: str, done: Withdrawn) -> None:
    snapshot = Snapshot.model_validate_json(path.read_bytes())
    changed = []
    for part in snapshot.parts:
        gone = part.name in parts and part.sha256 not in stays and part.withdrawn is None
        if gone:
            (path.parent / part.file).unlink(missing_ok=True)
            done.removed.append(f"snapshots/{snapshot.source}/{snapshot.snapshot}/{part.name}")
        changed.append(part.model_copy(update={"withdrawn": reason}) if gone else part)
    if changed != snapshot.parts:
        record = snapshot.model_copy(update={"parts": changed})
        write_atomic(path, pretty_json(record.model_dump(mode="json", exclude_none=True)))


def _scrub_around(store: Store, dataset: str, sources: set[str], done: Withdrawn) -> None:
    """Remove what other folders may hold of the data: quarantine, held candidates, findings, caches."""
    folders = [store.quarantine / s for s in sorted(sources)]
    for folder in (*folders, store.held / dataset, store.work, store.cache):
        if folder.exists():
            remove_tree(folder)
            done.removed.append(str(folder.relative_to(store.root)))
    for path in sorted(store.runs.glob(f"*/{FINDINGS_FILE}")):
        lines = list(read_json_lines(path))
        stay = [x for x in lines if x.get("dataset") != dataset and x.get("source") not in sources]
        if len(stay) != len(lines):
            write_atomic(path, "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in stay))
            done.removed.append(str(path.relative_to(store.root)) + f" ({dataset})")


def _out_of_reach(project: Project, dataset: str) -> list[Text]:
    fed = sorted({s.id for s, _ in project.feeds_of(project.datasets[dataset])}) if dataset in project.datasets else []
    out = [
        Text(
            es=f"La fuente «{s}»: quite de ella lo que no debe ser público, o se retendrá en la próxima ejecución.",
            en=f"The source '{s}': remove from it what must not be public, or it will be held at the next run.",
        )
        for s in fed
    ]
    out.append(
        Text(
            es="Copias de seguridad, historial de git de sources/, cachés intermedias y quien ya lo haya descargado.",
            en="Backups, the git history of sources/, caches in between, and whoever has already downloaded it.",
        )
    )
    return out
