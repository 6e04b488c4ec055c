"""What the tests of the room work with."""

from collections.abc import Iterator

import pytest

from tests.pull.pull_builders import Desk, RudeServer
from tests.tiny import Tiny


@pytest.fixture
def desk(tiny: Tiny) -> Desk:
    return Desk(tiny)


@pytest.fixture
def rude() -> Iterator[RudeServer]:
    server = RudeServer()
    yield server
    server.close()
