"""Columns of text become columns of values.

What belongs here: which reader a column has, and applying it once to each different text. What does
not: the readers (`numbers`, `dates`), or which column of a file is which (`columns`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.contracts.dataset import DataField
from pipelines.contracts.source import Dialect
from pipelines.contracts.tables import DATE, STRING, dtype_of
from pipelines.tidy.cell import Unreadable, clean
from pipelines.tidy.dates import bounds, read_date, read_edtf, read_moment
from pipelines.tidy.numbers import NumberStyle, read_integer, read_number

Reader = Callable[[str], Any]
EURO = "EUR"
"""The unit code that agrees with a euro sign beside a number (ISO 4217)."""

_BOOLEANS = {
    **dict.fromkeys(("sí", "si", "yes", "true", "verdadero", "1"), True),
    **dict.fromkeys(("no", "false", "falso", "0"), False),
}
_YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class Codes:
    """How the words of one column become codes: `mapped` is the feed's map, `known` are the codes there are."""

    mapped: dict[str, str]
    known: frozenset[str]


@dataclass(frozen=True)
class Read:
    """A column after reading: `values` in its dtype, and the finding code of each text that was not read."""

    values: pd.Series
    unread: pd.Series


def reader_of(field: DataField, dialect: Dialect) -> Reader:
    """The function that reads one clean text of `field`; it raises `Unreadable`."""
    day = dialect.date_format
    if field.edtf:
        return lambda text: read_edtf(text, day)
    style = NumberStyle(
        mark=dialect.decimal, declared="decimal" in dialect.model_fields_set, euro=field.unit in (None, EURO)
    )
    readers: dict[str, Reader] = {
        "string": str,
        "integer": lambda text: read_integer(text, style),
        "number": lambda text: read_number(text, style),
        "boolean": _boolean,
        "year": _year,
        "date": lambda text: read_date(text, day),
        "datetime": lambda text: read_moment(text, day),
    }
    return readers[field.type]


def read_column(texts: pd.Series, field: DataField, dialect: Dialect, codes: Codes | None) -> Read:
    """`texts` (dtype STRING) as values of `field`: cleaned, empty cells NA, words mapped to codes, then read.

    A text that cannot be read is NA in `values` and has its finding code in `unread` (dtype STRING, NA
    elsewhere). Both have the index of `texts`. Each different text is read once.
    """
    cell = _cell_reader(field, dialect, codes)
    places, different = pd.factorize(texts, use_na_sentinel=True)
    values: list[Any] = []
    unread: list[Any] = []
    for text in different.tolist():
        try:
            values.append(cell(text))
            unread.append(pd.NA)
        except Unreadable as reason:
            values.append(pd.NA)
            unread.append(reason.code)
    dtype = dtype_of(field)
    return Read(_spread(values, places, dtype, texts.index), _spread(unread, places, STRING, texts.index))


def bound_columns(dates: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The first and the last day of each EDTF date in a read column; NA where it is open or not given."""
    places, different = pd.factorize(dates, use_na_sentinel=True)
    ends = [bounds(text) for text in different.tolist()]
    first, last = ([end[side] for end in ends] for side in (0, 1))
    return _spread(first, places, DATE, dates.index), _spread(last, places, DATE, dates.index)


def cleaned(texts: pd.Series) -> pd.Series:
    """`texts` made clean, for comparing; a text that is broken stays as it is."""
    return texts.map({text: _clean_or_same(text) for text in texts.dropna().unique()}).astype(STRING)


def clean_name(name: str) -> str:
    """A column name made clean, for comparing; a name that is broken stays as it is."""
    return _clean_or_same(name)


def _clean_or_same(text: str) -> str:
    try:
        return clean(text)
    except Unreadable:
        return text


def _cell_reader(field: DataField, dialect: Dialect, codes: Codes | None) -> Reader:
    read = reader_of(field, dialect)
    empty = {clean(word) for word in dialect.empty} | {""}
    mapped = {clean(word): code for word, code in codes.mapped.items()} if codes else {}

    def cell(text: str) -> Any:
        value = clean(text)
        if value in empty:
            return pd.NA
        if codes and value not in mapped and field.type == "string" and value not in codes.known:
            raise Unreadable("code-unmapped")
        return read(mapped.get(value, value))

    return cell


def _spread(values: list[Any], places: Any, dtype: Any, index: pd.Index) -> pd.Series:
    return pd.Series(pd.array(values, dtype=dtype).take(places, allow_fill=True), index=index)


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise Unreadable("boolean-unreadable") from None


def _year(text: str) -> int:
    if not _YEAR.fullmatch(text):
        raise Unreadable("year-unreadable")
    return int(text)
