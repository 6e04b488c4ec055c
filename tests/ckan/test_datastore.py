"""Tables of a real DataStore: what comes back is what was released, and a reader never sees fewer rows."""

import csv
import io
import json
import math
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.contracts.findings import FindingError
from pipelines.contracts.target import TargetFile
from pipelines.publish.ckan.columns import columns_of
from pipelines.publish.ckan.datastore import DataStore
from pipelines.publish.ckan.model import DATASTORE, PLACEHOLDER, WantedTable
from pipelines.publish.ckan.rows import difference, digest
from pipelines.publish.ckan.wire import CallError, Wire
from tests.ckan.faulty import FaultyProxy
from tests.ckan.real import Account, Ckan, unique
from tests.tiny import Tiny, text

pytestmark = pytest.mark.slow

KINDS = {
    "k": "string",
    "part": "integer",
    "t": "string",
    "f": "number",
    "b": "boolean",
    "y": "year",
    "d": "date",
    "z": "datetime",
    "i": "integer",
}
HARD = 'q"u\no\r\nt, e 😀\t\\N \\. 100% :x $1 \x01 '
ROWS = pa.table(
    {
        "k": ["a", "b", "it's", "ñ/\\", "100%", ""],
        "part": [1, 1, 2, 2, 3, 3],
        "t": ["", None, "NULL", HARD, "\\.", " x "],
        "f": [0.1, -0.0, 1e22, 5e-324, math.nan, -math.inf],
        "b": [True, False, None, True, None, False],
        "y": pa.array([2020, None, 1, -5, 9999, 0], pa.int64()),
        "d": pa.array([date(1899, 12, 31), date(1, 1, 1), None, date(9999, 12, 31), None, None], pa.date32()),
        "z": pa.array(
            [
                datetime(2020, 1, 1, 10, 0, 0, 123456, UTC),
                datetime(1850, 1, 1, tzinfo=UTC),
                None,
                datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
                datetime(1, 1, 1, tzinfo=UTC),
                None,
            ],
            pa.timestamp("us", "UTC"),
        ),
        "i": [2**63 - 1, -(2**63), None, 0, 123456789012345, 1],
    }
)
"""Cells that something on the way could spoil."""
Make = Callable[..., WantedTable]


@pytest.fixture
def connect(tiny: Tiny, account: Account) -> Callable[..., Wire]:
    """Makes a wire of the editor, to another address if given."""

    def made(url: str = account.url) -> Wire:
        portal = {"url": url, "organization": account.organization}
        target = TargetFile.model_validate({"id": "t", "kind": "ckan", "title": text("a", "a"), "ckan": portal})
        return Wire(tiny.load(http_interval_seconds=0.01), target, account.token)

    return made


@pytest.fixture
def wire(connect: Callable[..., Wire]) -> Iterator[Wire]:
    """A wire of the editor."""
    with connect() as made:
        yield made


@pytest.fixture
def store(wire: Wire) -> DataStore:
    """The DataStore, two rows a call."""
    return DataStore(wire, 2, lambda _: None)


@pytest.fixture
def make(wire: Wire, account: Account, tmp_path: Path) -> Make:
    """Makes a dataset with a resource for a table, and says what is wanted of it."""

    def made(rows: pa.Table = ROWS, key: list[str] | None = None, private: bool = True) -> WantedTable:
        resource = {"name": "t", "url_type": DATASTORE, "url": PLACEHOLDER, "format": DATASTORE}
        call = {"name": unique("rows"), "owner_org": account.organization, "private": private, "notes": "x"}
        package = wire.do("package_create", {**call, "title": "x", "resources": [resource]})
        return released(package["resources"][0]["id"], rows, key or ["k"], tmp_path)

    return made


def released(resource: str, rows: pa.Table, key: list[str], folder: Path) -> WantedTable:
    """The table of a release, in a Parquet file of its own."""
    path = folder / f"{unique('table')}.parquet"
    pq.write_table(rows, path)
    texts = {"titles": text("Título: 'a' \"b\" 100% \\: :x", "Title"), "descriptions": text("línea\notra", "line")}
    fields = [{"name": n, "type": KINDS.get(n, "string"), **texts} for n in rows.column_names]
    return WantedTable("t", resource, columns_of({"fields": fields}), key, [rows.column_names[1]], path, len(rows))


def same(one: pa.Table | None, other: pa.Table) -> bool:
    """Whether both hold the same rows, in any order."""
    return one is not None and one.schema == other.schema and digest(one) == digest(other)


def test_every_kind_of_cell_comes_back_as_it_was_released(store: DataStore, make: Make) -> None:
    table = make()
    assert store.read(table) is None
    assert store.count(table.resource) is None
    assert store.columns_differ(table)
    assert store.load(table) == 6
    assert same(store.read(table), ROWS)
    assert store.count(table.resource) == 6
    assert store.columns_differ(table) == []


def test_readers_get_the_values_that_were_released(store: DataStore, make: Make, account: Account, ckan: Ckan) -> None:
    table = make()
    store.load(table)
    found = account.api.action.datastore_search(resource_id=table.resource, sort="_id")
    assert found["total"] == 6
    assert [r["t"] for r in found["records"]] == ROWS["t"].to_pylist()
    assert [r["b"] for r in found["records"]] == ROWS["b"].to_pylist()
    assert [r["i"] for r in found["records"]] == ROWS["i"].to_pylist()
    assert [r["f"] for r in found["records"]] == [0.1, 0.0, 1e22, 5e-324, "NaN", "-Infinity"]
    assert [r["d"] for r in found["records"]] == ["1899-12-31", "0001-01-01", None, "9999-12-31", None, None]
    instants = [datetime.fromisoformat(r["z"]) for r in found["records"][:2]]
    assert instants == ROWS["z"].to_pylist()[:2]
    types = {f["id"]: f["type"] for f in found["fields"]}
    assert types == {"_id": "int", **{c["id"]: c["type"] for c in table.columns}}
    address = f"{ckan.url}/datastore/dump/{table.resource}"
    with httpx.Client(headers={"Authorization": account.token}) as client:
        dump = client.get(address).text
        exact = client.get(address, params={"format": "json"}).json()
    frame = pd.read_csv(io.StringIO(dump), keep_default_na=False, na_values={"f": ["", "NaN"]}, index_col="_id")
    assert frame["k"].tolist() == ROWS["k"].to_pylist()
    assert frame["f"].tolist()[:4] == [0.1, 0.0, 1e22, 5e-324]
    assert next(r["t"] for r in csv.DictReader(io.StringIO(dump, newline="")) if r["k"] == "ñ/\\") == HARD
    assert [row[3] for row in exact["records"]] == ROWS["t"].to_pylist()


def test_a_reader_of_the_dictionary_gets_titles_and_texts(store: DataStore, make: Make, account: Account) -> None:
    table = make()
    store.create(table)
    info = account.api.action.datastore_info(id=table.resource)
    assert [f["info"] for f in info["fields"]] == [c["info"] for c in table.columns]
    with_index = {f["id"] for f in info["fields"] if f["schema"]["is_index"]}
    assert with_index == {"k", "part"}


@pytest.mark.parametrize("key", [["k"], ["part", "k"]])
def test_a_release_that_changes_rows_changes_those_only(
    store: DataStore, make: Make, account: Account, key: list[str], tmp_path: Path
) -> None:
    table = make(key=key)
    store.load(table)
    ids = {r["k"]: r["_id"] for r in account.api.action.datastore_search(resource_id=table.resource)["records"]}
    changed = ROWS.slice(2, 2).set_column(2, "t", pa.array(["cebra", "x"]))
    added = ROWS.slice(0, 1).set_column(0, "k", pa.array(["zz"]))
    rows = pa.concat_tables([changed, added, ROWS.slice(4, 1)])
    found = difference(ROWS, rows, key)
    assert (found.added, found.changed, found.removed_count) == (1, 2, 3)
    table = released(table.resource, rows, key, tmp_path)
    assert store.upsert(table, found) == 3
    assert account.api.action.datastore_search(resource_id=table.resource, limit=0)["total"] == 7
    assert store.delete(table, found) == 3
    assert account.api.action.datastore_search(resource_id=table.resource, limit=0)["total"] == 4
    assert same(store.read(table), rows)
    left = {r["k"]: r["_id"] for r in account.api.action.datastore_search(resource_id=table.resource)["records"]}
    assert {k: i for k, i in left.items() if k in ids} == {k: ids[k] for k in ("it's", "ñ/\\", "100%")}
    # Words of a changed row are found, and those that it had are not.
    assert account.api.action.datastore_search(resource_id=table.resource, q="cebra")["total"] == 1
    assert account.api.action.datastore_search(resource_id=table.resource, q="NULL")["total"] == 0
    # All of it once more changes nothing.
    store.upsert(table, found)
    store.delete(table, found)
    assert same(store.read(table), rows)


def test_a_table_without_a_key_holds_equal_rows(store: DataStore, make: Make, tmp_path: Path) -> None:
    rows = pa.table({"p": ["x", "x", "x", "y", None, None], "q": ["1", "1", "1", "", None, None]})
    table = make(rows)
    table = released(table.resource, rows, [], tmp_path)
    store.load(table)
    assert same(store.read(table), rows)
    fewer = pa.table({"p": ["x", "x", None, "z"], "q": ["1", "1", None, "1"]})
    found = difference(rows, fewer, [])
    store.upsert(table, found)
    store.delete(table, found)
    assert same(store.read(table), fewer)


def test_rows_that_somebody_put_there_or_took_away_are_set_right(
    store: DataStore, make: Make, account: Account
) -> None:
    table = make()
    store.load(table)
    strange = [{"k": "foreign"}, {"k": None, "t": "no key"}, {"k": "a", "t": "edited"}]
    account.api.action.datastore_delete(resource_id=table.resource, filters={"k": ["a", "b"]})
    account.api.action.datastore_upsert(resource_id=table.resource, records=strange, method="insert")
    assert not same(store.read(table), ROWS)
    store.load(table)
    assert same(store.read(table), ROWS)
    assert account.api.action.datastore_search(resource_id=table.resource, limit=0)["total"] == 6


def test_rows_that_were_taken_away_meanwhile_are_written_all_the_same(
    store: DataStore, make: Make, account: Account
) -> None:
    table = make()
    store.load(table)
    new = ROWS.set_column(2, "t", pa.array(["n"] * 6))
    found = difference(ROWS, new, ["k"])
    account.api.action.datastore_delete(resource_id=table.resource, filters={"k": ["a", "b"]})
    store.upsert(table, found)
    assert same(store.read(table), new)
    assert account.api.action.datastore_search(resource_id=table.resource, q="n")["total"] == 6


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "truncated"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_lost_answer_while_loading_neither_loses_nor_doubles_a_row(
    connect: Callable[..., Wire], make: Make, store: DataStore, ckan: Ckan, fault: str, at: int
) -> None:
    table = make()
    store.create(table)
    upserts = 0

    def due(_: int, action: str) -> bool:
        nonlocal upserts
        upserts += action == "datastore_upsert"
        return action == "datastore_upsert" and upserts == at

    with FaultyProxy(ckan.url) as proxy, connect(proxy.url) as faulty:
        proxy.plan(fault, due)
        DataStore(faulty, 2, lambda _: None).load(table)
        assert proxy.injected == 1
    assert same(store.read(table), ROWS)


def test_a_load_that_died_goes_on_with_what_is_missing(
    connect: Callable[..., Wire], make: Make, wire: Wire, ckan: Ckan
) -> None:
    table = make()
    with FaultyProxy(ckan.url) as proxy, connect(proxy.url) as faulty:
        proxy.plan("denied", lambda n, action: action == "datastore_upsert" and n > 5)
        with pytest.raises(CallError):
            DataStore(faulty, 2, lambda _: None).load(table)
    told: list[int] = []
    again = DataStore(wire, 2, told.append)
    there = again.count(table.resource) or 0
    assert 0 < there < 6
    assert again.load(table) == 6 - there
    assert same(again.read(table), ROWS)


def test_a_dump_that_was_cut_off_is_read_again(
    connect: Callable[..., Wire], make: Make, store: DataStore, ckan: Ckan
) -> None:
    table = make()
    store.load(table)
    with FaultyProxy(ckan.url) as proxy, connect(proxy.url) as faulty:
        proxy.plan("truncated", lambda _, action: "dump" in action)
        with pytest.raises(FindingError):
            DataStore(faulty, 2, lambda _: None).read(table)
        assert proxy.injected > 0


def test_a_reader_never_sees_fewer_rows_nor_a_wrong_number(
    store: DataStore, make: Make, wire: Wire, ckan: Ckan, tmp_path: Path
) -> None:
    rows = pa.table({"k": [f"r{i}" for i in range(300)], "t": ["old"] * 300})
    table = make(rows, private=False)
    store.load(table)
    new = pa.table({"k": [f"r{i}" for i in range(30, 330)], "t": ["new"] * 300})
    wanted = released(table.resource, new, ["k"], tmp_path)
    found = difference(rows, new, ["k"])
    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            got = ckan.reader.action.datastore_search(resource_id=table.resource, limit=1000)
            seen.append((len(got["records"]), got["total"]))

    reader = threading.Thread(target=poll)
    reader.start()
    busy = DataStore(wire, 50, lambda _: None)
    busy.upsert(wanted, found)
    busy.delete(wanted, found)
    stop.set()
    reader.join(60)
    assert len(seen) > 3
    assert min(n for n, _ in seen) >= 300
    assert min(t for _, t in seen) >= 300
    assert ckan.reader.action.datastore_search(resource_id=table.resource, limit=0)["total"] == 300
    assert same(store.read(wanted), new)


def test_a_new_column_and_new_texts_come_to_a_table_that_is_there(
    store: DataStore, make: Make, account: Account, tmp_path: Path
) -> None:
    table = make()
    store.load(table)
    more = ROWS.add_column(1, "extra", pa.array(["e"] * 5 + [None]))
    wanted = released(table.resource, more, ["k"], tmp_path)
    wanted.columns[0]["info"]["label"] = "Otro título"
    assert {c.field.split(".")[1] for c in store.columns_differ(wanted)} == {"k", "extra", "part"}
    found = difference(store.read(wanted) or ROWS, more, ["k"])
    assert (found.added, found.changed, found.removed_count) == (0, 5, 0)
    store.create(wanted)
    assert store.columns_differ(wanted) == []
    store.upsert(wanted, found)
    assert same(store.read(wanted), more)


def test_what_somebody_did_to_the_columns_is_undone_but_for_a_type(
    store: DataStore, make: Make, account: Account
) -> None:
    table = make()
    store.load(table)
    fields = [{"id": c["id"], "type": c["type"], "info": {"label": "edited"}} for c in table.columns]
    account.api.action.datastore_create(
        resource_id=table.resource,
        fields=[*fields, {"id": "mine", "type": "text"}],
        indexes=["t"],
        primary_key=["part", "k"],
    )
    changed = {c.field for c in store.columns_differ(table)}
    assert {"columns.k.info.label", "columns.mine.type", "columns.t.index"} <= changed
    store.create(table)
    assert [c.field for c in store.columns_differ(table)] == ["columns.mine.type"]
    assert same(store.read(table), ROWS)
    # Going back to a release that had fewer columns takes them away last, when nothing shows the newer one any more.
    store.delete(table, difference(ROWS, ROWS, ["k"]))
    assert store.columns_differ(table) == []
    assert same(store.read(table), ROWS)
    store.drop(table.resource)
    types = [{**f, "type": "text"} for f in fields]
    account.api.action.datastore_create(resource_id=table.resource, fields=types)
    for refused in (store.create, store.read, store.load):
        with pytest.raises(FindingError, match="target-column-type"):
            refused(table)


def test_a_table_is_dropped_once(store: DataStore, make: Make) -> None:
    table = make()
    store.load(table)
    assert store.drop(table.resource)
    assert not store.drop(table.resource)
    assert store.read(table) is None


def test_many_rows_are_deleted_by_one_call(wire: Wire, make: Make) -> None:
    rows = pa.table({"k": [f"r'{i}%" for i in range(3000)], "t": [json.dumps(i) for i in range(3000)]})
    table = make(rows)
    store = DataStore(wire, 10_000, lambda _: None)
    store.load(table)
    found = difference(rows, rows.slice(0, 1), ["k"])
    writes = wire.writes
    assert store.delete(table, found) == 2999
    assert wire.writes == writes + 1
    assert same(store.read(table), rows.slice(0, 1))
