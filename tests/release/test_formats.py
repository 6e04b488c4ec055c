"""The four files of a table hold the same cells, in the types that are declared, whatever the cells are."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from pipelines.contracts.dataset import DataField, DatasetFile, Resource
from pipelines.contracts.project import load_project
from pipelines.contracts.store import table_file
from pipelines.contracts.tables import dtype_of
from pipelines.line import Line
from pipelines.pull import pull_source
from pipelines.release import read_index
from pipelines.release.delta import delta, delta_text
from pipelines.release.workbook import write_xlsx
from pipelines.release.writers import write_csv, write_jsonl, write_parquet
from pipelines.tidy import tidy_dataset
from tests.facts.shipped import only_shipped
from tests.tiny import Tiny, column, table

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Rows = list[list[Any]]

PYTHON = {"string": str, "integer": int, "year": int, "number": float, "boolean": bool, "date": date}
PYTHON |= {"datetime": datetime}
ARROW = {"string": pa.string(), "integer": pa.int64(), "year": pa.int64(), "number": pa.float64()}
ARROW |= {"boolean": pa.bool_(), "date": pa.date32(), "datetime": pa.timestamp("us", tz="UTC")}
DUCKDB = {"string": "VARCHAR", "integer": "BIGINT", "year": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}
DUCKDB |= {"date": "DATE", "datetime": "TIMESTAMP WITH TIME ZONE"}

HARD: dict[str, list[Any]] = {
    "string": [
        "Málaga, capital: «ñ», 東京, 🙂",
        'dijo "sí", y "no"',
        "dos\nlíneas",
        "dos\r\nlíneas\u2028más",
        "00017",
        "=1+1",
        "null",
        "None",
        "true",
        "1e5",
        "  espacios  ",
        "\\n \\ /",
        "_x0041_",
        "https://ciudad.example/a?b=c",
        "largo " * 5000,
    ],
    "integer": [0, -1, 7, 10**14, 10**15, 9_007_199_254_740_993],
    "year": [1999, 2026, 1],
    "number": [0.0, -0.5, 11.83, 1100.0, 7.5e11, 0.1 + 0.2, 1e15, 1.5e300, 1e-9],
    "boolean": [True, False],
    "date": [date(2022, 3, 2), date(1900, 1, 1), date(1899, 12, 31), date(1561, 5, 1), date(9999, 12, 31)],
    "datetime": [datetime(2022, 3, 2, 23, 59, 58, tzinfo=UTC), datetime(1850, 1, 1, tzinfo=UTC)],
}
"""Cells of each type that some format, or some program that reads it, is known to spoil."""


def resource_of(types: dict[str, str], key: Sequence[str] = ("id",)) -> Resource:
    """A table with a key and one public column for each name and type."""
    fields = [column("id", constraints={"required": True}), *(column(n, type=t) for n, t in types.items())]
    return Resource.model_validate(table("things", list(key), fields))


def frame(resource: Resource, rows: Rows) -> pd.DataFrame:
    """A tidy table of these rows; None is a cell without value."""
    columns = list(zip(*rows, strict=True)) or [()] * len(resource.fields)
    series = {
        f.name: pd.Series([pd.NA if v is None else v for v in cells], dtype=dtype_of(f))  # type: ignore[call-overload]
        for f, cells in zip(resource.fields, columns, strict=True)
    }
    return pd.DataFrame(series)


def delta_of(resource: Resource, rows: Rows) -> list[dict[str, Any]]:
    """The delta of a first version with these rows."""
    whole = DatasetFile.model_construct(resources=[resource])
    return list(delta(whole, None, {resource.name: frame(resource, rows)}))


def write(folder: Path, tidy: pd.DataFrame, resource: Resource) -> None:
    """The four files of a table, as a release has them."""
    write_csv(folder / table_file(resource.name, "csv"), tidy, resource)
    write_jsonl(folder / table_file(resource.name, "jsonl"), tidy, resource)
    write_parquet(folder / table_file(resource.name, "parquet"), tidy, resource)
    write_xlsx(folder / table_file(resource.name, "xlsx"), tidy, resource, {}, None, NOW)


def typed(text: str | None, field: DataField) -> Any:
    """The value that a text of CSV or JSON stands for."""
    if text is None or field.type == "string":
        return text
    if field.type == "boolean":
        return {"true": True, "false": False}[text]
    if field.type in ("date", "datetime"):
        return PYTHON[field.type].fromisoformat(text)
    return PYTHON[field.type](text)


def from_csv(path: Path, fields: list[DataField]) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream, strict=True))
    assert header == [f.name for f in fields]
    return [[typed(cell or None, f) for cell, f in zip(row, fields, strict=True)] for row in rows]


def from_jsonl(path: Path, fields: list[DataField]) -> Rows:
    def no_such_word(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    text = path.read_text(encoding="utf-8")
    assert not text or text.endswith("\n")
    lines = [json.loads(line, parse_constant=no_such_word) for line in text.split("\n")[:-1]]
    assert all(list(line) == [f.name for f in fields] for line in lines)
    return [[_json_cell(line[f.name], f) for f in fields] for line in lines]


def _json_cell(value: Any, field: DataField) -> Any:
    if value is None or field.type == "boolean":
        assert value in (None, True, False)
        return value
    if field.type in ("integer", "year", "number"):
        assert type(value) in ((int, float) if field.type == "number" else (int,)), f"{field.name}: {value!r}"
        return PYTHON[field.type](value)
    assert isinstance(value, str), f"{field.name}: {value!r}"
    return typed(value, field)


def from_parquet(path: Path, fields: list[DataField]) -> Rows:
    read = pq.read_table(path)
    assert {f.name: f.type for f in read.schema} == {f.name: ARROW[f.type] for f in fields}
    assert read.schema.names == [f.name for f in fields]
    return [list(row.values()) for row in read.to_pylist()]


def from_duckdb(path: Path, fields: list[DataField]) -> Rows:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        read = connection.read_parquet(str(path))
        assert [str(t) for t in read.types] == [DUCKDB[f.type] for f in fields]
        # A moment is asked for in microseconds, as the client needs another package to make one of it.
        chosen = [f'epoch_us("{f.name}")' if f.type == "datetime" else f'"{f.name}"' for f in fields]
        rows = read.project(", ".join(chosen)).fetchall()
    return [[_moment(v) if f.type == "datetime" else v for v, f in zip(row, fields, strict=True)] for row in rows]


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else pd.Timestamp(microseconds, unit="us", tz="UTC").to_pydatetime()


def from_xlsx(path: Path, resource: Resource) -> Rows:
    book = load_workbook(path)
    header, *rows = list(book[resource.name[:28]].iter_rows())
    fields = resource.public_fields
    assert [cell.value for cell in header] == [f.name for f in fields]
    assert not any(cell.data_type == "f" for row in rows for cell in row)
    return [[_sheet_cell(cell.value, f) for cell, f in zip(row, fields, strict=True)] for row in rows]


def _sheet_cell(value: Any, field: DataField) -> Any:
    """A cell of a sheet; what Excel cannot hold as itself is there as the text that the CSV has."""
    if isinstance(value, str):
        # A workbook writes `_x0041_` as `_x005F_x0041_`; openpyxl leaves it to its caller to undo that.
        return typed(unescape(value), field)
    if field.type == "date" and isinstance(value, datetime):
        return value.date()
    if field.type in ("integer", "year", "number") and type(value) in (int, float):
        return PYTHON[field.type](value)
    return value


def truth(tidy: pd.DataFrame, fields: list[DataField]) -> Rows:
    """The cells of the table itself."""
    columns = [[_plain(v, f) for v in tidy[f.name].astype(object)] for f in fields]
    return [list(row) for row in zip(*columns, strict=True)]


def _plain(value: Any, field: DataField) -> Any:
    if value is pd.NA or value is None:
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value if field.type == "date" else PYTHON[field.type](value)


def assert_the_files_hold(folder: Path, resource: Resource, wanted: Rows) -> None:
    """Each of the four files has these rows, and each cell the type that is declared."""
    fields = resource.public_fields
    path = {kind: folder / table_file(resource.name, kind) for kind in ("csv", "jsonl", "parquet", "xlsx")}
    read = {
        "csv": from_csv(path["csv"], fields),
        "jsonl": from_jsonl(path["jsonl"], fields),
        "parquet": from_parquet(path["parquet"], fields),
        "duckdb": from_duckdb(path["parquet"], fields),
        "xlsx": from_xlsx(path["xlsx"], resource),
    }
    for kind, rows in read.items():
        expected = [[_as_excel_keeps(v) for v in row] for row in wanted] if kind == "xlsx" else wanted
        assert rows == expected, f"{resource.name}: {kind}"
        for row in rows:
            for value, f in zip(row, fields, strict=True):
                assert value is None or type(value) is PYTHON[f.type], f"{resource.name}.{f.name}: {kind}"


def _as_excel_keeps(value: Any) -> Any:
    """Excel keeps 15 digits of a number, the library that writes the workbook 16."""
    return float(f"{value:.16g}") if type(value) is float and abs(value) < 1e15 else value


def test_a_release_of_the_tiny_project_has_the_same_cells_in_each_format(tiny: Tiny) -> None:
    with Line(tiny.load(), "release") as line:
        line.release()
    project = tiny.load()
    wanted = {
        "places": [
            ["centro", "Distrito Centro", "district"],
            ["retiro", "Distrito de Retiro", "district"],
            ["sur", "Polígono Sur", "estate"],
        ],
        "visits": [
            ["v-1", "centro", "2022-03-02", date(2022, 3, 2), date(2022, 3, 2), 12],
            ["v-2", "retiro", "2022", date(2022, 1, 1), date(2022, 12, 31), 7],
            ["v-3", "centro", "2022-07-04/..", date(2022, 7, 4), None, None],
        ],
    }
    for name, rows in wanted.items():
        folder = project.store.release(name, read_index(project.store, name).current or "")
        assert_the_files_hold(folder, project.datasets[name].resource(name), rows)


def test_a_release_of_a_column_without_values_has_no_value_in_each_format(tiny: Tiny) -> None:
    tiny.rows("visits", "visit_id,place_id,date,people,note\nv-1,centro,,,\nv-2,sur,,,\n")
    with Line(tiny.load(), "release") as line:
        line.release()
    project = tiny.load()
    folder = project.store.release("visits", read_index(project.store, "visits").current or "")
    rows = [["v-1", "centro", None, None, None, None], ["v-2", "sur", None, None, None, None]]
    assert_the_files_hold(folder, project.datasets["visits"].resource("visits"), rows)


@pytest.mark.parametrize("kind", HARD)
def test_a_hard_cell_is_the_same_in_each_format(tmp_path: Path, kind: str) -> None:
    resource = resource_of({"cell": kind})
    rows = [[f"{number:03}", value] for number, value in enumerate([*HARD[kind], None])]
    write(tmp_path, frame(resource, rows), resource)
    assert_the_files_hold(tmp_path, resource, rows)


@pytest.mark.parametrize("kind", HARD)
def test_a_delta_writes_rows_and_keys_as_the_json_lines_do(tmp_path: Path, kind: str) -> None:
    resource = resource_of({"cell": kind}, key=["id", "cell"])
    rows = [[f"{number:03}", value] for number, value in enumerate(HARD[kind])]
    write_jsonl(tmp_path / "things.jsonl", frame(resource, rows), resource)
    written = delta_text(delta_of(resource, rows))
    expected = [
        f'{{"table": "things", "change": "added", "key": {row}, "row": {row}}}\n'
        for row in (tmp_path / "things.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    ]
    assert written == "".join(expected)


def test_a_delta_has_null_for_no_value() -> None:
    resource = resource_of({f"of_{kind}": kind for kind in HARD})
    [line] = delta_of(resource, [["a", *(None for _ in HARD)]])
    assert line["row"] == {"id": "a", **{f"of_{kind}": None for kind in HARD}}


def test_a_row_that_left_keeps_the_key_it_had_where_columns_have_other_types_now() -> None:
    former = resource_of({"part": "string", "cell": "number"}, key=["id", "part"])
    now = resource_of({"part": "integer", "cell": "integer"}, key=["id", "part"])
    tables = {"things": frame(former, [["a", "A-1", 11.5], ["a", "7", 7.0]])}, {"things": frame(now, [["a", 7, 7]])}
    assert list(delta(DatasetFile.model_construct(resources=[now]), *tables)) == [
        {"table": "things", "change": "removed", "key": {"id": "a", "part": "A-1"}}
    ]


def test_a_whole_number_of_nineteen_digits_is_exact_in_each_format(tmp_path: Path) -> None:
    resource = resource_of({"cell": "integer"})
    rows = [["a", 2**63 - 1], ["b", -(2**63)], ["c", 12_345_678_901_234_567]]
    write(tmp_path, frame(resource, rows), resource)
    assert_the_files_hold(tmp_path, resource, rows)


@pytest.mark.parametrize("kind", HARD)
def test_a_column_without_values_is_empty_in_each_format(tmp_path: Path, kind: str) -> None:
    resource = resource_of({"cell": kind})
    rows = [["a", None], ["b", None]]
    write(tmp_path, frame(resource, rows), resource)
    assert_the_files_hold(tmp_path, resource, rows)


def test_a_column_without_values_is_null_beside_others_that_have_some(tmp_path: Path) -> None:
    resource = resource_of({f"{kind}_{end}": kind for kind in HARD for end in ("full", "empty")})
    rows = [["a", *(v for cells in HARD.values() for v in (cells[0], None))]]
    write(tmp_path, frame(resource, rows), resource)
    assert_the_files_hold(tmp_path, resource, rows)


def test_a_table_without_rows_has_its_columns_and_types_in_each_format(tmp_path: Path) -> None:
    resource = resource_of({f"of_{kind}": kind for kind in HARD})
    write(tmp_path, frame(resource, []), resource)
    assert_the_files_hold(tmp_path, resource, [])
    assert (tmp_path / "things.jsonl").read_bytes() == b""


def test_a_text_longer_than_a_cell_of_excel_is_cut_there_and_whole_elsewhere(tmp_path: Path) -> None:
    resource = resource_of({"cell": "string"})
    long = "año, «largo»\n" * 10_000
    write(tmp_path, frame(resource, [["a", long]]), resource)
    fields = resource.public_fields
    whole = [["a", long]]
    assert from_csv(tmp_path / "things.csv", fields) == whole
    assert from_jsonl(tmp_path / "things.jsonl", fields) == whole
    assert from_parquet(tmp_path / "things.parquet", fields) == whole
    [[_, cut]] = from_xlsx(tmp_path / "things.xlsx", resource)
    assert len(cut) == 32_767
    assert cut.endswith("(CSV)")
    assert long.startswith(cut.removesuffix(" […] (CSV)"))


def test_the_shipped_tables_have_the_same_cells_in_each_format(tmp_path: Path) -> None:
    project = only_shipped(load_project(ROOT, store=tmp_path / "store"))
    pulled = {name: pull_source(project, source, NOW).snapshot for name, source in project.sources.items()}
    snapshots = {name: snapshot for name, snapshot in pulled.items() if snapshot}
    compared = 0
    for dataset in project.datasets.values():
        tables = tidy_dataset(project, dataset, snapshots).tables
        for resource in dataset.resources:
            tidy = tables[resource.name]
            write(tmp_path, tidy, resource)
            assert_the_files_hold(tmp_path, resource, truth(tidy, resource.public_fields))
            compared += len(tidy)
    assert compared > 1000
