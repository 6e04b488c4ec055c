"""A small table of every type, written as a release and a publication write it, and a site that shows only it."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from pipelines.contracts.dataset import Resource
from pipelines.contracts.reading import NUMERIC, ReadColumn, ReadTable
from pipelines.contracts.records import VersionEntry
from pipelines.contracts.tables import as_text, dtype_of
from pipelines.contracts.text import Text
from pipelines.publish.reading_columns import write_columns, write_keys
from pipelines.publish.reading_rows import write_csv_rows, write_json_rows
from pipelines.publish.reading_words import Searched, write_words
from pipelines.release.workbook import write_xlsx
from pipelines.release.writers import write_csv, write_jsonl, write_parquet
from portal.answer import Problem
from portal.table import Table
from tests.tiny import column, table

WORDS = [
    "Cañón",
    "ñandú",
    "Río",
    "Peña Grande",
    "GARZÓN",
    "Núñez, hijo",
    'el "Álamo"',
    "Güell\nbis",
    "straße",
    "Zoë",
    "=1+1",
]
LABELS = {"shop": Text(es="Comercio", en="Shop"), "lab": Text(es="Laboratorio", en="Laboratory")}
PUBLISHED = datetime(2026, 3, 1, 9, tzinfo=UTC)


def things(rows: int = 400) -> pd.DataFrame:
    """The rows as Python values, None where there is none; the same each time."""
    luck = random.Random(3)  # noqa: S311 - rows that are the same each time, not a secret

    def some(value: Any) -> Any:
        return None if luck.random() < 0.2 else value

    start = date(2019, 1, 1)
    out = []
    for n in range(rows):
        day = start + timedelta(days=luck.randrange(400))
        dated = luck.random()
        out.append(
            {
                "id": f"t-{n:04d}" if n else "t/0000",
                "part": luck.choice(["a", "b/c", "d\\e"]),
                "name": some(" ".join(luck.choices(WORDS, k=2))),
                "district": some(luck.randint(1, 21)),
                "amount": some(luck.choice([0.0, 12.5, -3.25, float(luck.randrange(10**6)), 1e17, 0.1])),
                "active": some(luck.random() < 0.5),
                "seen": some(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=luck.randrange(10**6))),
                "kind": some(luck.choice(["shop", "lab"])),
                "as_of_from": day if dated > 0.2 else None,
                "as_of_to": day + timedelta(days=30) if dated > 0.4 else None,
                "order": some(luck.randint(0, 3)),
            }
        )
    return pd.DataFrame(out, dtype=object)


def resource() -> Resource:
    """The schema of the rows."""
    types = {
        "district": "integer",
        "amount": "number",
        "active": "boolean",
        "seen": "datetime",
        "as_of_from": "date",
        "as_of_to": "date",
        "order": "integer",
    }
    names = things(1).columns
    return Resource.model_validate(
        table("things", ["part", "id"], [column(n, type=types.get(n, "string")) for n in names])
    )


def make_things(root: Path, frame: pd.DataFrame) -> Table:
    """Write the release files and the reading folder of these rows under `root`, and open the table."""
    schema = resource()
    typed = pd.DataFrame({f.name: pd.Series(frame[f.name].tolist(), dtype=dtype_of(f)) for f in schema.fields})
    return make_table(root, schema, typed, {"kind": LABELS}, searched=["name", "kind"])


def make_table(
    root: Path, schema: Resource, typed: pd.DataFrame, labels: dict[str, dict[str, Text]], searched: list[str]
) -> Table:
    """The same of any tidy table. `labels`: of the codes of each column that has some."""
    files, folder, name = root / "files", root / "reading", schema.name
    files.mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    write_csv(files / f"{name}.csv", typed, schema)
    write_jsonl(files / f"{name}.jsonl", typed, schema)
    write_parquet(files / f"{name}.parquet", typed, schema)
    write_xlsx(files / f"{name}.xlsx", typed, schema, {}, None, PUBLISHED)
    numeric = {f.name for f in schema.public_fields if f.type in NUMERIC}
    extents = write_columns(folder, name, files / f"{name}.parquet", set(labels), numeric)
    write_keys(folder, name, files / f"{name}.parquet", schema.primary_key)
    write_csv_rows(folder / f"{name}.csv.npy", files / f"{name}.csv", len(typed))
    write_json_rows(folder / f"{name}.jsonl.npy", files / f"{name}.jsonl", len(typed))
    columns = [
        ReadColumn(
            name=f.name,
            type=f.type,
            titles=f.titles,
            descriptions=f.descriptions,
            distinct=e.distinct,
            grouped=e.grouped,
            empty=e.empty,
            least=e.least,
            most=e.most,
            vocabulary="codes" if f.name in labels else None,
            codes={code: labels[f.name][code] for code in e.codes} if f.name in labels else {},
            allowed=list(labels.get(f.name, {})),
        )
        for f, e in zip(schema.public_fields, extents, strict=True)
    ]
    names = {c.name for c in columns}
    facts = ReadTable(
        name=name,
        titles=schema.titles,
        descriptions=schema.descriptions,
        rows=len(typed),
        key=schema.primary_key,
        columns=columns,
        searched=searched,
        valid_from="as_of_from" if "as_of_from" in names else None,
        valid_to="as_of_to" if "as_of_to" in names else None,
    )
    write_words(folder, Searched(name, len(typed), files / f"{name}.parquet", searched, labels))
    return Table.open(folder, files, facts)


def cells(frame: pd.DataFrame, name: str) -> list[str | None]:
    """The one text of each cell of a column."""
    field = next(f for f in resource().fields if f.name == name)
    texts = as_text(pd.Series(frame[name].tolist(), dtype=dtype_of(field)))
    return [None if pd.isna(t) else str(t) for t in texts]


class OneTable:
    """What the handlers ask of a `Site`, for tables by their version; the last version is pinned."""

    base_url = "https://datos.example"
    key = "tree-1"

    def __init__(self, tables: dict[str, Table]) -> None:
        self.tables = tables
        entries = [
            VersionEntry(version=v, fingerprint="f", published=PUBLISHED.replace(day=n), schema_version="1.0.0", rows=1)
            for n, v in enumerate(tables, 1)
        ]
        self._shown = SimpleNamespace(
            id="stuff", index=SimpleNamespace(versions=entries), pinned=entries[-1].version, withdrawn={}
        )
        self.datasets = {"stuff": self._shown}

    def shown(self, dataset: str) -> Any:
        """The dataset."""
        return self.datasets[dataset]

    def version(self, dataset: str, version: str | None) -> str:
        """The version that is meant."""
        found = self._shown.pinned if version in (None, "latest") else str(version)
        if found not in self.tables:
            raise Problem(404, "version-unknown", "No.", "No.")
        return str(found)

    def table(self, dataset: str, version: str, table: str) -> Table:
        """The table of a version."""
        if table != "things":
            raise Problem(404, "table-unknown", "No.", "No.")
        return self.tables[version]

    def reading(self, dataset: str, version: str) -> Any:
        """What was made of a version."""
        return SimpleNamespace(tables=[self.tables[version].facts])

    def release(self, dataset: str, version: str) -> Any:
        """When a version was published."""
        return SimpleNamespace(published=PUBLISHED)

    def etag(self, dataset: str, version: str, variant: str = "") -> str:
        """A tag of the version."""
        return f"{version}{variant}"
