"""Judging anybody's catalogue: a file or an address, with all its pages.

What belongs here: getting the bytes, telling which RDF they are, following the pages, asking addresses. What
does not: the rules, which are `check.judge`, and how the report reads, which is `report`.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from pipelines.check.catalogue.graph import Described, Value, join_graphs, read_graph
from pipelines.check.catalogue.judge import Judgement, Profile, Rulebook, Served, judge_graph, load_rulebook
from pipelines.check.catalogue.mqa import probed, scores
from pipelines.check.catalogue.parse import RdfSyntax
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project, is_address
from pipelines.contracts.source import source_at
from pipelines.contracts.text import Text
from pipelines.operate.addresses import ask_addresses
from pipelines.pull.web import Web, shown

MOST_PAGES = 1000
"""Pages of one catalogue that are read; more is a loop."""

_SUFFIXES: dict[str, RdfSyntax] = {
    ".ttl": "ttl",
    ".rdf": "rdf",
    ".xml": "rdf",
    ".owl": "rdf",
    ".jsonld": "jsonld",
    ".json": "jsonld",
    ".nt": "nt",
}
_TYPES: dict[str, RdfSyntax] = {
    "text/turtle": "ttl",
    "application/x-turtle": "ttl",
    "application/rdf+xml": "rdf",
    "application/ld+json": "jsonld",
    "application/n-triples": "nt",
}
_STARTS: list[tuple[re.Pattern[bytes], RdfSyntax]] = [
    (re.compile(rb"<\?xml|<!|<([A-Za-z]+:)?RDF[\s>]"), "rdf"),
    (re.compile(rb"\{\s*[\"}]|\[\s*\{"), "jsonld"),
]
_OTHERS: list[tuple[re.Pattern[bytes], str]] = [
    (re.compile(rb"<!DOCTYPE html|<html", re.IGNORECASE), "HTML"),
    (re.compile(rb"\x1f\x8b"), "gzip"),
    (re.compile(rb"PK\x03\x04"), "ZIP"),
]
"""What is often found in the place of a catalogue."""


@dataclass(frozen=True)
class Page:
    """One page as it came: where from, its bytes, its syntax, and the address against which it is read."""

    place: str
    data: bytes
    syntax: RdfSyntax
    base: str | None


@dataclass(frozen=True)
class Report:
    """What was judged, and the verdict. `triples` counts those of all pages."""

    place: str
    pages: int
    triples: int
    datasets: int
    judgement: Judgement


def judge_place(
    project: Project, place: str, profile: Profile, ask: bool, tell: Callable[[str], None] = lambda _: None
) -> Report:
    """The verdict on the catalogue at `place`, a path or an address.

    `ask`: the addresses of the best distributions are asked. Raises `FindingError` if the bytes or the rules
    cannot be had.
    """
    rulebook = _rulebook(project)
    with tempfile.TemporaryDirectory() as folder:
        pages = list(_pages(project, place, Path(folder), tell))
    graphs = [graph for _, graph in pages]
    graph = graphs[0] if len(graphs) == 1 else join_graphs(graphs)
    sizes = tuple(len(page.data) for page, _ in pages)
    # Reading ends at a page that has been read; a page that leads on from there leads round in a circle.
    circle = _next(graphs[-1], pages[-1][0].place) is not None
    repeated = circle or any(page.data == pages[0][0].data for page, _ in pages[1:])
    if graph.findings:
        judged = Judgement(profile, graph.findings)
    else:
        judged = judge_graph(graph, profile, rulebook, served=Served(sizes, repeated=repeated))
        if ask:
            judged = _asked(project, graph, judged, rulebook, tell)
    return Report(_name(place), len(sizes), sum(map(len, graph.lines.values())), len(graph.datasets), judged)


def _rulebook(project: Project) -> Rulebook:
    try:
        return load_rulebook(project.root / "vocab", project.standards)
    except (OSError, KeyError, ValueError) as error:
        raise FindingError(finding("codes-unreadable", part="vocab/codes", params={"reason": error})) from error


def _asked(
    project: Project, graph: Described, judged: Judgement, rulebook: Rulebook, tell: Callable[[str], None]
) -> Judgement:
    """The verdict with the scores that answers give.

    An address that fails may make another distribution the best one, which is then asked too.
    """
    known: dict[str, bool | None] = {}
    now = judged.scores
    while new := {url for score in now for url in probed(graph, score)} - set(known):
        known |= ask_addresses(project.settings, sorted(new), tell)
        now = scores(graph, rulebook.codes, judged.failing, known)
    return replace(judged, scores=now)


def _pages(project: Project, place: str, folder: Path, tell: Callable[[str], None]) -> Iterator[tuple[Page, Described]]:
    """The pages of the catalogue, one after the other. A file has the pages that lie beside it."""
    seen: set[str] = set()
    following: str | None = place
    with _opened(project, place) as web:
        while following and following not in seen and len(seen) < MOST_PAGES:
            seen.add(following)
            tell(_name(following))
            page = _fetched(web, following, folder / "page") if web else _file(project, following)
            graph = read_graph(page.data, page.syntax, page.base)
            if graph.findings and len(seen) > 1:
                kind = f"{page.syntax}, {_name(following)}"
                graph.findings = [f.model_copy(update={"params": {**f.params, "kind": kind}}) for f in graph.findings]
            yield page, graph
            following = _next(graph, following)


def read_place(project: Project, place: str, folder: Path) -> tuple[bytes, str | None]:
    """The bytes of a file or at an address, and the address in the end. Raises `FindingError`."""
    with _opened(project, place) as web:
        if web is None:
            return _file_bytes(project, place), None
        facts = web.download(place, folder / "file", robots=False).facts
        return (folder / "file").read_bytes(), facts.url


@contextmanager
def _opened(project: Project, place: str) -> Iterator[Web | None]:
    if not is_address(place):
        yield None
        return
    with Web(project, source_at("catalogue", Text(es="Catálogo", en="Catalogue"), place)) as web:
        yield web


def _fetched(web: Web, url: str, target: Path) -> Page:
    # Somebody typed this address: what robots.txt asks of programs that find their own way is not meant.
    facts = web.download(url, target, robots=False).facts
    declared = (facts.content_type or "").partition(";")[0].strip().lower()
    data = target.read_bytes()
    return Page(url, data, _TYPES.get(declared) or syntax_of(urlsplit(url).path, data, _name(url)), facts.url)


def _file(project: Project, place: str) -> Page:
    data = _file_bytes(project, place)
    return Page(place, data, syntax_of(place, data, place), None)


def _file_bytes(project: Project, place: str) -> bytes:
    limit = project.settings.max_file_bytes
    try:
        with Path(place).open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise FindingError(_unreadable(place, error.strerror or type(error).__name__)) from error
    if len(data) > limit:
        raise FindingError(_unreadable(place, f"> {limit} bytes (max_file_bytes)"))
    return data


def syntax_of(path: str, data: bytes, name: str) -> RdfSyntax:
    """Which RDF `data` are: from how the path ends, else from how they begin. Raises `FindingError` on what is none."""
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, other in _OTHERS:
        if pattern.match(start):
            raise FindingError(_unreadable(name, other))
    if known := _SUFFIXES.get(Path(path).suffix.lower()):
        return known
    return next((syntax for pattern, syntax in _STARTS if pattern.match(start)), "ttl")


def _next(graph: Described, here: str) -> str | None:
    """Where the next page is: an address, or a file of that name beside the one that is read."""
    for node in graph.facts:
        for name in ("hydra:next", "hydra:nextPage"):
            for value in graph.values(node, name):
                text = value.value if isinstance(value, Value) else value
                try:
                    return _beside(here, text)
                except ValueError as error:
                    raise FindingError(_unreadable(here, f"{name} {text}")) from error
    return None


def _beside(here: str, there: str) -> str | None:
    if is_address(here):
        return urljoin(here, there)
    file = Path(here).parent / Path(urlsplit(there).path).name
    return str(file) if file.is_file() else None


def _unreadable(place: str, reason: str) -> Finding:
    return finding("catalogue-unreadable", part=_name(place), params={"reason": reason})


def _name(place: str) -> str:
    """The place without what may be secret in an address."""
    return shown(place) if is_address(place) else place
