"""The feeds in both formats, of each dataset and of all."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlparse
from xml.etree.ElementTree import Element

import httpx
import pytest
from defusedxml import ElementTree
from publish_town import BASE, Town

from pipelines.contracts.text import Text
from pipelines.publish import publish_portal
from pipelines.publish.feeds import MAX_ENTRIES

ATOM = "{http://www.w3.org/2005/Atom}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
SERVED = "https://www.ciudad.example/datos/"
NAMES = ("feed.atom", "feed.json")


def feed(town: Town, dataset: str | None) -> Element:
    place = f"datasets/{dataset}/" if dataset else ""
    root: Element = ElementTree.fromstring((town.tree / f"{place}feed.atom").read_bytes())
    return root


def json_feed(town: Town, dataset: str | None) -> dict[str, Any]:
    place = f"datasets/{dataset}/" if dataset else ""
    told: dict[str, Any] = json.loads((town.tree / f"{place}feed.json").read_bytes())
    return told


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """A plain server of the files of a folder; gives its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join(10)


def texts(root: Element, path: str) -> list[str | None]:
    return [e.text for e in root.findall(path)]


def links(root: Element) -> dict[tuple[str | None, str | None], str]:
    """The address of each link by its relation and media type."""
    found = root.findall(f"{ATOM}link")
    out = {(e.get("rel"), e.get("type")): e.attrib["href"] for e in found}
    # RFC 4287, 4.1.1: no two links have the same relation, type and language.
    assert len(out) == len(found)
    return out


def test_a_feed_has_what_rfc_4287_requires(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = feed(full, "alfa")
    for place in (root, *root.findall(f"{ATOM}entry")):
        assert [len(place.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
        assert urlparse(place.findtext(f"{ATOM}id", "")).scheme == "https"
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Ayuntamiento · City Council"
    assert all(("alternate", "text/html") in links(e) for e in root.findall(f"{ATOM}entry"))


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
    assert links(gone) == {("alternate", "text/html"): f"{SERVED}datasets/alfa/2026-02-10.1/"}
    assert root.findtext(f"{ATOM}updated") == "2026-05-01T09:00:00Z"


def test_ids_stand_under_the_uri_base_and_links_where_the_portal_is_served(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = feed(full, "beta")
    assert root.findtext(f"{ATOM}id") == f"{BASE}/datasets/beta/feed.atom"
    assert links(root) == {
        ("self", "application/atom+xml"): f"{SERVED}datasets/beta/feed.atom",
        ("alternate", "text/html"): f"{SERVED}datasets/beta/",
        ("alternate", "application/feed+json"): f"{SERVED}datasets/beta/feed.json",
    }
    [entry] = root.findall(f"{ATOM}entry")
    assert links(entry) == {
        ("alternate", "text/html"): f"{SERVED}datasets/beta/2026-01-10.1/",
        ("related", "application/json"): f"{SERVED}datasets/beta/2026-01-10.1/datapackage.json",
    }


def test_a_feed_changes_only_when_its_dataset_changes(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    before = {name: (full.tree / "datasets/alfa" / name).read_bytes() for name in NAMES}
    full.release("beta", "2026-04-10.1")
    publish_portal(full.project, full.edition("2026-04-10.1"))
    assert {name: (full.tree / "datasets/alfa" / name).read_bytes() for name in NAMES} == before


def test_a_feed_has_at_most_fifty_entries_and_they_are_the_newest(town: Callable[..., Town]) -> None:
    long = town()
    for number in range(1, MAX_ENTRIES + 6):
        long.release("alfa", f"20{10 + number // 12:02}-{number % 12 + 1:02}-10.1")
    publish_portal(long.project, long.edition("2026-03-10.1"))
    for place in ("alfa", None):
        ids = texts(feed(long, place), f"{ATOM}entry/{ATOM}id")
        assert len(ids) == MAX_ENTRIES == 50
        assert str(ids[0]).endswith(long.pins["alfa"])
        assert ids == [item["id"] for item in json_feed(long, place)["items"]]


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
    assert feed(out, "alfa").findtext(f"{ATOM}title") == json_feed(out, "alfa")["title"] == "alfa"
    assert not [p for p in out.tree.rglob("*") if p.is_file() and b"Secret" in p.read_bytes()]


def test_a_dataset_with_nothing_to_show_has_no_feed_and_no_page(town: Callable[..., Town]) -> None:
    out = town()
    out.release("alfa", "2026-01-10.1")
    out.index("alfa", "2026-01-10.1", "withdrawn")
    out.pins.clear()
    publish_portal(out.project, out.edition("2026-01-11.1"))
    assert not (out.tree / "datasets").exists()
    assert feed(out, None).findtext(f"{ATOM}updated") == "2026-01-11T12:00:00Z"
    assert json_feed(out, None)["items"] == []
    assert "alfa" not in (out.tree / "index.html").read_text()


def test_the_feed_of_all_tells_what_became_of_every_version_of_every_dataset(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root = feed(full, None)
    assert root.findtext(f"{ATOM}id") == f"{BASE}/feed.atom"
    assert links(root) == {
        ("self", "application/atom+xml"): f"{SERVED}feed.atom",
        ("alternate", "text/html"): SERVED,
        ("alternate", "application/feed+json"): f"{SERVED}feed.json",
    }
    told = [(e.find(f"{ATOM}category"), e.findtext(f"{ATOM}id", "")) for e in root.findall(f"{ATOM}entry")]
    assert [(c is not None and c.get("term"), i.rpartition("/")[2]) for c, i in told] == [
        ("alfa", "2026-03-10.1"),
        ("alfa", "2026-01-10.1"),
        ("beta", "2026-01-10.1"),
        ("gamma", "2026-01-05.1"),
    ]
    assert [g.get("ref") for g in root.findall(DELETED)] == [f"{BASE}/catalogo/dataset/alfa/2026-02-10.1"]
    assert root.findtext(f"{ATOM}updated") == "2026-05-01T09:00:00Z"


@pytest.mark.parametrize("dataset", ["alfa", "gamma", None])
def test_a_json_feed_has_what_its_format_requires(full: Town, dataset: str | None) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    told = json_feed(full, dataset)
    place = f"{SERVED}datasets/{dataset}/" if dataset else SERVED
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert (told["home_page_url"], told["feed_url"]) == (place, f"{place}feed.json")
    assert told["title"]
    assert told["items"]
    assert all(a.keys() <= {"name", "url", "avatar"} for a in told["authors"])
    for item in told["items"]:
        # Each item has an id and a text; times are RFC 3339 with an offset.
        assert isinstance(item["id"], str)
        assert isinstance(item["content_text"], str)
        assert datetime.fromisoformat(item["date_published"]).tzinfo
        assert all(a["url"] and a["mime_type"] for a in item["attachments"])
    assert len({item["id"] for item in told["items"]}) == len(told["items"])
    # What the format does not know begins with "_" and is an object.
    known = {"version", "title", "home_page_url", "feed_url", "description", "authors", "language", "items"}
    assert told.keys() - known == {"_withdrawn"}


@pytest.mark.parametrize("dataset", ["alfa", "beta", "gamma", None])
def test_both_formats_of_a_feed_tell_the_same(full: Town, dataset: str | None) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    root, told = feed(full, dataset), json_feed(full, dataset)
    assert told["title"] == root.findtext(f"{ATOM}title")
    assert told["description"] == root.findtext(f"{ATOM}subtitle")
    assert [(i["id"], i["url"], i["title"], i["date_published"], i["content_text"]) for i in told["items"]] == [
        (
            e.findtext(f"{ATOM}id"),
            links(e)["alternate", "text/html"],
            e.findtext(f"{ATOM}title"),
            e.findtext(f"{ATOM}published"),
            e.findtext(f"{ATOM}summary"),
        )
        for e in root.findall(f"{ATOM}entry")
    ]
    assert [(v["id"], v["url"], v["date_withdrawn"]) for v in told["_withdrawn"]["versions"]] == [
        (g.get("ref"), links(g)["alternate", "text/html"], g.get("when")) for g in root.findall(DELETED)
    ]


def test_a_file_server_answers_each_page_that_a_feed_names(full: Town) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    told = json_feed(full, None)
    named = [told["home_page_url"], *(i["url"] for i in told["items"])]
    named += [v["url"] for v in told["_withdrawn"]["versions"]]
    assert len(named) == 6
    with file_server(full.tree) as base:
        for address in named:
            answer = httpx.get(base + address.removeprefix(SERVED)).raise_for_status()
            assert answer.headers["content-type"] == "text/html"
