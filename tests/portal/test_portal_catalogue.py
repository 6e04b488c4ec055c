"""The catalogue, the datasets, their versions and the editions, as data."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from rdflib import Graph, URIRef
from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from pipelines.operate.undo import show
from pipelines.publish import take_down
from pipelines.release import withdraw, writing
from portal.app import make_app
from portal.pages.api import ADDRESSES
from portal.site import Sites
from tests.portal.conftest import BASE_URL, publish
from tests.tiny import VISITS, Tiny

FORMATS = {"ttl": "text/turtle", "rdf": "application/rdf+xml", "jsonld": "application/ld+json"}


@pytest.mark.parametrize("feed", ["catalog.ttl", "eu/catalog.ttl"])
def test_every_address_of_the_feeds_answers_to_get_and_head(client: TestClient, portal_store: Store, feed: str) -> None:
    graph = Graph().parse(portal_store.portal / feed)
    addresses = {
        str(o)
        for p in ("accessURL", "downloadURL")
        for o in graph.objects(None, URIRef(f"http://www.w3.org/ns/dcat#{p}"))
        if str(o).startswith("http")
    }
    assert len(addresses) >= 8
    for address in addresses:
        assert address.startswith(BASE_URL)
        assert client.get(address).status_code == 200, address
        assert client.head(address).status_code == 200, address


@pytest.mark.parametrize(
    ("address", "tree"), [("/v1/catalogue", "catalog"), ("/v1/datasets/visits", "datasets/visits/dcat")]
)
def test_a_description_is_chosen_by_suffix_or_by_accept(
    client: TestClient, portal_store: Store, address: str, tree: str
) -> None:
    for ending, kind in FORMATS.items():
        expected = (portal_store.portal / f"{tree}.{ending}").read_bytes()
        by_suffix = client.get(f"{address}.{ending}", headers={"Accept": "image/png"})
        by_accept = client.get(address, headers={"Accept": f"{kind}, application/json;q=0.5"})
        assert by_suffix.content == by_accept.content == expected
        assert by_accept.headers["content-type"].split(";")[0] == kind
        assert urljoin(address, by_accept.headers["content-location"]) == f"{address}.{ending}"
        assert "Accept" in by_accept.headers["vary"]
    assert client.get(address).headers["content-type"] == "application/json"
    assert client.get(f"{address}.json").json() == client.get(address).json()
    tags = {client.get(f"{address}.{e}").headers["etag"] for e in (*FORMATS, "json")}
    assert len(tags) == 4


def test_the_catalogue_names_its_datasets_and_their_tables(client: TestClient) -> None:
    told = client.get("/v1/catalogue").json()
    assert [d["id"] for d in told["datasets"]] == ["places", "visits"]
    assert told["datasets"] == client.get("/v1/datasets").json()["datasets"]
    assert told["datasets"][1]["tables"][0]["rows"] == 4
    for dataset in told["datasets"]:
        assert client.get(dataset["url"]).status_code == 200
    for feed in told["feeds"].values():
        assert client.get(feed).status_code == 200


def test_a_dataset_tells_its_metadata_and_where_everything_is(client: TestClient) -> None:
    told = client.get("/v1/datasets/visits").json()
    assert told["id"] == "visits"
    assert "note" not in json.dumps(told["tables"])
    for distribution in told["distributions"]:
        answer = client.get(distribution["url"])
        assert (answer.status_code, len(answer.content)) == (200, distribution["byte_size"])
    for name, link in told["links"].items():
        assert client.get(link).status_code == 200, name


def test_versions_are_told_with_what_they_changed(client: TestClient, portal_store: Store) -> None:
    told = client.get("/v1/datasets/visits/versions").json()
    assert [v["rows"] for v in told["versions"]] == [4, 3]
    assert told["current"] == told["versions"][0]["version"]
    newest = told["versions"][0]["version"]
    record = client.get(told["versions"][0]["url"])
    assert record.headers["cache-control"].endswith("immutable")
    assert record.json()["change"] == {"added": 1, "changed": 0, "removed": 0}
    assert "immutable" not in client.get("/v1/datasets/visits/versions/latest").headers["cache-control"]
    for file in record.json()["files"]:
        assert client.head(file["url"]).status_code == 200
    for link in record.json()["links"].values():
        assert client.get(link).status_code == 200, link
    delta = client.get(f"/v1/datasets/visits/versions/{newest}/delta")
    assert [json.loads(line)["change"] for line in delta.text.splitlines()] == ["added"]
    assert client.get("/v1/datasets/visits/versions/2020-01-01.1").json()["code"] == "version-unknown"


@pytest.mark.parametrize(("ending", "sign"), [("txt", "http"), ("bib", "@"), ("ris", "TY  -"), ("json", "[")])
def test_a_version_is_cited_in_four_ways(client: TestClient, ending: str, sign: str) -> None:
    answer = client.get(f"/v1/datasets/visits/versions/latest/citation.{ending}")
    assert answer.status_code == 200
    assert sign in answer.text
    assert client.get("/v1/datasets/visits/versions/latest/citation.exe").status_code == 404


def test_findings_and_quality_are_those_of_the_release(client: TestClient, portal_store: Store) -> None:
    site = Sites(portal_store, BASE_URL).current()
    version = site.version("visits", None)
    lines = (portal_store.release("visits", version) / "findings.jsonl").read_text().splitlines()
    told = client.get("/v1/datasets/visits/findings").json()
    assert (told["version"], told["findings"]) == (version, [json.loads(line) for line in lines])
    assert client.get("/v1/datasets/visits/findings.jsonl").text.splitlines() == lines
    assert "fill_rates" in client.get("/v1/datasets/visits/quality").json()["quality"]


def test_an_edition_names_the_version_of_each_dataset(client: TestClient) -> None:
    told = client.get("/v1/editions").json()
    assert len(told["editions"]) == 2
    assert told["current"] == told["editions"][0]["edition"]
    edition = client.get(told["editions"][0]["url"]).json()
    assert list(edition["pins"]) == ["places", "visits"]
    for link in edition["datasets"].values():
        assert client.get(link).status_code == 200
    assert client.get("/v1/editions/2020-01-01.1").json()["code"] == "edition-unknown"


def test_runs_tell_what_is_public_and_nothing_of_a_private_column(client: TestClient) -> None:
    told = client.get("/v1/runs?limit=1").json()["runs"]
    assert len(told) == 1
    assert {d["dataset"]: d["result"] for d in told[0]["datasets"]} == {"places": "unchanged", "visits": "released"}
    assert "note" not in json.dumps(told)
    assert "reason" not in json.dumps(told)
    assert len(client.get("/v1/runs").json()["runs"]) == 2
    refused = client.get("/v1/runs?limit=x")
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter")
    assert refused.json()["errors"][0]["parameter"] == "limit"


def test_a_version_answers_410_with_the_reason_from_the_moment_it_is_withdrawn(own_project: Tiny) -> None:
    own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    publish(own_project)
    project = own_project.load()
    with TestClient(make_app(project.store, BASE_URL)) as client:
        newest, first = (v["version"] for v in client.get("/v1/datasets/visits/versions").json()["versions"])
        addresses = [
            f"/v1/datasets/visits/versions/{first}",
            f"/v1/datasets/visits/tables/visits?version={first}",
            f"/datasets/visits/{first}/visits.csv",
        ]
        assert [client.get(a).status_code for a in addresses] == [200] * 3
        with writing(project, "withdraw"):
            take_down(project.store, "visits", [first])
            withdraw(project, "visits", first, "Contenía un dato personal.", datetime.now(UTC))
            # The tree is still the one before.
            for address in addresses:
                answer = client.get(address)
                assert (answer.status_code, answer.json()["code"]) == (410, "version-withdrawn"), address
                assert answer.json()["reason"] == "Contenía un dato personal."
            show(project)
        assert [client.get(a).status_code for a in addresses] == [410] * 3
        assert client.get(f"/datasets/visits/{first}/").status_code == 410
        told = client.get("/v1/datasets/visits/versions").json()["versions"]
        assert [(v["version"], v["status"]) for v in told] == [(newest, "published"), (first, "withdrawn")]
        assert told[1]["reason"] == "Contenía un dato personal."


def test_every_route_of_the_openapi_document_is_described(client: TestClient) -> None:
    told = client.get("/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert "/v1/datasets/{dataset}" in told["paths"]
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description") or operation.get("summary"), (path, method)
    assert not re.search(r"https?://(?!127\.0\.0\.1)", json.dumps(told["paths"]))


def test_the_page_about_the_api_leads_to_addresses_that_answer(client: TestClient) -> None:
    sent = client.get("/v1/docs", headers={"Accept-Language": "en"})
    assert sent.status_code == 302
    page = client.get(urljoin("/v1/docs", sent.headers["location"]))
    assert (page.status_code, 'lang="en"' in page.text) == (200, True)
    tried = re.findall(r'<a href="(/v1[^"]*)"><code>', page.text)
    assert len(tried) == len(client.get("/v1").json()["addresses"]) == len(ADDRESSES)
    for address in tried:
        assert client.get(address).status_code == 200, address
    assert client.get("/fr/api").status_code == 404


@pytest.mark.parametrize("address", ["/v1/datasets/visits", "/v1/datasets/visits/versions/latest", "/v1/editions"])
def test_what_holds_addresses_has_another_tag_where_it_is_served_from_another(
    client: TestClient, portal_store: Store, address: str
) -> None:
    here = client.get(address)
    with TestClient(make_app(portal_store, "http://127.0.0.1:8001"), base_url=BASE_URL) as other:
        there = other.get(address, headers={"If-None-Match": here.headers["etag"]})
    assert there.status_code == 200
    assert there.headers["etag"] != here.headers["etag"]
    assert client.get(address, headers={"If-None-Match": here.headers["etag"]}).status_code == 304
