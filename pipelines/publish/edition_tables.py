"""The published tables of an edition in its database, each with its rows as they were released.

What belongs here: which tables there are, what they are called in the database, and filling them. What does not: what
rows say of entities, which is `edition_subjects`.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.metadata import TableFacts
from pipelines.contracts.project import Project
from pipelines.contracts.store import table_file
from pipelines.publish.shown import Content

_BATCH = 20_000
"""Rows that are turned into values at once."""
_TYPES = {"integer": "INTEGER", "year": "INTEGER", "number": "REAL", "boolean": "BOOLEAN"}
"""Declared type of a column by its type in the Table Schema; any other is TEXT. A boolean is 0 or 1."""


@dataclass(frozen=True)
class EditionTable:
    """One table of a pinned version.

    `said`: its resource in the Data Package of the release; `stored`: its name in the database; `resource`: what the
    dataset file says of it now, None if it no longer has it.
    """

    dataset: str
    name: str
    stored: str
    parquet: Path
    said: dict[str, Any]
    facts: TableFacts
    resource: Resource | None

    @property
    def key(self) -> list[str]:
        """The columns of its primary key."""
        return list(self.said["schema"].get("primaryKey", []))

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Its published columns, as the Table Schema of the release has them."""
        return list(self.said["schema"]["fields"])

    @property
    def place(self) -> tuple[str, str]:
        """Dataset and table."""
        return self.dataset, self.name


def edition_tables(project: Project, content: Content, taken: set[str]) -> list[EditionTable]:
    """The tables of the pinned versions by dataset, in the order of each release. `taken`: names that are not free.

    Raises `FindingError` when the metadata or the Data Package of a version cannot be read.
    """
    found = []
    for shown, version in content.pinned:
        said = {r["name"]: r for r in version.package.get("resources", [])}
        found += [(shown.id, version.folder, said[t.name], t) for t in version.metadata.tables]
    often = Counter(facts.name for *_, facts in found)
    out = []
    for dataset, folder, resource, facts in found:
        name = facts.name
        alone = often[name] == 1 and name not in taken
        out.append(
            EditionTable(
                dataset=dataset,
                name=name,
                stored=name if alone else f"{dataset.replace('-', '_')}_{name}",
                parquet=folder / table_file(name, "parquet"),
                said=resource,
                facts=facts,
                resource=_resource(project.datasets.get(dataset), name),
            )
        )
    return out


def _resource(file: DatasetFile | None, table: str) -> Resource | None:
    return next((r for r in file.resources if r.name == table), None) if file else None


def store_table(base: sqlite3.Connection, table: EditionTable) -> None:
    """Make the table, its rows with row number + 1 as rowid, and its indexes."""
    key = table.key
    # A single INTEGER key would take the place of the rowid.
    columns = [f'"{f["name"]}" {_TYPES.get(f["type"], "TEXT")}' for f in table.fields]
    if len(key) == 1:
        columns = [c.replace(" INTEGER", " INT") if c.startswith(f'"{key[0]}"') else c for c in columns]
    if key:
        columns.append(f"PRIMARY KEY ({_names(key)})")
    base.execute(f'CREATE TABLE "{table.stored}" ({", ".join(columns)})')
    # Names of tables and columns match TABLE_NAME of the contracts: no quote can stand in them.
    marks = ", ".join("?" * len(table.fields))
    base.executemany(f'INSERT INTO "{table.stored}" VALUES ({marks})', _rows(table))  # noqa: S608
    for names in _indexed(table):
        base.execute(f'CREATE INDEX "{table.stored}.{".".join(names)}" ON "{table.stored}" ({_names(names)})')


def _names(columns: list[str]) -> str:
    return ", ".join(f'"{c}"' for c in columns)


def _indexed(table: EditionTable) -> list[list[str]]:
    """Columns of keys to other tables, and of codes; the first column of the primary key needs none."""
    ends = [*table.said["schema"].get("foreignKeys", []), *table.said.get("keys", [])]
    wanted = [*(list(end["fields"]) for end in ends), *([f["name"]] for f in table.fields if "vocabulary" in f)]
    known = {f["name"] for f in table.fields}
    out: list[list[str]] = []
    for names in wanted:
        if set(names) <= known and names not in out and names != table.key[: len(names)]:
            out.append(names)
    return out


def _rows(table: EditionTable) -> Iterator[tuple[Any, ...]]:
    names = [f["name"] for f in table.fields]
    with pq.ParquetFile(table.parquet) as file:
        for batch in file.iter_batches(_BATCH, columns=names):
            yield from zip(*(_values(batch.column(name)) for name in names), strict=True)


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    elif pa.types.is_date(column.type):
        column = pc.cast(column, pa.string())
    elif pa.types.is_timestamp(column.type):
        return [None if v is None else v.isoformat().replace("+00:00", "Z") for v in column.to_pylist()]
    return list(column.to_pylist())
