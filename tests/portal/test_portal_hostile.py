"""Published text that looks like markup, script or an address of script stands on every page as text."""

import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import yaml
from starlette.testclient import TestClient

from portal.app import make_app
from tests.html_page import Page
from tests.portal.conftest import BASE_URL
from tests.publish import edition_city
from tests.publish.edition_city import make_city
from tests.tiny import Tiny

pytestmark = pytest.mark.slow

HOSTILE = "</script></title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}${7*7}]]>--><b>`<i>`"
ADDRESS = "javascript:alert(document.domain)"
FREE = ("name_es", "name_en", "other", "evidence", "section", "caveat_es", "caveat_en", "title", "pref_label_es")
"""Columns that may hold any text."""
NOT_PAGES = re.compile(r"/en/.|/v1/(?!reconcile)|/static|.*\.(csv|xlsx|jsonl|parquet|json|ttl|nt|zip|sqlite|gz)\b")


def spoilt(value: Any) -> Any:
    """A dataset file in which every text in two languages is hostile."""
    if isinstance(value, dict) and value.keys() == {"es", "en"} and isinstance(value["es"], str):
        return {lang: f"{text} {HOSTILE}" for lang, text in value.items()}
    if isinstance(value, dict):
        return {k: spoilt(v) for k, v in value.items()}
    return [spoilt(v) for v in value] if isinstance(value, list) else value


def spoil_rows(path: Path) -> None:
    """Make the free columns of a CSV hostile."""
    head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        writer.writerow([f"{ADDRESS} {v} {HOSTILE}" if k in FREE and v else v for k, v in cells.items()])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("hostile") / "city"
    make_city(root)
    for path in [*root.glob("schemas/*.yaml"), *root.glob("vocab/ontology.yaml")]:
        path.write_text(yaml.safe_dump(spoilt(yaml.safe_load(path.read_text(encoding="utf-8")))), encoding="utf-8")
    for path in [*root.glob("sources/*/*.csv"), root / "vocab" / "concepts.csv"]:
        spoil_rows(path)
    store = edition_city.publish(Tiny(root)).store
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL, follow_redirects=True) as out:
        yield out


def acting(page: Page) -> list[str]:
    """What of a page could do something that none of ours does."""
    out = [tag for tag, given in page.elements if tag == "script" and given.get("type") != "application/ld+json"]
    for tag, given in page.elements:
        out += [tag] if tag in ("img", "iframe", "object", "embed", "base", "b", "i") else []
        out += [name for name in given if name.startswith("on") or name in ("style", "srcdoc")]
        links = [given.get(name) or "" for name in ("href", "src", "action", "formaction")]
        out += [link for link in links if urlsplit(link.strip()).scheme not in ("", "http", "https", "mailto", "data")]
        out += [link for link in links if link.startswith("data:") and link != "data:,"]
    return out


def pages(client: TestClient) -> Iterator[tuple[str, str, Page]]:
    """Address, source and elements of the pages that can be reached from the first ones."""
    waiting = deque(["/es/", "/en/", "/index.html", "/v1/reconcile/preview?id=recurso/ciudad/place/centro"])
    known = set(waiting)
    while waiting and len(known) < 1_000:
        address = waiting.popleft()
        answer = client.get(address, headers={"Accept": "text/html"})
        assert answer.status_code in (200, 400, 410), address
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Page(answer.text, address)
        yield address, answer.text, page
        for link in page.links:
            whole = urlsplit(urljoin(f"{BASE_URL}{address}", link))
            path = f"{whole.path}?{whole.query}" if whole.query else whole.path
            # English is made by the same templates.
            if whole.netloc == urlsplit(BASE_URL).netloc and path not in known and not NOT_PAGES.match(path):
                known.add(path)
                waiting.append(path)


def test_no_text_acts_on_any_page(hostile: TestClient) -> None:
    kinds: set[str] = set()
    shown = 0
    for address, source, page in pages(hostile):
        assert acting(page) == [], address
        for data in re.findall(r'<script type="application/ld\+json">(.*?)</script>', source, re.DOTALL):
            assert "alert(1)" in str(json.loads(data)), address
        shown += "<script>alert(1)</script>" in page.text
        kinds.add("/".join(address.partition("?")[0].split("/")[:3]))
    assert shown > 20
    assert len(kinds) > 12, kinds
