"""A real CKAN for each test: an account of its own there, and a tiny project with releases to publish to it.

Names are unique, and what a test made is purged after it, so tests may run at the same time against one CKAN.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.ckan.bench import Bench
from tests.ckan.real import Account, Ckan, ckan, close_account, open_account, unique
from tests.ckan.town import Town
from tests.tiny import Tiny

__all__ = ["ckan"]


@pytest.fixture
def account(ckan: Ckan) -> Iterator[Account]:
    """A fresh organisation and a user who is editor of it, and no more."""
    made = open_account(ckan)
    yield made
    close_account(ckan, made)


@pytest.fixture(scope="module")
def made_bench(ckan: Ckan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One for all tests of a module: to make it takes as long as a case."""
    with Bench(ckan, tmp_path_factory.mktemp("bench")) as made:
        yield made


@pytest.fixture
def bench(made_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A town whose publications are struck by faults."""
    monkeypatch.setenv(made_bench.town.target.token_name, made_bench.town.account.token)
    return made_bench


@pytest.fixture
def found_town(ckan: Ckan, account: Account, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Town]:
    """Makes the town with settings of the project: `found_town(target_rows_per_call=2)`."""

    def found(**settings: Any) -> Town:
        town = Town(tiny, ckan, account, f"{unique('t')}-", settings)
        town.aim()
        monkeypatch.setenv(town.target.token_name, account.token)
        town.release_again()
        return town

    return found


@pytest.fixture
def town(found_town: Callable[..., Town]) -> Town:
    """The tiny project, both its datasets released once, and a target on the account; nothing is published there yet."""
    return found_town()
