"""What is downloaded from a CKAN, who may be called, and where the token goes."""

import gzip
import logging
import os
import traceback
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipelines.contracts.findings import FindingError
from pipelines.publish.ckan.wire import (
    CallError,
    DeniedError,
    LostError,
    NotFoundError,
    UnreachableError,
    read_token,
)
from tests.publish.ckan_builders import TOKEN, answers, caught, fails, only, page, says, target, wire
from tests.pull.pull_builders import RudeServer
from tests.tiny import Tiny

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
    assert {request.headers["Accept-Encoding"] for request in seen} == {"identity"}
    assert {request.headers["Cache-Control"] for request in seen} == {"no-cache"}, "not what a cache has in between"


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
