"""Reading one part whole: from bytes to rows of text that nothing was lost from, or findings.

What belongs here: the checks that hold for every format (columns, rows, lengths, formulas) and the
table of raw text. What does not: how a format is written; where parts come from.
"""

from collections.abc import Callable, Iterator
from itertools import chain, islice

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts.tables import LINE, PART, SOURCE, STRING
from pipelines.pull.delimited import delimited_rows
from pipelines.pull.header import LOOK_AHEAD, Header, check_header, find_header
from pipelines.pull.reading import Reading, Row
from pipelines.pull.records import json_rows, jsonl_rows
from pipelines.pull.sanity import check_kind
from pipelines.pull.workbook import workbook_rows

_CHUNK = 20_000
_FORMULA = r"^\s*(=|[+\-@][A-Za-z_]+[(|!])"
"""What a spreadsheet program would run if it opened the text: `=1+1`, `@SUM(A1)`, `+cmd|…`."""

_OPENERS: dict[str, Callable[[Reading], Iterator[Row]]] = {
    "csv": delimited_rows,
    "xlsx": workbook_rows,
    "ods": workbook_rows,
    "json": json_rows,
    "jsonl": jsonl_rows,
}


def check_part(reading: Reading) -> None:
    """Read the part to its end and keep nothing of it. Raises `FindingError` if any finding is an error."""
    for _ in _chunks(reading):
        pass
    reading.close()


def read_part(reading: Reading) -> pd.DataFrame:
    """The part as a table of raw text with the origin of each row. Raises `FindingError`."""
    chunks = list(_chunks(reading))
    reading.close()
    table = pa.Table.from_batches(chunks)
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.large_string(): STRING, pa.int64(): pd.Int64Dtype()}.get)
    return frame


def _chunks(reading: Reading) -> Iterator[pa.RecordBatch]:
    """The rows below the header, checked, as batches of columns; at least one batch."""
    check_kind(reading)
    rows = _OPENERS[reading.format](reading)
    ahead = list(islice(rows, LOOK_AHEAD))
    header = _header(reading, ahead)
    check_header(reading, header)
    if any(f.blocks for f in reading.found):
        reading.close()
    below = _even(reading, header, chain(ahead[header.position + 1 :], rows))
    seen = 0
    while chunk := list(islice(below, _CHUNK)):
        seen += len(chunk)
        if seen > reading.settings.max_rows:
            raise reading.refused("source-too-many-rows", params={"limit": reading.settings.max_rows})
        yield _batch(reading, header, chunk)
    if not seen:
        if not any(f.blocks for f in reading.found):
            reading.note("source-no-rows", row=header.line)
        yield _batch(reading, header, [])


def _header(reading: Reading, ahead: list[Row]) -> Header:
    declared = 0 if reading.format in ("json", "jsonl") else reading.dialect.header_row
    limit = reading.settings.max_columns
    for line, cells in ahead:
        if len(cells) > limit and sum(1 for c in cells if c) > limit:
            raise reading.refused("source-too-many-columns", row=line, params={"count": len(cells), "limit": limit})
    header = find_header(ahead, reading.expected, declared)
    if header is None:
        if any(any(cells) for _, cells in ahead) and declared:
            raise reading.refused("source-header-missing", row=declared)
        raise reading.refused("source-empty")
    return header


def _even(reading: Reading, header: Header, rows: Iterator[Row]) -> Iterator[Row]:
    """Rows that hold anything, as wide as the header; the others are noted.

    A row is too long only if a cell beyond the header holds something, and too short only if the part
    says how many cells a row has, as text with separators does: cells of a sheet just end.
    """
    width = len(header.names)
    fixed = reading.format == "csv"
    for line, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if len(cells) < width:
            if fixed:
                reading.note("source-ragged", row=line, params={"count": len(cells), "expected": width})
                continue
            cells = cells + [""] * (width - len(cells))
        elif len(cells) > width:
            if any(cells[width:]):
                _beyond(reading, line, len(cells), width)
                continue
            cells = cells[:width]
        yield line, cells


def _beyond(reading: Reading, line: int, count: int, width: int) -> None:
    """Note a row that holds something beyond the header."""
    if reading.format == "csv":
        reading.note("source-ragged", row=line, params={"count": count, "expected": width})
    else:
        reading.note("source-header-empty", row=line)


def _batch(reading: Reading, header: Header, rows: list[Row]) -> pa.RecordBatch:
    width = len(header.names)
    lines = [line for line, _ in rows]
    columns = [pa.array(c, pa.large_string()) for c in zip(*(cells for _, cells in rows), strict=True)]
    columns = columns or [pa.array([], pa.large_string())] * width
    kept: dict[str, pa.Array] = {}
    for name, column in zip(header.names, columns, strict=True):
        _check_cells(reading, name, column, lines)
        if name:
            kept[name] = column
    size = len(rows)
    kept[SOURCE] = pa.array([reading.source.id] * size, pa.large_string())
    kept[PART] = pa.array([reading.part] * size, pa.large_string())
    kept[LINE] = pa.array(lines, pa.int64())
    return pa.RecordBatch.from_pydict(kept)


def _check_cells(reading: Reading, name: str, column: pa.Array, lines: list[int]) -> None:
    limit = reading.settings.max_cell_chars
    if not name:
        for at in _where(pc.not_equal(column, "")):
            reading.note("source-header-empty", row=lines[at])
        return
    for at in _where(pc.greater(pc.utf8_length(column), limit)):
        reading.note("source-cell-long", row=lines[at], field=name, params={"limit": limit})
    for at in _where(pc.match_substring_regex(column, _FORMULA)):
        reading.note("source-formula", row=lines[at], field=name, value=column[at].as_py()[:80])


def _where(mask: pa.BooleanArray) -> list[int]:
    found: list[int] = pc.indices_nonzero(mask).to_pylist()
    return found
