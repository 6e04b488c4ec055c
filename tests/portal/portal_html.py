"""Reading a page as a test does: its elements, its text, and what is not closed."""

from html.parser import HTMLParser

from starlette.testclient import TestClient

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """The elements of a page; complains of an end tag that does not fit."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if "script" not in self.open:
            self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name in tags]


def get(client: TestClient, address: str, status: int = 200) -> Page:
    answer = client.get(address, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text[-1500:]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)
