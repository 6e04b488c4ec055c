"""How a row is called that has no name of its own: by what it names, what it says, and its date.

What belongs here: words for a membership, a status or a figure where a list or a heading needs some. What does not: the
labels of things that have one, which `publish` finds.
"""

import json
from collections.abc import Iterable

from pipelines.contracts.text import Lang
from portal.dates import words
from portal.figures import words_of
from portal.site import Site
from portal.statements import Named, Row, StoredTable, rows, stored_table

BETWEEN = " · "
_OF_PATHS = """
SELECT path, dataset, table_name, row, id FROM entity
WHERE path IN (SELECT value FROM json_each(?)) AND row IS NOT NULL ORDER BY dataset, table_name, row
"""


def called(site: Site, lang: Lang, row: Row, but: str = "", dated: bool = True) -> str | None:
    """The words for a row; None where it names nothing. `but`: the path of the thing on whose page they stand.

    A figure is what was measured, its value in words, and of whom. Any other row is the things that it names and its
    status, lest what is only planned read as done. The date follows if `dated`.
    """
    table = stored_table(site, row.dataset, row.table)
    names = [n.label.get(lang) for n in _things(row, table) if n.path != but]
    if "value" in table.roles:
        measured = row.names.get(table.roles.get("indicator", ""), [])
        names = [n for n in names if n not in [m.label.get(lang) for m in measured]]
        value = words_of(site, row).get(lang)
        names.insert(0, f"{measured[0].label.get(lang)}: {value}" if measured else value)
    else:
        names += [n.label.get(lang) for n in row.names.get(table.roles.get("status", ""), [])]
    date = row.cells.get(table.roles.get("date", ""))
    if names and dated and date:
        names.append(words(lang, str(date)))
    return BETWEEN.join(dict.fromkeys(names)) or None


def _things(row: Row, table: StoredTable) -> list[Named]:
    """What has a label and is named by the row: no codes, not the row itself, not the document that says it."""
    apart = {*table.codes, table.roles.get("document")}
    return [n for column in row.cells if column not in apart for n in row.names.get(column, []) if _labelled(n)]


def _labelled(name: Named) -> bool:
    return name.label.es != name.id or name.label.en != name.id


def called_at(site: Site, lang: Lang, paths: Iterable[str]) -> dict[str, str]:
    """The words for the rows that define the things at `paths`; a path is left out where there are none."""
    found = site.database().execute(_OF_PATHS, (json.dumps(list(paths)),)).fetchall()
    by_table: dict[tuple[str, str], list[tuple[str, int, str]]] = {}
    for path, dataset, table, number, ident in found:
        by_table.setdefault((dataset, table), []).append((path, number, ident))
    out = {}
    for place, ones in by_table.items():
        read = rows(site, *place, [(number, ident) for _, number, ident in ones])
        for path, number, _ in ones:
            if said := called(site, lang, read[number], path):
                out[path] = said
    return out
