"""What the tests of describing share: a release of the small dataset, described."""

from pathlib import Path

import pytest
from describe_builders import PUBLISHED, Described, dataset_file, facts, project, tables, write_files
from feed_builders import COMPANIES, SERVICES, make

from pipelines.contracts.metadata import Catalogue
from pipelines.describe import describe_catalogue, describe_dataset


@pytest.fixture
def described(tmp_path: Path) -> Described:
    dataset = dataset_file()
    content = tables(dataset)
    files = write_files(tmp_path, dataset, content)
    whole = project(dataset)
    meta = describe_dataset(whole, dataset, facts(content, files))
    catalogue = describe_catalogue(whole, [meta], edition="2026-11-22.1", modified=PUBLISHED)
    return Described(tmp_path, whole, dataset, files, meta, catalogue)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Two datasets, one of them of high value, and two services."""
    return make(tmp_path / "served", SERVICES, hvd_category=COMPANIES)


@pytest.fixture
def plain(tmp_path: Path) -> Catalogue:
    """Two datasets and no service."""
    return make(tmp_path / "plain", {})
