"""The release as a Data Package, and its tables as Table Schemas."""

import json
from pathlib import Path
from typing import Any

import pytest
from describe_builders import ROOMS, WORKSHOPS, Described, column, dataset_file, fact, project, tables, write_files

from pipelines.contracts.files import pretty_json
from pipelines.contracts.store import CITATION_FILES, CSVW_FILE
from pipelines.describe import apa, package_descriptor, resource_schema, schema_texts


def package(described: Described) -> dict[str, Any]:
    return package_descriptor(described.project, described.dataset, described.meta, described.files)


def problems(described: Described) -> list[list[Any]]:
    """What frictionless says of the folder, with its descriptor written into it."""
    from frictionless import validate

    path = described.folder / "datapackage.json"
    path.write_text(pretty_json(package(described)), encoding="utf-8")
    report = validate(str(path))
    assert report.stats["warnings"] == 0
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


def write(described: Described, names: list[str]) -> None:
    """Write files beside those of the release and take them for facts, as a build does."""
    for name in names:
        (described.folder / name).write_text(f"content of {name}\n", encoding="utf-8")
        described.files.append(fact(described.folder / name))


def test_the_graph_of_a_table_is_an_alternate_and_changes_nothing_for_a_validator(described: Described) -> None:
    write(described, ["workshops.ttl", "rooms.nt"])
    first, second = package(described)["resources"]
    kinds = {a["path"]: (a["format"], a["mediatype"]) for a in (*first["alternates"], *second["alternates"])}
    assert kinds["workshops.ttl"] == ("ttl", "text/turtle")
    assert kinds["rooms.nt"] == ("nt", "application/n-triples")
    assert problems(described) == []


def test_the_other_descriptions_of_the_package_are_listed_and_are_no_tables(described: Described) -> None:
    write(described, [CSVW_FILE, *CITATION_FILES])
    whole = package(described)
    assert len(whole["resources"]) == 2
    told = {a["path"]: a for a in whole["alternates"]}
    assert list(told) == [CSVW_FILE, *CITATION_FILES]
    assert told[CSVW_FILE]["mediatype"] == "application/csvm+json"
    assert told["citation.bib"]["bytes"] == len("content of citation.bib\n")
    assert problems(described) == []


def test_a_package_lists_only_what_was_written(described: Described) -> None:
    assert "alternates" not in package(described)


def test_the_package_says_how_to_cite_it(described: Described) -> None:
    whole = package(described)
    assert whole["bibliographicCitation"] == whole["bibliographicCitations"]["es"] == apa(described.meta, "es")
    assert whole["bibliographicCitations"]["en"].startswith("Town council. (2026). Workshops")


def test_each_table_has_its_schema_in_a_file_of_its_own(described: Described) -> None:
    texts = schema_texts(described.project, described.dataset)
    assert list(texts) == ["workshops.schema.json", "rooms.schema.json"]
    rooms = json.loads(texts["rooms.schema.json"])
    assert (rooms["name"], rooms["titles"]) == ("rooms", {"es": "Salas", "en": "Rooms"})
    assert rooms["descriptions"]["en"] == "Where workshops are held."
    inline = resource_schema(described.project, described.dataset.resources[1])
    assert (rooms["fields"], rooms["primaryKey"]) == (inline["fields"], inline["primaryKey"])


def alone(folder: Path, table: str) -> list[str]:
    """What frictionless says of one CSV by its schema file, the two alone in a folder."""
    from frictionless import Resource

    report = Resource(path=f"{table}.csv", schema=f"{table}.schema.json", basepath=str(folder)).validate()
    assert report.stats["warnings"] == 0
    return [kind for (kind,) in report.flatten(["type"])]


@pytest.mark.parametrize("table", ["workshops", "rooms"])
def test_a_schema_file_holds_the_rows_by_itself(described: Described, tmp_path: Path, table: str) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    name = f"{table}.schema.json"
    (folder / name).write_text(schema_texts(described.project, described.dataset)[name], encoding="utf-8")
    raw = (described.folder / f"{table}.csv").read_bytes()
    (folder / f"{table}.csv").write_bytes(raw)
    assert alone(folder, table) == []
    (folder / f"{table}.csv").write_bytes(raw + raw.split(b"\r\n")[1] + b"\r\n")
    assert "primary-key" in alone(folder, table)


def test_a_schema_file_has_no_key_to_another_file(described: Described) -> None:
    first, second = (json.loads(t) for t in schema_texts(described.project, described.dataset).values())
    assert first["foreignKeys"] == [{"fields": ["after_id"], "reference": {"resource": "", "fields": ["workshop_id"]}}]
    assert "foreignKeys" not in second


def test_a_schema_file_has_no_word_of_a_private_column(described: Described) -> None:
    whole = "".join(schema_texts(described.project, described.dataset).values())
    assert "remark" not in whole
    assert "room_ref" not in whole
