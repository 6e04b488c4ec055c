"""Reading a page as a test does: its elements, its text, and what is not closed."""

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """The elements of a page; complains of an end tag that does not fit."""

    def __init__(self, text: str, name: str = "the page") -> None:
        super().__init__()
        self.name = name
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
        assert self.open.pop() == tag, f"{self.name}: {tag} at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name in tags]

    @property
    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.elements if "id" in attrs]

    @property
    def links(self) -> list[str]:
        return [str(attrs["href"]) for name, attrs in self.elements if name in ("a", "link")]
