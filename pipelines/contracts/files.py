"""Bytes on disk: hashes, canonical JSON, and writes that are whole or not there.

What belongs here: the few ways in which any room writes a file. What does not: which files there are,
which is `contracts.store`.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def sha256_bytes(data: bytes) -> str:
    """The SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def hash_file(path: Path, algorithm: str = "sha256") -> str:
    """The hash of the file at `path`, read in pieces of 1 MiB; hexadecimal, lower case."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def canonical_json(value: Any) -> str:
    """`value` as JSON with one possible spelling: sorted keys, no spaces, UTF-8, dates as ISO text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def pretty_json(value: Any) -> str:
    """`value` as JSON that people read too: keys in the given order, two spaces, a final newline."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"


def write_atomic(path: Path, data: str | bytes) -> None:
    """Write `data` to `path` so that a reader sees the former file or the whole new one.

    The bytes and the rename are flushed to the disk before the call returns. Raises `OSError` (a full
    disk, a folder without rights) and then leaves the former file as it was.
    """
    raw = data.encode() if isinstance(data, str) else data
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush the names in `folder` to the disk, so that a rename survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move_into_place(built: Path, place: Path) -> None:
    """Rename the whole folder `built` to `place`, after its files and names have reached the disk.

    A file that also stands elsewhere under another name (a hard link) reached the disk there; only its
    new name is flushed, for thousands of them would take minutes.

    Raises `FileExistsError` when `place` holds something already: nothing in the store is replaced
    this way.
    """
    for path in [built, *built.rglob("*")]:
        if path.is_dir():
            sync_folder(path)
        elif path.stat().st_nlink == 1:
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        raise FileExistsError(place)
    built.rename(place)
    sync_folder(place.parent)


def replace_link(link: Path, target: str) -> None:
    """Point the symbolic link `link` at `target` (relative to its folder) in one atomic rename."""
    temporary = link.with_name(f".{link.name}.{secrets.token_hex(6)}.tmp")
    temporary.symlink_to(target)
    temporary.replace(link)
    sync_folder(link.parent)


def remove_tree(folder: Path) -> None:
    """Remove `folder` whole; it is renamed first, so that a reader never sees it half empty."""
    if not folder.exists():
        return
    doomed = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.gone")
    try:
        folder.rename(doomed)
    except OSError:
        # A full disk may refuse even a new name; removing is what makes room again.
        doomed = folder
    shutil.rmtree(doomed)


def read_json(path: Path) -> Any:
    """The JSON at `path`. Raises `FileNotFoundError` or `json.JSONDecodeError`."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_json_lines(path: Path) -> Iterator[Any]:
    """The values of a JSON Lines file, one by one; empty lines are passed over."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                yield json.loads(line)


def append_json_line(path: Path, value: Any) -> None:
    """Append one value to a JSON Lines file and flush it to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(canonical_json(value) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
