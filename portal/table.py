"""One table of one release: its rows by number, by key, by the words in them, and its columns as codes.

What belongs here: opening what `publish` has made of a table, and asking it. What does not: which rows a query means,
which is `selection`, and how that is answered.
"""

from bisect import bisect_left
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.contracts.reading import ReadColumn, ReadTable
from pipelines.contracts.store import table_file
from portal.mapped import Array, Lines, mapped_array, mapped_column, numbers_of
from portal.values import Values


class Table:
    """One table of one release, open. Safe in several threads: all that is shared is read-only."""

    def __init__(self, folder: Path, files: Path, facts: ReadTable) -> None:
        """See `open`."""
        self.facts = facts
        self.folder = folder
        self.files = files
        self.rows = facts.rows
        self.places = facts.places
        self.codes = [mapped_array(folder / f"{facts.name}.{n}.codes.npy") for n in range(len(facts.columns))]
        self.order = mapped_array(folder / f"{facts.name}.order.npy")
        self.jsonl = Lines(self.file("jsonl"), folder / f"{facts.name}.jsonl.npy")
        self._values: dict[int, Values] = {}
        self._groups: dict[int, Array] = {}

    @classmethod
    def open(cls, folder: Path, files: Path, table: ReadTable) -> "Table":
        """The table whose arrays are in `folder` and whose released files are in `files`. Raises `OSError`."""
        return cls(folder, files, table)

    def file(self, extension: str) -> Path:
        """The released file of the table in one format."""
        return self.files / table_file(self.facts.name, extension)

    def column(self, place: int) -> ReadColumn:
        """What is known about a column by its number."""
        return self.facts.columns[place]

    def values(self, place: int) -> Values:
        """The distinct values of a column by its number."""
        found = self._values.get(place)
        if found is None:
            path = self.folder / f"{self.facts.name}.{place}.values.arrow"
            found = self._values[place] = Values(self.column(place).type, mapped_column(path, "value"))
        return found

    def groups(self, place: int) -> Array | None:
        """The figures of the groups of a column as `contracts.reading` has them; None where they were not made."""
        if not self.column(place).grouped:
            return None
        found = self._groups.get(place)
        if found is None:
            found = self._groups[place] = mapped_array(self.folder / f"{self.facts.name}.{place}.groups.npy")
        return found

    @cached_property
    def csv(self) -> Lines:
        """The rows of the CSV."""
        return Lines(self.file("csv"), self.folder / f"{self.facts.name}.csv.npy")

    @cached_property
    def keys(self) -> "Keys":
        """The rows by their keys."""
        path = self.folder / f"{self.facts.name}.keys.arrow"
        return Keys(mapped_column(path, "key"), mapped_column(path, "row"))

    @cached_property
    def words(self) -> "Words":
        """The rows by the words in them; only where the table has text."""
        name = self.facts.name
        path = self.folder / f"{name}.words.arrow"
        ends, often = (numbers_of(mapped_column(path, column)) for column in ("end", "often"))
        rows, bits = (mapped_array(self.folder / f"{name}.{kind}.npy") for kind in ("words", "often"))
        return Words(mapped_column(path, "word"), Places(ends, often), rows, bits)

    def matching(self, words: tuple[str, ...]) -> Array:
        """Which rows hold all the words (`contracts.reading.words`); the last may be the beginning of one."""
        out = self.words.held(words[-1], self.rows, beginning=True)
        for word in words[:-1]:
            out &= self.words.held(word, self.rows)
        return out


class Sorted:
    """Texts in the order of code points. UTF-8 sorts in the same way, so one is found without making texts of them."""

    def __init__(self, texts: pa.Array) -> None:
        buffers = texts.buffers()
        self._text = memoryview(buffers[2] or b"")
        self._ends = memoryview(buffers[1] or b"").cast("i")
        self._first = texts.offset
        self.places = range(len(texts))

    def place(self, text: bytes) -> int:
        """How many are less than `text`."""
        return bisect_left(self.places, text, key=self.text)

    def has(self, text: bytes, place: int) -> bool:
        """Whether the one at `place` is `text`."""
        return place < len(self.places) and self.text(place) == text

    def text(self, place: int) -> bytes:
        """The one at `place` as UTF-8."""
        at = self._first + place
        return self._text[self._ends[at] : self._ends[at + 1]].tobytes()


class Keys:
    """The rows of a table by their keys."""

    def __init__(self, keys: pa.Array, rows: pa.Array) -> None:
        self.keys = keys
        self.rows: Array = numbers_of(rows)
        self._sorted = Sorted(keys)

    def row(self, key: str) -> int | None:
        """The row with that key (`tables.key_text`); None where there is none."""
        wanted = key.encode("utf-8", "replace")
        place = self._sorted.place(wanted)
        return int(self.rows[place]) if self._sorted.has(wanted, place) else None


class Places(NamedTuple):
    """Of each word where its rows end, and where its bits are (-1: it has none)."""

    ends: Array
    often: Array


class Words:
    """The rows of a table by the words in them."""

    def __init__(self, words: pa.Array, places: Places, rows: Array, bits: Array) -> None:
        self._sorted = Sorted(words)
        self._places = places
        self._rows = rows
        self._bits = bits

    def held(self, word: str, rows: int, beginning: bool = False) -> Array:
        """For each of `rows` rows whether it holds a word, or any that begins so."""
        first, last = self._between(word.encode("utf-8", "replace"), beginning)
        if last == first + 1 and (often := int(self._places.often[first])) >= 0:
            # Bits are read in a tenth of the time in which as many rows are marked.
            return np.unpackbits(self._bits[often], count=rows, bitorder="little").view(bool)
        start, stop = (int(self._places.ends[place - 1]) if place else 0 for place in (first, last))
        out = np.zeros(rows, dtype=bool)
        out[self._rows[start:stop]] = True
        return out

    def _between(self, word: bytes, beginning: bool) -> tuple[int, int]:
        """The first of the words that are meant, and the one after the last."""
        first = self._sorted.place(word)
        if not beginning:
            return first, first + int(self._sorted.has(word, first))
        # No UTF-8 has this byte: it is after all that begin in the same way.
        return first, self._sorted.place(word + b"\xff")
