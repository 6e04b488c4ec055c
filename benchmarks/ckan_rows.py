"""`python -m benchmarks.ckan_rows [ROWS]`: rows into a real CKAN, first all of them, then a release that changes 1 %.

What belongs here: the measurements. What does not: the synthetic table, which is `benchmarks.synthetic`.

The CKAN is the one that `OPENDATA_TEST_CKAN` and `OPENDATA_TEST_CKAN_DIR` name; what is made there is purged. The peer
is ckanext-xloader with the CSV of the same release, where the portal has it. Its columns are all text and have no key;
for a release that changes rows it drops the table and loads all of it again.
"""

import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from ckanapi import CKANAPIError

from benchmarks.synthetic import make_bench
from pipelines.contracts.dataset import Resource
from pipelines.contracts.target import TargetFile
from pipelines.publish.ckan.columns import columns_of
from pipelines.publish.ckan.datastore import DataStore
from pipelines.publish.ckan.model import DATASTORE, PLACEHOLDER, WantedTable
from pipelines.publish.ckan.rows import difference, digest, read_parquet
from pipelines.publish.ckan.wire import Wire
from pipelines.release.writers import write_csv, write_parquet
from tests.ckan.real import FOLDER, URL, Account, Ckan, close_account, open_account, unique
from tests.tiny import text

_PATIENCE = timedelta(minutes=20)
"""How long the peer may take."""
_PAUSE = 0.5


class Measured:
    """What took how long, printed as it comes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, what: str, rows: int, work: Callable[[], Any]) -> Any:
        """Do `work`, and say how many rows a second that is."""
        began = time.perf_counter()
        out = work()
        self.seconds[what] = took = time.perf_counter() - began
        print(f"{took:8.1f} s {rows / took:9.0f} rows/s  {what}", flush=True)
        return out


class Reader:
    """Somebody without an account who asks for a page of a table and its total, again and again, until the end."""

    def __init__(self, url: str, resource: str) -> None:
        self.address = f"{url}/api/3/action/datastore_search"
        self.query = {"resource_id": resource, "limit": 100}
        self.totals: Counter[int | str] = Counter()
        self.slowest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        print(
            f"  a reader saw totals (or refusals) {dict(self.totals)}, slowest answer {self.slowest:.2f} s", flush=True
        )

    def _poll(self) -> None:
        with httpx.Client(timeout=120) as client:
            while not self._stop.is_set():
                began = time.perf_counter()
                answer = client.get(self.address, params=self.query)
                self.slowest = max(self.slowest, time.perf_counter() - began)
                whole = answer.status_code == 200 and len(answer.json()["result"]["records"]) == 100
                self.totals[answer.json()["result"]["total"] if whole else f"status {answer.status_code}"] += 1
                time.sleep(_PAUSE / 10)


def ours(ckan: Ckan, package: str, wire: Wire, tables: list[WantedTable], measured: Measured) -> None:
    """Load the first table, show it, apply the difference to the second, read it back."""
    first, second = tables
    store = DataStore(wire, 10_000, lambda _: None)
    store.create(first)
    with Reader(ckan.url, first.resource):
        measured("load", first.rows, lambda: store.load(first))
    wire.do("package_patch", {"id": package, "private": False})
    before, after = (read_parquet(t.parquet) for t in tables)
    found = measured("difference of two releases", after.num_rows, lambda: difference(before, after, first.key))
    some = found.added + found.changed + found.removed_count
    calls = wire.writes
    with Reader(ckan.url, first.resource):
        measured("delta of 1 %", some, lambda: (store.upsert(second, found), store.delete(second, found)))
    print(
        f"  {found.added} added, {found.changed} changed, {found.removed_count} removed, {wire.writes - calls} writes"
    )
    there = measured("read back", after.num_rows, lambda: store.read(second))
    if measured("hash", after.num_rows, lambda: digest(there)) != digest(after):
        raise AssertionError("what was read back is not what was released")


def peer(ckan: Ckan, account: Account, folder: Path, rows: int, measured: Measured) -> None:
    """Link both files as one resource, one after the other, and wait for xloader each time.

    Linked, for a CKAN as it comes takes no upload of more than 10 MB.
    """
    api = account.api
    package = api.action.package_create(name=unique("peer"), title="peer", notes="x", owner_org=account.organization)
    made = api.action.resource_create(package_id=package["id"], name="t", url="http://127.0.0.1/none")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def load(number: int) -> None:
            began = datetime.now(UTC).replace(tzinfo=None)
            url = f"http://127.0.0.1:{server.server_port}/{number}/t.csv"
            api.action.resource_update(id=made["id"], name="t", format="CSV", url=url)
            wait(ckan, made["id"], began)

        measured("xloader, load", rows, lambda: load(0))
        measured("xloader, the release that changes 1 %", rows, lambda: load(1))
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and does not say so."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        """Nothing."""


def wait(ckan: Ckan, resource: str, began: datetime) -> None:
    """Until xloader has loaded a resource since `began`."""
    while datetime.now(UTC).replace(tzinfo=None) - began < _PATIENCE:
        try:
            status = ckan.admin.action.xloader_status(resource_id=resource)
        except CKANAPIError as error:  # Not queued yet, or its status is being written.
            status = {"status": repr(error), "last_updated": ""}
        if status["last_updated"] and datetime.fromisoformat(status["last_updated"]) > began:
            if status["status"] == "complete":
                return
            if status["status"] == "error":
                raise AssertionError(f"xloader: {status['error']}")
        time.sleep(_PAUSE)
    raise TimeoutError(f"xloader was not through within {_PATIENCE}")


def write_release(folder: Path, frame: Any, resource: Resource) -> Path:
    """The CSV and the Parquet of a release; returns the latter."""
    folder.mkdir()
    write_csv(folder / "t.csv", frame, resource)
    write_parquet(folder / "t.parquet", frame, resource)
    return folder / "t.parquet"


def changed_by_one_percent(frame: Any) -> Any:
    """Half a percent of the rows with another number, a quarter gone, and as many new ones."""
    import pandas as pd

    some = len(frame) // 400
    left = frame.iloc[some:].copy()
    places = range(0, len(left), max(len(left) // (2 * some), 1))
    left.iloc[list(places)[: 2 * some], left.columns.get_loc("count")] += 1
    new = frame.iloc[:some].copy()
    new["id"] = "n" + new["id"].str[1:]
    return pd.concat([left, new])


def main(rows: int) -> None:
    """Measure with `rows` rows of ten columns."""
    if not (URL and FOLDER):
        raise SystemExit("OPENDATA_TEST_CKAN and OPENDATA_TEST_CKAN_DIR name no CKAN")
    ckan = Ckan(URL.rstrip("/"), (Path(FOLDER) / "admin-token").read_text().strip(), Path(FOLDER))
    folder = Path(tempfile.mkdtemp())
    account = open_account(ckan)
    try:
        bench = make_bench(folder / "bench", rows)
        frames = [bench.table, changed_by_one_percent(bench.table)]
        written = [write_release(folder / str(n), f, bench.resource) for n, f in enumerate(frames)]
        portal = {"url": ckan.url, "organization": account.organization}
        target = TargetFile.model_validate({"id": "t", "kind": "ckan", "title": text("a", "a"), "ckan": portal})
        measured = Measured()
        with Wire(bench.project, target, account.token) as wire:
            shown = {"name": "t", "url_type": DATASTORE, "url": PLACEHOLDER, "format": DATASTORE}
            call = {"name": unique("rows"), "title": "rows", "notes": "x", "owner_org": account.organization}
            package = wire.do("package_create", {**call, "private": True, "resources": [shown]})
            made = package["resources"][0]["id"]
            columns = columns_of({"fields": [{"name": f.name, "type": f.type} for f in bench.resource.public_fields]})
            tables = [
                WantedTable("t", made, columns, ["id"], [], p, len(f)) for p, f in zip(written, frames, strict=True)
            ]
            ours(ckan, package["id"], wire, tables, measured)
            if "xloader" not in wire.ask("status_show")["extensions"]:
                print("no peer: this CKAN has no xloader")
                return
        peer(ckan, account, folder, rows, measured)
        took = measured.seconds
        print(f"load / xloader {took['load'] / took['xloader, load']:.2f}")
        print(f"delta / xloader {took['delta of 1 %'] / took['xloader, the release that changes 1 %']:.2f}")
    finally:
        close_account(ckan, account)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
