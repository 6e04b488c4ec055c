"""Which column of a file is which column of ours.

What belongs here: the mapping of one feed (rows kept, columns renamed, constants, columns ignored) and
what is wrong with it. What does not: what the cells mean (`values`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from pipelines.contracts.dataset import DataField, Resource
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.source import Feed
from pipelines.contracts.tables import ORIGIN, STRING
from pipelines.tidy.values import clean_name, cleaned


@dataclass(frozen=True)
class Mapped:
    """The rows that are taken: `texts` has our columns (those that the file or the feed gives) and ORIGIN."""

    texts: pd.DataFrame
    findings: list[Finding]


def map_columns(raw: pd.DataFrame, feed: Feed, resource: Resource) -> Mapped:
    """The rows and columns of `raw` that `feed` takes, under our names, still as raw text.

    Names of columns are compared after cleaning. Findings: `column-missing` (an error where the column
    is required, part of a key or named by the feed; else a warning), `column-unexpected`,
    `column-twice`, `feed-column-unknown`, and `keep-column-missing`, after which no row is taken: a
    filter that cannot be applied must not let through what it was to keep out.
    """
    theirs, found = _names(raw)
    found += _unknown_to_us(feed, resource)
    kept, missing = _kept(raw, feed, theirs)
    found += missing
    columns: dict[str, pd.Series] = {}
    for field in resource.table_schema.fields:
        name = _their_name(feed, field)
        if field.name in feed.constants:
            columns[field.name] = pd.Series(feed.constants[field.name], index=kept.index, dtype=STRING)
        elif name in theirs:
            columns[field.name] = kept.iloc[:, theirs[name]].astype(STRING)
        else:
            found.append(_missing(field, name, feed, resource))
    found += [finding("column-unexpected", field=name) for name in _left_over(theirs, feed, resource)]
    texts = pd.DataFrame({**columns, **{name: kept[name] for name in ORIGIN}}, index=kept.index)
    return Mapped(texts, found)


def _names(raw: pd.DataFrame) -> tuple[dict[str, int], list[Finding]]:
    """The position of each of their columns by its clean name."""
    theirs: dict[str, int] = {}
    found = []
    for position, column in enumerate(raw.columns):
        if column in ORIGIN:
            continue
        name = clean_name(column)
        if name in theirs:
            found.append(finding("column-twice", field=name))
        theirs.setdefault(name, position)
    return theirs, found


def _their_name(feed: Feed, field: DataField) -> str:
    return clean_name(feed.columns.get(field.name, field.name))


def _unknown_to_us(feed: Feed, resource: Resource) -> list[Finding]:
    ours = {field.name for field in resource.table_schema.fields}
    named = {*feed.columns, *feed.constants, *feed.codes}
    return [finding("feed-column-unknown", field=name) for name in sorted(named - ours)]


def _kept(raw: pd.DataFrame, feed: Feed, theirs: dict[str, int]) -> tuple[pd.DataFrame, list[Finding]]:
    take = pd.Series(True, index=raw.index)
    found = []
    for column, wanted in feed.keep.items():
        name = clean_name(column)
        if name not in theirs:
            found.append(finding("keep-column-missing", field=column))
            continue
        take &= cleaned(raw.iloc[:, theirs[name]]).isin([clean_name(value) for value in wanted])
    return (raw.loc[take] if not found else raw.iloc[:0]), found


def _missing(field: DataField, name: str, feed: Feed, resource: Resource) -> Finding:
    needed = field.constraints.required or field.name in _key_columns(resource) or field.name in feed.columns
    return finding(
        "column-missing", severity="error" if needed else "warning", field=field.name, params={"column": name}
    )


def _key_columns(resource: Resource) -> set[str]:
    out = set(resource.primary_key)
    for foreign in resource.table_schema.foreign_keys:
        out.update(foreign.fields)
    for key in resource.keys:
        out.update([*key.fields, *([key.kind] if key.kind else [])])
    return out


def _left_over(theirs: Iterable[str], feed: Feed, resource: Resource) -> list[str]:
    taken = {_their_name(feed, f) for f in resource.table_schema.fields if f.name not in feed.constants}
    known = taken | {clean_name(name) for name in (*feed.ignore, *feed.keep)}
    return sorted(set(theirs) - known)
