"""The distinct values of one column, in order: a value has a code, and a range of values is a range of codes.

What belongs here: codes of values, and the cells that codes stand for. What does not: rows.

Code 0 is an empty cell, and code n the n-th value; see `contracts.reading`.
"""

import json
import math
import re
import threading
import unicodedata
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts.cells import cell_text
from pipelines.contracts.reading import ColumnType, folded
from portal.mapped import Array, flags_of, numbers_of, places_array

_BETWEEN = "\0"
"""Stands between texts that are folded in one go; no cell of a release holds it."""


class Values:
    """The distinct values of one column. `value` is a `str` for texts, else a number: see `comparable`."""

    def __init__(self, kind: ColumnType, values: pa.Array) -> None:
        self.kind = kind
        self.values = values
        self.count = len(values)
        self._lock = threading.Lock()
        self._folded: pa.Array | None = None

    @cached_property
    def _numbers(self) -> Array:
        return flags_of(self.values).astype(np.int64) if self.kind == "boolean" else numbers_of(self.values)

    def below(self, value: Any) -> int:
        """How many values are less than `value`: the greatest code below it."""
        if self.kind != "string":
            return int(self._numbers.searchsorted(value, side="left"))
        return bisect_left(self._places, (folded(value), value), key=self._rank)

    def upto(self, value: Any) -> int:
        """How many values are not greater than `value`."""
        if self.kind != "string":
            return int(self._numbers.searchsorted(value, side="right"))
        return bisect_right(self._places, (folded(value), value), key=self._rank)

    def code(self, value: Any) -> int:
        """The code of `value`; 0 where no cell holds it."""
        place = self.below(value)
        return place + 1 if self.upto(value) > place else 0

    def containing(self, text: str) -> Array:
        """For each code whether its text contains `text`, both without case and accents; only for texts."""
        out = np.zeros(self.count + 1, dtype=bool)
        out[1:] = flags_of(pc.match_substring(self._without_accents(), folded(text)))
        return out

    def numbers(self) -> Array:
        """The value of each code as a float, 0 for none; only for numbers."""
        return np.concatenate([[0.0], self._numbers.astype(np.float64)])

    def cells(self, codes: Array) -> pa.Array:
        """The cells with these codes, typed; null for none."""
        return self.values.take(places_array(codes.astype(np.int64) - 1, codes != 0))

    def texts(self, codes: Array) -> list[str | None]:
        """The one text of each cell; None for none."""
        return [None if v is None else cell_text(v) for v in self.cells(codes).to_pylist()]

    def json(self, codes: Array) -> list[str]:
        """Each cell as it stands in the JSON Lines of a release."""
        quoted = self.kind in ("string", "date", "datetime")
        texts = self.texts(codes)
        return ["null" if t is None else json.dumps(t, ensure_ascii=False) if quoted else t for t in texts]

    @property
    def _places(self) -> range:
        return range(self.count)

    def _rank(self, place: int) -> tuple[str, str]:
        text = self.values[place].as_py()
        return folded(text), text

    def _without_accents(self) -> pa.Array:
        # Made when first asked for: folding the texts one by one would take ten times as long.
        with self._lock:
            if self._folded is None:
                joined = _BETWEEN.join(self.values.to_pylist())
                whole = joined.lower() if joined.isascii() else _folded_alike(joined)
                data = f"{whole}{_BETWEEN}".encode()
                # Each text ends with what stands between them, which nobody looks for.
                ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 0)[: self.count] + 1
                starts = pa.py_buffer(np.concatenate([[0], ends]).astype(np.int64))
                self._folded = pa.LargeStringArray.from_buffers(self.count, starts, pa.py_buffer(data))
            return self._folded


def _folded_alike(text: str) -> str:
    """What `contracts.reading.folded` makes of a text, for long ones: the marks are looked for all at once."""
    marks = "".join(c for c in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(c))
    return re.sub(f"[{marks}]+", "", unicodedata.normalize("NFKD", text.casefold()))


_FIRST_DAY = date(1970, 1, 1).toordinal()
_FORMS = {
    "integer": re.compile(r"[+-]?\d{1,18}", re.ASCII),
    "year": re.compile(r"[+-]?\d{1,18}", re.ASCII),
    "number": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII),
    "boolean": re.compile(r"true|false"),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "datetime": re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII),
}


def comparable(kind: ColumnType, text: str) -> Any:
    """What `text` says as a value of that type: a `str`, or a number that `Values` compares with.

    Days are counted from 1970, moments in microseconds from then; a moment without a zone is UTC. Raises `ValueError`.
    """
    if kind == "string":
        return text
    if not _FORMS[kind].fullmatch(text):
        raise ValueError(text)
    if kind == "boolean":
        return int(text == "true")
    if kind == "number":
        return finite(float(text))
    if kind == "date":
        return date.fromisoformat(text).toordinal() - _FIRST_DAY
    if kind == "datetime":
        return microseconds(datetime.fromisoformat(text))
    return int(text)


def finite(value: float) -> float:
    """The number. Raises `ValueError` where it is too large to be one."""
    if math.isinf(value):
        raise ValueError(value)
    return value


def microseconds(moment: datetime) -> int:
    """Microseconds from 1970, exactly; a moment without a zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
