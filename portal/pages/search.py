"""The page of the search: what a reader's words find in the whole edition.

What belongs here: showing what was found. What does not: finding it, which is `portal.search`.
"""

from urllib.parse import urlencode

from pipelines.contracts.reading import SCOPE
from pipelines.contracts.text import Lang, Text
from portal.answer import Answer
from portal.pages.classes import classes
from portal.pages.facts import labels
from portal.pages.render import Here, page, render, segment
from portal.search import LETTERS, MOST, Hit, find
from portal.site import Site

KINDS = {
    "dataset": Text(es="Conjuntos de datos", en="Datasets"),
    "table": Text(es="Tablas", en="Tables"),
}
"""How the kinds of what is found are called that are no classes of entities."""


def search_page(site: Site, lang: Lang, q: str, kind: str | None, scope: str | None) -> Answer:
    """What `q` finds, all of it or of one kind or scope; without words only the box to write them in."""
    q = q[:LETTERS]
    found = find(site, q, kind or None, scope or None, MOST)
    every = find(site, q, limit=1) if kind or scope else found
    given = {k: v for k, v in (("q", q), ("kind", kind), ("scope", scope)) if v}
    names = {c.name: c.title for c in classes(site)} | KINDS
    body = render(
        site,
        lang,
        "search.html",
        Here.both("/search" + (f"?{urlencode(given)}" if given else "")),
        q=q,
        kind=kind,
        scope=scope,
        found=found,
        every=every,
        hits=[(hit, _address(lang, hit)) for hit in found.hits],
        names={k: names.get(k, Text(es=k, en=k)) for k in {**every.kinds, **found.kinds}},
        scopes=labels(site, SCOPE),
        with_kind=lambda one: f"/{lang}/search?{urlencode({'q': q, **({'kind': one} if one else {})})}",
        noindex=True,
    )
    return page(body, lang)


def _address(lang: Lang, hit: Hit) -> str:
    if hit.kind == "dataset":
        return f"/{lang}/datasets/{segment(hit.dataset)}"
    if hit.kind == "table":
        return f"/{lang}/datasets/{segment(hit.dataset)}/{segment(hit.id)}"
    return f"{hit.path}?lang={lang}"
