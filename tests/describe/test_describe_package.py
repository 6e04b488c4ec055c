"""The release as a Data Package, its tables as Table Schemas, and the page's JSON-LD."""

import json
from typing import Any

import pytest
from describe_builders import ROOMS, WORKSHOPS, Described, column, dataset_file, project, tables, write_files
from rdflib import Graph

from pipelines.contracts.files import pretty_json
from pipelines.describe import package_descriptor, resource_schema, schema_org

SERVED = "http://127.0.0.1:8000"


def package(described: Described) -> dict[str, Any]:
    return package_descriptor(described.project, described.dataset, described.meta, described.files)


def problems(described: Described) -> list[list[Any]]:
    """What frictionless says of the folder, with its descriptor written into it."""
    from frictionless import validate

    path = described.folder / "datapackage.json"
    path.write_text(pretty_json(package(described)), encoding="utf-8")
    report = validate(str(path))
    return list(report.flatten(["type", "message"]))


def test_frictionless_finds_nothing_wrong_with_the_release(described: Described) -> None:
    assert problems(described) == []


def test_frictionless_sees_a_file_that_is_not_the_one_described(described: Described) -> None:
    path = described.folder / "rooms.csv"
    path.write_bytes(path.read_bytes().replace(b"r2", b"r3"))
    assert {kind for kind, _ in problems(described)} == {"hash-count"}


def test_frictionless_holds_the_rows_to_the_published_schema(described: Described) -> None:
    wrong = {
        "workshops": [{"workshop_id": "w1", "kind": "party", "after_id": "w9"}],
        "rooms": [{"room_id": "r1"}, {"room_id": "r1"}],
    }
    described.files = write_files(described.folder, described.dataset, tables(described.dataset, wrong))
    assert {kind for kind, _ in problems(described)} == {"constraint-error", "foreign-key", "primary-key", "row-count"}


def test_every_listed_resource_is_a_csv_and_the_other_formats_are_alternates(described: Described) -> None:
    resource = package(described)["resources"][0]
    assert (resource["path"], resource["format"], resource["encoding"]) == ("workshops.csv", "csv", "utf-8")
    others = {a["path"]: a for a in resource["alternates"]}
    assert set(others) == {"workshops.xlsx", "workshops.jsonl", "workshops.parquet"}
    known = next(f for f in described.files if f.file == "workshops.parquet")
    assert others["workshops.parquet"]["hash"] == f"sha256:{known.sha256}"
    assert others["workshops.parquet"]["bytes"] == known.size


def test_the_package_says_what_a_stranger_needs(described: Described) -> None:
    whole = package(described)
    assert whole["titles"] == {"es": "Talleres", "en": "Workshops"}
    assert whole["version"] == "2026-11-22.1"
    assert whole["previousVersion"] == "2026-11-21.1"
    assert whole["licenses"] == [{"name": "CC-BY-4.0", "path": described.meta.licence}]
    assert whole["contributors"][0]["roles"] == ["publisher"]
    assert whole["sources"][0]["path"] == "https://pueblo.example/biblioteca"
    assert (whole["created"], whole["dataChanged"]) == ("2026-11-22T17:00:00+00:00", "2026-11-21T09:30:00+00:00")


def test_each_table_says_what_it_lacks_and_up_to_when_it_describes(described: Described) -> None:
    rooms = package(described)["resources"][1]
    assert rooms["coverage"][0]["coverage"] == "named-sample"
    assert rooms["coverage"][0]["statement"] == {"es": "Solo las que se nombran.", "en": "Only those named."}
    assert rooms["describesUntil"] == "2021-02-28"


def test_keys_to_other_datasets_are_told_beside_the_schema(described: Described) -> None:
    rooms = package(described)["resources"][1]
    end = {"dataset": "streets", "resource": "streets", "fields": ["id"]}
    assert rooms["keys"] == [{"fields": ["street_id"], "reference": end}]


def test_the_dialect_says_how_the_csv_is_written(described: Described) -> None:
    dialect = package(described)["resources"][0]["dialect"]
    assert (dialect["delimiter"], dialect["lineTerminator"], dialect["doubleQuote"]) == (",", "\r\n", True)


def test_the_descriptor_is_json_and_nothing_in_it_is_empty(described: Described) -> None:
    def empty(value: Any) -> bool:
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return value is None or value in ([], {}) or any(empty(item) for item in inside)

    whole = package(described)
    assert json.loads(json.dumps(whole)) == whole
    assert not empty(whole)


def test_a_table_without_its_csv_is_not_described(described: Described) -> None:
    described.files = [f for f in described.files if f.file != "rooms.csv"]
    with pytest.raises(KeyError, match=r"rooms\.csv"):
        package(described)


def fields(described: Described) -> dict[str, dict[str, Any]]:
    schema = resource_schema(described.project, described.dataset.resources[0])
    return {f["name"]: f for f in schema["fields"]}


def test_the_published_schema_has_the_public_columns_in_order_and_no_word_of_the_others(described: Described) -> None:
    assert list(fields(described)) == [
        "workshop_id", "name", "kind", "date", "date_from", "date_to", "seats", "after_id",
    ]  # fmt: skip
    assert "room_ref" not in json.dumps(package(described))
    assert "remark" not in json.dumps(package(described))


def test_a_coded_column_has_the_codes_of_its_vocabulary_and_their_words(described: Described) -> None:
    kind = fields(described)["kind"]
    assert kind["constraints"]["enum"] == ["talk", "lab"]
    assert kind["categories"] == [{"value": "talk", "label": "Charla"}, {"value": "lab", "label": "Laboratorio"}]
    assert kind["labels"]["lab"] == {"es": "Laboratorio", "en": "Lab"}


def test_a_declared_list_of_codes_narrows_the_vocabulary_and_adds_nothing_to_it() -> None:
    columns = [*WORKSHOPS["schema"]["fields"]]
    columns[2] = column("kind", vocabulary="kind", constraints={"enum": ["lab", "party"]})
    dataset = dataset_file(resources=[{**WORKSHOPS, "schema": {**WORKSHOPS["schema"], "fields": columns}}, ROOMS])
    kind = resource_schema(project(dataset), dataset.resources[0])["fields"][2]
    assert kind["constraints"]["enum"] == ["lab"]
    assert list(kind["labels"]) == ["lab"]


def test_a_partial_date_has_its_pattern_and_its_bounds_are_marked_as_derived(described: Described) -> None:
    found = fields(described)
    assert found["date"]["edtf"] is True
    assert found["date"]["constraints"]["pattern"].startswith(r"(\.\.|\d{4}")
    assert (found["date_from"]["type"], found["date_from"]["derivedFrom"]) == ("date", "date")


def test_titles_and_descriptions_of_columns_stand_in_both_languages(described: Described) -> None:
    name = fields(described)["name"]
    assert name["title"] == name["titles"]["es"] == "name, título"
    assert name["descriptions"] == {"es": "Qué es name.", "en": "name."}


def test_foreign_keys_join_public_columns_only(described: Described) -> None:
    first, second = (resource_schema(described.project, r) for r in described.dataset.resources)
    own = {"fields": ["after_id"], "reference": {"resource": "", "fields": ["workshop_id"]}}
    assert first["foreignKeys"] == [own]
    end = {"resource": "workshops", "fields": ["workshop_id"]}
    assert second["foreignKeys"] == [{"fields": ["last_workshop"], "reference": end}]


def test_a_private_primary_key_is_not_published() -> None:
    columns = [column("room_id", privacy="private"), *ROOMS["schema"]["fields"][1:]]
    rooms = {**ROOMS, "schema": {**ROOMS["schema"], "fields": columns}}
    dataset = dataset_file(resources=[WORKSHOPS, rooms])
    assert "primaryKey" not in resource_schema(project(dataset), dataset.resources[1])


def test_an_empty_cell_is_a_missing_value(described: Described) -> None:
    assert resource_schema(described.project, described.dataset.resources[1])["missingValues"] == [""]


def test_a_licence_outside_the_table_is_named_by_its_address_alone(described: Described) -> None:
    described.meta = described.meta.model_copy(update={"licence": "https://example.org/terms"})
    assert package(described)["licenses"] == [{"path": "https://example.org/terms"}]


def test_the_page_of_a_dataset_tells_search_engines_what_it_measures_and_where_it_is(described: Described) -> None:
    told = schema_org(described.meta, SERVED)
    assert told["temporalCoverage"] == "2019-01-01/2022-07-04"
    assert told["inLanguage"] == ["es", "en"]
    assert told["isAccessibleForFree"] is True
    assert told["dateModified"] == "2026-11-21T09:30:00+00:00"
    names = [v["name"] for v in told["variableMeasured"]]
    assert "workshops.seats" in names
    assert "workshops.date_from" not in names
    assert told["distribution"][0]["contentUrl"] == f"{SERVED}/datasets/workshops/2026-11-22.1/workshops.csv"


def test_the_json_ld_of_the_page_is_valid_json_ld(described: Described) -> None:
    told = {**schema_org(described.meta, SERVED), "@context": {"@vocab": "https://schema.org/"}}
    graph = Graph().parse(data=json.dumps(told), format="json-ld")
    names = {str(o) for o in graph.objects(None, None) if str(o) in ("Talleres", "Workshops")}
    assert names == {"Talleres", "Workshops"}


def test_an_open_period_is_written_with_two_dots(described: Described) -> None:
    period = described.meta.temporal
    assert period is not None
    open_end = described.meta.model_copy(update={"temporal": period.model_copy(update={"end": None})})
    assert schema_org(open_end, SERVED)["temporalCoverage"] == "2019-01-01/.."


def test_a_dataset_without_a_period_claims_none(described: Described) -> None:
    timeless = described.meta.model_copy(update={"temporal": None})
    assert "temporalCoverage" not in schema_org(timeless, SERVED)
