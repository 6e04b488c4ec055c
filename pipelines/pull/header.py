"""Which row of a part is its header.

What belongs here: finding the header among the first rows, and holding its names against what is
expected. What does not: the rows below it.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.contracts.tables import ORIGIN
from pipelines.pull.reading import Expected, Reading, Row

LOOK_AHEAD = 50
"""Rows among which the header is looked for: titles and notes above a table are shorter than this."""


@dataclass(frozen=True)
class Header:
    """The header of a part: its line, its position among the first rows, and one name per column.

    A name is spelt as the source file spells it where that is only a matter of white space; a column
    without a name has "".
    """

    line: int
    position: int
    names: list[str]


def squeezed(text: str) -> str:
    """`text` in Unicode NFC with single spaces, so that two spellings of one name are one."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\ufeff", "").split())


def find_header(rows: Sequence[Row], expected: Expected, declared: int | None) -> Header | None:
    """The header among `rows`, the first ones of a part; None if there is none.

    The declared line wins. Else it is the first row that holds all required names; else the row that
    holds most known names, if at least half of the required ones or two; else the first row that is
    nearly full of text without numbers; else the first row that holds anything.
    """
    spelt = {squeezed(name): name for name in expected.known}
    named = [(p, line, [spelt.get(n, n) for n in map(squeezed, cells)]) for p, (line, cells) in enumerate(rows)]
    filled = [(p, line, _trimmed(names)) for p, line, names in named if any(names)]
    if declared is not None:
        return next((Header(line, p, names) for p, line, names in filled if line == declared), None)
    if not filled:
        return None
    position, line, names = _by_name(filled, expected) or _by_look(filled) or filled[0]
    return Header(line, position, names)


_Named = tuple[int, int, list[str]]


def _by_name(filled: list[_Named], expected: Expected) -> _Named | None:
    required, known = set(expected.required), set(expected.known)
    if required and (whole := next((row for row in filled if required <= set(row[2])), None)):
        return whole
    if not known:
        return None
    best = max(filled, key=lambda row: len(known & set(row[2])))
    held = set(best[2])
    enough = len(known & held) >= 2 or (bool(required) and 2 * len(required & held) >= len(required))
    return best if enough else None


def _by_look(filled: list[_Named]) -> _Named | None:
    width = max(len(names) for _, _, names in filled)
    for row in filled:
        full = [n for n in row[2] if n]
        if len(full) >= 0.8 * width and not any(_is_number(n) for n in full):
            return row
    return None


def _is_number(text: str) -> bool:
    return any(c.isdigit() for c in text) and not any(c.isalpha() for c in text)


def _trimmed(names: list[str]) -> list[str]:
    width = max((i for i, n in enumerate(names, 1) if n), default=0)
    return names[:width]


def check_header(reading: Reading, header: Header) -> None:
    """Note columns that share a name and columns that are expected and not there."""
    for name, count in Counter(n for n in header.names if n).items():
        if count > 1 or name in ORIGIN:
            reading.note("source-header-duplicate", row=header.line, field=name, params={"count": count})
    present = set(header.names)
    missing = [name for name in reading.expected.required if name not in present]
    # A row may stand in place of the header: only names that the project knows are shown.
    known = [name for name in header.names if name in reading.expected.known]
    others = sum(1 for name in header.names if name) - len(known)
    for name in missing:
        params = {"columns": ", ".join(known)[:300] or "-", "count": others}
        reading.note("source-column-missing", row=header.line, field=name, params=params)
