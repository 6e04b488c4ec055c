"""The sitemap and robots.txt."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from publish_town import Town

from pipelines.publish import publish_portal
from pipelines.publish.shown import read_content
from pipelines.publish.sitemap import sitemaps

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
SERVED = "https://www.ciudad.example/datos/"


def texts(root: Element, path: str) -> list[str | None]:
    return [e.text for e in root.findall(path)]


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
