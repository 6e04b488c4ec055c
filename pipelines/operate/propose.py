"""Looking at a file and proposing how to declare it: columns, types, key.

What belongs here: guesses for a person to correct. What does not: reading the file (`pull`), writing the
proposal (`new`), and any guess in a run: there nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

# Longer numbers are ids: a computer does not keep all their digits.
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})")
_NUMBERS = {
    ",": re.compile(r"-?(0|[1-9]\d{0,2}(\.\d{3}){1,4}|[1-9]\d{0,14})(,\d+)?"),
    ".": re.compile(r"-?(0|[1-9]\d{0,2}(,\d{3}){1,4}|[1-9]\d{0,14})(\.\d+)?"),
}
"""Decimal mark: the numbers that have it; the other mark groups thousands."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_SLASHED = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
_YES_NO = {"sí", "si", "no", "yes", "true", "false"}


@dataclass(frozen=True)
class Column:
    """A proposal for one column: our name, theirs, and its type."""

    name: str
    theirs: str
    type: str
    filled: bool


@dataclass(frozen=True)
class Proposal:
    """What a file looks like: columns, key, and how its numbers and dates are written."""

    columns: list[Column]
    key: list[str]
    decimal: str | None
    date_format: str | None


def slug(text: str, joint: str = "-") -> str:
    """`text` as a lower-case ASCII name: letters and digits joined by `joint`; `x` where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = joint.join(re.findall(r"[a-z0-9]+", plain))
    return name if name and not name[0].isdigit() else f"x{joint if joint == '_' else ''}{name}"


def propose(table: pd.DataFrame) -> Proposal:
    """A proposal for a table of raw text, one column of it a column of ours; needs one column at least."""
    texts = {t: [v.strip() for v in table[t].dropna().unique() if v.strip()] for t in table.columns}
    mark = _mark(texts.values())
    kinds = {theirs: _kind(values, mark) for theirs, values in texts.items()}
    names = _names(list(table.columns))
    columns = [
        Column(names[t], t, kinds[t], bool((table[t].fillna("").str.strip() != "").all())) for t in table.columns
    ]
    slashed = any(_all(_SLASHED, texts[t]) for t in texts if kinds[t] == "date")
    return Proposal(
        columns=columns,
        key=_key(table, columns),
        decimal=mark if {"integer", "number"} & set(kinds.values()) else None,
        date_format="%d/%m/%Y" if slashed else None,
    )


def _names(theirs: list[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for one in theirs:
        name, number = slug(one, "_"), 2
        while name in out.values():
            name, number = f"{slug(one, '_')}_{number}", number + 1
        out[one] = name
    return out


def _all(pattern: re.Pattern[str], texts: list[str]) -> bool:
    return bool(texts) and all(pattern.fullmatch(text) for text in texts)


def _mark(columns: Iterable[list[str]]) -> str:
    """The decimal mark of a file: the comma, unless only the point makes numbers of its columns.

    `1.200` is taken for thousands where no column tells better.
    """
    fits = [{mark for mark, pattern in _NUMBERS.items() if _all(pattern, texts)} for texts in columns]
    return "." if {"."} in fits and {","} not in fits else ","


def _kind(texts: list[str], mark: str) -> str:
    """The type that all texts fit, in a file with that decimal mark."""
    if texts and {t.lower() for t in texts} <= _YES_NO:
        return "boolean"
    tests = {"integer": (_WHOLE,), "number": (_NUMBERS[mark],), "date": (_ISO, _SLASHED)}
    return next((kind for kind, patterns in tests.items() if any(_all(p, texts) for p in patterns)), "string")


def _key(table: pd.DataFrame, columns: list[Column]) -> list[str]:
    """The fewest filled columns, from the left, that tell every row from every other."""
    filled = [c for c in columns if c.filled][:6]
    for size in (1, 2, 3):
        for group in combinations(filled, size):
            if not table.duplicated([c.theirs for c in group]).any():
                return [c.name for c in group]
    return [c.name for c in filled or columns]
