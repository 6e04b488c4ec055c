"""The words that files hold in a form: web addresses, cron expressions and frequencies, refused before any step."""

import pyoxigraph
import pytest
from dagster._utils.schedules import is_valid_cron_string
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from rdflib import URIRef

from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.frequency import CODES, PACES, Cron, Frequency
from pipelines.contracts.source import SourceFile
from pipelines.contracts.text import WebAddress
from tests.tiny import CATALOGUE, Tiny, facts, places_file

BAD = [
    "https://ejemplo.es/a b",
    "https://ejemplo.es/a%zz",
    "https://ejemplo.es/[1]",
    "ejemplo.es",
    "ftp://ejemplo.es/x",
]
ADDRESS, CRON, FREQUENCY = TypeAdapter(WebAddress), TypeAdapter(Cron), TypeAdapter(Frequency)


def accepts(adapter: TypeAdapter[str], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


@given(st.from_regex(r"\Ahttps?://[a-zA-Zñ:.@\[\]0-9-]{0,8}[/?#]?.{0,12}\Z"))
@example("http://datos.gob.es/recurso/sector-publico/territorio/Pais/España")
def test_an_address_that_is_accepted_can_be_written_as_rdf(text: str) -> None:
    if accepts(ADDRESS, text):
        pyoxigraph.NamedNode(text)
        URIRef(text).n3()


@pytest.mark.parametrize(
    "text",
    [
        "http://datos.gob.es/recurso/sector-publico/territorio/Pais/España",
        "https://www.boe.es/eli/es/l/2007/11/16/37",
        "https://ejemplo.es",
        "https://ejemplo.es:8443/a%20b?c=d&e=%5Bf#g",
    ],
)
def test_addresses_as_offices_write_them_are_accepted(text: str) -> None:
    assert accepts(ADDRESS, text)


@pytest.mark.parametrize(
    "bad", [*BAD, "https://ejemplo.es:puerto/", "https://", "https://a@ejemplo.es/", "https://e.es/#a#b"]
)
def test_what_is_no_address_is_refused(bad: str) -> None:
    assert not accepts(ADDRESS, bad)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("key", ["landing_page", "licence", "spatial", "legislation"])
def test_a_bad_address_in_a_dataset_leaves_only_that_file_out(tiny: Tiny, key: str, bad: str) -> None:
    tiny.schema({**places_file(), key: [bad] if key in ("spatial", "legislation") else bad})
    project = tiny.load()
    assert ("file-value", "schemas/places.yaml") in [(f.code, f.part) for f in project.findings]
    assert list(project.datasets) == ["visits"]


@pytest.mark.parametrize("key", ["uri_base", "licence", "spatial", "legislation"])
def test_a_bad_address_in_the_catalogue_is_refused(key: str) -> None:
    bad = BAD[0]
    with pytest.raises(ValidationError, match=key):
        CatalogueFile.model_validate({**CATALOGUE, key: [bad] if key in ("spatial", "legislation") else bad})


@pytest.mark.parametrize("key", ["landing_page", "licence"])
def test_a_bad_address_in_a_source_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        SourceFile.model_validate({**facts("x", "places"), key: BAD[0]})


@pytest.mark.parametrize("kind", ["http", "ckan"])
@pytest.mark.parametrize("where", ["datos.csv", "http://", "https:///x", "https://e.es/a b"])
def test_a_server_is_named_by_its_address_and_a_folder_is_not(kind: str, where: str) -> None:
    more = {"ckan": {"package": "p", "resource": "r"}, "feeds": [{"table": "places", "part": "x.csv"}]}
    source = {**facts("x", "places"), **more, "where": where}
    with pytest.raises(ValidationError, match="http://"):
        SourceFile.model_validate({**source, "kind": kind})
    assert SourceFile.model_validate({**source, "kind": "folder"}).where == where


def test_the_secret_in_a_bad_address_is_not_in_the_finding(tiny: Tiny) -> None:
    tiny.source({**facts("diario", "visits"), "kind": "http", "where": "https://u:SECRETO@e.es/a b?token=SECRETO"})
    [found] = [f for f in tiny.load().findings if f.code == "file-value"]
    assert (found.field, found.value) == ("where", "https://e.es/a b")
    assert "SECRETO" not in found.model_dump_json()


NUMBER = st.integers(-1, 61).map(str)
SPAN = st.tuples(NUMBER, NUMBER).map("-".join)
PART = st.one_of(st.just("*"), NUMBER, SPAN, st.tuples(st.one_of(st.just("*"), SPAN), NUMBER).map("/".join))
FIELD = st.lists(PART, min_size=1, max_size=3).map(",".join)


@given(st.lists(FIELD, min_size=5, max_size=5).map(" ".join))
@example("0 6 31 4 *")
@example("0 6 * * 7")
@example("59 23 29 2 0-7/2")
def test_a_cron_expression_that_is_accepted_makes_a_schedule(text: str) -> None:
    if accepts(CRON, text):
        assert is_valid_cron_string(text)


@pytest.mark.parametrize(
    "pace", [*sorted({p.cron for p in PACES.values()}), "*/15 8-18 * * 1-5", "0 6 29 2 *", "0 6 31 1,4 7"]
)
def test_a_cron_expression_of_five_fields_is_accepted(pace: str) -> None:
    assert accepts(CRON, pace)


@pytest.mark.parametrize(
    "bad",
    [
        "not cron",
        "every day",
        "",
        "0 6 * *",
        "0 6 * * * *",
        "60 6 * * *",
        "0 24 * * *",
        "0 6 0 * *",
        "0 6 * 13 *",
        "0 6 * * 8",
        "0 6 31 2 *",
        "0 6 31 4,6 *",
        "*/0 6 * * *",
        "5-1 6 * * *",
        "0 6 * * mon",
        "@daily",
        "0 6 1, * *",
    ],
)
def test_what_is_no_cron_expression_is_refused_by_its_file(bad: str) -> None:
    with pytest.raises(ValidationError, match="schedule"):
        DatasetFile.model_validate({**places_file(), "schedule": bad})
    with pytest.raises(ValidationError, match="every"):
        SourceFile.model_validate({**facts("x", "places"), "every": bad})


def test_a_frequency_is_a_code_of_the_table() -> None:
    assert all(accepts(FREQUENCY, code) for code in CODES)
    with pytest.raises(ValidationError, match="frequency"):
        DatasetFile.model_validate({**places_file(), "frequency": "WHENEVER"})
