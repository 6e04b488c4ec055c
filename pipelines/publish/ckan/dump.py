"""The dump of a DataStore table as rows of a release.

What belongs here: the CSV of `datastore/dump` and the types in it. What does not: asking for it.

PostgreSQL writes it: an empty text is quoted and an empty cell is not; truth is `t` and `f`; an instant has the offset
of the server's zone, with seconds where that was local mean time (before 1901).
"""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 8 << 20
"""Bytes that are parsed at a time; a row must fit in."""
_INSTANT = r"^(?P<day>[0-9-]{10})[ T](?P<time>[0-9:.]+)(?P<sign>[+-])(?P<h>\d\d)(?::?(?P<m>\d\d))?(?::?(?P<s>\d\d))?$"


def read_dump(chunks: Iterable[bytes], schema: "pa.Schema") -> "pa.Table":
    """The columns of `schema` in a dump as CSV, in its order and types; a column that is not there is empty.

    Raises `pyarrow.ArrowInvalid` where a value is not of its type.
    """
    import pyarrow as pa
    from pyarrow import csv

    instants = [f.name for f in schema if pa.types.is_timestamp(f.type)]
    parsed = {f.name: pa.string() if f.name in instants else f.type for f in schema}
    reader = csv.open_csv(
        io.BufferedReader(_Chunks(chunks)),
        read_options=csv.ReadOptions(block_size=_BLOCK),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=parsed,
            include_columns=schema.names,
            include_missing_columns=True,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    table = reader.read_all()
    for name in instants:
        place = table.column_names.index(name)
        table = table.set_column(place, schema.field(name), _instants(table[name], schema.field(name).type))
    return table.cast(schema)


def _instants(texts: "pa.ChunkedArray", kind: "pa.DataType") -> "pa.ChunkedArray":
    """Texts such as `2020-01-01 10:00:00.5+00` as instants."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, _INSTANT)

    def part(name: str) -> pa.ChunkedArray:
        return pc.struct_field(parts, name)

    def number(name: str) -> pa.ChunkedArray:
        text = part(name)
        return pc.if_else(pc.equal(text, ""), "0", text).cast(pa.int64())

    # Text that is no instant has no parts: it must not become an empty cell.
    if parts.null_count > texts.null_count:
        raise pa.ArrowInvalid("a cell of the dump is no instant")
    seconds = pc.add(pc.add(pc.multiply(number("h"), 3600), pc.multiply(number("m"), 60)), number("s"))
    offset = pc.if_else(pc.equal(part("sign"), "-"), pc.negate(seconds), seconds)
    local = pc.binary_join_element_wise(part("day"), part("time"), " ").cast(pa.timestamp("us"))
    return pc.subtract(local, pc.multiply(offset, 1_000_000).cast(pa.duration("us"))).cast(pa.int64()).cast(kind)


class _Chunks(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._left = iter(chunks), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def schema_of(names: Sequence[str], of: "pa.Schema") -> "pa.Schema":
    """The columns `names` with the types of `of`; CKAN's own `_id` is an integer."""
    import pyarrow as pa

    return pa.schema([pa.field(n, pa.int64()) if n == "_id" else of.field(n) for n in names])
