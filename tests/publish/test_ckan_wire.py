"""What is known after a call to a CKAN, what a person is told, and where the token goes."""

import gzip
import logging
import os
import socket
import time
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipelines.contracts.findings import FindingError
from pipelines.publish.ckan.wire import (
    CallError,
    DeniedError,
    LostError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    read_token,
)
from tests.publish.ckan_builders import TOKEN, answers, fails, only, says, target, wire
from tests.pull.pull_builders import RudeServer
from tests.tiny import Tiny

PAGE = "<!DOCTYPE html><html><body>secret of the gateway</body></html>"


def page(status: int, **headers: str) -> Response:
    return Response(PAGE, status, headers, content_type="text/html")


def caught(kind: type[CallError], code: str, run: Callable[[], object]) -> Any:
    """The exception of a call, of exactly this class and with this one finding."""
    with pytest.raises(CallError) as told:
        run()
    assert type(told.value) is kind
    only(told.value, code)
    return told.value


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


# Downloads


def read(pieces: Any) -> bytes:
    return b"".join(pieces)


def test_a_file_comes_in_pieces_and_its_redirects_are_followed(tiny: Tiny, httpserver: HTTPServer) -> None:
    content = os.urandom(3_000_000)
    seen = says(httpserver, page(302, Location="/b.csv"), Response(content, 200))
    with wire(tiny, httpserver.url_for("/")) as made:
        pieces = list(made.download(httpserver.url_for("/a.csv")))
        assert made.reads == 2
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 1 << 20
    assert [request.method for request in seen] == ["GET", "GET"]


def test_a_packed_file_is_unpacked(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, Response(gzip.compress(b"a" * 5000), 200, {"Content-Encoding": "gzip"}))
    with wire(tiny, httpserver.url_for("/")) as made:
        assert read(made.download(httpserver.url_for("/a.csv"))) == b"a" * 5000


def test_the_token_goes_to_the_own_host_only(tiny: Tiny, httpserver: HTTPServer) -> None:
    elsewhere = f"http://localhost:{httpserver.port}/b.csv"
    seen = says(httpserver, page(302, Location=elsewhere), Response("x", 200))
    with wire(tiny, httpserver.url_for("/"), allow_hosts=["localhost"]) as made:
        read(made.download(httpserver.url_for("/a.csv")))
    assert [request.headers.get("Authorization") for request in seen] == [TOKEN, None]


def test_the_token_of_a_portal_at_https_never_goes_over_http(tiny: Tiny, httpserver: HTTPServer) -> None:
    seen = says(httpserver, Response("x", 200))
    with wire(tiny, "https://127.0.0.1") as made:
        read(made.download(httpserver.url_for("/a.csv")))
    assert "Authorization" not in seen[0].headers


def test_a_file_at_a_private_address_is_not_read(tiny: Tiny, httpserver: HTTPServer) -> None:
    seen = says(httpserver, Response("x", 200))
    with wire(tiny, "http://127.0.0.1") as made:
        url = f"http://localhost:{httpserver.port}/a.csv?key=secret"
        error = caught(UnreachableError, "target-address", lambda: read(made.download(url)))
    assert not seen
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(page(403), DeniedError), (page(404), NotFoundError), (page(410), NotFoundError), (page(302), LostError)],
)
def test_a_file_that_cannot_be_had_is_said(
    answer: Response, kind: type[CallError], tiny: Tiny, httpserver: HTTPServer
) -> None:
    says(httpserver, answer)
    with wire(tiny, httpserver.url_for("/")) as made:
        url = httpserver.url_for("/a.csv")
        assert caught(kind, "target-download", lambda: read(made.download(url))).findings[0].value == url
        assert made.reads == 1


def test_redirects_without_end_are_given_up(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, page(302, Location="/a.csv"))
    with wire(tiny, httpserver.url_for("/")) as made:
        caught(LostError, "target-download", lambda: read(made.download(httpserver.url_for("/a.csv"))))
        assert made.reads == 6


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a", "file:///etc/passwd", "//a", "http://", "http://[::1", ""])
def test_only_web_addresses_are_downloaded(url: str, tiny: Tiny) -> None:
    with wire(tiny, "http://127.0.0.1") as made:
        caught(UnreachableError, "target-download", lambda: read(made.download(url)))
        assert made.reads == 0


def test_a_download_is_tried_again_until_it_begins(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, page(502), Response("x", 200))
    with wire(tiny, httpserver.url_for("/")) as made:
        assert read(made.download(httpserver.url_for("/a.csv"))) == b"x"


def test_a_file_whose_end_is_missing_is_a_lost_answer(tiny: Tiny) -> None:
    rude = RudeServer()
    rude.says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
    with wire(tiny, rude.url.removesuffix("/datos.csv")) as made:
        caught(LostError, "target-answer-lost", lambda: read(made.download(rude.url)))
    rude.close()


def test_a_call_may_be_made_while_a_file_is_read(tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, lambda request: answers(1) if request.method == "POST" else Response(b"x" * 3_000_000, 200))
    with wire(tiny, httpserver.url_for("/")) as made:
        sizes = [(len(piece), made.ask("status_show")) for piece in made.download(httpserver.url_for("/a.csv"))]
    assert sum(size for size, _ in sizes) == 3_000_000


# Who may be called, and with which token


@pytest.mark.parametrize("url", ["https://datos.ciudad.example", "http://192.168.1.7", "https://no-such-host.invalid"])
def test_an_example_is_not_written_to_another_machine(url: str, tiny: Tiny) -> None:
    with pytest.raises(FindingError) as told:
        wire(tiny, url, stage="example")
    only(told.value, "target-example")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_example_may_be_written_to_this_machine(host: str, tiny: Tiny, httpserver: HTTPServer) -> None:
    says(httpserver, answers(1))
    with wire(tiny, f"http://{host}:{httpserver.port}", stage="example") as made:
        assert made.ask("status_show") == 1
        assert made.findings == []


def test_a_token_that_travels_in_the_clear_is_a_warning(tiny: Tiny) -> None:
    assert [f.code for f in wire(tiny, "http://192.0.2.7").findings] == ["target-plain"]
    assert wire(tiny, "https://192.0.2.7").findings == []


def test_the_token_is_in_a_variable_or_in_the_file_that_another_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = target("http://127.0.0.1")
    kept = tmp_path / "token"
    kept.write_text("from-file\n")
    with pytest.raises(FindingError) as told:
        read_token(place)
    found = only(told.value, "target-token-missing")
    assert all(name in found.do("es") for name in ("OPENDATA_CIUDAD_TOKEN,", "OPENDATA_CIUDAD_TOKEN_FILE"))
    monkeypatch.setenv("OPENDATA_CIUDAD_TOKEN_FILE", str(kept))
    assert read_token(place) == "from-file"
    monkeypatch.setenv("OPENDATA_CIUDAD_TOKEN", " from-variable ")
    assert read_token(place) == "from-variable"


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_with_the_token_that_cannot_be_read_is_said(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "token"
    if content:
        kept.write_bytes(content)
    monkeypatch.setenv("OPENDATA_CIUDAD_TOKEN_FILE", str(kept))
    with pytest.raises(FindingError) as told:
        read_token(target("http://127.0.0.1"))
    only(told.value, "target-token-unreadable")


def test_an_empty_file_is_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("\n")
    monkeypatch.setenv("OPENDATA_CIUDAD_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(FindingError) as told:
        read_token(target("http://127.0.0.1"))
    only(told.value, "target-token-missing")


@pytest.mark.parametrize(("mode", "codes"), [(0o600, []), (0o640, []), (0o644, ["target-token-open"])])
def test_a_file_with_the_token_that_everybody_may_read_is_a_warning(
    mode: int, codes: list[str], tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "token"
    kept.write_text(TOKEN)
    kept.chmod(mode)
    monkeypatch.setenv("OPENDATA_CIUDAD_TOKEN_FILE", str(kept))
    assert [f.code for f in wire(tiny, "http://127.0.0.1", token=None).findings] == codes
    monkeypatch.setenv("OPENDATA_CIUDAD_TOKEN", TOKEN)
    assert wire(tiny, "http://127.0.0.1", token=None).findings == []


@pytest.mark.parametrize("token", ["", "two\nlines", "two words", "señal", "a\x00b"])
def test_a_token_that_no_header_can_hold_is_not_quoted(token: str, tiny: Tiny) -> None:
    with pytest.raises(FindingError) as told:
        wire(tiny, "http://127.0.0.1", token=token)
    found = only(told.value, "target-token-unreadable")
    assert not token or token not in repr(found) + str(told.value)


def test_the_token_is_in_no_error_finding_repr_or_record(
    tiny: Tiny, httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    refusals = [page(502), page(301, Location="/x"), page(403), fails(403, "Authorization Error", message="no")]
    for answer in [*refusals, fails(409, "Validation Error", a=["b"]), fails(404, "Not Found Error"), page(200)]:
        says(httpserver, answer)
        with wire(tiny, httpserver.url_for("/"), target_retry_seconds=0) as made:
            with pytest.raises(CallError) as error:
                made.do("package_patch", {"id": "x"})
            told += [repr(made), str(made.__class__), "".join(traceback.format_exception(error.value))]
            told += [repr(error.value), repr([f.as_row() for f in error.value.findings])]
    with wire(tiny, "http://127.0.0.1:9", target_retry_seconds=0) as made, pytest.raises(CallError) as error:
        made.ask("x")
    told += ["".join(traceback.format_exception(error.value)), *(record.getMessage() for record in caplog.records)]
    told += [str(record.__dict__) for record in caplog.records]
    assert not [text for text in told if TOKEN in text]
    assert len(told) > 30
