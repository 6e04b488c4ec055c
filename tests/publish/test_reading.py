"""What is made of a release for reading it: the same as a plain calculation over its rows gives."""

import csv
import io
import json
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from publish_town import fact, moment

from pipelines.contracts.dataset import Resource
from pipelines.contracts.files import sha256_bytes
from pipelines.contracts.findings import FindingError
from pipelines.contracts.grouping import code_type
from pipelines.contracts.reading import READING_FORMAT, Reading, ReadTable, folded
from pipelines.contracts.records import Release
from pipelines.contracts.store import Store
from pipelines.contracts.tables import as_text, dtype_of
from pipelines.publish import reading_rows
from pipelines.publish.reading import make_reading
from pipelines.publish.reading_rows import write_csv_rows
from pipelines.release.writers import write_csv, write_jsonl, write_parquet
from tests.tiny import column, table, text

VERSION = "2026-01-10.1"
KINDS = {"a/b": text("Almacén", "Warehouse"), "c": text("Cañón", "Canyon"), "d": text("Nunca", "Never")}
FIELDS = [
    column("kind", vocabulary="kind"),
    column("number", type="integer"),
    column("name", unit="NAME"),
    column("amount", type="number", unit="EUR"),
    column("founded", type="year"),
    column("active", type="boolean"),
    column("day", type="date"),
    column("seen", type="datetime"),
    column("date", edtf=True),
    column("date_from", type="date", derived_from="date"),
    column("date_to", type="date", derived_from="date"),
]
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS: list[tuple[Any, ...]] = [
    ("a/b", 1, "Ñandú", 10.5, 1999, True, date(2020, 1, 2), MOMENT, "2020", date(2020, 1, 1), date(2020, 12, 31)),
    ("a/b", 2, 'dijo "sí",\r\ny no', -0.0, None, False, None, None, None, None, None),
    ("a/b", 10, "nandu", None, 2001, None, date(2019, 5, 6), MOMENT, "2019-05", date(2019, 5, 1), date(2019, 5, 31)),
    ("c", 1, None, 0.0, 1999, True, date(2020, 1, 2), None, "../2021", None, date(2021, 12, 31)),
    ("c", 3, "Zebra\n\n", 1e6, -44, None, None, MOMENT.replace(year=2025), None, None, None),
    ("c", 4, "zebra", -3.25, None, False, date(1900, 1, 1), None, None, None, None),
    ("c\\", 4, "Éa", 10.5, None, False, None, None, None, None, None),
]


def resource(name: str, fields: list[dict[str, Any]] = FIELDS) -> Resource:
    """A table of those columns; those that are derived stand beside their date by themselves."""
    return Resource.model_validate(table(name, ["kind", "number"], [f for f in fields if "derived_from" not in f]))


def frame(rows: list[tuple[Any, ...]], described: list[dict[str, Any]] = FIELDS) -> pd.DataFrame:
    fields = resource("things", described).fields
    cells = zip(*rows, strict=True) if rows else [()] * len(fields)
    return pd.DataFrame(
        {f.name: pd.Series(list(c), dtype=dtype_of(f)) for f, c in zip(fields, cells, strict=True)}  # type: ignore[call-overload]
    )


def described(name: str, fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A table in the words of the Data Package of a release."""
    own = []
    for field in fields:
        said = {k: v for k, v in field.items() if k not in ("privacy", "derived_from")}
        labels = {"labels": KINDS} if "vocabulary" in field else {}
        own.append({"type": "string", **said, **labels})
    texts = {"titles": text("Tabla", "Table"), "descriptions": text("Qué es.", "What it is.")}
    return {"name": name, **texts, "schema": {"fields": own, "primaryKey": ["kind", "number"]}, **more}


def put(
    store: Store,
    resources: list[dict[str, Any]],
    tables: dict[str, pd.DataFrame],
    fields: list[dict[str, Any]] = FIELDS,
) -> tuple[Release, str]:
    """Put a release into the store; returns it and the hash of its record."""
    folder = store.release("alfa", VERSION)
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        for extension, write in (("csv", write_csv), ("jsonl", write_jsonl), ("parquet", write_parquet)):
            write(folder / f"{name}.{extension}", rows, resource(name, fields))
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}), encoding="utf-8")
    release = Release(
        format=2,
        dataset="alfa",
        version=VERSION,
        schema_version="1.0.0",
        fingerprint="f",
        data_fingerprint="f",
        metadata_fingerprint="f",
        published=moment(VERSION),
        data_changed=moment(VERSION),
        metadata_changed=moment(VERSION),
        code_version="0",
        rows={name: len(rows) for name, rows in tables.items()},
        schema_change="first",
        inputs=[],
        files=[fact(p) for p in sorted(folder.iterdir())],
    )
    said = release.model_dump_json().encode()
    (folder / "release.json").write_bytes(said)
    return release, sha256_bytes(said)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("reading"))
    resources = [described("things", FIELDS), described("none", FIELDS)]
    release, digest = put(store, resources, {"things": frame(ROWS), "none": frame([])})
    return make_reading(store, release, digest)


def said(folder: Path) -> list[ReadTable]:
    return Reading.model_validate_json((folder / "reading.json").read_bytes()).tables


def values(folder: Path, name: str, number: int) -> list[Any]:
    with pa.memory_map(str(folder / f"{name}.{number}.values.arrow")) as source:
        return pa.ipc.open_file(source).get_batch(0).column("value").to_pylist()


@pytest.mark.parametrize("number", range(len(FIELDS)), ids=[str(f["name"]) for f in FIELDS])
def test_codes_order_and_values_are_those_of_a_plain_sort(made: Path, number: int) -> None:
    cells = [None if pd.isna(v) else v for v in frame(ROWS).iloc[:, number].tolist()]
    order = (lambda v: (folded(v), v)) if isinstance(ROWS[0][number], str) else (lambda v: v)
    distinct = sorted({v for v in cells if v is not None}, key=order)
    codes = [0 if v is None else 1 + distinct.index(v) for v in cells]
    assert values(made, "things", number) == distinct
    assert np.load(made / f"things.{number}.codes.npy", mmap_mode="r").tolist() == codes
    assert np.load(made / "things.order.npy", mmap_mode="r")[number].tolist() == sorted(
        range(len(cells)), key=lambda row: (codes[row], row)
    )


def test_orders_are_of_32_bits_and_columns_come_first(made: Path) -> None:
    order = np.load(made / "things.order.npy")
    assert (order.dtype, order.shape) == (np.dtype("<u4"), (len(FIELDS), len(ROWS)))


@pytest.mark.parametrize(("distinct", "kind"), [(0, "u1"), (255, "u1"), (256, "<u2"), (65_535, "<u2"), (65_536, "<u4")])
def test_codes_are_as_short_as_their_number_allows(distinct: int, kind: str) -> None:
    assert code_type(distinct) == np.dtype(kind)


WIDE = [column("kind"), column("number", type="integer"), column("half", type="number"), column("ever")]
MANY = [(f"k{n % 5}" if n % 11 else None, n, None if n % 3 else n / 2, "x") for n in range(400)]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("wide"))
    release, digest = put(store, [described("things", WIDE)], {"things": frame(MANY, WIDE)}, WIDE)
    return make_reading(store, release, digest)


def test_figures_are_made_of_groups_that_are_few(wide: Path) -> None:
    assert [c.grouped for c in said(wide)[0].columns] == [True, False, False, True]
    assert sorted(p.name for p in wide.glob("*.groups.npy")) == ["things.0.groups.npy", "things.3.groups.npy"]
    found = np.load(wide / "things.0.groups.npy")
    for code, kind in enumerate([None, "k0", "k1", "k2", "k3", "k4"]):
        rows = [r for r in MANY if r[0] == kind]
        wanted: list[float] = [len(rows)]
        for place in (1, 2):
            numbers = [r[place] for r in rows if r[place] is not None]
            wanted += [len(numbers), sum(numbers), min(numbers), max(numbers)]
        assert found[:, code].tolist() == wanted
    assert np.isnan(np.load(wide / "things.3.groups.npy")[3, 0])


def test_a_frequent_word_has_a_bit_for_each_row(wide: Path) -> None:
    with pa.memory_map(str(wide / "things.words.arrow")) as source:
        found = pa.ipc.open_file(source).read_all().to_pydict()
    bits = np.unpackbits(np.load(wide / "things.often.npy"), axis=1, count=400, bitorder="little")
    rows, starts = np.load(wide / "things.words.npy"), [0, *found["end"]]
    assert found["word"] == ["k0", "k1", "k2", "k3", "k4", "x"]
    for place, often in enumerate(found["often"]):
        assert np.flatnonzero(bits[often]).tolist() == rows[starts[place] : starts[place + 1]].tolist()


def test_a_rare_word_has_no_bits(tmp_path: Path) -> None:
    rows = [("rare" if n == 7 else "often", n, None, None) for n in range(100)]
    release, digest = put(Store(tmp_path), [described("things", WIDE)], {"things": frame(rows, WIDE)}, WIDE)
    made = make_reading(Store(tmp_path), release, digest)
    with pa.memory_map(str(made / "things.words.arrow")) as source:
        assert pa.ipc.open_file(source).read_all().column("often").to_pylist() == [0, -1]


def test_names_are_sorted_without_case_and_accents(made: Path) -> None:
    assert values(made, "things", 2) == ['dijo "sí",\r\ny no', "Éa", "nandu", "Ñandú", "zebra", "Zebra\n\n"]


def test_each_row_is_found_by_its_key(made: Path) -> None:
    with pa.memory_map(str(made / "things.keys.arrow")) as source:
        keys = pa.ipc.open_file(source).get_batch(0).to_pydict()
    assert keys["key"] == sorted(keys["key"])
    expected = {"a\\/b/1": 0, "a\\/b/2": 1, "a\\/b/10": 2, "c/1": 3, "c/3": 4, "c/4": 5, "c\\\\/4": 6}
    assert dict(zip(keys["key"], keys["row"], strict=True)) == expected


def test_a_slice_between_two_places_is_one_row_of_the_text_files(made: Path) -> None:
    folder = made.parents[2] / "releases" / "alfa" / VERSION
    texts = pd.DataFrame({name: as_text(cells) for name, cells in frame(ROWS).items()}).fillna("")
    lines, objects = ((folder / f"things.{e}").read_bytes() for e in ("csv", "jsonl"))
    in_csv, in_json = (np.load(made / f"things.{e}.npy").tolist() for e in ("csv", "jsonl"))
    for row in range(len(ROWS)):
        part = lines[in_csv[row] : in_csv[row + 1]].decode()
        assert list(csv.reader(io.StringIO(part, newline=""))) == [texts.iloc[row].tolist()]
        assert json.loads(objects[in_json[row] : in_json[row + 1]])["name"] == ROWS[row][2]
    assert (in_csv[-1], in_json[-1]) == (len(lines), len(objects))


def test_what_is_said_of_a_column_is_what_it_holds(made: Path) -> None:
    columns = {c.name: c for c in said(made)[0].columns}
    assert {n: (c.distinct, c.empty, c.least, c.most) for n, c in columns.items()} == {
        "kind": (3, 0, "a/b", "c\\"),
        "number": (5, 0, "1", "10"),
        "name": (6, 1, 'dijo "sí",\r\ny no', "Zebra\n\n"),
        "amount": (4, 1, "-3.25", "1000000"),
        "founded": (3, 3, "-44", "2001"),
        "active": (2, 2, "false", "true"),
        "day": (3, 3, "1900-01-01", "2020-01-02"),
        "seen": (2, 4, "2025-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        "date": (3, 4, "../2021", "2020"),
        "date_from": (2, 5, "2019-05-01", "2020-01-01"),
        "date_to": (3, 4, "2019-05-31", "2021-12-31"),
    }
    assert {code: t.es for code, t in columns["kind"].codes.items()} == {"a/b": "Almacén", "c": "Cañón"}
    assert (columns["kind"].vocabulary, columns["amount"].unit, columns["founded"].type) == ("kind", "EUR", "year")


def test_what_is_said_of_a_table_is_its_own(made: Path) -> None:
    things = said(made)[0]
    assert (things.rows, things.key, things.searched) == (7, ["kind", "number"], ["kind", "name"])
    assert (things.valid_from, things.valid_to) == ("date_from", "date_to")
    assert things.titles.en == "Table"


def test_a_table_without_rows_has_empty_arrays(made: Path) -> None:
    assert [np.load(made / f"none.{n}.codes.npy").shape for n in range(len(FIELDS))] == [(0,)] * len(FIELDS)
    assert np.load(made / "none.order.npy").shape == (len(FIELDS), 0)
    assert [values(made, "none", n) for n in range(len(FIELDS))] == [[]] * len(FIELDS)
    assert len(np.load(made / "none.csv.npy")) == len(np.load(made / "none.jsonl.npy")) == 1
    with pa.memory_map(str(made / "none.keys.arrow")) as source:
        assert pa.ipc.open_file(source).get_batch(0).to_pydict() == {"key": [], "row": []}
    assert {(c.distinct, c.empty, c.least, c.most) for c in said(made)[1].columns} == {(0, 0, None, None)}


def rows_of(made: Path, word: str) -> list[int]:
    with pa.memory_map(str(made / "things.words.arrow")) as source:
        known = pa.ipc.open_file(source).get_batch(0).to_pydict()
    if word not in known["word"]:
        return []
    place = known["word"].index(word)
    ends = [0, *known["end"]]
    return [int(row) for row in np.load(made / "things.words.npy")[ends[place] : ends[place + 1]]]


@pytest.mark.parametrize(
    ("asked", "rows"), [("nandu", [0, 2]), ("canon", [3, 4, 5]), ("warehouse", [0, 1, 2]), ("ñandú", []), ("2020", [])]
)
def test_words_are_indexed_without_accents_and_codes_by_their_labels(made: Path, asked: str, rows: list[int]) -> None:
    assert rows_of(made, asked) == rows


def test_the_same_release_gives_the_same_bytes_and_leaves_nothing_in_work(tmp_path: Path) -> None:
    store = Store(tmp_path)
    release, digest = put(store, [described("things", FIELDS)], {"things": frame(ROWS)})
    seen = []
    for _ in range(2):
        place = make_reading(store, release, digest)
        seen.append({p.name: p.read_bytes() for p in place.iterdir()})
    assert seen[0] == seen[1]
    assert place == tmp_path / "reading" / "alfa" / VERSION
    assert list(store.work.iterdir()) == []
    head = json.loads(seen[0]["reading.json"])
    assert (head["format"], head["release"]) == (READING_FORMAT, digest)


@pytest.mark.parametrize("file", ["datapackage.json", "things.csv", "things.jsonl", "things.parquet"])
def test_a_file_that_was_not_released_so_is_refused(tmp_path: Path, file: str) -> None:
    store = Store(tmp_path)
    release, digest = put(store, [described("things", FIELDS)], {"things": frame(ROWS)})
    path = store.release("alfa", VERSION) / file
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(FindingError) as caught:
        make_reading(store, release, digest)
    assert [(f.code, f.part) for f in caught.value.findings] == [("release-damaged", file)]
    assert not store.readings.exists()


TWICE = [
    *FIELDS,
    column("as_of", edtf=True),
    column("as_of_from", type="date", derived_from="as_of"),
    column("as_of_to", type="date", derived_from="as_of"),
]


@pytest.mark.parametrize(
    ("told", "bounds"),
    [
        ({"describesFrom": "2019-05-01", "describesUntil": "2021-12-31"}, ("date_from", "date_to")),
        ({"describesFrom": "2019-05-01", "describesUntil": "2030-12-31"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_of_two_dates_the_one_that_the_table_is_dated_by_counts(
    tmp_path: Path, told: dict[str, str], bounds: tuple[str | None, str | None]
) -> None:
    later = ("2024", date(2024, 1, 1), date(2024, 12, 31))
    rows = frame([(*row, *later) for row in ROWS], TWICE)
    store = Store(tmp_path)
    release, digest = put(store, [described("things", TWICE, **told)], {"things": rows}, TWICE)
    [things] = said(make_reading(store, release, digest))
    assert (things.valid_from, things.valid_to) == bounds


CELL = st.text(st.sampled_from('a",\n\r\\é'), max_size=5)


@given(rows=st.lists(st.tuples(CELL, CELL), max_size=6), piece=st.integers(1, 9))
def test_quoted_line_breaks_never_begin_a_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], piece: int
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    file, out = folder / "table.csv", folder / "table.csv.npy"
    pd.DataFrame(rows, columns=["a", 'b "\n'], dtype=object).to_csv(file, index=False, lineterminator="\r\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading_rows, "_PIECE", piece)
        write_csv_rows(out, file, len(rows))
    data, places = file.read_bytes(), np.load(out).tolist()
    parts = [data[a:b].decode() for a, b in pairwise(places)]
    assert [tuple(next(csv.reader(io.StringIO(p, newline="")))) for p in parts] == rows


def test_a_file_with_another_number_of_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"a\r\n1\r\n2\r\n")
    with pytest.raises(ValueError, match="2 rows instead of 3"):
        write_csv_rows(tmp_path / "out.npy", tmp_path / "table.csv", 3)
