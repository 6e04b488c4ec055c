"""Text files with separators: CSV in any encoding and separator, tab-separated text.

What belongs here: encoding, separator, quotes and lines of a text file, read as a stream. What does not:
the header and what is in the cells.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from pipelines.pull.encoding import find_encoding, looks_like_utf8, undecodable
from pipelines.pull.header import LOOK_AHEAD, find_header
from pipelines.pull.reading import Reading, Row

SEPARATORS = (",", ";", "\t", "|")
_LINES_IN_CELL = 1000
"""A cell over more lines than this is a quote that was never closed."""
_CELLS_IN_LINE = 100
"""A line longer than this many of the longest cells is no line of a table."""
_SEP_LINE = re.compile(r"^sep=(.)\r?\n?$", re.IGNORECASE)


def delimited_rows(reading: Reading) -> Iterator[Row]:
    """The rows of the text file of `reading`, in order. Raises `FindingError`."""
    encoding = _encoding(reading)
    separator, skipped = _separator(reading, encoding)
    # The limit is one for the process: it is only ever raised, never taken from somebody else.
    csv.field_size_limit(max(csv.field_size_limit(), reading.settings.max_cell_chars))
    with reading.path.open(encoding=encoding, newline="") as stream:
        lines = _Lines(reading, stream)
        for _ in range(skipped):
            next(lines)
        lines.number = skipped
        yield from _records(reading, lines, separator)


def _records(reading: Reading, lines: "_Lines", separator: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.record = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise reading.refused(
                    "source-cell-long", row=lines.record, params={"limit": reading.settings.max_cell_chars}
                ) from None
            raise reading.refused("source-quote", row=lines.record) from None
        yield lines.record, cells


class _Lines:
    """The lines of a text file, none of them endless; `record` is the line at which a record began."""

    def __init__(self, reading: Reading, stream: TextIO) -> None:
        self.reading = reading
        self.stream = stream
        self.limit = reading.settings.max_cell_chars * _CELLS_IN_LINE
        self.number = 0
        self.record = 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.stream.readline(self.limit)
        if not line:
            raise StopIteration
        self.number += 1
        if "\0" in line:
            raise self.reading.refused("source-nul", row=self.number)
        if len(line) >= self.limit:
            raise self.reading.refused("source-line-long", row=self.number, params={"limit": self.limit})
        if self.number - self.record > _LINES_IN_CELL:
            raise self.reading.refused("source-quote", row=self.record)
        return line


def _encoding(reading: Reading) -> str:
    """The declared encoding if the file is in it, else the one found out.

    The tables of a `facts` source are UTF-8. One that a spreadsheet program saved in another encoding is
    read all the same if that encoding is clear, with a warning: nothing is lost.
    """
    declared = reading.dialect.encoding
    try:
        name = codecs.lookup(declared or "utf-8").name
    except LookupError:
        raise reading.refused("source-encoding-unknown", value=declared) from None
    if declared is None or (reading.source.kind == "facts" and name == "utf-8"):
        return _found_encoding(reading)
    line = undecodable(reading.path, name)
    if line is not None:
        raise reading.refused("source-undecodable", row=line, params={"expected": declared})
    if not name.startswith("utf") and looks_like_utf8(reading.path):
        raise reading.refused("source-encoding-contradiction", params={"expected": declared})
    return "utf-8-sig" if name == "utf-8" else name


def _found_encoding(reading: Reading) -> str:
    found = find_encoding(reading.path)
    if found is None:
        raise reading.refused("source-encoding-unclear")
    line = None if found == "utf-8" else undecodable(reading.path, found)
    if line is not None:
        raise reading.refused("source-undecodable", row=line, params={"expected": found})
    if reading.source.kind == "facts" and found not in ("utf-8", "utf-8-sig"):
        reading.note("source-encoding-other", params={"kind": found, "expected": "UTF-8"})
    return found


def _separator(reading: Reading, encoding: str) -> tuple[str, int]:
    """The separator, and how many lines at the top only tell it (`sep=;`, as Excel writes).

    The declared one wins. The tables of a `facts` source have commas; one with another separator is read
    if that is clear, with a warning.
    """
    facts = reading.source.kind == "facts"
    declared = reading.dialect.separator or ("," if facts else None)
    with reading.path.open(encoding=encoding, newline="") as stream:
        lines = _Lines(reading, stream)
        first = next(lines, "")
        told = _SEP_LINE.match(first)
        if told or (declared and not facts):
            return told[1] if told else str(declared), 1 if told else 0
        sample, size, whole = [first], len(first), True
        for line in lines:
            lines.record = lines.number
            sample.append(line)
            size += len(line)
            if len(sample) > 2 * LOOK_AHEAD or size > lines.limit:
                whole = False
                break
    found = find_separator(reading, "".join(sample), whole) or declared
    if found is None:
        raise reading.refused("source-separator-unclear")
    if declared and found != declared:
        reading.note("source-separator-other", params={"kind": found.replace("\t", "TAB"), "expected": declared})
    return found, 0


def find_separator(reading: Reading, sample: str, whole: bool) -> str | None:
    """The separator of `sample`, the first lines of a part (`whole`: all of them); None if that is not clear.

    A separator is named if the header, cut with it, has all required names; it is even if it cuts the
    header and every row below into the same number of cells, two or more. The one that is both is taken;
    else the one that is named; else the one that is even; else the even one whose header stands first.
    A text in which no separator occurs has one column.
    """
    cuts = {s: _cut(reading, sample, s, whole) for s in SEPARATORS}
    named = [s for s, cut in cuts.items() if cut.named]
    even = [s for s, cut in cuts.items() if cut.even]
    first = min((cuts[s].position for s in even), default=0)
    for choice in ([s for s in named if s in even], named, even, [s for s in even if cuts[s].position == first]):
        if len(choice) == 1:
            return choice[0]
    return "," if not any(s in sample for s in SEPARATORS) else None


@dataclass(frozen=True)
class _Cut:
    named: bool = False
    even: bool = False
    position: int = 0


def _cut(reading: Reading, sample: str, separator: str, whole: bool) -> _Cut:
    rows: list[Row] = []
    # Rows wider than allowed are refused later; here their beginning is enough.
    most = reading.settings.max_columns + 1
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    try:
        rows += [(reader.line_num, cells[:most]) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error:
        return _Cut()
    if not whole:
        rows = rows[:-1]
    header = find_header(rows[:LOOK_AHEAD], reading.expected, None)
    if header is None:
        return _Cut()
    widths = {len(cells) for _, cells in rows[header.position :]}
    required = set(reading.expected.required)
    return _Cut(bool(required) and required <= set(header.names), len(widths) == 1 and widths != {1}, header.position)
