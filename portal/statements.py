"""What the rows of an edition say of one entity, each with its date, its passage, and what must be known before using it.

What belongs here: rows of the database of the edition as statements, with every code and every entity that they name
labelled. What does not: the entity itself, which is `entities`, and how a statement is shown.

Which column is the document, the status or a caveat is told by the table `role` of the database; no name of a table or
column stands here.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from pipelines.contracts.reading import PLANNED, UNDECIDED, RowRole
from pipelines.contracts.text import Strict, Text
from portal.dates import DateView, announced, date_view
from portal.evidence import Verified, verified
from portal.site import Site

_CHUNK = 500
"""Rows that one query asks for, below the number of parameters that SQLite takes."""


class Named(Strict):
    """A code or an entity that a cell names: `path` is that of its IRI."""

    path: str
    id: str
    label: Text


class Row(Strict):
    """A row of the edition: its cells by column as in the JSON Lines of the release, and what its cells name."""

    dataset: str
    table: str
    title: Text
    number: int
    key: str
    cells: dict[str, Any]
    names: dict[str, list[Named]]


class StatementView(Strict):
    """A row that speaks of an entity. `via`: the columns that name it; `own`: the row defines it, or is itself it.

    `announced`: it is only planned, and no row tells an outcome; `announcement` is how it then reads.
    """

    row: Row
    via: list[str]
    own: bool
    date: DateView | None
    document: Named | None
    section: str | None
    evidence: list[str]
    url: str | None
    verified: Verified
    basis: Named | None
    status: Named | None
    caveats: Text | None
    announced: bool
    announcement: Text | None


class _Found(NamedTuple):
    dataset: str
    table: str
    number: int
    key: str
    via: str
    date_from: str | None
    date_to: str | None
    date: str | None


@dataclass(frozen=True)
class StoredTable:
    """A published table in the database.

    `name` there, the declared type of each column, the last column of its key, the column of each role (of several
    the last), what separates evidence terms, and the labels of coded columns.
    """

    name: str
    title: Text
    types: dict[str, str]
    key: str
    roles: dict[RowRole, str]
    about: list[str]
    between: str | None
    codes: dict[str, dict[Any, Named]]


_OF_ENTITY = """
SELECT dataset, table_name, row, key, group_concat(via, ' '), date_from, date_to, date FROM statement WHERE entity = ?
GROUP BY dataset, table_name, row
ORDER BY coalesce(date_from, date_to) IS NULL, coalesce(date_from, date_to), date_to, dataset, table_name, row LIMIT ? OFFSET ?
"""
_OF_ROWS = """
SELECT DISTINCT dataset, table_name, row, key, '', date_from, date_to, date FROM statement
WHERE dataset = ? AND table_name = ? AND row IN (SELECT value FROM json_each(?))
"""
_DATE_OF = """
SELECT s.date FROM entity AS e JOIN statement AS s
ON s.entity = e.path AND s.dataset = e.dataset AND s.table_name = e.table_name AND s.row = e.row
WHERE e.path = ? AND s.date IS NOT NULL
"""


_Ended = dict[tuple[Any, ...], str | None]
"""What `_last_outcome` told of a table and what its rows are about, for one answer."""
_KNOWN: WeakKeyDictionary[Site, dict[tuple[str, str], StoredTable]] = WeakKeyDictionary()


def stored_table(site: Site, dataset: str, table: str) -> StoredTable:
    """What the database says of a published table; read once for each site. Raises `KeyError` if it has none."""
    known = _KNOWN.setdefault(site, {})
    if (dataset, table) not in known:
        known[dataset, table] = _read_table(site.database(), dataset, table)
    return known[dataset, table]


def _read_table(base: sqlite3.Connection, dataset: str, table: str) -> StoredTable:
    query = "SELECT name, title_es, title_en FROM published WHERE dataset = ? AND table_name = ?"
    found = base.execute(query, (dataset, table)).fetchone()
    if found is None:
        raise KeyError(table)
    info = base.execute(f'PRAGMA table_info("{found[0]}")').fetchall()
    query = "SELECT role, column, value FROM role WHERE dataset = ? AND table_name = ?"
    roles = base.execute(query, (dataset, table)).fetchall()
    labels: dict[str, dict[Any, Named]] = {}
    for role, column, scheme in roles:
        if role == "code":
            codes = base.execute("SELECT path, code, label_es, label_en FROM concept WHERE scheme = ?", (scheme,))
            labels[column] = {code: Named(path=p, id=code, label=Text(es=es, en=en)) for p, code, es, en in codes}
    return StoredTable(
        name=found[0],
        title=Text(es=found[1], en=found[2]),
        types={r[1]: r[2] for r in info},
        key=max(info, key=lambda r: int(r[5]))[1],
        roles={role: column for role, column, _ in roles},
        about=[column for role, column, _ in roles if role == "about"],
        between=next((value for role, _, value in roles if role == "evidence"), None),
        codes=labels,
    )


def count(site: Site, path: str) -> int:
    """How many rows speak of an entity."""
    query = "SELECT count(*) FROM (SELECT DISTINCT dataset, table_name, row FROM statement WHERE entity = ?)"
    return int(site.database().execute(query, (path,)).fetchone()[0])


def statements(site: Site, path: str, start: int, limit: int) -> list[StatementView]:
    """The rows that speak of an entity in order of date, those without a date last; `limit` of them from `start`."""
    base = site.database()
    found = [_Found(*row) for row in base.execute(_OF_ENTITY, (path, limit, start))]
    by_table: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        by_table.setdefault((one.dataset, one.table), []).append(one)
    read = {place: rows(site, *place, [(f.number, f.key) for f in ones]) for place, ones in by_table.items()}
    ended: _Ended = {}
    return [_statement(site, path, one, read[one.dataset, one.table][one.number], ended) for one in found]


def of_rows(site: Site, dataset: str, table: str, numbers: Sequence[int]) -> list[StatementView]:
    """Rows of a table as statements, in the order of `numbers`, whatever they speak of; `via` is empty."""
    asked = (dataset, table, json.dumps(list(numbers)))
    found = {one.number: one for one in (_Found(*row) for row in site.database().execute(_OF_ROWS, asked))}
    read = rows(site, dataset, table, [(n, found[n].key) for n in numbers])
    ended: _Ended = {}
    return [_statement(site, "", found[n], read[n], ended) for n in numbers]


def rows(site: Site, dataset: str, table: str, wanted: Sequence[tuple[int, str]]) -> dict[int, Row]:
    """Rows of a table by number, with what their cells name. `wanted`: number and key of each."""
    base, known = site.database(), stored_table(site, dataset, table)
    out: dict[int, Row] = {}
    for first in range(0, len(wanted), _CHUNK):
        keys = dict(wanted[first : first + _CHUNK])
        marks = ", ".join("?" * len(keys))
        # The name of a table is one that the database itself gave.
        cells = base.execute(f'SELECT rowid, * FROM "{known.name}" WHERE rowid IN ({marks})', [n + 1 for n in keys])  # noqa: S608
        names = _names(base, dataset, table, list(keys))
        for number, *values in cells:
            told = {c: _value(v, known.types[c]) for c, v in zip(known.types, values, strict=True)}
            coded = {c: [codes[told[c]]] for c, codes in known.codes.items() if told[c] in codes}
            out[number - 1] = Row(
                dataset=dataset,
                table=table,
                title=known.title,
                number=number - 1,
                key=keys[number - 1],
                cells=told,
                names={**coded, **names.get(number - 1, {})},
            )
    return out


def _value(value: Any, declared: str) -> Any:
    if declared == "BOOLEAN" and value is not None:
        return bool(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e16 else value


def _names(base: sqlite3.Connection, dataset: str, table: str, numbers: list[int]) -> dict[int, dict[str, list[Named]]]:
    marks = ", ".join("?" * len(numbers))
    found = base.execute(
        "SELECT s.row, s.via, e.path, e.id, e.label_es, e.label_en FROM statement AS s JOIN entity AS e ON e.path = s.entity "  # noqa: S608
        f"WHERE s.dataset = ? AND s.table_name = ? AND s.row IN ({marks}) ORDER BY s.row, s.via, e.path",
        (dataset, table, *numbers),
    )
    out: dict[int, dict[str, list[Named]]] = {}
    for number, via, path, name, es, en in found:
        label = Text(es=es or name, en=en or es or name)
        out.setdefault(number, {}).setdefault(via, []).append(Named(path=path, id=name, label=label))
    return out


def _statement(site: Site, path: str, found: _Found, row: Row, ended: _Ended) -> StatementView:
    table = stored_table(site, found.dataset, found.table)

    def cell(role: RowRole) -> Any:
        column = table.roles.get(role)
        return row.cells.get(column) if column else None

    def named(role: RowRole) -> Named | None:
        names = row.names.get(table.roles.get(role, ""))
        return names[0] if names else None

    evidence = [t.strip() for t in str(cell("evidence") or "").split(table.between or "\0") if t.strip()]
    es, en = cell("caveat_es"), cell("caveat_en")
    document = named("document")
    planned = cell("status") in PLANNED and not _has_outcome(site, found, row, table, ended)
    return StatementView(
        row=row,
        via=sorted(set(found.via.split())),
        own=any(name.path == path for name in row.names.get(table.key, [])),
        date=date_view(found.date, found.date_from, found.date_to),
        document=document,
        section=cell("section"),
        evidence=evidence,
        url=cell("url"),
        verified=verified(_folder(site, row), row.table, row.key, cell("document")) if evidence else "none",
        basis=named("basis"),
        status=named("status"),
        caveats=Text(es=es or en, en=en or es) if es or en else None,
        announced=planned,
        announcement=announced(_date_of(site, document), found.date) if planned else None,
    )


def _has_outcome(site: Site, found: _Found, row: Row, table: StoredTable, ended: _Ended) -> bool:
    """Whether another row of the table about the very same, at that date or later, tells how it ended.

    Only rows that are about something else can have one: of a thing of its own the row itself tells it.
    """
    if not set(table.about) - set(table.codes):
        return False
    same = (table.name, *(row.cells[c] for c in table.about))
    if same not in ended:
        ended[same] = _last_outcome(site, row, table)
    last = ended[same]
    return last is not None and (found.date_from is None or last >= found.date_from)


def _last_outcome(site: Site, row: Row, table: StoredTable) -> str | None:
    """The last day of the rows about the same that tell an outcome, `9999` where one has none; None without such a row."""
    same = " AND ".join(f'"{column}" IS ?' for column in table.about)
    day = f"{table.roles.get('date')}_to"
    last = f"""coalesce("{day}", '9999')""" if day in table.types else "'9999'"
    undecided = ", ".join("?" * len(UNDECIDED))
    # Names that the database itself gave.
    query = f'SELECT max({last}) FROM "{table.name}" WHERE {same} AND "{table.roles["status"]}" NOT IN ({undecided})'  # noqa: S608
    values = (*(row.cells[c] for c in table.about), *sorted(UNDECIDED))
    (found,) = site.database().execute(query, values).fetchone()
    return str(found) if found is not None else None


def _date_of(site: Site, document: Named | None) -> str | None:
    found = site.database().execute(_DATE_OF, (document.path,)).fetchone() if document else None
    return str(found[0]) if found else None


def _folder(site: Site, row: Row) -> Path:
    return site.folder(row.dataset, site.version(row.dataset, None))
