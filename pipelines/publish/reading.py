"""What is made once of a release so that the portal reads it fast: `reading/<dataset>/<version>/`.

What belongs here: making it of the files of a release alone, putting it into place, and sweeping what no version
stands behind. What does not: what its files are called and hold, which is `contracts.reading`, and reading them.

It is made of what was released and of nothing else, so the same release gives the same bytes, and it can be made
again at any time. It is built in `work/` and renamed into place: a version has a whole one or none.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.contracts.files import canonical_json, hash_file, move_into_place, read_json, remove_tree
from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.reading import (
    NUMERIC,
    READING_FILE,
    READING_FORMAT,
    ReadColumn,
    Reading,
    ReadTable,
)
from pipelines.contracts.records import Release
from pipelines.contracts.store import PACKAGE_FILE, Store, table_file
from pipelines.contracts.text import Text
from pipelines.publish.reading_columns import Extent, write_columns, write_keys
from pipelines.publish.reading_rows import write_csv_rows, write_json_rows
from pipelines.publish.reading_words import Searched, write_words
from pipelines.publish.shown import Version

WORK = "reading"
"""Folder under `work/` in which one is built."""
_READ = ("csv", "jsonl", "parquet")


def make_readings(store: Store, versions: Iterable[Version]) -> bool:
    """Make what is missing or of another format; whether anything was. Raises as `make_reading`."""
    due = [v for v in versions if not has_reading(store, v.release, v.digest)]
    for version in due:
        make_reading(store, version.release, version.digest)
    return bool(due)


def has_reading(store: Store, release: Release, digest: str) -> bool:
    """Whether what was made of a release is there, of this format and of this very `release.json`."""
    try:
        said = read_json(store.reading(release.dataset, release.version) / READING_FILE)
    except (FileNotFoundError, ValueError):
        return False
    return (said.get("format"), said.get("release")) == (READING_FORMAT, digest)


def make_reading(store: Store, release: Release, digest: str) -> Path:
    """Make the folder of a release anew and put it into place; returns it. `digest`: SHA-256 of its `release.json`.

    Raises `FindingError` (`release-damaged`) when a file that it is made of is not the one that was released, and
    `OSError` when the store cannot be written.
    """
    folder = store.release(release.dataset, release.version)
    _check(folder, release)
    resources = {r["name"]: r for r in read_json(folder / PACKAGE_FILE).get("resources", [])}
    built, place = store.work / WORK, store.reading(release.dataset, release.version)
    remove_tree(built)
    built.mkdir(parents=True)
    tables = [_table(folder, built, resources[name], rows) for name, rows in release.rows.items()]
    for table in tables:
        write_words(built, _searched(folder, table, resources[table.name]))
    reading = Reading(
        format=READING_FORMAT, dataset=release.dataset, version=release.version, release=digest, tables=tables
    )
    said = canonical_json(reading.model_dump(mode="json")) + "\n"
    (built / READING_FILE).write_text(said, encoding="utf-8", newline="\n")
    remove_tree(place)
    move_into_place(built, place)
    return place


def sweep_readings(store: Store, versions: Iterable[Version]) -> None:
    """Remove what a dead run left, and what was made of versions that are not among `versions`."""
    remove_tree(store.work / WORK)
    stay = {store.reading(v.release.dataset, v.release.version) for v in versions}
    for folder in store.readings.glob("*/*"):
        if folder not in stay:
            remove_tree(folder)
    for folder in store.readings.glob("*"):
        if not any(folder.iterdir()):
            folder.rmdir()


def _check(folder: Path, release: Release) -> None:
    read = {PACKAGE_FILE, *(table_file(name, extension) for name in release.rows for extension in _READ)}
    facts = {f.file: f.sha256 for f in release.files}
    wrong = [n for n in sorted(read) if not (folder / n).is_file() or hash_file(folder / n) != facts.get(n)]
    if wrong:
        raise FindingError(
            *(
                finding(
                    "release-damaged",
                    dataset=release.dataset,
                    value=release.version,
                    part=name,
                    params={"reason": "sha256"},
                )
                for name in wrong
            )
        )


def _table(folder: Path, built: Path, resource: dict[str, Any], rows: int) -> ReadTable:
    name, schema = resource["name"], resource["schema"]
    csv, jsonl, parquet = (folder / table_file(name, extension) for extension in _READ)
    key = schema.get("primaryKey", [])
    coded = {f["name"] for f in schema["fields"] if "vocabulary" in f}
    numeric = {f["name"] for f in schema["fields"] if f["type"] in NUMERIC}
    extents = write_columns(built, name, parquet, coded, numeric)
    write_keys(built, name, parquet, key)
    write_csv_rows(built / f"{name}.csv.npy", csv, rows)
    write_json_rows(built / f"{name}.jsonl.npy", jsonl, rows)
    columns = [_column(f, extent) for f, extent in zip(schema["fields"], extents, strict=True)]
    first, last = _bounds(resource, columns)
    return ReadTable(
        name=name,
        titles=resource["titles"],
        descriptions=resource["descriptions"],
        rows=rows,
        key=key,
        columns=columns,
        searched=[f["name"] for f in schema["fields"] if f["type"] == "string" and not f.get("edtf")],
        valid_from=first,
        valid_to=last,
    )


def _column(field: dict[str, Any], extent: Extent) -> ReadColumn:
    labels = _labels(field)
    return ReadColumn(
        name=field["name"],
        type=field["type"],
        titles=field["titles"],
        descriptions=field["descriptions"],
        distinct=extent.distinct,
        grouped=extent.grouped,
        empty=extent.empty,
        least=extent.least,
        most=extent.most,
        vocabulary=field.get("vocabulary"),
        codes={code: labels[code] for code in extent.codes if code in labels},
        allowed=field.get("constraints", {}).get("enum", []),
        unit=field.get("unit"),
    )


def _bounds(resource: dict[str, Any], columns: list[ReadColumn]) -> tuple[str | None, str | None]:
    """The columns with the first and the last day of a row: the derived bounds of the EDTF column that dates the rows.

    Where several might, it is the one that reaches over the very days which the release says that the table describes.
    """
    known = {c.name: c for c in columns}
    dated = [f["name"] for f in resource["schema"]["fields"] if f.get("edtf")]
    pairs = [(f"{n}_from", f"{n}_to") for n in dated if {f"{n}_from", f"{n}_to"} <= known.keys()]
    if len(pairs) > 1:
        told = (resource.get("describesFrom"), resource.get("describesUntil"))
        pairs = [pair for pair in pairs if _reach([known[name] for name in pair]) == told]
    return pairs[0] if len(pairs) == 1 else (None, None)


def _reach(columns: list[ReadColumn]) -> tuple[str | None, str | None]:
    """The first and the last day of several columns."""
    return (
        min((c.least for c in columns if c.least), default=None),
        max((c.most for c in columns if c.most), default=None),
    )


def _searched(folder: Path, table: ReadTable, resource: dict[str, Any]) -> Searched:
    fields = {f["name"]: f for f in resource["schema"]["fields"]}
    labels = {name: _labels(fields[name]) for name in table.searched if "vocabulary" in fields[name]}
    return Searched(table.name, table.rows, folder / table_file(table.name, "parquet"), table.searched, labels)


def _labels(field: dict[str, Any]) -> dict[str, Text]:
    return {code: Text.model_validate(text) for code, text in field.get("labels", {}).items()}
