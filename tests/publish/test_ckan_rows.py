"""What the DataStore is to hold of a release, how two states of its rows differ, and how rows travel."""

import json
import math
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.findings import FindingError
from pipelines.contracts.metadata import TableFacts
from pipelines.publish.ckan.columns import TYPES, column_changes, column_findings, columns_of, index_name
from pipelines.publish.ckan.datastore import CALL_BYTES, DataStore, pieces, records
from pipelines.publish.ckan.dump import read_dump, schema_of
from pipelines.publish.ckan.faults import LostError, RefusedError
from pipelines.publish.ckan.model import WantedTable
from pipelines.publish.ckan.rows import columns_hash, difference, digest, read_parquet, wanted_table

BLANKS = {"coverage": [], "titles": {"es": "T", "en": "T"}, "descriptions": {"es": "D", "en": "D"}}


def field(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    """A field of a published Table Schema."""
    texts = {"titles": {"es": f"Título {name}", "en": f"Title {name}"}, "descriptions": {"es": "Qué", "en": "What"}}
    return {"name": name, "type": kind, **texts, **more}


def make_wanted(table: pa.Table, key: list[str], folder: Path, **kinds: str) -> WantedTable:
    """A table of strings, but for the `kinds` given, in a Parquet file."""
    pq.write_table(table, folder / "t.parquet")
    columns = columns_of({"fields": [field(n, kinds.get(n, "string")) for n in table.column_names]})
    return WantedTable("t", "res", columns, key, [], folder / "t.parquet", table.num_rows)


# Columns, key and indexes.


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """What of a release folder tells the columns."""
    schema = {
        "fields": [field(n, n) for n in TYPES]
        + [field("org_id"), field("parent_id"), field("kind", vocabulary="place-kind"), field("area", unit="KMK")],
        "primaryKey": ["string", "date"],
        "foreignKeys": [
            {"fields": ["parent_id"], "reference": {"resource": "", "fields": ["string"]}},
            {"fields": ["year", "org_id"], "reference": {"resource": "x", "fields": ["a", "b"]}},
        ],
    }
    keys = [{"fields": ["org_id"], "reference": {"dataset": "members", "resource": "m", "fields": ["org_id"]}}]
    package = {"resources": [{"name": "other"}, {"name": "t", "schema": schema, "keys": keys}]}
    (tmp_path / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    return tmp_path


def test_a_table_is_wanted_with_the_types_key_and_dictionary_of_its_release(release: Path) -> None:
    facts = TableFacts(name="t", rows=7, columns=11, **BLANKS)
    table = wanted_table(release, facts, "res-1")
    assert (table.table, table.resource, table.rows, table.parquet) == ("t", "res-1", 7, release / "t.parquet")
    assert table.key == ["string", "date"]
    assert [c["type"] for c in table.columns[:7]] == ["text", "int8", "int4", "float8", "bool", "date", "timestamptz"]
    kind, area = table.columns[-2:]
    assert kind["info"] == {
        "label": "Título kind",
        "notes": "Qué",
        "label_en": "Title kind",
        "notes_en": "What",
        "vocabulary": "place-kind",
    }
    assert area["info"]["unit"] == "KMK"


def test_columns_that_name_rows_of_other_tables_are_indexed(release: Path) -> None:
    table = wanted_table(release, TableFacts(name="t", rows=0, columns=11, **BLANKS), "r")
    assert table.indexes == ["org_id", "parent_id"]


def test_a_table_that_the_release_does_not_have_is_an_error(release: Path) -> None:
    with pytest.raises(KeyError, match="absent"):
        wanted_table(release, TableFacts(name="absent", rows=0, columns=0, **BLANKS), "r")


def test_a_column_whose_name_is_too_long_for_postgresql_is_a_finding(tmp_path: Path) -> None:
    table = make_wanted(pa.table({"a" * 63: ["x"], "b" * 64: ["x"]}), ["a" * 63], tmp_path)
    found = column_findings(table)
    assert [(f.code, f.field) for f in found] == [("target-column-name", "b" * 64)]


def info_of(table: WantedTable, **changed: dict[str, Any]) -> dict[str, Any]:
    """What `datastore_info` says of a table that is as wanted, but for what is `changed` of a column."""
    names = {n: index_name(table.resource, table.key) for n in table.key}
    names |= {n: index_name(table.resource, [n]) for n in table.indexes}
    fields = [{**c, "schema": {"index_name": names.get(c["id"])}} for c in table.columns]
    return {"fields": [f | changed.get(f["id"], {}) for f in fields if changed.get(f["id"], {}) is not None]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"n": {"type": "text"}}, [("columns.n.type", "text", "int8")]),
        ({"n": None}, [("columns.n.type", None, "int8")]),
        ({"n": {"info": {}}}, [("columns.n.info.label", None, "Título n")]),
        ({"n": {"schema": {"index_name": "abc"}}}, [("columns.n.index", "abc", None)]),
        ({"k": {"schema": {"index_name": None}}}, [("columns.k.index", None, index_name("res", ["k"]))]),
    ],
)
def test_what_was_changed_on_the_portal_is_told_column_by_column(
    tmp_path: Path, changed: dict[str, Any], said: list[tuple[str, Any, Any]]
) -> None:
    table = make_wanted(pa.table({"k": ["a"], "n": [1]}), ["k"], tmp_path, n="integer")
    changes = [(c.field, c.shown, c.wanted) for c in column_changes(table, info_of(table, **changed))]
    assert changes[:1] == said
    assert bool(changes) == bool(said)


def test_the_hash_of_the_columns_follows_type_dictionary_and_key(tmp_path: Path) -> None:
    rows = pa.table({"k": ["a"], "n": ["1"]})
    one = make_wanted(rows, ["k"], tmp_path)
    assert columns_hash(one) == columns_hash(make_wanted(rows, ["k"], tmp_path))
    others = [make_wanted(rows, ["n"], tmp_path), make_wanted(rows, ["k"], tmp_path, n="integer")]
    assert len({columns_hash(t) for t in [one, *others]}) == 3


# Differences.

_CELLS = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 0.1, math.nan, 1e300, math.inf]))
_KEYS = st.tuples(st.sampled_from(["a", "b", "", "ñ", "a/b"]), st.integers(1, 4))
_STATE = st.dictionaries(_KEYS, st.tuples(_CELLS, st.one_of(st.none(), st.sampled_from(["", "x", "NULL"]))))
_SCHEMA = pa.schema([("k", pa.string()), ("n", pa.int64()), ("f", pa.float64()), ("t", pa.string())])


def as_table(rows: list[tuple[Any, ...]], chunks: int = 1) -> pa.Table:
    """Rows as a table, in several chunks if asked."""
    parts = [
        pa.Table.from_pylist([dict(zip(_SCHEMA.names, r, strict=True)) for r in rows[i::chunks]], _SCHEMA)
        for i in range(chunks)
    ]
    return pa.concat_tables(parts)


def plain(rows: pa.Table) -> list[tuple[Any, ...]]:
    """Rows that Python compares as we do."""
    return [tuple("NaN" if v != v else v for v in row.values()) for row in rows.to_pylist()]


@given(_STATE, _STATE, st.integers(1, 3))
def test_a_difference_is_what_comparing_row_by_row_finds(old: dict[Any, Any], new: dict[Any, Any], chunks: int) -> None:
    before, after = (as_table([(*k, *v) for k, v in state.items()], chunks) for state in (old, new))
    found = difference(before, after, ["k", "n"])
    was = {row[:2]: row for row in plain(before)}
    becomes = {row[:2]: row for row in plain(after)}
    rows = plain(found.upserts)
    assert sorted(r[:2] for r in rows[: found.added]) == sorted(becomes.keys() - was.keys())
    changed = [k for k in becomes.keys() & was.keys() if becomes[k] != was[k]]
    assert sorted(r[:2] for r in rows[found.added :]) == sorted(changed)
    assert all(becomes[r[:2]] == r for r in rows)
    assert sorted(plain(found.removed)) == sorted(was.keys() - becomes.keys())
    assert (found.changed, found.removed_count) == (len(changed), found.removed.num_rows)


@given(st.lists(st.tuples(_KEYS, _CELLS)), st.lists(st.tuples(_KEYS, _CELLS)))
def test_without_a_key_rows_are_counted(old: list[Any], new: list[Any]) -> None:
    before, after = (as_table([(*k, f, None) for k, f in state]) for state in (old, new))
    found = difference(before, after, [])
    was, becomes = Counter(plain(before)), Counter(plain(after))
    assert Counter(plain(found.upserts)) == becomes - was
    assert Counter(plain(found.removed)) == was - becomes
    assert found.changed == 0


def test_a_column_that_is_new_counts_as_empty_before() -> None:
    before = pa.table({"k": ["a", "b"], "gone": [1, 2]})
    after = pa.table({"k": ["a", "b"], "new": pa.array([None, "x"])})
    found = difference(before, after, ["k"])
    assert (found.added, found.upserts.to_pylist()) == (0, [{"k": "b", "new": "x"}])


def test_a_row_of_the_portal_with_an_empty_key_is_removed() -> None:
    before = pa.table({"k": pa.array(["a", None])})
    assert difference(before, pa.table({"k": ["a"]}), ["k"]).removed.to_pylist() == [{"k": None}]


# Hashes.


@given(_STATE, st.integers(1, 3), st.randoms())
def test_a_hash_does_not_depend_on_order(state: dict[Any, Any], chunks: int, luck: Any) -> None:
    rows = [(*k, *v) for k, v in state.items()]
    mixed = luck.sample(rows, len(rows))
    assert digest(as_table(rows)) == digest(as_table(mixed, chunks).select(["t", "f", "n", "k"]))


@given(_STATE, _STATE)
def test_different_rows_have_different_hashes(one: dict[Any, Any], other: dict[Any, Any]) -> None:
    tables = [as_table([(*k, *v) for k, v in state.items()]) for state in (one, other)]
    assert (digest(tables[0]) == digest(tables[1])) == (Counter(plain(tables[0])) == Counter(plain(tables[1])))


def test_a_hash_tells_an_empty_cell_from_every_value() -> None:
    day, moment = date(1899, 12, 31), datetime(2020, 1, 1, 10, 0, 0, 1, UTC)
    cells: list[list[Any]] = [
        ["", None],
        ["NULL", None],
        [0, None],
        [False, None],
        [True, False],
        [day, None],
        [moment, None],
    ]
    hashes = [
        digest(pa.table({"a": pa.array([cell], pa.array([c for c in pair if c is not None]).type)}))
        for pair in cells
        for cell in pair
    ]
    assert all(hashes[i] != hashes[i + 1] for i in range(0, len(hashes), 2))
    assert digest(pa.table({"a": ["x"]})) != digest(pa.table({"b": ["x"]}))


# Rows on their way.


def test_a_dump_is_read_as_it_was_released() -> None:
    dump = (
        "_id,k,t,f,b,y,d,z,more\n"
        '1,a,"",0.1,t,2020,1899-12-31,2020-01-01 10:00:00.123456+00,x\n'
        "2,NULL,,1e+22,f,-5,0001-01-01,1850-01-01 00:00:00-00:14:44,x\n"
        '3,"q""u\no\r\nt,e 😀",\\.,NaN,,,,2020-07-01 12:00:00.5+05:30,x\n'
        "4,b, ,-Infinity,,,,,x\n"
    )
    schema = pa.schema(
        [
            ("k", pa.string()),
            ("t", pa.string()),
            ("f", pa.float64()),
            ("b", pa.bool_()),
            ("y", pa.int64()),
            ("d", pa.date32()),
            ("z", pa.timestamp("us", "UTC")),
            ("new", pa.string()),
        ]
    )
    raw = dump.encode()
    rows = read_dump([raw[i : i + 7] for i in range(0, len(raw), 7)], schema)
    assert rows.schema == schema
    assert rows["k"].to_pylist() == ["a", "NULL", 'q"u\no\r\nt,e 😀', "b"]
    assert rows["t"].to_pylist() == ["", None, "\\.", " "]
    assert rows["b"].to_pylist() == [True, False, None, None]
    assert [str(f) for f in rows["f"].to_pylist()] == ["0.1", "1e+22", "nan", "-inf"]
    assert rows["d"].to_pylist()[:2] == [date(1899, 12, 31), date(1, 1, 1)]
    assert rows["z"].to_pylist() == [
        datetime(2020, 1, 1, 10, 0, 0, 123456, UTC),
        datetime(1850, 1, 1, 0, 14, 44, tzinfo=UTC),
        datetime(2020, 7, 1, 6, 30, 0, 500000, UTC),
        None,
    ]
    assert rows["new"].null_count == 4
    assert read_dump([b"_id,k\n"], schema).num_rows == 0


def test_a_dump_with_an_instant_that_is_none_is_an_error() -> None:
    with pytest.raises(pa.ArrowInvalid):
        read_dump([b"z\nsoon\n"], pa.schema([("z", pa.timestamp("us", "UTC"))]))


def test_calls_hold_as_many_rows_as_fit() -> None:
    table = pa.table({"k": ["x"] * 30 + ["ñ" * 400_000] + ["y"]})
    sizes = [p.num_rows for p in pieces(table, 20)]
    assert sizes == [20, 10, 1, 1]
    bodies = [json.dumps(records(p)) for p in pieces(pa.table({"k": ["ñ😀ab\n" * 100] * 2000}), 10_000)]
    assert max(map(len, bodies)) <= CALL_BYTES
    assert len(bodies) < 10


def test_numbers_that_json_does_not_have_travel_as_text() -> None:
    rows = records(pa.table({"f": [0.5, math.nan, -math.inf, None]}))
    assert [r["f"] for r in rows] == [0.5, "nan", "-inf", None]
    json.dumps(rows, allow_nan=False)


def test_days_and_instants_travel_as_text() -> None:
    table = pa.table(
        {"d": pa.array([date(1, 2, 3), None]), "z": pa.array([datetime(2020, 1, 1, 0, 0, 0, 5, UTC), None])}
    )
    assert records(table) == [{"d": "0001-02-03", "z": "2020-01-01 00:00:00.000005Z"}, {"d": None, "z": None}]


# What is done when an answer is lost.


class Portal:
    """Stands for a wire: keeps the calls, and fails those that are told to."""

    url = "http://portal.example"

    def __init__(self, **failing: Exception) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.failing = failing
        self.total = [3]
        self.info: dict[str, Any] | None = {"fields": [], "meta": {"count": 3}}

    def find(self, action: str, **data: Any) -> Any:
        """The description of the table."""
        return self.info

    def ask(self, action: str, **data: Any) -> Any:
        """The number of rows that readers are told."""
        return {"total": self.total.pop(0) if len(self.total) > 1 else self.total[0]}

    def do(self, action: str, data: dict[str, Any], files: object = None, again: bool = False) -> Any:
        """Keep the call; the first of a method that is failing fails."""
        method = data.get("method", action)
        self.calls.append((method, again))
        if method in self.failing:
            raise self.failing.pop(method)


def make_store(portal: Portal, told: list[int] | None = None) -> DataStore:
    """A DataStore over a portal that is none."""
    return DataStore(portal, 2, (told if told is not None else []).append)  # type: ignore[arg-type]


BEFORE, AFTER = pa.table({"k": ["a", "b"], "t": ["1", "2"]}), pa.table({"k": ["a", "c", "d", "e"], "t": list("9xyz")})


def test_added_rows_are_inserted_and_changed_rows_updated(tmp_path: Path) -> None:
    portal, told = Portal(), list[int]()
    table = make_wanted(AFTER, ["k"], tmp_path)
    assert make_store(portal, told).upsert(table, difference(BEFORE, AFTER, ["k"])) == 4
    assert portal.calls == [("insert", False), ("insert", False), ("update", True)]
    assert told == [2, 3, 4]


@pytest.mark.parametrize("error", [LostError("a"), RefusedError("a", reasons={"records": ["duplicate key"]})])
@pytest.mark.parametrize("method", ["insert", "update"])
def test_a_call_that_was_lost_or_refused_is_done_over_by_key(tmp_path: Path, method: str, error: Exception) -> None:
    portal = Portal(**{method: error})
    make_store(portal).upsert(make_wanted(AFTER, ["k"], tmp_path), difference(BEFORE, AFTER, ["k"]))
    at = [m for m, _ in portal.calls].index(method)
    assert portal.calls[at + 1 : at + 3] == [("upsert", True), ("update", True)]


def test_without_a_key_a_lost_call_is_not_done_over(tmp_path: Path) -> None:
    portal = Portal(insert=LostError("a"))
    with pytest.raises(LostError):
        make_store(portal).upsert(make_wanted(AFTER, [], tmp_path), difference(BEFORE, AFTER, []))
    assert portal.calls == [("insert", False)]


def test_the_number_that_readers_are_told_is_set_right(tmp_path: Path) -> None:
    portal = Portal()
    portal.total = [4, 3]
    make_store(portal).upsert(make_wanted(AFTER, ["k"], tmp_path), difference(BEFORE, BEFORE.slice(0, 1), ["k"]))
    assert portal.calls == []
    make_store(portal).delete(make_wanted(AFTER, ["k"], tmp_path), difference(BEFORE, BEFORE.slice(0, 1), ["k"]))
    assert [c[0] for c in portal.calls] == ["datastore_delete", "datastore_upsert"]


def test_a_number_that_stays_wrong_is_a_finding(tmp_path: Path) -> None:
    portal = Portal()
    portal.total = [4]
    with pytest.raises(FindingError) as raised:
        make_store(portal).delete(make_wanted(AFTER, ["k"], tmp_path), difference(BEFORE, AFTER, ["k"]))
    assert [f.code for f in raised.value.findings] == ["target-rows-unsteady"]


def test_a_column_of_another_type_is_a_finding_and_nothing_is_written(tmp_path: Path) -> None:
    table = make_wanted(pa.table({"k": ["a"], "n": [1]}), ["k"], tmp_path, n="integer")
    portal = Portal()
    portal.info = info_of(table, n={"type": "text"})
    with pytest.raises(FindingError) as raised:
        make_store(portal).create(table)
    found = raised.value.findings[0]
    assert (found.code, found.field, found.value, found.params) == (
        "target-column-type",
        "n",
        "text",
        {"expected": "int8"},
    )
    assert portal.calls == []


def test_a_table_that_is_as_wanted_is_not_written(tmp_path: Path) -> None:
    table = make_wanted(AFTER, ["k"], tmp_path)
    portal = Portal()
    portal.info = info_of(table)
    make_store(portal).create(table)
    assert portal.calls == []


def test_a_lost_drop_is_resolved_by_looking(tmp_path: Path) -> None:
    portal = Portal(datastore_delete=LostError("a"))
    with pytest.raises(LostError):
        make_store(portal).drop("res")
    portal.info = None
    assert make_store(portal).drop("res") is False


def test_columns_of_a_parquet_file_come_as_asked(tmp_path: Path) -> None:
    pq.write_table(AFTER, tmp_path / "t.parquet")
    assert read_parquet(tmp_path / "t.parquet", ["t", "k"]).column_names == ["t", "k"]
    assert read_parquet(tmp_path / "t.parquet").equals(AFTER)
    assert schema_of(["_id", "t"], AFTER.schema) == pa.schema([("_id", pa.int64()), ("t", pa.string())])
