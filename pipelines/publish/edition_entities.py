"""What has an IRI of its own in an edition, what speaks of it, and what had one.

What belongs here: choosing the row that defines an entity, the labels of codes, and retired ids, in SQL over what
`edition_subjects` read. What does not: reading tables.
"""

import sqlite3
from collections.abc import Iterator
from urllib.parse import quote

from pipelines.contracts.cells import cell_text
from pipelines.contracts.dataset import Retired
from pipelines.contracts.files import read_json_lines
from pipelines.contracts.project import Project
from pipelines.contracts.reading import CODES
from pipelines.contracts.store import DELTA_FILE
from pipelines.linked.mapping import Rules
from pipelines.linked.template import Template
from pipelines.publish.edition_subjects import Subject
from pipelines.publish.edition_tables import EditionTable
from pipelines.publish.shown import Content, Shown

_ENTITIES = """
INSERT INTO entity (path, class, id, dataset, table_name, row, label_es, label_en, scope)
SELECT path, class, id, dataset, table_name, row, coalesce(label_es, label_en, id), coalesce(label_en, label_es, id), scope
FROM (SELECT *, row_number() OVER (PARTITION BY path ORDER BY rank, row) AS n FROM temp.defines) WHERE n = 1 ORDER BY path
"""
_STATEMENTS = """
INSERT INTO statement
SELECT path, dataset, table_name, row, key, via, date_from, date_to, date FROM temp.speaks
WHERE path IN (SELECT path FROM entity)
GROUP BY path, date_from, dataset, table_name, row, via ORDER BY path, date_from, dataset, table_name, row, via
"""
_CONCEPTS = """
INSERT INTO concept
SELECT c.scheme, c.code, coalesce(e.label_es, c.es), coalesce(e.label_en, c.en), d.definition_es, d.definition_en, c.path, c.place
FROM temp.code AS c LEFT JOIN entity AS e ON e.path = c.path
LEFT JOIN temp.defines AS d ON d.path = e.path AND d.dataset = e.dataset AND d.table_name = e.table_name AND d.row = e.row
ORDER BY c.scheme, c.code
"""
_LONE_CODES = """
INSERT INTO entity (path, class, id, label_es, label_en)
SELECT path, scheme, code, es, en FROM temp.code WHERE path NOT IN (SELECT path FROM entity) ORDER BY path
"""


def settle_entities(base: sqlite3.Connection, project: Project, tables: list[EditionTable]) -> None:
    """Fill `entity`, `concept` and `statement` from what the tables say and from the vocabularies."""
    base.execute("CREATE TEMP TABLE code (scheme TEXT, code TEXT, es TEXT, en TEXT, path TEXT, place INTEGER)")
    base.executemany("INSERT INTO code VALUES (?, ?, ?, ?, ?, ?)", _codes(project, tables))
    base.execute("CREATE INDEX temp.defined ON defines (path)")
    base.execute(_ENTITIES)
    base.execute(_LONE_CODES)
    base.execute(_CONCEPTS)
    base.execute(_STATEMENTS)


def _codes(project: Project, tables: list[EditionTable]) -> Iterator[tuple[str, str, str, str, str, int]]:
    """The codes of the vocabularies with their labels, and codes that only a release still has."""
    schemes = {name: {c: (t.es, t.en) for c, t in codes.items()} for name, codes in project.vocabularies.labels.items()}
    for table in tables:
        for field in table.fields:
            scheme = schemes.setdefault(field["vocabulary"], {}) if "vocabulary" in field else {}
            for code, label in field.get("labels", {}).items():
                scheme.setdefault(code, (label["es"], label["en"]))
    for name, codes in sorted(schemes.items()):
        for place, (code, (es, en)) in enumerate(codes.items()):
            yield name, code, es, en, f"{CODES}/{quote(name, safe='')}/{quote(code, safe='')}", place


def rank_tables(tables: list[EditionTable], labelled: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The rank of each table by dataset and name: where several define the same thing, the least is taken.

    First those with labels, among them those that more keys name, then in the order of the edition.
    """
    named: dict[tuple[str, str], int] = {}
    for table in tables:
        ends = [end["reference"] for end in table.said["schema"].get("foreignKeys", [])]
        for key in table.said.get("keys", []):
            ends += [*([key["reference"]] if key.get("reference") else []), *key.get("references", {}).values()]
        for end in ends:
            place = (end.get("dataset") or table.dataset, end.get("resource") or table.name)
            named[place] = named.get(place, 0) + 1
    places = [t.place for t in tables]
    places.sort(key=lambda place: (place not in labelled, -named.get(place, 0)))
    return {place: rank for rank, place in enumerate(places)}


def retire(base: sqlite3.Connection, project: Project, content: Content, rules: dict[tuple[str, str], Rules]) -> None:
    """Add what is gone to `entity`: merged ids with their survivor, removed ones with the version and the reason."""
    for shown, version in content.pinned:
        file = project.datasets.get(shown.id)
        gone = file.retired if file else []
        into = {(g.table, g.id): g.into for g in gone if g.into}
        for one in gone:
            of = rules.get((shown.id, one.table))
            subject = Subject.of(of.subject, of.uri_base) if of else None
            path = _path(of.subject, one.id, of.uri_base) if of and subject else None
            if of is None or subject is None or path is None:
                continue
            survivor = _path(of.subject, _last(into, one), of.uri_base) if one.into else None
            removed = None if survivor else _removed_by(shown, one, version.release.version)
            base.execute(
                "INSERT INTO entity (path, class, id, survivor, removed, reason_es, reason_en) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (path, *subject.named(path), survivor, removed, one.reason.es, one.reason.en),
            )


def _last(into: dict[tuple[str, str], str], gone: Retired) -> str:
    """The id that is left after all mergers."""
    here, seen = gone.id, {gone.id}
    while (following := into.get((gone.table, here))) and following not in seen:
        here = following
        seen.add(here)
    return here


def _path(template: Template, key: str, uri_base: str) -> str | None:
    """The path of an id; its parts are separated by `/` where the subject has several cells."""
    cells = key.split("/") if len(template.variables) > 1 else [key]
    if len(cells) != len(template.variables):
        return None
    filled = iter(cells)
    whole = "".join(p if isinstance(p, str) else quote(next(filled), safe="") for p in template.parts)
    return whole[len(uri_base) :]


def _removed_by(shown: Shown, gone: Retired, pinned: str) -> str:
    """The version whose delta removed the id last; the pinned one if none tells it."""
    found = pinned
    for version in shown.versions:
        path = version.folder / DELTA_FILE
        lines = read_json_lines(path) if path.is_file() else ()
        if any(_removes(line, gone) for line in lines):
            found = version.release.version
        if version.release.version == pinned:
            break
    return found


def _removes(line: dict[str, object], gone: Retired) -> bool:
    if line.get("table") != gone.table or line.get("change") != "removed":
        return False
    key = line.get("key")
    # A release of an earlier format has every part as text.
    return isinstance(key, dict) and "/".join(cell_text(v) for v in key.values()) == gone.id
