"""The command line with webhooks: what it tells them, says of them, and how the message verifies as the docs say."""

import base64
import json
import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result
from werkzeug import Request, Response

from pipelines.cli import app
from tests.tiny import VISITS, Tiny

DOCS = Path(__file__).parents[2] / "docs" / "webhooks.md"


class Receiver:
    """What a server was told; answers with `status`."""

    def __init__(self, server: HTTPServer) -> None:
        self.status = 204
        self.taken: list[tuple[dict[str, str], bytes]] = []
        server.expect_request("/aviso").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.taken.append(({k.lower(): v for k, v in request.headers.items()}, request.get_data()))
        return Response(status=self.status)

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.taken]


@pytest.fixture
def secret(tmp_path: Path) -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer, tmp_path: Path, secret: str) -> Receiver:
    path = tmp_path / "webhook.secret"
    path.write_text(secret)
    path.chmod(0o600)
    settings = {
        "LANG": "es",
        "WEBHOOKS": json.dumps([httpserver.url_for("/aviso").replace("127.0.0.1", "localhost")]),
        "WEBHOOK_SECRET_FILE": str(path),
        "ALLOW_HOSTS": '["localhost"]',
        "HTTP_RETRIES": "0",
        "LOCK_WAIT_SECONDS": "0",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"OPENDATA_{name}", value)
    return Receiver(httpserver)


def call(tiny: Tiny, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--project", str(tiny.root)], catch_exceptions=False)


def test_publish_tells_webhooks_and_says_so_once(tiny: Tiny, receiver: Receiver) -> None:
    done = call(tiny, "publish")
    assert done.exit_code == 0
    assert "Avisado: localhost (edition.published)." in done.stdout
    again = call(tiny, "publish")
    assert (again.exit_code, "Avisado" in again.stdout) == (0, False)
    assert receiver.types == ["edition.published"]


def test_publish_as_json_has_what_was_sent(tiny: Tiny, receiver: Receiver) -> None:
    [told] = json.loads(call(tiny, "publish", "--json").stdout)["webhooks"]
    assert told == {"id": receiver.taken[0][0]["webhook-id"], "type": "edition.published", "to": "localhost"}


def test_a_message_verifies_by_the_code_of_the_docs(tiny: Tiny, receiver: Receiver, secret: str) -> None:
    call(tiny, "publish")
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    named: dict[str, Any] = {}
    exec(code, named)  # noqa: S102 - it is our own
    [(headers, body)] = receiver.taken
    is_ours = named["is_ours"]
    assert is_ours(headers, body, secret)
    assert not is_ours(headers, body + b" ", secret)
    assert not is_ours(headers, body, "whsec_" + base64.b64encode(b"k" * 32).decode())
    assert not is_ours({**headers, "webhook-id": "msg_other"}, body, secret)


def test_a_failing_webhook_is_a_warning_and_status_and_doctor_say_what_waits(tiny: Tiny, receiver: Receiver) -> None:
    receiver.status = 500
    done = call(tiny, "publish")
    assert done.exit_code == 0
    assert "webhook-refused" in done.stderr
    assert "Avisos a webhooks que esperan: 1" in call(tiny, "status").stdout
    assert "un secreto que sirve; 1 avisos esperan" in call(tiny, "doctor").stdout
    receiver.status = 200
    assert "Avisado: localhost" in call(tiny, "publish").stdout
    assert "webhooks" not in call(tiny, "status").stdout
    assert receiver.taken[0][0]["webhook-id"] == receiver.taken[1][0]["webhook-id"]


def test_doctor_says_what_is_wrong_with_the_secret(tiny: Tiny, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "webhook.secret").chmod(0o644)
    done = call(tiny, "doctor")
    assert "chmod 600" in done.stdout
    assert receiver.taken == []


def test_a_withdrawal_and_a_rollback_are_told(tiny: Tiny, receiver: Receiver) -> None:
    call(tiny, "publish")
    tiny.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
    call(tiny, "publish")
    first, second = (json.loads(body)["data"]["datasets"][-1]["version"] for _, body in receiver.taken)
    assert "Avisado: localhost (edition.published)." in call(tiny, "rollback", "visits", first).stdout
    done = call(tiny, "withdraw", "visits", second, "--reason", "Tenía un dato personal.", "--yes")
    assert done.exit_code == 0
    assert receiver.types[2:4] == ["edition.published", "version.withdrawn"]
    back, gone = (json.loads(body)["data"] for _, body in receiver.taken[2:4])
    assert [(d["id"], d["version"], d["previous"], d["released"]) for d in back["datasets"]] == [
        ("visits", first, second, [])
    ]
    assert [(v["id"], v["version"], v["reason"]) for v in gone["versions"]] == [
        ("visits", second, "Tenía un dato personal.")
    ]
