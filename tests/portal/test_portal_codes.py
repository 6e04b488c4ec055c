"""The codes of findings for readers: what each means in both languages, and where it occurs now."""

import json
import re

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.findings import catalogue
from pipelines.contracts.store import FINDINGS_FILE, RELEASE_FILE, Store
from pipelines.release import read_index
from portal.app import make_app
from portal.pages.render import bare
from tests.portal.conftest import BASE_URL, publish
from tests.portal.portal_html import get
from tests.tiny import Tiny, make_tiny

FOUND = [
    {"code": "code-unknown", "severity": "warning", "table": "visits"},
    {"code": "code-unknown", "severity": "warning", "table": "visits"},
    {"code": "code-unknown", "severity": "warning"},
    {"code": "gone-code", "severity": "warning"},
]


@pytest.fixture(scope="module")
def found_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store whose current version of `visits` has the findings `FOUND`, and that of `places` none."""
    tiny = make_tiny(tmp_path_factory.mktemp("codes") / "project")
    publish(tiny)
    store = tiny.load().store
    write(store, "places", [])
    write(store, "visits", FOUND)
    return store


def write(store: Store, dataset: str, lines: list[dict[str, str]]) -> None:
    """Let the current version of a dataset have these findings."""
    version = read_index(store, dataset).current
    assert version
    texts = {"message_es": "Algo.", "message_en": "Something.", "action_es": "Nada.", "action_en": "Nothing."}
    path = store.release(dataset, version) / FINDINGS_FILE
    path.unlink()
    path.write_text("".join(json.dumps({**texts, **line}) + "\n" for line in lines), encoding="utf-8")


def test_what_a_withdrawal_takes_out_of_a_release_is_no_longer_counted(own_project: Tiny) -> None:
    store = own_project.load().store
    version = read_index(store, "visits").current
    assert version
    counts = []
    for lines in (FOUND[:2], FOUND[:1]):
        write(store, "visits", lines)
        # The record holds the hash of each file, so it is written anew.
        record = store.release("visits", version) / RELEASE_FILE
        told = json.loads(record.read_bytes())
        record.unlink()
        record.write_text(json.dumps({**told, "files": told["files"][: len(lines)]}), encoding="utf-8")
        with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
            codes = {c["code"]: c["count"] for c in client.get("/v1/findings").json()["codes"]}
        counts.append(codes["code-unknown"])
    assert counts == [2, 1]


def test_the_api_tells_all_codes_those_that_occur_first_with_where(found_store: Store) -> None:
    with TestClient(make_app(found_store, BASE_URL), base_url=BASE_URL) as client:
        answer = client.get("/v1/findings").json()
    assert answer["total"] == len(answer["codes"]) == len(catalogue())
    first, *others = answer["codes"]
    assert (first["code"], first["count"]) == ("code-unknown", 3)
    assert [(o["dataset"], o.get("table"), o["count"]) for o in first["occurs"]] == [
        ("visits", None, 1),
        ("visits", "visits", 2),
    ]
    assert {o["count"] for o in others} == {0}
    assert first["what"]["es"] == catalogue()["code-unknown"].what.es


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_list_of_codes_begins_with_those_that_occur(found_store: Store, lang: str) -> None:
    with TestClient(make_app(found_store, BASE_URL), base_url=BASE_URL) as client:
        page = get(client, f"/{lang}/findings")
        links = [str(a["href"]) for a in page.all("a") if f"/{lang}/findings/" in str(a["href"])]
        assert links[0] == f"/{lang}/findings/code-unknown"
        assert len(links) == len(set(links)) == len(catalogue())
        assert "gone-code" in page.text
        one = get(client, links[0])
    shown = [str(a["href"]) for a in one.all("a")]
    assert f"/{lang}/datasets/visits#state" in shown
    assert f"/{lang}/datasets/visits/visits" in shown


def test_the_page_of_a_dataset_leads_from_a_finding_to_its_code(found_store: Store) -> None:
    with TestClient(make_app(found_store, BASE_URL), base_url=BASE_URL) as client:
        page = get(client, "/es/datasets/visits")
        links = [str(a["href"]) for a in page.all("a") if "/findings/" in str(a["href"])]
    assert set(links) == {"/es/findings/code-unknown"}
    assert "gone-code" in page.text


def test_every_code_has_a_page_in_both_languages_that_leaves_no_place_in_braces(client: TestClient) -> None:
    for code, message in catalogue().items():
        for lang in ("es", "en"):
            page = get(client, f"/{lang}/findings/{code}")
            assert not re.search(r"\{\w+\}", page.text), code
            begin = re.split(r"\{\w+\}", bare(message.do.get(lang)))[0]
            assert begin[:40] in page.text, code


@pytest.mark.parametrize("code", ["none", "%2e%2e", "code%2Funknown", "x" * 500])
def test_what_is_no_code_has_no_page(client: TestClient, code: str) -> None:
    assert client.get(f"/es/findings/{code}").status_code == 404


def test_a_version_that_is_no_longer_shown_occurs_nowhere(own_project: Tiny) -> None:
    store = own_project.load().store
    write(store, "visits", FOUND)

    def counted(client: TestClient) -> int:
        return next(int(c["count"]) for c in client.get("/v1/findings").json()["codes"] if c["code"] == "code-unknown")

    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
        assert counted(client) == 3
        version = read_index(store, "visits").current
        for path in (store.portal / "datasets" / "visits" / str(version)).iterdir():
            path.unlink()
        assert counted(client) == 0
