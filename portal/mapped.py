"""Files of a release and of its reading folder, mapped into memory and never read whole.

What belongs here: a mapped file as bytes, as an array, as one column; lines of a text file by their number. What does
not: what they mean, which is `table`.

A mapping keeps no file open: a portal with hundreds of tables stays far from the limit of open files.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

PIECE = 1 << 20
"""Largest piece of a streamed answer, in bytes; a single row may be longer."""

Array = np.ndarray[Any, np.dtype[Any]]


def mapped(path: Path) -> pa.Buffer:
    """The bytes of a file. Raises `OSError` if it is not there."""
    if path.stat().st_size == 0:
        return pa.py_buffer(b"")
    with pa.memory_map(str(path)) as file:
        return file.read_buffer()


def mapped_array(path: Path) -> Array:
    """The array in a `.npy` file, read-only. Raises `OSError`, and `ValueError` for any other file."""
    with path.open("rb") as stream:
        np.lib.format.read_magic(stream)
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        start = stream.tell()
    if 0 in shape:
        return np.zeros(shape, dtype)
    return np.frombuffer(mapped(path), dtype, offset=start).reshape(shape)


def mapped_column(path: Path, name: str) -> pa.Array:
    """One column of an Arrow IPC file as one array."""
    with pa.ipc.open_file(pa.BufferReader(mapped(path))) as reader:
        column = reader.read_all().column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def numbers_of(array: pa.Array) -> Array:
    """The numbers of an Arrow array without nulls: days and moments as the numbers that they are stored as.

    Arrow's own `to_numpy`, and its `array`, load pandas, which takes 35 MB that nothing here needs.
    """
    kind = array.type
    dtype = np.dtype(
        f"{'f' if pa.types.is_floating(kind) else 'u' if kind == pa.uint32() else 'i'}{kind.bit_width // 8}"
    )
    return np.frombuffer(array.buffers()[1] or b"", dtype)[array.offset : array.offset + len(array)]


def flags_of(array: pa.Array) -> Array:
    """The booleans of an Arrow array without nulls."""
    bits = np.frombuffer(array.buffers()[1] or b"", np.uint8)
    return np.unpackbits(bits, bitorder="little")[array.offset : array.offset + len(array)].astype(bool)


def places_array(places: Array, there: Array) -> pa.Array:
    """Places as an Arrow array of int64, null where they are not `there`."""
    bits = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(pa.int64(), len(places), [bits, pa.py_buffer(places.astype(np.int64))])


class Lines:
    """The rows of a text file by their number, as slices of its bytes."""

    def __init__(self, file: Path, places: Path) -> None:
        self.data = memoryview(mapped(file))
        self.places = mapped_array(places)
        self._spans = np.lib.stride_tricks.sliding_window_view(self.places, 2) if len(self.places) > 1 else None

    @property
    def head(self) -> bytes:
        """What stands before the first row."""
        return self.data[: int(self.places[0])].tobytes()

    def of(self, rows: Array, cut: int = 0) -> list[memoryview]:
        """The given rows, each without its last `cut` bytes."""
        data = self.data
        return [] if self._spans is None else [data[a : b - cut] for a, b in self._spans[rows].tolist()]

    def row(self, row: int, cut: int = 0) -> bytes:
        """One row without its last `cut` bytes."""
        return self.data[int(self.places[row]) : int(self.places[row + 1]) - cut].tobytes()

    def pieces(self, rows: Array) -> Iterator[bytes]:
        """The given rows one after the other, in pieces of at most `PIECE` bytes or of one row."""
        rows = rows.astype(np.int64)
        ends = np.cumsum(self.places[rows + 1] - self.places[rows])
        start = 0
        while start < len(rows):
            sent = int(ends[start - 1]) if start else 0
            stop = max(int(np.searchsorted(ends, sent + PIECE, side="right")), start + 1)
            yield self._joined(rows[start:stop])
            start = stop

    def _joined(self, rows: Array) -> bytes:
        """Rows that stand side by side in the file are one slice of it."""
        breaks = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
        places = self.places
        return b"".join(self.data[int(places[rows[a]]) : int(places[rows[b - 1] + 1])] for a, b in pairwise(breaks))
