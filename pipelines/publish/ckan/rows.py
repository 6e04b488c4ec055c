"""The rows of a table: what a release holds, what differs between two states, and a hash of either.

What belongs here: tables in memory, as Arrow columns. What does not: any call to a portal, which is `datastore`, and
what columns are there, which is `columns`.

Two cells are equal if they are the same value of the same type; nothing equals nothing, and not-a-number itself.
Numbers are compared to the last bit, but for the sign of zero, which no DataStore keeps.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.contracts.metadata import TableFacts
from pipelines.contracts.store import PACKAGE_FILE, table_file
from pipelines.publish.ckan.columns import columns_hash, columns_of, indexes_of, key_of
from pipelines.publish.ckan.model import WantedTable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

__all__ = ["Difference", "columns_hash", "difference", "digest", "pair", "read_parquet", "wanted_table"]

_NOTHING, _PRIME = 0x9E3779B97F4A7C15, 0x100000001B3
"""What stands for an empty cell in a hash, and the multiplier of FNV-1a."""


@dataclass(frozen=True)
class Difference:
    """What makes one state of a table of another.

    `upserts` holds the rows that are added, `added` of them, and then those that changed; `removed` the keys of the
    rows that go, or the rows themselves where the table has no key.
    """

    upserts: "pa.Table"
    removed: "pa.Table"
    added: int
    changed: int
    removed_count: int


def wanted_table(folder: Path, facts: TableFacts, resource_id: str) -> WantedTable:
    """The table `facts.name` of the release in `folder`, as the DataStore is to hold it under `resource_id`.

    Raises `OSError`, `KeyError` or `ValueError` where the release does not have the table.
    """
    # The descriptor of the package rather than the schema of the table, which knows no other table.
    package = json.loads((folder / PACKAGE_FILE).read_bytes())
    resource: dict[str, Any] = {r["name"]: r for r in package["resources"]}[facts.name]
    return WantedTable(
        table=facts.name,
        resource=resource_id,
        columns=columns_of(resource["schema"]),
        key=key_of(resource["schema"]),
        indexes=indexes_of(resource),
        parquet=folder / table_file(facts.name, "parquet"),
        rows=facts.rows,
    )


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> "pa.Table":
    """The rows of a Parquet file of a release; only `columns`, in their order, if given."""
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=None if columns is None else list(columns))


def difference(before: "pa.Table", after: "pa.Table", key: Sequence[str]) -> Difference:
    """What has to be done to `before` so that it holds the rows of `after`; a row is the same one if its `key` is.

    Both have the types of a release. A column that only `after` has counts as empty in `before`; one that only
    `before` has does not count. Without a key a row is known by all its cells: none changes, and of equal rows as many
    are added or removed as are missing or too many.
    """
    import numpy as np

    here = list(key) or after.column_names
    before = _with_columns(before, after.schema)
    old, gone = pair(before, after, here, counted=not key)
    matched = np.flatnonzero(old >= 0)
    differs = np.zeros(len(matched), bool)
    for name in after.column_names:
        if name not in here:
            differs |= ~_equal(before[name].take(old[matched]), after[name].take(matched))
    added, changed = np.flatnonzero(old < 0), matched[differs]
    return Difference(
        upserts=after.take(np.concatenate([added, changed])),
        removed=before.select(here).take(gone),
        added=len(added),
        changed=len(changed),
        removed_count=len(gone),
    )


def pair(before: "pa.Table", after: "pa.Table", key: Sequence[str], counted: bool = False) -> "tuple[Places, Places]":
    """Which row is which: for each row of `after` its place in `before`, -1 if it has none; and who is left in `before`.

    `counted`: equal keys are several rows, paired one with one.
    """
    import numpy as np

    one, other = _codes(before, after, key, counted)
    many = int(max(one.max(initial=-1), other.max(initial=-1))) + 1
    places = np.full(many, -1, np.int64)
    places[one] = np.arange(len(one))
    seen = np.zeros(many, bool)
    seen[other] = True
    return places[other], np.flatnonzero(~seen[one])


def _codes(before: "pa.Table", after: "pa.Table", key: Sequence[str], counted: bool) -> "tuple[Places, Places]":
    """A number for each key, the same for the same key, below the number of rows of both tables together."""
    import numpy as np

    codes = np.zeros(before.num_rows + after.num_rows, np.int64)
    for name in key:
        codes = _together(codes, _encoded(_joined(before[name], after[name])))
    if counted:
        which = [_occurrence(codes[: before.num_rows]), _occurrence(codes[before.num_rows :])]
        codes = _together(codes, np.concatenate(which))
    return codes[: before.num_rows], codes[before.num_rows :]


def _joined(one: "pa.ChunkedArray", other: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa

    one, other = _plain(one), _plain(other)
    return pa.chunked_array([*one.chunks, *other.chunks], other.type)


def _encoded(cells: "pa.ChunkedArray") -> "Places":
    """A number for each value; empty cells are a value too, and so is all that is not a number."""
    import numpy as np

    # Arrow encodes all chunks with one dictionary.
    parts = [np.asarray(chunk.indices, np.int64) for chunk in cells.dictionary_encode(null_encoding="encode").chunks]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _together(codes: "Places", more: "Places") -> "Places":
    """A number for each pair of numbers, again as small as can be."""
    import pyarrow as pa

    return _encoded(pa.chunked_array([codes * (int(more.max(initial=0)) + 1) + more]))


def _occurrence(codes: "Places") -> "Places":
    """How many times the same number came before, for each."""
    import numpy as np

    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    out = np.empty(len(codes), np.int64)
    out[order] = np.arange(len(codes)) - np.repeat(first, np.diff(first, append=len(codes)))
    return out


def _with_columns(table: "pa.Table", schema: "pa.Schema") -> "pa.Table":
    """The columns of `schema` only, in its order and types; empty where the table has no such column."""
    import pyarrow as pa

    there = set(table.column_names)
    cells = [table[f.name].cast(f.type) if f.name in there else pa.nulls(table.num_rows, f.type) for f in schema]
    return pa.table(cells, schema=schema)


def _plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """The column with one zero only."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.add(column, 0.0) if pa.types.is_floating(column.type) else column


def _equal(one: "pa.ChunkedArray", other: "pa.ChunkedArray") -> "NDArray[np.bool_]":
    """Whether the cells of two columns of one type are equal, row by row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    same = pc.equal(one, other)
    if pa.types.is_floating(one.type):
        same = pc.or_(same, pc.and_(pc.is_nan(one), pc.is_nan(other)))
    same = pc.coalesce(same, pc.and_(pc.is_null(one), pc.is_null(other)))
    out: NDArray[np.bool_] = same.to_numpy()
    return out


def digest(table: "pa.Table") -> str:
    """Hash of the rows, whatever the order of rows and columns: 64 hexadecimal digits.

    Each row becomes a number of 64 bits, and these are sorted and hashed. It is there to notice what went wrong or was
    edited, in tables that anybody may read: two versions of a row fall together once in 2^64, and who would look for
    such a pair could as well show other rows.
    """
    import numpy as np

    rows = np.zeros(table.num_rows, "<u8")
    for name in sorted(table.column_names):
        rows = (rows ^ _hashed(table[name])) * np.uint64(_PRIME)
        rows ^= rows >> np.uint64(29)
    rows.sort()
    named = json.dumps([sorted(table.column_names), table.num_rows]).encode()
    return hashlib.sha256(named + rows.tobytes()).hexdigest()


def _hashed(column: "pa.ChunkedArray") -> "NDArray[np.uint64]":
    """A number of 64 bits for each cell."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        filled = pc.fill_null(column, "").to_numpy()
    elif pa.types.is_floating(kind):
        cells = pc.fill_null(_plain(column), 0.0)
        filled = pc.if_else(pc.is_nan(cells), float("nan"), cells).to_numpy().view(np.int64)
    else:
        width = pa.int32() if pa.types.is_date32(kind) else pa.int64()
        filled = pc.fill_null(column.cast(width), 0).to_numpy().astype(np.int64)
    hashed = pd.util.hash_array(filled, categorize=False)
    hashed[pc.is_null(column).to_numpy()] = _NOTHING
    return hashed
