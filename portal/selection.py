"""Which rows a query means, in which order, and which of them come next.

What belongs here: masks over the codes of columns, orders, and steps through them. What does not: parameters, which
are `filters`, and answers, which are `records` and `export`.

A mask is one boolean a row, None where every row is meant. An order by one column was made by `publish`: it is walked
until a page is full, so the time of a page does not grow with the table. The rows with one value of a column of few are
a slice of its order, so nothing is looked through for them. Empty cells come last in both directions.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from portal.cursor import refused_cursor
from portal.filters import Condition, Query
from portal.mapped import Array
from portal.table import Table

_FEW = 32
"""Where fewer than one row in so many is meant, they are sorted; else the order of the whole table is walked."""
_STEP = 256
"""Fewest rows that are looked at first; then twice as many each time."""

Rows = Array
"""Row numbers."""


class Alike(NamedTuple):
    """The rows with one value: the codes of its column, its code, and the rows, rising."""

    codes: Array
    code: int
    rows: Rows


@dataclass(frozen=True)
class Selection:
    """The rows that are meant, `total` of the `count` of a table: by `alike`, else by `mask`, all where both are None.

    `unknown`: rows that only their missing dates leave out; None where none were asked.
    """

    count: int
    total: int
    mask: Array | None = None
    unknown: int | None = None
    alike: Alike | None = None

    @property
    def whole(self) -> bool:
        """Whether every row is meant."""
        return self.mask is None and self.alike is None

    def rows(self) -> Rows:
        """The numbers of the rows, rising."""
        if self.alike is not None:
            return self.alike.rows
        return np.arange(self.count) if self.mask is None else np.flatnonzero(self.mask)

    def among(self, rows: Rows) -> Rows:
        """Those of `rows` that are meant, in their order."""
        if self.alike is not None:
            found: Rows = rows[self.alike.codes[rows] == self.alike.code]
            return found
        return rows if self.mask is None else rows[self.mask[rows]]


def select(table: Table, query: Query) -> Selection:
    """The rows that a query means, in no order yet."""
    alike = _alike(table, query)
    if alike is not None:
        return Selection(table.rows, len(alike.rows), alike=alike)
    mask: Array | None = None
    for condition in query.conditions:
        mask = _both(mask, _meets(table, condition))
    if query.words:
        mask = _both(mask, table.matching(query.words))
    unknown = None
    if query.valid_on is not None:
        holds, unstated = _valid_on(table, query.valid_on)
        unknown = int(np.count_nonzero(unstated if mask is None else mask & unstated))
        mask = _both(mask, holds)
    return Selection(table.rows, table.rows if mask is None else int(np.count_nonzero(mask)), mask, unknown)


def _alike(table: Table, query: Query) -> Alike | None:
    """Of a query for one value of a column whose groups were counted: its rows are a slice of the order of the column."""
    if len(query.conditions) != 1 or query.words or query.valid_on is not None:
        return None
    condition = query.conditions[0]
    made = table.groups(condition.column) if condition.operator == "eq" else None
    if made is None:
        return None
    code = table.values(condition.column).code(condition.values[0])
    first = int(made[0, :code].sum())
    last = first + int(made[0, code]) if code else first
    return Alike(table.codes[condition.column], code, table.order[condition.column][first:last])


def _both(mask: Array | None, more: Array) -> Array:
    return more if mask is None else np.logical_and(mask, more, out=more)


def _meets(table: Table, condition: Condition) -> Array:
    codes, values = table.codes[condition.column], table.values(condition.column)
    operator, value = condition.operator, condition.values[0]
    if operator == "null":
        found: Array = (codes == 0) == value
        return found
    if operator in ("eq", "ne"):
        code = values.code(value)
        alike = _within(codes, code, code if code else -1)
        return alike if operator == "eq" else _within(codes, 1, values.count) & ~alike
    if operator == "in":
        wanted = np.zeros(values.count + 1, dtype=bool)
        wanted[[values.code(v) for v in condition.values]] = True
        wanted[0] = False
        return _of(wanted, codes)
    if operator == "contains":
        return _of(values.containing(value), codes)
    least, most = _range(operator, values.below(value), values.upto(value), values.count)
    return _within(codes, least, most)


def _of(wanted: Array, codes: Array) -> Array:
    found: Array = wanted[codes]
    return found


def _range(operator: str, below: int, upto: int, count: int) -> tuple[int, int]:
    """The codes that a comparison allows, first and last."""
    return {"lt": (1, below), "lte": (1, upto), "gt": (upto + 1, count), "gte": (below + 1, count)}[operator]


def _within(codes: Array, least: int, most: int) -> Array:
    if most < least:
        return np.zeros(len(codes), dtype=bool)
    exact = codes.dtype.type
    if most == least:
        alike: Array = codes == exact(least)
        return alike
    # Below `least` the difference of these unsigned numbers is greater than any code.
    between: Array = codes - exact(least) <= exact(most - least)
    return between


def _valid_on(table: Table, day: int) -> tuple[Array, Array]:
    """Which rows held on a day, and which say nothing of when they did. A bound that is missing is an open one."""
    holds, unstated = np.ones(table.rows, dtype=bool), np.ones(table.rows, dtype=bool)
    for name, first in ((table.facts.valid_from, True), (table.facts.valid_to, False)):
        if name is None:
            continue
        place = table.places[name]
        codes, values = table.codes[place], table.values(place)
        least, most = (1, values.upto(day)) if first else (values.below(day) + 1, values.count)
        empty = codes == 0
        unstated &= empty
        holds &= _within(codes, least, most) | empty
    return holds & ~unstated, unstated


def next_rows(table: Table, query: Query, chosen: Selection, after: int | None) -> Rows:
    """Up to `limit` + 1 rows that come after the row `after`, or from the beginning; the one too many tells of more.

    Raises `Problem` 400 where `after` is no row of the query.
    """
    if after is not None and not 0 <= after < table.rows:
        raise refused_cursor()
    limit = query.limit + 1
    few = chosen.total * _FEW < table.rows
    if not query.order:
        if few:
            rows = chosen.rows()
            return rows[0 if after is None else int(np.searchsorted(rows, after, side="right")) :][:limit]
        return _walk(chosen, range(table.rows), 0 if after is None else after + 1, limit)
    if len(query.order) > 1 or few:
        rows = _sorted(table, query, chosen.rows())
        return rows[_place(rows, after) :][:limit]
    return _walk_order(table, query.order[0], chosen, after, limit)


def all_rows(table: Table, query: Query, chosen: Selection) -> Rows:
    """All rows of a query in its order."""
    if len(query.order) != 1:
        rows = chosen.rows()
        return _sorted(table, query, rows) if query.order else rows
    return chosen.among(np.concatenate(_segments(table, query.order[0])))


def _sorted(table: Table, query: Query, rows: Rows) -> Rows:
    """Rows in the order of the query; equal ones by their number, falling where its one column is."""
    if len(query.order) == 1 and query.order[0][1]:
        rows = rows[::-1]
    keys = []
    for column, descending in query.order:
        codes = table.codes[column][rows]
        # Both make 0, an empty cell, the greatest of these unsigned numbers.
        keys.append(~codes if descending else codes - codes.dtype.type(1))
    return rows[np.lexsort(keys[::-1])]


def _place(rows: Rows, after: int | None) -> int:
    if after is None:
        return 0
    found = np.flatnonzero(rows == after)
    if not len(found):
        raise refused_cursor()
    return int(found[0]) + 1


def _segments(table: Table, order: tuple[int, bool]) -> tuple[Rows, Rows]:
    """The rows by one column: those that have a value, then the empty ones."""
    column, descending = order
    rows, empty = table.order[column], table.column(column).empty
    filled, hollow = rows[empty:], rows[:empty]
    return (filled[::-1], hollow[::-1]) if descending else (filled, hollow)


def _walk_order(table: Table, order: tuple[int, bool], chosen: Selection, after: int | None, limit: int) -> Rows:
    filled, hollow = _segments(table, order)
    if after is None:
        first, second = 0, 0
    else:
        codes, sign = table.codes[order[0]], -1 if order[1] else 1
        last = (sign * int(codes[after]), sign * after)

        def rank(row: int) -> tuple[int, int]:
            return sign * int(codes[row]), sign * int(row)

        within = hollow if codes[after] == 0 else filled
        place = bisect_right(within, last, key=rank)
        first, second = (len(filled), place) if codes[after] == 0 else (place, 0)
    rows = _walk(chosen, filled, first, limit)
    if len(rows) < limit:
        rows = np.concatenate([rows, _walk(chosen, hollow, second, limit - len(rows))])
    return rows


def _walk(chosen: Selection, rows: Rows | range, start: int, limit: int) -> Rows:
    """Up to `limit` of the `rows` that are chosen, from the place `start` on."""
    found: list[Array] = []
    # Where what is chosen lies evenly, one step and a quarter is enough.
    step = limit if chosen.whole else limit * chosen.count * 5 // (chosen.total * 4 + 1) + _STEP
    while limit > 0 and start < len(rows):
        part = chosen.among(_part(rows, start, min(start + step, len(rows))))
        found.append(part[:limit])
        limit -= len(found[-1])
        start, step = start + step, step * 2
    return np.concatenate(found) if len(found) > 1 else found[0] if found else np.zeros(0, dtype=np.int64)


def _part(rows: Rows | range, start: int, stop: int) -> Rows:
    return np.arange(start, stop) if isinstance(rows, range) else rows[start:stop]
