"""How it is going, for readers: freshness, the records of runs, and what of them is public."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.store import FINDINGS_FILE, RUN_FILE, Store
from pipelines.line import Line
from portal.app import make_app
from tests.portal import test_portal_pages as pages
from tests.portal.conftest import BASE_URL, publish
from tests.portal.portal_html import get
from tests.tiny import VISITS, Tiny, make_tiny, visits_file

SECRET = "internal: secret"


@pytest.fixture(scope="module")
def held_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A tiny project, published, then run with a visit to a place that there is not: `visits` is held."""
    tiny = make_tiny(tmp_path_factory.mktemp("status") / "project")
    publish(tiny)
    tiny.rows("visits", VISITS + f"v-9,nowhere,2023,1,{SECRET}\n")
    with Line(tiny.load(), "publish") as line:
        line.publish()
    assert line.result("visits").result == "held"
    return tiny.load().store


@pytest.fixture(scope="module")
def held(held_store: Store) -> Iterator[TestClient]:
    """A client over that project."""
    with TestClient(make_app(held_store, BASE_URL), base_url=BASE_URL) as out:
        yield out


def runs(store: Store) -> list[str]:
    """The names of the runs, the newest first."""
    return sorted((p.name for p in store.runs.iterdir()), reverse=True)


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_state_shows_every_dataset_and_leads_to_every_run(held: TestClient, held_store: Store, lang: str) -> None:
    page = get(held, f"/{lang}/status")
    links = [str(a["href"]) for a in page.all("a")]
    assert {f"/{lang}/datasets/{name}" for name in ("places", "visits")} <= set(links)
    assert [link.rpartition("/")[2] for link in links if f"/{lang}/runs/" in link] == runs(held_store)
    assert ("retenido" if lang == "es" else "held") in page.text


def test_a_dataset_that_is_late_comes_first_and_dated_documents_are_never_late(own_project: Tiny) -> None:
    own_project.schema({**visits_file(), "frequency": "DAILY"})
    publish(own_project)
    store = own_project.load().store
    late(store, "visits")
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
        text = get(client, "/en/status").text
        assert text.index("Dataset visits") < text.index("Dataset places")
        assert "Overdue" in text
        assert "No deadline to miss" in text
        home = get(client, "/en/")
        assert "1 dataset overdue" in " ".join(home.text.split())
        assert "/en/status" in [a["href"] for a in home.all("a")]


def late(store: Store, dataset: str) -> None:
    """Let the catalogue that is shown say that the data of a dataset changed long ago."""
    path = store.portal / "catalogue.json"
    told = json.loads(path.read_bytes())
    for each in told["datasets"]:
        if each["id"] == dataset:
            each["data_changed"] = "2020-01-01T00:00:00Z"
    path.unlink()
    path.write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_run_tells_what_was_held_by_code_and_never_by_value(held: TestClient, held_store: Store, lang: str) -> None:
    name = runs(held_store)[0]
    page = get(held, f"/{lang}/runs/{name}")
    codes = [str(a["href"]) for a in page.all("a") if "/findings/" in str(a["href"])]
    assert codes
    assert all(get(held, code) for code in codes)
    answer = held.get(f"/v1/runs/{name}").json()
    assert [d["result"] for d in answer["datasets"] if d["dataset"] == "visits"] == ["held"]
    stopped = [f for f in answer["found"] if f["severity"] == "error"]
    assert [(f["dataset"], f["table"], f["count"]) for f in stopped] == [("visits", "visits", 1)]
    assert f"/{lang}/findings/{stopped[0]['code']}" in codes
    raw = held.get(f"/{lang}/runs/{name}").text + json.dumps(answer)
    assert "nowhere" in (held_store.runs / name / FINDINGS_FILE).read_text(encoding="utf-8")
    assert not [word for word in ("nowhere", "v-9", "secret") if word in raw]


def test_a_run_that_died_is_shown_as_one_that_did_not_end(own_project: Tiny) -> None:
    store = own_project.load().store
    path = store.runs / runs(store)[0] / RUN_FILE
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "died": "OSError"}), encoding="utf-8")
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
        assert client.get(f"/v1/runs/{path.parent.name}").json()["finished"] is False
        for address in ("/en/status", f"/en/runs/{path.parent.name}"):
            page = get(client, address)
            assert "did not end by itself" in page.text
            assert "OSError" not in page.text


@pytest.mark.parametrize("file", [RUN_FILE, FINDINGS_FILE])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]\n", b'{"code": 1}\n', b"\xff"])
def test_a_record_that_cannot_be_read_hides_no_other(own_project: Tiny, file: str, content: bytes) -> None:
    store = own_project.load().store
    good = store.runs / runs(store)[0]
    copied(good, 1)
    bad = store.runs / "20300101T000000.000000Z"
    (bad / file).write_bytes(content)
    told = [good.name] if file == RUN_FILE else [bad.name, good.name]
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
        assert [r["run"] for r in client.get("/v1/runs").json()["runs"]] == told
        links = [str(a["href"]).rpartition("/")[2] for a in get(client, "/es/status").all("a")]
        assert [name for name in links if name in (bad.name, good.name)] == told
        # A file without a line is one of a run that found nothing.
        status = 200 if file == FINDINGS_FILE and not content else 404
        for address in (f"/v1/runs/{bad.name}", f"/es/runs/{bad.name}"):
            assert client.get(address).status_code == status


def test_a_run_tells_nothing_of_a_dataset_or_table_that_is_not_shown(own_project: Tiny) -> None:
    store = own_project.load().store
    folder = store.runs / runs(store)[0]
    lines = [
        {"code": "code-unknown", "severity": "warning", "dataset": "hidden", "table": "hidden-too"},
        {"code": "code-unknown", "severity": "warning", "dataset": "visits", "table": "hidden-too"},
    ]
    (folder / FINDINGS_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    told = json.loads((folder / RUN_FILE).read_bytes())
    told["datasets"] += [{"dataset": "hidden", "result": "held", "errors": 1}]
    told["sources"] += [{"source": "hidden-source", "result": "failed"}]
    (folder / RUN_FILE).write_text(json.dumps(told), encoding="utf-8")
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
        answer = client.get(f"/v1/runs/{folder.name}")
        assert [(f.get("dataset"), f.get("table"), f["count"]) for f in answer.json()["found"]] == [
            (None, None, 1),
            ("visits", None, 1),
        ]
        assert "hidden" not in answer.text + get(client, f"/es/runs/{folder.name}").text


@pytest.mark.parametrize("name", ["20200101T000000.000000Z", "%2e%2e", "%2e%2e%2fstore.json", "x" * 300, "a\x00"])
def test_there_is_no_run_of_any_other_name(held: TestClient, name: str) -> None:
    for address in (f"/v1/runs/{name}", f"/es/runs/{name}"):
        assert held.get(address.replace("\x00", "%00")).status_code in (400, 404), address


def test_runs_are_paged_and_a_folder_that_is_being_written_is_none_of_them(own_project: Tiny) -> None:
    store = own_project.load().store
    first = store.runs / runs(store)[0]
    for n in range(1, 23):
        copied(first, n)
    (store.runs / "20990101T000000.000000Z").mkdir()
    (store.runs / "notes").mkdir()
    with TestClient(make_app(store, BASE_URL), base_url=BASE_URL) as client:
        pages = [get(client, f"/es/status{query}") for query in ("", "?start=20")]
        shown = [[a for a in page.all("a") if "/es/runs/" in str(a["href"])] for page in pages]
        assert [len(each) for each in shown] == [20, 3]
        assert "/es/status?start=20#runs" in [a["href"] for a in pages[0].all("a")]
        assert "/es/status#runs" in [a["href"] for a in pages[1].all("a")]


def copied(folder: Path, day: int) -> None:
    """A record like that in `folder`, of another day."""
    name = f"203001{day:02}T000000.000000Z"
    told = {**json.loads((folder / RUN_FILE).read_bytes()), "run": name}
    (folder.parent / name).mkdir()
    (folder.parent / name / RUN_FILE).write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_page_of_a_run_is_made_like_every_other_page(held: TestClient, held_store: Store, lang: str) -> None:
    address = f"/{lang}/runs/{runs(held_store)[0]}"
    pages.test_a_page_has_one_heading_its_landmarks_and_a_label_for_every_input(held, address)
    pages.test_a_page_holds_no_style_or_script_of_its_own_and_asks_nothing_of_others(held, address)
    pages.test_a_page_names_itself_in_both_languages_and_leads_to_the_other(held, address)
    for link in {str(a["href"]) for a in get(held, address).all("a")}:
        assert not link.startswith("/") or held.get(link).status_code == 200, link
