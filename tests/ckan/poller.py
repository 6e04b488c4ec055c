"""A reader who polls one dataset of a CKAN as fast as it answers, and notes what was not a whole release."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import httpx

Kind = Literal["package", "rows", "file"]


@dataclass(frozen=True)
class Answer:
    """One answer: `value` is the dataset, the result of `datastore_search`, or the bytes of a file.

    `resource`: the resource whose rows or file it is; `package`: the dataset as it was last shown before.
    `at`: seconds since the poller began.
    """

    kind: Kind
    value: Any
    at: float
    resource: str | None = None
    package: dict[str, Any] | None = None


class Poller:
    """Asks, as anybody, for the dataset, then for the rows of each table, then for the first uploaded file; and again.

    `whole` says of an answer whether it is one that a whole release gives; the others are kept in `broken`. A refused
    or failed call is in `errors`, but not the 403 or 404 of a dataset that was never seen: those are `absent`.
    Use it as a context: it polls while inside. What `whole` raises is raised when the context is left.
    """

    def __init__(self, url: str, dataset: str, whole: Callable[[Answer], bool], rows: int = 1000) -> None:
        self.url, self.dataset, self.whole, self.rows = url, dataset, whole, rows
        self.counts: Counter[Kind] = Counter()
        self.broken: list[Answer] = []
        self.errors: list[str] = []
        self.absent = 0
        self.slowest: dict[Kind, float] = {}
        self._began = 0.0
        self._package: dict[str, Any] | None = None
        self._raised: BaseException | None = None
        self._stop = threading.Event()
        self._rounds = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin, and wait for the first round."""
        self._began = time.monotonic()
        self._thread.start()
        self.another_round()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Poll one more whole round, so that the last state is seen too, and end."""
        if error is None:
            self.another_round()
        self._stop.set()
        self._thread.join(timeout=120)
        if self._raised and error is None:
            raise self._raised

    @property
    def seen(self) -> str:
        """All of it in a line, for a report."""
        counts = ", ".join(f"{n} {kind}" for kind, n in sorted(self.counts.items()))
        slow = ", ".join(f"{kind} {s:.2f} s" for kind, s in sorted(self.slowest.items()))
        return (
            f"{counts}; absent {self.absent}; not whole {len(self.broken)}; errors {len(self.errors)}; slowest {slow}"
        )

    def another_round(self, seconds: float = 120) -> None:
        """Wait until a round that begins from now on is through."""
        while self._rounds.acquire(blocking=False):
            pass
        end = time.monotonic() + seconds
        for _ in range(2):  # The first may have begun before.
            while not self._rounds.acquire(timeout=0.1):
                if self._raised or not self._thread.is_alive():
                    return
                if time.monotonic() > end:
                    raise TimeoutError(f"the poller of {self.dataset} had no answer for {seconds} s")

    def _run(self) -> None:
        try:
            with httpx.Client(base_url=self.url, timeout=120, follow_redirects=True) as client:
                while not self._stop.is_set():
                    self._round(client)
                    self._rounds.release()
        except BaseException as error:
            self._raised = error

    def _round(self, client: httpx.Client) -> None:
        package = self._ask(client, "package", "/api/3/action/package_show", {"id": self.dataset})
        if package is None:
            return
        self._package = package
        for resource in package["resources"]:
            if resource.get("datastore_active"):
                ask = {"resource_id": resource["id"], "limit": self.rows, "include_total": "true"}
                self._ask(client, "rows", "/api/3/action/datastore_search", ask, resource["id"])
        uploads = [r for r in package["resources"] if r.get("url_type") == "upload"]
        for resource in uploads[:1]:
            self._ask(client, "file", resource["url"], None, resource["id"])

    def _ask(
        self, client: httpx.Client, kind: Kind, path: str, params: dict[str, Any] | None, resource: str | None = None
    ) -> Any:
        """One call; its value, or None if it was refused or failed."""
        began = time.monotonic()
        try:
            answer = client.get(path, params=params)
        except httpx.HTTPError as error:
            self._missed(kind, resource, repr(error))
            return None
        took = time.monotonic() - began
        if answer.status_code in (403, 404) and self._package is None:
            self.absent += 1
            return None
        if not answer.is_success:
            self._missed(kind, resource, f"{answer.status_code} {answer.text[:300]}")
            return None
        value = answer.content if kind == "file" else answer.json()["result"]
        self.counts[kind] += 1
        self.slowest[kind] = max(took, self.slowest.get(kind, 0.0))
        got = Answer(kind, value, began - self._began, resource, self._package)
        if not self.whole(got):
            self.broken.append(got)
        return value

    def _missed(self, kind: Kind, resource: str | None, what: str) -> None:
        self.errors.append(f"{time.monotonic() - self._began:.3f} s: {kind} {resource or ''}: {what}")
        self._stop.wait(0.05)
