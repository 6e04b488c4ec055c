"""What has an IRI of its own: what it is called, the row that defines it, and what rows say of it.

What belongs here: one entity as data in each format, merged and removed ones, and lists of a class. What does not: the
statements, which are `statements`; the graphs, which are `graphs`; and the pages.
"""

import re
import sqlite3
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote, urlsplit

from pipelines.contracts.reading import LIVE
from pipelines.contracts.store import GRAPH_FORMATS, table_file
from pipelines.contracts.text import Lang, Strict, Text
from portal.answer import JSON, JSONLD, TURTLE, Answer, Problem, as_json, tag_of
from portal.figures import as_data, figures_about
from portal.site import Site
from portal.statements import Named, Row, StatementView, count, rows, statements

if TYPE_CHECKING:
    from portal.graphs import Graph

Offer = Literal["json", "jsonld", "ttl"]
MEDIA: dict[Offer, str] = {"json": JSON, "jsonld": JSONLD, "ttl": TURTLE}
MOST = 200
"""Statements in one answer; the next ones follow at `next`. The most of a thing are about a hundred, of a code thousands."""
PAGE = 100
"""Entities in one answer of a list."""

_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"


class EntityView(Strict):
    """One entity. `row`: the row that defines it, None for a code whose vocabulary is not published.

    `statements`: those from number `start` on, of `total`. `links`: the addresses of its formats, of its page in each
    language, of its class and of its row.
    """

    path: str
    iri: str
    class_: str
    id: str
    labels: Text
    scope: Named | None
    row: Row | None
    total: int
    start: int
    statements: list[StatementView]
    links: dict[str, str]


def path_of(raw: str) -> str:
    """The path of an IRI as the database has it, of the path of a request, encoded or not."""
    return "/".join(quote(unquote(part), safe="") for part in raw.split("/"))


def view(site: Site, path: str, start: int = 0, limit: int = MOST, suffix: str = "") -> EntityView:
    """The entity at `path`, with `limit` statements from number `start` on. `suffix`: that of the address, `.json`.

    Raises `Problem`: 301 with the survivor of a merged one, 410 for a removed one, 404 where there was never one.
    """
    base = site.database()
    found = base.execute("SELECT * FROM entity WHERE path = ?", (path,)).fetchone()
    if found is None:
        raise Problem(
            404,
            "entity-unknown",
            "Ninguna ficha tiene esta dirección. Puede buscarla en /v1/search.",
            "Nothing has this address. You can look for it at /v1/search.",
        )
    if found["survivor"] or found["removed"]:
        raise _gone(
            site,
            found["survivor"] and found["survivor"] + suffix,
            found["removed"],
            Text(es=found["reason_es"], en=found["reason_en"]),
        )
    row = _defining(site, path, found["dataset"], found["table_name"], found["row"])
    scope = base.execute(
        "SELECT path, code, label_es, label_en FROM concept WHERE scheme = 'scope' AND code = ?", (found["scope"],)
    ).fetchone()
    return EntityView(
        path=path,
        iri=site.uri_base + path,
        class_=found["class"],
        id=found["id"],
        labels=Text(es=found["label_es"], en=found["label_en"]),
        scope=Named(path=scope[0], id=scope[1], label=Text(es=scope[2], en=scope[3])) if scope else None,
        row=row,
        total=count(site, path),
        start=start,
        statements=statements(site, path, start, limit),
        links=_links(site, path, found["class"], row),
    )


def _gone(site: Site, survivor: str | None, removed: str | None, reason: Text) -> Problem:
    if survivor:
        return Problem(
            301,
            "entity-merged",
            f"Esta ficha se unió a otra. {reason.es}",
            f"This was merged into another. {reason.en}",
            survivor=site.base_url + survivor,
            headers={"Location": urlsplit(site.base_url).path + survivor},
        )
    return Problem(
        410,
        "entity-removed",
        f"Esta ficha se quitó en la versión {removed}. {reason.es}",
        f"This was removed in version {removed}. {reason.en}",
        removed=removed,
        reason={"es": reason.es, "en": reason.en},
    )


def _defining(site: Site, path: str, dataset: str | None, table: str, number: int) -> Row | None:
    if dataset is None:
        return None
    query = "SELECT key FROM statement WHERE entity = ? AND dataset = ? AND table_name = ? AND row = ?"
    found = site.database().execute(query, (path, dataset, table, number)).fetchone()
    return rows(site, dataset, table, [(number, found[0])])[number]


def _links(site: Site, path: str, kind: str, row: Row | None) -> dict[str, str]:
    base = site.base_url
    links = {"self": base + path}
    links |= {str(offer): f"{base}{path}.{offer}" for offer in MEDIA}
    links["class"] = f"{base}/v1/entities?class={quote(kind, safe='')}"
    if row:
        links["row"] = f"{base}/v1/datasets/{row.dataset}/tables/{row.table}/rows/{quote(row.key, safe='')}"
    return links


def entity(site: Site, path: str, offer: Offer, start: int = 0) -> Answer:
    """The entity at `path` as JSON, JSON-LD or Turtle. Raises `Problem` as `view`."""
    # Encoded already as it stands in an IRI, so it may stand in a header.
    located = {"Content-Location": f"{path}.{offer}", "Vary": "Accept"}
    if offer == "json":
        return as_json(_told(site, view(site, path, start, suffix=f".{offer}")), headers=located)
    body = _written(site, view(site, path, 0, 0, f".{offer}"), offer)
    return Answer(body, MEDIA[offer], etag=tag_of(body), headers=located)


def _told(site: Site, told: EntityView) -> dict[str, object]:
    told_next = told.start + len(told.statements)
    more = f"{site.base_url}{told.path}.json?start={told_next}" if told_next < told.total else None
    content = {**told.model_dump(mode="json", by_alias=True), "next": more}
    if not told.start:
        figures, total = figures_about(site, told.path, told.row, MOST)
        content |= {"figures_total": total, "figures": [as_data(one) for one in figures]}
    content["class"] = content.pop("class_")
    return {"edition": site.edition.edition, **content}


def _written(site: Site, told: EntityView, offer: Offer) -> bytes:
    # Loaded when it is wanted: what reads graphs takes 8 MB.
    from portal.graphs import as_jsonld, as_turtle

    graph, prefixes = _graph(site, told)
    return as_jsonld(graph, prefixes) if offer == "jsonld" else as_turtle(graph, prefixes)


def _graph(site: Site, told: EntityView) -> tuple["Graph", dict[str, str]]:
    """What the graphs of the tables that define it or speak of it say; its labels where there are none."""
    from pyoxigraph import Literal as RdfLiteral
    from pyoxigraph import NamedNode, Triple

    from portal.graphs import triples_about

    query = "SELECT DISTINCT dataset, table_name FROM statement WHERE entity = ? ORDER BY 1, 2"
    files = []
    for dataset, table in site.database().execute(query, (told.path,)):
        folder = site.folder(dataset, site.version(dataset, None))
        files += [path for e in GRAPH_FORMATS if (path := folder / table_file(table, e)).is_file()]
    graph, prefixes = triples_about(files, told.iri)
    if not graph:
        labels = {RdfLiteral(told.labels.es, language="es"), RdfLiteral(told.labels.en, language="en")}
        graph = {Triple(NamedNode(told.iri), NamedNode(_LABEL), label) for label in labels}
    return graph, prefixes


def entities(site: Site, kind: str | None, page: int = 1) -> Answer:
    """The classes with how many entities each has, or with `kind` those of one, `PAGE` by `PAGE`.

    They come in the order of the Spanish page. Raises `Problem` 404 on a class that there is not.
    """
    base = site.database()
    counted = base.execute(f"SELECT class, count(*) FROM entity WHERE {LIVE} GROUP BY class ORDER BY class")  # noqa: S608
    classes: dict[str, int] = {row[0]: row[1] for row in counted}
    if kind is None:
        listed = [
            {"class": name, "total": n, "url": f"{site.base_url}/v1/entities?class={quote(name, safe='')}"}
            for name, n in classes.items()
        ]
        return as_json({"edition": site.edition.edition, "classes": listed})
    if kind not in classes:
        raise Problem(
            404,
            "class-unknown",
            f"No hay fichas de esa clase. Hay: {', '.join(classes)}.",
            f"Nothing is of that class. There are: {', '.join(classes)}.",
            classes=list(classes),
        )
    told = [
        {
            "path": path,
            "iri": site.uri_base + path,
            "id": name,
            "labels": {"es": es, "en": en},
            "scope": scope,
            "url": site.base_url + path,
        }
        for path, name, es, en, scope in of_class(site, kind, (page - 1) * PAGE, PAGE)
    ]
    more = f"{site.base_url}/v1/entities?class={quote(kind, safe='')}&page={page + 1}"
    following = more if page * PAGE < classes[kind] else None
    return as_json(
        {"edition": site.edition.edition, "class": kind, "total": classes[kind], "entities": told, "next": following}
    )


def of_class(
    site: Site, kind: str, start: int, most: int, lang: Lang = "es", scope: str | None = None
) -> list[sqlite3.Row]:
    """Path, id, both labels and scope of the entities of a class from number `start` on, as a reader of `lang` sorts them."""
    query = (
        f"SELECT path, id, label_es, label_en, scope FROM entity WHERE class = :kind AND {LIVE} "  # noqa: S608
        "AND (:scope IS NULL OR scope = :scope) "
        "ORDER BY folded(coalesce(iif(:lang = 'en', label_en, label_es), label_es, id)), path LIMIT :most OFFSET :start"
    )
    asked = {"kind": kind, "scope": scope, "lang": lang, "most": most, "start": start}
    return site.database().execute(query, asked).fetchall()


def split_suffix(path: str) -> tuple[str, Offer | None]:
    """A path without the suffix of a format, and that format."""
    found = re.fullmatch(r"(.+)\.(json|jsonld|ttl)", path)
    return (found[1], found[2]) if found else (path, None)  # type: ignore[return-value]  # as the pattern says
