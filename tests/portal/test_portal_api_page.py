"""The page about the API says what it answers: its examples are asked of the shipped datasets."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from portal_things import PUBLISHED, make_table
from starlette.testclient import TestClient

from pipelines.contracts.project import load_project
from pipelines.contracts.store import PACKAGE_FILE, Store
from pipelines.pull import pull_source
from pipelines.tidy import tidy_dataset
from portal.app import make_app
from portal.routes import records
from portal.table import Table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BASE = "http://127.0.0.1:8000"
VERSION = "2026-11-22.1"
SHOWN = {"clusters": ["clusters", "cluster_statuses"], "projects": ["projects"]}
EXAMPLES = re.findall(rf"^    .*?{BASE}(/v1[^'\"\s]*)['\"].*(?:\n    # (.+))?", PAGE, flags=re.M)


class Shipped:
    """The shipped datasets as one version each."""

    base_url = BASE
    key = "tree"

    def __init__(self, tables: dict[tuple[str, str], Table]) -> None:
        self.tables = tables

    def version(self, dataset: str, version: str | None) -> str:
        assert version in (None, "latest", VERSION)
        return VERSION

    def table(self, dataset: str, version: str, table: str) -> Table:
        return self.tables[dataset, table]

    def reading(self, dataset: str, version: str) -> Any:
        return SimpleNamespace(tables=[t.facts for (d, _), t in self.tables.items() if d == dataset])

    def release(self, dataset: str, version: str) -> Any:
        return SimpleNamespace(published=PUBLISHED)

    def folder(self, dataset: str, version: str) -> Path:
        return next(t.files for (d, _), t in self.tables.items() if d == dataset)

    def etag(self, dataset: str, version: str, variant: str = "") -> str:
        return f"{version}{variant}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root = tmp_path_factory.mktemp("api")
    project = load_project(ROOT, store=root / "store")
    missing = [d for d in SHOWN if d not in project.datasets]
    if missing:
        pytest.skip(f"the examples speak of datasets that were removed: {missing}")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    pulled = {name: pull_source(project, source, now).snapshot for name, source in project.sources.items()}
    snapshots = {name: snapshot for name, snapshot in pulled.items() if snapshot}
    tables = {}
    for name, shown in SHOWN.items():
        dataset = project.datasets[name]
        tidied = tidy_dataset(project, dataset, snapshots).tables
        for table in shown:
            schema = dataset.resource(table)
            texts = [f.name for f in schema.public_fields if f.type == "string" and not f.edtf]
            tables[name, table] = make_table(root / name / table, schema, tidied[table], {}, texts)
        schemas = [
            {"name": t, "schema": {"fields": [{"name": f.name} for f in dataset.resource(t).public_fields]}}
            for t in shown
        ]
        tables[name, shown[0]].files.joinpath(PACKAGE_FILE).write_text(json.dumps({"resources": schemas}))
    app = FastAPI()
    app.include_router(records.router)
    app.state.sites = SimpleNamespace(current=lambda: site)
    site = Shipped(tables)
    return TestClient(app)


def test_the_page_has_examples_of_each_task() -> None:
    assert len(EXAMPLES) >= 17
    assert sum(bool(said) for _, said in EXAMPLES) >= 14


@pytest.mark.parametrize(("address", "said"), EXAMPLES, ids=[a[13:80] for a, _ in EXAMPLES])
def test_an_example_answers_what_the_page_says(api: TestClient, address: str, said: str) -> None:
    answer = api.get(address)
    assert answer.status_code == (400 if "filter-type" in said else 200), answer.text
    assert said in answer.text


def test_the_page_names_every_address_that_is_described_and_no_other(tmp_path: Path) -> None:
    rows = re.findall(r"^\| (`/[^|]*) \|", PAGE, flags=re.M)
    named = [address for row in rows for address in re.findall(r"`([^`]*)`", row)]
    described = make_app(Store(tmp_path), "http://127.0.0.1:8000").app.openapi()["paths"]  # type: ignore[attr-defined]
    assert len(set(named)) == len(named)
    assert set(named) == set(described)
