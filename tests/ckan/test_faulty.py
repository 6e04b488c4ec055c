"""Every fault of the proxy against every kind of call: what the wire raises, and how often CKAN carried it out.

No CKAN is needed here: a small server stands for it.
"""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipelines.publish.ckan.wire import (
    CallError,
    DeniedError,
    LostError,
    RefusedError,
    UnreachableError,
    Wire,
)
from tests.ckan.faulty import FAULTS, FaultyProxy
from tests.publish.ckan_builders import answers, fails, only, says, wire
from tests.tiny import Tiny

KINDS = ("read", "repeatable", "once")
COMES_TO: dict[str, tuple[type[CallError], str]] = {
    "refuse": (UnreachableError, "target-unreachable"),
    "reset_before": (LostError, "target-answer-lost"),
    "reset_after": (LostError, "target-answer-lost"),
    "timeout": (LostError, "target-timeout"),
    "timeout_after": (LostError, "target-timeout"),
    "too_many": (UnreachableError, "target-busy"),
    "error_500": (LostError, "target-failed"),
    "error_500_after": (LostError, "target-failed"),
    "bad_gateway_html": (LostError, "target-failed"),
    "bad_gateway_html_after": (LostError, "target-failed"),
    "denied": (DeniedError, "target-denied"),
    "conflict": (RefusedError, "target-refused"),
    "truncated": (LostError, "target-answer-lost"),
    "trickle": (LostError, "target-timeout"),
    "login_page": (LostError, "target-answer"),
    "no_success": (LostError, "target-answer-lost"),
}
QUICK: dict[str, dict[str, float]] = {
    "timeout": {"http_timeout_seconds": 1},
    "timeout_after": {"http_timeout_seconds": 1},
    "trickle": {"target_call_seconds": 2},
}
"""Faults that only time shows, and the settings with which it does."""
PARTS = [(fault, kind) for fault in FAULTS for kind in KINDS]


@pytest.fixture
def proxy(httpserver: HTTPServer) -> Iterator[FaultyProxy]:
    with FaultyProxy(httpserver.url_for("/")) as made:
        yield made


def call(made: Wire, kind: str) -> Any:
    if kind == "read":
        return made.ask("package_show", id="a")
    return made.do("package_patch", {"id": "a"}, again=kind == "repeatable")


def ends_it(fault: str) -> bool:
    """Whether the fault is none that passes."""
    return COMES_TO[fault][0] in (DeniedError, RefusedError) or fault == "login_page"


def test_every_fault_is_known() -> None:
    assert COMES_TO.keys() == FAULTS.keys()


@pytest.mark.parametrize(("fault", "kind"), PARTS)
def test_a_fault_that_passes(fault: str, kind: str, tiny: Tiny, proxy: FaultyProxy, httpserver: HTTPServer) -> None:
    seen = says(httpserver, answers("done"))
    expected, code = COMES_TO[fault]
    proxy.plan(fault, at=1)
    ends = ends_it(fault) or (expected is LostError and kind == "once")
    with wire(tiny, proxy.url, **QUICK.get(fault, {})) as made:
        if ends:
            with pytest.raises(expected) as caught:
                call(made, kind)
            assert type(caught.value) is expected
            only(caught.value, code)
        else:
            assert call(made, kind) == "done"
        calls = made.reads if kind == "read" else made.writes
    assert calls == len(proxy.calls) == (1 if ends else 2)
    assert len(seen) == FAULTS[fault] + (not ends)
    assert proxy.injected == 1


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "trickle"])
def test_a_fault_that_stays(fault: str, tiny: Tiny, proxy: FaultyProxy, httpserver: HTTPServer) -> None:
    says(httpserver, answers("done"))
    expected, code = COMES_TO[fault]
    proxy.plan(fault, at=lambda number, action: True)
    with wire(tiny, proxy.url, target_retry_seconds=0.02, **QUICK.get(fault, {})) as made:
        with pytest.raises(expected) as caught:
            call(made, "repeatable")
        assert made.writes == len(proxy.calls) == proxy.injected
    assert type(caught.value) is expected
    assert caught.value.action == "package_patch"
    only(caught.value, code)


def test_a_call_that_was_lost_and_then_finds_no_connection_stays_lost(
    tiny: Tiny, proxy: FaultyProxy, httpserver: HTTPServer
) -> None:
    def carry_out_and_go(_: Request) -> Response:
        proxy.plan("refuse", at=lambda number, action: True)
        return fails(500, "Internal Server Error")

    seen = says(httpserver, carry_out_and_go)
    with wire(tiny, proxy.url, target_retry_seconds=0.2) as made, pytest.raises(LostError) as caught:
        call(made, "repeatable")
    assert len(seen) == 1
    only(caught.value, "target-unreachable")


@pytest.mark.parametrize("fault", FAULTS)
def test_only_the_call_that_was_meant_has_the_fault(
    fault: str, tiny: Tiny, proxy: FaultyProxy, httpserver: HTTPServer
) -> None:
    says(httpserver, answers("done"))
    proxy.plan(fault, at=3)
    with wire(tiny, proxy.url, **QUICK.get(fault, {})) as made:
        assert [call(made, "read") for _ in range(2)] == ["done"] * 2
        try:
            call(made, "read")
        except CallError:
            assert ends_it(fault)
        assert call(made, "read") == "done"
    assert proxy.injected == 1
    assert proxy.calls[2][0] == ("" if fault == "refuse" else "package_show")


def test_calls_are_told_by_action_or_path_and_in_their_order(proxy: FaultyProxy, httpserver: HTTPServer) -> None:
    says(httpserver, answers(1))
    proxy.plan()
    for path in ("/api/action/package_show", "/api/3/action/status_show", "/dataset/a/b.csv?x=1"):
        httpx.post(proxy.url + path)
    assert [action for action, _ in proxy.calls] == ["package_show", "status_show", "/dataset/a/b.csv"]
    moments = [when for _, when in proxy.calls]
    assert moments == sorted(moments)
    proxy.plan("denied", at=lambda number, action: action == "status_show")
    assert httpx.post(proxy.url + "/api/action/package_show").status_code == 200
    assert httpx.post(proxy.url + "/api/action/status_show").status_code == 403


def test_nothing_else_is_rewritten(proxy: FaultyProxy, httpserver: HTTPServer) -> None:
    body = bytes(range(256)) * 5000
    seen = says(httpserver, lambda request: answers(len(request.get_data())))
    answer = httpx.post(proxy.url + "/api/action/x", content=body, headers={"Authorization": "a", "X-Own": "b"})
    straight = httpx.post(httpserver.url_for("/api/action/x"), content=body)
    assert answer.content == straight.content
    assert seen[0].headers["X-Own"] == "b"
    assert seen[0].headers["Authorization"] == "a"
    assert seen[0].headers["Host"] == f"127.0.0.1:{proxy.port}"
    left_out = {"date", "connection"}
    assert {k: v for k, v in answer.headers.items() if k not in left_out} == {
        k: v for k, v in straight.headers.items() if k not in left_out
    }


def test_threads_may_call_at_once(proxy: FaultyProxy, httpserver: HTTPServer) -> None:
    says(httpserver, lambda request: answers(request.get_json()["n"]))
    proxy.plan("error_500", at=17)
    got: list[tuple[int, int, Any]] = []

    def run(first: int) -> None:
        with httpx.Client() as client:
            for n in range(first, first + 10):
                answer = client.post(proxy.url + "/api/action/x", json={"n": n})
                got.append((n, answer.status_code, answer.json().get("result")))

    threads = [threading.Thread(target=run, args=(first,)) for first in range(0, 40, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for _, status, _ in got) == [200] * 39 + [500]
    assert all(result == n for n, status, result in got if status == 200)
    assert len(proxy.calls) == 40


def test_a_refused_call_is_one_that_no_connection_took(proxy: FaultyProxy, httpserver: HTTPServer) -> None:
    seen = says(httpserver, answers(1))
    proxy.plan("refuse", at=2)
    codes = []
    for _ in range(4):
        try:
            codes.append(httpx.post(proxy.url + "/api/action/x").status_code)
        except httpx.ConnectError as error:
            codes.append(str(error.__cause__ or error))
    assert codes[0] == codes[2] == codes[3] == 200
    assert "refused" in codes[1]
    assert len(seen) == 3


def test_a_fault_is_forgotten_with_the_next_plan(proxy: FaultyProxy, httpserver: HTTPServer) -> None:
    says(httpserver, answers(1))
    proxy.plan("refuse", at=1)
    proxy.plan()
    assert httpx.post(proxy.url + "/api/action/x").status_code == 200
    with pytest.raises(ValueError, match="nonsense"):
        proxy.plan("nonsense", at=1)
