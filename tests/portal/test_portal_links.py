"""Rows on pages lead to what their cells name: things by their label, codes to their vocabulary."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from pipelines.contracts.tables import key_text
from portal.app import make_app
from portal.pages.links import named, row_numbers
from portal.site import Sites
from tests.html_page import Page
from tests.portal.conftest import BASE_URL
from tests.portal.portal_html import get
from tests.portal.portal_things import OneTable, make_things, things
from tests.publish.edition_city import make_city

RHEA = "/recurso/ciudad/place/%C3%B1u%2F1"


@pytest.fixture(scope="module")
def city_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The store of a project whose rows name places and codes."""
    return make_city(tmp_path_factory.mktemp("links") / "city").store


@pytest.fixture(scope="module")
def city(city_store: Store) -> Iterator[TestClient]:
    """A client over it."""
    with TestClient(make_app(city_store, BASE_URL), base_url=BASE_URL) as client:
        yield client


def linked(page: Page) -> dict[str, str]:
    """The titles of the links of rows, by address."""
    return {
        str(a["href"]): str(a.get("title", ""))
        for a in page.all("a")
        if str(a["href"]).startswith(("/recurso/", "/kos/"))
    }


@pytest.mark.parametrize(("lang", "label"), [("es", "Distrito Ñandú"), ("en", "Rhea District")])
def test_a_cell_that_names_a_thing_reads_as_its_label_and_leads_to_it(city: TestClient, lang: str, label: str) -> None:
    page = get(city, f"/{lang}/datasets/visits/visits")
    found = linked(page)
    assert found[f"{RHEA}?lang={lang}"] == "ñu/1"
    assert label in page.text
    assert "ñu/1" not in page.text
    assert found[f"/kos/status/planned?lang={lang}"] == "planned"
    assert all(city.get(address).status_code == 200 for address in found)


def test_the_key_of_a_row_is_read_as_it_is_and_leads_to_what_the_row_defines(city: TestClient) -> None:
    page = get(city, "/es/datasets/places/places")
    assert linked(page)[f"{RHEA}?lang=es"] == "Distrito Ñandú"
    assert "ñu/1" in page.text


@pytest.mark.parametrize("query", ["select=place_id", "select=place_id&order=-place_id", "place_id__eq=ñu/1&limit=1"])
def test_rows_are_linked_whatever_columns_and_order_are_chosen(city: TestClient, query: str) -> None:
    page = get(city, f"/es/datasets/visits/visits?{query}")
    assert f"{RHEA}?lang=es" in linked(page)
    if "select" in query:
        assert "visit_id" not in [str(a.get("name")) for a in page.all("th")]
        assert "v-2" not in page.text


def test_the_next_page_of_chosen_columns_keeps_to_what_was_chosen(city: TestClient) -> None:
    page = get(city, "/es/datasets/visits/visits?select=place_id&limit=2")
    after = next(str(a["href"]) for a in page.all("a") if a.get("rel") == "next")
    assert "select=place_id&" in after
    assert get(city, after).text.count("Distrito Ñandú") == 1


def test_the_rows_of_a_former_version_stay_as_they_are(city: TestClient) -> None:
    versions = [v["version"] for v in city.get("/v1/datasets/places/versions").json()["versions"]]
    assert len(versions) == 2
    assert linked(get(city, f"/es/datasets/places/places?version={versions[0]}"))
    assert linked(get(city, f"/es/datasets/places/places?version={versions[1]}")) == {}
    for version, some in zip(versions, (True, False), strict=True):
        page = get(city, f"/es/datasets/places?version={version}")
        assert (f"{RHEA}?lang=es" in linked(page)) is some


def test_rows_of_a_former_version_are_told_as_such_however_they_are_asked_for(city: TestClient) -> None:
    versions = city.get("/v1/datasets/places/versions").json()["versions"]
    former = versions[1]["version"]
    told = city.get(f"/v1/datasets/places/tables/places?version={former}&limit=1").json()
    cursor = told["next"].partition("after=")[2].partition("&")[0]
    page = get(city, f"/es/datasets/places/places?limit=1&after={cursor}")
    assert f"Está viendo la versión {former}" in " ".join(page.text.split())
    assert page.text.strip().splitlines()[0].count(f"versión {former}") == 1  # its title
    assert f"/es/datasets/places/places?version={former}" in page.links  # to clear the filters and stay there
    assert linked(page) == {}
    ways = [link for link in page.links if link.startswith("/v1/datasets/places/tables/places")]
    assert ways
    assert all(f"version={former}" in link for link in ways)
    assert city.get(f"/es/datasets/places/places/cards?after={cursor}", follow_redirects=False).status_code == 302


def test_the_first_rows_on_the_page_of_a_dataset_are_linked_too(city: TestClient) -> None:
    found = linked(get(city, "/en/datasets/visits"))
    assert {f"{RHEA}?lang=en", "/kos/basis/stated?lang=en"} <= set(found)


def test_one_query_tells_what_all_rows_of_a_page_name(city_store: Store) -> None:
    site = Sites(city_store, BASE_URL).current()
    asked: list[str] = []
    site.database().set_trace_callback(asked.append)
    found = named(site, "es", ("visits", "visits"), [0, 1, None, 2])
    assert len(asked) == 1
    assert sorted(found) == [0, 1, 2]
    assert found[1]["place_id"] == (f"{RHEA}?lang=es", "ñu/1", "Distrito Ñandú")


def test_a_row_is_found_by_its_key_of_several_parts(tmp_path_factory: pytest.TempPathFactory) -> None:
    frame = things(40)
    table = make_things(tmp_path_factory.mktemp("keys"), frame)
    site = OneTable({"2026-03-01.1": table})
    rows = frame[["part", "id"]].to_dict("records")
    found = row_numbers(site, ("stuff", "things"), "2026-03-01.1", rows)  # type: ignore[arg-type]  # all that it asks
    keys = key_text(pd.DataFrame(rows, dtype="string"), ["part", "id"])
    assert found == [table.keys.row(key) for key in keys] == list(range(40))
    assert row_numbers(site, ("stuff", "things"), "2026-03-01.1", [{"id": "x"}]) == [None]  # type: ignore[arg-type]


def test_the_api_lists_a_class_in_the_order_of_the_spanish_page(tmp_path: Path) -> None:
    store = make_city(tmp_path / "city").store
    [path] = store.portal.glob("editions/*/edition.sqlite")
    base = sqlite3.connect(path)
    base.execute("UPDATE entity SET label_es = 'ábaco' WHERE path = '/recurso/ciudad/place/sur'")
    base.execute("UPDATE entity SET label_es = 'Ñandú' WHERE path = ?", (RHEA,))
    base.execute("UPDATE entity SET label_es = 'Peña' WHERE path = '/recurso/ciudad/place/centro'")
    base.commit()
    base.close()
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
        told = [e["path"] for e in client.get("/v1/entities?class=place").json()["entities"]]
        shown = [str(a["href"]) for a in get(client, "/es/entities?class=place&scope=all").all("a")]
    assert told == [f"/recurso/ciudad/place/{name}" for name in ("sur", "%C3%B1u%2F1", "centro")]
    assert [a.partition("?")[0] for a in shown if a.startswith("/recurso/")] == told


def test_a_code_leads_to_its_vocabulary_also_in_a_table_without_a_mapping(client: TestClient) -> None:
    for address in ("/en/datasets/places/places", "/en/datasets/places"):
        found = linked(get(client, address))
        assert found == {f"/kos/place-kind/{code}?lang=en": code for code in ("district", "estate")}
        assert all(client.get(link).status_code == 200 for link in found)
