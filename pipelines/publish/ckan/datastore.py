"""The DataStore of a CKAN: tables made, filled, changed by the difference of two releases, read back and dropped.

What belongs here: the calls about tables and rows, and what of them may be repeated. What does not: metadata and
resources, and what differs between two states, which is `rows`.

What CKAN does and this module reckons with:

- One call is one transaction, and costs the same a row whether it has 2 000 or 50 000 of them.
- `upsert` of CKAN 2.12 leaves the words of a changed row out of the full-text index; `update` does not. So changed rows
  are updated, added ones inserted, and both fall back to `upsert`, which may be repeated without doubling a row.
- `datastore_search` of 2.12 keeps the number of rows. `calculate_record_count: true` leaves a number that is kept
  already as it is; `false` forgets it, and the next reader counts. 2.11 counts always.
- 2.11 answers a write with its rows, and fails on numbers that JSON does not have (NaN) after they are written.
- `datastore_dump` as CSV tells an empty text (`""`) from none, and has no sign of having been cut off.
"""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pipelines.contracts.findings import FindingError, finding
from pipelines.publish.ckan.columns import column_changes, column_findings
from pipelines.publish.ckan.dump import read_dump, schema_of
from pipelines.publish.ckan.model import FieldChange, WantedTable
from pipelines.publish.ckan.rows import Difference, difference, pair, read_parquet
from pipelines.publish.ckan.wire import LostError, RefusedError, Wire

if TYPE_CHECKING:
    import pyarrow as pa

Tell = Callable[[int], None]
"""Told the rows written so far, after each call."""

CALL_BYTES = 900_000
"""Most bytes of rows in one call: a web server in front of CKAN refuses bodies of more than 1 MB unless told (nginx)."""
_TRIES = 5


class DataStore:
    """The tables of a portal. Every method raises `CallError` when a call fails for good."""

    def __init__(self, wire: Wire, rows_per_call: int, tell: Tell) -> None:
        self._wire, self._rows, self._tell = wire, rows_per_call, tell

    def create(self, table: WantedTable) -> None:
        """Make the table with its columns, key, indexes and dictionary; of one that is there, change what differs.

        A column that is no longer wanted stays until `delete`. Raises `FindingError` where a column is there with
        another type, which CKAN cannot change, or cannot be in a DataStore at all.
        """
        if bad := column_findings(table):
            raise FindingError(*bad)
        info = self._wire.find("datastore_info", id=table.resource)
        call = {"resource_id": table.resource, "force": True, "fields": table.columns}
        whole = {"primary_key": table.key, "indexes": table.indexes}
        if info is None:
            self._wire.do("datastore_create", {**call, **whole}, again=True)
            return
        changes = column_changes(table, info)
        _check_types(table, changes)
        # Giving the indexes makes them all anew, and readers wait for it.
        indexed = any(c.field.endswith(".index") for c in changes)
        if len(changes) > len(_left_over(changes)):
            self._wire.do("datastore_create", {**call, **(whole if indexed else {})}, again=True)

    def load(self, table: WantedTable) -> int:
        """Bring a table of ours to hold the rows of the release, whatever it holds; returns the rows written or deleted.

        It need not be empty: a load that died goes on with what is missing.
        """
        there = self.read(table)
        wanted = read_parquet(table.parquet, _names(table))
        if there is None:
            self.create(table)
            there = wanted.slice(0, 0)
        found = difference(there, wanted, table.key)
        return self.upsert(table, found) + self.delete(table, found)

    def upsert(self, table: WantedTable, found: Difference) -> int:
        """Write the rows that `found` adds and changes; returns how many. May be repeated where the table has a key."""
        written = 0
        for method, rows in (
            ("insert", found.upserts.slice(0, found.added)),
            ("update", found.upserts.slice(found.added)),
        ):
            for piece in pieces(rows, self._rows):
                self._write(table, method, records(piece))
                written += piece.num_rows
                self._tell(written)
        if written:
            self._settle(table)
        return written

    def _write(self, table: WantedTable, method: str, rows: list[dict[str, Any]]) -> None:
        call = {"resource_id": table.resource, "force": True, "records": rows, "calculate_record_count": False}
        try:
            self._wire.do("datastore_upsert", {**call, "method": method}, again=method == "update")
        except (LostError, RefusedError):
            # Some of it may be there already, or what was to be changed may be gone: somebody edited the table, or
            # the answer was lost.
            if not table.key:
                raise
            self._wire.do("datastore_upsert", {**call, "method": "upsert"}, again=True)
            self._wire.do("datastore_upsert", {**call, "method": "update"}, again=True)

    def delete(self, table: WantedTable, found: Difference) -> int:
        """Delete the rows that `found` removes, and columns that are not wanted; returns how many rows.

        May be repeated where the table has a key.
        """
        deleted = 0
        if found.removed_count:
            column, values = self._chosen(table, found)
            for piece in pieces(values, self._rows):
                call = {"resource_id": table.resource, "force": True, "calculate_record_count": False}
                filters = {column: [row[column] for row in records(piece)]}
                self._wire.do("datastore_delete", {**call, "filters": filters}, again=True)
                deleted += piece.num_rows
                self._tell(deleted)
            self._settle(table)
        if _left_over(self.columns_differ(table)):
            call = {"resource_id": table.resource, "force": True, "fields": table.columns, "delete_fields": True}
            self._wire.do("datastore_create", call, again=True)
        return deleted

    def _chosen(self, table: WantedTable, found: Difference) -> "tuple[str, pa.Table]":
        """A column and its values that name the rows to delete, and no others.

        A key of several columns has no such column but CKAN's own `_id`; `filters` with a list for each column would
        delete every combination of them.
        """
        if len(table.key) == 1 and not found.removed[table.key[0]].null_count:
            return table.key[0], found.removed
        names = found.removed.column_names
        there = self._rows_of(table, ["_id", *names])
        if there is None:
            return "_id", found.removed.slice(0, 0)
        places, _ = pair(there, found.removed, names, counted=not table.key)
        return "_id", there.select(["_id"]).take(places[places >= 0])

    def read(self, table: WantedTable) -> "pa.Table | None":
        """All rows that the portal holds, with the columns and types of the release; None if there is no such table.

        A column that is not there yet is empty. Raises `FindingError` where a column has another type, or where the
        rows come out otherwise than counted, time after time.
        """
        return self._rows_of(table, _names(table))

    def _rows_of(self, table: WantedTable, names: list[str]) -> "pa.Table | None":
        from pyarrow import ArrowInvalid
        from pyarrow.parquet import read_schema

        schema = schema_of(names, read_schema(table.parquet))
        for _ in range(_TRIES):
            info = self._wire.find("datastore_info", id=table.resource)
            if info is None:
                return None
            _check_types(table, column_changes(table, info))
            address = f"{self._wire.url}/datastore/dump/{table.resource}?format=csv"
            try:
                rows = read_dump(self._wire.download(address), schema)
            except ArrowInvalid:
                # Cut off in a row: the types are those that were asked for.
                continue
            # Else it was cut off between rows, or somebody wrote while it was read.
            if rows.num_rows == info["meta"]["count"] == self.count(table.resource):
                return rows
        raise FindingError(finding("target-rows-unsteady", table=table.table, key=table.resource))

    def count(self, resource: str) -> int | None:
        """The number of rows as PostgreSQL counts them now; None if there is no such table."""
        info = self._wire.find("datastore_info", id=resource)
        return None if info is None else int(info["meta"]["count"])

    def drop(self, resource: str) -> bool:
        """Drop the table with its dictionary; False if it was not there."""
        if self.count(resource) is None:
            return False
        try:
            self._wire.do("datastore_delete", {"resource_id": resource, "force": True})
        except LostError:
            if self.count(resource) is not None:
                raise
        return True

    def columns_differ(self, table: WantedTable) -> list[FieldChange]:
        """What differs in types, key, indexes and dictionary; everything if there is no such table."""
        info = self._wire.find("datastore_info", id=table.resource)
        return column_changes(table, info or {"fields": []})

    def _settle(self, table: WantedTable) -> None:
        """Make sure that the number of rows which readers are told is the one that is there.

        A reader who counted while rows were written may have kept the former number just after it was forgotten.
        """
        for _ in range(_TRIES):
            told = self._wire.ask("datastore_search", resource_id=table.resource, limit=0)["total"]
            if told == self.count(table.resource):
                return
            call = {"resource_id": table.resource, "force": True, "records": [], "calculate_record_count": False}
            self._wire.do("datastore_upsert", call, again=True)
        raise FindingError(finding("target-rows-unsteady", table=table.table, key=table.resource))


def _names(table: WantedTable) -> list[str]:
    return [c["id"] for c in table.columns]


def _left_over(changes: list[FieldChange]) -> list[FieldChange]:
    """Columns that are there and not wanted: of a newer release, or somebody's own."""
    return [c for c in changes if c.field.endswith(".type") and c.wanted is None]


def _check_types(table: WantedTable, changes: list[FieldChange]) -> None:
    wrong = [c for c in changes if c.field.endswith(".type") and c.shown and c.wanted]
    if wrong:
        raise FindingError(
            *(
                finding(
                    "target-column-type",
                    table=table.table,
                    key=table.resource,
                    field=c.field.split(".")[1],
                    value=c.shown,
                    params={"expected": c.wanted},
                )
                for c in wrong
            )
        )


def pieces(table: "pa.Table", most: int) -> "Iterator[pa.Table]":
    """The rows in slices of at most `most` rows and `CALL_BYTES` bytes as JSON; a longer row goes alone."""
    import numpy as np

    ends = np.cumsum(_json_bytes(table))
    start = 0
    while start < table.num_rows:
        before = ends[start - 1] if start else 0
        fits = int(np.searchsorted(ends, before + CALL_BYTES, side="right"))
        stop = min(max(fits, start + 1), start + most)
        yield table.slice(start, stop - start)
        start = stop


def _json_bytes(table: "pa.Table") -> Any:
    """About how many bytes each row takes as JSON in ASCII; rather more than less."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = sum(len(name) + 6 for name in table.column_names)
    sizes = np.full(table.num_rows, plain + 26 * table.num_columns, np.int64)
    for column in table.columns:
        if pa.types.is_string(column.type):
            letters = pc.fill_null(pc.utf8_length(column), 0).to_numpy()
            # A letter beyond ASCII becomes six bytes, of two to four.
            sizes += letters + 5 * (pc.fill_null(pc.binary_length(column), 0).to_numpy() - letters)
    return sizes


def records(table: "pa.Table") -> list[dict[str, Any]]:
    """Rows as `datastore_upsert` takes them; days and instants as text, and numbers that JSON does not have."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [f.with_type(pa.string()) if pa.types.is_temporal(f.type) else f for f in table.schema]
    rows: list[dict[str, Any]] = table.cast(pa.schema(texts)).to_pylist()
    for field in table.schema:
        if pa.types.is_floating(field.type) and not pc.all(pc.is_finite(table[field.name])).as_py():
            for row in rows:
                if row[field.name] is not None and not math.isfinite(row[field.name]):
                    row[field.name] = str(row[field.name])
    return rows
