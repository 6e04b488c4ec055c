"""The calls of the wire on a real CKAN, through the proxy: what is said to be carried out is, and what is not is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipelines.publish.ckan.wire import CallError, LostError, RefusedError, Wire
from tests.ckan.faulty import FAULTS, FaultyProxy
from tests.ckan.real import Account, Ckan, unique
from tests.publish.ckan_builders import wire
from tests.tiny import Tiny

pytestmark = pytest.mark.slow
LIMITS: dict[str, dict[str, float]] = {
    "timeout": {"http_timeout_seconds": 2},
    "timeout_after": {"http_timeout_seconds": 2},
    "trickle": {"target_call_seconds": 4},
}


@pytest.fixture
def proxy(ckan: Ckan) -> Iterator[FaultyProxy]:
    with FaultyProxy(ckan.url) as made:
        yield made


@pytest.fixture
def package(account: Account) -> dict[str, Any]:
    """A private dataset with a resource that has no file yet."""
    fields = {"name": unique("w"), "title": "before", "notes": "n", "private": True}
    resource = {"id": str(uuid4()), "name": "f", "format": "CSV", "url": ""}
    made: dict[str, Any] = account.api.action.package_create(
        **fields, owner_org=account.organization, resources=[resource]
    )
    return made


def revise(made: Wire, package: dict[str, Any], path: Path, again: bool) -> Any:
    match = {"id": package["id"], "metadata_modified": package["metadata_modified"]}
    update = {"match": match, "update__title": "after"}
    return made.do("package_revise", update, {"update__resources__0__upload": path}, again=again)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_revision_with_an_upload_is_carried_out_once_or_not_at_all(
    fault: str, tiny: Tiny, account: Account, package: dict[str, Any], proxy: FaultyProxy
) -> None:
    path = tiny.root / "a.csv"
    path.write_bytes(b"a,b\n1,2\n")
    told: CallError | None = None
    with wire(tiny, proxy.url, account.token, **LIMITS.get(fault, {})) as made:
        proxy.plan(fault, at=1)
        try:
            revise(made, package, path, again=False)
        except CallError as error:
            told = error
        now = made.ask("package_show", id=package["id"])
        done = told is None or FAULTS[fault]
        assert now["title"] == ("after" if done else "before")
        assert not done or b"".join(made.download(now["resources"][0]["url"])) == path.read_bytes()
    assert (told is None) == (fault in ("refuse", "too_many"))
    assert isinstance(told, LostError) or not FAULTS[fault]
    assert proxy.injected == 1


def test_the_echo_of_a_lost_revision_is_a_stale_match(
    tiny: Tiny, account: Account, package: dict[str, Any], proxy: FaultyProxy
) -> None:
    path = tiny.root / "a.csv"
    path.write_bytes(b"a\n")
    with wire(tiny, proxy.url, account.token) as made:
        proxy.plan("reset_after", at=1)
        with pytest.raises(RefusedError) as told:
            revise(made, package, path, again=True)
        assert told.value.lost
        assert "match" in told.value.reasons
        assert made.ask("package_show", id=package["id"])["title"] == "after"
