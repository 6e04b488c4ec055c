"""The facts that ship with the project: every row that may be published arrives, and every value is read."""

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.contracts.findings import blocking
from pipelines.contracts.project import Project, load_project
from pipelines.contracts.tables import SOURCE, Tables, empty_table
from pipelines.pull import pull_source
from pipelines.tidy import Tidied, tidy_dataset
from tests.facts.shipped import only_shipped

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, Tidied]]:
    project = only_shipped(load_project(ROOT, store=tmp_path_factory.mktemp("store")))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    snapshots = {name: pull_source(project, source, now).snapshot for name, source in project.sources.items()}
    given = {name: snapshot for name, snapshot in snapshots.items() if snapshot}
    return project, {name: tidy_dataset(project, d, given) for name, d in project.datasets.items()}


@pytest.fixture(scope="module")
def tables(shipped: tuple[Project, dict[str, Tidied]]) -> Tables:
    return {name: table for tidied in shipped[1].values() for name, table in tidied.tables.items()}


def test_nothing_of_the_facts_is_unreadable_or_unexpected(shipped):
    project, tidied = shipped
    found = [f for t in tidied.values() for f in t.findings]
    assert blocking(found) == []
    assert [f.what("en") for f in found] == []
    assert not project.store.quarantine.exists()


def test_every_row_that_may_be_published_arrives_and_no_other(shipped, tables):
    project, _ = shipped
    expected: Counter[tuple[str, str]] = Counter()
    for source in project.sources.values():
        for feed in source.feeds:
            with (ROOT / source.part_of(feed)).open(encoding="utf-8", newline="") as stream:
                kept = [r for r in csv.DictReader(stream) if all(r[c] in v for c, v in feed.keep.items())]
            expected[feed.table, source.id] += len(kept)
    arrived = Counter((name, source) for name, table in tables.items() for source in table[SOURCE])
    assert arrived == +expected
    assert sum(arrived.values()) > 1000


def test_every_table_has_the_columns_and_types_that_are_promised(shipped, tables):
    project, _ = shipped
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            assert tables[resource.name].dtypes.to_dict() == empty_table(resource).dtypes.to_dict()


def test_every_part_that_was_read_is_named_once(shipped):
    project, tidied = shipped
    named = [(i.source, i.part) for t in tidied.values() for i in t.inputs]
    assert sorted(named) == sorted({(s.id, s.part_of(f)) for s in project.sources.values() for f in s.feeds})


def test_the_figures_of_the_traps_are_those_of_the_documents(tables):
    values = tables["observations"]["value"].dropna().tolist()
    for figure in (1100.0, 10400.0, 2842274.0, 750000000000.0, 11.83):
        assert figure in values
    assert 1.1 not in values and 10.4 not in values and 7.5e17 not in values


def test_the_first_two_months_of_2022_are_two_months(tables):
    dated = [(t, c) for t in tables.values() for c in t.columns if f"{c}_from" in t]
    bounds = {
        (str(first), str(last))
        for table, column in dated
        for first, last in table.loc[table[column] == "2022-01/2022-02", [f"{column}_from", f"{column}_to"]].to_numpy()
    }
    assert bounds == {("2022-01-01", "2022-02-28")}


def test_a_date_has_a_bound_unless_that_end_is_open(tables):
    seen = 0
    for table in tables.values():
        for column in [c for c in table.columns if f"{c}_from" in table]:
            given = table[table[column].notna()]
            seen += len(given)
            assert (given[f"{column}_from"].isna() == given[column].str.startswith("..")).all()
            assert (given[f"{column}_to"].isna() == given[column].str.endswith("..")).all()
            assert table.loc[table[column].isna(), [f"{column}_from", f"{column}_to"]].isna().all(axis=None)
    assert seen > 100
