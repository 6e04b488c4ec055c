"""From rows of a table to findings: where each row came from, and no more findings than people read.

What belongs here: the one way in which a gate that looks at rows says where they are, and the limit on
how many are listed. What does not: deciding which rows are wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts.dataset import Resource
from pipelines.contracts.findings import Finding, Severity, finding
from pipelines.contracts.settings import Settings
from pipelines.contracts.tables import LINE, PART, SOURCE, STRING, as_text, key_text

MORE = "more-findings"
"""The closing finding that counts those which are not listed; `params` name their code."""

LIMIT: int = Settings.model_fields["max_findings"].default
"""How many are listed where no settings are at hand."""

_PART, _NOTHING = "\x1f", "\x00"
"""Characters that no cell has: between the parts of a key, and for a part that is missing."""

SHOWN = 200
"""Most characters of a value that a finding shows."""

Positions = Sequence[int] | npt.NDArray[np.int64]
Params = dict[str, Any]


@dataclass(frozen=True)
class Places:
    """A table whose rows findings speak of; `limit` is how many rows a call lists."""

    dataset: str
    resource: Resource
    table: pd.DataFrame
    limit: int = LIMIT

    def text(self, column: str) -> pd.Series:
        """The texts of a column as they are published: an empty text is none, `pd.NA`."""
        return present(as_text(self.table[column]))

    def of_table(self, code: str, *, severity: Severity | None = None, params: Params | None = None) -> Finding:
        """A finding about the table as a whole."""
        return finding(code, dataset=self.dataset, table=self.resource.name, severity=severity, params=params)

    def of_column(
        self, code: str, column: str, *, severity: Severity | None = None, params: Params | None = None
    ) -> Finding:
        """A finding about a column as a whole."""
        where = {"dataset": self.dataset, "table": self.resource.name, "field": column}
        return finding(code, severity=severity, params=params, **where)

    def of_rows(
        self,
        code: str,
        positions: Positions,
        columns: Sequence[str],
        *,
        severity: Severity | None = None,
        params: Params | Callable[[int], Params] | None = None,
        secret: bool = False,
    ) -> list[Finding]:
        """One finding for each of the rows at `positions` (0 is the first), up to `limit`, and one for the rest.

        `columns` are those the finding speaks of; `field` is the first of them. `secret` leaves out value
        and key, for what must be shown to nobody.
        """
        if not len(positions):
            return []
        listed = [int(p) for p in positions[: self.limit]]
        rows = self.table.iloc[listed]
        blank: list[Any] = [None] * len(listed)
        values = blank if secret else [_short(v) for v in _plain(_joined(rows, columns))]
        keys = blank if secret else _plain(key_text(rows, self.resource.primary_key))
        origin = [_plain(rows[name]) if name in rows else blank for name in (SOURCE, PART, LINE)]
        several = {"columns": ", ".join(columns)} if len(columns) > 1 else {}
        out = []
        for position, value, key, source, part, line in zip(listed, values, keys, *origin, strict=True):
            own = params(position) if callable(params) else params or {}
            where = {"source": source, "part": part, "row": line, "key": key, "value": value}
            where |= {"dataset": self.dataset, "table": self.resource.name, "field": columns[0]}
            out.append(finding(code, severity=severity, params={**several, **own}, **where))
        rest = len(positions) - len(listed)
        return [*out, _more(out[0], rest)] if rest else out


def present(column: pd.Series) -> pd.Series:
    """A column of texts with `pd.NA` for empty ones: a CSV file cannot tell them apart, nor do we."""
    empty = column.eq("")
    return column.mask(empty.fillna(False).astype(bool)) if empty.any() else column


def missing(column: pd.Series) -> pd.Series:
    """Whether each cell of a column of any type is missing; an empty text is."""
    if column.dtype != STRING:
        return column.isna()
    return column.isna() | column.eq("").fillna(False).astype(bool)


def distinct(texts: pd.Series) -> list[str]:
    """The different texts of a column, without missing ones, in the order in which they come."""
    return list(pc.unique(_arrow(texts)).drop_null().to_pylist())


def among(texts: pd.Series, known: pd.Series) -> pd.Series:
    """Whether each text of a column is one of `known`; a missing one is not."""
    found = pc.is_in(_arrow(texts), value_set=pc.unique(_arrow(known)).drop_null())
    return pd.Series(found.to_numpy(zero_copy_only=False), index=texts.index, dtype=bool)


def _arrow(texts: pd.Series) -> Any:
    values = pa.array(texts.astype(STRING).array, type=pa.large_string())
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def at(mask: pd.Series) -> npt.NDArray[np.int64]:
    """The positions at which a column of booleans is true; `pd.NA` is not."""
    return np.flatnonzero(mask.fillna(False).to_numpy(dtype=bool))


def joined_keys(parts: pd.DataFrame) -> pd.Series:
    """Each row of texts as one text, `pd.NA` where all are missing; one that is missing counts as a value."""
    filled = [parts[name].fillna(_NOTHING) for name in parts]
    out = filled[0]
    for part in filled[1:]:
        out = out + _PART + part
    return out.mask(parts.isna().all(axis=1))


def cap(found: Iterable[Finding], limit: int) -> list[Finding]:
    """At most `limit` findings of each code and table, then one for each column that has more of them."""
    kept: list[Finding] = []
    listed: Counter[tuple[str, str | None]] = Counter()
    rest: dict[tuple[str, str | None, str | None, str], Finding] = {}
    for one in found:
        code = one.params["code"] if one.code == MORE else one.code
        if one.code != MORE and listed[code, one.table] < limit:
            listed[code, one.table] += 1
            kept.append(one)
            continue
        here = (code, one.table, one.field, one.severity)
        more = one if one.code == MORE else _more(one, 1)
        rest[here] = _add(rest[here], more) if here in rest else more
    return kept + list(rest.values())


def _more(one: Finding, count: int) -> Finding:
    where = {"dataset": one.dataset, "table": one.table, "field": one.field}
    return finding(MORE, severity=one.severity, params={"code": one.code, "count": count}, **where)


def _add(one: Finding, other: Finding) -> Finding:
    total = int(one.params["count"]) + int(other.params["count"])
    return one.model_copy(update={"params": {**one.params, "count": str(total)}})


def _joined(rows: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    if len(columns) == 1:
        return as_text(rows[columns[0]])
    texts = pd.DataFrame({c: present(as_text(rows[c])) for c in columns})
    return texts.fillna("").agg(" | ".join, axis=1).mask(texts.isna().all(axis=1))


def _plain(column: pd.Series) -> list[Any]:
    return [None if pd.isna(v) else v for v in column.tolist()]


def _short(value: str | None) -> str | None:
    return value if value is None or len(value) <= SHOWN else value[: SHOWN - 1] + "…"
