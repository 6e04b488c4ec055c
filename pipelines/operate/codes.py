"""Bringing a list of codes up to date from the table itself.

What belongs here: reading a SKOS or CSV file, what has changed, and writing `vocab/codes/`. What does not:
what follows from a code, which is `check.codes`.
"""

import csv
import io
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipelines.check.catalogue.codes import (
    CODE_COLUMNS,
    COLUMNS,
    DEPRECATED,
    FOLDER,
    TABLES_FILE,
    CodeTable,
    load_codes,
)
from pipelines.check.catalogue.graph import Described, Value, read_graph
from pipelines.contracts.files import write_atomic
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.text import LANGS, Text
from pipelines.operate.judge import read_place, syntax_of

_VERSION_DAY = 8
"""Digits of the day with which the EU numbers its tables: 20240925-0."""
_CODE = re.compile(r"(?!\.)[^\s\"<>]+")
"""What can stand at the end of an address: `CSV`, `text/csv`, `Pais/España`."""
_NO_COLUMN = Text(es="le falta la columna «code»", en="it has no column `code`")


@dataclass(frozen=True)
class CodesChange:
    """What a newer list changes: codes that are new, gone, or newly deprecated; and its date."""

    table: str
    date: date
    codes: int
    added: list[str]
    removed: list[str]
    deprecated: list[str]


class UnknownTableError(Exception):
    """Raised for a list that the project does not have; the text lists those that it has."""


def update_codes(project: Project, name: str, place: str, today: date, complete: bool = True) -> CodesChange:
    """Replace the list `name` by the one at `place` (a path or an address; SKOS in RDF, or CSV with `code`).

    `complete`: whether the new list has all codes of the table. Its date is the version that it states, else
    `today`. Raises `UnknownTableError`, and `FindingError` if the list cannot be read or has no codes.
    """
    vocab = project.root / "vocab"
    tables = dict(load_codes(vocab).tables)
    if name not in tables:
        raise UnknownTableError(", ".join(tables))
    old = tables[name]
    with tempfile.TemporaryDirectory() as folder:
        data, base = read_place(project, place, Path(folder))
    codes, version = _read(old, place, data, base)
    if not codes:
        raise FindingError(_unreadable(name, _none(old)))
    if wrong := sorted(c for c, status in codes.items() if not _CODE.fullmatch(c) or status not in ("", DEPRECATED)):
        raise FindingError(_unreadable(name, _malformed(wrong[0], codes[wrong[0]])))
    new = replace(old, codes=codes, date=version or today, complete=complete)
    tables[name] = new
    _write(vocab / FOLDER, new, tables)
    return CodesChange(
        name,
        new.date,
        len(codes),
        added=sorted(set(codes) - set(old.codes)),
        removed=sorted(set(old.codes) - set(codes)),
        deprecated=sorted(
            c for c, s in codes.items() if s == DEPRECATED and old.codes.get(c) not in (None, DEPRECATED)
        ),
    )


def _read(table: CodeTable, place: str, data: bytes, base: str | None) -> tuple[dict[str, str], date | None]:
    """The codes with their status, and the day of the version if the file states it."""
    if place.partition("?")[0].lower().endswith(".csv"):
        return _csv(table, data), None
    graph = read_graph(data, syntax_of(place.partition("?")[0], data, place), base)
    if graph.findings:
        found = graph.findings[0]
        raise FindingError(finding("codes-unreadable", part=f"vocab/{FOLDER}/{table.name}.csv", params=found.params))
    codes = {
        node.removeprefix(table.prefix): DEPRECATED if _deprecated(graph, node) else ""
        for node in graph.facts
        if node.startswith(table.prefix) and len(node) > len(table.prefix) and graph.values(node, "skos:inScheme")
    }
    return codes, _version(graph)


def _csv(table: CodeTable, data: bytes) -> dict[str, str]:
    """Codes of a CSV file, written as codes or as whole IRIs."""
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        return {row["code"].removeprefix(table.prefix): row.get("status") or "" for row in rows}
    except KeyError as error:
        raise FindingError(_unreadable(table.name, _NO_COLUMN)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FindingError(_unreadable(table.name, Text(es=str(error), en=str(error)))) from error


def _deprecated(graph: Described, node: str) -> bool:
    """The EU says so with `at:deprecated` or `owl:deprecated`, or with a status of its own."""
    for name, values in graph.facts[node].items():
        if name.endswith(("#deprecated", "/deprecated")):
            return any(isinstance(v, Value) and v.value in ("true", "1") for v in values)
        if name.endswith("#status"):
            return any(isinstance(v, str) and v.endswith(("/DEPRECATED", "/RETIRED")) for v in values)
    return False


def _version(graph: Described) -> date | None:
    for node in graph.facts:
        for value in graph.values(node, "owl:versionInfo"):
            digits = value.value[:_VERSION_DAY] if isinstance(value, Value) else ""
            # Other numbers of eight digits are no day; then the day of the update stands.
            with suppress(ValueError):
                return date.fromisoformat(digits if len(digits) == _VERSION_DAY else "")
    return None


def _write(folder: Path, table: CodeTable, tables: dict[str, CodeTable]) -> None:
    """The list first, then the register that dates it: killed between the two, the date is the older one."""
    write_atomic(
        folder / f"{table.name}.csv", _text(CODE_COLUMNS, [list(item) for item in sorted(table.codes.items())])
    )
    rows = [
        [t.name, t.prefix, "yes" if t.complete else "no", t.date.isoformat(), t.origin]
        for t in sorted(tables.values(), key=lambda t: t.name)
    ]
    write_atomic(folder / TABLES_FILE, _text(COLUMNS, rows))


def _text(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _none(table: CodeTable) -> Text:
    if not table.prefix:
        return Text(es="no hay ningún código", en="there is no code")
    return Text(es=f"ningún código empieza por {table.prefix}", en=f"no code begins with {table.prefix}")


def _malformed(code: str, status: str) -> Text:
    return Text(
        es=f"«{code}» no es un código, o su estado «{status}» no es vacío ni {DEPRECATED}",
        en=f"'{code}' is no code, or its status '{status}' is neither empty nor {DEPRECATED}",
    )


def _unreadable(table: str, reason: Text) -> Finding:
    reasons = {f"reason_{lang}": reason.get(lang) for lang in LANGS}
    return finding("codes-unreadable", part=f"vocab/{FOLDER}/{table}.csv", params=reasons)
