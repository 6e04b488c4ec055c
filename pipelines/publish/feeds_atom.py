"""A feed as Atom.

What belongs here: RFC 4287, and RFC 6721 for deleted entries. What does not: what a feed tells, which is `feeds`.
"""

import re
from xml.etree import ElementTree as ET

from pipelines.publish.feeds import ATOM, JSON, Entry, Feed, Gone, moment, xml_bytes
from pipelines.publish.feeds_json import MEDIA_TYPE as JSON_FEED

_ATOM = "http://www.w3.org/2005/Atom"
_DELETED = "http://purl.org/atompub/tombstones/1.0"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(feed: Feed) -> bytes:
    """The feed as Atom: an entry for each published version, and a deleted entry for each withdrawn one."""
    ET.register_namespace("", _ATOM)
    ET.register_namespace("at", _DELETED)
    root = ET.Element(f"{{{_ATOM}}}feed", {_XML_LANG: "es"})
    _add(root, "id", feed.id + ATOM)
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", moment(feed.updated))
    author = _add(root, "author")
    _add(author, "name", feed.author)
    _add(author, "uri", feed.homepage)
    _add(root, "rights", feed.licence)
    _link(root, "self", "application/atom+xml", feed.here + ATOM)
    _link(root, "alternate", "text/html", feed.here)
    _link(root, "alternate", JSON_FEED, feed.here + JSON)
    for gone in feed.gone:
        _deleted(root, gone)
    for entry in feed.entries:
        _entry(root, entry)
    return xml_bytes(root)


def _entry(feed: ET.Element, told: Entry) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", told.id)
    _add(entry, "title", told.title)
    _add(entry, "published", moment(told.published))
    _add(entry, "updated", moment(told.published))
    _add(entry, "category").set("term", told.dataset)
    _link(entry, "alternate", "text/html", told.page)
    _link(entry, "related", "application/json", told.package)
    if told.changes is not None:
        _add(entry, "summary", told.changes).set("type", "text")


def _deleted(feed: ET.Element, gone: Gone) -> None:
    deleted = ET.SubElement(feed, f"{{{_DELETED}}}deleted-entry", {"ref": gone.id, "when": moment(gone.withdrawn)})
    ET.SubElement(deleted, f"{{{_DELETED}}}comment").text = _xml(f"Retirada · Withdrawn: {gone.reason}")
    # RFC 6721, 3: a deleted entry may hold further elements, among them links.
    _link(deleted, "alternate", "text/html", gone.page)


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    element.text = None if text is None else _xml(text)
    return element


def _link(parent: ET.Element, rel: str, media_type: str, href: str) -> None:
    _add(parent, "link").attrib.update({"rel": rel, "type": media_type, "href": href})


def _xml(text: str) -> str:
    # Characters that XML 1.0 (production 2) forbids would make the whole feed unreadable.
    return _NOT_XML.sub("\ufffd", text)
