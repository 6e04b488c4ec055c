"""Views are shown with their drawing, their words, their coverage and their data, and only drawings get into a page."""

import json
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from pipelines.contracts.views import DrawnView
from pipelines.publish import take_down
from portal.app import make_app
from portal.views import safe
from tests.portal.conftest import BASE_URL
from tests.portal.portal_city import make_counted_city
from tests.portal.portal_html import get

CENTRE = "/recurso/ciudad/place/centro"
BARS, MATRIX, NETWORK = (f"/datasets/visits/views/{name}" for name in ("by-status", "by-year", "papers"))
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 9 9"><title>T</title>{}</svg>'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_counted_city(tmp_path_factory.mktemp("views") / "city")


@pytest.fixture(scope="module")
def web(store: Store) -> Iterator[TestClient]:
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL, follow_redirects=False) as out:
        yield out


def test_the_views_of_a_dataset_are_listed_with_addresses_that_answer(web: TestClient) -> None:
    told = web.get("/v1/datasets/visits/views").json()
    assert [v["id"] for v in told["views"]] == ["by-year", "by-status", "papers"]
    assert "rows" not in told["views"][0]
    for one in told["views"]:
        links = one["links"]
        for url in (links["self"], links["csv"], *links["page"].values(), *(links["svg"] or {}).values()):
            assert web.get(url).status_code == 200, url
    assert [v["links"]["svg"] is None for v in told["views"]] == [True, False, False]
    assert web.get("/v1/datasets/counts/views").json()["views"] == []


def test_one_view_is_given_with_its_words_its_coverage_and_its_rows(web: TestClient) -> None:
    told = web.get(f"/v1{BARS}").json()
    assert (told["version"], told["kind"]) == (web.get("/v1/datasets/visits").json()["version"], "bars")
    assert [[cell["text"]["en"] for cell in row] for row in told["rows"]] == [["Held", "1"], ["Planned", "3"]]
    assert told["statements"] == [{"es": "Solo los nombrados.", "en": "Only those named."}]
    assert web.get("/v1/datasets/visits/views/nothing").json()["views"] == ["by-year", "by-status", "papers"]
    assert web.get("/v1/datasets/nothing/views").status_code == 404


def test_the_files_of_a_view_are_files_of_the_tree(web: TestClient) -> None:
    answer = web.get(f"{BARS}.es.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    again = web.get(f"{BARS}.es.svg", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, answer.headers["cache-control"]) == (304, "public, max-age=60, must-revalidate")
    assert web.get(f"{BARS}.csv").text.startswith("Título status (es),")
    assert web.get("/datasets/visits/views/nothing.svg").status_code == 404


@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_drawing_stands_in_the_page_connected_to_its_title_and_its_words(web: TestClient, lang: str) -> None:
    page = get(web, f"/{lang}{BARS}")
    (drawing,) = [a for a in page.all("svg") if "aria-labelledby" in a]
    assert drawing["aria-labelledby"] in page.ids
    assert drawing["aria-describedby"] in page.ids
    assert drawing["role"] == "img"
    assert {"es": "Visitas por estado", "en": "Visits by status"}[lang] in page.text
    assert {"es": "Celebrada", "en": "Held"}[lang] in page.text
    assert {"es": "Solo los nombrados.", "en": "Only those named."}[lang] in page.text
    assert f"{BARS}.{lang}.svg" in page.links
    assert f"{BARS}.csv" in page.links


def test_links_within_a_drawing_lead_to_the_things_that_it_names(web: TestClient, store: Store) -> None:
    page = get(web, f"/es{NETWORK}")
    (drawing,) = [a for a in page.all("svg") if "aria-labelledby" in a]
    # What is an image has no links.
    assert drawing["role"] == "group"
    # Once in the drawing, and in two rows of its data.
    assert page.links.count(f"{CENTRE}?lang=es") == 3
    with TestClient(make_app(store, "https://ciudad.example/datos")) as behind:
        links = get(behind, f"/es{NETWORK}").links
        assert f"/datos{CENTRE}?lang=es" in links
        assert not [link for link in links if link.startswith("/") and not link.startswith("/datos/")]


def test_a_matrix_is_a_table_with_headers_on_two_sides_and_links(web: TestClient) -> None:
    page = get(web, f"/en{MATRIX}")
    heads = page.all("th")
    assert [h["scope"] for h in heads] == ["col", "col", "col", "row", "row"]
    assert "nothing stated" in page.text
    assert f"{CENTRE}?lang=en" in page.links
    assert "/kos/status/held?lang=en" in page.links
    assert not [a for a in page.all("svg") if "aria-labelledby" in a]


def test_every_wide_part_of_a_view_can_be_scrolled_by_keyboard_and_has_a_name(web: TestClient) -> None:
    for address in (BARS, MATRIX, NETWORK):
        boxes = [a for a in get(web, f"/es{address}").all("div") if "scroll" in str(a.get("class", ""))]
        assert boxes
        assert all(b["role"] == "region" and b["tabindex"] == "0" and b["aria-label"] for b in boxes)
        assert len({b["aria-label"] for b in boxes}) == len(boxes)


def test_the_page_of_a_dataset_shows_its_views_and_that_of_a_former_version_none(web: TestClient, store: Store) -> None:
    page = get(web, "/es/datasets/visits")
    assert "#charts" in page.links
    assert {f"/es{address}" for address in (BARS, MATRIX, NETWORK)} <= set(page.links)
    assert len(page.ids) == len(set(page.ids))
    assert len([a for a in page.all("svg") if "aria-labelledby" in a]) == 2
    assert "#charts" not in get(web, "/es/datasets/counts").links
    first = web.get("/v1/datasets/places/versions").json()["versions"][-1]["version"]
    assert "#charts" not in get(web, f"/es/datasets/places?version={first}").links


def test_the_first_page_shows_the_views_that_are_for_it(web: TestClient) -> None:
    links = get(web, "/es/").links
    assert f"/es{MATRIX}" in links
    assert f"/es{BARS}" not in links


def test_what_a_withdrawal_has_taken_away_is_shown_no_more(tmp_path: Path, store: Store) -> None:
    root = tmp_path / "store"
    shutil.copytree(store.root, root, symlinks=True)
    own = Store(root)
    with TestClient(make_app(own, BASE_URL), base_url=BASE_URL) as web:
        assert get(web, f"/es{BARS}")
        take_down(own, "counts", [web.get("/v1/datasets/counts").json()["version"]])
        # There is no database either until the next tree: what needs it is asked again later.
        assert web.get(f"/es{BARS}").status_code == 503
        assert web.get(f"{BARS}.es.svg").status_code == 404
        assert web.get("/v1/datasets/visits/views").json()["views"] == []


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<g onclick="alert(1)"/>',
        "<style>*{}</style>",
        '<g style="fill:red"/>',
        "<foreignObject/>",
        '<image href="https://elsewhere.example/x.png"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<a href="//elsewhere.example"><text>x</text></a>',
        '<a href="https://elsewhere.example/"><text>x</text></a>',
        '<path fill="url(https://elsewhere.example/#a)"/>',
        '<path stroke="URL(https://elsewhere.example/#a)"/>',
        '<path fill="u\\72l(https://elsewhere.example/#a)"/>',
        '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="#a"/>',
        '<text xmlns="http://www.w3.org/1999/xhtml">x</text>',
        '<animate attributeName="href"/>',
        "<g>",
    ],
)
def test_a_drawing_with_anything_but_a_drawing_gets_into_no_page(inside: str) -> None:
    assert safe(DRAWING.format(inside), "v", "", "es") is None


def test_entities_of_a_drawing_are_not_expanded() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">]>'
    assert safe(bomb + DRAWING.format("<text>&a;</text>"), "v", "", "es") is None


def test_texts_of_a_drawing_stay_texts() -> None:
    drawn = safe(DRAWING.format("<text>&lt;script&gt; &amp; ñandú</text>"), "v", "/x", "es")
    assert drawn is not None
    assert "<text>&lt;script&gt; &amp; ñandú</text>" in drawn
    assert 'aria-labelledby="v"' in drawn
    assert "<title>" not in drawn


def test_a_view_whose_drawing_may_not_be_shown_shows_its_data(tmp_path: Path, store: Store) -> None:
    root = tmp_path / "store"
    shutil.copytree(store.root, root, symlinks=True)
    own = Store(root)
    path = root / own.portal.readlink() / f"{BARS[1:]}.es.svg"
    path.write_text(DRAWING.format("<script>alert(1)</script>"), encoding="utf-8")
    assert DrawnView.model_validate(json.loads(path.with_suffix("").with_suffix(".json").read_bytes())).drawn
    with TestClient(make_app(own, BASE_URL), base_url=BASE_URL) as web:
        page = get(web, f"/es{BARS}")
        assert page.all("script") == []
        assert "Celebrada" in page.text
        assert [a for a in get(web, f"/en{BARS}").all("svg") if "aria-labelledby" in a]


@pytest.mark.parametrize("address", ["/", BARS, MATRIX, NETWORK, "/datasets/visits", "/datasets/counts/counts/cards"])
def test_a_page_with_views_or_cards_is_built_as_every_page(web: TestClient, address: str) -> None:
    for lang in ("es", "en"):
        page = get(web, f"/{lang}{address}")
        levels = [int(name[1]) for name, _ in page.elements if re.fullmatch("h[1-6]", name)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert len(page.ids) == len(set(page.ids))
        assert page.all("style") == []
        assert not [a for _, a in page.elements if any(name.startswith("on") or name == "style" for name in a)]
        for link in {link.partition("#")[0] for link in page.links if link.startswith("/")}:
            assert web.get(link).status_code in (200, 302), link
