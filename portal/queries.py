"""The saved questions of the edition: what there are, what each says, and what is answered to it.

What belongs here: reading them from the tree, and the page on which a query can be written. What does not: evaluating.
"""

import json
from dataclasses import dataclass
from typing import Any

from pipelines.contracts.queries import SavedQuery, read_query
from pipelines.contracts.text import Lang
from portal.answer import Answer, Problem, as_json
from portal.pages.render import Here, page, render
from portal.site import Site
from portal.sparql import RESULTS, answer, dump_of, question
from portal.sparql_engine import Engine

FOLDER = "linked-data/queries"
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


def saved(site: Site) -> dict[str, SavedQuery]:
    """The saved questions of the edition by name; none where it has no linked data."""
    files = sorted((site.tree / FOLDER).glob("*.rq"))
    return {path.stem: read_query(path.stem, path.read_text(encoding="utf-8")) for path in files}


def one(site: Site, name: str) -> SavedQuery:
    """The question of that name. Raises `Problem` 404."""
    known = saved(site)
    if name not in known:
        raise Problem(
            404,
            "query-unknown",
            f"No hay ninguna consulta con ese nombre. Hay: {', '.join(known)}.",
            f"There is no query of that name. There are: {', '.join(known)}.",
            queries=list(known),
        )
    return known[name]


def listed(site: Site) -> Answer:
    """All saved questions."""
    return as_json({"edition": site.edition.edition, "queries": [_told(site, q) for q in saved(site).values()]})


def told(site: Site, name: str) -> Answer:
    """One question with its text. Raises `Problem` 404."""
    query = one(site, name)
    return as_json({"edition": site.edition.edition, **_told(site, query), "query": query.text})


def _told(site: Site, query: SavedQuery) -> dict[str, Any]:
    address = f"{site.base_url}/v1/queries/{query.name}"
    return {
        "name": query.name,
        "titles": query.titles.model_dump(),
        "descriptions": query.descriptions.model_dump(),
        "url": address,
        "result": f"{address}/result",
    }


def form(site: Site, engine: Engine, lang: Lang, given: dict[str, list[str]]) -> Answer:
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
