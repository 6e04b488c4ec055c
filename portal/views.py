"""The views of a dataset: what `publish` has drawn for the edition, read from the tree.

What belongs here: finding them, making their drawings fit to stand in a page, and telling of them as data. What does not:
drawing them, which `publish` did, and how a page shows them.

They are of the version of the edition alone. A withdrawal takes them all away at once, for they may hold words of any
dataset; there are none then until the next tree.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from pipelines.contracts.text import LANGS, Lang
from pipelines.contracts.views import VIEWS, DrawnView
from portal.answer import Answer, Problem, as_json
from portal.site import Site

_KNOWN: WeakKeyDictionary[Site, dict[str, list["Shown"]]] = WeakKeyDictionary()
_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset({"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "a"})
_ATTRIBUTES = frozenset(
    {"viewBox", "width", "height", "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy"}
) | {
    *("cx", "cy", "r", "text-anchor", "text-decoration", "font-family", "font-size", "font-weight", "href", "role"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap"),
}
_TITLES = frozenset({"title", "desc"})
"""What a drawing says of itself; a page says it beside the drawing, and connects the two."""


@dataclass(frozen=True)
class Shown:
    """A view and its drawing in each language; no drawing of a matrix, nor of one that may not stand in a page."""

    view: DrawnView
    drawings: dict[Lang, str]

    @property
    def mark(self) -> str:
        """The id of its title in a page; no other view has it."""
        return f"view-{self.view.dataset}-{self.view.id}"

    @property
    def place(self) -> str:
        """The address of its files without their endings."""
        return f"/datasets/{quote(self.view.dataset)}/{VIEWS}/{quote(self.view.id)}"


def views(site: Site, dataset: str) -> list[Shown]:
    """The views of a dataset, first those for the first page, then by name; none where it has none, or none any more."""
    folder = site.tree / "datasets" / dataset / VIEWS
    if not folder.is_dir():
        return []
    known = _KNOWN.setdefault(site, {})
    if dataset not in known:
        found = [_read(site, path) for path in sorted(folder.glob("*.json"))]
        known[dataset] = sorted(found, key=lambda one: not one.view.home)
    return known[dataset]


def view(site: Site, dataset: str, name: str) -> Shown:
    """One view. Raises `Problem` 404, and 404 or 410 as `Site.version`."""
    site.version(dataset, None)
    every = {one.view.id: one for one in views(site, dataset)}
    if name not in every:
        # While a withdrawal has taken them away there is no database either, and the next tree is asked.
        site.database()
        raise Problem(
            404,
            "view-unknown",
            f"El conjunto {dataset} no tiene ese gráfico.",
            f"The dataset {dataset} has no such view.",
            views=list(every),
        )
    return every[name]


def listed(site: Site, dataset: str) -> Answer:
    """The views of a dataset as JSON, without their rows. Raises `Problem` as `Site.version`."""
    version = site.version(dataset, None)
    told = [_told(site, one, {"header", "rows"}) for one in views(site, dataset)]
    return as_json({"edition": site.edition.edition, "dataset": dataset, "version": version, "views": told})


def one(site: Site, dataset: str, name: str) -> Answer:
    """One view as JSON with its rows. Raises `Problem` as `view`."""
    return as_json({"edition": site.edition.edition, **_told(site, view(site, dataset, name), set())})


def safe(drawing: str, mark: str, prefix: str, lang: Lang) -> str | None:
    """A drawing as it may stand in a page; None if it holds anything but lines, shapes, texts and links.

    What it says of itself is left out: the page names it by the element with the id `mark`, and describes it by that
    with `<mark>-said`. Links lead to paths of the portal behind `prefix`, in `lang`.
    """
    try:
        root = ElementTree.fromstring(drawing)
    except (ElementTree.ParseError, DefusedXmlException):
        return None
    for element in list(root):
        if element.tag.removeprefix(_SVG) in _TITLES:
            root.remove(element)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        if element.tag not in _ELEMENTS or not set(element.attrib) <= _ATTRIBUTES:
            return None
        # A colour may be an address too, in letters of any case, or written with escapes.
        if any(sign in value.lower() for value in element.attrib.values() for sign in ("url(", "\\")):
            return None
        if "href" in element.attrib:
            path = element.attrib["href"]
            if not path.startswith("/") or path.startswith("//"):
                return None
            element.set("href", f"{prefix}{path}?lang={lang}")
    root.set("aria-labelledby", mark)
    root.set("aria-describedby", f"{mark}-said")
    return str(ElementTree.tostring(root, encoding="unicode"))


def _read(site: Site, path: Path) -> Shown:
    shown = Shown(DrawnView.model_validate_json(path.read_bytes()), {})
    for lang in LANGS if shown.view.drawn else ():
        drawing = path.with_suffix(f".{lang}.svg").read_text(encoding="utf-8")
        found = safe(drawing, shown.mark, urlsplit(site.base_url).path, lang)
        if found is not None:
            shown.drawings[lang] = found
    return shown


def _told(site: Site, shown: Shown, without: set[str]) -> dict[str, Any]:
    told = shown.view.model_dump(mode="json", exclude=without)
    files = f"{site.base_url}{shown.place}"
    pages = {lang: f"{site.base_url}/{lang}{shown.place}" for lang in LANGS}
    svg = {lang: f"{files}.{lang}.svg" for lang in LANGS} if shown.view.drawn else None
    address = f"{site.base_url}/v1{shown.place}"
    return {**told, "links": {"self": address, "page": pages, "csv": f"{files}.csv", "svg": svg}}
