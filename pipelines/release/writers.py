"""The files of a table: CSV, JSON Lines, Parquet, and a workbook that is safe to open.

What belongs here: turning a tidy table into bytes that are the same for the same table. What does not:
which columns are public, which the caller has already chosen.
"""

import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.contracts.dataset import DataField, Resource
from pipelines.contracts.tables import as_text, number_text, public
from pipelines.contracts.text import LANGS, Text

_CHUNK = 50_000
_SHEET_ROWS = 1_048_575
"""Rows that an Excel sheet holds below its header."""
_CELL_CHARS = 32_767
"""Characters that an Excel cell holds."""
_EXACT = 10**15
"""Excel keeps 15 digits; a larger whole number is written as text."""
_CUT = " […] (CSV)"


def csv_chunks(table: pd.DataFrame, resource: Resource) -> Iterator[bytes]:
    """The published columns as CSV in pieces: RFC 4180, UTF-8 without mark, comma, CRLF, empty for none."""
    text = pd.DataFrame({f.name: as_text(table[f.name]) for f in resource.public_fields})
    for start in range(0, max(len(text), 1), _CHUNK):
        buffer = io.StringIO(newline="")
        part = text.iloc[start : start + _CHUNK]
        part.to_csv(buffer, index=False, header=start == 0, lineterminator="\r\n", na_rep="")
        yield buffer.getvalue().encode()


def write_csv(path: Path, table: pd.DataFrame, resource: Resource) -> None:
    """Write the published columns as CSV; see `csv_chunks`."""
    with path.open("xb") as stream:
        for piece in csv_chunks(table, resource):
            stream.write(piece)


def write_jsonl(path: Path, table: pd.DataFrame, resource: Resource) -> None:
    """Write one JSON object a row: numbers and booleans as such, dates as ISO text, null for none."""
    names = [json.dumps(f.name) for f in resource.public_fields]
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        for start in range(0, len(table), _CHUNK):
            part = table.iloc[start : start + _CHUNK]
            columns = [_json_cells(part[f.name], f) for f in resource.public_fields]
            for row in zip(*columns, strict=True):
                stream.write("{" + ", ".join(f"{n}: {v}" for n, v in zip(names, row, strict=True)) + "}\n")


def _json_cells(column: pd.Series, field: DataField) -> list[str]:
    text = as_text(column)
    if field.type in ("string", "date", "datetime"):
        text = text.map(lambda v: json.dumps(v, ensure_ascii=False), na_action="ignore")
    return ["null" if v is pd.NA else str(v) for v in text.astype(object)]


def write_parquet(path: Path, table: pd.DataFrame, resource: Resource) -> None:
    """Write the published columns as Parquet with their types; no index and no pandas metadata."""
    arrow = pa.Table.from_pandas(public(table, resource), preserve_index=False)
    fields = [pa.field(f.name, _ARROW[f.type]) for f in resource.public_fields]
    pq.write_table(arrow.cast(pa.schema(fields)), path, compression="zstd", version="2.6")


_ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "year": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}


def write_xlsx(
    path: Path, table: pd.DataFrame, resource: Resource, labels: dict[str, dict[str, Text]], at: datetime
) -> None:
    """Write a workbook: the table, then the sheets `columns`, `codes` and `coverage`.

    Nothing in it is a formula or a link: every text is written as text, so ids keep their zeros and
    `=1+1` stays four characters. `at` is the creation time in the file, so that the same release has the
    same bytes. A table longer than a sheet goes on in the next one; a cell longer than Excel allows is
    cut with a mark that points to the CSV, which has it whole.
    """
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with path.open("xb") as stream:
        # One temporary file a sheet keeps memory flat; xlsxwriter then packs them.
        book = xlsxwriter.Workbook(stream, options)
        book.set_properties({"title": resource.titles.es, "created": at.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1})
        for number, start in enumerate(range(0, max(len(table), 1), _SHEET_ROWS), 1):
            name = resource.name[:28] + ("" if number == 1 else f"_{number}")
            _write_table(book, head, name, table.iloc[start : start + _SHEET_ROWS], resource)
        _write_rows(book, head, "columns", _codebook(resource))
        _write_rows(book, head, "codes", _codes(resource, labels))
        _write_rows(book, head, "coverage", _coverage(table, resource))
        book.close()


def _write_table(book: Any, head: Any, name: str, table: pd.DataFrame, resource: Resource) -> None:
    sheet = book.add_worksheet(name)
    formats = {"date": book.add_format({"num_format": "yyyy-mm-dd"}), "string": book.add_format({"num_format": "@"})}
    fields = resource.public_fields
    sheet.freeze_panes(1, 0)
    for position, field in enumerate(fields):
        sheet.set_column(position, position, 24, formats.get(field.type))
        sheet.write_string(0, position, field.name, head)
    columns = [table[f.name].astype(object).tolist() for f in fields]
    for line, row in enumerate(zip(*columns, strict=True), 1):
        for position, (field, value) in enumerate(zip(fields, row, strict=True)):
            if value is not pd.NA and value is not None:
                _write_cell(sheet, (line, position), field, value, formats)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(fields) - 1)


def _write_cell(sheet: Any, at: tuple[int, int], field: DataField, value: Any, formats: dict[str, Any]) -> None:
    if field.type in ("integer", "number", "year"):
        if abs(value) < _EXACT:
            sheet.write_number(*at, value)
        else:
            sheet.write_string(*at, number_text(value), formats["string"])
    elif field.type == "boolean":
        sheet.write_boolean(*at, bool(value))
    elif field.type == "date" and isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(*at, value, formats["date"])
    else:
        sheet.write_string(*at, _fit(_iso(value)), formats["string"])


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _fit(text: str) -> str:
    return text if len(text) <= _CELL_CHARS else text[: _CELL_CHARS - len(_CUT)] + _CUT


def _write_rows(book: Any, head: Any, name: str, rows: list[list[str]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(rows[0]) - 1, 32)
    for line, row in enumerate(rows):
        for position, value in enumerate(row):
            sheet.write_string(line, position, _fit(value), head if line == 0 else None)


def _codebook(resource: Resource) -> list[list[str]]:
    rows = [["column", "type", "title_es", "title_en", "description_es", "description_en", "vocabulary"]]
    for f in resource.public_fields:
        row = [f.name, f.type, f.titles.es, f.titles.en, f.descriptions.es, f.descriptions.en, f.vocabulary or ""]
        rows.append(row)
    return rows


def _codes(resource: Resource, labels: dict[str, dict[str, Text]]) -> list[list[str]]:
    rows = [["column", "code", "label_es", "label_en"]]
    for field in resource.public_fields:
        for code, label in labels.get(field.vocabulary or "", {}).items():
            rows.append([field.name, code, label.es, label.en])
    return rows


def _coverage(table: pd.DataFrame, resource: Resource) -> list[list[str]]:
    rows = [
        ["subject", "coverage", "declared_total", "qualifier", "date", "document", "statement_es", "statement_en"],
    ]
    for entry in resource.coverage:
        d = entry.declared
        declared = [number_text(d.value), d.qualifier, d.date, d.document or ""] if d else ["", "", "", ""]
        rows.append(
            [entry.subject or "", entry.coverage, *declared, entry.statement.get("es"), entry.statement.get("en")]
        )
    until = described_until(table, resource)
    texts = Text(es="Último día que describen estas filas.", en="Last day that these rows describe.")
    rows.append(["", "describes-until", "", "", until.isoformat() if until else "", "", *(texts.get(x) for x in LANGS)])
    return rows


def described_until(table: pd.DataFrame, resource: Resource) -> date | None:
    """The last day that the rows describe, from the bounds of the temporal column; None if none says.

    An open end (`2022-07-04/..`) counts with its first day: what is said to go on is known up to there.
    """
    if resource.temporal_column is None or table.empty:
        return None
    ends = [table[f"{resource.temporal_column}_{end}"].dropna() for end in ("from", "to")]
    days = [column.max() for column in ends if len(column)]
    latest = max(days) if days else None
    return latest.date() if isinstance(latest, datetime) else latest
