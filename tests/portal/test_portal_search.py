"""The search of the whole edition finds names in both languages, without accents, the network first."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from portal.app import make_app
from portal.search import question
from tests.publish.edition_city import make_city

BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = make_city(tmp_path_factory.mktemp("search") / "city").store
    with TestClient(make_app(store, BASE), base_url=BASE, follow_redirects=False) as out:
        yield out


def found(web: TestClient, query: str) -> Any:
    answer = web.get(f"/v1/search?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(web: TestClient, query: str) -> list[str]:
    return [hit["id"] for hit in found(web, query)["results"]]


def test_name_is_found_in_both_languages_without_accents_and_half_written(web: TestClient) -> None:
    for query in ("q=ñandú", "q=NANDU", "q=rhea", "q=distrito nan"):
        assert ids(web, query)[0] == "%C3%B1u%2F1"


def test_other_name_is_found(web: TestClient) -> None:
    assert ids(web, "q=almendra") == ["centro"]


def test_network_comes_first_and_codes_last(web: TestClient) -> None:
    told = found(web, "q=distrito")
    assert [(hit["id"], hit["scope"]) for hit in told["results"]] == [
        ("%C3%B1u%2F1", "network"),
        ("centro", "context"),
        ("district", None),
    ]
    assert (told["total"], told["kinds"]) == (3, {"place": 2, "place-kind": 1})


def test_kind_scope_and_limit_narrow_it(web: TestClient) -> None:
    assert ids(web, "q=distrito&kind=place-kind") == ["district"]
    assert ids(web, "q=distrito&scope=context") == ["centro"]
    told = found(web, "q=distrito&limit=1")
    assert (len(told["results"]), told["total"]) == (1, 3)


def test_dataset_and_table_lead_to_their_addresses(web: TestClient) -> None:
    told = {hit["kind"]: hit for hit in found(web, "q=visits&lang=en")["results"]}
    assert told["dataset"]["label"] == "Dataset visits"
    assert told["table"]["label"] == "Table visits"
    assert told["dataset"]["url"] == f"{BASE}/v1/datasets/visits"
    assert told["table"]["url"] == f"{BASE}/v1/datasets/visits/tables/visits"


def test_entity_that_was_found_answers_at_its_address(web: TestClient) -> None:
    assert web.get(found(web, "q=rhea")["results"][0]["url"]).json()["id"] == "%C3%B1u%2F1"


def test_signs_of_the_index_are_only_words(web: TestClient) -> None:
    for query in ('q=distrito" OR "x', "q=distrito AND", "q=label:sur*", "q=^sur", "q=NEAR(sur)"):
        assert web.get("/v1/search", params={"q": query[2:]}).status_code == 200
    assert question('sur "OR" x*') == '"sur" "OR" "x"*'


def test_question_without_words_or_too_long_is_refused_by_name(web: TestClient) -> None:
    for query in ("", "***", "x" * 201):
        answer = web.get("/v1/search", params={"q": query})
        assert (answer.status_code, answer.json()["parameter"]) == (400, "q")
    assert web.get("/v1/search?q=sur&limit=1000").status_code == 400
