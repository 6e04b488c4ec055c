"""Between the taking down of what is withdrawn and the next tree the portal asks for patience, and heals by itself."""

from starlette.testclient import TestClient

from pipelines.publish import publish_portal, take_down
from pipelines.release import current_edition
from portal.app import make_app
from tests.tiny import Tiny

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
