"""Figures are told as their sources give them: with qualifier, unit, period, basis, formula, caveat and passage."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from portal.app import make_app
from portal.figures import FigureView, figures_about, has_figures
from portal.site import Site, Sites
from tests.portal.conftest import BASE_URL
from tests.portal.portal_city import make_counted_city
from tests.portal.portal_html import get

CENTRE = "/recurso/ciudad/place/centro"
CARDS = "/es/datasets/counts/counts/cards"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Sites(make_counted_city(tmp_path_factory.mktemp("figures") / "city"), BASE_URL).current()


@pytest.fixture(scope="module")
def web(site: Site) -> Iterator[TestClient]:
    with TestClient(make_app(site.store, BASE_URL), base_url=BASE_URL, follow_redirects=False) as out:
        yield out


def about(site: Site, path: str, limit: int = 9) -> list[FigureView]:
    return figures_about(site, path, None, limit)[0]


def test_a_figure_reads_with_its_qualifier_and_its_unit(site: Site) -> None:
    assert [(f.words.es, f.words.en) for f in about(site, CENTRE)] == [
        ("más de 500", "more than 500"),
        ("1000", "1,000"),
        ("entre 10 y 12 al mes", "between 10 and 12 per month"),
    ]


def test_figures_stand_in_order_of_date_and_those_without_one_last(site: Site) -> None:
    assert [f.statement.date and f.statement.date.text for f in about(site, CENTRE)] == ["2023", "2024", None]
    told, total = figures_about(site, CENTRE, None, 1)
    assert ([f.statement.row.key for f in told], total) == (["c-1"], 3)


def test_figures_are_of_whom_they_are_about_and_not_of_their_codes_or_documents(site: Site) -> None:
    assert about(site, "/kos/unit/count") == []
    assert about(site, "/recurso/ciudad/document/acta") == []
    assert has_figures(site, "counts", "counts")
    assert not has_figures(site, "visits", "visits")
    assert not has_figures(site, "visits", "nothing")


def test_a_formula_names_the_figures_that_it_is_made_of(site: Site) -> None:
    derived = about(site, CENTRE)[1]
    assert [t.path for t in derived.terms] == ["/recurso/ciudad/count/c-1"]
    assert [part if isinstance(part, str) else part.id for part in derived.parts] == ["2", " * ", "c-1"]


def test_a_record_shows_its_figures_as_cards_with_all_that_must_be_known(web: TestClient) -> None:
    page = get(web, f"{CENTRE}?lang=es")
    cards = page.text[page.text.index("Cifras 3") : page.text.index("Qué se dice")]
    for words in (
        "más de 500",
        "Entidades integradas",
        "sin fecha en la fuente",
        "No es 500.",
        "Acta de la reunión",
        "«1»",
    ):
        assert words in cards, words
    assert "Nuestro" in cards
    assert "/recurso/ciudad/count/c-1?lang=es" in page.links
    assert "more than 500" in get(web, f"{CENTRE}?lang=en").text
    # They are among the statements all the same, and there too no value stands without its qualifier.
    said = " ".join(page.text[page.text.index("Qué se dice") :].split())
    assert "Título valuemás de 500" in said
    assert "Título qualifier" not in said


def test_the_record_of_a_figure_begins_with_its_card(web: TestClient) -> None:
    page = get(web, "/recurso/ciudad/count/c-2?lang=en")
    assert "between 10 and 12 per month" in page.text[: page.text.index("What is said")]
    assert "Posts: between 10 and 12 per month · Centre District" in page.text
    assert f"{CENTRE}?lang=en" in page.links


def test_the_api_gives_the_figures_of_a_thing_with_their_words(web: TestClient) -> None:
    told = web.get(f"{CENTRE}.json").json()
    assert told["figures_total"] == 3
    first = told["figures"][0]
    assert (first["value"], first["words"]["en"], first["qualifier"]["id"]) == (500, "more than 500", "more-than")
    assert first["statement"]["row"] == {"dataset": "counts", "table": "counts", "key": "c-1"}
    assert first["statement"]["basis"]["id"] == "stated"
    assert "figures" not in web.get(f"{CENTRE}.json?start=1").json()


def test_a_table_of_figures_is_shown_as_cards_with_the_filters_of_its_explorer(web: TestClient) -> None:
    page = get(web, f"{CARDS}?measure=entities&order=-period&select=count_id&limit=2")
    assert "3 filas de 4" in " ".join(page.text.split())
    assert "Solo los nombrados." in page.text
    assert page.text.index("1000") < page.text.index("más de 500")
    assert "veintisiete" not in page.text
    more = next(str(a["href"]) for a in page.all("a") if a.get("rel") == "next")
    assert more.startswith(CARDS)
    assert "veintisiete" in get(web, more).text
    assert "Título measure es Entidades integradas" in page.text


def test_cards_and_table_lead_to_each_other_with_the_same_rows(web: TestClient) -> None:
    assert f"{CARDS}?measure=entities" in get(web, "/es/datasets/counts/counts?measure=entities&select=value").links
    assert "/es/datasets/counts/counts?measure=entities" in get(web, f"{CARDS}?measure=entities").links
    assert CARDS in get(web, "/es/datasets/counts").links
    assert not [link for link in get(web, "/es/datasets/visits/visits").links if "/cards" in link]


def test_a_filter_that_is_refused_is_said_among_the_cards(web: TestClient) -> None:
    assert "muchos" in [a.get("value") for a in get(web, f"{CARDS}?value__gte=muchos", 400).all("input")]


def test_cards_of_rows_that_are_no_figures_are_refused(web: TestClient) -> None:
    assert "no son cifras" in get(web, "/es/datasets/visits/visits/cards", 404).text
    assert get(web, "/es/datasets/visits/nothing/cards", 404)


def test_cards_of_a_version_that_is_not_in_force_are_its_table(site: Site, web: TestClient) -> None:
    first = site.shown("places").index.versions[0].version
    assert first != site.shown("places").pinned
    answer = web.get(f"/en/datasets/places/places/cards?version={first}&kind=district")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"../places?version={first}&kind=district"
