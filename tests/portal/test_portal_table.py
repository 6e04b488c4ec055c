"""A table gives the bytes of its release: by row, by key, by words, and as codes."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from portal_things import LABELS, cells, make_things, resource, things

from pipelines.contracts.cells import number_text
from pipelines.contracts.reading import folded, words
from pipelines.contracts.tables import dtype_of, key_text
from portal.mapped import PIECE, Lines, mapped_array
from portal.table import Table
from portal.values import comparable


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return things()


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Table:
    return make_things(tmp_path_factory.mktemp("things"), frame)


def test_every_key_finds_its_row(table: Table, frame: pd.DataFrame) -> None:
    typed = pd.DataFrame({f.name: pd.Series(frame[f.name].tolist(), dtype=dtype_of(f)) for f in resource().fields})
    keys = key_text(typed, ["part", "id"]).tolist()
    assert [table.keys.row(k) for k in keys] == list(range(len(frame)))
    assert "b\\/c/t-0001" in keys or any("\\/" in k for k in keys)
    assert [table.keys.row(k) for k in ("", "a", "zzz", "a/t-9999", "\ud800")] == [None] * 5


def test_the_cells_of_codes_are_those_of_the_release(table: Table, frame: pd.DataFrame) -> None:
    lines = table.file("jsonl").read_text(encoding="utf-8").splitlines()
    for place, name in enumerate(frame.columns):
        values = table.values(place)
        assert values.texts(table.codes[place]) == cells(frame, name)
        said = values.json(table.codes[place])
        assert all(f'"{name}": {cell}' in line for cell, line in zip(said, lines, strict=True))


def test_a_value_has_the_code_of_its_place_and_its_bounds(table: Table, frame: pd.DataFrame) -> None:
    for place, name in enumerate(frame.columns):
        values = table.values(place)
        texts = values.texts(np.arange(1, values.count + 1, dtype=np.uint32))
        for code, text in enumerate(texts, 1):
            assert text is not None
            value = comparable(values.kind, text)
            assert (values.code(value), values.below(value), values.upto(value)) == (code, code - 1, code), name
    names = table.values(table.places["name"])
    assert names.code("nowhere") == 0
    assert table.values(table.places["district"]).code(10**17) == 0


def test_texts_contain_without_case_and_accents(table: Table, frame: pd.DataFrame) -> None:
    place = table.places["name"]
    texts = cells(frame, "name")
    for asked in ("canon", "ÑANDU", "garzón", "strasse", '"alamo"', "bis", ".*", "%", "nunez, h"):
        found = table.values(place).containing(asked)[table.codes[place]]
        assert found.tolist() == [t is not None and folded(asked) in folded(t) for t in texts], asked


def test_words_are_found_with_the_labels_of_codes(table: Table, frame: pd.DataFrame) -> None:
    names, kinds = cells(frame, "name"), cells(frame, "kind")
    said = [
        {*words(name or ""), *(words(f"{LABELS[kind].es} {LABELS[kind].en}") if kind else [])}
        for name, kind in zip(names, kinds, strict=True)
    ]
    for word in sorted({w for each in said for w in each} | {"nothing", "zzz", "0"}):
        assert table.matching((word, "")).tolist() == [word in each for each in said], word
        for size in range(1, len(word) + 1):
            found = table.matching((word[:size],))
            assert found.tolist() == [any(w.startswith(word[:size]) for w in each) for each in said], word[:size]
    assert table.matching(("garzon", "lab")).tolist() == [
        "garzon" in each and any(w.startswith("lab") for w in each) for each in said
    ]


def test_pieces_are_the_rows_in_their_order_and_never_too_long(tmp_path: Path) -> None:
    rows = [bytes([65 + n % 26]) * (n * 997 % 90_000) + b"\n" for n in range(200)] + [b"x" * (2 * PIECE) + b"\n"]
    (tmp_path / "file").write_bytes(b"head\n" + b"".join(rows))
    np.save(tmp_path / "places.npy", np.cumsum([5, *map(len, rows)]).astype("<u8"))
    lines = Lines(tmp_path / "file", tmp_path / "places.npy")
    assert lines.head == b"head\n"
    wanted = np.array([*range(50, 150), 200, 3, 2, 1, *range(0, 200, 2)])
    pieces = list(lines.pieces(wanted))
    assert b"".join(pieces) == b"".join(rows[n] for n in wanted)
    assert sorted(map(len, pieces))[-2] <= PIECE < max(map(len, pieces))


def test_an_open_table_holds_no_file_open(table: Table, frame: pd.DataFrame, tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - what the process holds
    other = make_things(tmp_path / "other", frame)
    for place in range(len(frame.columns)):
        assert other.values(place).count
    assert other.csv.row(0)
    assert other.keys.row("nothing") is None
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_table_without_rows_opens(frame: pd.DataFrame, tmp_path: Path) -> None:
    empty = make_things(tmp_path, frame.iloc[:0])
    assert (empty.rows, empty.keys.row("a/b"), empty.csv.head[:7]) == (0, None, b"id,part")
    assert [len(codes) for codes in empty.codes] == [0] * len(frame.columns)
    assert empty.values(0).containing("a").tolist() == [False]
    assert not empty.matching(("a",)).any()


def test_arrays_are_read_as_they_were_saved(tmp_path: Path) -> None:
    array = np.arange(12, dtype="<u4").reshape(3, 4)
    np.save(tmp_path / "a.npy", array)
    assert mapped_array(tmp_path / "a.npy").tolist() == array.tolist()
    with pytest.raises(ValueError, match="magic"):
        (tmp_path / "b.npy").write_bytes(b"no array at all")
        mapped_array(tmp_path / "b.npy")


def test_a_row_of_json_is_a_line(table: Table) -> None:
    assert json.loads(table.jsonl.row(7, cut=1))["id"] == "t-0007"
    assert number_text(1e17) == "1e+17"
