"""What the tests of tidying share."""

from pathlib import Path

import pytest
from tidy_builders import Workshop

from pipelines.tidy import dataset as tidy_module


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A project in memory whose sources hold what the test says."""
    shop = Workshop(tmp_path / "store")
    monkeypatch.setattr(tidy_module, "read_feed", shop.read_feed)
    return shop
