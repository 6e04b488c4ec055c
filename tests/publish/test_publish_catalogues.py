"""The catalogue feeds of the tree: two profiles, their pages, and the part of each dataset."""

from collections.abc import Callable

import pytest
from publish_town import Town
from pyoxigraph import RdfFormat, Triple, parse

from pipelines.contracts.settings import Settings
from pipelines.publish import publish_portal

SERVED = "https://www.ciudad.example/datos/"
FORMATS = {"ttl": RdfFormat.TURTLE, "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD}
HYDRA = "http://www.w3.org/ns/hydra/core#"
DCAT = "http://www.w3.org/ns/dcat#"
LIMIT = 25_000
NAMES = [f"conjunto-{n}" for n in range(9)]


def publish(town: Town, limit: int | None = None, **urls: str) -> Town:
    """Nine datasets, published with a limit for pages and with the services at `urls`."""
    for name in NAMES:
        if name not in town.pins:
            town.release(name, "2026-01-10.1")
    settings = town.project.settings.model_dump() | urls
    town.project.settings = Settings(**settings | ({"feed_page_bytes": limit} if limit else {}))
    assert publish_portal(town.project, town.edition("2026-03-10.1")).result == "applied"
    return town


def read(town: Town, path: str) -> set[Triple]:
    fmt = FORMATS[path.rpartition(".")[2]]
    return {quad.triple for quad in parse((town.tree / path).read_bytes(), format=fmt)}


def subjects(triples: set[Triple], kind: str) -> set[str]:
    return {t.subject.value for t in triples if t.predicate.value.endswith("#type") and t.object.value == kind}


def objects(triples: set[Triple], name: str) -> list[str]:
    return [t.object.value for t in triples if t.predicate.value == name]


def without_hydra(triples: set[Triple]) -> set[Triple]:
    return {t for t in triples if HYDRA not in t.predicate.value and HYDRA not in t.object.value}


def chain(town: Town, first: str) -> list[str]:
    """The pages of a feed, as a harvester finds them."""
    pages = [first]
    while following := objects(read(town, pages[-1]), f"{HYDRA}next"):
        (address,) = following
        pages.append(address.removeprefix(SERVED))
        assert len(pages) < 20
    return pages


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("folder", ["", "eu/"])
def test_a_large_feed_is_cut_into_pages_that_together_say_the_same(
    town: Callable[..., Town], folder: str, fmt: str
) -> None:
    one = publish(town())
    whole = read(one, f"{folder}catalog.{fmt}")
    assert not (one.tree / f"{folder}catalog-2.{fmt}").exists()
    assert whole == without_hydra(whole)
    many = publish(one, LIMIT)
    pages = chain(many, f"{folder}catalog.{fmt}")
    assert pages[1:] == [f"{folder}catalog-{n}.{fmt}" for n in range(2, len(pages) + 1)]
    assert {str(p.relative_to(many.tree)) for p in many.tree.glob(f"{folder}catalog*.{fmt}")} == set(pages)
    assert len(pages) >= 3
    assert max((many.tree / page).stat().st_size for page in pages) <= LIMIT
    assert set().union(*(without_hydra(read(many, page)) for page in pages)) == whole


@pytest.mark.parametrize("folder", ["", "eu/"])
def test_every_format_is_cut_at_the_same_datasets(town: Callable[..., Town], folder: str) -> None:
    many = publish(town(), LIMIT)
    cuts = [
        [subjects(read(many, page), f"{DCAT}Dataset") for page in chain(many, f"{folder}catalog.{fmt}")]
        for fmt in FORMATS
    ]
    assert cuts[0] == cuts[1] == cuts[2]
    assert sum(map(len, cuts[0])) == len(NAMES)


def test_a_page_has_one_catalogue_that_lists_what_the_page_describes(town: Callable[..., Town]) -> None:
    many = publish(town(), LIMIT)
    pages = [read(many, page) for page in chain(many, "catalog.rdf")]
    for triples in pages:
        assert len(subjects(triples, f"{DCAT}Catalog")) == 1
        assert set(objects(triples, f"{DCAT}dataset")) == subjects(triples, f"{DCAT}Dataset")
        assert len(subjects(triples, f"{HYDRA}PagedCollection")) == 1
    addresses = [SERVED + page for page in chain(many, "catalog.rdf")]
    assert [subjects(t, f"{HYDRA}PagedCollection").pop() for t in pages] == addresses


def test_the_services_stand_on_the_first_page_and_serve_all(town: Callable[..., Town]) -> None:
    many = publish(town(), LIMIT, api_url="https://api.ciudad.example")
    first, *others = [read(many, page) for page in chain(many, "catalog.ttl")]
    assert len(objects(first, f"{DCAT}servesDataset")) == len(NAMES)
    assert len(subjects(first, f"{DCAT}DataService")) == len(objects(first, f"{DCAT}service")) == 1
    assert not any(objects(t, f"{DCAT}service") for t in others)
    assert all(objects(t, f"{DCAT}accessService") for t in [first, *others])


def test_a_dataset_that_is_larger_than_a_page_has_one_to_itself(town: Callable[..., Town]) -> None:
    many = publish(town(), 10_000)
    pages = [read(many, page) for page in chain(many, "eu/catalog.rdf")]
    assert [len(subjects(t, f"{DCAT}Dataset")) for t in pages] == [1] * len(NAMES)


@pytest.mark.parametrize("folder", ["", "eu/"])
def test_the_part_of_a_dataset_is_in_the_feed_and_stays_when_another_changes(
    town: Callable[..., Town], folder: str
) -> None:
    full = publish(town())
    paths = [f"{folder}datasets/{NAMES[0]}/dcat.{fmt}" for fmt in FORMATS]
    before = [(full.tree / path).read_bytes() for path in paths]
    assert all(read(full, path) < read(full, f"{folder}catalog.{path.rpartition('.')[2]}") for path in paths)
    full.release(NAMES[1], "2026-04-10.1")
    publish_portal(full.project, full.edition("2026-04-10.1"))
    assert [(full.tree / path).read_bytes() for path in paths] == before


def test_the_page_names_the_one_feed_to_register(town: Callable[..., Town]) -> None:
    tree = publish(town()).tree
    for name, sentence in {
        "index.html": "se da de alta una sola dirección",
        "index.en.html": "one address only",
    }.items():
        text = (tree / name).read_text()
        assert text.count('rel="alternate" type="application/rdf+xml"') == 1
        assert '<link rel="alternate" type="application/rdf+xml" title="DCAT-AP-ES" href="catalog.rdf">' in text
        assert sentence in text
