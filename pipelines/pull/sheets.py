"""A scan of the XML of a workbook, as a stream: how far its cells reach, and what is in them besides values.

What belongs here: XLSX (ECMA-376, part 1, 18.3) and ODS (OpenDocument 1.3, part 3, 9) as XML. What does
not: values, which a library reads.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import parse

from pipelines.pull.reading import Reading

_CHUNK = 1 << 18
_MOST_KEPT = 1000
"""Formulas and errors of one sheet that are kept; a finding needs no more."""
_CELL = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")


@dataclass
class Scan:
    """What a sheet holds. `formulas` and `errors` are lines and cells as the program names them."""

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
    except (expat.ExpatError, ParseError, DefusedXmlException, KeyError, UnicodeError, ValueError):
        raise reading.refused("source-broken") from None


def _xlsx(reading: Reading, archive: zipfile.ZipFile) -> Iterator[Scan]:
    targets = {e.get("Id"): e.get("Target", "") for e in _parsed(archive, "xl/_rels/workbook.xml.rels")}
    sheets = [e for e in _parsed(archive, "xl/workbook.xml") if _local(e.tag) == "sheet"]
    wanted = reading.dialect.sheet
    for number, sheet in enumerate(sheets):
        chosen = sheet.get("name") == wanted if wanted else number == 0
        target = targets[_named(sheet.attrib).get("id")]
        member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        one = _XlsxSheet(Scan(chosen))
        with archive.open(member) as stream:
            _feed(stream, one)
        yield one.scan


def _ods(reading: Reading, archive: zipfile.ZipFile) -> Iterator[Scan]:
    book = _OdsBook(reading.dialect.sheet)
    with archive.open("content.xml") as stream:
        _feed(stream, book)
    yield from book.scans


def _parsed(archive: zipfile.ZipFile, member: str) -> list[Element]:
    """All elements of a small XML file."""
    with archive.open(member) as stream:
        return list(parse(stream).iter())


class _Sheet:
    """What is told of each element as it begins. A cell ends where the next one, or anything else, begins."""

    def __init__(self) -> None:
        self.scan = Scan(chosen=False)
        self.row = self.column = 0
        self.open = self.filled = self.formula = self.error = False
        self._names: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; the parser calls this."""
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = _local(tag)
        self.element(name, attributes)

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """Take in one element."""
        raise NotImplementedError

    def end_cell(self) -> None:
        """Take in the cell that is open, if one is."""
        if self.open:
            self.cell()
        self.open = self.filled = self.formula = self.error = False

    def cell(self) -> None:
        """Take in one cell."""
        scan = self.scan
        if self.filled:
            scan.rows, scan.columns = max(scan.rows, self.row), max(scan.columns, self.column)
        if self.formula:
            _keep(scan.formulas, self.row, self.column)
        elif self.error:
            _keep(scan.errors, self.row, self.column)


class _XlsxSheet(_Sheet):
    def __init__(self, scan: Scan) -> None:
        super().__init__()
        self.scan = scan

    def element(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("v", "is", "f"):
            self.filled = True
            self.formula = self.formula or name == "f"
            return
        if name == "t":
            return
        self.end_cell()
        if name == "c":
            self.row, self.column = _place(attributes.get("r"), self.row, self.column + 1)
            self.open, self.error = True, attributes.get("t") == "e"
        elif name == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            self.scan.hidden += attributes.get("hidden") in ("1", "true")
        elif name == "mergeCell":
            self.scan.merged += 1


class _OdsBook(_Sheet):
    def __init__(self, wanted: str | None) -> None:
        super().__init__()
        self.wanted = wanted
        self.scans: list[Scan] = []
        self.repeated = self.span = 1

    def element(self, name: str, attributes: dict[str, str]) -> None:
        if name == "p":
            self.filled = True
        elif name in ("table-cell", "covered-table-cell"):
            self.end_cell()
            self._begin_cell(_named(attributes))
        elif name == "table-row":
            self.end_cell()
            self._begin_row(_named(attributes))
        elif name == "table":
            self.end_cell()
            chosen = _named(attributes).get("name") == self.wanted if self.wanted else not self.scans
            self.scan, self.row, self.repeated = Scan(chosen), 0, 1
            self.scans.append(self.scan)

    def _begin_row(self, named: dict[str, str]) -> None:
        self.row += self.repeated
        self.column = 0
        self.repeated = max(1, int(named.get("number-rows-repeated", 1)))
        self.scan.hidden += named.get("visibility") in ("collapse", "filter")

    def _begin_cell(self, named: dict[str, str]) -> None:
        self.open = True
        self.column += 1
        self.span = max(1, int(named.get("number-columns-repeated", 1)))
        self.filled = "value-type" in named
        self.formula = "formula" in named
        self.scan.merged += "number-columns-spanned" in named or "number-rows-spanned" in named

    def cell(self) -> None:
        super().cell()
        self.column += self.span - 1
        if self.filled:
            last = self.row + self.repeated - 1
            self.scan.rows, self.scan.columns = max(self.scan.rows, last), max(self.scan.columns, self.column)


def _feed(stream: IO[bytes], sheet: _Sheet) -> None:
    """Tell `sheet` of each element. A document type is refused, and with it every entity.

    The safe parsers of defusedxml are written in Python; a sheet has millions of elements.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler = sheet.start
    parser.StartDoctypeDeclHandler = _refuse
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk)
    parser.Parse(b"", True)
    sheet.end_cell()


def _refuse(*_: object) -> None:
    raise ValueError("a sheet declares a document type")


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


def _keep(kept: list[tuple[int, str]], row: int, column: int) -> None:
    if len(kept) < _MOST_KEPT:
        letters = ""
        while column:
            column, rest = divmod(column - 1, 26)
            letters = chr(ord("A") + rest) + letters
        kept.append((row, f"{letters}{row}"))


def _named(attributes: dict[str, str]) -> dict[str, str]:
    return {_local(name): value for name, value in attributes.items()}


def _local(name: str) -> str:
    """The name without its namespace, whether an address in braces or a prefix."""
    return name.rpartition("}")[2].rpartition(":")[2]
