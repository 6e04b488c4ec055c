"""What the tests of describing share: a release of the small dataset, described."""

from pathlib import Path

import pytest
from describe_builders import PUBLISHED, Described, dataset_file, facts, project, tables, write_files

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
