"""What is shown at one moment."""

import pytest

from pipelines.contracts.store import Store
from portal.answer import Problem, negotiate, preferred_language
from portal.site import Sites
from portal.tables import Tables
from tests.portal.conftest import BASE_URL


def test_a_site_shows_the_versions_of_its_edition(portal_store: Store) -> None:
    site = Sites(portal_store, BASE_URL + "/").current()
    assert list(site.datasets) == ["places", "visits"]
    assert site.base_url == BASE_URL
    assert site.uri_base == "https://datos.ciudad.example"
    versions = [e.version for e in site.shown("visits").index.versions]
    assert len(versions) == 2
    assert site.version("visits", None) == site.version("visits", "latest") == versions[1]
    assert site.version("visits", versions[0]) == versions[0]
    assert site.release("visits", versions[0]).rows == {"visits": 3}
    assert site.metadata("visits", versions[1]).id == "visits"
    assert [d.id for d in site.catalogue.datasets] == ["places", "visits"]


@pytest.mark.parametrize(
    ("dataset", "version", "status", "code"),
    [("nada", None, 404, "dataset-unknown"), ("visits", "2020-01-01.1", 404, "version-unknown")],
)
def test_what_there_is_not_is_a_problem(
    portal_store: Store, dataset: str, version: str | None, status: int, code: str
) -> None:
    with pytest.raises(Problem) as raised:
        Sites(portal_store, BASE_URL).current().version(dataset, version)
    assert (raised.value.status, raised.value.code) == (status, code)


def test_the_site_is_kept_until_the_link_moves(portal_store: Store) -> None:
    sites = Sites(portal_store, BASE_URL)
    assert sites.current() is sites.current()


def test_the_most_specific_range_decides() -> None:
    offers = ["application/json", "text/turtle", "application/rdf+xml"]
    assert negotiate("", offers) == negotiate("*/*", offers) == "application/json"
    assert negotiate("text/*", offers) == "text/turtle"
    assert negotiate("text/turtle;q=0.5, application/rdf+xml", offers) == "application/rdf+xml"
    assert negotiate("application/*, application/json;q=0.1", offers) == "application/rdf+xml"
    assert negotiate("application/json;q=0, */*;q=0.1", offers) == "text/turtle"
    with pytest.raises(Problem) as raised:
        negotiate("image/png", offers)
    assert (raised.value.status, raised.value.more["offers"]) == (406, offers)


def test_the_language_is_spanish_unless_english_is_preferred() -> None:
    assert [preferred_language(a) for a in ("", "fr", "en", "en-GB,es;q=0.9", "es,en;q=0.9", "de, en;q=0.2")] == [
        "es",
        "es",
        "en",
        "en",
        "es",
        "en",
    ]


def test_what_is_no_longer_shown_is_opened_and_not_kept(portal_store: Store) -> None:
    site, tables = Sites(portal_store, BASE_URL).current(), Tables(portal_store)
    former, now = (e.version for e in site.shown("visits").index.versions)
    tables.keep({("visits", now)})
    assert tables.table("visits", now, "visits") is tables.table("visits", now, "visits")
    assert tables.table("visits", former, "visits") is not tables.table("visits", former, "visits")
    assert tables.reading("visits", former) is not tables.reading("visits", former)
