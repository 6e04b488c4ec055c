"""OpenRefine can match names with what has an IRI here, and a match is never a guess."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from portal.app import make_app
from portal.reconcile import BATCH, MOST, candidates
from portal.site import Site, Sites
from tests.publish.edition_city import make_city, publish
from tests.tiny import Tiny

BASE = "http://127.0.0.1:8000"
URI = "https://datos.ciudad.example"
CENTRE = "recurso/ciudad/place/centro"
TWINS = (
    "norte,Polígono Norte,North Estate,El Gemelo,estate,network\noeste,Polígono Oeste,West Estate,,estate,network\n"
    "otro,Gemelo,Twin,,estate,network\nuno,El gemelo,One,,estate,network\n"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("reconcile") / "city"
    make_city(root)
    rows = (root / "sources" / "registro" / "places.csv").read_text(encoding="utf-8")
    Tiny(root).rows("places", rows + TWINS)
    return Sites(publish(Tiny(root)).store, BASE).current()


@pytest.fixture(scope="module")
def web(site: Site) -> Iterator[TestClient]:
    with TestClient(make_app(site.store, BASE), base_url=BASE, follow_redirects=False) as out:
        yield out


def matched(web: TestClient, name: str, **more: Any) -> list[dict[str, Any]]:
    batch = json.dumps({"q0": {"query": name, **more}})
    response = web.post("/v1/reconcile", data={"queries": batch})
    assert response.status_code == 200
    assert web.get("/v1/reconcile", params={"queries": batch}).json() == response.json()
    found: list[dict[str, Any]] = response.json()["q0"]["result"]
    return found


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_the_service_says_what_it_is_as_version_0_2_asks(web: TestClient) -> None:
    said = web.get("/v1/reconcile").json()
    assert said["versions"] == ["0.2"]
    assert {"name", "identifierSpace", "schemaSpace", "defaultTypes", "view", "preview", "suggest"} <= set(said)
    assert "{{id}}" in said["preview"]["url"]
    english = {
        t["id"]: t["name"] for t in web.get("/v1/reconcile", headers={"accept-language": "en"}).json()["defaultTypes"]
    }
    assert english["place"] == "Table places"
    assert "kind" not in english


@pytest.mark.parametrize("name", ["Distrito Centro", "  DISTRITO   céntro ", "Centre District", "almendra"])
def test_a_label_or_other_name_without_case_and_accents_is_a_match(web: TestClient, name: str) -> None:
    best = matched(web, name)[0]
    assert (best["id"], best["match"], best["score"]) == (CENTRE, True, 100)
    assert best["name"] == "Distrito Centro"
    assert best["type"] == [{"id": "place", "name": "Tabla places"}]


@pytest.mark.parametrize("name", ["Distrito Sentro", "Districto Centro", "Centro, Distrito", "Distrito Cent", "centro"])
def test_what_is_only_alike_or_an_id_is_no_match(web: TestClient, name: str) -> None:
    found = matched(web, name)
    assert CENTRE in {c["id"] for c in found}
    assert not any(c["match"] for c in found)
    assert all(c["score"] <= 90 for c in found)


def test_the_nearer_name_comes_first(web: TestClient) -> None:
    found = matched(web, "Poligono Nort")
    assert found[0]["id"] == "recurso/ciudad/place/norte"
    assert [c["score"] for c in found] == sorted((c["score"] for c in found), reverse=True)


def test_a_name_with_two_bearers_matches_neither(web: TestClient) -> None:
    found = [c for c in matched(web, "el gemelo") if c["score"] == 100]
    assert {c["id"].rpartition("/")[2] for c in found} == {"norte", "uno"}
    assert not any(c["match"] for c in found)
    assert not any(c["match"] for c in matched(web, "el gemelo", limit=1))


def test_a_merged_and_a_removed_one_are_no_candidates(web: TestClient) -> None:
    for name in ("Antiguo", "Quitado", "Old", "Gone"):
        assert not any(c["id"].endswith(("viejo", "gone")) for c in matched(web, name))


def test_a_type_narrows_and_an_unknown_one_finds_nothing(web: TestClient) -> None:
    for wanted in ("document", {"id": "document"}, ["document", {"id": "document"}]):
        assert matched(web, "Distrito Centro", type=wanted) == []
    assert matched(web, "acta de la reunion", type=["document"])[0]["match"] is True
    assert matched(web, "Distrito Centro", type="nothing") == []
    assert matched(web, "Distrito Centro", type="place", type_strict="any", properties=[{"pid": "x", "v": "y"}])


def test_every_entity_of_the_search_is_found_by_its_own_labels(web: TestClient, site: Site) -> None:
    query = "SELECT e.path, e.label_es, e.label_en FROM found AS f JOIN entity AS e ON e.path = f.path"
    rows = site.database().execute(query).fetchall()
    assert len(rows) > 8
    for row in rows:
        for label in (row["label_es"], row["label_en"]):
            assert {c.path: c.score for c in candidates(site, label, [], "es")}[row["path"]] == 100


def test_each_id_leads_to_its_own_page_by_the_view(web: TestClient) -> None:
    view = web.get("/v1/reconcile").json()["view"]["url"]
    for name in ("Distrito Centro", "Distrito Ñandú", "Acta de la reunión"):
        found = matched(web, name)[0]
        data = web.get(view.replace("{{id}}", found["id"]), headers={"accept": "application/json"}).json()
        assert data["iri"] == f"{URI}/{found['id']}"


def test_a_batch_keeps_its_keys_and_its_limits(web: TestClient) -> None:
    batch = {"q7": {"query": "Distrito Centro", "limit": 1}, "äö": {"query": "Acta"}, "none": {"query": " ?! "}}
    said = web.post("/v1/reconcile", data={"queries": json.dumps(batch)}).json()
    assert list(said) == ["q7", "äö", "none"]
    assert len(said["q7"]["result"]) == 1
    assert said["none"]["result"] == []
    assert len(matched(web, "poligono", limit=10_000)) <= MOST
    large = {f"q{n}": {"query": "x"} for n in range(BATCH + 1)}
    assert code(web.post("/v1/reconcile", data={"queries": json.dumps(large)})) == (413, "reconcile-batch")


@pytest.mark.parametrize(
    "wrong", ["", "[]", "{", '{"q0": 1}', '{"q0": {"query": 1}}', '{"q0": {"query": "a", "limit": -1}}', "{" * 9_000]
)
def test_what_is_no_batch_is_refused(web: TestClient, wrong: str) -> None:
    assert code(web.post("/v1/reconcile", data={"queries": wrong})) == (400, "reconcile-request")
    assert code(web.post("/v1/reconcile", data={"extend": wrong})) == (400, "reconcile-request")


@pytest.mark.parametrize(
    "name", ['"', '" OR label:*', "NEAR(a b)", "a AND NOT b*", "\x00", "'; DROP TABLE entity", "_", "ñ", "😀"]
)
def test_no_name_breaks_the_question_to_the_index(web: TestClient, name: str) -> None:
    matched(web, name)
    assert web.get("/v1/reconcile/suggest/entity", params={"prefix": name}).status_code == 200


def test_a_batch_of_long_names_takes_no_longer_than_others(web: TestClient) -> None:
    words = " ".join(f"dis{n}" for n in range(2_000))
    began = time.monotonic()
    batch = {f"q{n}": {"query": words[:4_000]} for n in range(BATCH)}
    assert web.post("/v1/reconcile", data={"queries": json.dumps(batch)}).status_code == 200
    assert time.monotonic() - began < 5


def test_entities_and_types_are_suggested(web: TestClient) -> None:
    found = web.get("/v1/reconcile/suggest/entity", params={"prefix": "distrito cen"}).json()["result"]
    assert [c["id"] for c in found if c["notable"][0]["id"] == "place"] == [CENTRE]
    types = web.get("/v1/reconcile/suggest/type", params={"prefix": "PLAC"}).json()["result"]
    assert {"id": "place", "name": "Tabla places"} in types
    assert code(web.get("/v1/reconcile/suggest/entity")) == (400, "parameter")


def test_properties_are_proposed_and_added(web: TestClient) -> None:
    proposed = web.get("/v1/reconcile/properties", params={"type": "place"}).json()
    asked = {
        "ids": [CENTRE, "recurso/no", "recurso/ciudad/place/viejo"],
        "properties": [{"id": p["id"]} for p in proposed["properties"]],
    }
    said = web.post("/v1/reconcile", data={"extend": json.dumps(asked)}, headers={"accept-language": "en"}).json()
    assert [m["id"] for m in said["meta"]] == [p["id"] for p in proposed["properties"]]
    values = {p: [v["str"] for v in cells] for p, cells in said["rows"][CENTRE].items()}
    assert values == {
        "label_es": ["Distrito Centro"],
        "label_en": ["Centre District"],
        "id": ["centro"],
        "iri": [f"{URI}/{CENTRE}"],
        "class": ["Table places"],
        "scope": ["Context"],
    }
    assert not any(said["rows"]["recurso/no"].values())
    assert not any(said["rows"]["recurso/ciudad/place/viejo"].values())


def test_the_preview_may_be_framed_and_nothing_else_may(web: TestClient) -> None:
    shown = web.get("/v1/reconcile/preview", params={"id": CENTRE})
    assert "Centre District" in shown.text
    assert "frame-ancestors *" in shown.headers["content-security-policy"]
    assert "script" not in shown.text
    assert "frame-ancestors 'none'" in web.get("/v1/reconcile").headers["content-security-policy"]
    assert code(web.get("/v1/reconcile/preview", params={"id": "<script>"})) == (404, "entity-unknown")


def test_nothing_is_matched_with_what_is_being_withdrawn(tmp_path: Path) -> None:
    store = make_city(tmp_path / "city").store
    with TestClient(make_app(store, BASE), base_url=BASE) as client:
        queries = {"queries": json.dumps({"q0": {"query": "Distrito Centro"}})}
        extend = {"extend": json.dumps({"ids": [CENTRE], "properties": [{"id": "label_es"}]})}
        for given in (queries, extend):
            assert client.get("/v1/reconcile", params=given).status_code == 200
        # As a withdrawal does before there is another tree; a file that is open could still be read.
        for path in (store.root / store.portal.readlink()).glob("editions/*/edition.sqlite"):
            path.unlink()
        for given in (queries, extend):
            assert code(client.get("/v1/reconcile", params=given)) == (503, "edition-changing")
            assert code(client.post("/v1/reconcile", data=given)) == (503, "edition-changing")
        for rest in (f"preview?id={CENTRE}", "suggest/entity?prefix=distrito"):
            assert code(client.get(f"/v1/reconcile/{rest}")) == (503, "edition-changing")
