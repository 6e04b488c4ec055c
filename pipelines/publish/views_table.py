"""Rows of a table of `edition.sqlite` as a view needs them: each cell with its label and what it leads to.

What belongs here: queries. What does not: what a view makes of the rows.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.contracts.reading import RowRole, folded
from pipelines.contracts.text import Text
from pipelines.contracts.views import View, ViewCell
from pipelines.contracts.wording import amount

NOTHING = Text(es="sin dato", en="not stated")
"""What stands for an empty cell."""

CAVEAT = Text(es="Advertencia", en="Caveat")
_NO_CAVEAT = Text(es="ninguna", en="none")
_YES, _NO = Text(es="sí", en="yes"), Text(es="no", en="no")
_TRUTH = {"true": 1, "false": 0}


@dataclass(frozen=True)
class Cell:
    """A cell: what it reads, the path of the entity or code that it names, and its place in its vocabulary."""

    text: Text
    path: str | None = None
    place: int = 0
    code: str | None = None

    @cached_property
    def shown(self) -> ViewCell:
        """It as it stands in the data of a view."""
        return ViewCell(text=self.text, path=self.path)

    @cached_property
    def order(self) -> tuple[bool, int, str, str]:
        """In the order of its vocabulary, else as a Spanish reader sorts; empty ones come last."""
        return self.text is NOTHING, self.place, folded(self.text.es), self.path or self.text.es

    @property
    def identity(self) -> str:
        """What makes it another one: two things may be called the same."""
        return self.path or self.text.es


def with_caveats(header: list[Text], rows: list[list[ViewCell]], caveats: Sequence[tuple[Any, ...]]) -> None:
    """Add a column with the caveats of the rows, if any row has one. `caveats`: Spanish and English of each row."""
    if any(all(pair) for pair in caveats if pair):
        header.append(CAVEAT)
        for row, pair in zip(rows, caveats, strict=True):
            row.append(ViewCell(text=Text(es=pair[0], en=pair[1]) if all(pair) else _NO_CAVEAT))


class ViewTable:
    """The table that a view shows."""

    def __init__(self, base: sqlite3.Connection, dataset: str, table: str) -> None:
        self.base, self.place = base, (dataset, table)
        found = base.execute("SELECT name FROM published WHERE dataset = ? AND table_name = ?", self.place)
        (self.stored,) = found.fetchone()
        told = base.execute("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY pk", (self.stored,)).fetchall()
        self.types: dict[str, str] = {name: kind for name, kind, _ in told}
        self.key: list[str] = [name for name, _, pk in told if pk]
        said = "SELECT column, role, value FROM role WHERE dataset = ? AND table_name = ?"
        self.roles: list[tuple[str, RowRole, str | None]] = base.execute(said, self.place).fetchall()
        self._cells: dict[tuple[str, Any, str | None], Cell] = {}
        self.schemes = {column: value for column, role, value in self.roles if role == "code"}

    def column(self, role: RowRole) -> str | None:
        """The column with a role, the first by name; None without one."""
        return next((column for column, given, _ in self.roles if given == role), None)

    @property
    def caveats(self) -> list[str]:
        """The columns with what must be known before using a row, Spanish and English; none if it has not both."""
        found = [self.column(role) for role in ("caveat_es", "caveat_en")]
        return [column for column in found if column] if all(found) else []

    def rows(self, columns: Sequence[str], view: View, plain: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """The rows that the view shows: a `Cell` of each of `columns`, then the values of `plain`; in their order.

        A row whose cell names several things is there once for each.
        """
        query, values = self._query(columns, plain, view)
        return [self._row(columns, row) for row in self.base.execute(f"{query} ORDER BY t.rowid", values)]

    def counts(self, column: str, view: View) -> list[tuple[Cell, int]]:
        """The distinct cells of a column with how many of the rows that the view shows have each."""
        query, values = self._query([column], (), view)
        grouped = f"SELECT a, b, c, d, e, count(*) FROM ({query}) GROUP BY a, b"  # noqa: S608
        return [self._row([column], row) for row in self.base.execute(grouped, values)]

    def described(self) -> set[str]:
        """The paths of what the key of its rows names."""
        marks = ", ".join("?" * len(self.key))
        query = f"SELECT entity FROM statement WHERE dataset = ? AND table_name = ? AND via IN ({marks})"  # noqa: S608
        return {path for (path,) in self.base.execute(query, (*self.place, *self.key))}

    def _query(self, columns: Sequence[str], plain: Sequence[str], view: View) -> tuple[str, list[Any]]:
        # Names of tables and columns match TABLE_NAME of the contracts: no quote can stand in them.
        picked: list[str] = []
        values: list[Any] = []
        joins = ""
        letters = iter("abcdefghijklmnopqrstuvwxyz")
        for n, column in enumerate(columns):
            picked.append(f't."{column}" AS {next(letters)}')
            picked += [f"{of} AS {next(letters)}" for of in (f"e{n}.path", f"e{n}.label_es", f"e{n}.label_en")]
            if column in self.schemes:
                joins += f' LEFT JOIN concept AS e{n} ON e{n}.scheme = ? AND e{n}.code = t."{column}"'
                values.append(self.schemes[column])
                picked.append(f"e{n}.place AS {next(letters)}")
            else:
                joins += (
                    f" LEFT JOIN statement AS s{n} ON s{n}.dataset = ? AND s{n}.table_name = ? AND s{n}.row = t.rowid - 1"
                    f" AND s{n}.via = ? LEFT JOIN entity AS e{n} ON e{n}.path = s{n}.entity"
                )
                values += [*self.place, column]
                picked.append(f"NULL AS {next(letters)}")
        picked += [f't."{column}"' for column in plain]
        wanted = ""
        for column, allowed in view.where.items():
            wanted += f' {"AND" if wanted else "WHERE"} t."{column}" IN ({", ".join("?" * len(allowed))})'
            values += [_TRUTH.get(v, v) if self.types[column] == "BOOLEAN" else v for v in allowed]
        return f'SELECT {", ".join(picked)} FROM "{self.stored}" AS t{joins}{wanted}', values  # noqa: S608

    def _row(self, columns: Sequence[str], row: tuple[Any, ...]) -> tuple[Any, ...]:
        cells = [self._cell(column, *row[5 * n : 5 * n + 5]) for n, column in enumerate(columns)]
        return (*cells, *row[5 * len(columns) :])

    def _cell(
        self, column: str, value: Any, path: str | None, es: str | None, en: str | None, place: int | None
    ) -> Cell:
        # Few cells are unlike each other, and many rows have them.
        known = (column, value, path)
        if known not in self._cells:
            self._cells[known] = self._made(column, value, path, es, en, place)
        return self._cells[known]

    def _made(
        self, column: str, value: Any, path: str | None, es: str | None, en: str | None, place: int | None
    ) -> Cell:
        if value is None or value == "":
            return Cell(NOTHING)
        text = Text(es=es, en=en) if es and en else self._said(column, value)
        return Cell(text, path, place or 0, str(value))

    def _said(self, column: str, value: Any) -> Text:
        if self.types[column] == "BOOLEAN":
            return _YES if value else _NO
        if isinstance(value, float):
            return Text(es=amount("es", value), en=amount("en", value))
        return Text(es=str(value), en=str(value))
