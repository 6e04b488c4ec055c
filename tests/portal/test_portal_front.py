"""What every request passes through and every response bears."""

import asyncio
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.files import replace_link
from pipelines.contracts.store import Store
from portal.answer import Answer
from portal.app import make_app
from portal.front import POSTED
from portal.log import Log
from portal.send import deliver
from tests.portal.conftest import BASE_URL, publish
from tests.tiny import VISITS, Tiny

PATHS = ["/v1/datasets", "/v1/datasets/visits", "/catalog.ttl", "/datasets/visits/latest/visits.csv", "/health"]


@pytest.mark.parametrize("path", [*PATHS, "/nada", "/v1/datasets/nada"])
def test_every_response_bears_the_headers_that_keep_it_safe(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["access-control-allow-origin"] == "*"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers.get_list("x-request-id") == [headers["x-request-id"]]
    assert "server" not in headers


@pytest.mark.parametrize("path", [*PATHS, "/nada"])
def test_head_says_what_get_says_without_a_body(client: TestClient, path: str) -> None:
    got, told = client.get(path), client.head(path)
    assert (told.status_code, told.content) == (got.status_code, b"")
    ours = {"x-request-id"}
    assert {k: v for k, v in told.headers.items() if k not in ours} == {
        k: v for k, v in got.headers.items() if k not in ours
    }


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "FROB"])
def test_nothing_here_is_written(client: TestClient, method: str) -> None:
    answer = client.request(method, "/v1/datasets")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.json()["code"] == "method-not-allowed"


def test_a_post_where_only_reading_is_meant_is_refused(client: TestClient) -> None:
    for path in ("/v1/datasets", "/datasets/visits/latest/visits.csv", "/nada", "/sparql/", "/v1/reconcile/preview"):
        answer = client.post(path, content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed"), path
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_browser_may_ask_from_anywhere(client: TestClient) -> None:
    answer = client.options("/v1/datasets", headers={"Origin": "https://otra.example"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


def test_a_browser_may_send_a_query_from_anywhere_where_one_is_taken_and_only_there(client: TestClient) -> None:
    described = client.get("/v1/openapi.json").json()["paths"]
    assert {path for path, item in described.items() if "post" in item} == POSTED
    asked = {"Origin": "https://otra.example", "Access-Control-Request-Method": "POST"}
    for path in [*described, "/", "/es/", "/nada"]:
        answer = client.options(path, headers={**asked, "Access-Control-Request-Headers": "content-type"})
        allowed = answer.headers["access-control-allow-methods"].split(", ")
        assert ("POST" in allowed) == (path in POSTED), path
        assert allowed == answer.headers["allow"].split(", ")
        assert "Content-Type" in answer.headers["access-control-allow-headers"]
    for path in POSTED:
        answer = client.post(path, headers={"Origin": "https://otra.example", "Content-Type": "text/plain"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert client.put(path).headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_request_keeps_its_id_unless_that_is_no_id(client: TestClient) -> None:
    assert client.get("/health", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = client.get("/health", headers={"X-Request-Id": 'a" <b>'}).headers["x-request-id"]
    assert made != client.get("/health").headers["x-request-id"]
    assert "<" not in made


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/v1/datasets?x=" + "a" * 9000, {}, 414, "address-too-long"),
        ("/v1/datasets", {"X-Long": "a" * 17000}, 431, "headers-too-large"),
        ("/v1/%00", {}, 400, "address"),
        ("/v1/datasets/%0d%0aSet-Cookie:x=1", {}, 400, "address"),
        ("/v1/%ff%fe", {}, 400, "address"),
        ("/v1/datasets/visits", {"Accept": "image/png"}, 406, "not-acceptable"),
    ],
)
def test_what_is_too_large_or_no_text_is_refused(
    client: TestClient, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    assert client.post("/sparql", content=b"x" * 300_000).status_code == 413


def test_a_person_gets_a_page_in_their_language(client: TestClient) -> None:
    answer = client.get("/nada", headers={"Accept": "text/html,*/*;q=0.1", "Accept-Language": "en-GB"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert 'lang="en"' in answer.text
    assert 'lang="es"' in client.get("/es/nada", headers={"Accept": "text/html"}).text


def test_gzip_is_another_representation_with_another_tag(client: TestClient) -> None:
    plain = client.get("/catalog.ttl", headers={"Accept-Encoding": "identity"})
    packed = client.get("/catalog.ttl", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in plain.headers["vary"]
    for refused in ("gzip;q=0", "gzip; q=0.000", "br, gzip ;Q=0.0"):
        assert "content-encoding" not in client.get("/catalog.ttl", headers={"Accept-Encoding": refused}).headers
    assert client.get("/catalog.ttl", headers={"Accept-Encoding": "GZIP;q=0.1"}).headers["content-encoding"] == "gzip"


ROW = "/v1/datasets/visits/tables/visits/rows/v-1"
TABLE = "/v1/datasets/visits/tables/visits"


@pytest.mark.parametrize(
    "path", ["/catalog.ttl", TABLE, f"{TABLE}?limit=2", ROW, f"{TABLE}.csv", "/es/", "/v1/datasets"]
)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_what_is_known_is_told_with_the_tag_and_the_headers_of_what_it_is(
    client: TestClient, path: str, encoding: str
) -> None:
    whole = client.get(path, headers={"Accept-Encoding": encoding})
    tag = whole.headers["etag"]
    told = client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": f'"x", {tag}'})
    plain = client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": tag})
    for answer in (told, plain):
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["cache-control"] == whole.headers["cache-control"]
        assert set(whole.headers.get("vary", "").split(", ")) <= set(answer.headers["vary"].split(", ")) | {""}
    if tag.endswith('-gzip"'):
        # A cache with a packed answer must not give it to who cannot unpack it.
        other = client.get(path, headers={"Accept-Encoding": "identity", "If-None-Match": tag})
        assert (other.status_code, other.headers.get("content-encoding")) == (200, None)


def test_one_address_may_ask_so_often_and_no_more(portal_store: Store) -> None:
    with TestClient(make_app(portal_store, BASE_URL, per_minute=3)) as client:
        answers = [client.get("/health") for _ in range(4)]
    # A minute may end between two of them.
    assert [a.status_code for a in answers][:3] == [200] * 3
    if answers[3].status_code != 200:
        assert answers[3].status_code == 429
        assert int(answers[3].headers["retry-after"]) <= 60


def test_the_log_says_what_was_done_and_nothing_of_who_asked_what(portal_store: Store) -> None:
    out = StringIO()
    with TestClient(make_app(portal_store, BASE_URL, log=Log(requests=True, out=out))) as client:
        client.get("/v1/datasets/visits?q=Maria+Garcia")
        client.get("/nada/maria-garcia")
        client.get("/datasets/visits/latest/visits.csv")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(x["route"], x["status"]) for x in lines] == [
        ("/v1/datasets/{dataset}", 200),
        ("/{path:path}", 404),
        ("/{file}", 200),
    ]
    assert "aria" not in out.getvalue()
    assert "testclient" not in out.getvalue()


def test_a_fault_tells_the_reader_nothing_and_the_log_no_value(
    portal_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a secret value")

    monkeypatch.setattr("portal.routes.catalogue.of.datasets", fail)
    out = StringIO()
    app = make_app(portal_store, BASE_URL, log=Log(requests=False, out=out))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/v1/datasets")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text + out.getvalue()
    assert answer.headers["x-content-type-options"] == "nosniff"
    told = json.loads(out.getvalue())
    assert (told["event"], told["kind"]) == ("fault", "RuntimeError")
    assert told["request"] == answer.headers["x-request-id"]


def test_metrics_count_by_route_and_status(client: TestClient) -> None:
    client.get("/v1/editions")
    told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'portal_requests_total{route="/v1/editions",status="200"}' in told.text
    assert 'portal_request_seconds_bucket{route="/v1/editions",le="+Inf"}' in told.text


def test_before_anything_is_published_it_says_so(tmp_path: Path) -> None:
    with TestClient(make_app(Store(tmp_path), BASE_URL)) as client:
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["code"]) == (503, "nothing-published")


@pytest.fixture
def two_editions(own_project: Tiny) -> Iterator[tuple[Store, list[str]]]:
    """A store with two editions whose trees both stand, and the two targets of the link."""
    store = own_project.load().store
    first = str(store.portal.readlink())
    kept = own_project.root / "kept"
    shutil.copytree(store.root / first, kept)
    own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    publish(own_project)
    # A publication removes the tree before it.
    kept.rename(store.root / first)
    yield store, [first, str(store.portal.readlink())]


def test_an_edition_that_changes_while_many_read_gives_no_error_and_no_mixed_answer(
    two_editions: tuple[Store, list[str]],
) -> None:
    store, targets = two_editions
    wrong: list[object] = []
    seen: set[str] = set()
    ended = threading.Event()
    expected: dict[str, str] = {}
    with TestClient(make_app(store, BASE_URL)) as client:
        for target in targets:
            replace_link(store.portal, target)
            told = client.get("/v1/datasets").json()
            expected[told["edition"]] = next(d["version"] for d in told["datasets"] if d["id"] == "visits")
        assert len(expected) == 2
        totals = dict(zip(expected.values(), (3, 4), strict=True))

        def read() -> None:
            while not ended.is_set():
                answer = client.get("/v1/datasets/visits")
                told = answer.json()
                if answer.status_code != 200 or told["version"] != expected[told["edition"]]:
                    wrong.append(told)
                seen.add(told.get("edition", ""))
                rows = client.get("/v1/datasets/visits/tables/visits").json()
                if rows.get("total") != totals.get(rows.get("version")):
                    wrong.append(rows)
                if client.get("/datasets/visits/latest/visits.csv").status_code != 200:
                    wrong.append("file")

        readers = [threading.Thread(target=read) for _ in range(8)]
        for reader in readers:
            reader.start()
        for n in range(60):
            replace_link(store.portal, targets[n % 2])
            ended.wait(0.01)
        ended.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert seen == set(expected)


def test_a_tree_that_goes_while_it_is_read_is_read_anew(two_editions: tuple[Store, list[str]]) -> None:
    store, targets = two_editions
    with TestClient(make_app(store, BASE_URL)) as client:
        replace_link(store.portal, targets[0])
        before = client.get("/v1/datasets").json()["edition"]
        replace_link(store.portal, targets[1])
        (store.root / targets[0]).rename(store.root / "gone")
        assert client.get("/v1/datasets").json()["edition"] != before


def test_the_process_opens_no_file_of_the_store_to_write(portal_store: Store) -> None:
    opened: list[tuple[str, object]] = []
    watching = True

    def watch(event: str, args: tuple[object, ...]) -> None:
        if not watching:
            return
        if event == "open" and str(args[0]).startswith(str(portal_store.root)):
            flags = args[2] if isinstance(args[2], int) else 0
            opened.append((str(args[0]), bool(flags & 0o3) or any(c in str(args[1] or "") for c in "wax+")))
        if event == "sqlite3.connect" and str(portal_store.root) in str(args[0]):
            opened.append((str(args[0]), "mode=ro" not in str(args[0])))

    sys.addaudithook(watch)
    try:
        with TestClient(make_app(portal_store, BASE_URL)) as client:
            for path in [*PATHS, "/v1/datasets/visits/versions", "/v1/runs", "/v1/editions", "/index.html"]:
                assert client.get(path).status_code == 200, path
    finally:
        watching = False
    assert len(opened) > 5
    assert [path for path, written in opened if written] == []


@pytest.mark.parametrize("encoding", [b"identity", b"gzip"])
def test_nothing_more_is_made_for_a_reader_who_has_gone(encoding: bytes) -> None:
    made: list[int] = []

    def rows() -> Iterator[bytes]:
        for number in range(500):
            made.append(number)
            yield b"x" * 100_000

    asked = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, str]:
        return asked.pop(0)

    async def send(_: object) -> None:
        await asyncio.sleep(0)

    scope = {"type": "http", "headers": [(b"accept-encoding", encoding)]}
    asyncio.run(deliver(Answer(rows(), "text/csv"), scope, send, receive))
    assert len(made) < 250
    assert asked == []
