"""Feeds for programs: Atom per dataset, the sitemap, and robots.txt.

What belongs here: RFC 4287 (Atom), RFC 6721 (deleted entries) and the sitemap protocol 0.9. What does
not: the catalogue, which `describe` writes, and pages for people.

These files hold addresses, so they belong to the tree and never to a release. Ids stand under
`uri_base`, links under `base_url`: a move to another host makes no entry look new.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from pipelines.contracts.project import Project
from pipelines.contracts.records import Tombstone
from pipelines.contracts.store import CHANGES_FILE, PACKAGE_FILE
from pipelines.contracts.text import Text
from pipelines.contracts.wording import EXAMPLE
from pipelines.describe import iris
from pipelines.publish.shown import Content, Shown, Version

MAX_ENTRIES = 50
"""Entries of a feed; older versions stay at their addresses."""
MAX_URLS = 50_000
"""Addresses of one sitemap file (sitemaps.org, protocol 0.9)."""

_ATOM = "http://www.w3.org/2005/Atom"
_DELETED = "http://purl.org/atompub/tombstones/1.0"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def address(project: Project, path: str = "") -> str:
    """The address at which `path` of the tree is served."""
    return f"{project.settings.base_url.rstrip('/')}/{quote(path)}"


def dataset_feed(project: Project, shown: Shown) -> bytes:
    """The Atom feed of one dataset: an entry per published version, the newest first, at most `MAX_ENTRIES`.

    A withdrawn version is a deleted entry with its reason. `updated` is that of the newest of them, so
    the bytes change only when something was published or withdrawn. The dataset must have a version.
    """
    ET.register_namespace("", _ATOM)
    ET.register_namespace("at", _DELETED)
    base = project.catalogue.uri_base
    feed = ET.Element(f"{{{_ATOM}}}feed", {_XML_LANG: "es"})
    _add(feed, "id", f"{base}/datasets/{shown.id}/{_FEED}")
    _add(feed, "title", _title(project, shown))
    _add(feed, "subtitle", _subtitle(project))
    times = [v.release.published for v in shown.versions] + [t.withdrawn for t in shown.withdrawn]
    _add(feed, "updated", _time(max(times)))
    author = _add(feed, "author")
    _add(author, "name", _both(project.catalogue.publisher.name))
    _add(author, "uri", project.catalogue.publisher.homepage)
    _add(feed, "rights", project.catalogue.licence)
    _link(feed, "self", "application/atom+xml", address(project, f"datasets/{shown.id}/{_FEED}"))
    _link(feed, "alternate", "text/html", address(project, f"datasets/{shown.id}/"))
    for tombstone in sorted(shown.withdrawn, key=lambda t: t.withdrawn, reverse=True)[:MAX_ENTRIES]:
        _deleted(feed, tombstone, base)
    for version in sorted(shown.versions, key=lambda v: v.release.published, reverse=True)[:MAX_ENTRIES]:
        _entry(project, feed, version)
    return _bytes(feed)


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
    return {**out, "sitemap.xml": _bytes(index)}


def robots(project: Project) -> bytes:
    """`robots.txt`: an example asks not to be read by search engines, an official portal shows its sitemap."""
    if project.catalogue.stage == "example":
        return f"# {EXAMPLE.es}\n# {EXAMPLE.en}\nUser-agent: *\nDisallow: /\n".encode()
    return f"User-agent: *\nAllow: /\n\nSitemap: {address(project, 'sitemap.xml')}\n".encode()


_FEED = "feed.atom"


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
            ET.SubElement(place, f"{{{_SITEMAP}}}lastmod").text = _time(changed)
    return _bytes(root)


def _entry(project: Project, feed: ET.Element, version: Version) -> None:
    release, metadata = version.release, version.metadata
    place = f"datasets/{release.dataset}/{release.version}"
    entry = _add(feed, "entry")
    _add(entry, "id", metadata.version_iri)
    _add(entry, "title", f"{_both(metadata.titles)} — {release.version}")
    _add(entry, "published", _time(release.published))
    _add(entry, "updated", _time(release.published))
    _link(entry, "alternate", "text/html", f"{address(project)}#{release.dataset}/{release.version}")
    _link(entry, "related", "application/json", address(project, f"{place}/{PACKAGE_FILE}"))
    changes = version.folder / CHANGES_FILE
    if CHANGES_FILE in version.files:
        _add(entry, "summary", changes.read_text(encoding="utf-8").strip()).set("type", "text")


def _deleted(feed: ET.Element, tombstone: Tombstone, base: str) -> None:
    gone = {"ref": iris.version(base, tombstone.dataset, tombstone.version), "when": _time(tombstone.withdrawn)}
    deleted = ET.SubElement(feed, f"{{{_DELETED}}}deleted-entry", gone)
    ET.SubElement(deleted, f"{{{_DELETED}}}comment").text = _xml(f"Retirada · Withdrawn: {tombstone.reason}")


def _title(project: Project, shown: Shown) -> str:
    # Of a dataset whose versions are all withdrawn nothing but the id is said: its title went with them.
    title = _both(shown.newest.metadata.titles) if shown.newest else shown.id
    return f"[Ejemplo · Example] {title}" if project.catalogue.stage == "example" else title


def _subtitle(project: Project) -> str:
    title = _both(project.catalogue.titles)
    return f"{title}. {EXAMPLE.es} {EXAMPLE.en}" if project.catalogue.stage == "example" else title


def _both(text: Text) -> str:
    return text.es if text.es == text.en else f"{text.es} · {text.en}"


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    element.text = None if text is None else _xml(text)
    return element


def _link(parent: ET.Element, rel: str, media_type: str, href: str) -> None:
    _add(parent, "link").attrib.update({"rel": rel, "type": media_type, "href": href})


def _xml(text: str) -> str:
    # Characters that XML 1.0 (production 2) forbids would make the whole feed unreadable.
    return _NOT_XML.sub("\ufffd", text)


def _time(moment: datetime) -> str:
    # RFC 4287, 3.3: an RFC 3339 date-time with its offset.
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
