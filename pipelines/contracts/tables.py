"""Tables in memory: dtypes, where a row came from, and the one text of each cell.

What belongs here: what a tidy table is for every room. What does not: making or checking one.

A tidy table is a DataFrame with the columns of its `Resource.fields` in order, in the dtypes below,
sorted by primary key, plus three columns that say where each row came from and are never published.
"""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from pipelines.contracts.cells import number_text as number_text
from pipelines.contracts.dataset import DataField, Resource

SOURCE, PART, LINE = "_source", "_part", "_line"
ORIGIN = (SOURCE, PART, LINE)
"""Source id, part of the source, and line of the part (1 is its first line) of each row."""

DATE = pd.ArrowDtype(pa.date32())
DATETIME = pd.ArrowDtype(pa.timestamp("us", tz="UTC"))
STRING = pd.StringDtype("pyarrow", na_value=pd.NA)
Tables = dict[str, pd.DataFrame]
"""The tables of one dataset by name."""


def dtype_of(field: DataField) -> object:
    """The dtype of a column of that field; missing values are `pd.NA` in all of them."""
    return {
        "string": STRING,
        "integer": pd.Int64Dtype(),
        "year": pd.Int64Dtype(),
        "number": pd.Float64Dtype(),
        "boolean": pd.BooleanDtype(),
        "date": DATE,
        "datetime": DATETIME,
    }[field.type]


def empty_table(resource: Resource) -> pd.DataFrame:
    """A tidy table of no rows."""
    columns = {f.name: pd.Series([], dtype=dtype_of(f)) for f in resource.fields}  # type: ignore[call-overload]
    origin = {
        SOURCE: pd.Series([], dtype=STRING),
        PART: pd.Series([], dtype=STRING),
        LINE: pd.Series([], dtype="Int64"),
    }
    return pd.DataFrame({**columns, **origin})


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """A table of a release, read from its Parquet, in the dtypes above; without the origin columns."""
    read: pd.DataFrame = table.to_pandas(types_mapper=_FROM_ARROW.get)
    return read


_FROM_ARROW = {
    pa.string(): STRING,
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.date32(): DATE,
    pa.timestamp("us", tz="UTC"): DATETIME,
}


def public(table: pd.DataFrame, resource: Resource) -> pd.DataFrame:
    """The published columns of a tidy table, in order."""
    return table[[f.name for f in resource.public_fields]]


def as_text(column: pd.Series) -> pd.Series:
    """The one text of each cell of a typed column, `pd.NA` where there is none.

    Numbers have a point as decimal mark, no exponent below 1e16 and no `.0`; booleans are `true` and
    `false`; dates are ISO 8601. This text is what CSV, hashes, keys and findings show.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.Float64Dtype):
        return column.map(number_text, na_action="ignore").astype(STRING)
    if isinstance(dtype, pd.BooleanDtype):
        return column.map({True: "true", False: "false"}, na_action="ignore").astype(STRING)
    if dtype == DATETIME:
        return column.map(lambda t: t.isoformat().replace("+00:00", "Z"), na_action="ignore").astype(STRING)
    return column.astype(STRING)


def key_text(table: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """The key of each row as one text, its parts separated by `/`; `pd.NA` where a part is missing.

    Two keys never have one text: a `/` or a backslash inside a part other than the last has a backslash before it.
    """
    *leading, last = (as_text(table[column]) for column in columns)
    out = last
    for part in reversed(leading):
        out = part.str.replace("\\", "\\\\", regex=False).str.replace("/", "\\/", regex=False) + "/" + out
    return out
