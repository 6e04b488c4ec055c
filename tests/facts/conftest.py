"""The shipped facts as text, read straight from the files, and as linked data, made by the rooms."""

from pathlib import Path

import pandas as pd
import pytest

from pipelines.contracts.project import Project, load_project

from .linked_graph import Linked, build
from .shipped import only_shipped

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def whole() -> Project:
    """The project as it stands, with whatever datasets and sources there are."""
    return load_project(ROOT)


@pytest.fixture(scope="session")
def project(whole: Project) -> Project:
    """The nine datasets and seven sources that ship; skips where one was removed."""
    return only_shipped(whole)


@pytest.fixture(scope="session")
def everything(project: Project) -> dict[str, pd.DataFrame]:
    """All rows of each table as text, those that are kept back included."""
    found: dict[str, list[pd.DataFrame]] = {}
    for source in project.sources.values():
        for feed in source.feeds:
            path = project.root / source.part_of(feed)
            found.setdefault(feed.table, []).append(pd.read_csv(path, dtype=str, keep_default_na=False))
    return {table: pd.concat(parts, ignore_index=True) for table, parts in found.items()}


@pytest.fixture(scope="session")
def tables(project: Project) -> dict[str, pd.DataFrame]:
    """The rows and columns of each table that the source files let through, as text."""
    found: dict[str, list[pd.DataFrame]] = {}
    for source in project.sources.values():
        for feed in source.feeds:
            rows = pd.read_csv(project.root / source.part_of(feed), dtype=str, keep_default_na=False)
            for column, values in feed.keep.items():
                rows = rows[rows[column].isin(values)]
            found.setdefault(feed.table, []).append(rows.drop(columns=feed.ignore))
    return {table: pd.concat(parts, ignore_index=True) for table, parts in found.items()}


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Linked:
    """The shipped facts as linked data, by way of the rooms."""
    return build(tmp_path_factory.mktemp("linked"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder that the facts were taken from; it is beside the project on the machine that builds it."""
    if not (SHARED / "facts" / "tables").is_dir():
        pytest.skip("needs ../shared/facts/tables, which is not on this machine")
    return SHARED


def rows(table: pd.DataFrame, **equal: str) -> pd.DataFrame:
    """The rows in which each named column has that value."""
    for column, value in equal.items():
        table = table[table[column] == value]
    return table


def row(table: pd.DataFrame, **equal: str) -> dict[str, str]:
    """The one row in which each named column has that value."""
    found = rows(table, **equal)
    assert len(found) == 1, f"{len(found)} rows with {equal}"
    return {str(k): str(v) for k, v in found.iloc[0].items()}
