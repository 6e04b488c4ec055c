"""Looking at a file and proposing how to declare it: columns, types, key.

What belongs here: guesses for a person to correct. What does not: reading the file (`pull`), writing the
proposal (`new`), and any guess in a run: there nothing is guessed.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

_WHOLE = re.compile(r"-?(0|[1-9]\d*)")
_SPANISH = re.compile(r"-?(0|[1-9]\d{0,2}(\.\d{3})+|[1-9]\d*)(,\d+)?")
_ENGLISH = re.compile(r"-?(0|[1-9]\d*)\.\d+")
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
    kinds = {theirs: _kind([v for v in table[theirs].dropna().unique() if v.strip()]) for theirs in table.columns}
    names = _names(list(table.columns))
    columns = [
        Column(names[t], t, kinds[t][0], bool((table[t].fillna("").str.strip() != "").all())) for t in table.columns
    ]
    marks = {k[1] for k in kinds.values() if k[0] == "number" and k[1]}
    dates = {k[1] for k in kinds.values() if k[0] == "date" and k[1]}
    return Proposal(
        columns=columns,
        key=_key(table, columns),
        decimal=marks.pop() if len(marks) == 1 else None,
        date_format=dates.pop() if len(dates) == 1 else None,
    )


def _names(theirs: list[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for one in theirs:
        name, number = slug(one, "_"), 2
        while name in out.values():
            name, number = f"{slug(one, '_')}_{number}", number + 1
        out[one] = name
    return out


def _kind(values: list[str]) -> tuple[str, str | None]:
    """The type that all values fit, and the decimal mark or date format that it takes."""
    texts = [v.strip() for v in values]
    if not texts:
        return "string", None
    if {t.lower() for t in texts} <= _YES_NO:
        return "boolean", None
    tests = (
        (_WHOLE, ("integer", None)),
        (_ENGLISH, ("number", ".")),
        (_SPANISH, ("number", ",")),
        (_ISO, ("date", None)),
        (_SLASHED, ("date", "%d/%m/%Y")),
    )
    for pattern, kind in tests:
        if all(pattern.fullmatch(t) for t in texts):
            return kind
    return "string", None


def _key(table: pd.DataFrame, columns: list[Column]) -> list[str]:
    """The fewest filled columns, from the left, that tell every row from every other."""
    filled = [c for c in columns if c.filled][:6]
    for size in (1, 2, 3):
        for group in combinations(filled, size):
            if not table.duplicated([c.theirs for c in group]).any():
                return [c.name for c in group]
    return [c.name for c in filled or columns]
