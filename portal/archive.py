"""An edition as one ZIP, fit for a repository that gives DOIs: the data, what the columns mean, how to cite, checksums.

What belongs here: what the archive holds, and writing it as it is sent. What does not: which version an edition pins.

The same edition gives the same bytes: moments come from it, and files in the order of their names. The database is that
of the current edition; of an older one there is none, for its tree is no longer served.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts.reading import DATABASE_FILE
from pipelines.contracts.records import Edition
from pipelines.contracts.store import (
    CHANGES_FILE,
    CITATION_FILES,
    METADATA_FILE,
    PACKAGE_FILE,
    RELEASE_FILE,
    table_file,
)
from pipelines.contracts.text import Lang
from portal.answer import Answer, Problem
from portal.site import Site

CHUNK = 1 << 18
_ABOUT = {METADATA_FILE, PACKAGE_FILE, RELEASE_FILE, CHANGES_FILE, *CITATION_FILES}
_CODEBOOK = (
    *("dataset", "table", "column", "type", "unit", "vocabulary"),
    *("title_es", "title_en", "description_es", "description_en"),
)
_CODES = ("dataset", "table", "column", "code", "label_es", "label_en")


def archive(site: Site, edition: Edition) -> Answer:
    """The ZIP of an edition, written while it is sent. Versions that were withdrawn are named and not there."""
    name = f"{edition.edition}.zip"
    tag = f"{site.key.removeprefix('tree-')}-{name}"
    return Answer(_written(site, edition), "application/zip", etag=tag, filename=name)


@dataclass
class _Pipe:
    """Where the archive is written to, and taken from."""

    pieces: list[bytes]

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        out = b"".join(self.pieces)
        self.pieces.clear()
        return out


def _written(site: Site, edition: Edition) -> Iterator[bytes]:
    pipe = _Pipe([])
    moment = edition.created.timetuple()[:6]
    sums: list[str] = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:  # type: ignore[call-overload]
        for name, content in _entries(site, edition):
            digest = hashlib.sha256()
            with packed.open(_entry(name, moment), "w", force_zip64=isinstance(content, Path)) as out:
                for piece in _pieces(content):
                    digest.update(piece)
                    out.write(piece)
                    yield pipe.taken()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        packed.writestr(_entry("SHA256SUMS", moment), "".join(sums))
    yield pipe.taken()


def _entry(name: str, moment: tuple[int, ...]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, moment)  # type: ignore[arg-type]
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def _entries(site: Site, edition: Edition) -> Iterator[tuple[str, bytes | Path]]:
    there, withdrawn = _versions(site, edition)
    yield "README.es.md", _readme(site, edition, there, withdrawn, "es")
    yield "README.en.md", _readme(site, edition, there, withdrawn, "en")
    yield "edition.json", json.dumps(edition.model_dump(mode="json"), indent=2).encode() + b"\n"
    yield "codebook.csv", _csv(_CODEBOOK, _columns(site, there))
    yield "codes.csv", _csv(_CODES, _codes(site, there))
    for dataset, version in there.items():
        folder = site.folder(dataset, version)
        files = {f.file for f in site.release(dataset, version).files}
        tables = {table_file(t, "csv") for t in site.release(dataset, version).rows}
        for file in sorted(((files & _ABOUT) | {RELEASE_FILE}) | tables):
            yield f"{dataset}/{file}", folder / file
    database = site.tree / "editions" / edition.edition / DATABASE_FILE
    if database.is_file():
        yield DATABASE_FILE, database


def _versions(site: Site, edition: Edition) -> tuple[dict[str, str], dict[str, str]]:
    there, withdrawn = {}, {}
    for dataset, version in sorted(edition.pins.items()):
        try:
            there[dataset] = site.version(dataset, version)
        except Problem:
            withdrawn[dataset] = version
    return there, withdrawn


def _columns(site: Site, there: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    for dataset, version in there.items():
        for table in site.metadata(dataset, version).tables:
            for c in table.fields:
                words = (c.titles.es, c.titles.en, c.descriptions.es, c.descriptions.en)
                yield (dataset, table.name, c.name, c.type, c.unit, c.vocabulary, *words)


def _codes(site: Site, there: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    for dataset, version in there.items():
        for table in site.reading(dataset, version).tables:
            for column in table.columns:
                for code, label in sorted(column.codes.items()):
                    yield dataset, table.name, column.name, code, label.es, label.en


def _csv(header: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def _readme(site: Site, edition: Edition, there: dict[str, str], withdrawn: dict[str, str], lang: Lang) -> bytes:
    es = lang == "es"
    about = site.catalogue
    day = edition.created.date().isoformat()
    cited = f"{about.publisher.name.get(lang)} ({edition.created.year}). {about.titles.get(lang)}"
    lines = [
        f"# {about.titles.get(lang)}: {'edición' if es else 'edition'} {edition.edition}",
        "",
        about.descriptions.get(lang),
        "",
        f"{'Fecha' if es else 'Date'}: {day}. {'Licencia' if es else 'Licence'}: <{about.licence}>",
        "",
        "## " + ("Cómo citarla" if es else "How to cite it"),
        "",
        f"{cited} ({'edición' if es else 'edition'} {edition.edition}) "
        f"[{'conjunto de datos' if es else 'data set'}]. {site.base_url}/v1/editions/{edition.edition}",
        "",
        "## " + ("Qué contiene" if es else "What it holds"),
        "",
        *[f"- `{d}/` {v}: {site.metadata(d, v).titles.get(lang)}" for d, v in there.items()],
        "- `codebook.csv`, `codes.csv`: "
        + ("qué es cada columna y cada código" if es else "what each column and each code is"),
        "- `SHA256SUMS`: `sha256sum -c SHA256SUMS`",
    ]
    gone = "versión retirada, no se incluye" if es else "withdrawn version, not included"
    lines += [f"- {d} {v}: {gone}" for d, v in withdrawn.items()]
    if about.stage == "example":
        lines += ["", "EJEMPLO: no es una publicación oficial." if es else "EXAMPLE: this is no official publication."]
    return ("\n".join(lines) + "\n").encode()
