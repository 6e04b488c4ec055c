"""The words of a table and the rows of each, so that a search is one slice for each word.

What belongs here: writing them. What does not: which texts of a row are searched, which is `reading_search`.

FTS5 walks through the rows that it finds one by one, which takes milliseconds for a frequent word; the rows of a word,
or of all words with one beginning, stand side by side here. It takes eight bytes of memory for each word of each row.
"""

from array import array
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.contracts.reading import words
from pipelines.publish.reading_search import Searched, row_texts


def write_words(folder: Path, table: Searched) -> None:
    """Write `.words.arrow` and `.words.npy` of a table into `folder`; nothing where it has no text. Raises `OSError`."""
    if not table.columns:
        return
    numbers: dict[str, int] = {}
    found, rows = array("I"), array("I")
    for row, text in row_texts(table):
        for word in set(words(text)):
            found.append(numbers.setdefault(word, len(numbers)))
            rows.append(row - 1)
    # Python sorts texts by code point.
    ordered = sorted(numbers)
    ranks = np.zeros(len(numbers), dtype=np.uint32)
    ranks[[numbers[word] for word in ordered]] = np.arange(len(numbers))
    places = ranks[np.frombuffer(found, dtype=np.uint32)]
    ends = np.cumsum(np.bincount(places, minlength=len(ordered)), dtype=np.int64)
    with (folder / f"{table.name}.words.npy").open("xb") as stream:
        np.save(stream, np.frombuffer(rows, dtype=np.uint32)[np.argsort(places, kind="stable")].astype("<u4"))
    written = pa.table({"word": pa.array(ordered, pa.string()), "end": pa.array(ends)})
    with (folder / f"{table.name}.words.arrow").open("xb") as sink, pa.ipc.new_file(sink, written.schema) as writer:
        writer.write_table(written)
