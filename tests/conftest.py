"""Fixtures that more than one room uses."""

import os
from pathlib import Path

import pytest

from tests.tiny import Tiny, make_tiny

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    """Servers of tests listen on the loopback address, under the one name that the tests allow."""
    return ("127.0.0.1", 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a CKAN in the environment, what needs one is skipped before anything is made for it."""
    if os.environ.get("OPENDATA_TEST_CKAN") and os.environ.get("OPENDATA_TEST_CKAN_DIR"):
        return
    reason = "OPENDATA_TEST_CKAN and OPENDATA_TEST_CKAN_DIR name no CKAN: `make test-ckan` brings one up"
    for item in items:
        if "ckan" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A tiny whole project in a folder of the test's own."""
    return make_tiny(tmp_path / "project")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests do not reach them."""
    for name in [n for n in os.environ if n.startswith("OPENDATA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def shared() -> Path:
    """The folder with documents and standards that a stranger's checkout does not have."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the checkout: the documents and official shapes are not part of it")
    return SHARED
