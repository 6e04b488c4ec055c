"""JSON and JSON Lines: lists of records.

What belongs here: finding the list, and one row of text from each record. What does not: the checks that
hold for every format.

The row of a record is its number in the list (1 the first) or its line; the header is row 0.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from pipelines.contracts.files import canonical_json
from pipelines.pull.cells import typed_text
from pipelines.pull.encoding import BOMS, undecodable
from pipelines.pull.reading import Reading, Row

_MOST_VALUES = 5_000_000
"""Values in one JSON file, which is read whole: about 500 MB in memory. JSON Lines has no such limit."""


def json_rows(reading: Reading) -> Iterator[Row]:
    """The header and the records of a JSON file. Raises `FindingError`."""
    data = reading.path.read_bytes()
    if b"\0" in data and not data.startswith(tuple(mark for mark, _ in BOMS)):
        raise reading.refused("source-nul", row=data[: data.index(b"\0")].count(b"\n") + 1)
    if data.count(b",") + data.count(b"[") + data.count(b"{") > _MOST_VALUES:
        raise reading.refused("source-json-large", params={"limit": _MOST_VALUES})
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise reading.refused("source-undecodable", row=line, params={"expected": "UTF-8"}) from None
    del data
    found = _listed(reading, _load(reading, text, 1))
    del text
    records = [_record(reading, n, record) for n, record in enumerate(found, 1)]
    header = list(dict.fromkeys(name for record in records for name in record))
    _check_width(reading, header)
    yield 0, header
    for number, record in enumerate(records, 1):
        yield number, _cells(reading, header, record)


def jsonl_rows(reading: Reading) -> Iterator[Row]:
    """The header and the records of a JSON Lines file, which is read twice. Raises `FindingError`."""
    line = undecodable(reading.path, "utf-8-sig")
    if line is not None:
        raise reading.refused("source-undecodable", row=line, params={"expected": "UTF-8"})
    names: dict[str, None] = {}
    for _, record in _lines(reading):
        names.update(dict.fromkeys(record))
        _check_width(reading, list(names))
    header = list(names)
    yield 0, header
    for number, record in _lines(reading):
        yield number, _cells(reading, header, record)


def _lines(reading: Reading) -> Iterator[tuple[int, dict[str, Any]]]:
    limit = reading.settings.max_cell_chars * 100
    with reading.path.open(encoding="utf-8-sig") as stream:
        number = 0
        while line := stream.readline(limit):
            number += 1
            if len(line) >= limit:
                raise reading.refused("source-line-long", row=number, params={"limit": limit})
            if line.strip():
                yield number, _record(reading, number, _load(reading, line.rstrip(), number))


def _load(reading: Reading, text: str, line: int) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            raise reading.refused("source-json-key-twice", row=line)
        return value

    def finite(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(text[:20])
        return value

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=finite, parse_float=finite)
    except json.JSONDecodeError as error:
        raise reading.refused("source-json", row=line + error.lineno - 1, params={"reason": error.msg}) from None
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, NaN, or brackets nested without end.
        raise reading.refused("source-json", row=line, params={"reason": str(error)[:80]}) from None


def _listed(reading: Reading, value: Any) -> list[Any]:
    """The list that `dialect.records` names, or the file itself. Raises `FindingError`."""
    path = reading.dialect.records or ""
    for step in path.split(".") if path else []:
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, list):
        raise reading.refused("source-json-no-list", params={"expected": path or "[ … ]"})
    return value


def _record(reading: Reading, number: int, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise reading.refused("source-json-record", row=number)
    return value


def _check_width(reading: Reading, names: list[str]) -> None:
    limit = reading.settings.max_columns
    if len(names) > limit:
        raise reading.refused("source-too-many-columns", params={"count": len(names), "limit": limit})


def _cells(reading: Reading, header: list[str], record: dict[str, Any]) -> list[str]:
    return [_text(reading, record.get(name)) for name in header]


def _text(reading: Reading, value: Any) -> str:
    """A value as the text of a cell; lists and objects stay JSON, so that nothing of them is lost."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return canonical_json(value)
    return typed_text(value, reading.dialect)
