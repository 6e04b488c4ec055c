"""Withdrawing: removing the bytes of a version that must not be public.

What belongs here: the one exception to immutability. What does not: the portal's tree, which the caller
publishes anew right after, so that no link to the bytes is left.

The tombstone comes first: from then on nothing shows the version, and a withdrawal that dies is finished by
the next run (`finish_withdrawals`). Then go: the parts of snapshots it was made from, unless another public
version of this dataset is made from the very same bytes; quarantine of its sources, all held candidates,
what the records of runs say of rows, work and cache; what following releases say of rows that only it
had; and last its own files. What cannot be reached from here is listed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.contracts.files import hash_file, pretty_json, read_json_lines, remove_tree, write_atomic
from pipelines.contracts.findings import catalogue
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
from pipelines.release.rollback import broken_keys

Lines = list[dict[str, Any]]
_OF_ROWS = ("value", "key", "params", "field", "row", "message_es", "message_en", "action_es", "action_en")
"""What a recorded finding may say of a row."""


@dataclass
class Withdrawn:
    """What `withdraw` removed and what it could not reach."""

    versions: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[Text] = field(default_factory=list)


def doomed_versions(store: Store, dataset: str, version: str | None) -> list[str]:
    """The versions that a withdrawal of `version` (all, if None) takes: it, and those with the very same rows.

    Raises `KeyError` when there is no such version.
    """
    versions = [v.version for v in read_index(store, dataset).versions]
    if not versions or version not in (None, *versions):
        raise KeyError(version or dataset)
    there = {v: r for v in versions if (r := _record(store, dataset, v))}
    prints = {r.data_fingerprint for v, r in there.items() if version in (None, v)}
    return [v for v in versions if version in (None, v) or (v in there and there[v].data_fingerprint in prints)]


def _record(store: Store, dataset: str, version: str) -> Release | None:
    exists = (store.release(dataset, version) / RELEASE_FILE).exists()
    return read_release(store, dataset, version) if exists else None


def withdraw(project: Project, dataset: str, version: str | None, reason: str, now: datetime) -> Withdrawn:
    """Withdraw one version of a dataset and those with the same rows, or all of them if `version` is None.

    The newest version left, if any, becomes the current one. Raises `KeyError` when there is no such version.
    """
    store = project.store
    named = doomed_versions(store, dataset, version)
    doomed = [r for v in named if (r := _record(store, dataset, v))]
    done = Withdrawn(versions=named)
    for release in doomed:
        _entomb(store, release, reason, now)
    _remove_parts(store, dataset, named, doomed, reason, done)
    _scrub_around(store, {i.source for r in doomed for i in r.inputs}, done)
    publish_indexes(store, [_without(read_index(store, dataset), named)], now)
    _scrub_successors(store, dataset, named, done)
    for release in doomed:
        _erase(store, release, done)
    done.kept += [*_out_of_reach(project, dataset), *_broken(project)]
    return done


def finish_withdrawals(project: Project, now: datetime) -> list[str]:
    """Finish every withdrawal that died after its tombstone; returns the names of the datasets."""
    store = project.store
    left = [p for p in store.releases.glob(f"*/*/{TOMBSTONE_FILE}") if (p.parent / RELEASE_FILE).exists()]
    for path in left:
        stone = Tombstone.model_validate_json(path.read_bytes())
        withdraw(project, stone.dataset, stone.version, stone.reason, stone.withdrawn)
    return sorted({p.parent.parent.name for p in left})


def _entomb(store: Store, release: Release, reason: str, now: datetime) -> None:
    path = store.release(release.dataset, release.version) / TOMBSTONE_FILE
    if path.exists():
        return
    stone = Tombstone(
        dataset=release.dataset,
        version=release.version,
        withdrawn=now,
        reason=reason,
        data_fingerprint=release.data_fingerprint,
    )
    write_atomic(path, pretty_json(stone.model_dump(mode="json")))


def _without(index: ReleaseIndex, named: list[str]) -> ReleaseIndex:
    versions = [v.model_copy(update={"status": "withdrawn"}) if v.version in named else v for v in index.versions]
    left = [v.version for v in versions if v.status == "published"]
    current = index.current if index.current in left else (left[-1] if left else None)
    return index.model_copy(update={"versions": versions, "current": current})


def _erase(store: Store, release: Release, done: Withdrawn) -> None:
    folder = store.release(release.dataset, release.version)
    # The record goes last: while it stands, the next run still knows that this is not finished.
    for path in sorted(folder.iterdir(), key=lambda p: p.name == RELEASE_FILE):
        if path.name != TOMBSTONE_FILE:
            path.unlink()
            done.removed.append(f"releases/{release.dataset}/{release.version}/{path.name}")


def _scrub_successors(store: Store, dataset: str, named: list[str], done: Withdrawn) -> None:
    """Take out of the releases that followed what they say of rows that only a withdrawn version had."""
    for entry in read_index(store, dataset).versions:
        release = _record(store, dataset, entry.version) if entry.status == "published" else None
        if release is None or release.predecessor not in named:
            continue
        folder = store.release(dataset, entry.version)
        _rewrite(folder / DELTA_FILE, lambda lines: [x for x in lines if x["change"] != "removed"])
        _rewrite(folder / FINDINGS_FILE, lambda lines: [x for x in lines if catalogue()[x["code"]].gate != "change"])
        facts = [f.model_copy(update=_fact(folder / f.file)) for f in release.files]
        # Compared with the record and not with what was just done, so that a call that died here is mended.
        if facts != release.files:
            record = release.model_copy(update={"files": facts})
            write_atomic(folder / RELEASE_FILE, pretty_json(record.model_dump(mode="json", exclude_none=True)))
            done.removed.append(f"releases/{dataset}/{entry.version} ({DELTA_FILE}, {FINDINGS_FILE})")


def _fact(path: Path) -> dict[str, object]:
    return {"sha256": hash_file(path), "sha1": hash_file(path, "sha1"), "size": path.stat().st_size}


def _rewrite(path: Path, change: Callable[[Lines], Lines]) -> bool:
    """Rewrite a JSON Lines file; whether anything of it changed."""
    lines = list(read_json_lines(path))
    stay = change(lines)
    if stay == lines:
        return False
    write_atomic(path, "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in stay))
    return True


def _remove_parts(
    store: Store, dataset: str, named: list[str], doomed: list[Release], reason: str, done: Withdrawn
) -> None:
    """Remove every stored edition of the parts that fed the versions, but those that a public version uses.

    A part that also feeds another dataset goes too: nobody knows which of its bytes must not be kept.
    """
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


def _scrub_around(store: Store, sources: set[str], done: Withdrawn) -> None:
    """Remove what other folders may hold of the rows: quarantine, held candidates, runs, work, caches.

    Findings about other datasets may name the rows too, so all records lose what they say of rows.
    """
    for folder in (*(store.quarantine / s for s in sorted(sources)), store.held, store.work, store.cache):
        if folder.exists():
            remove_tree(folder)
            done.removed.append(str(folder.relative_to(store.root)))
    for path in sorted(store.runs.glob(f"*/{FINDINGS_FILE}")):
        if _rewrite(path, lambda lines: [{k: v for k, v in x.items() if k not in _OF_ROWS} for x in lines]):
            done.removed.append(str(path.relative_to(store.root)))


def _out_of_reach(project: Project, dataset: str) -> list[Text]:
    fed = sorted({s.id for s, _ in project.feeds_of(project.datasets[dataset])}) if dataset in project.datasets else []
    out = [
        Text(
            es=f"La fuente «{s}»: quite de ella lo que no debe ser público antes de publicar. Las mismas filas se "
            "retienen; las mismas con otras nuevas, no.",
            en=f"The source '{s}': remove from it what must not be public before you publish. The same rows are "
            "held; the same with new ones are not.",
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


def _broken(project: Project) -> list[Text]:
    """What no longer holds in the edition that is left."""
    broken = broken_keys(project, {n: read_index(project.store, n).current for n in project.datasets})
    return [Text(es=f.what("es"), en=f.what("en")) for f in broken]
