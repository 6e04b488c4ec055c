"""What the search of the whole edition finds: datasets, tables, and the things that tables speak of.

What belongs here: filling the index. What does not: asking it.
"""

import sqlite3

from pipelines.contracts.text import Text
from pipelines.publish.edition_tables import EditionTable
from pipelines.publish.shown import Content

_FOUND = "INSERT INTO found (label, text, kind, path, dataset, scope) VALUES (?, ?, ?, ?, ?, ?)"
_THINGS = """
INSERT INTO found (label, text, kind, path, dataset, scope)
SELECT
  CASE WHEN e.label_es = e.label_en THEN e.label_es ELSE e.label_es || char(10) || e.label_en END,
  e.id || char(10) || coalesce(
    (SELECT group_concat(name, char(10)) FROM (SELECT DISTINCT name FROM temp.called WHERE path = e.path ORDER BY name)), ''
  ) || char(10) || coalesce(d.definition_es, '') || char(10) || coalesce(d.definition_en, ''),
  e.class, e.path, e.dataset, e.scope
FROM entity AS e
LEFT JOIN temp.defines AS d ON d.path = e.path AND d.dataset = e.dataset AND d.table_name = e.table_name AND d.row = e.row
WHERE e.survivor IS NULL AND e.removed IS NULL AND e.class IN (SELECT class FROM temp.spoken)
ORDER BY e.path
"""
_SPOKEN = """
CREATE TEMP TABLE spoken AS
SELECT DISTINCT e.class FROM entity AS e JOIN temp.speaks AS s ON s.path = e.path WHERE NOT s.own
"""
"""The classes of which rows speak that are not their own: things, as against what is only a statement about things."""


def fill_found(base: sqlite3.Connection, content: Content, tables: list[EditionTable]) -> None:
    """Fill the index: datasets, then tables, then entities by path."""
    for shown, version in content.pinned:
        meta = version.metadata
        words = [*meta.keywords.es, *meta.keywords.en, *(w for t in meta.tables for w in (t.titles.es, t.titles.en))]
        text = "\n".join((shown.id, _both(meta.descriptions), *words))
        base.execute(_FOUND, (_both(meta.titles), text, "dataset", f"/datasets/{shown.id}", shown.id, None))
    for table in tables:
        columns = [f"{f['name']}\n{f['titles']['es']}\n{f['titles']['en']}" for f in table.fields]
        text = "\n".join((table.name, _both(table.facts.descriptions), *columns))
        path = f"/datasets/{table.dataset}/tables/{table.name}"
        base.execute(_FOUND, (_both(table.facts.titles), text, "table", path, table.dataset, None))
    base.execute("CREATE INDEX temp.named ON called (path)")
    base.execute(_SPOKEN)
    base.execute(_THINGS)
    base.execute("INSERT INTO found (found) VALUES ('optimize')")


def _both(text: Text) -> str:
    return text.es if text.es == text.en else f"{text.es}\n{text.en}"
