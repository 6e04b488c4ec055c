"""CSV on the Web: what `csvw.json` says, and that a validator of the standard agrees with it and with the files."""

import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from csvw_builders import EVENTS, FIELDS, ROWS, describe, reading, readings, told, write_metadata
from describe_builders import BASE, ROOMS, WORKSHOPS, Described, column, text

from pipelines.contracts.files import pretty_json
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.ontology import Ontology
from pipelines.contracts.vocab import Vocabularies

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SCHEMA = "https://schema.org/"
INITIAL_CONTEXT = {"dc", "dcat", "foaf", "rdfs", "schema", "xsd"}
"""Those of our prefixes that are in the context of CSVW; it allows no other."""
FAULTS = [
    (b"talk", b"party", "party"),
    (b"2020-03,", b"marzo,", "marzo"),
    (b"w2,w1", b"w1,w1", "duplicate primary key"),
    (b"w2,w1", b"w2,w9", "w9` not found"),
    (b",20,", b",-20,", "seats: value must be >= 0"),
    (b",20,", b",veinte,", "seats: Invalid value"),
]
"""What is put in the place of what, and what a validator says of it."""


@pytest.fixture
def mapped(tmp_path: Path) -> Described:
    return describe(tmp_path, [EVENTS, ROOMS], ROWS)


def schema(described: Described, table: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = told(described)["tables"][table]["tableSchema"]
    return found


def columns(described: Described, table: int = 0) -> dict[str, dict[str, Any]]:
    return {c["name"]: c for c in schema(described, table)["columns"]}


@cache
def mapped_readings() -> list[dict[str, Any]]:
    """What a reader of the standard says of the mapped release, and of the same release with each of the faults."""
    with TemporaryDirectory() as root:
        sound = Path(root, "sound")
        sound.mkdir()
        folders = [write_metadata(describe(sound, [EVENTS, ROOMS], ROWS))]
        raw = (sound / "workshops.csv").read_bytes()
        for number, (right, wrong, _) in enumerate(FAULTS):
            assert raw.count(right) == 1
            folders.append(Path(shutil.copytree(sound, Path(root, str(number)))))
            (folders[-1] / "workshops.csv").write_bytes(raw.replace(right, wrong))
        return readings(*folders)


def test_a_validator_finds_nothing_wrong_with_a_release(described: Described) -> None:
    assert reading(described)["problems"] == []


def test_a_validator_finds_nothing_wrong_with_a_release_that_is_mapped() -> None:
    assert mapped_readings()[0]["problems"] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[2])
def test_a_validator_holds_the_rows_to_what_is_said(fault: tuple[bytes, bytes, str]) -> None:
    assert fault[2] in " ".join(mapped_readings()[1 + FAULTS.index(fault)]["problems"])


def test_a_reader_of_the_standard_makes_the_same_iris_of_the_templates() -> None:
    first, second = mapped_readings()[0]["tables"][0]["rows"]
    assert second["urls"]["kind"]["aboutUrl"] == f"{BASE}/recurso/taller/w2"
    assert first["urls"]["kind"]["valueUrl"] == f"{BASE}/kos/kind/talk"
    assert first["urls"]["virtual_2"]["valueUrl"] == f"{BASE}/recurso/taller/w1#fuente"
    assert first["cells"]["words"] == ["uno", "dos"]


def test_the_header_and_both_languages_are_titles_of_a_column(described: Described) -> None:
    assert columns(described)["name"]["titles"] == {"es": "name, título", "en": "name, title", "und": "name"}
    assert columns(described)["name"]["dc:description"] == [
        {"@value": "Qué es name.", "@language": "es"},
        {"@value": "name.", "@language": "en"},
    ]


def test_the_columns_are_those_of_the_file(described: Described) -> None:
    for table in told(described)["tables"]:
        header = (described.folder / table["url"]).read_bytes().split(b"\r\n")[0].decode().split(",")
        assert [c["name"] for c in table["tableSchema"]["columns"]] == header


def test_private_columns_leave_no_trace(mapped: Described) -> None:
    whole = json.dumps(told(mapped))
    assert "remark" not in whole
    assert "room_ref" not in whole


def test_each_type_has_its_datatype_and_limits(mapped: Described) -> None:
    kinds = {name: c["datatype"] for name, c in columns(mapped).items() if "datatype" in c}
    assert kinds["name"] == "string"
    assert kinds["date_from"] == "date"
    assert (kinds["cost"], kinds["share"]) == ("number", "decimal")
    assert kinds["year"] == "gYear"
    assert kinds["code"] == {"@id": "http://purl.org/linked-data/sdmx/2009/attribute#unitMeasure", "base": "string"}
    assert kinds["seats"] == {"base": "integer", "minimum": 0, "maximum": 500}
    assert kinds["kind"] == {"base": "string", "format": "^(?:talk|lab)$"}
    assert kinds["workshop_id"] == {"base": "string", "format": "^(?:w[0-9]|x)$"}
    assert re.match(kinds["date"]["format"], "2020-03/..")
    assert not re.match(kinds["date"]["format"], "2020-03 or so")


def test_a_code_with_a_sign_that_expressions_know_is_meant_as_it_stands(mapped: Described) -> None:
    mapped.project.vocabularies = Vocabularies({"kind": {"a.b|c": mapped.dataset.titles}})
    expression = columns(mapped)["kind"]["datatype"]["format"]
    assert re.match(expression, "a.b|c")
    assert not re.match(expression, "aXb|c")


def test_what_an_empty_cell_says_is_allowed_beside_the_codes(tmp_path: Path) -> None:
    rdf = {"propertyUrl": "dct:type", "valueUrl": "/kos/kind/{kind}", "default": "un.known"}
    fields = [column("kind", vocabulary="kind", rdf=rdf) if f["name"] == "kind" else f for f in FIELDS]
    shown = describe(tmp_path, [{**EVENTS, "schema": {**EVENTS["schema"], "fields": fields}}, ROOMS], ROWS)
    kind = columns(shown)["kind"]
    assert kind["default"] == "un.known"
    assert kind["datatype"]["format"] == r"^(?:talk|lab|un\.known)$"
    assert reading(shown)["problems"] == []


def test_a_column_that_is_filled_says_so_and_tells_its_unit(mapped: Described) -> None:
    found = columns(mapped)
    assert [name for name, c in found.items() if c.get("required")] == ["workshop_id", "same_id"]
    assert found["seats"]["schema:unitCode"] == "C62"


def test_the_keys_of_a_table_are_told_where_a_key_cannot_be_empty(mapped: Described) -> None:
    assert schema(mapped)["primaryKey"] == ["workshop_id"]
    reference = {"resource": "workshops.csv", "columnReference": ["workshop_id"]}
    assert schema(mapped)["foreignKeys"] == [{"columnReference": ["same_id"], "reference": reference}]
    assert "foreignKeys" not in schema(mapped, 1)


def test_templates_and_prefixes_are_written_out(mapped: Described) -> None:
    found = columns(mapped)
    assert schema(mapped)["aboutUrl"] == f"{BASE}/recurso/taller/{{workshop_id}}"
    assert (found["kind"]["propertyUrl"], found["kind"]["valueUrl"]) == (
        "http://purl.org/dc/terms/type",
        f"{BASE}/kos/kind/{{kind}}",
    )
    assert (found["name"]["propertyUrl"], found["name"]["lang"]) == (f"{SCHEMA}name", "es")
    assert found["date_from"]["propertyUrl"] == f"{SCHEMA}startDate"
    assert found["date_to"]["propertyUrl"] == f"{SCHEMA}endDate"


def test_what_every_row_says_stands_in_virtual_columns_at_the_end(mapped: Described) -> None:
    virtual = [c for c in schema(mapped)["columns"] if c.get("virtual")]
    subject = f"{BASE}/recurso/taller/{{workshop_id}}"
    assert schema(mapped)["columns"][-len(virtual) :] == virtual
    assert virtual == [
        {"name": "virtual_1", "virtual": True, "propertyUrl": f"{RDF}type", "valueUrl": f"{SCHEMA}Event"},
        {
            "name": "virtual_2",
            "virtual": True,
            "propertyUrl": "http://www.w3.org/ns/prov#wasDerivedFrom",
            "valueUrl": f"{subject}#fuente",
        },
        {
            "name": "virtual_3",
            "virtual": True,
            "aboutUrl": f"{subject}#fuente",
            "propertyUrl": "http://purl.org/dc/terms/type",
            "valueUrl": "http://www.w3.org/2004/02/skos/core#Concept",
        },
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("topics", "several IRIs in a cell"),
        ("page", "addresses under a path"),
        ("note", "a column that may be empty"),
        ("mark", "a private column"),
    ],
)
def test_what_the_standard_would_misunderstand_has_no_property(mapped: Described, name: str, why: str) -> None:
    assert not {"propertyUrl", "valueUrl", "aboutUrl"} & set(columns(mapped)[name]), why


def test_several_texts_in_a_cell_are_told_by_their_separator(mapped: Described) -> None:
    words = columns(mapped)["words"]
    assert (words["separator"], words["propertyUrl"], words["lang"]) == ("; ", f"{SCHEMA}keywords", "es")


def test_no_word_of_ours_is_in_it(mapped: Described) -> None:
    whole = json.dumps(told(mapped))
    assert not re.search("resolve|fromPropertyUrl|toPropertyUrl", whole)


def test_a_table_whose_subject_may_be_empty_has_no_mapping(tmp_path: Path) -> None:
    rdf = {**EVENTS["rdf"], "aboutUrl": "/recurso/taller/{after_id}"}
    assert not re.search("propertyUrl|aboutUrl", json.dumps(schema(describe(tmp_path, [{**EVENTS, "rdf": rdf}], ROWS))))


def test_the_terms_of_the_ontology_are_written_out(tmp_path: Path) -> None:
    rdf = {**EVENTS["rdf"], "types": ["our:Talk"]}
    shown = describe(tmp_path, [{**EVENTS, "rdf": rdf}], ROWS)
    term = {"id": "Talk", "kind": "class", "labels": text("Charla", "Talk"), "definitions": text("Una.", "One.")}
    ontology = {"prefix": "our", "path": "/def/our#", "titles": text("Nuestra", "Ours"), "version": "2026-01-01"}
    ontology |= {"descriptions": text("Palabras.", "Words."), "terms": [term]}
    shown.project.ontology = Ontology.model_validate(ontology)
    assert columns(shown)["virtual_1"]["valueUrl"] == f"{BASE}/def/our#Talk"


def test_an_address_of_another_scheme_has_no_prefix(tmp_path: Path) -> None:
    rdf = {**EVENTS["rdf"], "virtual": [{"propertyUrl": "foaf:page", "valueUrl": "urn:x:{workshop_id}"}]}
    shown = describe(tmp_path, [{**EVENTS, "rdf": rdf}], ROWS)
    assert columns(shown)["virtual_2"]["valueUrl"] == "urn:x:{workshop_id}"


def test_a_prefix_that_nobody_knows_is_a_fault(tmp_path: Path) -> None:
    rdf = {**EVENTS["rdf"], "types": ["their:Talk"]}
    with pytest.raises(KeyError, match="their"):
        told(describe(tmp_path, [{**EVENTS, "rdf": rdf}], ROWS))


def test_a_table_without_its_csv_is_not_described(described: Described) -> None:
    described.files = [f for f in described.files if f.file != "rooms.csv"]
    with pytest.raises(KeyError, match=r"rooms\.csv"):
        told(described)


def test_the_group_says_what_the_catalogue_says(described: Described) -> None:
    whole, meta = told(described), described.meta
    assert whole["@id"] == f"{BASE}/catalogo/dataset/workshops/2026-11-22.1"
    assert whole["dc:title"][0] == {"@value": "Talleres", "@language": "es"}
    assert whole["dc:license"] == {"@id": meta.licence}
    assert whole["dc:issued"] == {"@value": "2026-11-20", "@type": "xsd:date"}
    assert whole["dc:modified"] == {"@value": "2026-11-21T09:30:00+00:00", "@type": "xsd:dateTime"}
    assert whole["tables"][1]["notes"][0]["rdfs:comment"][1] == {"@value": "Only those named.", "@language": "en"}


def test_an_example_says_that_it_is_one(tmp_path: Path, described: Described) -> None:
    example = tmp_path / "example"
    example.mkdir()
    shown = describe(example, [WORKSHOPS, ROOMS], {**ROWS, "workshops": []}, stage="example")
    assert "notes" not in told(described)
    assert "no una publicación oficial" in json.dumps(told(shown)["notes"], ensure_ascii=False)


def inside(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from inside(item)


def test_common_properties_use_the_prefixes_of_the_standard_and_its_forms_of_values(mapped: Described) -> None:
    objects = [v for v in inside(told(mapped)) if isinstance(v, dict)]
    used = {key.split(":")[0] for o in objects for key in o if ":" in key}
    assert used == INITIAL_CONTEXT - {"xsd"}
    for value in objects:
        if "@value" in value:
            assert set(value) in ({"@value", "@language"}, {"@value", "@type"})
    assert {o["@type"] for o in objects if "@value" in o and "@type" in o} == {"xsd:date", "xsd:dateTime"}


def test_no_serving_address_and_nothing_empty_stands_in_it(mapped: Described) -> None:
    whole = told(mapped)
    assert mapped.project.settings.base_url not in json.dumps(whole)
    assert not [v for v in inside(whole) if v is None or v in ([], {})]
    assert json.loads(pretty_json(whole)) == whole


def test_a_release_that_was_written_before_is_described_from_its_metadata(described: Described) -> None:
    described.meta = Dataset.model_validate_json(described.meta.model_dump_json())
    assert told(described)["dcat:version"] == "2026-11-22.1"
