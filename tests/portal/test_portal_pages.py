"""The pages for people: what they say, in which language, and that what is published cannot write into them."""

import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.records import ReleaseIndex
from pipelines.contracts.store import Store
from pipelines.publish import take_down
from pipelines.release import withdraw, writing
from portal.app import make_app
from portal.pages.facts import freshness
from portal.pages.render import STATIC, STYLE
from portal.site import Sites
from tests.html_page import Page
from tests.portal.conftest import BASE_URL, publish
from tests.portal.portal_html import get
from tests.tiny import PLACES, VISITS, Tiny, visits_file

KINDS = [
    "/",
    "/datasets/visits",
    "/datasets/visits/visits",
    "/datasets/places/places?kind__eq=district",
    "/versions",
    "/versions/visits",
    "/status",
    "/findings",
    "/findings/code-unknown",
    "/entities",
    "/legal",
    "/accessibility",
    "/search?q=distrito",
]
PAGES = [f"/{lang}{rest}" for lang in ("es", "en") for rest in KINDS]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_heading_its_landmarks_and_a_label_for_every_input(client: TestClient, address: str) -> None:
    page = get(client, address)
    assert page.all("html")[0]["lang"] == address[1:3]
    levels = [int(name[1]) for name, _ in page.elements if re.fullmatch("h[1-6]", name)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [len(page.all(tag)) for tag in ("header", "main", "footer")][1:] == [1, 1]
    ids = [str(attrs["id"]) for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    labelled = {attrs.get("for") for attrs in page.all("label")}
    inputs = [a for a in page.all("input", "select") if a.get("type") != "hidden"]
    assert all(a.get("aria-label") or a.get("id") in labelled for a in inputs)
    assert all("alt" in attrs for attrs in page.all("img"))


@pytest.mark.parametrize("address", PAGES)
def test_a_page_holds_no_style_or_script_of_its_own_and_asks_nothing_of_others(
    client: TestClient, address: str
) -> None:
    page = get(client, address)
    assert page.all("style") == []
    assert {a.get("type") for a in page.all("script")} <= {"application/ld+json"}
    assert not [a for _, a in page.elements if any(name.startswith("on") or name == "style" for name in a)]
    fetched = [a["href"] for a in page.all("link") if a["rel"] in ("stylesheet", "icon")]
    assert all(str(one).startswith("/static/") for one in fetched)
    assert not [a for a in page.all("script", "img", "iframe", "source") if a.get("src")]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_names_itself_in_both_languages_and_leads_to_the_other(client: TestClient, address: str) -> None:
    page = get(client, address)
    lang, other = (address[1:3], "en" if address[1:3] == "es" else "es")
    named = {a["hreflang"]: a["href"] for a in page.all("link") if a.get("hreflang")}
    assert named[lang] == BASE_URL + address
    assert named[other] == BASE_URL + f"/{other}{address[3:]}"
    switch = [a for a in page.all("a") if a.get("hreflang") == other]
    assert [a["href"] for a in switch] == [f"/{other}{address[3:]}"]
    assert switch[0]["lang"] == other
    assert [a["href"] for a in page.all("link") if a["rel"] == "canonical"] == [BASE_URL + address]
    assert {"name": "robots", "content": "noindex"} in page.all("meta")


def test_every_link_of_every_page_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    wrong = []
    for address in PAGES:
        for link in {str(a["href"]) for a in get(client, address).all("a", "link")}:
            path = link.removeprefix(BASE_URL).partition("#")[0]
            if path.startswith("/") and path not in seen:
                seen.add(path)
                if client.get(path).status_code not in (200, 302):
                    wrong.append((address, path))
    assert wrong == []


def test_behind_a_prefix_every_link_holds_it(portal_store: Store) -> None:
    with TestClient(make_app(portal_store, "https://ciudad.example/datos")) as client:
        for address in PAGES:
            links = {str(a["href"]) for a in get(client, address).all("a", "link")}
            assert {link for link in links if link.startswith("/") and not link.startswith("/datos/")} == set()
            forms = [str(a["action"]) for a in get(client, address).all("form")]
            assert all(action.startswith("/datos/") for action in forms)


def test_the_start_sends_to_the_language_of_the_reader(client: TestClient) -> None:
    answer = client.get("/", headers={"accept-language": "en-GB,es;q=0.5"})
    assert (answer.status_code, answer.headers["location"]) == (302, "./en/")
    assert client.get("/").headers["location"] == "./es/"


def test_the_first_page_shows_the_datasets_and_their_versions(client: TestClient) -> None:
    text = get(client, "/es/").text
    assert "Conjunto places" in text
    assert "Conjunto visits" in text
    assert "Filas: 1 nueva." in text
    assert "Primera versión." in text
    assert "Este catálogo es un ejemplo y no una publicación oficial." in text


def test_a_dataset_says_what_it_does_not_cover_and_has_no_freshness_to_miss(client: TestClient) -> None:
    text = get(client, "/en/datasets/visits").text
    assert "Only those named." in text
    assert "No deadline to miss" in text
    assert "internal" not in text


def test_freshness_is_held_against_the_declared_frequency(portal_store: Store) -> None:
    site = Sites(portal_store, BASE_URL).current()
    monthly = site.metadata("visits", site.version("visits", None)).model_copy(
        update={"frequency": "MONTHLY", "data_changed": datetime(2026, 3, 1, 12, tzinfo=UTC)}
    )
    assert freshness(monthly, datetime(2026, 4, 9, tzinfo=UTC)).kind == "fresh"
    assert freshness(monthly, datetime(2026, 4, 10, tzinfo=UTC)).kind == "late"
    assert freshness(monthly.model_copy(update={"frequency": "IRREG"})).due is None


def test_a_dataset_offers_its_files_with_size_and_hash(client: TestClient, portal_store: Store) -> None:
    site = Sites(portal_store, BASE_URL).current()
    version = site.version("visits", None)
    page = get(client, "/es/datasets/visits")
    for file in site.release("visits", version).files:
        if file.file.startswith("visits.") and not file.file.endswith("schema.json"):
            assert file.sha256 in page.text
            assert f"/datasets/visits/{version}/{file.file}" in [a["href"] for a in page.all("a")]


def test_a_report_is_a_mail_with_dataset_and_version_filled_in(client: TestClient, portal_store: Store) -> None:
    version = Sites(portal_store, BASE_URL).current().version("visits", None)
    mail = next(str(a["href"]) for a in get(client, "/en/datasets/visits").all("a") if "subject=" in str(a["href"]))
    assert mail.startswith("mailto:datos@ciudad.example?")
    told = parse_qs(urlsplit(mail).query)
    assert version in told["subject"][0]
    assert f"{BASE_URL}/en/datasets/visits" in told["body"][0]


def test_a_dataset_page_carries_schema_org_that_can_be_read(client: TestClient) -> None:
    text = client.get("/es/datasets/visits").text
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.S)
    assert data
    assert json.loads(data[1])["@type"] == "Dataset"


def test_an_older_version_keeps_its_page_and_says_that_it_is_not_in_force(
    client: TestClient, portal_store: Store
) -> None:
    site = Sites(portal_store, BASE_URL).current()
    older = site.shown("visits").index.versions[0].version
    page = get(client, f"/es/datasets/visits?version={older}")
    assert "Ver la que está en vigor" in page.text
    assert f"/datasets/visits/{older}/visits.csv" in [a["href"] for a in page.all("a")]


def test_a_withdrawn_version_says_why_and_is_listed_without_what_it_was(own_project: Tiny) -> None:
    own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    publish(own_project)
    project = own_project.load()
    first = ReleaseIndex.model_validate_json(project.store.index("visits").read_bytes()).versions[0].version
    with TestClient(make_app(project.store, BASE_URL), base_url=BASE_URL) as client:
        assert "Primera versión." in get(client, "/es/versions").text
        with writing(project, "withdraw"):
            take_down(project.store, "visits", [first])
            withdraw(project, "visits", first, "Contenía un dato personal.", datetime.now(UTC))
        # The tree is still the one before.
        assert "Contenía un dato personal." in get(client, "/es/versions").text
    publish(own_project)
    with TestClient(make_app(project.store, BASE_URL), base_url=BASE_URL) as client:
        assert "Contenía un dato personal." in get(client, f"/es/datasets/visits?version={first}", 410).text
        page = get(client, "/en/versions/visits")
        assert "Contenía un dato personal." in page.text
        assert f"/datasets/visits/{first}/CHANGES.md" not in [a["href"] for a in page.all("a")]


def test_codes_are_shown_with_their_labels(client: TestClient) -> None:
    assert "Distrito" in get(client, "/es/datasets/places").text
    assert "District" in get(client, "/en/datasets/places/places").text


def test_the_form_of_a_table_filters_orders_and_chooses_columns_without_script(client: TestClient) -> None:
    page = get(client, "/es/datasets/places/places?kind__eq=district&q=&order=-name_es&select=place_id&select=name_es")
    assert "2 filas de 3" in " ".join(page.text.split())
    assert "Título kind es Distrito" in page.text
    api = next(str(a["href"]) for a in page.all("a") if str(a["href"]).startswith("/v1/datasets/places/tables/places?"))
    rows = client.get(api).json()["rows"]
    assert [r["place_id"] for r in rows] == ["retiro", "centro"]
    assert list(rows[0]) == ["place_id", "name_es"]


def test_a_table_leads_on_to_its_next_rows_and_back(client: TestClient) -> None:
    page = get(client, "/es/datasets/visits/visits?limit=3")
    more = next(str(a["href"]) for a in page.all("a") if a.get("rel") == "next")
    after = get(client, more)
    assert "v-4" in after.text
    assert "v-1" not in after.text
    assert "/es/datasets/visits/visits?limit=3" in [a["href"] for a in after.all("a")]


def test_a_filter_without_an_input_stays_in_force_and_can_be_removed(client: TestClient) -> None:
    page = get(client, "/en/datasets/visits/visits?people__null=true")
    assert {"type": "hidden", "name": "people__null", "value": "true"} in page.all("input")
    assert "Title people: empty" in page.text
    assert "1 row of 4" in " ".join(page.text.split())


def test_a_filter_that_is_refused_is_said_in_the_form(client: TestClient) -> None:
    page = get(client, "/es/datasets/visits/visits?people__gte=muchos", 400)
    assert "people" in page.text
    assert "integer" in page.text
    assert "muchos" in [a.get("value") for a in page.all("input")]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/es/nada", 404, "Aquí no hay nada"),
        ("/en/datasets/nothing", 404, "There is nothing here"),
        ("/es/datasets/visits/nada", 404, "no tiene esa tabla"),
        ("/es/datasets/visits?version=2001-01-01.1", 404, "no tiene esa versión"),
        ("/en/entities?class=nothing", 404, "no records of that class"),
    ],
)
def test_a_refusal_is_a_page_in_the_language_of_the_address(
    client: TestClient, address: str, status: int, words: str
) -> None:
    page = get(client, address, status)
    assert words in page.text
    assert page.all("html")[0]["lang"] == address[1:3]
    assert len(page.all("h1")) == 1


def test_what_is_published_cannot_write_into_a_page(own_project: Tiny) -> None:
    evil = '</script><script>alert(1)</script>"onload=x'
    own_project.rows("places", PLACES + f'malo,"{evil.replace(chr(34), chr(34) * 2)}",district\n')
    file = visits_file()
    file["titles"] = {"es": evil, "en": evil}
    own_project.schema(file)
    publish(own_project)
    with TestClient(make_app(own_project.load().store, BASE_URL), base_url=BASE_URL) as client:
        for address in (
            "/es/",
            "/es/datasets/places",
            "/es/datasets/places/places",
            "/es/datasets/visits",
            "/es/versions",
        ):
            page = Page(client.get(address).text)
            assert {a.get("type") for a in page.all("script")} <= {"application/ld+json"}
            assert not [a for _, a in page.elements if "onload" in a]
        asked = client.get("/es/datasets/places/places", params={"q": evil, "kind__eq": evil, "x<script>": evil})
        assert {a.get("type") for a in Page(asked.text).all("script")} <= {"application/ld+json"}


def test_the_style_stands_at_an_address_that_never_changes_what_it_holds(client: TestClient) -> None:
    address = next(str(a["href"]) for a in get(client, "/es/").all("link") if a["rel"] == "stylesheet")
    answer = client.get(address)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert client.get(re.sub("[0-9a-f]{12}", "0" * 12, address)).status_code == 404


def test_an_unchanged_page_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/es/datasets/visits").headers["etag"]
    assert client.get("/es/datasets/visits", headers={"if-none-match": tag}).status_code == 304


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_the_colours_have_the_contrast_of_level_aa(mode: int) -> None:
    # WCAG 2.1, 1.4.3 (text, 4.5) and 1.4.11 (edges of inputs, 3).
    roots = re.findall(r":root \{(.*?)\}", (STATIC / STYLE).read_text(encoding="utf-8"), re.S)[:2]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", roots[mode]))
    text = [(ink, paper) for ink in ("ink", "soft", "link", "mark") for paper in ("paper", "card")]
    text += [("note-ink", "note"), ("good", "good-paper"), ("late", "late-paper"), ("press", "link")]
    assert {
        pair: contrast(colours[pair[0]], colours[pair[1]])
        for pair in text
        if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    } == {}
    assert all(contrast(colours["edge"], colours[paper]) >= 3 for paper in ("paper", "card"))
