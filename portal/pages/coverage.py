"""What the tables of a dataset do not cover: of what each statement speaks, and the totals that sources declare.

What belongs here: the words of coverage statements, for every page that shows rows of a sample. What does not: the rows.
"""

import json
from typing import Any

from pipelines.contracts.dataset import Coverage, Declared
from pipelines.contracts.metadata import Dataset, TableFacts
from pipelines.contracts.reading import LIVE
from pipelines.contracts.text import Lang, Text
from pipelines.contracts.wording import declared
from portal.dates import words
from portal.filters import RESERVED, Pairs
from portal.pages.facts import labels
from portal.pages.render import segment
from portal.site import Site

QUALIFIERS = "qualifier"
"""The vocabulary of the qualifiers of declared totals; see `contracts.dataset.Declared`."""

Subjects = dict[str, tuple[str, Text]]
"""Address and label by id."""


def said_of_coverage(site: Site, lang: Lang, meta: Dataset) -> dict[str, Any]:
    """What a template needs to say it: `subjects`, and `declared`, which words a total."""
    totals, known = labels(site, QUALIFIERS), _subjects(site, meta)
    return {"subjects": known, "declared": lambda total: declared(lang, _read(total, known, lang), totals)}


def covered(facts: TableFacts, given: Pairs) -> list[Coverage]:
    """The statements for rows that were filtered: of the whole table, and of the subjects that a filter names."""
    asked = [value for name, value in given if name not in RESERVED]
    return [c for c in facts.coverage if c.subject is None or any(value in c.subject for value in asked)]


def _subjects(site: Site, meta: Dataset) -> Subjects:
    """Address and label of what the coverage statements speak of and rest on, where one entity alone has that id."""
    stated = [c for t in meta.tables for c in t.coverage]
    named = {c.subject for c in stated} | {c.declared.document for c in stated if c.declared}
    # Ids stand there as they do in an IRI.
    ids = {segment(name): name for name in named if name}
    rows = site.database().execute(
        f"SELECT id, path, label_es, label_en FROM entity WHERE {LIVE} "  # noqa: S608
        "AND label_es IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    found: dict[str, list[tuple[str, Text]]] = {}
    for ident, path, es, en in rows:
        found.setdefault(ids[ident], []).append((path, Text(es=es, en=en or es)))
    return {ident: each[0] for ident, each in found.items() if len(each) == 1}


def _read(total: Declared, subjects: Subjects, lang: Lang) -> Declared:
    """A declared total with its date and document as they are read."""
    document = total.document and (
        subjects[total.document][1].get(lang) if total.document in subjects else total.document
    )
    return total.model_copy(update={"date": total.date and words(lang, total.date), "document": document})
