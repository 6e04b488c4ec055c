"""A call to a CKAN that is none: a project with a target, and a server that answers as the test says."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipelines.contracts.findings import HIDDEN
from pipelines.contracts.target import TargetFile
from pipelines.contracts.text import LANGS
from pipelines.publish.ckan.wire import CallError, Wire
from tests.tiny import CATALOGUE, Tiny, text, write_yaml

PAGE = "<!DOCTYPE html><html><body>secret of the gateway</body></html>"
TOKEN = "eyJ-a-token-nobody-may-see"
QUICK: dict[str, Any] = {"http_interval_seconds": 0.01, "target_retry_seconds": 3}
"""Settings with which nothing waits for long."""


def target(url: str, **more: Any) -> TargetFile:
    portal = {"url": url, "organization": "ayuntamiento", **more}
    content = {"id": "ciudad", "kind": "ckan", "title": text("CKAN", "CKAN"), "ckan": portal}
    return TargetFile.model_validate(content)


def wire(tiny: Tiny, url: str, token: str | None = TOKEN, stage: str = "official", **settings: Any) -> Wire:
    """The calls to the CKAN at `url`."""
    write_yaml(tiny.root / "schemas" / "catalogue.yaml", {**CATALOGUE, "stage": stage})
    return Wire(tiny.load(**{**QUICK, **settings}), target(url), token)


def answers(result: Any) -> Response:
    """What CKAN answers where all is well."""
    return Response(json.dumps({"help": "", "success": True, "result": result}), 200, content_type="application/json")


def fails(status: int, kind: str, **more: Any) -> Response:
    """What CKAN answers where something is wrong."""
    told = {"help": "", "success": False, "error": {"__type": kind, **more}}
    return Response(json.dumps(told), status, content_type="application/json;charset=utf-8")


def says(server: HTTPServer, *responses: Response | Callable[[Request], Response]) -> list[Request]:
    """Let the server answer in turn; the last answer stays. The requests are kept in the list."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        request.get_data(parse_form_data=True)
        seen.append(request)
        response = responses[min(len(seen), len(responses)) - 1]
        return response(request) if callable(response) and not isinstance(response, Response) else response

    server.clear_all_handlers()
    server.expect_request(re.compile(".*")).respond_with_handler(answer)
    return seen


def only(error: CallError | Any, code: str) -> Any:
    """The one finding of an exception; its texts have all that they name, and not the token."""
    assert [f.code for f in error.findings] == [code]
    found = error.findings[0]
    for lang in LANGS:
        told = found.what(lang) + found.do(lang)
        assert HIDDEN.get(lang) not in told, told
        assert "None" not in told, told
        assert TOKEN not in told
    return found


def page(status: int, **headers: str) -> Response:
    return Response(PAGE, status, headers, content_type="text/html")


def caught(kind: type[CallError], code: str, run: Callable[[], object]) -> Any:
    """The exception of a call, of exactly this class and with this one finding."""
    with pytest.raises(CallError) as told:
        run()
    assert type(told.value) is kind
    only(told.value, code)
    return told.value
