"""Who is told of a refusal as a page, and who as data."""

import pytest
from starlette.testclient import TestClient

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
