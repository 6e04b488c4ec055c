"""The OpenAPI names every table with its typed parameters, and what it names is what is accepted."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.reading import READING_FORMAT
from portal.app import make_app
from tests.portal.conftest import BASE_URL
from tests.tiny import Tiny

PLACE = "/v1/datasets/visits/tables/visits"
SAMPLES = {"integer": "3", "number": "2.5", "boolean": "true"}


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/openapi.json").json()
    return found


def parameters(document: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    found = [p.get("$ref", "").rpartition("/")[2] for p in document["paths"][path]["get"]["parameters"]]
    named = [document["components"]["parameters"][f] for f in found if f]
    return {p["name"]: p for p in named}


def sample(document: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return sample(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema["type"] == "array":
        return sample(document, schema["items"])
    if "enum" in schema:
        return str(schema["enum"][0])
    if "format" in schema:
        return "2022-01-31" if schema["format"] == "date" else "2030-01-31T10:00:00Z"
    return SAMPLES.get(schema["type"], "abc")


def test_it_has_the_paths_of_each_table_and_of_the_routes(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for path in ("", "/rows/{key}", "/groups", ".{extension}"):
        assert "get" in document["paths"][PLACE + path]
    assert {"/v1/catalogue", "/v1/datasets/{dataset}/tables/{table}"} <= set(document["paths"])
    operations = [o for item in document["paths"].values() for o in item.values()]
    assert all("default" in o["responses"] and "422" not in o["responses"] for o in operations)
    names = [o["operationId"] for o in operations]
    assert len(names) == len(set(names))


def test_the_parameters_are_those_of_the_columns(document: dict[str, Any]) -> None:
    found = parameters(document, PLACE)
    assert found["people__gte"]["schema"]["type"] == "integer"
    assert found["date_from"]["schema"]["format"] == "date"
    assert {"q", "valid_on", "limit", "after", "select", "order", "version"} <= set(found)
    assert "people__contains" not in found
    assert "note" not in found
    assert "limit" not in parameters(document, PLACE + ".{extension}")
    assert "by" in parameters(document, PLACE + "/groups")
    assert set(parameters(document, PLACE + "/rows/{key}")) == {"version", "published_by", "lang"}
    assert "valid_on" not in parameters(document, "/v1/datasets/places/tables/places")


@pytest.mark.parametrize("path", [PLACE, PLACE + ".{extension}", PLACE + "/groups"])
def test_every_declared_parameter_is_accepted(document: dict[str, Any], client: TestClient, path: str) -> None:
    found = parameters(document, path)
    assert len(found) > 30
    base = {"by": "place_id"} if path.endswith("groups") else {}
    for name, parameter in found.items():
        if name != "after":
            query = urlencode({**base, name: sample(document, parameter["schema"])})
            answer = client.get(f"{path.format(extension='csv')}?{query}")
            assert answer.status_code == 200, (query, answer.text)


def test_grouping_needs_columns_in_every_description(document: dict[str, Any]) -> None:
    generic = document["paths"]["/v1/datasets/{dataset}/tables/{table}/groups"]["get"]["parameters"]
    for declared in ({p["name"]: p for p in generic}, parameters(document, PLACE + "/groups")):
        assert declared["by"]["required"]


def test_nothing_is_said_twice_among_the_components(document: dict[str, Any]) -> None:
    for kind in ("parameters", "schemas"):
        texts = [json.dumps(component) for component in document["components"][kind].values()]
        assert len(texts) == len(set(texts)), kind
    names = [p["name"] for p in document["components"]["parameters"].values()]
    assert names.count("limit") == 1
    assert names.count("select") > 1


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [value["$ref"]] if "$ref" in value else [r for v in value.values() for r in references(v)]
        return [r for v in value for r in references(v)] if isinstance(value, list) else []

    found = set(references(document["paths"])) | set(references(document["components"]))
    assert len(found) > 20
    for reference in found:
        here: Any = document
        for part in reference.removeprefix("#/").split("/"):
            here = here[part]
        assert here


def test_answers_are_as_they_are_described(document: dict[str, Any], client: TestClient) -> None:
    described = document["components"]["schemas"]["visits.visits"]["properties"]
    rows = client.get(PLACE).json()["rows"]
    assert [list(r) for r in rows] == [list(described)] * len(rows)
    kinds = {"string": str, "integer": int, "null": type(None)}
    assert all(isinstance(v, tuple(kinds[t] for t in described[k]["type"])) for r in rows for k, v in r.items())


def test_a_dataset_that_cannot_be_asked_yet_is_left_out_until_it_can(own_project: Tiny) -> None:
    store = own_project.load().store
    [record] = store.readings.glob("visits/*/reading.json")
    now = record.read_text(encoding="utf-8")
    record.write_text(json.dumps({**json.loads(now), "format": READING_FORMAT - 1}), encoding="utf-8")
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as own:
        assert own.get(PLACE).status_code == 503
        answer = own.get("/v1/openapi.json")
        assert answer.status_code == 200
        assert PLACE not in answer.json()["paths"]
        assert "/v1/datasets/places/tables/places" in answer.json()["paths"]
        record.write_text(now, encoding="utf-8")
        assert PLACE in own.get("/v1/openapi.json").json()["paths"]
