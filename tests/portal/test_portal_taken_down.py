"""Between the taking down of what is withdrawn and the next tree the portal asks for patience, and heals by itself."""

import gc
from datetime import UTC, datetime
from pathlib import Path

from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from pipelines.operate.undo import show
from pipelines.publish import publish_portal, take_down
from pipelines.release import current_edition, withdraw, writing
from portal.app import make_app
from tests.portal.conftest import publish
from tests.tiny import VISITS, Tiny

BASE = "http://127.0.0.1:8000"
ADDRESS = "/v1/search?q=centro"


def test_while_the_database_is_taken_down_the_answer_is_to_ask_again(own_project: Tiny) -> None:
    project = own_project.load()
    edition = current_edition(project.store)
    assert edition is not None
    with TestClient(make_app(project.store, BASE), base_url=BASE) as client:
        # It has opened the database, and could go on reading it.
        assert client.get(ADDRESS).status_code == 200
        take_down(project.store, "visits", [edition.pins["visits"]])
        busy = client.get(ADDRESS)
        assert (busy.status_code, busy.json()["code"]) == (503, "edition-changing")
        assert int(busy.headers["retry-after"]) > 0
        project.store.portal.unlink()
        publish_portal(project, edition)
        assert client.get(ADDRESS).status_code == 200


def test_what_is_taken_down_is_not_told_to_be_unchanged(own_project: Tiny) -> None:
    project = own_project.load()
    edition = current_edition(project.store)
    assert edition is not None
    place = "/v1/datasets/visits/tables/visits"
    with TestClient(make_app(project.store, BASE), base_url=BASE) as client:
        known = {"If-None-Match": client.get(place).headers["etag"]}
        assert client.get(place, headers=known).status_code == 304
        take_down(project.store, "visits", [edition.pins["visits"]])
        assert client.get(place, headers=known).status_code == 410


def test_a_portal_that_starts_while_a_version_is_withdrawn_says_so(own_project: Tiny) -> None:
    own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    former = current_edition(own_project.load().store)
    publish(own_project)
    project = own_project.load()
    edition = current_edition(project.store)
    assert former is not None
    assert edition is not None
    with writing(project, "withdraw"):
        for version, left in ((former.pins["visits"], edition.pins["visits"]), (edition.pins["visits"], None)):
            take_down(project.store, "visits", [version])
            if left is None:
                # Its stone is not there yet, and still it is no version that there never was.
                assert _statuses(project.store, version) == {410}
            withdraw(project, "visits", version, "Contenía un dato personal.", datetime.now(UTC))
            assert _statuses(project.store, version) == {410}
            with TestClient(make_app(project.store, BASE), base_url=BASE) as client:
                told = client.get(f"/v1/datasets/visits/versions/{version}").json()
                assert told["reason"] == "Contenía un dato personal."
                assert client.get("/v1/datasets/visits/tables/visits").status_code == (200 if left else 410)


def test_what_needs_no_database_is_shown_while_a_version_is_withdrawn(own_project: Tiny) -> None:
    project = own_project.load()
    edition = current_edition(project.store)
    assert edition is not None
    run = next(project.store.runs.iterdir()).name
    with TestClient(make_app(project.store, BASE), base_url=BASE) as client:
        assert client.get("/health").status_code == 200
        with writing(project, "withdraw"):
            take_down(project.store, "visits", [edition.pins["visits"]])
            withdraw(project, "visits", edition.pins["visits"], "Contenía un dato personal.", datetime.now(UTC))
            for address in (
                "/es/",
                "/en/versions",
                "/es/versions/visits",
                "/es/status",
                f"/es/runs/{run}",
                "/es/findings",
            ):
                assert client.get(address).status_code == 200, address


def _statuses(store: Store, version: str) -> set[int]:
    """How a portal that has just started answers at the addresses of a version."""
    with TestClient(make_app(store, BASE), base_url=BASE) as client:
        addresses = (
            f"/v1/datasets/visits/versions/{version}",
            f"/v1/datasets/visits/tables/visits?version={version}",
            f"/datasets/visits/{version}/visits.csv",
            f"/datasets/visits/{version}/",
            f"/es/datasets/visits?version={version}",
        )
        return {client.get(address).status_code for address in addresses}


def _held(root: Path) -> list[str]:
    """The files below `root` that this process holds, by a mapping or open, though they are gone."""
    # The files of this process alone, which the system tells.
    mapped = [line.split(maxsplit=5)[-1] for line in Path("/proc/self/maps").read_text().splitlines()]
    opened = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return [name for name in (*mapped, *opened) if name.startswith(str(root)) and name.endswith("(deleted)")]


def test_what_is_withdrawn_is_not_held_open(own_project: Tiny) -> None:
    own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    former = own_project.load()
    edition = current_edition(former.store)
    assert edition is not None
    publish(own_project)
    project = own_project.load()
    place = "/v1/datasets/visits/tables/visits"
    with TestClient(make_app(project.store, BASE), base_url=BASE) as client:
        for path in (place, f"{place}?version={edition.pins['visits']}", ADDRESS, "/v1/openapi.json"):
            assert client.get(path).status_code == 200
        with writing(project, "withdraw"):
            take_down(project.store, "visits", [edition.pins["visits"]])
            withdraw(project, "visits", edition.pins["visits"], "Contenía un dato personal.", datetime.now(UTC))
            show(project)
        assert client.get(place).status_code == 200
        gc.collect()
        assert _held(project.store.root) == []
