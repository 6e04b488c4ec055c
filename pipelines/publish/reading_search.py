"""The words of the tables of a release in an index that finds them without case and accents.

What belongs here: what is indexed of a row, and writing it. What does not: asking.

Of a row all texts are indexed: names, remarks, ids and addresses as they stand, and of a code its labels in both
languages. Dates and numbers are not; filters find those.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts.reading import READING_FORMAT
from pipelines.contracts.text import Text

_BATCH = 20_000
"""Rows whose texts are in memory at once."""
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


@dataclass(frozen=True)
class Searched:
    """A table to index: its columns, and the labels of the codes of each that has a vocabulary."""

    name: str
    parquet: Path
    columns: list[str]
    labels: dict[str, dict[str, Text]]


def write_search(path: Path, tables: list[Searched]) -> None:
    """Write `search.sqlite`; a table without columns to search is not in it. Raises `OSError` when the disk is full."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as base:
            # Nobody sees the file before it is whole, and it is flushed before it is shown.
            base.execute("PRAGMA journal_mode = OFF")
            base.execute("PRAGMA synchronous = OFF")
            base.execute(f"PRAGMA user_version = {READING_FORMAT}")
            base.execute("BEGIN")
            for table in tables:
                if table.columns:
                    _index(base, table)
            base.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _NO_ROOM:
            raise
        raise OSError(errno.EIO, str(error)) from error


def _index(base: sqlite3.Connection, table: Searched) -> None:
    name = f'"{table.name}"'
    base.execute(
        f"CREATE VIRTUAL TABLE {name} USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2')"
    )
    # Names of tables and columns match TABLE_NAME of the contracts: no quote can stand in them.
    base.executemany(f"INSERT INTO {name} (rowid, text) VALUES (?, ?)", row_texts(table))  # noqa: S608
    base.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")  # noqa: S608


def row_texts(table: Searched) -> Iterator[tuple[int, str]]:
    """The number + 1 of each row that has any text, and all its texts, codes by their labels."""
    first = 1
    with pq.ParquetFile(table.parquet) as file:
        for batch in file.iter_batches(_BATCH, columns=table.columns):
            cells = [_said(batch.column(name), table.labels.get(name)) for name in table.columns]
            # Arrow's own `skip` leaves out a row that is empty in all columns, and moves up all that follow.
            texts = pc.binary_join_element_wise(*cells, "\n", null_handling="replace", null_replacement="").to_pylist()
            yield from ((first + n, text) for n, text in enumerate(texts) if text.strip("\n"))
            first += len(batch)


def _said(cells: pa.Array, labels: dict[str, Text] | None) -> pa.Array:
    """The cells as they are searched: codes by their labels."""
    if labels is None:
        return cells
    coded = cells.dictionary_encode()
    words = [
        f"{labels[code].es}\n{labels[code].en}" if code in labels else code for code in coded.dictionary.to_pylist()
    ]
    return pa.array(words, pa.string()).take(coded.indices)
