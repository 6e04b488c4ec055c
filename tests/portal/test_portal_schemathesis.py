"""The API answers as its OpenAPI says: requests made from that description, for every operation of it.

Of the checks of Schemathesis are left out: `positive_data_acceptance`, for no description says what a cursor or a query
of SPARQL is, and what is well formed may still be refused; `unsupported_method` and `allow_header_conformance`, which
`test_portal_front` holds; those of headers, of authentication, and of what was deleted, for there is nothing of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from portal.app import make_app
from portal.sparql import FORM
from tests.portal.conftest import BASE_URL
from tests.portal.portal_city import make_counted_city

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FEW = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
WITHOUT_SUCCESS = {
    # No query is saved here.
    "GET /v1/queries/{name}",
    "GET /v1/queries/{name}/result",
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A portal that has entities, a graph, figures and views too."""
    store = make_counted_city(tmp_path_factory.mktemp("schemathesis") / "city")
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL, follow_redirects=False) as out:
        yield out


def described(client: TestClient) -> list[Any]:
    """The operations of the description."""
    schema = schemathesis.openapi.from_dict(client.get("/v1/openapi.json").json())
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
def operations(city: TestClient) -> list[Any]:
    return described(city)


def ask(client: TestClient, operation: Any, mode: GenerationMode, **fixed: Any) -> list[int]:
    """Make a few requests and hold each answer against the description; the statuses."""
    statuses = []

    @FEW
    @given(operation.as_strategy(generation_mode=mode, **fixed))
    def one(case: Any) -> None:
        asked = case.as_transport_kwargs(base_url=BASE_URL)
        asked.pop("cookies")
        if "{rest}" in operation.path:
            # A path within a path, which OpenAPI has no word for.
            asked["url"] = asked["url"].replace("%2F", "/")
        response = client.request(**asked)
        statuses.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    one()
    return statuses


def test_what_is_there_is_answered_as_described(city: TestClient, operations: list[Any]) -> None:
    versions = [v["version"] for v in city.get("/v1/datasets/places/versions").json()["versions"]]
    assert len(versions) == 2
    known = {
        "dataset": "places",
        "table": "places",
        "version": versions[0],
        "other": versions[1],
        "edition": city.get("/v1/editions").json()["current"],
        "run": city.get("/v1/runs").json()["runs"][0]["run"],
    }
    keys = {"places": "centro", "visits": "v-1", "documents": "acta", "counts": "c-1"}
    rests = {"/recurso/{rest}": "ciudad/place/centro", "/kos/{rest}": "place-kind/district"}
    # Which columns there are is said in the paths of each table.
    queries = {"/preview": {"id": "recurso/ciudad/place/centro"}, "{table}/groups": {"by": ["kind"]}}
    failed = set()
    for operation in operations:
        key = next((k for name, k in keys.items() if f"/tables/{name}/" in operation.path), "centro")
        here = {**known, "key": key, "rest": rests.get(operation.path, "")}
        if "/views" in operation.path:
            here |= {"dataset": "visits", "view": "by-year"}
        named = {p.name: here[p.name] for p in operation.path_parameters if p.name in here}
        query = next((q for end, q in queries.items() if operation.path.endswith(end)), None)
        fixed = {"path_parameters": named or None, "query": query}
        if operation.label == "POST /sparql":
            fixed |= {"body": {"query": "ASK {}"}, "media_type": FORM}
        if 200 not in ask(city, operation, GenerationMode.POSITIVE, **fixed):
            failed.add(operation.label)
    assert failed == WITHOUT_SUCCESS


def test_names_that_nobody_published_are_refused_as_described(city: TestClient, operations: list[Any]) -> None:
    statuses = [s for o in operations if o.path_parameters for s in ask(city, o, GenerationMode.POSITIVE)]
    assert 404 in statuses


def test_what_is_ill_formed_is_refused_as_described(client: TestClient) -> None:
    # Of the smaller project: to think of what is wrong takes much longer than to ask it.
    asked = [o for o in described(client) if o.path_parameters or o.query]
    statuses = {o.label: ask(client, o, GenerationMode.NEGATIVE) for o in asked}
    assert {label for label, found in statuses.items() if "/tables/" in label and 400 not in found} == set()
