"""For search engines: the sitemap, and robots.txt.

What belongs here: the sitemap protocol 0.9 and RFC 9309. What does not: feeds, and pages for people.
"""

from collections.abc import Iterator
from datetime import datetime
from xml.etree import ElementTree as ET

from pipelines.contracts.project import Project
from pipelines.contracts.wording import EXAMPLE
from pipelines.publish.feeds import address, moment, xml_bytes
from pipelines.publish.shown import Content

MAX_URLS = 50_000
"""Addresses of one sitemap file (sitemaps.org, protocol 0.9)."""
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemaps(project: Project, content: Content, limit: int = MAX_URLS) -> dict[str, bytes]:
    """`sitemap.xml` with the pages and every permanent file; an index of several files beyond `limit`."""
    urls = list(_urls(content))
    if len(urls) <= limit:
        return {"sitemap.xml": _urlset(project, urls)}
    out = {
        f"sitemap-{n + 1}.xml": _urlset(project, urls[start : start + limit])
        for n, start in enumerate(range(0, len(urls), limit))
    }
    ET.register_namespace("", _SITEMAP)
    index = ET.Element(f"{{{_SITEMAP}}}sitemapindex")
    for name in list(out):
        place = ET.SubElement(index, f"{{{_SITEMAP}}}sitemap")
        ET.SubElement(place, f"{{{_SITEMAP}}}loc").text = address(project, name)
    return {**out, "sitemap.xml": xml_bytes(index)}


def robots(project: Project) -> bytes:
    """`robots.txt`: an example asks not to be read by search engines, an official portal shows its sitemap."""
    if project.catalogue.stage == "example":
        return f"# {EXAMPLE.es}\n# {EXAMPLE.en}\nUser-agent: *\nDisallow: /\n".encode()
    return f"User-agent: *\nAllow: /\n\nSitemap: {address(project, 'sitemap.xml')}\n".encode()


def _urls(content: Content) -> Iterator[tuple[str, datetime | None]]:
    yield "", content.edition.created
    yield "index.en.html", content.edition.created
    yield "catalog.rdf", content.edition.created
    for shown in content.datasets:
        for version in shown.versions:
            for file in version.files:
                yield f"datasets/{shown.id}/{version.release.version}/{file}", version.release.published


def _urlset(project: Project, urls: list[tuple[str, datetime | None]]) -> bytes:
    ET.register_namespace("", _SITEMAP)
    root = ET.Element(f"{{{_SITEMAP}}}urlset")
    for path, changed in urls:
        place = ET.SubElement(root, f"{{{_SITEMAP}}}url")
        ET.SubElement(place, f"{{{_SITEMAP}}}loc").text = address(project, path)
        if changed:
            ET.SubElement(place, f"{{{_SITEMAP}}}lastmod").text = moment(changed)
    return xml_bytes(root)
