"""Snapshots: what a source gave, kept as it came.

What belongs here: which snapshot is the current one, keeping a new one, finding the bytes of a part, and
putting aside what could not be used. What does not: where bytes come from and what is in them.
"""

import re
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipelines.contracts.files import (
    canonical_json,
    hash_file,
    move_into_place,
    pretty_json,
    read_json,
    sha256_bytes,
    write_atomic,
)
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.records import HttpFacts, Part, Snapshot
from pipelines.contracts.store import CURRENT_FILE, FINDINGS_FILE, SNAPSHOT_FILE, Store

_ID_DIGITS = 16
PARTS = "parts"


@dataclass(frozen=True)
class FetchedPart:
    """One file that was fetched; `path` is where its bytes are now."""

    name: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Fetched:
    """What a source gave: its parts, where from, what the server said, and what is worth a warning."""

    parts: list[FetchedPart]
    origin: str
    http: HttpFacts | None = None
    found: list[Finding] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Hash of the names and hashes of the parts, 16 hexadecimal digits."""
        named = sorted([p.name, p.sha256] for p in self.parts)
        return sha256_bytes(canonical_json(named).encode())[:_ID_DIGITS]


def current_snapshot(store: Store, source_id: str) -> Snapshot | None:
    """The snapshot that the source gave last; None if it never gave one.

    Raises `FindingError` if the store names a snapshot that it does not hold whole.
    """
    pointer = store.snapshots / source_id / CURRENT_FILE
    if not pointer.exists():
        return None
    try:
        return load_snapshot(store, source_id, read_json(pointer)["snapshot"])
    except (OSError, ValueError, KeyError, TypeError):
        raise FindingError(finding("snapshot-damaged", source=source_id, part=CURRENT_FILE)) from None


def load_snapshot(store: Store, source_id: str, snapshot: str) -> Snapshot:
    """The snapshot of that id. Raises `FileNotFoundError`, or `ValueError` if its file is damaged."""
    text = (store.snapshot(source_id, snapshot) / SNAPSHOT_FILE).read_text(encoding="utf-8")
    return Snapshot.model_validate_json(text)


def part_path(store: Store, snapshot: Snapshot, part: Part) -> Path:
    """Where the bytes of `part` are, after they were hashed again.

    Raises `FindingError` if they were withdrawn, are missing, or are not what they were.
    """
    if part.withdrawn is not None:
        raise FindingError(
            finding("source-withdrawn", source=snapshot.source, part=part.name, params={"reason": part.withdrawn})
        )
    path = store.snapshot(snapshot.source, snapshot.snapshot) / part.file
    if not path.is_file() or hash_file(path) != part.sha256:
        raise FindingError(finding("snapshot-damaged", source=snapshot.source, part=part.name))
    return path


def keep(store: Store, source_id: str, fetched: Fetched, now: datetime) -> Snapshot:
    """Make `fetched` the current snapshot. One with the same parts that is there already is taken as it is.

    Bytes that were withdrawn do not come back: their part is recorded as withdrawn, without bytes, until
    the source gives other ones. Raises `OSError` (a full disk) and then leaves the current snapshot as it
    was; `FindingError` if the snapshot that is there already is damaged.
    """
    place = store.snapshot(source_id, fetched.id)
    if not (place / SNAPSHOT_FILE).exists():
        _build(store, source_id, fetched, now)
    snapshot = load_snapshot(store, source_id, fetched.id)
    for part in snapshot.parts:
        if part.withdrawn is None:
            part_path(store, snapshot, part)
    pointer = store.snapshots / source_id / CURRENT_FILE
    write_atomic(pointer, pretty_json({"snapshot": snapshot.snapshot, "since": now.isoformat()}))
    return snapshot


def _build(store: Store, source_id: str, fetched: Fetched, now: datetime) -> None:
    withdrawn = _withdrawn(store, source_id)
    with Work(store, source_id) as work:
        built = work.new()
        (built / PARTS).mkdir(parents=True)
        parts = []
        for number, part in enumerate(sorted(fetched.parts, key=lambda p: p.name), 1):
            file, reason = f"{PARTS}/{number}", withdrawn.get(part.sha256)
            if reason is None:
                shutil.copyfile(part.path, built / file)
            parts.append(Part(name=part.name, file=file, sha256=part.sha256, size=part.size, withdrawn=reason))
        snapshot = Snapshot(
            source=source_id, snapshot=fetched.id, taken=now, origin=fetched.origin, http=fetched.http, parts=parts
        )
        write_atomic(built / SNAPSHOT_FILE, pretty_json(snapshot.model_dump(mode="json")))
        move_into_place(built, store.snapshot(source_id, fetched.id))


def _withdrawn(store: Store, source_id: str) -> dict[str, str]:
    """The hashes of all bytes of the source that were withdrawn, with the reasons."""
    out = {}
    for path in sorted((store.snapshots / source_id).glob(f"*/{SNAPSHOT_FILE}")):
        for part in load_snapshot(store, source_id, path.parent.name).parts:
            if part.withdrawn is not None:
                out[part.sha256] = part.withdrawn
    return out


class Work:
    """A folder of its own under `work/`, made when first needed and removed at the end."""

    def __init__(self, store: Store, source_id: str) -> None:
        """Nothing is written yet."""
        self.folder = store.work / f"pull-{source_id}-{secrets.token_hex(6)}"
        self._files = 0

    def __enter__(self) -> "Work":
        """The same."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder and all that is in it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def new(self) -> Path:
        """The path of a new file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._files += 1
        return self.folder / str(self._files)


def put_aside(store: Store, source_id: str, fetched: Fetched, found: list[Finding]) -> None:
    """Keep the raw bytes of the parts that `found` refuses, and the findings beside them, for the operator."""
    folder = store.quarantine / source_id / fetched.id
    refused = {f.part for f in found if f.blocks}
    names = set()
    for number, part in enumerate(sorted(fetched.parts, key=lambda p: p.name), 1):
        name = f"{number}-{re.sub(r'[^A-Za-z0-9._-]+', '_', part.name)[-80:]}"
        names.add(name)
        if part.name in refused and not (folder / name).exists():
            write_atomic(folder / name, part.path.read_bytes())
    lines = "".join(canonical_json(f.as_row()) + "\n" for f in found)
    if not (folder / FINDINGS_FILE).exists() or (folder / FINDINGS_FILE).read_text(encoding="utf-8") != lines:
        write_atomic(folder / FINDINGS_FILE, lines)
