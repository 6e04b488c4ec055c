"""The whole of a filter as a file: CSV, JSON Lines, XLSX or Parquet, streamed, with no cap.

What belongs here: `export`. What does not: which rows those are, which is `selection`.

A table without a filter is the released file itself, byte for byte. Rows of CSV and JSON Lines are slices of it; only
where columns are chosen, and for the other two formats, they are written again, in the one text of each cell.
"""

import csv
import io
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from pipelines.contracts.cells import cell_text
from portal.answer import Answer, FilePart, Problem, media_type
from portal.filters import CHOOSING, PICKING, SHAPING, Query, pairs, read_query
from portal.limits import busy
from portal.mapped import PIECE, Array
from portal.records import asked_version, objects
from portal.selection import all_rows, select
from portal.site import Site
from portal.table import Table

_ALLOWED = PICKING | CHOOSING | SHAPING
_BATCH = 8192
"""Rows that are written at a time."""
_SHEET_ROWS = 1_048_575
"""Rows that an Excel sheet holds below its header."""
_CELL_CHARS = 32_767
"""Characters that an Excel cell holds."""
MOST_BOOKS = 2
_LARGE_BOOK = 20_000
"""Large workbooks that are made at a time, and the rows of one: 10 000 rows of 10 columns take a second of processor."""
_EXACT = 10**15
"""Excel keeps 15 digits; a larger number is written as text."""
_CUT = " […] (CSV)"
_SAFE = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def export(site: Site, dataset: str, table: str, extension: str, query: bytes | str) -> Answer:
    """The rows that a query means as a file.

    Raises `Problem` as `records.page`, 404 for another format, and 503 where enough large workbooks are being made.
    """
    if extension not in WRITERS:
        offered = ", ".join(WRITERS)
        raise Problem(
            404,
            "format-unknown",
            f"Las tablas no se ofrecen en ese formato. Formatos: {offered}.",
            f"Tables are not offered in that format. Formats: {offered}.",
            formats=list(WRITERS),
        )
    given = pairs(query)
    _, version, cache = asked_version(site, dataset, given)
    opened = site.table(dataset, version, table)
    wanted = read_query(given, opened.facts, _ALLOWED)
    body: FilePart | Iterator[bytes]
    if wanted.whole:
        body = FilePart.opened(opened.file(extension))
    else:
        rows = all_rows(opened, wanted, select(opened, wanted))
        body = WRITERS[extension](opened, wanted, rows, site.release(dataset, version).published)
        if extension == "xlsx" and len(rows) > _LARGE_BOOK:
            body = Rationed(body)
    return Answer(
        body,
        media_type(f"{table}.{extension}"),
        etag=site.etag(dataset, version, f"-{extension}-{wanted.variant()}"),
        cache=cache,
        filename=f"{dataset}-{version}-{table}.{extension}",
    )


class Rationed(Iterator[bytes]):
    """The pieces of a large workbook. It is made before its first piece, which keeps a processor for some seconds.

    Raises `Problem` 503 where `MOST_BOOKS` are waiting for their first piece.
    """

    _room = threading.Semaphore(MOST_BOOKS)

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._inside = self._room.acquire(blocking=False)
        if not self._inside:
            raise busy()
        self._pieces = pieces

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        finally:
            self._leave()

    def close(self) -> None:
        """Make no more of it."""
        self._leave()
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()

    def __del__(self) -> None:
        # Of an answer that was not sent, because the client has it already.
        self._leave()

    def _leave(self) -> None:
        if self._inside:
            self._inside = False
            self._room.release()


def _columns(table: Table, query: Query) -> tuple[int, ...]:
    return query.select or tuple(range(len(table.facts.columns)))


def _batches(rows: Array) -> Iterator[Array]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _gathered(texts: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about `PIECE`; none is longer than that, but for one that came longer."""
    kept: list[bytes] = []
    size = 0
    for text in texts:
        if size + len(text) > PIECE and kept:
            yield b"".join(kept)
            kept, size = [], 0
        kept.append(text)
        size += len(text)
    if kept:
        yield b"".join(kept)


def _csv(table: Table, query: Query, rows: Array, _: datetime) -> Iterator[bytes]:
    if not query.select:
        yield table.csv.head
        yield from table.csv.pieces(rows)
        return
    yield from _gathered(_csv_lines(table, query.select, rows))


def _csv_lines(table: Table, columns: tuple[int, ...], rows: Array) -> Iterator[bytes]:
    yield _csv_line([table.column(c).name for c in columns])
    for batch in _batches(rows):
        cells = [table.values(c).texts(table.codes[c][batch]) for c in columns]
        for line in zip(*cells, strict=True):
            yield _csv_line(list(line))


def _csv_line(cells: list[str | None]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()


def _jsonl(table: Table, query: Query, rows: Array, _: datetime) -> Iterator[bytes]:
    if not query.select:
        return table.jsonl.pieces(rows)
    lines = (line.encode() + b"\n" for batch in _batches(rows) for line in objects(table, query.select, batch))
    return _gathered(lines)


def _parquet(table: Table, query: Query, rows: Array, _: datetime) -> Iterator[bytes]:
    # Loaded when it is wanted: it takes 8 MB.
    import pyarrow.parquet as pq

    columns = _columns(table, query)
    schema = pa.schema([pa.field(table.column(c).name, table.values(c).values.type) for c in columns])
    sink = _Written()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd", version="2.6") as writer:
        for batch in _batches(rows):
            cells = [table.values(c).cells(table.codes[c][batch]) for c in columns]
            writer.write_batch(pa.record_batch(cells, schema=schema))
            yield from sink.taken()
    yield from sink.taken()


class _Written(io.RawIOBase):
    """A file that keeps what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept.append(bytes(data))
        self._size += len(self._kept[-1])
        return len(self._kept[-1])

    def tell(self) -> int:
        return self._size

    def taken(self) -> Iterator[bytes]:
        whole, self._kept = b"".join(self._kept), []
        for start in range(0, len(whole), PIECE):
            yield whole[start : start + PIECE]


def _xlsx(table: Table, query: Query, rows: Array, at: datetime) -> Iterator[bytes]:
    import xlsxwriter

    # Excel's files end with their directory: it is written whole, on the disk, and then sent.
    with tempfile.TemporaryDirectory(prefix="portal-") as folder, tempfile.TemporaryFile(dir=folder) as file:
        book = xlsxwriter.Workbook(file, {**_SAFE, "tmpdir": folder})
        book.set_properties({"title": table.facts.titles.es, "created": at.replace(tzinfo=None)})
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "string": book.add_format({"num_format": "@"}),
        }
        for number, start in enumerate(range(0, max(len(rows), 1), _SHEET_ROWS), 1):
            sheet = book.add_worksheet(table.facts.name[:28] + ("" if number == 1 else f"_{number}"))
            _write_sheet(sheet, table, _columns(table, query), rows[start : start + _SHEET_ROWS], formats)
        book.close()
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write_sheet(sheet: Any, table: Table, columns: tuple[int, ...], rows: Array, formats: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, 24, formats.get(table.column(column).type))
    for place, column in enumerate(columns):
        sheet.write_string(0, place, table.column(column).name, formats["head"])
    line = 0
    for batch in _batches(rows):
        cells = [table.values(c).cells(table.codes[c][batch]).to_pylist() for c in columns]
        for values in zip(*cells, strict=True):
            line += 1
            for place, value in enumerate(values):
                if value is not None:
                    _write_cell(sheet, (line, place), value, formats)


def _write_cell(sheet: Any, at: tuple[int, int], value: Any, formats: dict[str, Any]) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(*at, value)
    elif isinstance(value, int | float) and abs(value) < _EXACT:
        sheet.write_number(*at, value)
    elif isinstance(value, date) and not isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(*at, value, formats["date"])
    else:
        text = cell_text(value)
        cut = text if len(text) <= _CELL_CHARS else text[: _CELL_CHARS - len(_CUT)] + _CUT
        sheet.write_string(*at, cut, formats["string"])


WRITERS: Final[dict[str, Callable[[Table, Query, Array, datetime], Iterator[bytes]]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
    "parquet": _parquet,
}
"""How each format is written."""
