"""What a call to a CKAN sends, what is known after it, and how often it is tried."""

import socket
import time
import tracemalloc

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipelines.publish.ckan.faults import Faults
from pipelines.publish.ckan.wire import (
    CallError,
    DeniedError,
    LostError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
from tests.publish.ckan_builders import TOKEN, answers, caught, fails, page, says, target, wire
from tests.pull.pull_builders import RudeServer
from tests.tiny import Tiny

# What a call sends


def test_a_read_and_a_write_send_the_token_and_json(tiny: Tiny, httpserver: HTTPServer) -> None:
    seen = says(httpserver, answers({"id": "x"}))
    with wire(tiny, httpserver.url_for("/datos/")) as made:
        assert made.ask("package_show", id="ñ") == {"id": "x"}
        assert made.do("package_patch", {"id": "ñ", "title": None}) == {"id": "x"}
        assert (made.reads, made.writes) == (1, 1)
    assert [request.path for request in seen] == ["/datos/api/action/package_show", "/datos/api/action/package_patch"]
    assert [request.get_json() for request in seen] == [{"id": "ñ"}, {"id": "ñ", "title": None}]
    assert {request.headers["Authorization"] for request in seen} == {TOKEN}
    assert all("opendata" in request.headers["User-Agent"] for request in seen)


def test_a_write_with_files_sends_lists_as_json_and_a_length(tiny: Tiny, httpserver: HTTPServer) -> None:
    seen = says(httpserver, answers({}))
    path = tiny.root / "a.csv"
    path.write_bytes(b"a,b\r\n")
    data = {"match": {"id": "x"}, "filter": ["-tags"], "update__title": "Sí", "update__version": None, "n": 3}
    with wire(tiny, httpserver.url_for("/")) as made:
        made.do("package_revise", data, {"update__resources__0__upload": path})
    request = seen[0]
    assert request.form.to_dict() == {"match": '{"id": "x"}', "filter": '["-tags"]', "update__title": "Sí", "n": "3"}
    assert request.content_length is not None
    upload = request.files["update__resources__0__upload"]
    assert (upload.filename, upload.read()) == ("a.csv", b"a,b\r\n")


def test_a_repeated_upload_sends_the_whole_file_again(tiny: Tiny, httpserver: HTTPServer) -> None:
    seen = says(httpserver, page(429), answers({}))
    path = tiny.root / "a.csv"
    path.write_bytes(b"a,b\r\n")
    with wire(tiny, httpserver.url_for("/")) as made:
        made.do("resource_patch", {"id": "x"}, {"upload": path})
    assert [request.files["upload"].read() for request in seen] == [b"a,b\r\n"] * 2


def test_an_upload_is_not_held_in_memory(tiny: Tiny) -> None:
    def drain(connection: socket.socket) -> None:
        # The last boundary ends so.
        while not connection.recv(1 << 16).endswith(b"--\r\n"):
            pass
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
        connection.sendall(b'{"success": true, "result": "taken"}')

    rude = RudeServer()
    rude.says(drain)
    path = tiny.root / "a.csv"
    with path.open("wb") as out:
        out.truncate(40_000_000)
    with wire(tiny, rude.url.removesuffix("/datos.csv")) as made:
        tracemalloc.start()
        assert made.do("resource_patch", {"id": "x"}, {"upload": path}) == "taken"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    rude.close()
    assert peak < 5_000_000


# What is known when a call has no result


def test_what_is_not_there_is_none_for_find_and_an_error_for_ask(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, fails(404, "Not Found Error", message="Not found: Package"))
    with wire(tiny, httpserver.url_for("/")) as made:
        assert made.find("package_show", id="x") is None
        error = caught(NotFoundError, "target-not-found", lambda: made.ask("package_show", id="x"))
        assert made.reads == 2
    assert error.action == "package_show"
    assert "Package" in error.findings[0].what("en")


def test_a_refusal_is_told_field_by_field(tiny: Tiny, httpserver: HTTPServer) -> None:
    wrong = {"title": ["Missing value"], "resources": [{}, {"url": ["Too\x1b[2J long"]}], "info": {"orig": ["no"]}}
    says(httpserver, fails(409, "Validation Error", **wrong))
    with wire(tiny, httpserver.url_for("/")) as made:
        error = caught(RefusedError, "target-refused", lambda: made.do("package_patch", {}, again=True))
        assert made.writes == 1
    assert error.reasons == wrong
    assert "title: Missing value; resources 2 url: Too [2J long" in error.findings[0].what("es")
    assert "no" not in error.findings[0].params["reason"].split()


def test_a_refusal_with_very_many_reasons_is_short(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, fails(409, "Validation Error", **{f"f{n}": ["x" * 5000] for n in range(300)}))
    with wire(tiny, httpserver.url_for("/")) as made:
        error = caught(RefusedError, "target-refused", lambda: made.do("package_patch", {}))
    assert len(error.findings[0].params["reason"]) < 4000
    assert error.findings[0].params["reason"].endswith("(+290)")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Response('"Bad request: Action name not known: x"', 400), "request: Bad request: Action name not known: x"),
        (fails(400, "Integrity Error", message="invalid date", data={"a": 1}), "request: invalid date"),
        (fails(400, "Search Query Error", message="no such field"), "request: no such field"),
    ],
)
def test_a_bad_request_is_a_refusal(answer: Response, told: str, tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, answer)
    with wire(tiny, httpserver.url_for("/")) as made:
        error = caught(RefusedError, "target-refused", lambda: made.ask("x"))
        assert made.reads == 1
    assert error.findings[0].params["reason"] == told


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_in_front_that_turns_us_away_is_told_from_ckan(
    status: int, tiny: Tiny, httpserver: HTTPServer
) -> None:
    says(httpserver, page(status))
    with wire(tiny, httpserver.url_for("/")) as made:
        caught(DeniedError, "target-blocked", lambda: made.do("package_patch", {}))


def test_a_call_too_large_for_the_web_server_is_told_from_a_refusal_of_ckan(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, page(413))
    with wire(tiny, httpserver.url_for("/")) as made:
        caught(RefusedError, "target-too-large", lambda: made.do("datastore_upsert", {}, again=True))
        assert made.writes == 1


@pytest.mark.parametrize(("status", "kind"), [(200, LostError), (404, UnreachableError), (405, UnreachableError)])
def test_what_is_no_ckan_is_said_and_not_called_again(
    status: int, kind: type[CallError], tiny: Tiny, httpserver: HTTPServer
) -> None:
    says(httpserver, page(status))
    with wire(tiny, httpserver.url_for("/")) as made:
        error = caught(kind, "target-answer", lambda: made.ask("status_show"))
        assert made.reads == 1
    assert "secret" not in str(error) + repr(error.findings)


@pytest.mark.parametrize("body", ['{"success": tr', '{"x": 1}', "[]", ""])
def test_json_that_is_cut_or_strange_is_a_lost_answer(body: str, tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, Response(body, 200, content_type="application/json"))
    with wire(tiny, httpserver.url_for("/"), target_retry_seconds=0) as made:
        caught(LostError, "target-answer-lost", lambda: made.do("package_create", {}))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            fails(500, "Search Index Error", message="Solr at 10.0.0.7"),
            "500 Internal Server Error (Search Index Error)",
        ),
        (fails(500, "<b>odd</b>"), "500 Internal Server Error"),
        (fails(409, "Search Error", message="Solr at 10.0.0.7"), "Search Error"),
        (page(502), "502 Bad Gateway"),
        (page(408), "408 Request Timeout"),
        (page(599), "599"),
    ],
)
def test_a_failure_within_the_portal_may_have_been_carried_out(
    answer: Response, reason: str, tiny: Tiny, httpserver: HTTPServer
) -> None:
    seen = says(httpserver, answer, answer, answers("done"))
    with wire(tiny, httpserver.url_for("/")) as made:
        error = caught(LostError, "target-failed", lambda: made.do("package_create", {}))
        assert len(seen) == 1
        assert made.do("datastore_upsert", {}, again=True) == "done"
    assert error.findings[0].params["reason"] == reason
    assert "10.0.0.7" not in str(error)


def test_a_portal_in_maintenance_is_waited_for(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, page(503, **{"Retry-After": "0"}), answers("done"))
    with wire(tiny, httpserver.url_for("/")) as made:
        assert made.ask("status_show") == "done"
    says(httpserver, page(503))
    with wire(tiny, httpserver.url_for("/"), target_retry_seconds=0) as made:
        caught(LostError, "target-busy", lambda: made.do("package_patch", {}))


def test_a_redirect_of_a_call_is_not_followed(tiny: Tiny, httpserver: HTTPServer) -> None:
    said = page(301, Location="https://datos.ciudad.example/es/api/action/status_show?key=secret")
    seen = says(httpserver, said)
    with wire(tiny, httpserver.url_for("/")) as made:
        error = caught(UnreachableError, "target-redirect", lambda: made.ask("status_show"))
    assert len(seen) == 1
    assert error.findings[0].params["address"] == "https://datos.ciudad.example/es"
    assert "targets/ciudad.yaml" in error.findings[0].do("es")


def test_a_server_without_tls_behind_https_is_said_and_not_called_again(tiny: Tiny) -> None:
    rude = RudeServer()
    rude.says(b"this is no TLS at all")
    with wire(tiny, rude.url.replace("http:", "https:").removesuffix("/datos.csv")) as made:
        caught(UnreachableError, "target-tls", lambda: made.ask("status_show"))
        assert made.reads == 1
    rude.close()


def test_a_connection_that_nobody_takes_in_time_is_not_a_lost_answer() -> None:
    place = target("http://127.0.0.1")
    error = Faults(place, "http://127.0.0.1").broken("package_create", httpx.ConnectTimeout("late"))
    assert type(error) is UnreachableError
    assert error.passing


def test_a_refusal_after_a_lost_answer_says_that_it_may_be_an_echo(tiny: Tiny, httpserver: HTTPServer) -> None:
    echo = fails(409, "Validation Error", match=["does not match"])
    says(httpserver, page(502), echo)
    with wire(tiny, httpserver.url_for("/")) as made:
        assert caught(RefusedError, "target-refused", lambda: made.do("package_revise", {}, again=True)).lost
        assert not caught(RefusedError, "target-refused", lambda: made.do("package_revise", {}, again=True)).lost


# How long it is tried


def test_all_waiting_of_a_wire_together_stays_under_the_budget(
    tiny: Tiny, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    says(httpserver, page(502))
    with wire(tiny, httpserver.url_for("/"), http_interval_seconds=1, target_retry_seconds=20) as made:
        for _ in range(4):
            caught(LostError, "target-failed", lambda: made.ask("status_show"))
    assert 10 < sum(waits) <= 20
    assert waits[:3] == sorted(waits[:3])
    assert waits[0] >= 1


def test_a_call_is_tried_a_limited_number_of_times(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, page(502))
    with wire(tiny, httpserver.url_for("/"), http_interval_seconds=0, target_retry_seconds=100) as made:
        caught(LostError, "target-failed", lambda: made.ask("status_show"))
        assert made.reads == 8


@pytest.mark.parametrize(("after", "reads"), [("0", 8), ("3600", 1)])
def test_a_portal_that_asks_to_wait_longer_than_we_may_is_left_alone(
    after: str, reads: int, tiny: Tiny, httpserver: HTTPServer
) -> None:
    says(httpserver, page(429, **{"Retry-After": after}))
    with wire(tiny, httpserver.url_for("/"), http_interval_seconds=0.001) as made:
        caught(UnreachableError, "target-busy", lambda: made.ask("status_show"))
        assert made.reads == reads


def test_every_call_has_a_deadline_of_its_own(tiny: Tiny, httpserver: HTTPServer) -> None:
    def slow(_: Request) -> Response:
        time.sleep(0.2)
        return answers(1)

    says(httpserver, slow)
    with wire(tiny, httpserver.url_for("/"), target_call_seconds=0.5) as made:
        assert [made.ask("status_show") for _ in range(4)] == [1] * 4
