"""Asking the portal for a page as a browser does."""

from starlette.testclient import TestClient

from tests.html_page import Page


def get(client: TestClient, address: str, status: int = 200) -> Page:
    answer = client.get(address, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text[-1500:]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)
