"""The classes of things that have a page of their own, and the list of one class.

What belongs here: counting and listing entities. What does not: what is said of one, which is `pages.entity`.

A class is called what the table is called that defines its entities. Codes of vocabularies are entities too; they are
counted apart, for a reader looks for clusters and projects first.
"""

from collections import Counter
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pipelines.contracts.reading import LIVE, SCOPE
from pipelines.contracts.text import Lang, Text
from portal.answer import Answer, Problem
from portal.entities import of_class
from portal.pages.called import called_at
from portal.pages.facts import labels, network
from portal.pages.render import Here, page, render
from portal.site import Site

PAGE = 100
"""Entities on one page of a list."""

ALL = "all"
"""What is asked for entities of every scope, in the place of a code."""


@dataclass(frozen=True)
class Scope:
    """How many entities of a class have one scope; `code` is None for those that have none."""

    code: str | None
    label: Text
    count: int


@dataclass(frozen=True)
class Class:
    """One class: its name in addresses, how it is called, how many, and of what scope."""

    name: str
    title: Text
    count: int
    scopes: list[Scope]
    vocabulary: bool


@dataclass(frozen=True)
class Line:
    """One entity in a list, by its label or, without one, by what its row says.

    `id`: where it has no label; `apart`: what its row says, where another one in the list has the same label.
    """

    path: str
    label: str
    scope: str | None
    id: str | None = None
    apart: str | None = None


def classes(site: Site) -> list[Class]:
    """The classes with their counts: those of things by name, then the vocabularies."""
    database = site.database()
    rows = database.execute(
        "SELECT class, dataset, table_name, scope, count(*) FROM entity "  # noqa: S608
        f"WHERE {LIVE} GROUP BY class, dataset, table_name, scope"
    ).fetchall()
    schemes = _schemes(site)
    names = labels(site, SCOPE)
    titles = {(m.id, t.name): t.titles for m in site.catalogue.datasets for t in m.tables}
    out = []
    for name in sorted({r[0] for r in rows}):
        own = [tuple(r)[1:] for r in rows if r[0] == name]
        dataset, table = max(own, key=lambda r: r[3])[:2]
        title = schemes.get(name) or titles.get((dataset, table), Text(es=name, en=name))
        counts: dict[str | None, int] = {}
        for *_, scope, number in own:
            counts[scope] = counts.get(scope, 0) + number
        # In the order of the vocabulary, which begins with what the portal is about.
        order = [code for code in names if code in counts] + [code for code in counts if code not in names]
        scopes = [Scope(c, names.get(c or "", Text(es=c or "", en=c or "")), counts[c]) for c in order if c]
        out.append(Class(name, title, sum(counts.values()), scopes, name in schemes))
    return sorted(out, key=lambda c: (c.vocabulary, not c.scopes, -c.count))


def _schemes(site: Site) -> dict[str, Text]:
    """The vocabularies by name, and what they are called: the IRI of one is that of its codes without the code."""
    rows = site.database().execute(
        "SELECT scheme, label_es, label_en FROM (SELECT scheme, min(path) AS path FROM concept GROUP BY scheme) AS c "
        "LEFT JOIN entity AS e ON e.path = rtrim(rtrim(c.path, replace(c.path, '/', '')), '/')"
    )
    return {name: Text(es=es or name, en=en or es or name) for name, es, en in rows}


def entities(site: Site, lang: Lang, name: str | None, scope: str | None, start: int) -> Answer:
    """The list of the classes, or of the entities of one from number `start` on. Raises `Problem` 404.

    Without a `scope` those of the network are shown where the class has some; `ALL` shows every one.
    """
    known = classes(site)
    chosen = next((c for c in known if c.name == name), None)
    if name and chosen is None:
        raise Problem(404, "class-unknown", "No hay fichas de esa clase.", "There are no records of that class.")
    query = urlencode({k: v for k, v in (("class", name), ("scope", scope), ("start", start or None)) if v})
    names = labels(site, SCOPE)
    if chosen and scope is None:
        scope = _default_scope(chosen, names)
    lines = _lines(site, lang, name, None if scope == ALL else scope, start) if name else []
    body = render(
        site,
        lang,
        "entities.html",
        Here.both("/entities" + (f"?{query}" if query else "")),
        classes=known,
        chosen=chosen,
        scope=scope,
        lines=lines[:PAGE],
        start=start,
        before=max(start - PAGE, 0) if start else None,
        after=start + PAGE if len(lines) > PAGE else None,
        names=names,
        everything=ALL,
    )
    return page(body, lang)


def _default_scope(chosen: Class, names: dict[str, Text]) -> str:
    """The first scope of the vocabulary, which is the network, where the class has entities of it."""
    first = network(names)
    return first if first and any(s.code == first for s in chosen.scopes) else ALL


def _lines(site: Site, lang: Lang, name: str, scope: str | None, start: int) -> list[Line]:
    found = [
        Line(path, Text(es=es or ident, en=en or es or ident).get(lang), code, ident)
        for path, ident, es, en, code in of_class(site, name, start, PAGE + 1, lang, scope)
    ]
    times = Counter(one.label for one in found)
    said = called_at(site, lang, (one.path for one in found if one.label == one.id or times[one.label] > 1))
    return [_called(one, said.get(one.path)) for one in found]


def _called(line: Line, said: str | None) -> Line:
    if said and line.label == line.id:
        return replace(line, label=said)
    return replace(line, id=None, apart=said)
