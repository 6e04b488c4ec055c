"""What changed between two versions of a dataset, by primary key.

What belongs here: the rows added, changed and removed, and their count. What does not: whether so much
change is acceptable, which is a gate.

A line of the delta holds the key, and for added and changed rows the row as it now is; never what a row
was before, so that a version which is withdrawn does not live on in the delta of the next. Cells are written as
the JSON Lines of the release have them; releases of format 1 and 2 have all of them as text.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.tables import Tables, as_text, key_text


def delta(dataset: DatasetFile, former: Tables | None, tables: Tables) -> Iterator[dict[str, Any]]:
    """The lines of the delta, table by table: changed, then added, then removed, each by key.

    Rows are compared by the text of their public cells. `former` None means that every row is new. A
    table whose primary key has a column that was not there is given whole: all removed, all added, and so is
    a table that left; their removed rows have no key that could be told.
    """
    for resource in dataset.resources:
        old = former.get(resource.name) if former else None
        yield from _table_delta(resource, old, tables[resource.name])
    for name, table in (former or {}).items():
        if name not in tables:
            yield from ({"table": name, "change": "removed", "key": {}} for _ in range(len(table)))


def _table_delta(resource: Resource, old: pd.DataFrame | None, new: pd.DataFrame) -> Iterator[dict[str, Any]]:
    after = _texts(resource, new)
    if old is None:
        yield from _lines(resource, "added", after, new)
        return
    before = _texts(resource, old)
    shared = after.index.intersection(before.index)
    columns = list(after.columns)
    both = before.reindex(columns=columns, fill_value="\0")
    same = (after.loc[shared, columns].fillna("\0") == both.loc[shared, columns].fillna("\0")).all(axis=1)
    yield from _lines(resource, "changed", after.loc[shared[~same.to_numpy()]], new)
    yield from _lines(resource, "added", after.loc[after.index.difference(before.index)], new)
    yield from _lines(resource, "removed", before.loc[before.index.difference(after.index)], old)


def _texts(resource: Resource, table: pd.DataFrame) -> pd.DataFrame:
    names = [f.name for f in resource.public_fields if f.name in table.columns]
    text = pd.DataFrame({n: as_text(table[n]) for n in names})
    key = [c for c in resource.primary_key if c in table.columns]
    whole = len(key) == len(resource.primary_key)
    text["_key"] = key_text(table, key) if whole else [f"\0{n}" for n in range(len(table))]
    return text.drop_duplicates("_key").set_index("_key", drop=False)


def _lines(resource: Resource, change: str, rows: pd.DataFrame, typed: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The lines of `rows`, which are texts; `typed` is their table: the former one may have had other types."""
    rows = rows.sort_index()
    names = [f.name for f in resource.public_fields if f.name in rows.columns]
    columns = [_typed(rows[name], _TYPED.get(type(typed[name].dtype))) for name in names]
    for cells in zip(*columns, strict=True):
        row = dict(zip(names, cells, strict=True))
        key = {c: row[c] for c in resource.primary_key if c in row}
        line: dict[str, Any] = {"table": resource.name, "change": change, "key": key}
        if change != "removed":
            line["row"] = row
        yield line


def _typed(texts: pd.Series, meaning: Callable[[str], Any] | None) -> list[Any]:
    cells = texts.astype(object).tolist()
    return [None if pd.isna(t) else meaning(t) if meaning else t for t in cells]


_TYPED: dict[type, Callable[[str], Any]] = {
    pd.Int64Dtype: int,
    pd.Float64Dtype: json.loads,
    pd.BooleanDtype: "true".__eq__,
}
"""What the text of a cell means to JSON, by the dtype of its column; any other is a text there too."""


def delta_text(lines: list[dict[str, Any]]) -> str:
    """The lines as JSON Lines."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def count(lines: list[dict[str, Any]]) -> dict[str, int]:
    """How many rows were added, changed and removed."""
    out = {"added": 0, "changed": 0, "removed": 0}
    for line in lines:
        out[line["change"]] += 1
    return out
