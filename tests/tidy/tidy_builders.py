"""Builders for the tests of tidying: fields, tables, sources, a project in memory, and what a pull would give."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.project import Project
from pipelines.contracts.records import Part, Snapshot
from pipelines.contracts.source import SourceFile
from pipelines.contracts.store import Store
from pipelines.contracts.tables import LINE, PART, SOURCE, STRING
from pipelines.contracts.vocab import Vocabularies
from pipelines.tidy import Tidied, tidy_dataset

TEXT = {"es": "x", "en": "x"}


def make_field(name: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "titles": TEXT, "descriptions": TEXT, "privacy": "public", **said}


def make_resource(
    *fields: dict[str, Any], name: str = "things", keys: list[dict[str, Any]] | None = None, **schema: Any
) -> Resource:
    return Resource.model_validate(
        {
            "name": name,
            "titles": TEXT,
            "descriptions": TEXT,
            "schema": {"fields": list(fields), "primaryKey": ["id"], **schema},
            "keys": keys or [],
            "coverage": [{"coverage": "unknown", "statement": TEXT}],
        }
    )


def make_dataset(*resources: Resource) -> DatasetFile:
    return DatasetFile.model_validate(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": "things",
            "titles": TEXT,
            "descriptions": TEXT,
            "keywords": {"es": ["x"], "en": ["x"]},
            "themes": ["ECON"],
            "sectors": ["economia"],
            "frequency": "IRREG",
            "issued": "2024-01-01",
            "resources": [r.model_dump(by_alias=True) for r in resources],
        }
    )


def make_source(*feeds: dict[str, Any], source: str = "office", **said: Any) -> SourceFile:
    fed = list(feeds) or [{"table": "things"}]
    return SourceFile.model_validate(
        {"id": source, "kind": "facts", "title": TEXT, "publisher": TEXT, "feeds": fed, **said}
    )


def make_snapshot(source: SourceFile) -> Snapshot:
    parts = sorted({source.part_of(feed) for feed in source.feeds})
    return Snapshot(
        source=source.id,
        snapshot=f"{source.id}-0001",
        taken=datetime(2024, 1, 1, tzinfo=UTC),
        origin="here",
        parts=[Part(name=p, file=f"parts/{n}", sha256=f"hash of {p}", size=1) for n, p in enumerate(parts)],
    )


def raw_table(
    rows: list[dict[str, str]], source: str = "office", part: str = "sources/office/things.csv"
) -> pd.DataFrame:
    """What `read_feed` gives for a file with these rows below a header in its first line."""
    table = pd.DataFrame(rows, dtype=STRING)
    table[SOURCE] = pd.Series(source, index=table.index, dtype=STRING)
    table[PART] = pd.Series(part, index=table.index, dtype=STRING)
    table[LINE] = pd.Series(range(2, len(rows) + 2), index=table.index, dtype="Int64")
    return table


class Workshop:
    """A project in memory: give it sources, what their feeds hold, and a dataset, and tidy it."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root)
        self.raw: dict[tuple[str, str], Any] = {}
        self.vocabularies = Vocabularies({})
        self.max_findings = 200

    def read_feed(self, project: Any, source: SourceFile, feed: Any, snapshot: Snapshot) -> pd.DataFrame:
        given = self.raw[source.id, feed.table]
        if isinstance(given, Exception):
            raise given
        return given

    def tidy(self, dataset: DatasetFile, *sources: SourceFile, snapshots: dict[str, Snapshot] | None = None) -> Tidied:
        by_id = {s.id: s for s in sources}
        settings: Any = SimpleNamespace(max_findings=self.max_findings)
        # `Project.store` is a path of the settings; a subclass is the plainest way to put it in a temporary folder.
        store = self.store

        class Here(Project):
            @property
            def store(self) -> Store:
                return store

        project = Here(Path(), settings, None, by_id, {dataset.name: dataset}, {}, self.vocabularies)  # type: ignore[arg-type]
        given = {s.id: make_snapshot(s) for s in sources} if snapshots is None else snapshots
        return tidy_dataset(project, dataset, given)

    def things(self, resource: Resource, rows: list[dict[str, str]], **feed: Any) -> Tidied:
        """Tidy one table from one file with `rows`."""
        source = make_source({"table": "things", **feed})
        self.raw["office", "things"] = raw_table(rows)
        return self.tidy(make_dataset(resource), source)
