"""Where each row begins in the text files of a release, so that rows are answered as slices of them.

What belongs here: finding the ends of lines. What does not: reading what stands in them.
"""

from pathlib import Path

import numpy as np

_PIECE = 1 << 24
"""Bytes that are looked at in one go: 16 MiB."""
_QUOTE, _BREAK = ord('"'), ord("\n")


def write_csv_rows(path: Path, csv: Path, rows: int) -> None:
    """Write where each row of `csv` begins, and its end: its header is no row.

    Raises `ValueError` when it has not `rows` rows.
    """
    _write(path, _line_ends(csv, quoted=True), rows, csv)


def write_json_rows(path: Path, jsonl: Path, rows: int) -> None:
    """Write where each line of `jsonl` begins, and its end. Raises `ValueError` when it has not `rows` lines."""
    _write(path, [np.zeros(1, np.int64), *_line_ends(jsonl, quoted=False)], rows, jsonl)


def _write(path: Path, places: list[np.ndarray], rows: int, file: Path) -> None:
    starts = np.concatenate([np.zeros(0, np.int64), *places]).astype("<u8")
    if len(starts) != rows + 1 or starts[-1] != file.stat().st_size:
        raise ValueError(f"{file.name}: {len(starts) - 1} rows instead of {rows}")
    with path.open("xb") as stream:
        np.save(stream, starts, allow_pickle=False)


def _line_ends(file: Path, quoted: bool) -> list[np.ndarray]:
    """The place after each line break; where cells are `quoted`, after each that no open quote stands before.

    A quote inside a quoted cell is written twice (RFC 4180), so the number of quotes before tells whether one is open.
    """
    ends, before, quotes = [], 0, 0
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            data = np.frombuffer(piece, np.uint8)
            breaks = np.flatnonzero(data == _BREAK)
            if quoted:
                marks = np.flatnonzero(data == _QUOTE)
                breaks = breaks[(quotes + np.searchsorted(marks, breaks)) % 2 == 0]
                quotes += len(marks)
            ends.append(breaks + (before + 1))
            before += len(piece)
    return ends
