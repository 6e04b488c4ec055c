"""From the snapshots of its sources to the tidy tables of one dataset.

What belongs here: going through the feeds, putting their rows together in one order, and saying what
could not be read. What does not: how a column is found (`columns`) or a cell is read (`values`), and
whether the tables are right, which is for `check`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from pipelines.contracts.dataset import DataField, DatasetFile, Resource
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import Input, Snapshot
from pipelines.contracts.source import Feed, SourceFile
from pipelines.contracts.tables import LINE, ORIGIN, PART, Tables, empty_table
from pipelines.pull import read_feed
from pipelines.pull.pulling import parts_of
from pipelines.tidy.columns import map_columns
from pipelines.tidy.quarantine import Quarantined, keep_raw, quarantine_file
from pipelines.tidy.values import Codes, Read, bound_columns, read_column

_SHOWN = 200
"""Most characters of a raw value that a finding shows; the quarantine has the whole."""


@dataclass(frozen=True)
class Tidied:
    """The tidy tables of a dataset, what is wrong with them, and the snapshot parts they were made from."""

    tables: Tables
    findings: list[Finding]
    inputs: list[Input]


@dataclass
class _Work:
    """What going through the feeds of one dataset has gathered so far."""

    tables: dict[str, list[pd.DataFrame]] = field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = field(default_factory=list)
    inputs: set[tuple[str, str, str, str]] = field(default_factory=set)
    unread: dict[tuple[str, str, str], list[Quarantined]] = field(default_factory=dict)
    """Raw values by source, snapshot and table; an empty list where everything was read."""
    unread_count: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many values could not be read, by code and table."""


def tidy_dataset(project: Project, dataset: DatasetFile, snapshots: Mapping[str, Snapshot]) -> Tidied:
    """The tables of `dataset` as `snapshots` (by source id) give them.

    Each table has the columns of `Resource.fields` and ORIGIN in the dtypes of `contracts.tables`, sorted
    by primary key; a table without rows is there and empty. Rows of several sources stand side by side,
    doubles too: keys are for the gate. A value that cannot be read is missing in the table, stands raw
    in `quarantine/<source>/<snapshot>/<table>.jsonl`, and is an error finding. A source without a snapshot
    and a part that cannot be read are findings as well. Raises `OSError` when the quarantine cannot be written.
    """
    work = _Work()
    for source, feed in project.feeds_of(dataset):
        snapshot = snapshots.get(source.id)
        if snapshot is None:
            work.findings.append(
                finding("source-without-snapshot", source=source.id, dataset=dataset.name, table=feed.table)
            )
            continue
        _take(work, project, dataset, source, feed, snapshot)
    for (source_id, snapshot_id, table), values in work.unread.items():
        keep_raw(quarantine_file(project.store, source_id, snapshot_id, table), values)
    tables = {resource.name: _whole(work.tables[resource.name], resource) for resource in dataset.resources}
    inputs = [
        Input(source=source, snapshot=snapshot, part=part, sha256=sha256)
        for source, snapshot, part, sha256 in sorted(work.inputs)
    ]
    return Tidied(tables, work.findings + _more(work, dataset, project.settings.max_findings), inputs)


def _take(
    work: _Work, project: Project, dataset: DatasetFile, source: SourceFile, feed: Feed, snapshot: Snapshot
) -> None:
    where = {"source": source.id, "dataset": dataset.name, "table": feed.table}
    try:
        raw = read_feed(project, source, feed, snapshot)
    except FindingError as error:
        work.findings += [f.model_copy(update=where) for f in error.findings]
        return
    resource = dataset.resource(feed.table)
    part = source.part_of(feed)
    mapped = map_columns(raw, feed, resource)
    work.findings += [f.model_copy(update={**where, "part": part}) for f in mapped.findings]
    table, unread = _read_table(mapped.texts, source, feed, resource, project)
    for value in unread:
        group = (value.code, feed.table)
        work.unread_count[group] += 1
        if work.unread_count[group] <= project.settings.max_findings:
            work.findings.append(_unread_finding(value, resource.field(value.field), where))
    work.unread.setdefault((source.id, snapshot.snapshot, feed.table), []).extend(unread)
    work.tables[feed.table].append(table)
    work.inputs |= {(source.id, snapshot.snapshot, p.name, p.sha256) for p in parts_of(source, feed, snapshot)}


def _read_table(
    texts: pd.DataFrame, source: SourceFile, feed: Feed, resource: Resource, project: Project
) -> tuple[pd.DataFrame, list[Quarantined]]:
    dialect = source.dialect_of(feed)
    columns: dict[str, pd.Series] = {}
    unread: list[Quarantined] = []
    for column in resource.table_schema.fields:
        if column.name not in texts:
            continue
        read = read_column(texts[column.name], column, dialect, _codes(column, feed, project))
        unread += _quarantined(texts, column.name, read)
        columns[column.name] = read.values
        if column.edtf:
            columns[f"{column.name}_from"], columns[f"{column.name}_to"] = bound_columns(read.values)
    table = pd.DataFrame({**columns, **{name: texts[name] for name in ORIGIN}}, index=texts.index)
    return _in_order(table, resource), unread


def _codes(column: DataField, feed: Feed, project: Project) -> Codes | None:
    mapped = feed.codes.get(column.name)
    if mapped is None:
        return None
    known = {*mapped.values(), *(column.constraints.enum or [])}
    if column.vocabulary:
        known.update(project.vocabularies.labels.get(column.vocabulary, {}))
    return Codes(mapped, frozenset(known))


def _quarantined(texts: pd.DataFrame, column: str, read: Read) -> list[Quarantined]:
    bad = read.unread.notna()
    if not bad.any():
        return []
    rows = zip(texts.loc[bad, PART], texts.loc[bad, LINE], texts.loc[bad, column], read.unread[bad], strict=True)
    return [Quarantined(part=p, row=int(n), field=column, value=value, code=code) for p, n, value, code in rows]


def _unread_finding(value: Quarantined, column: DataField, where: dict[str, str]) -> Finding:
    shown = value.value if len(value.value) <= _SHOWN else value.value[:_SHOWN] + "…"
    found = finding(
        value.code,
        part=value.part,
        row=value.row,
        field=value.field,
        value=shown if column.privacy == "public" else None,
    )
    return found.model_copy(update=where)


def _in_order(table: pd.DataFrame, resource: Resource) -> pd.DataFrame:
    """`table` with all columns of a tidy table, in order and in their dtypes; what is not there is NA."""
    columns = {
        name: table[name].astype(dtype) if name in table else pd.Series(pd.NA, index=table.index, dtype=dtype)
        for name, dtype in empty_table(resource).dtypes.items()
    }
    return pd.DataFrame(columns, index=table.index)


def _whole(pieces: list[pd.DataFrame], resource: Resource) -> pd.DataFrame:
    if not pieces:
        return empty_table(resource)
    table = pd.concat(pieces, ignore_index=True)
    keys = resource.primary_key
    if table.duplicated(keys).any():
        # Where the key does not decide, everything else does: the order in the files must not show.
        keys = [*keys, *(f.name for f in resource.fields if f.name not in keys), *ORIGIN]
    return table.sort_values(keys, kind="stable", na_position="last", ignore_index=True)


def _more(work: _Work, dataset: DatasetFile, limit: int) -> list[Finding]:
    """For each code and table with more than `limit` values that could not be read, one finding with their number."""
    return [
        finding("tidy-more", dataset=dataset.name, table=table, params={"kind": code, "count": count - limit})
        for (code, table), count in work.unread_count.items()
        if count > limit
    ]
