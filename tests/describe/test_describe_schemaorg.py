"""The dataset in words of schema.org, as dataset search engines ask for it."""

import json
from typing import Any

import pytest
from describe_builders import BASE, Described
from rdflib import Graph

from pipelines.contracts.catalogue import CatalogueFile
from pipelines.describe import apa, schema_org

SERVED = "http://127.0.0.1:8000"
REQUIRED = {"name", "description"}
RECOMMENDED = {
    "creator", "distribution", "identifier", "includedInDataCatalog", "isAccessibleForFree", "keywords", "license",
    "sameAs", "spatialCoverage", "temporalCoverage", "url", "variableMeasured", "version",
}  # fmt: skip
"""What dataset search engines ask for and recommend; `citation` is for other works than the dataset."""


@pytest.fixture
def told(described: Described) -> dict[str, Any]:
    return schema_org(described.meta, SERVED, described.project)


def test_all_that_search_engines_ask_for_is_there(told: dict[str, Any]) -> None:
    assert set(told) >= REQUIRED | RECOMMENDED
    assert "citation" not in told


def test_the_page_of_a_dataset_tells_search_engines_when_and_in_which_language(told: dict[str, Any]) -> None:
    assert told["temporalCoverage"] == "2019-01-01/2022-07-04"
    assert told["inLanguage"] == ["es", "en"]
    assert told["isAccessibleForFree"] is True
    assert (told["datePublished"], told["dateModified"]) == ("2026-11-20", "2026-11-21T09:30:00+00:00")


def test_the_dataset_is_identified_where_it_is_minted_and_shown_where_it_is_served(
    told: dict[str, Any], described: Described
) -> None:
    assert told["@id"] == told["sameAs"] == f"{BASE}/catalogo/dataset/workshops"
    assert told["identifier"] == [described.meta.identifier, told["@id"]]
    assert told["url"] == f"{SERVED}/datasets/workshops/"


def test_what_is_measured_has_its_name_in_both_languages_and_that_of_the_column(told: dict[str, Any]) -> None:
    columns = {v["alternateName"]: v for v in told["variableMeasured"]}
    assert columns["workshops.seats"]["name"] == [
        {"@language": "es", "@value": "seats, título"},
        {"@language": "en", "@value": "seats, title"},
    ]
    assert columns["workshops.seats"]["unitCode"] == "C62"
    assert "unitCode" not in columns["workshops.name"]
    assert "workshops.date_from" not in columns
    assert "workshops.remark" not in columns


def test_each_file_has_its_address_type_size_and_hash(told: dict[str, Any], described: Described) -> None:
    first, known = told["distribution"][0], described.meta.distributions[0]
    assert first["contentUrl"] == f"{SERVED}/datasets/workshops/2026-11-22.1/workshops.csv"
    assert (first["encodingFormat"], first["contentSize"]) == ("text/csv", f"{known.byte_size} B")
    assert (first["sha256"], first["license"]) == (known.checksum.sha256, known.licence)
    assert len(told["distribution"]) == len(described.meta.distributions)


def test_who_publishes_can_be_written_to(told: dict[str, Any]) -> None:
    assert told["creator"] == told["publisher"]
    assert told["publisher"]["identifier"] == "L01999999"
    assert told["publisher"]["contactPoint"]["email"] == "datos@pueblo.example"


def test_the_catalogue_and_the_sources_are_named(told: dict[str, Any]) -> None:
    catalogue = told["includedInDataCatalog"]
    assert (catalogue["@type"], catalogue["@id"]) == ("DataCatalog", f"{BASE}/catalogo")
    (source,) = told["isBasedOn"]
    assert source["url"] == "https://pueblo.example/biblioteca"
    assert source["name"][1] == {"@language": "en", "@value": "Workshop notebook"}


def test_a_source_that_is_gone_is_not_named(described: Described) -> None:
    described.project.sources = {}
    assert "isBasedOn" not in schema_org(described.meta, SERVED, described.project)


def test_how_to_cite_the_dataset_is_told_in_both_languages(told: dict[str, Any], described: Described) -> None:
    assert told["creditText"] == [
        {"@language": "es", "@value": apa(described.meta, "es")},
        {"@language": "en", "@value": apa(described.meta, "en")},
    ]


def test_an_example_says_so(told: dict[str, Any], described: Described) -> None:
    assert "disambiguatingDescription" not in told
    values = described.project.catalogue.model_dump() | {"stage": "example"}
    described.project.catalogue = CatalogueFile.model_validate(values)
    again = schema_org(described.meta, SERVED, described.project)
    assert "no official publication" in again["disambiguatingDescription"][1]["@value"]


def test_the_json_ld_of_the_page_is_valid_json_ld(told: dict[str, Any]) -> None:
    graph = Graph().parse(data=json.dumps({**told, "@context": {"@vocab": "https://schema.org/"}}), format="json-ld")
    names = {str(o) for o in graph.objects(None, None) if str(o) in ("Talleres", "Workshops")}
    assert names == {"Talleres", "Workshops"}


def test_an_open_period_is_written_with_two_dots(described: Described) -> None:
    period = described.meta.temporal
    assert period is not None
    open_end = described.meta.model_copy(update={"temporal": period.model_copy(update={"end": None})})
    assert schema_org(open_end, SERVED, described.project)["temporalCoverage"] == "2019-01-01/.."


def test_a_dataset_without_a_period_claims_none(described: Described) -> None:
    timeless = described.meta.model_copy(update={"temporal": None})
    assert "temporalCoverage" not in schema_org(timeless, SERVED, described.project)
