"""The database of an edition: its tables, what has an IRI of its own, what speaks of it, and what a search finds.

What belongs here: making the file, once for an edition, the same bytes for the same edition and the same SQLite. What
does not: its shape, which is `contracts.reading`, and reading it.

The rows are those of the pinned releases. What they say of entities is told by the mapping of the dataset file, and
labels of codes by the vocabularies, as both are when the edition is put up.
"""

import errno
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from pipelines.contracts.project import Project
from pipelines.contracts.reading import DATABASE_FILE, EDITION_SCHEMA
from pipelines.linked.mapping import Rules, compile_rules
from pipelines.publish.edition_entities import rank_tables, retire, settle_entities
from pipelines.publish.edition_found import fill_found
from pipelines.publish.edition_roles import label_columns, roles_of
from pipelines.publish.edition_subjects import WORK_SCHEMA, read_subjects
from pipelines.publish.edition_tables import EditionTable, edition_tables, store_table
from pipelines.publish.shown import Content

PAGE_BYTES = 4096
"""Size of a page of the file, in bytes: that of the page cache of the systems it is read on."""
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
_FIXED = frozenset(re.findall(r"^CREATE (?:VIRTUAL )?TABLE (\w+)", EDITION_SCHEMA, re.M))


def edition_database(project: Project, content: Content, folder: Path) -> Path:
    """Make `edition.sqlite` of the pinned versions in `folder` and return its path.

    It is read-only and in no journal mode, so it can be opened `immutable`. Raises `OSError` when the disk is full,
    `FindingError` when the metadata of a version cannot be read, and `pyarrow.ArrowException` on a damaged table;
    check the files of the releases before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft, made = folder / f"{DATABASE_FILE}.draft", folder / DATABASE_FILE
    for path in (draft, made):
        path.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as base:
            # Nobody sees the file before it is whole, and it is flushed before it is shown.
            for setting in (f"page_size = {PAGE_BYTES}", "journal_mode = OFF", "synchronous = OFF"):
                base.execute(f"PRAGMA {setting}")
            base.executescript(EDITION_SCHEMA + WORK_SCHEMA)
            base.execute("BEGIN")
            _fill(base, project, content)
            base.execute("COMMIT")
            # Without the room that building left free, so that it depends on nothing but what is in it.
            base.execute("VACUUM INTO ?", (str(made),))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _NO_ROOM:
            raise
        raise OSError(errno.EIO, str(error)) from error
    finally:
        draft.unlink(missing_ok=True)
    made.chmod(0o444)
    return made


def _fill(base: sqlite3.Connection, project: Project, content: Content) -> None:
    tables = edition_tables(project, content, set(_FIXED))
    rules = {t.place: compile_rules(t.resource, project) for t in tables if t.resource and t.resource.rdf}
    ranks = rank_tables(tables, {p for t in tables if (p := t.place) in rules and any(label_columns(t, rules[p]))})
    _about(base, content)
    for table in tables:
        store_table(base, table)
        _describe(base, project, table, rules.get(table.place))
        if table.place in rules:
            read_subjects(base, table, rules[table.place], ranks[table.place])
    settle_entities(base, project, tables)
    retire(base, project, content, rules)
    fill_found(base, content, tables)


def _about(base: sqlite3.Connection, content: Content) -> None:
    for shown, version in content.pinned:
        meta = version.metadata
        cited = version.package.get("bibliographicCitations", {})
        told = (shown.id, meta.version, meta.version_iri, meta.titles.es, meta.titles.en, meta.licence)
        base.execute("INSERT INTO about VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*told, cited.get("es"), cited.get("en")))


def _describe(base: sqlite3.Connection, project: Project, table: EditionTable, rules: Rules | None) -> None:
    titles = table.facts.titles
    base.execute("INSERT INTO published VALUES (?, ?, ?, ?, ?)", (*table.place, table.stored, titles.es, titles.en))
    roles = roles_of(table, rules, project.ontology)
    base.executemany("INSERT INTO role VALUES (?, ?, ?, ?, ?)", ((*table.place, *role) for role in roles))
