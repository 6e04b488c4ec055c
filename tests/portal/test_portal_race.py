"""Many read while editions are published, rolled back and withdrawn."""

import asyncio
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn

from pipelines.operate.undo import roll_back, take_back
from portal.app import make_app
from portal.server import configured
from tests.portal.conftest import BASE_URL, publish
from tests.tiny import VISITS, Tiny

READERS = 50
TABLE = "/v1/datasets/visits/tables/visits"


class Readers:
    """Fifty clients of one server, each asking in turn; what they saw that must not be."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.wrong: list[Any] = []
        self.editions: Counter[str] = Counter()
        self.rows: dict[str, set[int]] = {}
        self.ended = False

    def run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        limits = httpx.Limits(max_connections=READERS, max_keepalive_connections=READERS)
        async with httpx.AsyncClient(base_url=self.base, limits=limits, timeout=30) as client:
            await asyncio.gather(*(self._one(client) for _ in range(READERS)))

    async def _one(self, client: httpx.AsyncClient) -> None:
        while not self.ended:
            for path in (TABLE, "/v1/datasets/visits", f"{TABLE}/rows/v-1", "/datasets/visits/latest/release.json"):
                answer = await client.get(path)
                if answer.status_code != 200:
                    self.wrong.append((path, answer.status_code, answer.text[:200]))
                    continue
                told = answer.json()
                if path == TABLE:
                    self.rows.setdefault(told["version"], set()).add(told["total"])
                    if len(told["rows"]) != told["total"]:
                        self.wrong.append(told)
                if "tables" in told:
                    self.editions[told["edition"]] += 1
                    self.rows.setdefault(told["version"], set()).add(told["tables"][0]["rows"])


@pytest.mark.slow
def test_fifty_clients_see_no_error_and_no_mixed_answer_while_editions_come_and_go(own_project: Tiny) -> None:
    project = own_project.load()
    server = uvicorn.Server(configured(make_app(project.store, BASE_URL), "127.0.0.1", 0, behind_proxy=False))
    serving = threading.Thread(target=server.run)
    serving.start()
    while not server.started:
        time.sleep(0.02)
    readers = Readers(server.servers[0].sockets[0].getsockname()[1])
    reading = threading.Thread(target=readers.run)
    reading.start()
    try:
        time.sleep(0.5)
        first = httpx.get(readers.base + TABLE).json()["version"]
        own_project.rows("visits", VISITS + "v-4,sur,2023-01-09,3,internal: d\n")
        publish(own_project)
        second = httpx.get(readers.base + TABLE).json()["version"]
        roll_back(project, "visits", first, datetime.now(UTC))
        assert httpx.get(readers.base + TABLE).json()["version"] == first
        roll_back(project, "visits", second, datetime.now(UTC))
        take_back(project, "visits", first, "Contenía un dato personal.", datetime.now(UTC))
        withdrawn = httpx.get(f"{readers.base}{TABLE}?version={first}")
        time.sleep(0.5)
    finally:
        readers.ended = True
        reading.join()
        server.should_exit = True
        serving.join()
    assert readers.wrong[:3] == []
    assert withdrawn.status_code == 410
    assert readers.rows == {first: {3}, second: {4}}
    assert len(readers.editions) >= 3
    assert sum(readers.editions.values()) > READERS
