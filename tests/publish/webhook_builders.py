"""One who is told by webhook, and a town that tells."""

import base64
import json
from pathlib import Path
from typing import Any

from publish_town import Town
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipelines.contracts.records import Outbox
from pipelines.publish import Published, publish_portal

FIRST, SECOND = "2026-03-10.1", "2026-04-10.1"
QUICK = {"http_retries": 0, "http_interval_seconds": 0, "allow_hosts": ["localhost"]}


class Receiver:
    """One who is told, at `url`; answers with what `answers` holds, then 204. `key` is what was agreed upon."""

    def __init__(self, server: HTTPServer, path: str = "/hook") -> None:
        self.url = at_name(server.url_for(path))
        self.answers: list[int] = []
        self.taken: list[Request] = []
        server.expect_request(path).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        request.get_data()
        self.taken.append(request)
        return Response(status=self.answers.pop(0) if self.answers else 204)

    @property
    def ids(self) -> list[str]:
        """The ids of all that came, in order."""
        return [r.headers["webhook-id"] for r in self.taken]

    @property
    def told(self) -> list[dict[str, Any]]:
        """What all that came says, in order."""
        return [json.loads(r.get_data()) for r in self.taken]

    @property
    def types(self) -> list[str]:
        return [t["type"] for t in self.told]


def at_name(url: str) -> str:
    """The address with the name that the settings allow."""
    return url.replace("127.0.0.1", "localhost")


def secret_file(folder: Path, *keys: bytes) -> Path:
    path = folder / "webhook.secret"
    path.write_text("".join(f"whsec_{base64.b64encode(key).decode()}\n" for key in keys))
    path.chmod(0o600)
    return path


def publish(town: Town, edition: str) -> Published:
    return publish_portal(town.project, town.edition(edition))


def codes(done: Published) -> list[str]:
    return [f.code for f in done.findings]


def outbox(town: Town) -> Outbox:
    return Outbox.model_validate_json(town.store.outbox.read_bytes())
