"""The rows of the synthetic table in the DataStore of a real CKAN, as a peer of the portal.

What belongs here: putting the rows there, the questions in the words of CKAN, and taking all away again. What does not:
asking, which is `benchmarks.portal`.

The CKAN is the one that `OPENDATA_TEST_CKAN` and `OPENDATA_TEST_CKAN_DIR` name (docs/ckan-here.md). It is at its best:
a primary key, indexes on the columns that are asked for, no totals. It answers a count by group only where its
`ckan.datastore.sqlsearch.enabled` is true. Its search knows accents and has to be given them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx

from benchmarks.synthetic import Bench
from pipelines.contracts.target import TargetFile
from pipelines.publish.ckan.columns import columns_of
from pipelines.publish.ckan.datastore import DataStore
from pipelines.publish.ckan.model import DATASTORE, PLACEHOLDER, WantedTable
from pipelines.publish.ckan.wire import Wire
from pipelines.release.writers import write_parquet
from tests.ckan.real import FOLDER, URL, Account, Ckan, close_account, open_account, unique
from tests.tiny import text

_ROWS_A_CALL = 10_000


@contextmanager
def ckan_peer(folder: Path, bench: Bench) -> Iterator[tuple[str, str] | None]:
    """Address of the CKAN and id of the resource that holds the table; None where the environment names no CKAN."""
    if not (URL and FOLDER):
        yield None
        return
    ckan = Ckan(URL.rstrip("/"), (Path(FOLDER) / "admin-token").read_text().strip(), Path(FOLDER))
    account = open_account(ckan)
    try:
        yield ckan.url, _loaded(ckan, account, folder, bench)
    finally:
        close_account(ckan, account)


def _loaded(ckan: Ckan, account: Account, folder: Path, bench: Bench) -> str:
    parquet = folder / "peer.parquet"
    write_parquet(parquet, bench.table, bench.resource)
    portal = {"url": ckan.url, "organization": account.organization}
    target = TargetFile.model_validate({"id": "t", "kind": "ckan", "title": text("a", "a"), "ckan": portal})
    with Wire(bench.project, target, account.token) as wire:
        shown = {"name": "t", "url_type": DATASTORE, "url": PLACEHOLDER, "format": DATASTORE}
        call = {"name": unique("peer"), "title": "rows", "notes": "x", "owner_org": account.organization}
        package = wire.do("package_create", {**call, "private": False, "resources": [shown]})
        resource: str = package["resources"][0]["id"]
        columns = columns_of({"fields": [{"name": f.name, "type": f.type} for f in bench.resource.public_fields]})
        indexes = ["district", "amount"]
        wanted = WantedTable("t", resource, columns, ["id"], indexes, parquet, len(bench.table))
        store = DataStore(wire, _ROWS_A_CALL, lambda _: None)
        store.create(wanted)
        store.load(wanted)
    return resource


def ckan_questions(url: str, resource: str, ids: list[str]) -> dict[str, list[str]]:
    """The addresses of the questions of `benchmarks.portal` that this CKAN answers, by the same names."""

    def search(**more: str) -> str:
        return (
            f"/api/3/action/datastore_search?{urlencode({'resource_id': resource, 'include_total': 'false', **more})}"
        )

    words = ["Garzón", "Bécquer", "Ñandú", "Ibáñez Güell", "Peña", "Cañón Río"]
    districts = [json.dumps({"district": d}) for d in range(1, 22)]
    group = f'SELECT district, count(*), sum(amount) FROM "{resource}" GROUP BY district'  # noqa: S608 - an id of CKAN
    asked = {
        "row by id": [search(filters=json.dumps({"id": i}), limit="1") for i in ids],
        "filtered, sorted page of 100": [search(filters=d, sort="amount desc", limit="100") for d in districts],
        "text search, 100 rows": [search(q=w, limit="100") for w in words],
        "group by, count and sum": [f"/api/3/action/datastore_search_sql?sql={quote(group)}"],
        "whole CSV": [f"/datastore/dump/{resource}"],
    }
    return {what: own for what, own in asked.items() if httpx.head(url + own[0], timeout=60).status_code == 200}
