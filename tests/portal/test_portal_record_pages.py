"""The pages of what has an IRI of its own, of its classes, and of what a search finds."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from portal.app import make_app
from tests.portal.conftest import BASE_URL
from tests.portal.portal_html import get
from tests.publish.edition_city import make_city

RHEA = "/recurso/ciudad/place/%C3%B1u%2F1"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A portal over a project whose rows speak of entities."""
    store = make_city(tmp_path_factory.mktemp("pages") / "city").store
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL, follow_redirects=False) as out:
        yield out


def test_an_entity_shows_in_order_of_date_what_is_said_of_it(city: TestClient) -> None:
    page = get(city, f"{RHEA}?lang=es")
    assert "Distrito Ñandú" in page.text
    assert "3 afirmaciones" in page.text
    assert "Anunciado en marzo de 2020; no consta que llegara a realizarse." in page.text
    assert "sin comprobar" in page.text
    assert "Ojo." in page.text
    assert "Mind." not in page.text
    assert len(page.all("svg")) == len([a for a in page.all("svg") if a["aria-hidden"] == "true"]) > 0
    assert get(city, f"{RHEA}?lang=en").all("html")[0]["lang"] == "en"


def test_a_date_is_drawn_as_long_as_it_is_precise(city: TestClient) -> None:
    year, day = (
        next(int(str(a["width"])) for a in get(city, f"{path}?lang=en").all("rect"))
        for path in ("/recurso/ciudad/visit/v-2", "/recurso/ciudad/visit/v-1")
    )
    assert day < year == 1000


def test_an_entity_names_itself_in_both_languages_and_links_what_it_names(city: TestClient) -> None:
    page = get(city, f"{RHEA}?lang=es")
    named = {a["hreflang"]: a["href"] for a in page.all("link") if a.get("hreflang")}
    assert named == {lang: f"{BASE_URL}{RHEA}?lang={lang}" for lang in ("es", "en")}
    for link in {str(a["href"]) for a in page.all("a")}:
        if link.startswith("/"):
            assert city.get(link).status_code in (200, 302), link


def test_an_entity_without_a_language_reads_in_that_of_the_reader(city: TestClient) -> None:
    answer = city.get(RHEA, headers={"accept": "text/html", "accept-language": "en"})
    assert "Rhea District" in answer.text
    assert answer.headers["content-language"] == "en"


def test_a_removed_entity_says_why_on_a_page(city: TestClient) -> None:
    page = get(city, "/recurso/ciudad/place/gone?lang=es", 410)
    assert "Se ha retirado" in page.text
    assert "No existía." in page.text


def test_a_search_leads_to_records_datasets_and_tables(city: TestClient) -> None:
    page = get(city, "/es/search?q=nandu")
    assert f"{RHEA}?lang=es" in [a["href"] for a in page.all("a")]
    assert "/en/datasets/visits" in [a["href"] for a in get(city, "/en/search?q=visits").all("a")]
    assert "No se ha encontrado nada" in get(city, "/es/search?q=unicornio").text
    assert get(city, '/es/search?q="*^)(').all("h1")


def test_a_list_shows_what_is_of_the_network_and_the_rest_when_it_is_asked_for(city: TestClient) -> None:
    page = get(city, "/es/entities?class=place")
    scopes = [str(a["href"]) for a in page.all("a") if "scope=" in str(a["href"])]
    assert scopes == [f"/es/entities?class=place&scope={code}" for code in ("network", "context", "all")]
    assert "Distrito Ñandú" in page.text
    assert ["Distrito Centro" in get(city, address).text for address in scopes] == [False, True, True]
    assert "Distrito Centro" not in page.text


def test_a_row_without_a_label_is_called_by_what_it_names_with_its_status_and_date(city: TestClient) -> None:
    page = get(city, "/en/entities?class=visit")
    assert "Rhea District · Planned · 2022 v-2" in " ".join(page.text.split())
    assert "/recurso/ciudad/visit/v-2?lang=en" in page.links
    own = get(city, "/recurso/ciudad/visit/v-2?lang=en")
    assert own.text.count("Rhea District · Planned · 2022") == 2  # its title and its heading
    # On the page of the district only what is not the district is said, and the date stands beside.
    said = " ".join(get(city, f"{RHEA}?lang=en").text.split())
    assert "Planned Table visits" in said
    assert "Rhea District · Planned" not in said


def test_the_explorer_begins_with_the_network_and_says_so(city: TestClient) -> None:
    [explore] = {a["href"] for a in get(city, "/es/datasets/places").all("a") if "/places/places" in str(a["href"])}
    assert explore == "/es/datasets/places/places?scope__eq=network"
    page = get(city, str(explore))
    assert "Distrito Centro" not in page.text
    assert "quitar" in page.text


def test_a_row_of_the_explorer_leads_to_the_record_that_it_defines(city: TestClient) -> None:
    links = [a["href"] for a in get(city, "/es/datasets/places/places").all("a")]
    assert f"{RHEA}?lang=es" in links


def test_a_code_that_the_column_cannot_have_is_refused_with_those_that_it_can(city: TestClient) -> None:
    answer = city.get("/v1/datasets/places/tables/places?kind=almost")
    assert (answer.status_code, answer.json()["allowed"]) == (400, ["district", "estate"])
    assert "district, estate" in get(city, "/es/datasets/places/places?kind__eq=almost", 400).text
    assert city.get("/v1/datasets/places/tables/places?kind__in=district,estate").json()["total"] > 0
