"""The workbook of a table, for people: safe to open, with what must be known beside the rows.

What belongs here: the sheets and how cells are written so that nothing is lost or run. What does not:
the files for programs, which are `writers`.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.contracts.dataset import DataField, Resource
from pipelines.contracts.tables import number_text
from pipelines.contracts.text import LANGS, Text

Labels = dict[str, dict[str, Text]]
"""The labels of each code by scheme."""

_SHEET_ROWS = 1_048_575
"""Rows that an Excel sheet holds below its header."""
_CELL_CHARS = 32_767
"""Characters that an Excel cell holds."""
_EXACT = 10**15
"""Excel keeps 15 digits; a larger whole number is written as text."""
_CUT = " […] (CSV)"


def write_xlsx(
    path: Path, table: pd.DataFrame, resource: Resource, labels: Labels, until: date | None, at: datetime
) -> None:
    """Write a workbook: the table, then the sheets `about-columns`, `about-codes` and `about-coverage`.

    Nothing in it is a formula or a link: every text is written as text, so ids keep their zeros and
    `=1+1` stays four characters. `labels` are those of each scheme, `until` is the last day that the rows
    describe. `at` is the creation time in the file, so that the same release has the
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
        _write_rows(book, head, "about-columns", _codebook(resource))
        _write_rows(book, head, "about-codes", _codes(resource, labels))
        _write_rows(book, head, "about-coverage", _coverage(resource, until))
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
            exact = number_text(value) if field.type == "number" else str(value)
            sheet.write_string(*at, exact, formats["string"])
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


def _coverage(resource: Resource, until: date | None) -> list[list[str]]:
    rows = [
        ["subject", "coverage", "declared_total", "qualifier", "date", "document", "statement_es", "statement_en"],
    ]
    for entry in resource.coverage:
        d = entry.declared
        declared = [number_text(d.value), d.qualifier, d.date or "", d.document or ""] if d else ["", "", "", ""]
        rows.append(
            [entry.subject or "", entry.coverage, *declared, entry.statement.get("es"), entry.statement.get("en")]
        )
    texts = Text(es="Último día que describen estas filas.", en="Last day that these rows describe.")
    rows.append(["", "describes-until", "", "", until.isoformat() if until else "", "", *(texts.get(x) for x in LANGS)])
    return rows
