"""What differs between any two versions of a dataset, by key.

What belongs here: `diff`. What does not: the delta of a release against the one before it, which is a file of the release.

A line tells of one row: its key, the row as it is in the second version, and as it was in the first, so it is never
kept: a version that is withdrawn has no diff. Cells are compared by their values, column by column, as codes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portal.answer import JSONL, Answer, Problem
from portal.filters import pairs, single, wrong
from portal.mapped import PIECE, Array, numbers_of
from portal.records import objects
from portal.site import Site
from portal.table import Table
from portal.values import Values


@dataclass(frozen=True)
class Changed:
    """Row numbers of one table in two versions, in the order of their keys; `cells`: which columns differ."""

    added: Array
    removed: Array
    before: Array
    after: Array
    cells: Array


def diff(site: Site, dataset: str, first: str, second: str, query: bytes | str) -> Answer:
    """The rows changed, added and removed from version `first` to `second`, of all tables or of one (`table`).

    JSON Lines. A row whose column is not in both versions is compared by the columns that are. Raises `Problem` 400,
    404 and 410 as `Site.version`.
    """
    given = pairs(query)
    unknown = [name for name, _ in given if name != "table"]
    if unknown:
        raise wrong("parameter-unknown", unknown[0], "no se conoce aquí", "is not known here", allowed=["table"])
    one = single(given, "table")
    old, new = site.version(dataset, first), site.version(dataset, second)
    names = [[t.name for t in site.reading(dataset, version).tables] for version in (old, new)]
    every = list(dict.fromkeys(names[1] + names[0]))
    if one is not None and one not in every:
        raise Problem(
            404,
            "table-unknown",
            f"Ninguna de las dos versiones tiene esa tabla. Tablas: {', '.join(every)}.",
            f"Neither version has such a table. Tables: {', '.join(every)}.",
            tables=every,
        )
    opened = [
        (
            site.table(dataset, old, name) if name in names[0] else None,
            site.table(dataset, new, name) if name in names[1] else None,
        )
        for name in ([one] if one else every)
    ]
    tag = f"{site.etag(dataset, old)}~{site.etag(dataset, new)}-{one or ''}"
    return Answer(_lines(opened), JSONL, etag=tag, cache="edition" if "latest" in (first, second) else "version")


def _lines(opened: list[tuple[Table | None, Table | None]]) -> Iterator[bytes]:
    kept: list[bytes] = []
    size = 0
    for old, new in opened:
        for line in _table_lines(old, new):
            kept.append(line)
            size += len(line)
            if size >= PIECE // 2:
                yield b"".join(kept)
                kept, size = [], 0
    yield b"".join(kept)


def _table_lines(old: Table | None, new: Table | None) -> Iterator[bytes]:
    if old is None or new is None or old.facts.key != new.facts.key:
        # Without a common key no row is another one's successor.
        yield from (_removed(old, int(row)) for row in (old.keys.rows if old else ()) if old)
        yield from (_added(new, int(row)) for row in (new.keys.rows if new else ()) if new)
        return
    found = compared(old, new)
    names = [c.name for c in new.facts.columns]
    for before, after, cells in zip(found.before, found.after, found.cells, strict=True):
        columns = [name for name, differs in zip(names, cells, strict=True) if differs]
        yield _changed(new, int(after), old.jsonl.row(int(before), cut=1), columns)
    yield from (_added(new, int(row)) for row in found.added)
    yield from (_removed(old, int(row)) for row in found.removed)


def compared(old: Table, new: Table) -> Changed:
    """The rows that differ between two versions of a table with the same key."""
    at = numbers_of(pc.index_in(new.keys.keys, old.keys.keys).fill_null(-1))
    known = at >= 0
    gone = np.ones(len(old.keys.rows), dtype=bool)
    gone[at[known]] = False
    before, after = old.keys.rows[at[known]], new.keys.rows[known]
    cells = np.zeros((len(after), len(new.facts.columns)), dtype=bool)
    for place, column in enumerate(new.facts.columns):
        if column.name in old.places:
            former = old.places[column.name]
            there = _translated(old.values(former), new.values(place))[old.codes[former][before]]
            cells[:, place] = there != new.codes[place][after]
        else:
            cells[:, place] = new.codes[place][after] != 0
    differs = cells.any(axis=1)
    return Changed(new.keys.rows[~known], old.keys.rows[gone], before[differs], after[differs], cells[differs])


def _translated(old: Values, new: Values) -> Array:
    """For each code of `old` the code of the same value in `new`; -1 where it holds it no more."""
    former, now = old.values, new.values
    if former.type != now.type:
        former, now = _as_texts(old), _as_texts(new)
    found = numbers_of(pc.index_in(former, now).fill_null(-2)).astype(np.int64) + 1
    return np.concatenate([[0], found])


def _as_texts(values: Values) -> pa.Array:
    return pa.array(values.texts(np.arange(1, values.count + 1, dtype=np.uint32)), pa.string())


def _changed(table: Table, row: int, before: bytes, columns: list[str]) -> bytes:
    more = [
        b',"columns":',
        json.dumps(columns).encode(),
        b',"row":',
        table.jsonl.row(row, cut=1),
        b',"before":',
        before,
    ]
    return _line(table, "changed", row, more)


def _added(table: Table, row: int) -> bytes:
    return _line(table, "added", row, [b',"row":', table.jsonl.row(row, cut=1)])


def _removed(table: Table, row: int) -> bytes:
    return _line(table, "removed", row, [b',"before":', table.jsonl.row(row, cut=1)])


def _line(table: Table, change: str, row: int, more: list[bytes]) -> bytes:
    head = f'{{"table":"{table.facts.name}","change":"{change}","key":'.encode()
    return b"".join([head, _key(table, row), *more, b"}\n"])


def _key(table: Table, row: int) -> bytes:
    return objects(table, tuple(table.places[name] for name in table.facts.key), np.array([row]))[0].encode()
