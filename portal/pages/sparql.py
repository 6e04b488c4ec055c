"""The page on which a SPARQL query can be written, with the saved ones, and the answer to the one of its address.

What belongs here: that page. What does not: what may be asked, which is `portal.sparql`, and the saved questions, which are
`portal.queries`.
"""

import json
from dataclasses import dataclass
from typing import Any

from pipelines.contracts.text import Lang
from portal.answer import Answer, Problem
from portal.pages.render import Here, page, render
from portal.queries import saved
from portal.site import Site
from portal.sparql import RESULTS, answer, dump_of, question
from portal.sparql_engine import Engine

SHOWN = 500
"""Rows of an answer that the page shows; it says so when there are more, and where all of them are."""
LARGEST = 2_000_000
"""Bytes of an answer that the page reads; of a larger one it says where it is to be had."""


@dataclass(frozen=True)
class Table:
    """An answer as the page shows it. `total`: rows that it has."""

    columns: list[str]
    rows: list[list[dict[str, Any] | None]]
    total: int


def sparql_page(site: Site, engine: Engine, lang: Lang, given: dict[str, list[str]]) -> Answer:
    """The page with a field for a query, the saved ones, and the answer to the query of the address, if it has one."""
    known = saved(site)
    name = given.get("name", [""])[-1]
    text = known[name].in_language(lang) if name in known else given.get("query", [""])[-1]
    asked = bool(text.strip()) and name not in known
    shown: Table | None = None
    problem: Problem | None = None
    if asked:
        try:
            shown = _table(answer(site, engine, question({"query": [text], "format": ["json"]}, "")))
        except Problem as error:
            problem = error
    body = render(
        site,
        lang,
        "sparql.html",
        Here.both("/sparql"),
        queries=list(known.values()),
        query=text,
        shown=shown,
        problem=problem,
        asked=asked,
        loaded=dump_of(site) is not None,
        most=SHOWN,
    )
    return page(body, lang, problem.status if problem else 200)


def _table(found: Answer) -> Table | None:
    """The rows of an answer in SPARQL JSON; None for a graph, which is data and no table, and for a large one."""
    if found.media_type != RESULTS["json"] or not isinstance(found.body, bytes) or len(found.body) > LARGEST:
        return None
    said = json.loads(found.body)
    if "boolean" in said:
        return Table(["ASK"], [[{"type": "literal", "value": str(said["boolean"]).lower()}]], 1)
    columns, rows = said["head"]["vars"], said["results"]["bindings"]
    return Table(columns, [[row.get(c) for c in columns] for row in rows[:SHOWN]], len(rows))
