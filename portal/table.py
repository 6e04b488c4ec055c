"""One table of one release: its rows by number, by key, by the words in them, and its columns as codes.

What belongs here: opening what `publish` has made of a table, and asking it. What does not: which rows a query means,
which is `selection`, and how that is answered.
"""

import sqlite3
import threading
from bisect import bisect_left
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.contracts.reading import SEARCH_FILE, ReadColumn, ReadTable
from pipelines.contracts.store import table_file
from portal.mapped import Array, Lines, mapped_array, mapped_column
from portal.values import Values


class Table:
    """One table of one release, open. Safe in several threads: all that is shared is read-only or behind a lock."""

    def __init__(self, folder: Path, files: Path, facts: ReadTable) -> None:
        """See `open`."""
        self.facts = facts
        self.folder = folder
        self.files = files
        self.rows = facts.rows
        self.places = {c.name: n for n, c in enumerate(facts.columns)}
        self.codes = mapped_array(folder / f"{facts.name}.codes.npy")
        self.order = mapped_array(folder / f"{facts.name}.order.npy")
        self.jsonl = Lines(self.file("jsonl"), folder / f"{facts.name}.jsonl.npy")
        self._values: dict[int, Values] = {}
        self._lock = threading.Lock()
        self._search: sqlite3.Connection | None = None

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

    @cached_property
    def csv(self) -> Lines:
        """The rows of the CSV."""
        return Lines(self.file("csv"), self.folder / f"{self.facts.name}.csv.npy")

    @cached_property
    def keys(self) -> "Keys":
        """The rows by their keys."""
        path = self.folder / f"{self.facts.name}.keys.arrow"
        return Keys(mapped_column(path, "key"), mapped_column(path, "row"))

    def matching(self, words: str) -> Array:
        """Which rows hold the words; `words` is an expression of FTS5 that `filters` has made."""
        # One text of all numbers costs a quarter of one object a row.
        query = f'SELECT group_concat(rowid) FROM "{self.facts.name}" WHERE "{self.facts.name}" MATCH ?'  # noqa: S608 - the name of a published table
        with self._lock:
            if self._search is None:
                address = f"{(self.folder / SEARCH_FILE).as_uri()}?mode=ro&immutable=1"
                self._search = sqlite3.connect(address, uri=True, check_same_thread=False)
            found = self._search.execute(query, (words,)).fetchone()[0]
        out = np.zeros(self.rows, dtype=bool)
        if found:
            out[np.fromstring(str(found), dtype=np.int64, sep=",") - 1] = True
        return out


class Keys:
    """The keys of a table in the order of code points, and the row of each."""

    def __init__(self, keys: pa.Array, rows: pa.Array) -> None:
        self.keys = keys
        self.rows: Array = rows.to_numpy()
        # UTF-8 sorts as code points do, so a key is found among bytes, without making texts of them.
        buffers = keys.buffers()
        self._text = memoryview(buffers[2] or b"")
        self._ends = memoryview(buffers[1] or b"").cast("i")
        self._first = keys.offset
        self._places = range(len(keys))

    def row(self, key: str) -> int | None:
        """The row with that key (`tables.key_text`); None where there is none."""
        wanted = key.encode("utf-8", "replace")
        place = bisect_left(self._places, wanted, key=self._key)
        return int(self.rows[place]) if place < len(self.keys) and self._key(place) == wanted else None

    def _key(self, place: int) -> bytes:
        at = self._first + place
        return self._text[self._ends[at] : self._ends[at + 1]].tobytes()
