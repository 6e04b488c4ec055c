"""Counts of rows by the values of one or two columns, and figures of their numbers.

What belongs here: `groups`. What does not: which rows are counted, which is `selection`.

A group is one code, or a pair of codes; counting is one pass over numbers, however long the texts are.
"""

import json
from dataclasses import dataclass

import numpy as np

from pipelines.contracts.cells import number_text
from portal.answer import JSON, Answer
from portal.filters import CHOOSING, GROUPING, PAGING, PICKING, Query, digits, pairs, read_query, wrong
from portal.mapped import Array
from portal.records import after_place, asked_version, head, next_address
from portal.selection import Selection, select
from portal.site import Site
from portal.table import Table

_ALLOWED = PICKING | CHOOSING | PAGING | GROUPING
_DENSE = 1_000_000
"""Pairs of codes up to which each has a place of its own; more are looked up among those that occur."""


@dataclass(frozen=True)
class Groups:
    """The groups, the largest first: the code of each in each column, the rows of each, and the place of each row."""

    codes: list[Array]
    counts: Array
    measures: list[list[float | None]]


def groups(site: Site, dataset: str, table: str, query: bytes | str) -> Answer:
    """Counts by one or two columns (`by`), with `sum`, `min`, `max`, `avg` of numeric ones; the largest group first.

    Raises `Problem` as `records.page`, and 400 without `by`.
    """
    given = pairs(query)
    cursor, version, cache = asked_version(site, dataset, given)
    opened = site.table(dataset, version, table)
    wanted = read_query(given, opened.facts, _ALLOWED)
    if not 1 <= len(wanted.by) <= 2:
        names = [c.name for c in opened.facts.columns]
        raise wrong("groups-by", "by", "debe nombrar una o dos columnas", "must name one or two columns", allowed=names)
    start = after_place((dataset, table), cursor, wanted)
    chosen = select(opened, wanted)
    found = grouped(opened, wanted, chosen)
    first = 0 if start is None else start + 1
    last = min(first + wanted.limit, len(found.counts))
    follows = None
    if last < len(found.counts):
        follows = next_address(site, (dataset, table), given, (version, wanted, last - 1), "/groups")
    unknown = "" if chosen.unknown is None else f'"unknown":{chosen.unknown},'
    by = json.dumps([opened.column(c).name for c in wanted.by])
    body = (
        f'{head(dataset, version, table)},"by":{by},"total":{chosen.total},{unknown}"total_groups":{len(found.counts)},'
        f'"groups":[{",".join(_said(opened, wanted, found, first, last))}],"next":{json.dumps(follows)}}}'
    )
    variant = digits(wanted.variant, start, site.base_url)
    return Answer(body.encode(), JSON, etag=site.etag(dataset, version, f"-{variant}"), cache=cache)


def grouped(table: Table, query: Query, chosen: Selection) -> Groups:
    """The groups of the chosen rows; those of one size in the order of their values, empty cells last."""
    columns = [table.codes[c] if chosen.mask is None else table.codes[c][chosen.mask] for c in query.by]
    second = table.values(query.by[1]).count + 1 if len(columns) == 2 else 1
    places = columns[0] if len(columns) == 1 else columns[0].astype(np.int64) * second + columns[1]
    size = (table.values(query.by[0]).count + 1) * second
    labels: Array | None = None
    if size > max(_DENSE, 4 * table.rows):
        labels, places = np.unique(places, return_inverse=True)
        size = len(labels)
    counts = np.bincount(places, minlength=size)
    there = np.flatnonzero(counts)
    pair = there if labels is None else labels[there]
    codes = [pair // second, pair % second][: len(columns)]
    # The greatest of unsigned numbers is that of an empty cell.
    ranks = [c.astype(np.uint32) - np.uint32(1) for c in codes]
    order = np.lexsort([*reversed(ranks), -counts[there]])
    kept = there[order]
    measures = [_measure(table, m, places, chosen, counts)[kept].tolist() for m in query.measures]
    return Groups(
        [c[order] for c in codes],
        counts[kept],
        [[None if np.isnan(v) else v for v in values] for values in measures],
    )


def _measure(table: Table, measure: tuple[str, int], places: Array, chosen: Selection, counts: Array) -> Array:
    """One figure of each group, NaN where it has no number. `places`: the group of each row; `counts`: its rows."""
    name, column = measure
    codes = table.codes[column] if chosen.mask is None else table.codes[column][chosen.mask]
    values, size = table.values(column).numbers(), len(counts)
    # Empty cells have code 0: they add nothing, are no greatest, and one less is the greatest of these numbers.
    if name == "max":
        last = np.zeros(size, dtype=np.uint32)
        np.maximum.at(last, places, codes)
        return np.where(last > 0, values[last], np.nan)
    if name == "min":
        first = np.full(size, np.iinfo(np.uint32).max, dtype=np.uint32)
        np.minimum.at(first, places, codes - np.uint32(1))
        first += np.uint32(1)
        return np.where(first > 0, values[first], np.nan)
    many = counts - np.bincount(places[codes == 0], minlength=size)
    sums = np.bincount(places, weights=values[codes], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(many > 0, sums / many if name == "avg" else sums, np.nan)


def _said(table: Table, query: Query, found: Groups, first: int, last: int) -> list[str]:
    columns = [table.column(c) for c in query.by]
    cells = [table.values(c).json(codes[first:last]) for c, codes in zip(query.by, found.codes, strict=True)]
    out = []
    for n, line in enumerate(zip(*cells, strict=True), first):
        group = ",".join(f'"{c.name}":{cell}' for c, cell in zip(columns, line, strict=True))
        labels = {
            c.name: c.codes[json.loads(cell)].model_dump()
            for c, cell in zip(columns, line, strict=True)
            if c.codes and cell != "null" and json.loads(cell) in c.codes
        }
        told = f',"labels":{json.dumps(labels, ensure_ascii=False)}' if labels else ""
        figures = _figures(table, query, found, n)
        out.append(f'{{"group":{{{group}}}{told},"count":{int(found.counts[n])}{figures}}}')
    return out


def _figures(table: Table, query: Query, found: Groups, place: int) -> str:
    told: dict[str, list[str]] = {}
    for (name, column), values in zip(query.measures, found.measures, strict=True):
        value = values[place]
        told.setdefault(name, []).append(
            f'"{table.column(column).name}":{"null" if value is None else number_text(value)}'
        )
    return "".join(f',"{name}":{{{",".join(parts)}}}' for name, parts in told.items())
