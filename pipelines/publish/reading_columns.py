"""The columns of a table as numbers, so that a filter is a comparison and an order is a slice.

What belongs here: the distinct values of a column in order, which of them each cell holds, and where each key is.
What does not: which tables and files there are, which is `reading`.

One column is in memory at a time.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts.reading import folded
from pipelines.contracts.tables import as_text, from_arrow, key_text

Numbers = np.ndarray[Any, np.dtype[np.uint32]]


@dataclass(frozen=True)
class Extent:
    """What a column holds: how many distinct values and empty cells, and the text of the first and the last value."""

    distinct: int
    empty: int
    least: str | None
    most: str | None
    codes: list[str]


def write_columns(folder: Path, table: str, parquet: Path, coded: set[str]) -> list[Extent]:
    """Write `.codes.npy`, `.order.npy` and `.<n>.values.arrow` of a table into `folder`; returns what each column holds.

    Of the columns in `coded` the distinct values are returned too.
    """
    found = []
    with (
        pq.ParquetFile(parquet) as file,
        (folder / f"{table}.codes.npy").open("xb") as codes,
        (folder / f"{table}.order.npy").open("xb") as order,
    ):
        names, rows = file.schema_arrow.names, file.metadata.num_rows
        for stream in (codes, order):
            head = {"descr": "<u4", "fortran_order": False, "shape": (len(names), rows)}
            np.lib.format.write_array_header_1_0(stream, head)
        for number, name in enumerate(names):
            places, values = _encoded(file.read([name]).column(0))
            codes.write(places.tobytes())
            order.write(np.argsort(places, kind="stable").astype("<u4").tobytes())
            _write_arrow(folder / f"{table}.{number}.values.arrow", {"value": values})
            found.append(_extent(places, values, name in coded))
    return found


def write_keys(folder: Path, table: str, parquet: Path, key: list[str]) -> None:
    """Write `.keys.arrow` of a table; without rows where the table has no public key."""
    texts = pa.array([], pa.string())
    if key:
        keys = key_text(from_arrow(pq.read_table(parquet, columns=key)), key)
        read = pa.Table.from_pandas(keys.to_frame("key"), preserve_index=False).column(0)
        texts = read.cast(pa.string()).combine_chunks()
    order = pc.array_sort_indices(texts)
    _write_arrow(folder / f"{table}.keys.arrow", {"key": texts.take(order), "row": order.cast(pa.uint32())})


def _encoded(column: pa.ChunkedArray) -> tuple[Numbers, pa.Array]:
    """For each cell 0 or 1 + the place of its value, and the distinct values in order."""
    cells = column.combine_chunks()
    if pa.types.is_floating(cells.type):
        cells = pc.add(cells, 0.0)  # -0 and 0 have one text, so they are one value
    coded = cells.dictionary_encode()
    values = coded.dictionary
    order = _sorted(values).to_numpy()
    ranks = np.zeros(len(values) + 1, "<u4")  # the last one stands for an empty cell
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks[coded.indices.fill_null(len(values)).to_numpy()], values.take(pa.array(order))


def _sorted(values: pa.Array) -> pa.Array:
    if not pa.types.is_string(values.type):
        return pc.array_sort_indices(values)
    # Arrow sorts texts by their UTF-8, which is the order of code points.
    texts = pa.table({"folded": pa.array(map(folded, values.to_pylist()), pa.string()), "text": values})
    return pc.sort_indices(texts, [("folded", "ascending"), ("text", "ascending")])


def _extent(places: Numbers, values: pa.Array, coded: bool) -> Extent:
    ends = pa.table({"value": values.take(pa.array([0, len(values) - 1] if len(values) else [], pa.int64()))})
    least, most = as_text(from_arrow(ends)["value"]).tolist() or [None, None]
    empty = len(places) - int(np.count_nonzero(places))
    return Extent(len(values), empty, least, most, values.to_pylist() if coded else [])


def _write_arrow(path: Path, columns: dict[str, pa.Array]) -> None:
    batch = pa.record_batch(columns)  # one, also where it is empty: a reader maps it whole
    with path.open("xb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
