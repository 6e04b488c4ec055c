"""The saved questions of the edition: what there are, and what each says.

What belongs here: reading them from the tree, and telling of them as data. What does not: evaluating, which is `sparql`, and
the page, which is `pages.sparql`.
"""

from typing import Any

from pipelines.contracts.queries import SavedQuery, read_query
from portal.answer import Answer, Problem, as_json
from portal.site import Site

FOLDER = "linked-data/queries"


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
