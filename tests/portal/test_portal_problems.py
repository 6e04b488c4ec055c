"""Who is told of a refusal as a page, and who as data."""

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.reading import CATALOGUE_FILE
from portal.app import make_app
from tests.portal.conftest import BASE_URL
from tests.tiny import Tiny

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "en"}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/v1/openapi", 404),
        ("/v1/datasets/none", 404),
        ("/v1/datasets/visits/tables/visits?none=1", 400),
        ("/v1/datasets/visits/tables/none.csv", 404),
        ("/v1/runs/none", 404),
        ("/v1/nothing", 404),
    ],
)
def test_under_v1_a_refusal_is_data_whatever_a_browser_prefers(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == status
    assert answer.headers["content-language"] == "en"


@pytest.mark.parametrize("address", ["/en/nothing", "/datasets/none/x.csv", "/recurso/none", "/v1x", "/en/runs/none"])
def test_elsewhere_a_reader_sees_a_page_and_a_program_data(client: TestClient, address: str) -> None:
    page = client.get(address, headers=BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>There is nothing here</h1>" in page.text
    assert client.get(address).headers["content-type"].startswith("application/problem+json")


def test_a_damaged_tree_is_a_refusal_in_the_form_that_is_wanted(own_project: Tiny) -> None:
    store = own_project.load().store
    path = store.portal / CATALOGUE_FILE
    path.unlink()
    path.write_text("{", encoding="utf-8")
    app = make_app(store, BASE_URL)
    with TestClient(app, base_url=BASE_URL, raise_server_exceptions=False) as client:
        page = client.get("/en/", headers=BROWSER)
        assert page.status_code == 500
        assert "<h1>Something failed here</h1>" in page.text
        assert client.get("/v1/datasets").json()["code"] == "internal"
        assert client.get("/v1/datasets/visits/tables/visits").status_code == 200
