"""Files on this machine: tables kept beside the source file, and folders into which somebody drops files.

What belongs here: which files a source of kind `facts` or `folder` has, and whether they may be taken now.
What does not: what is in them.
"""

import hashlib
import os
import shutil
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BufferedReader
from pathlib import Path, PurePosixPath

from pipelines.contracts.files import hash_file
from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.source import SourceFile
from pipelines.pull.snapshot import Fetched, FetchedPart, Work

_UNFINISHED = (".tmp", ".part", ".crdownload", ".download", ".filepart", ".swp")
_LOCKS = ("~$", ".~lock.")
"""How the lock files of Excel and LibreOffice begin."""


class BusyError(Exception):
    """Raised where a file is still being written or is open in a program; carries its name."""


def fetch_facts(project: Project, source: SourceFile, work: Work, held: dict[str, FetchedPart]) -> Fetched:
    """The tables of a `facts` source. Raises `FindingError` or `BusyError`."""
    here = _Here(project, source, project.root.resolve(), work, held)
    names = list(dict.fromkeys(source.part_of(feed) for feed in source.feeds))
    for name in names:
        _check_name(here, name)
    missing = [name for name in names if not (here.folder / name).exists()]
    if missing:
        raise FindingError(*(finding("source-file-missing", source=source.id, part=name) for name in missing))
    return Fetched([_take(here, name) for name in names], origin=f"sources/{source.id}")


def fetch_folder(project: Project, source: SourceFile, work: Work, held: dict[str, FetchedPart]) -> Fetched:
    """The files of a `folder` source that its feeds name.

    `held`: the parts of the current snapshot by name, which are not copied again. Raises `FindingError` if
    the folder or a file is not there, a pattern or file leads out of the folder, or a file cannot be read;
    `BusyError` if a file is still being written.
    """
    where = source.where or ""
    here = _Here(project, source, (project.root / where).resolve(), work, held)
    if not here.folder.is_dir():
        raise here.refused("source-folder-missing", where)
    names: dict[str, None] = {}
    for feed in source.feeds:
        pattern = source.part_of(feed)
        _check_name(here, pattern)
        matched = sorted(_matches(here.folder, pattern))
        if not matched:
            raise here.refused("source-file-missing", pattern)
        names.update(dict.fromkeys(matched))
    return Fetched([_take(here, name) for name in names], origin=where)


def name_matches(name: str, pattern: str) -> bool:
    """Whether a file's name, with `/` between folders, is one of `pattern`, folder by folder; `*` stops at `/`.

    A letter with an accent is the same however a program writes it (Unicode NFC).
    """
    names, patterns = (unicodedata.normalize("NFC", text).split("/") for text in (name, pattern))
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def _matches(folder: Path, pattern: str) -> Iterator[str]:
    depth = len(PurePosixPath(pattern).parts)
    for path in folder.glob("/".join("*" * depth)):
        name = path.relative_to(folder).as_posix()
        hidden = path.name.startswith((*_LOCKS, ".")) or path.name.lower().endswith(_UNFINISHED)
        if name_matches(name, pattern) and not hidden and not path.is_dir():
            yield name


def _check_name(here: "_Here", name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise here.refused("source-file-outside", name)


def _take(here: "_Here", name: str) -> FetchedPart:
    """One file as it is now; it must be a plain file inside the folder and stay the same meanwhile."""
    path = here.folder / name
    if path.is_symlink() or not path.resolve().is_relative_to(here.folder):
        raise here.refused("source-file-outside", name)
    # Excel leaves out the first two letters of a long name.
    locks = (f"~${path.name}", f"~${path.name[2:]}", f".~lock.{path.name}#")
    if any((path.parent / lock).exists() for lock in locks):
        raise BusyError(name)
    try:
        # Not blocking: a pipe with a file's name would be waited for without end.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            before = os.fstat(handle)
            here.check_plain(name, before)
            part = _hashed(here, name, stream)
        after = path.stat()
    except OSError as error:
        raise here.refused("source-unreadable", name, reason=error.strerror or error) from None
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (part.size, after.st_mtime_ns, after.st_ino):
        raise BusyError(name)
    return part


def _hashed(here: "_Here", name: str, stream: BufferedReader) -> FetchedPart:
    """The part: the bytes that the current snapshot holds already, or a copy in the work folder."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if (held := here.held.get(name)) and held.sha256 == digest:
        return held
    stream.seek(0)
    copy = here.work.new()
    with copy.open("wb") as out:
        shutil.copyfileobj(stream, out)
    return FetchedPart(name, copy, hash_file(copy), copy.stat().st_size)


@dataclass(frozen=True)
class _Here:
    """The folder that files are taken from, and what of them is held already."""

    project: Project
    source: SourceFile
    folder: Path
    work: Work
    held: dict[str, FetchedPart]

    def refused(self, code: str, name: str, **params: object) -> FindingError:
        return FindingError(finding(code, source=self.source.id, part=name, params=params))

    def check_plain(self, name: str, facts: os.stat_result) -> None:
        """Raises `FindingError` if the file is a device, a pipe or a folder, or is too large."""
        limit = self.project.settings.max_file_bytes
        if not stat.S_ISREG(facts.st_mode):
            raise self.refused("source-file-outside", name)
        if facts.st_size > limit:
            raise self.refused("source-too-large", name, count=facts.st_size, limit=limit)
