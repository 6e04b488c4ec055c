"""Addresses and portals, proven against servers on this machine that misbehave on purpose."""

import gzip
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

import pipelines.pull.guard as guard
from pipelines.contracts.findings import Finding
from pipelines.pull.web import shown
from tests.pull.pull_builders import HEADER, Desk, RudeServer, cells, codes, only, workbook

GOOD = (HEADER + "a-1,Centro,estate\n").encode()
ROW = [["a-1", "Centro", "estate"]]
POLITE = {"min_interval_seconds": 0, "retries": 2, "timeout_seconds": 2}


@pytest.fixture
def web(desk: Desk) -> Desk:
    """A source of kind http on this machine, which is allowed by name."""
    desk.settings = {"allow_hosts": ["127.0.0.1"], "http_total_seconds": 20}
    return desk


@pytest.fixture
def server(httpserver: HTTPServer) -> HTTPServer:
    """A server without a robots.txt."""
    httpserver.expect_request("/robots.txt").respond_with_data(status=404)
    return httpserver


def at(desk: Desk, url: str, **more: Any) -> None:
    polite = {**POLITE, **more.pop("politeness", {})}
    desk.source(kind="http", where=url, feed={"part": None, **more.pop("feed", {})}, politeness=polite, **more)


def answer(status: int = 200, body: bytes = GOOD, **headers: str) -> bytes:
    named = {"Content-Length": str(len(body)), "Connection": "close"} | {
        k.replace("_", "-"): v for k, v in headers.items()
    }
    return (
        f"HTTP/1.1 {status} X\r\n".encode()
        + "".join(f"{k}: {v}\r\n" for k, v in named.items()).encode()
        + b"\r\n"
        + body
    )


def text_of(found: Finding) -> str:
    return " ".join(
        [found.model_dump_json(), *(t for lang in ("es", "en") for t in (found.what(lang), found.do(lang)))]
    )


def test_a_file_at_an_address_becomes_a_snapshot_with_what_the_server_said(web: Desk, server: HTTPServer) -> None:
    headers = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"}
    server.expect_request("/datos.csv").respond_with_data(GOOD, content_type="text/csv", headers=headers)
    url = server.url_for("/datos.csv")
    at(web, url)
    snapshot = web.pull().snapshot
    assert snapshot is not None
    assert snapshot.http is not None
    assert (snapshot.origin, snapshot.parts[0].name) == (url, "data")
    assert snapshot.http.model_dump() == {
        "url": url,
        "status": 200,
        "etag": '"v1"',
        "last_modified": "Mon, 02 Mar 2026 10:00:00 GMT",
        "content_type": "text/csv",
    }
    assert cells(web.read()) == ROW


def test_an_unchanged_file_is_asked_for_conditionally_and_writes_nothing(web: Desk, server: HTTPServer) -> None:
    def serve(request: Request) -> Response:
        same = request.headers.get("If-None-Match") == '"v1"'
        return Response(status=304) if same else Response(GOOD, headers={"ETag": '"v1"'})

    server.expect_request("/datos.csv").respond_with_handler(serve)
    at(web, server.url_for("/datos.csv"))
    first = web.pull()
    before = web.stored()
    again = web.pull()
    assert (again.result.result, again.snapshot) == ("unchanged", first.snapshot)
    assert web.stored() == before
    assert [r.status_code for q, r in server.log if q.path == "/datos.csv"] == [200, 304]


def test_a_date_alone_makes_the_request_conditional(web: Desk, server: HTTPServer) -> None:
    date = "Mon, 02 Mar 2026 10:00:00 GMT"
    server.expect_request("/datos.csv").respond_with_data(GOOD, headers={"Last-Modified": date})
    at(web, server.url_for("/datos.csv"))
    web.pull()
    assert web.pull().result.result == "unchanged", "the same bytes, although the server sent them again"
    assert server.log[-1][0].headers["If-Modified-Since"] == date


def test_another_address_is_not_asked_with_the_facts_of_the_first(web: Desk, server: HTTPServer) -> None:
    server.expect_request("/datos.csv").respond_with_data(GOOD, headers={"ETag": '"v1"'})
    for query in ("?mes=1", "?mes=2"):
        at(web, server.url_for("/datos.csv") + query)
        web.pull()
        assert "If-None-Match" not in server.log[-1][0].headers


def test_not_modified_without_being_asked_is_no_answer(web: Desk, rude: RudeServer) -> None:
    rude.says(b"HTTP/1.1 304 Not Modified\r\n\r\n")
    at(web, rude.url)
    assert only(web.pull(), "http-status").params["kind"] == "304"


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        (
            "datos",
            "application/json",
            json.dumps([{"place_id": "a-1", "name_es": "Centro", "kind": "estate"}]).encode(),
        ),
        ("datos.xlsx", "application/octet-stream", workbook(["place_id", "name_es", "kind"], *ROW)),
        ("datos", "text/csv; charset=utf-8", GOOD),
    ],
)
def test_the_format_comes_from_the_name_or_the_content_type(
    web: Desk, server: HTTPServer, name: str, kind: str, body: bytes
) -> None:
    server.expect_request(f"/{name}").respond_with_data(body, content_type=kind)
    at(web, server.url_for(f"/{name}"))
    assert web.pull().result.result == "new"
    assert cells(web.read()) == ROW


def test_a_format_that_nothing_tells_must_be_declared(web: Desk, server: HTTPServer) -> None:
    server.expect_request("/datos").respond_with_data(GOOD, content_type="application/octet-stream")
    at(web, server.url_for("/datos"))
    only(web.pull(), "source-format-unknown")
    at(web, server.url_for("/datos"), format="csv")
    assert web.pull().result.result == "new"


def test_an_error_page_with_status_200_is_no_table(web: Desk, server: HTTPServer) -> None:
    page = b"<!DOCTYPE html><html><body>Servicio no disponible</body></html>"
    server.expect_request("/datos.csv").respond_with_data(page, content_type="text/html")
    at(web, server.url_for("/datos.csv"))
    pulled = web.pull()
    assert (pulled.result.result, codes(pulled)) == ("failed", ["http-content-type", "source-html"])
    assert [k for k in web.stored() if k.startswith("snapshots")] == []


def test_a_table_that_the_server_calls_a_page_is_read_with_a_warning(web: Desk, server: HTTPServer) -> None:
    server.expect_request("/datos.csv").respond_with_data(GOOD, content_type="text/html")
    at(web, server.url_for("/datos.csv"))
    pulled = web.pull()
    assert (pulled.result.result, codes(pulled)) == ("new", ["http-content-type"])


def test_a_failure_that_passes_is_tried_again(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(500), answer(503), answer())
    at(web, rude.url)
    assert web.pull().result.result == "new"
    assert len(rude.asked) == 3


def test_a_failure_that_stays_is_given_up(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(500))
    at(web, rude.url)
    assert only(web.pull(), "http-status").params["kind"] == "500"
    assert len(rude.asked) == 3


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_not_asked_again(web: Desk, rude: RudeServer, status: int) -> None:
    rude.says(answer(status))
    at(web, rude.url)
    only(web.pull(), "http-status")
    assert len(rude.asked) == 1


def test_retry_after_is_waited_for(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(429, Retry_After="1"), answer())
    at(web, rude.url)
    started = time.monotonic()
    assert web.pull().result.result == "new"
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    "after", ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)], ids=["seconds", "date"]
)
def test_a_server_that_asks_for_an_hour_is_left(web: Desk, rude: RudeServer, after: str) -> None:
    rude.says(answer(429, Retry_After=after))
    at(web, rude.url)
    started = time.monotonic()
    only(web.pull(), "http-status")
    assert time.monotonic() - started < 10
    assert len(rude.asked) == 1


def test_a_connection_that_is_reset_is_tried_again(web: Desk, rude: RudeServer) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    rude.says(reset, answer())
    at(web, rude.url)
    assert web.pull().result.result == "new"


def test_a_server_that_is_not_there_is_a_finding(web: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    at(web, f"http://127.0.0.1:{port}/datos.csv")
    only(web.pull(), "http-unreachable")


def test_a_host_that_does_not_exist_is_a_finding(web: Desk) -> None:
    at(web, "http://no-such-host.invalid/datos.csv", politeness={"retries": 0})
    only(web.pull(), "http-unreachable")


def test_a_body_that_is_cut_is_never_taken(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(Content_Length=str(len(GOOD) + 10)))
    at(web, rude.url)
    only(web.pull(), "http-truncated")
    assert len(rude.asked) == 3


def test_a_chunked_body_without_its_end_is_never_taken(web: Desk, rude: RudeServer) -> None:
    rude.says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(GOOD), GOOD))
    at(web, rude.url, politeness={"retries": 0})
    only(web.pull(), "http-truncated")


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"]
)
def test_a_slow_trickle_ends_at_the_total_time(web: Desk, rude: RudeServer, start: bytes) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(start or b"H")
        while not rude.closing.is_set():
            connection.sendall(b"x")
            time.sleep(0.05)

    rude.says(trickle)
    web.settings["http_total_seconds"] = 1
    at(web, rude.url)
    started = time.monotonic()
    pulled = web.pull()
    assert codes(pulled)[0] in ("http-timeout", "http-unreachable")
    assert time.monotonic() - started < 8


def test_a_server_that_says_nothing_is_left(web: Desk, rude: RudeServer) -> None:
    rude.says(lambda connection: time.sleep(1) or None)
    at(web, rude.url, politeness={"timeout_seconds": 0.2, "retries": 0})
    only(web.pull(), "http-timeout")


def test_a_body_without_end_stops_at_the_limit(web: Desk, rude: RudeServer) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + HEADER.encode())
        while not rude.closing.is_set():
            connection.sendall(b"a,b,c\n" * 10_000)

    rude.says(endless)
    at(web, rude.url, politeness={"max_bytes": 1_000_000})
    only(web.pull(), "http-too-large")
    assert len(rude.asked) == 1


def test_a_gzip_bomb_stops_at_the_limit(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(body=gzip.compress(b"a" * 100_000_000), Content_Encoding="gzip"))
    at(web, rude.url, politeness={"max_bytes": 1_000_000})
    only(web.pull(), "http-too-large")


def test_a_packed_body_is_unpacked_even_in_two_members(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(body=gzip.compress(GOOD[:10]) + gzip.compress(GOOD[10:]), Content_Encoding="gzip"))
    at(web, rude.url)
    assert web.pull().result.result == "new"
    assert cells(web.read()) == ROW


@pytest.mark.parametrize("body", [gzip.compress(GOOD)[:-9], b"not gzip"], ids=["cut", "other"])
def test_a_packed_body_that_is_broken_is_never_taken(web: Desk, rude: RudeServer, body: bytes) -> None:
    rude.says(answer(body=body, Content_Encoding="gzip"))
    at(web, rude.url, politeness={"retries": 0})
    only(web.pull(), "http-truncated")


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd"])
def test_a_coding_that_nobody_asked_for_is_refused(web: Desk, rude: RudeServer, coding: str) -> None:
    rude.says(answer(Content_Encoding=coding))
    at(web, rude.url)
    only(web.pull(), "http-coding")


def test_redirects_are_followed(web: Desk, server: HTTPServer) -> None:
    server.expect_request("/a").respond_with_data(status=302, headers={"Location": "/b"})
    server.expect_request("/b").respond_with_data(status=308, headers={"Location": server.url_for("/datos.csv")})
    server.expect_request("/datos.csv").respond_with_data(GOOD)
    at(web, server.url_for("/a"))
    snapshot = web.pull().snapshot
    assert snapshot is not None
    assert snapshot.http is not None
    assert snapshot.http.url == server.url_for("/datos.csv")


def test_redirects_in_a_circle_end(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(302, Location="/otra.csv"))
    at(web, rude.url)
    only(web.pull(), "http-redirects")
    assert len(rude.asked) == 6


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://localhost:1/x.csv", "http-address-refused"),
        ("http://[::1]:1/x.csv", "http-address-refused"),
        ("http://169.254.169.254/latest/meta-data", "http-address-refused"),
        ("http://10.0.0.1/x.csv", "http-address-refused"),
        ("http://2130706433:1/x.csv", "http-address-refused"),
        ("file:///etc/passwd", "http-scheme"),
        ("ftp://127.0.0.1/x", "http-scheme"),
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_refused(web: Desk, rude: RudeServer, target: str, code: str) -> None:
    rude.says(answer(302, Location=target))
    at(web, rude.url)
    pulled = web.pull()
    assert codes(pulled) == [code]
    assert len(rude.asked) == 1


def test_a_redirect_to_no_address_at_all_is_a_finding(web: Desk, rude: RudeServer) -> None:
    rude.says(answer(302, Location="http://127.0.0.1:SECRETO/x"))
    at(web, rude.url, politeness={"retries": 0})
    assert "SECRETO" not in text_of(only(web.pull(), "http-unreachable"))


@pytest.mark.parametrize("where", ["http://h:port/x", "http://[::1/x"])
def test_an_address_that_is_none_is_a_finding(web: Desk, where: str) -> None:
    at(web, where)
    only(web.pull(), "http-scheme")


def test_this_machine_is_refused_unless_allowed_by_name(desk: Desk, rude: RudeServer) -> None:
    rude.says(answer())
    at(desk, rude.url)
    only(desk.pull(), "http-address-refused")
    assert rude.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:0:0:0:0:0:1",
        "2001:db8::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_known(address: str) -> None:
    assert guard.is_public(address)


def test_a_name_with_one_private_address_is_refused_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(guard.socket, "getaddrinfo", resolve)
    at(desk, "http://datos.example/datos.csv")
    assert only(desk.pull(), "http-address-refused").params["kind"] == "datos.example"


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time gains nothing: it is asked once."""
    asked: list[str] = []
    connected: list[str] = []

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        ip = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80))]

    class Inner:
        def connect_tcp(self, host: str, *_: Any) -> Any:
            connected.append(host)
            return object()

    monkeypatch.setattr(guard.socket, "getaddrinfo", resolve)
    backend = guard.GuardedBackend(frozenset(), guard.Deadline(5))
    monkeypatch.setattr(backend, "_inner", Inner())
    backend.connect_tcp("datos.example", 80)
    assert (asked, connected) == (["datos.example"], ["8.8.8.8"])


def test_no_proxy_of_the_environment_is_used(web: Desk, rude: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rude.says(answer())
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    at(web, rude.url)
    assert web.pull().result.result == "new"


def test_a_server_without_tls_behind_https_is_a_finding(web: Desk, rude: RudeServer) -> None:
    rude.says(b"this is no TLS at all")
    at(web, rude.url.replace("http:", "https:"), politeness={"retries": 0})
    only(web.pull(), "http-tls")


@pytest.mark.parametrize(
    "script", [answer(404), answer(302, Location="http://10.9.8.7/?key=SECRETO"), answer(Content_Encoding="br")]
)
def test_no_finding_and_no_record_holds_what_may_be_secret(web: Desk, rude: RudeServer, script: bytes) -> None:
    rude.says(script)
    at(web, rude.url.replace("http://", "http://usuario:SECRETO@") + "?key=SECRETO")
    pulled = web.pull()
    assert pulled.result.result == "failed"
    assert not [f for f in pulled.findings if "SECRETO" in text_of(f)]


def test_no_snapshot_holds_what_may_be_secret(web: Desk, rude: RudeServer) -> None:
    rude.says(answer())
    at(web, rude.url.replace("http://", "http://usuario:SECRETO@") + "?key=SECRETO")
    assert web.pull().result.result == "new"
    assert "Authorization: Basic" in rude.asked[0]
    assert not [k for k, v in web.stored().items() if b"SECRETO" in v or b"usuario" in v]


def test_an_address_is_shown_without_user_query_and_fragment() -> None:
    assert shown("https://u:p@h.example:81/a/b?k=1#f") == "https://h.example:81/a/b"
    assert shown("http://[2606::1]/a") == "http://[2606::1]/a"


def test_robots_txt_is_respected(web: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /datos\n")
    httpserver.expect_request("/datos.csv").respond_with_data(GOOD)
    at(web, httpserver.url_for("/datos.csv"))
    only(web.pull(), "http-robots")
    assert [q.path for q, _ in httpserver.log] == ["/robots.txt"]


def test_what_robots_txt_says_to_us_alone_counts(web: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(
        "User-agent: *\nDisallow: /\n\nUser-agent: opendata-clusters\nAllow: /\n"
    )
    httpserver.expect_request("/datos.csv").respond_with_data(GOOD)
    at(web, httpserver.url_for("/datos.csv"))
    assert web.pull().result.result == "new"


def test_a_server_whose_robots_txt_fails_is_left_alone(web: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(status=503)
    httpserver.expect_request("/datos.csv").respond_with_data(GOOD)
    at(web, httpserver.url_for("/datos.csv"))
    only(web.pull(), "http-robots-unreadable")
    assert "/datos.csv" not in [q.path for q, _ in httpserver.log]


def test_a_pause_is_kept_between_requests_to_one_host(web: Desk, httpserver: HTTPServer) -> None:
    times: list[float] = []

    def serve(_: Request) -> Response:
        times.append(time.monotonic())
        return Response(GOOD)

    httpserver.expect_request("/robots.txt").respond_with_handler(lambda r: (serve(r), Response(status=404))[1])
    httpserver.expect_request("/datos.csv").respond_with_handler(serve)
    at(web, httpserver.url_for("/datos.csv"), politeness={"min_interval_seconds": 0.4})
    web.pull()
    assert len(times) == 2
    assert times[1] - times[0] >= 0.35


def test_a_pause_that_robots_txt_asks_for_is_kept(web: Desk, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nCrawl-delay: 1\n")
    httpserver.expect_request("/datos.csv").respond_with_data(GOOD)
    at(web, httpserver.url_for("/datos.csv"))
    started = time.monotonic()
    web.pull()
    assert time.monotonic() - started >= 0.9


def package(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "result": {"resources": list(resources)}}


def portal(desk: Desk, httpserver: HTTPServer) -> None:
    polite = {**POLITE, "retries": 0}
    ckan = {"package": "lugares", "resource": "Lugares (CSV)"}
    where = httpserver.url_for("/catalogo/")
    desk.source(kind="ckan", where=where, ckan=ckan, feed={"part": None}, politeness=polite)


def test_a_resource_of_a_portal_is_found_by_its_name(web: Desk, httpserver: HTTPServer) -> None:
    named = {"name": "Lugares (CSV)", "url": httpserver.url_for("/x/datos.csv")}
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /catalogo/api/\n")
    httpserver.expect_request("/catalogo/api/3/action/package_show", query_string="id=lugares").respond_with_json(
        package({"name": "Otro", "url": "http://10.0.0.1/"}, named)
    )
    httpserver.expect_request("/x/datos.csv").respond_with_data(GOOD, headers={"ETag": '"v1"'})
    portal(web, httpserver)
    pulled = web.pull()
    assert pulled.result.result == "new"
    assert pulled.snapshot is not None
    assert pulled.snapshot.origin == named["url"]
    assert cells(web.read()) == ROW
    web.pull()
    assert httpserver.log[-1][0].headers["If-None-Match"] == '"v1"'


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (package({"name": "Otro", "url": "http://x.example"}), "ckan-resource-missing"),
        (package(*[{"name": "Lugares (CSV)", "url": "http://x.example"}] * 2), "ckan-resource-twice"),
        (package({"name": "Lugares (CSV)", "url": 5}), "ckan-answer"),
        (package({"name": "Lugares (CSV)"}), "ckan-answer"),
        ({"success": True}, "ckan-answer"),
        ([], "ckan-answer"),
        (package({"name": "Lugares (CSV)", "url": "http://10.0.0.1/datos.csv"}), "http-address-refused"),
        (package({"name": "Lugares (CSV)", "url": "file:///etc/passwd"}), "http-scheme"),
    ],
)
def test_a_portal_that_answers_otherwise_is_a_finding(web: Desk, server: HTTPServer, said: Any, code: str) -> None:
    server.expect_request("/catalogo/api/3/action/package_show").respond_with_json(said)
    portal(web, server)
    only(web.pull(), code)


def test_a_package_that_is_not_there_is_a_finding(web: Desk, server: HTTPServer) -> None:
    server.expect_request("/catalogo/api/3/action/package_show").respond_with_json({"success": False}, status=404)
    portal(web, server)
    assert only(web.pull(), "http-status").params["kind"] == "404"


def test_a_retry_prints_nothing(web: Desk, rude: RudeServer, capfd: pytest.CaptureFixture[str]) -> None:
    rude.says(answer(500), answer())
    at(web, rude.url)
    web.pull()
    assert capfd.readouterr() == ("", "")
