"""The columns of a table as numbers, so that a filter is a comparison and an order is a slice.

What belongs here: the distinct values of a column in order, which of them each cell holds, the figures of its groups,
and where each key is. What does not: which tables and files there are, which is `reading`.

One column is in memory at a time; two while groups are counted.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts.grouping import FIGURES, Array, code_type, figure
from pipelines.contracts.reading import GROUPED_ROWS, GROUPED_VALUES, folded
from pipelines.contracts.tables import as_text, from_arrow, key_text


@dataclass(frozen=True)
class Extent:
    """What a column holds: how many distinct values and empty cells, and the text of the first and the last value.

    `codes`: its values where they are codes. `grouped`: whether figures are made of its groups.
    """

    distinct: int
    empty: int
    least: str | None
    most: str | None
    codes: list[str]
    grouped: bool


def write_columns(folder: Path, table: str, parquet: Path, coded: set[str], numeric: set[str]) -> list[Extent]:
    """Write the codes, values, orders and groups of the columns of a table into `folder`; returns what each holds.

    Of the columns in `coded` the distinct values are returned too, of those in `numeric` figures are made.
    """
    found = []
    with pq.ParquetFile(parquet) as file, (folder / f"{table}.order.npy").open("xb") as order:
        names, rows = file.schema_arrow.names, file.metadata.num_rows
        head = {"descr": "<u4", "fortran_order": False, "shape": (len(names), rows)}
        np.lib.format.write_array_header_1_0(order, head)
        for number, name in enumerate(names):
            places, values = _encoded(file.read([name]).column(0))
            np.save(folder / f"{table}.{number}.codes.npy", places)
            order.write(np.argsort(places, kind="stable").astype("<u4").tobytes())
            _write_arrow(folder / f"{table}.{number}.values.arrow", {"value": values})
            found.append(_extent(places, values, name in coded))
    _write_groups(folder, table, found, [n for n, name in enumerate(names) if name in numeric])
    return found


def _write_groups(folder: Path, table: str, columns: list[Extent], numeric: list[int]) -> None:
    """Write `.<n>.groups.npy` of the columns that are `grouped`; `numeric`: those with figures, by number."""

    def codes(number: int) -> Array:
        found: Array = np.load(folder / f"{table}.{number}.codes.npy")
        return found

    made = {n: [np.bincount(codes(n), minlength=c.distinct + 1)] for n, c in enumerate(columns) if c.grouped}
    for number in numeric if made else ():
        own, values = codes(number), _read_arrow(folder / f"{table}.{number}.values.arrow")
        numbers = np.concatenate([[0.0], values.to_numpy(zero_copy_only=False).astype(np.float64)])
        for n, figures in made.items():
            groups = codes(n)
            figures += [figure(name, groups, columns[n].distinct + 1, own, numbers) for name in FIGURES]
    for n, figures in made.items():
        np.save(folder / f"{table}.{n}.groups.npy", np.array(figures, "<f8"))


def write_keys(folder: Path, table: str, parquet: Path, key: list[str]) -> None:
    """Write `.keys.arrow` of a table; without rows where the table has no public key."""
    texts = pa.array([], pa.string())
    if key:
        keys = key_text(from_arrow(pq.read_table(parquet, columns=key)), key)
        read = pa.Table.from_pandas(keys.to_frame("key"), preserve_index=False).column(0)
        texts = read.cast(pa.string()).combine_chunks()
    order = pc.array_sort_indices(texts)
    _write_arrow(folder / f"{table}.keys.arrow", {"key": texts.take(order), "row": order.cast(pa.uint32())})


def _encoded(column: pa.ChunkedArray) -> tuple[Array, pa.Array]:
    """For each cell 0 or 1 + the place of its value, and the distinct values in order."""
    cells = column.combine_chunks()
    if pa.types.is_floating(cells.type):
        cells = pc.add(cells, 0.0)  # -0 and 0 have one text, so they are one value
    coded = cells.dictionary_encode()
    values = coded.dictionary
    order = _sorted(values).to_numpy()
    ranks = np.zeros(len(values) + 1, code_type(len(values)))  # the last one stands for an empty cell
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks[coded.indices.fill_null(len(values)).to_numpy()], values.take(pa.array(order))


def _sorted(values: pa.Array) -> pa.Array:
    if not pa.types.is_string(values.type):
        return pc.array_sort_indices(values)
    # Arrow sorts texts by their UTF-8, which is the order of code points.
    texts = pa.table({"folded": pa.array(map(folded, values.to_pylist()), pa.string()), "text": values})
    return pc.sort_indices(texts, [("folded", "ascending"), ("text", "ascending")])


def _extent(places: Array, values: pa.Array, coded: bool) -> Extent:
    ends = pa.table({"value": values.take(pa.array([0, len(values) - 1] if len(values) else [], pa.int64()))})
    least, most = as_text(from_arrow(ends)["value"]).tolist() or [None, None]
    empty = len(places) - int(np.count_nonzero(places))
    codes = values.to_pylist() if coded else []
    grouped = len(values) <= min(GROUPED_VALUES, len(places) // GROUPED_ROWS)
    return Extent(len(values), empty, least, most, codes, grouped)


def _write_arrow(path: Path, columns: dict[str, pa.Array]) -> None:
    batch = pa.record_batch(columns)  # one, also where it is empty: a reader maps it whole
    with path.open("xb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def _read_arrow(path: Path) -> pa.Array:
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
        return reader.get_batch(0).column(0)
