"""An edition as one ZIP, fit for a repository that gives DOIs.

What belongs here: what the archive holds, and writing it while it is sent. What does not: the texts that describe it,
which are `bundle_texts`, and which version an edition pins.

Nothing is kept on the disk and no more than some pieces in memory. The same edition gives the same bytes: the times of
all entries are the moment at which it was made, and the order is fixed. The data are those of the permanent releases;
the database is there for the edition that is shown, whose tree alone is kept.
"""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import BinaryIO

from pipelines.contracts.files import canonical_json, pretty_json, read_json, sha256_bytes
from pipelines.contracts.reading import DATABASE_FILE
from pipelines.contracts.records import Edition
from pipelines.contracts.store import (
    CHANGES_FILE,
    CITATION_FILES,
    EDITION_FILE,
    PACKAGE_FILE,
    schema_file,
    table_file,
)
from portal.answer import Answer, Problem, media_type
from portal.bundle_texts import Told, written
from portal.site import Site

BUNDLE_FORMAT = 1
"""Raised when the same edition would be written differently; a part of the tag."""
SUMS_FILE = "SHA256SUMS"
CHUNK = 1 << 18
"""Bytes that are read at a time; what is sent at a time is at most twice that."""

_ABOUT = (PACKAGE_FILE, CHANGES_FILE, *CITATION_FILES)
_WORDS = {"iri", "titles", "descriptions", "publisher", "contact", "licence", "homepage", "stage"}
"""What the texts take from the catalogue."""
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Entry:
    """One file of the archive. `size` in bytes; `sha256` where it is known before it is read."""

    name: str
    content: bytes | Path | BinaryIO
    size: int
    sha256: str | None = None


def bundle(site: Site, edition: Edition) -> Answer:
    """The ZIP of an edition, written while it is sent; nothing is read of the data before.

    The archive of the edition that is shown loses its database when another follows, so only those of former editions
    may be kept for ever. Raises `Problem` 410 with the reason where a version of the edition was withdrawn, and
    `FileNotFoundError` where the database of the edition that is shown is being taken down.
    """
    _refuse_withdrawn(site, edition)
    shown = edition.edition == site.edition.edition
    # Opened now: the tree may go while the archive is sent.
    database = (site.tree / "editions" / edition.edition / DATABASE_FILE).open("rb", buffering=0) if shown else None
    name = f"{edition.edition}.zip"
    return Answer(
        _archive(_entries(site, edition, database), edition),
        media_type(name),
        etag=_tag(site, edition, shown),
        cache="edition" if shown else "version",
        filename=name,
    )


def address(site: Site, edition: Edition) -> str:
    """Where the edition is described."""
    return f"{site.base_url}/v1/editions/{edition.edition}"


def _refuse_withdrawn(site: Site, edition: Edition) -> None:
    for dataset, version in sorted(edition.pins.items()):
        try:
            site.version(dataset, version)
        except Problem as problem:
            if problem.status != 410:
                raise
            raise Problem(
                410,
                "edition-withdrawn",
                f"La edición {edition.edition} ya no se ofrece: contiene datos retirados de {dataset}. {problem.es}",
                f"Edition {edition.edition} is no longer offered: it holds withdrawn data of {dataset}. {problem.en}",
                dataset=dataset,
                version=version,
                **problem.more,
            ) from problem


def _tag(site: Site, edition: Edition, database: bool) -> str:
    """A strong tag: of all that the bytes depend on, zlib too, for another one may pack the same otherwise."""
    parts = [
        BUNDLE_FORMAT,
        zlib.ZLIB_RUNTIME_VERSION,
        edition.model_dump(mode="json"),
        site.catalogue.model_dump(mode="json", include=_WORDS),
        [site.etag(dataset, version) for dataset, version in sorted(edition.pins.items())],
        site.base_url,
        site.key if database else None,
    ]
    return sha256_bytes(canonical_json(parts).encode())[:32]


def _entries(site: Site, edition: Edition, database: BinaryIO | None) -> Iterator[Entry]:
    pins = sorted(edition.pins.items())
    told = Told(
        edition,
        site.catalogue,
        address(site, edition),
        [site.metadata(dataset, version) for dataset, version in pins],
        {dataset: read_json(site.folder(dataset, version) / PACKAGE_FILE) for dataset, version in pins},
        database is not None,
    )
    record = pretty_json(edition.model_dump(mode="json"))
    for name, text in {**written(told), EDITION_FILE: record}.items():
        data = text.encode()
        yield Entry(name, data, len(data))
    for dataset, version in pins:
        yield from _release(site, dataset, version)
    if database is not None:
        path = site.tree / "editions" / edition.edition / DATABASE_FILE
        with database:
            yield Entry(path.name, database, database.seek(0, io.SEEK_END))


def _release(site: Site, dataset: str, version: str) -> Iterator[Entry]:
    release = site.release(dataset, version)
    facts = {f.file: f for f in release.files}
    tables = (name for t in release.rows for name in (table_file(t, "csv"), schema_file(t)))
    # Releases of format 1 have no citation and no schema by itself.
    for name in (n for n in (*_ABOUT, *tables) if n in facts):
        path = site.folder(dataset, version) / name
        yield Entry(f"{dataset}/{name}", path, facts[name].size, facts[name].sha256)


class _Pipe:
    """What the archive is written to, and taken from; it cannot be sought, so sizes follow what they are of."""

    def __init__(self) -> None:
        self.held = 0
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self.held += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        out = b"".join(self._pieces)
        self._pieces.clear()
        self.held = 0
        return out


def _archive(entries: Iterator[Entry], edition: Edition) -> Iterator[bytes]:
    pipe = _Pipe()
    moment = edition.created.astimezone(UTC).timetuple()[:6]
    sums: list[str] = []
    with zipfile.ZipFile(pipe, "w") as packed:  # type: ignore[call-overload]
        for entry in entries:
            with packed.open(_info(entry, moment), "w") as out:
                digest = hashlib.sha256()
                for piece in _pieces(entry.content):
                    digest.update(piece)
                    out.write(piece)
                    if pipe.held >= CHUNK:
                        yield pipe.taken()
            if entry.sha256 not in {None, digest.hexdigest()}:
                # Before its end: whoever downloads it has no archive rather than a wrong one.
                raise OSError(f"{entry.name} is not what was released")
            sums.append(f"{digest.hexdigest()}  {entry.name}\n")
        packed.writestr(_info(Entry(SUMS_FILE, b"", 0), moment), "".join(sums))
    yield pipe.taken()


def _info(entry: Entry, moment: tuple[int, ...]) -> zipfile.ZipInfo:
    if not all(_PART.fullmatch(part) for part in entry.name.split("/")):
        raise ValueError(f"{entry.name!r} must not stand in an archive")
    info = zipfile.ZipInfo(entry.name, moment)  # type: ignore[arg-type]
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, wherever it is made
    info.external_attr = 0o100644 << 16
    # Tells whether Zip64 is needed, before the size is counted.
    info.file_size = entry.size
    return info


def _pieces(content: bytes | Path | BinaryIO) -> Iterator[bytes]:
    if isinstance(content, Path):
        with content.open("rb", buffering=0) as opened:
            yield from _pieces(opened)
        return
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    file.seek(0)
    while piece := file.read(CHUNK):
        yield piece
