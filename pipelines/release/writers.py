"""The files of a table for programs: CSV, JSON Lines and Parquet.

What belongs here: turning a tidy table into bytes that are the same for the same table. What does not:
the workbook for people, which is `workbook`.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.contracts.dataset import DataField, Resource
from pipelines.contracts.tables import as_text, public

_CHUNK = 50_000


def csv_chunks(table: pd.DataFrame, resource: Resource) -> Iterator[bytes]:
    """The published columns as CSV in pieces: RFC 4180, UTF-8 without mark, comma, CRLF, empty for none."""
    text = pd.DataFrame({f.name: as_text(table[f.name]) for f in resource.public_fields})
    for start in range(0, max(len(text), 1), _CHUNK):
        buffer = io.StringIO(newline="")
        part = text.iloc[start : start + _CHUNK]
        part.to_csv(buffer, index=False, header=start == 0, lineterminator="\r\n", na_rep="")
        yield buffer.getvalue().encode()


def write_csv(path: Path, table: pd.DataFrame, resource: Resource) -> None:
    """Write the published columns as CSV; see `csv_chunks`."""
    with path.open("xb") as stream:
        for piece in csv_chunks(table, resource):
            stream.write(piece)


def write_jsonl(path: Path, table: pd.DataFrame, resource: Resource) -> None:
    """Write one JSON object a row: numbers and booleans as such, dates as ISO text, null for none."""
    names = [json.dumps(f.name) for f in resource.public_fields]
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        for start in range(0, len(table), _CHUNK):
            part = table.iloc[start : start + _CHUNK]
            columns = [_json_cells(part[f.name], f) for f in resource.public_fields]
            for row in zip(*columns, strict=True):
                stream.write("{" + ", ".join(f"{n}: {v}" for n, v in zip(names, row, strict=True)) + "}\n")


def _json_cells(column: pd.Series, field: DataField) -> list[str]:
    quoted = field.type in ("string", "date", "datetime")
    cells = as_text(column).astype(object).tolist()
    return ["null" if pd.isna(v) else json.dumps(v, ensure_ascii=False) if quoted else str(v) for v in cells]


def write_parquet(path: Path, table: pd.DataFrame, resource: Resource) -> None:
    """Write the published columns as Parquet with their types; no index and no pandas metadata."""
    arrow = pa.Table.from_pandas(public(table, resource), preserve_index=False)
    fields = [pa.field(f.name, _ARROW[f.type]) for f in resource.public_fields]
    pq.write_table(arrow.cast(pa.schema(fields)), path, compression="zstd", version="2.6")


_ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "year": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}
