"""The tiny mapped project."""

from pathlib import Path

import pytest

from pipelines.contracts.project import Project
from tests.linked.linked_builders import make_mapped
from tests.tiny import make_tiny


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The mapped project, which no test spoils."""
    return make_mapped(make_tiny(tmp_path_factory.mktemp("city")))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for graphs."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
