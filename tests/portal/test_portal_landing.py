"""The one address of a dataset and of a version, which the catalogue and the feeds name."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.records import ReleaseIndex
from pipelines.contracts.store import Store
from pipelines.operate.undo import take_back
from pipelines.publish import take_down
from portal.app import make_app
from portal.site import Sites
from tests.html_page import Page
from tests.portal.conftest import BASE_URL, publish
from tests.tiny import VISITS, Tiny

REASON = "Contenía un dato personal."


def versions(store: Store) -> list[str]:
    """The versions of `visits`, the oldest first."""
    return [v.version for v in ReleaseIndex.model_validate_json(store.index("visits").read_bytes()).versions]


@pytest.mark.parametrize("end", ["", "index.html"])
@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_dataset_answers_with_its_page_in_the_language_of_the_reader(client: TestClient, lang: str, end: str) -> None:
    answer = client.get(f"/datasets/visits/{end}", headers={"Accept-Language": lang})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == lang
    assert "Accept-Language" in answer.headers["vary"]
    assert answer.text == client.get(f"/{lang}/datasets/visits").text


@pytest.mark.parametrize("place", [0, 1])
def test_a_version_answers_with_its_page(client: TestClient, portal_store: Store, place: int) -> None:
    version = versions(portal_store)[place]
    answer = client.get(f"/datasets/visits/{version}/")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=60, must-revalidate")
    links = [a.get("href") for a in Page(answer.text).all("a")]
    assert f"/datasets/visits/{version}/visits.csv" in links
    assert {"/datasets/visits/feed.atom", "/datasets/visits/feed.json"} <= set(links)


def test_head_and_etag_work_there(client: TestClient) -> None:
    answer = client.head("/datasets/visits/")
    assert (answer.status_code, answer.content) == (200, b"")
    again = client.get("/datasets/visits/", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "code"),
    [("/datasets/nada/", "dataset-unknown"), ("/datasets/visits/2020-01-01.1/", "version-unknown")],
)
def test_what_there_never_was_is_refused(client: TestClient, path: str, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_a_withdrawn_version_answers_410_with_its_reason_from_the_first_moment(own_project: Tiny) -> None:
    own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    publish(own_project)
    project = own_project.load()
    first = versions(project.store)[0]
    with TestClient(make_app(project.store, BASE_URL), base_url=BASE_URL) as client:
        assert client.get(f"/datasets/visits/{first}/").status_code == 200
        take_down(project.store, "visits", [first])
        assert client.get(f"/datasets/visits/{first}/").status_code == 410
        take_back(project, "visits", first, REASON, datetime.now(UTC))
        answer = client.get(f"/datasets/visits/{first}/")
        assert (answer.status_code, answer.headers["content-type"]) == (410, "text/html; charset=utf-8")
        assert f"Motivo: {REASON}" in answer.text
        assert client.get("/datasets/visits/").status_code == 200


def test_a_dataset_that_the_edition_has_no_longer_answers_with_its_versions(own_project: Tiny) -> None:
    project = own_project.load()
    take_back(project, "visits", None, REASON, datetime.now(UTC))
    assert Sites(project.store, BASE_URL).current().shown("visits").pinned is None
    with TestClient(make_app(project.store, BASE_URL), base_url=BASE_URL) as client:
        answer = client.get("/datasets/visits/", headers={"Accept-Language": "en"})
        assert answer.status_code == 200
        assert REASON in answer.text
        assert answer.text == client.get("/en/versions/visits").text


@pytest.mark.parametrize("path", ["/es/", "/en/versions", "/es/datasets/visits", "/en/search"])
def test_every_page_announces_the_feeds_of_all(client: TestClient, path: str) -> None:
    heads = Page(client.get(path).text).all("link")
    announced = {h["href"]: h.get("type") for h in heads if h.get("rel") == "alternate" and "type" in h}
    assert announced["/feed.atom"] == "application/atom+xml"
    assert announced["/feed.json"] == "application/feed+json"
    for address, kind in announced.items():
        assert client.get(str(address)).headers["content-type"].partition(";")[0] == kind
