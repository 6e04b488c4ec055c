"""The words of a table and the rows of each, so that a search is one slice for each word.

What belongs here: what is indexed of a row, and writing it. What does not: asking.

Of a row all texts are indexed: names, remarks, ids and addresses as they stand, and of a code its labels in both
languages. Dates and numbers are not; filters find those. FTS5 walks through the rows that it finds one by one, which
takes milliseconds for a frequent word; the rows of a word, or of all words with one beginning, stand side by side here.
It takes eight bytes of memory for each word of each row.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts.grouping import Array
from pipelines.contracts.reading import OFTEN, words
from pipelines.contracts.text import Text

_BATCH = 20_000
"""Rows whose texts are in memory at once."""


@dataclass(frozen=True)
class Searched:
    """A table to index: its rows and columns, and the labels of the codes of each that has a vocabulary."""

    name: str
    rows: int
    parquet: Path
    columns: list[str]
    labels: dict[str, dict[str, Text]]


def write_words(folder: Path, table: Searched) -> None:
    """Write `.words.arrow`, `.words.npy` and `.often.npy` of a table into `folder`; nothing where it has no text.

    Raises `OSError`.
    """
    if not table.columns:
        return
    numbers: dict[str, int] = {}
    found, rows = array("I"), array("I")
    for row, text in _row_texts(table):
        for word in set(words(text)):
            found.append(numbers.setdefault(word, len(numbers)))
            rows.append(row)
    # Python sorts texts by code point.
    ordered = sorted(numbers)
    ranks = np.zeros(len(numbers), dtype=np.uint32)
    ranks[[numbers[word] for word in ordered]] = np.arange(len(numbers))
    places = ranks[np.frombuffer(found, dtype=np.uint32)]
    counts = np.bincount(places, minlength=len(ordered))
    ends = np.cumsum(counts, dtype=np.int64)
    sorted_rows = np.frombuffer(rows, dtype=np.uint32)[np.argsort(places, kind="stable")].astype("<u4")
    np.save(folder / f"{table.name}.words.npy", sorted_rows)
    many = np.flatnonzero(counts * OFTEN >= table.rows)
    often = np.full(len(ordered), -1, dtype=np.int32)
    often[many] = np.arange(len(many))
    bits = [_bits(part, table.rows) for part in (sorted_rows[ends[n] - counts[n] : ends[n]] for n in many)]
    np.save(folder / f"{table.name}.often.npy", np.array(bits, np.uint8).reshape(len(many), -(-table.rows // 8)))
    written = pa.table({"word": pa.array(ordered, pa.string()), "end": pa.array(ends), "often": pa.array(often)})
    with (folder / f"{table.name}.words.arrow").open("xb") as sink, pa.ipc.new_file(sink, written.schema) as writer:
        writer.write_table(written)


def _bits(rows: Array, count: int) -> Array:
    """The rows as a bit each of `count`."""
    held = np.zeros(count, dtype=bool)
    held[rows] = True
    return np.packbits(held, bitorder="little")


def _row_texts(table: Searched) -> Iterator[tuple[int, str]]:
    """The number of each row that has any text, and all its texts, codes by their labels."""
    first = 0
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
