"""Counts of rows by the values of one or two columns, and figures of their numbers.

What belongs here: `groups`. What does not: which rows are counted, which is `selection`.

A group is one code, or a pair of codes. Of all rows by one column `publish` made the figures where they are few; else
counting is one pass over numbers, however long the texts are.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import isnan
from typing import Final

import numpy as np

from pipelines.contracts.cells import number_text
from pipelines.contracts.grouping import FIGURES, Figure, figure
from pipelines.contracts.reading import NUMERIC, ReadColumn
from portal.answer import JSON, Answer, Cache
from portal.filters import CHOOSING, GROUPING, PAGING, PICKING, Pairs, Query, pairs, read_query, wrong
from portal.mapped import Array
from portal.records import after_place, asked_version, head, next_address
from portal.selection import Selection, select
from portal.site import Site
from portal.table import Table

_ALLOWED = PICKING | CHOOSING | PAGING | GROUPING
_DENSE = 1_000_000
"""Pairs of codes up to which each has a place of its own; more are looked up among those that occur."""
_ENDS: Final[dict[str, Figure]] = {"min": "min", "max": "max"}


@dataclass(frozen=True)
class Groups:
    """The groups, the largest first: the code of each in each column, the rows of each, and its measures."""

    codes: list[Array]
    counts: Array
    measures: list[list[float | None]]


@dataclass(frozen=True)
class _Counted:
    """Groups in no order, some of them empty: the code of each (or both of a pair, as one number), and its rows.

    `figure` gives one figure of a column for each.
    """

    codes: Array
    counts: Array
    figure: Callable[[Figure, int], Array]


@dataclass(frozen=True)
class _Asked:
    """What is asked: the open table, the query, the group after which the answer begins, and what the answer tells."""

    table: Table
    query: Query
    start: int | None
    version: str
    cache: Cache
    given: Pairs


def groups(site: Site, dataset: str, table: str, query: bytes | str) -> Answer:
    """Counts by one or two columns (`by`), with `sum`, `min`, `max`, `avg` of numeric ones; the largest group first.

    Raises `Problem` as `records.page`, and 400 without `by`.
    """
    return _answer(site, (dataset, table), _asked(site, dataset, table, query))


def groups_at_once(site: Site, dataset: str, table: str, query: bytes | str) -> Answer | None:
    """What `groups` answers where the figures were made once; None where rows must be counted, which may take a while."""
    asked = _asked(site, dataset, table, query)
    return _answer(site, (dataset, table), asked) if _made(asked.table, asked.query) else None


def _asked(site: Site, dataset: str, table: str, query: bytes | str) -> _Asked:
    given = pairs(query)
    cursor, version, cache = asked_version(site, dataset, given)
    opened = site.table(dataset, version, table)
    wanted = read_query(given, opened.facts, _ALLOWED)
    if not 1 <= len(wanted.by) <= 2:
        names = [c.name for c in opened.facts.columns]
        raise wrong("groups-by", "by", "debe nombrar una o dos columnas", "must name one or two columns", allowed=names)
    return _Asked(opened, wanted, after_place((dataset, table), cursor, wanted), version, cache, given)


def _answer(site: Site, table: tuple[str, str], asked: _Asked) -> Answer:
    opened, wanted, start = asked.table, asked.query, asked.start
    chosen = select(opened, wanted)
    found = grouped(opened, wanted, chosen)
    first = 0 if start is None else start + 1
    last = min(first + wanted.limit, len(found.counts))
    follows = None
    if last < len(found.counts):
        follows = next_address(site, table, asked.given, (asked.version, wanted, last - 1), "/groups")
    unknown = "" if chosen.unknown is None else f'"unknown":{chosen.unknown},'
    by = json.dumps([opened.column(c).name for c in wanted.by])
    begin = head(table[0], asked.version, table[1])
    body = (
        f'{begin},"by":{by},"total":{chosen.total},{unknown}"total_groups":{len(found.counts)},'
        f'"groups":[{",".join(_said(opened, wanted, found, first, last))}],"next":{json.dumps(follows)}}}'
    )
    etag = site.etag(table[0], asked.version, f"-{wanted.variant(start, site.base_url)}")
    return Answer(body.encode(), JSON, etag=etag, cache=asked.cache)


def grouped(table: Table, query: Query, chosen: Selection) -> Groups:
    """The groups of the chosen rows; those of one size in the order of their values, empty cells last."""
    counted = _made(table, query) or _counted(table, query, chosen)
    counts = counted.counts
    there = np.flatnonzero(counts)
    pair, second = counted.codes[there], _width(table, query)
    codes = [pair // second, pair % second][: len(query.by)]
    # The greatest of unsigned numbers is that of an empty cell.
    ranks = [c.astype(np.uint32) - np.uint32(1) for c in codes]
    order = np.lexsort([*reversed(ranks), -counts[there]])
    kept = there[order]
    measures = [_measure(counted, name, column)[kept].tolist() for name, column in query.measures]
    return Groups(
        [c[order] for c in codes],
        counts[kept],
        [[None if isnan(v) else v for v in values] for values in measures],
    )


def _width(table: Table, query: Query) -> int:
    """How many codes there are for each of the first column."""
    return table.column(query.by[1]).distinct + 1 if len(query.by) == 2 else 1


def _made(table: Table, query: Query) -> _Counted | None:
    """The groups of all rows by one column, as `publish` made them."""
    made = table.groups(query.by[0]) if len(query.by) == 1 and query.whole else None
    if made is None:
        return None
    numeric = [n for n, c in enumerate(table.facts.columns) if c.type in NUMERIC]

    def figure_of(name: Figure, column: int) -> Array:
        found: Array = made[1 + len(FIGURES) * numeric.index(column) + FIGURES.index(name)]
        return found

    return _Counted(np.arange(made.shape[1]), made[0].astype(np.int64), figure_of)


def _counted(table: Table, query: Query, chosen: Selection) -> _Counted:
    # A mask that means rows here and there takes ten times as long to apply as the numbers of its rows.
    rows = None if chosen.whole else chosen.rows()

    @cache
    def cells(column: int) -> Array:
        return table.codes[column] if rows is None else table.codes[column][rows]

    places, second = cells(query.by[0]), _width(table, query)
    if len(query.by) == 2:
        places = places.astype(np.int64) * second + cells(query.by[1])
    size = (table.column(query.by[0]).distinct + 1) * second
    codes = np.arange(size) if size <= max(_DENSE, 4 * table.rows) else None
    if codes is None:
        codes, places = np.unique(places, return_inverse=True)

    def figure_of(name: Figure, column: int) -> Array:
        return figure(name, places, len(codes), cells(column), table.values(column).numbers())

    return _Counted(codes, np.bincount(places, minlength=len(codes)), figure_of)


def _measure(counted: _Counted, name: str, column: int) -> Array:
    """One measure of each group, NaN where it has no number."""
    if name in _ENDS:
        return counted.figure(_ENDS[name], column)
    many, sums = counted.figure("many", column), counted.figure("sum", column)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(many > 0, sums / many if name == "avg" else sums, np.nan)


def _said(table: Table, query: Query, found: Groups, first: int, last: int) -> list[str]:
    columns = [table.column(c) for c in query.by]
    cells = [table.values(c).json(codes[first:last]) for c, codes in zip(query.by, found.codes, strict=True)]
    named = [[f'"{c.name}":{cell}' for cell in own] for c, own in zip(columns, cells, strict=True)]
    labels = _labels(columns, cells) if any(c.codes for c in columns) else [""] * (last - first)
    counts, figures = found.counts[first:last].tolist(), _figures(table, query, found, first, last)
    return [
        f'{{"group":{{{",".join(group)}}}{label},"count":{count}{told}}}'
        for group, label, count, told in zip(zip(*named, strict=True), labels, counts, figures, strict=True)
    ]


def _labels(columns: list[ReadColumn], cells: list[list[str]]) -> list[str]:
    """The labels of the codes of each group, as a member of its object; empty where it has none."""
    told = [
        [
            f'"{c.name}":{c.codes[code].model_dump_json()}'
            for c, cell in zip(columns, line, strict=True)
            if (code := json.loads(cell)) in c.codes
        ]
        for line in zip(*cells, strict=True)
    ]
    return [f',"labels":{{{",".join(each)}}}' if each else "" for each in told]


def _figures(table: Table, query: Query, found: Groups, first: int, last: int) -> list[str]:
    """The measures of each group, as members of its object."""
    out = [""] * (last - first)
    for name in dict.fromkeys(name for name, _ in query.measures):
        own = [
            [f'"{table.column(column).name}":{"null" if v is None else number_text(v)}' for v in values[first:last]]
            for (other, column), values in zip(query.measures, found.measures, strict=True)
            if other == name
        ]
        for place, parts in enumerate(zip(*own, strict=True)):
            out[place] += f',"{name}":{{{",".join(parts)}}}'
    return out
