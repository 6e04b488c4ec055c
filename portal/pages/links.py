"""What the cells of rows name: the thing or code that each cell stands for, with its address and label.

What belongs here: asking the database of the edition about the rows of one page, in one query. What does not: how a
cell is shown, which is `cells`. Only rows of the versions of the edition are known; those of former ones stay as they are.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from pipelines.contracts.cells import cell_text
from pipelines.contracts.reading import LIVE
from pipelines.contracts.text import Lang
from portal.site import Site
from portal.statements import stored_table

_NAMED = f"""
SELECT s.row, s.via, e.path || '?lang=' || ?1, e.id, coalesce(iif(?1 = 'en', e.label_en, e.label_es), e.label_es)
FROM statement AS s JOIN entity AS e ON e.path = s.entity
WHERE s.dataset = ?2 AND s.table_name = ?3 AND s.row IN (SELECT value FROM json_each(?4)) AND {LIVE}
"""  # noqa: S608 - a constant of ours


class Thing(NamedTuple):
    """What a cell names: the address of its page, its id, and its label in the language of the page."""

    address: str
    id: str
    label: str


def row_numbers(site: Site, place: tuple[str, str], version: str, rows: Iterable[dict[str, Any]]) -> list[int | None]:
    """The numbers of rows in their table, found by their keys; None where a row does not hold its key."""
    table = site.table(place[0], version, place[1])
    return [None if text is None else table.keys.row(text) for text in (_key(table.facts.key, row) for row in rows)]


def _key(columns: list[str], row: dict[str, Any]) -> str | None:
    """The key of a row as one text, as `contracts.tables.key_text` writes it."""
    if any(row.get(column) is None for column in columns):
        return None
    *leading, last = (cell_text(row[column]) for column in columns)
    return "".join(part.replace("\\", "\\\\").replace("/", "\\/") + "/" for part in leading) + last


def things(
    site: Site, lang: Lang, place: tuple[str, str], rows: Sequence[dict[str, Any]], numbers: Sequence[int | None]
) -> list[dict[str, Thing]]:
    """What the cells of each row name, by column. A code leads to its vocabulary also where no mapping says so."""
    known, coded = named(site, lang, place, numbers), stored_table(site, *place).codes
    out = []
    for row, number in zip(rows, numbers, strict=True):
        own = {} if number is None else known.get(number, {})
        for column, codes in coded.items():
            code = None if column in own else codes.get(row.get(column))
            if code is not None:
                own[column] = Thing(f"{code.path}?lang={lang}", code.id, code.label.get(lang))
        out.append(own)
    return out


def named(site: Site, lang: Lang, place: tuple[str, str], numbers: Iterable[int | None]) -> dict[int, dict[str, Thing]]:
    """What the cells of rows of a table name, by number of the row and column; not of a cell that names several."""
    asked = json.dumps([n for n in numbers if n is not None])
    found: dict[int, dict[str, Thing]] = {}
    several: set[tuple[int, str]] = set()
    for number, column, address, ident, label in site.database().execute(_NAMED, (lang, *place, asked)):
        of_row = found.setdefault(number, {})
        if column in of_row:
            several.add((number, column))
        # An id stands there as it does in an IRI.
        of_row[column] = Thing(address, unquote(ident), label or unquote(ident))
    for number, column in several:
        del found[number][column]
    return found
