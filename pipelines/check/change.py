"""Change against the last release: rows and ids lost, columns gone, cells that became empty.

What belongs here: holding a candidate that lost more than its dataset file allows. What does not: whether
the promised schema changed, which is `schema_change`, and the list of changes that readers get.

A table that lost all its rows is always held, and nobody can let it through: it is a broken source, or
its ids are declared as retired, or the table should leave the dataset file.
"""

from collections.abc import Iterator

import pandas as pd

from pipelines.check.places import Places, among, at, joined_keys, missing, present
from pipelines.check.rules import percent
from pipelines.contracts.dataset import Retired
from pipelines.contracts.findings import Finding
from pipelines.contracts.tables import as_text, key_text


def check_change(places: Places, retired: list[Retired], former: pd.DataFrame | None) -> Iterator[Finding]:
    """Findings about one table against the published columns of its last release (None: there is none).

    `retired` are the ids that the dataset declares as gone, of whatever table.
    """
    mine = {r.id: r for r in retired if r.table == places.resource.name}
    yield from _retired_ids(places, mine)
    if former is not None:
        yield from _rows_lost(places, mine, former)
        yield from _ids_gone(places, mine, former)
        yield from _columns_gone(places, former)
        yield from _null_rates(places, former)


def _retired_ids(places: Places, retired: dict[str, Retired]) -> Iterator[Finding]:
    """An id that is declared gone stays gone, and one that it was merged into is there."""
    if not retired:
        return
    ids = key_text(places.table, places.resource.primary_key)
    yield from places.of_rows("id-reused", at(ids.isin(list(retired))), places.resource.primary_key)
    alive = set(ids.dropna())
    for one in retired.values():
        if one.into is not None and one.into not in alive:
            lost = places.of_table("retired-target-missing", params={"into": one.into})
            yield lost.model_copy(update={"key": one.id, "field": places.resource.primary_key[0]})


def _rows_lost(places: Places, retired: dict[str, Retired], former: pd.DataFrame) -> Iterator[Finding]:
    """Rows of the last release that are no longer there by primary key; declared ids are not lost."""
    lost = _lost(places, retired, former)
    if not lost:
        return
    params = {"count": lost, "former": len(former), "rate": percent(lost / len(former))}
    thresholds = places.resource.change
    if not len(places.table):
        yield places.of_table("table-emptied", params=params)
    elif lost / len(former) > thresholds.rows_lost_error:
        allowed = {"limit": percent(thresholds.rows_lost_error)}
        yield places.of_table("rows-lost", severity="error", params={**params, **allowed})
    elif lost / len(former) > thresholds.rows_lost_warning:
        allowed = {"limit": percent(thresholds.rows_lost_warning)}
        yield places.of_table("rows-lost", severity="warning", params={**params, **allowed})


def _lost(places: Places, retired: dict[str, Retired], former: pd.DataFrame) -> int:
    key = places.resource.primary_key
    if not set(key) <= set(former.columns):
        return max(0, len(former) - len(places.table))
    before, now = _keys(former, key), _keys(places.table, key)
    return int((~among(before, now) & ~key_text(former, key).isin(list(retired))).sum())


def _ids_gone(places: Places, retired: dict[str, Retired], former: pd.DataFrame) -> Iterator[Finding]:
    """Minted ids of the last release that are neither there nor declared; their rows have no place any more."""
    key = places.resource.primary_key
    if not (places.resource.minted and set(key) <= set(former.columns)):
        return
    gone = at(~among(_keys(former, key), _keys(places.table, key)) & ~key_text(former, key).isin(list(retired)))
    yield from Places(places.dataset, places.resource, former, places.limit).of_rows("id-gone", gone, key)


def _columns_gone(places: Places, former: pd.DataFrame) -> Iterator[Finding]:
    now = {f.name for f in places.resource.public_fields}
    for column in (str(c) for c in former.columns if c not in now):
        yield places.of_column("column-gone", column)


def _null_rates(places: Places, former: pd.DataFrame) -> Iterator[Finding]:
    if not (len(former) and len(places.table)):
        return
    for column in (f.name for f in places.resource.public_fields if f.name in former):
        before = float(missing(former[column]).mean())
        now = float(missing(places.table[column]).mean())
        if now - before > places.resource.change.null_rate_rise:
            params = {
                "rate": percent(now),
                "former": percent(before),
                "limit": percent(places.resource.change.null_rate_rise),
            }
            yield places.of_column("null-rate-risen", column, params=params)


def _keys(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    return joined_keys(pd.DataFrame({c: present(as_text(table[c])) for c in columns}))
