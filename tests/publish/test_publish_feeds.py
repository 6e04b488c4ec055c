"""Atom, sitemap and robots.txt."""

from collections.abc import Callable
from urllib.parse import urlparse
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from publish_town import BASE, Town

from pipelines.contracts.text import Text
from pipelines.publish import publish_portal
from pipelines.publish.feeds import MAX_ENTRIES, sitemaps
from pipelines.publish.shown import read_content

ATOM = "{http://www.w3.org/2005/Atom}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
SERVED = "https://www.ciudad.example/datos/"


def feed(town: Town, dataset: str) -> Element:
    root: Element = ElementTree.fromstring((town.tree / f"datasets/{dataset}/feed.atom").read_bytes())
    return root


def texts(root: Element, path: str) -> list[str | None]:
    return [e.text for e in root.findall(path)]


def links(root: Element) -> dict[str | None, str]:
    return {e.get("rel"): e.attrib["href"] for e in root.findall(f"{ATOM}link")}


def test_a_feed_has_what_rfc_4287_requires(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = feed(full, "alfa")
    for place in (root, *root.findall(f"{ATOM}entry")):
        assert [len(place.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
        assert urlparse(place.findtext(f"{ATOM}id", "")).scheme == "https"
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Ayuntamiento · City Council"
    assert all("alternate" in links(e) for e in root.findall(f"{ATOM}entry"))


def test_a_feed_has_one_entry_for_each_published_version_the_newest_first(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = feed(full, "alfa")
    dataset = f"{BASE}/catalogo/dataset/alfa"
    assert texts(root, f"{ATOM}entry/{ATOM}id") == [f"{dataset}/2026-03-10.1", f"{dataset}/2026-01-10.1"]
    assert texts(root, f"{ATOM}entry/{ATOM}updated") == ["2026-03-10T12:00:00Z", "2026-01-10T12:00:00Z"]
    assert texts(root, f"{ATOM}entry/{ATOM}title")[0] == "Datos de alfa · Data of alfa — 2026-03-10.1"
    assert texts(root, f"{ATOM}entry/{ATOM}summary")[0] == "# alfa 2026-03-10.1\n\n- Primera & única <versión>."


def test_a_withdrawn_version_is_a_deleted_entry_with_its_reason(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = feed(full, "alfa")
    [gone] = root.findall(DELETED)
    assert gone.attrib == {"ref": f"{BASE}/catalogo/dataset/alfa/2026-02-10.1", "when": "2026-05-01T09:00:00Z"}
    assert "Contenía un dato personal." in "".join(gone.itertext())
    assert root.findtext(f"{ATOM}updated") == "2026-05-01T09:00:00Z"


def test_ids_stand_under_the_uri_base_and_links_where_the_portal_is_served(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = feed(full, "beta")
    assert root.findtext(f"{ATOM}id") == f"{BASE}/datasets/beta/feed.atom"
    assert links(root) == {
        "self": f"{SERVED}datasets/beta/feed.atom",
        "alternate": f"{SERVED}datasets/beta/",
    }
    [entry] = root.findall(f"{ATOM}entry")
    assert links(entry) == {
        "alternate": f"{SERVED}#beta/2026-01-10.1",
        "related": f"{SERVED}datasets/beta/2026-01-10.1/datapackage.json",
    }


def test_a_feed_changes_only_when_its_dataset_changes(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    before = (full.tree / "datasets/alfa/feed.atom").read_bytes()
    full.release("beta", "2026-04-10.1")
    publish_portal(full.project, full.edition("2026-04-10.1"))
    assert (full.tree / "datasets/alfa/feed.atom").read_bytes() == before


def test_a_feed_has_at_most_fifty_entries_and_they_are_the_newest(town: Callable[..., Town]) -> None:
    long = town()
    for number in range(1, MAX_ENTRIES + 6):
        long.release("alfa", f"20{10 + number // 12:02}-{number % 12 + 1:02}-10.1")
    publish_portal(long.project, long.edition("2026-03-10.1"))
    ids = texts(feed(long, "alfa"), f"{ATOM}entry/{ATOM}id")
    assert len(ids) == MAX_ENTRIES == 50
    assert str(ids[0]).endswith(long.pins["alfa"])


@pytest.mark.parametrize("stage", ["example", "official"])
def test_a_feed_says_that_it_is_an_example(town: Callable[..., Town], stage: str) -> None:
    out = town(stage=stage)
    out.release("alfa", "2026-01-10.1")
    publish_portal(out.project, out.edition("2026-01-10.1"))
    root = feed(out, "alfa")
    said = str(root.findtext(f"{ATOM}subtitle"))
    assert ("no una publicación oficial" in said and "no official publication" in said) == (stage == "example")
    assert str(root.findtext(f"{ATOM}title")).startswith("[Ejemplo · Example]") == (stage == "example")


def test_hostile_texts_leave_a_feed_readable(town: Callable[..., Town]) -> None:
    out = town()
    hostile = "</title><script>alert(1)</script> & ]]> \x00\x0b\ufffe \U0001f600"
    out.release("alfa", "2026-01-10.1", Text(es=hostile, en=hostile))
    publish_portal(out.project, out.edition("2026-01-10.1"))
    root = feed(out, "alfa")
    assert root.findtext(f"{ATOM}title") == "</title><script>alert(1)</script> & ]]> \ufffd\ufffd\ufffd \U0001f600"


def test_a_dataset_of_withdrawn_versions_only_says_nothing_but_its_id(town: Callable[..., Town]) -> None:
    out = town()
    out.release("alfa", "2026-01-10.1", Text(es="Secreto", en="Secret"))
    out.withdraw("alfa", "2026-01-10.1")
    out.pins.clear()
    publish_portal(out.project, out.edition("2026-01-11.1"))
    assert feed(out, "alfa").findtext(f"{ATOM}title") == "alfa"
    assert not [p for p in out.tree.rglob("*") if p.is_file() and b"Secret" in p.read_bytes()]


def test_a_dataset_with_nothing_to_show_has_no_feed_and_no_page(town: Callable[..., Town]) -> None:
    out = town()
    out.release("alfa", "2026-01-10.1")
    out.index("alfa", "2026-01-10.1", "withdrawn")
    out.pins.clear()
    publish_portal(out.project, out.edition("2026-01-11.1"))
    assert not (out.tree / "datasets").exists()
    assert "alfa" not in (out.tree / "index.html").read_text()


def test_the_sitemap_names_the_pages_and_every_permanent_file(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = ElementTree.fromstring((full.tree / "sitemap.xml").read_bytes())
    places = [str(p) for p in texts(root, f"{SITEMAP}url/{SITEMAP}loc")]
    permanent = {
        str(p.relative_to(full.tree))
        for p in full.tree.glob("datasets/*/20*/*")
        if p.name not in ("tombstone.json", "index.html")
    }
    assert {p.removeprefix(SERVED) for p in places} == {"", "index.en.html", "catalog.rdf", *permanent}
    assert len(places) == len(set(places))


def test_a_large_sitemap_becomes_an_index_of_several(full: Town) -> None:
    content = read_content(full.project, full.edition("2026-03-10.1"))
    whole = ElementTree.fromstring(sitemaps(full.project, content)["sitemap.xml"])
    parts = sitemaps(full.project, content, limit=10)
    index = ElementTree.fromstring(parts.pop("sitemap.xml"))
    assert texts(index, f"{SITEMAP}sitemap/{SITEMAP}loc") == [SERVED + name for name in parts]
    urls = [u for data in parts.values() for u in texts(ElementTree.fromstring(data), f"{SITEMAP}url/{SITEMAP}loc")]
    assert urls == texts(whole, f"{SITEMAP}url/{SITEMAP}loc")
    assert len(parts) == -(-len(urls) // 10)


@pytest.mark.parametrize(("stage", "rule"), [("example", "Disallow: /"), ("official", "Allow: /")])
def test_robots_are_asked_to_stay_away_from_an_example(town: Callable[..., Town], stage: str, rule: str) -> None:
    out = town(stage=stage)
    publish_portal(out.project, out.edition("2026-01-10.1"))
    lines = (out.tree / "robots.txt").read_text().splitlines()
    assert rule in lines
    assert (f"Sitemap: {SERVED}sitemap.xml" in lines) == (stage == "official")
