"""What `publish` makes once so that the portal reads fast: of each release, and of each edition.

What belongs here: the names and shapes of those files, for the one that writes and the one that reads. What does not:
writing or reading them.

Of a release, in `reading/<dataset>/<version>/`::

    reading.json               `Reading`: what is here
    <table>.<n>.codes.npy      of column number n (from 0), in the smallest of uint8, uint16 and uint32 that holds them
                               (rows): 0 for an empty cell, else 1 + the place of its value in `values`
    <table>.order.npy          uint32 (columns, rows): the row numbers sorted by that column, then by row; empty ones first
    <table>.<n>.values.arrow   Arrow IPC file of one column `value`: the distinct values of column number n, sorted
    <table>.<n>.groups.npy     float64 (1 + 4 x numeric columns, distinct + 1), only where `grouped`: of the rows with each
                               code of column number n how many they are, then of each numeric column in turn the
                               `grouping.FIGURES`
    <table>.keys.arrow         Arrow IPC file, sorted by `key` in code points: `key` (`tables.key_text`) and `row` (uint32)
    <table>.csv.npy            uint64 (rows + 1): where each row of the CSV of the release begins, and the end
    <table>.jsonl.npy          the same for its JSON Lines
    <table>.words.arrow        Arrow IPC file, sorted by `word` in code points: `word` (of `words`, in any text of a row or in
                               a label of its codes), `end` (int64), where its rows end in the next file, and `often`
                               (int32), its place in the one after that, -1 where it is in none
    <table>.words.npy          uint32: the numbers of the rows of each word, word after word, rising within a word
    <table>.often.npy          uint8 (words, rows / 8): the rows of each word that one row in 32 or more holds, a bit a
                               row, the first in the lowest bit; the three only with text

Rows are numbered from 0 in the order of the files of the release. Texts are sorted by `folded`, then by code point; other
values by themselves. A table without rows has arrays of length 0 (offsets: 1).

In the tree of an edition: `catalogue.json`, the `metadata.Catalogue` of the edition, and
`editions/<edition>/edition.sqlite`, whose tables are `EDITION_SCHEMA`.
"""

import re
import unicodedata
from functools import cached_property
from typing import Literal

from pydantic import Field

from pipelines.contracts.text import Strict, Text

READING_FORMAT = 5
"""Raised when the same release would be written differently; files of another number are made again."""
READING_FILE = "reading.json"
CATALOGUE_FILE = "catalogue.json"
DATABASE_FILE = "edition.sqlite"

ColumnType = Literal["string", "integer", "year", "number", "boolean", "date", "datetime"]
NUMERIC = frozenset({"integer", "year", "number"})
"""Types of columns that can be calculated with."""
GROUPED_VALUES, GROUPED_ROWS = 1000, 32
"""Most distinct values of a column whose figures are made once, and fewest rows a value; the rest is soon counted."""
OFTEN = 32
"""A word that one row in so many holds takes no more room as a bit a row than as the numbers of its rows."""


class ReadColumn(Strict):
    """One published column."""

    name: str
    type: ColumnType
    titles: Text
    descriptions: Text
    distinct: int = Field(description="Distinct values.")
    grouped: bool = Field(default=False, description="Whether the figures of its groups were made.")
    empty: int = Field(description="Empty cells.")
    least: str | None = Field(default=None, description="The smallest value as the one text of a cell.")
    most: str | None = Field(default=None, description="The greatest value.")
    vocabulary: str | None = None
    codes: dict[str, Text] = Field(
        default_factory=dict, description="Labels of the codes that occur, where it has a vocabulary."
    )
    allowed: list[str] = Field(
        default_factory=list, description="The values that the schema lets it have, where it lists them."
    )
    unit: str | None = None


class ReadTable(Strict):
    """One table. `columns` in the order of the files."""

    name: str
    titles: Text
    descriptions: Text
    rows: int
    key: list[str]
    columns: list[ReadColumn]
    searched: list[str] = Field(description="Columns whose words can be searched; empty if there are none.")
    valid_from: str | None = Field(default=None, description="Column with the first day at which a row held.")
    valid_to: str | None = Field(default=None, description="Column with the last day.")

    @cached_property
    def places(self) -> dict[str, int]:
        """The number of each column by its name, from 0."""
        return {c.name: n for n, c in enumerate(self.columns)}


class Reading(Strict):
    """`reading.json`."""

    format: int
    dataset: str
    version: str
    release: str = Field(
        description="SHA-256 of `release.json`: what it was made of, and the strong ETag of its answers."
    )
    tables: list[ReadTable]


EDITION_SCHEMA = """
CREATE TABLE entity (              -- everything that has an IRI of its own, and what had one
  path TEXT PRIMARY KEY,           -- of its IRI, without uri_base: /recurso/economia/organisation/ibm
  class TEXT NOT NULL,             -- the part before the id: organisation; of a code its scheme
  id TEXT NOT NULL,
  dataset TEXT, table_name TEXT, row INTEGER,   -- the row that defines it; NULL for a merged or removed one, and for a
                                   -- code whose vocabulary no dataset publishes
  label_es TEXT, label_en TEXT,
  scope TEXT,                      -- code of the vocabulary scope, where its row has one
  survivor TEXT,                   -- path of the entity that it was merged into: 301
  removed TEXT,                    -- version that removed it: 410
  reason_es TEXT, reason_en TEXT
) WITHOUT ROWID;
CREATE INDEX entity_class ON entity (class, label_es);
CREATE TABLE statement (           -- every row that speaks of an entity
  entity TEXT NOT NULL,            -- path
  dataset TEXT NOT NULL, table_name TEXT NOT NULL, row INTEGER NOT NULL, key TEXT NOT NULL,
  via TEXT NOT NULL,               -- column that names the entity
  date_from TEXT, date_to TEXT, date TEXT,      -- bounds, and the date as it stands there (EDTF)
  PRIMARY KEY (entity, date_from, dataset, table_name, row, via)
);
CREATE INDEX statement_row ON statement (dataset, table_name, row);
CREATE TABLE concept (             -- labels of codes
  scheme TEXT NOT NULL, code TEXT NOT NULL, label_es TEXT NOT NULL, label_en TEXT NOT NULL,
  definition_es TEXT, definition_en TEXT, path TEXT NOT NULL,
  place INTEGER NOT NULL,          -- its place in the scheme, from 0
  PRIMARY KEY (scheme, code)
) WITHOUT ROWID;
CREATE TABLE role (                -- what a column says of its row, where a reader is told; `RowRole`
  dataset TEXT NOT NULL, table_name TEXT NOT NULL, column TEXT NOT NULL, role TEXT NOT NULL,
  value TEXT,                      -- scheme of a code; what separates several evidence terms
  PRIMARY KEY (dataset, table_name, column, role)
) WITHOUT ROWID;
CREATE TABLE published (           -- the tables of the edition, and how each is called in this file
  dataset TEXT NOT NULL, table_name TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
  title_es TEXT NOT NULL, title_en TEXT NOT NULL,
  PRIMARY KEY (dataset, table_name)
) WITHOUT ROWID;
CREATE TABLE about (               -- the versions of the edition: what may be done with them, and how they are cited
  dataset TEXT PRIMARY KEY, version TEXT NOT NULL, iri TEXT NOT NULL, title_es TEXT NOT NULL, title_en TEXT NOT NULL,
  licence TEXT NOT NULL, citation_es TEXT, citation_en TEXT
) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5 (   -- what the search of the whole finds; ranked by bm25, labels count most
  label, text, kind UNINDEXED, path UNINDEXED, dataset UNINDEXED, scope UNINDEXED,   -- kind: dataset, table or class;
                                   -- path of a dataset: /datasets/<id>, of a table: /datasets/<id>/tables/<table>
  tokenize = 'unicode61 remove_diacritics 2'
);
"""
"""The fixed tables of `edition.sqlite`. Beside them each published table stands under its own name with its columns,
typed, its primary key, and an index for each column that a foreign key or a vocabulary makes worth one. Its rowid is the
row number + 1. A name that a fixed table or another dataset has too is `<dataset>_<table>`."""

RowRole = Literal[
    "document",
    "section",
    "evidence",
    "url",
    "basis",
    "status",
    "caveat_es",
    "caveat_en",
    "about",
    "date",
    "code",
    "indicator",
    "value",
    "upper",
    "unit",
    "qualifier",
    "formula",
]
"""What a column says of its row: where it stands (document, section, evidence terms, page), its basis, status and
caveats, what the row is about (by which rows about the same are found), its date, and that it holds a code. Of an
observation also what was measured, the figure, its upper bound, unit and qualifier, and the formula of a calculation."""

PLANNED = frozenset({"expected", "planned", "proposed"})
"""Codes of a status that only announce. The passing of time makes nothing done: it stays announced until a row says more."""

UNDECIDED = PLANNED | {"under-consideration", "unknown"}
"""Codes of a status that say nothing of an outcome."""

CODES = "/kos"
"""Path of the codes: `/kos/<scheme>/<code>`."""

SCOPE = "scope"
"""The vocabulary that says whether a row is of the network, of other clusters or of the context; in this order."""

LIVE = "survivor IS NULL AND removed IS NULL"
"""Which rows of `entity` are entities still: the others answer 301 and 410."""


def folded(text: str) -> str:
    """`text` as it is sorted and searched: without case and accents, `Ñandú` as `nandu`."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """The words of `text` as they are searched: letters and digits, `folded`."""
    return _WORD.findall(folded(text))


_WORD = re.compile(r"[^\W_]+")
