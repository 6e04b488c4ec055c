"""A scan of the XML of a workbook, as a stream: how far its cells reach, and what is in them besides values.

What belongs here: XLSX (ECMA-376, part 1, 18.3) and ODS (OpenDocument 1.3, part 3, 9) as XML. What does
not: values, which a library reads.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse, parse

from pipelines.pull.reading import Reading

_MOST_KEPT = 1000
"""Formulas and errors of one sheet that are kept; a finding needs no more."""
_CELL = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")


@dataclass
class Scan:
    """What a sheet holds. `formulas` and `errors` are lines and columns as the program names them."""

    chosen: bool
    rows: int = 0
    columns: int = 0
    hidden: int = 0
    merged: int = 0
    formulas: list[tuple[int, str]] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)


def scan_workbook(reading: Reading) -> Iterator[Scan]:
    """One scan for each sheet. Raises `FindingError` if the XML is broken or declares entities."""
    try:
        with zipfile.ZipFile(reading.path) as archive:
            yield from _xlsx(reading, archive) if reading.format == "xlsx" else _ods(reading, archive)
    except (ParseError, DefusedXmlException, KeyError, UnicodeError, ValueError):
        raise reading.refused("source-broken") from None


def _xlsx(reading: Reading, archive: zipfile.ZipFile) -> Iterator[Scan]:
    targets = {}
    with archive.open("xl/_rels/workbook.xml.rels") as stream:
        for relation in _parsed(stream):
            targets[relation.get("Id")] = relation.get("Target", "")
    with archive.open("xl/workbook.xml") as stream:
        sheets = [e for e in _parsed(stream) if _local(e) == "sheet"]
    wanted = reading.dialect.sheet
    for number, sheet in enumerate(sheets):
        chosen = sheet.get("name") == wanted if wanted else number == 0
        target = targets[_attribute(sheet, "id")]
        member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        with archive.open(member) as stream:
            yield _xlsx_sheet(stream, Scan(chosen))


def _parsed(stream: IO[bytes]) -> list[Element]:
    """All elements of a small XML file."""
    return list(parse(stream).iter())


def _xlsx_sheet(stream: IO[bytes], scan: Scan) -> Scan:
    row = column = 0
    for event, element in _elements(stream):
        name = _local(element)
        if event == "start":
            if name == "row":
                row, column = int(element.get("r", row + 1)), 0
                scan.hidden += element.get("hidden") in ("1", "true")
            elif name == "c":
                row, column = _place(element.get("r"), row, column + 1)
        elif name == "c":
            _xlsx_cell(scan, element, row, column)
        elif name == "mergeCell":
            scan.merged += 1
    return scan


def _xlsx_cell(scan: Scan, element: Element, row: int, column: int) -> None:
    if not len(element):
        return
    scan.rows, scan.columns = max(scan.rows, row), max(scan.columns, column)
    if any(_local(child) == "f" for child in element):
        _keep(scan.formulas, row, column)
    elif element.get("t") == "e":
        _keep(scan.errors, row, column)


def _place(reference: str | None, row: int, column: int) -> tuple[int, int]:
    """Row and column of a cell; one without a reference follows the one before it."""
    if reference is None:
        return row, column
    parts = _CELL.match(reference)
    if parts is None:
        raise ValueError(reference)
    number = 0
    for letter in parts[1]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return int(parts[2]), number


def _ods(reading: Reading, archive: zipfile.ZipFile) -> Iterator[Scan]:
    wanted = reading.dialect.sheet
    scan: Scan | None = None
    number = row = column = 0
    with archive.open("content.xml") as stream:
        for event, element in _elements(stream):
            name = _local(element)
            if name == "table":
                if event == "end" and scan:
                    yield scan
                    scan = None
                elif event == "start":
                    chosen = _attribute(element, "name") == wanted if wanted else number == 0
                    scan, row, number = Scan(chosen), 0, number + 1
            elif scan is None:
                continue
            elif name == "table-row" and event == "start":
                row, column = row + 1, 0
                scan.hidden += _attribute(element, "visibility") in ("collapse", "filter")
            elif name == "table-row":
                row = _ods_row_end(scan, element, row)
            elif name in ("table-cell", "covered-table-cell") and event == "end":
                column = _ods_cell(scan, element, row, column)


def _ods_cell(scan: Scan, element: Element, row: int, column: int) -> int:
    """Take in a cell; the column of its last repetition."""
    last = column + _repeated(element, "number-columns-repeated")
    kind = _attribute(element, "value-type")
    if kind or len(element):
        scan.rows, scan.columns = max(scan.rows, row), max(scan.columns, last)
    if _attribute(element, "formula"):
        _keep(scan.formulas, row, column + 1)
    scan.merged += bool(_attribute(element, "number-columns-spanned") or _attribute(element, "number-rows-spanned"))
    return last


def _ods_row_end(scan: Scan, element: Element, row: int) -> int:
    last = row + _repeated(element, "number-rows-repeated") - 1
    if scan.rows == row:
        scan.rows = last
    return last


def _repeated(element: Element, name: str) -> int:
    return max(1, int(_attribute(element, name) or 1))


def _keep(kept: list[tuple[int, str]], row: int, column: int) -> None:
    if len(kept) < _MOST_KEPT:
        letters = ""
        while column:
            column, rest = divmod(column - 1, 26)
            letters = chr(ord("A") + rest) + letters
        kept.append((row, f"{letters}{row}"))


def _attribute(element: Element, name: str) -> str | None:
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), None)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _elements(stream: Any) -> Iterator[tuple[str, Element]]:
    """The elements of an XML file as they begin and end; rows that have ended are forgotten."""
    open_: list[Element] = []
    for event, element in iterparse(stream, events=("start", "end")):
        if event == "start":
            open_.append(element)
            yield event, element
            continue
        yield event, element
        open_.pop()
        if open_ and _local(element) not in ("f", "v", "is", "p"):
            open_[-1].remove(element)
