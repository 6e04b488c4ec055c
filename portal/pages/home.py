"""The first page, and the list of all versions.

What belongs here: what the first page shows. What does not: a dataset, an entity or the search, which have pages of
their own.
"""

from dataclasses import dataclass

from pipelines.contracts.metadata import Dataset
from pipelines.contracts.text import LANGS, Lang, Text
from pipelines.contracts.wording import EXAMPLE
from portal.answer import Answer
from portal.pages.classes import Class, classes
from portal.pages.facts import Freshness, freshness, title_of, version_lines
from portal.pages.render import Here, page, render, segment
from portal.pages.views import home_views
from portal.site import Site

OWN_IDS = frozenset({"main", "q", "datasets", "views", "things", "news"})
"""Ids of elements of the first page, which no dataset may have there; those of a view begin with `view-`."""
LATEST = 9
"""Versions that the first page lists."""


@dataclass(frozen=True)
class Card:
    """One dataset on the first page."""

    meta: Dataset
    fresh: Freshness

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(t.rows for t in self.meta.tables)

    @property
    def lead(self) -> Text:
        """The first sentence of its description."""
        return Text(**{lang: _first(self.meta.descriptions.get(lang)) for lang in LANGS})


def home(site: Site, lang: Lang) -> Answer:
    """The first page."""
    cards = [Card(meta, freshness(meta)) for meta in site.catalogue.datasets]
    body = render(
        site,
        lang,
        "home.html",
        Here.both("/"),
        # The banner says already that it is an example.
        lead=site.catalogue.descriptions.get(lang).removeprefix(f"{EXAMPLE.get(lang)} "),
        cards=cards,
        own_ids=OWN_IDS,
        late=sum(c.fresh.kind == "late" for c in cards),
        former=[(d, title_of(site, d)) for d, shown in site.datasets.items() if not shown.pinned],
        rows=sum(c.rows for c in cards),
        classes=_classes(site),
        views=home_views(site),
        latest=version_lines(site, list(site.datasets), LATEST),
    )
    return page(body, lang)


def _classes(site: Site) -> list[Class]:
    """The classes; none while a withdrawal has taken the database away, for the rest of the page needs none."""
    try:
        return classes(site)
    except FileNotFoundError:
        if not site.tree.is_dir():
            raise
        return []


def versions(site: Site, lang: Lang, dataset: str | None = None) -> Answer:
    """All versions, the newest first: of one dataset, or of all."""
    datasets = [site.shown(dataset).id] if dataset else list(site.datasets)
    body = render(
        site,
        lang,
        "versions.html",
        Here.both(f"/versions/{segment(dataset)}" if dataset else "/versions"),
        dataset=dataset,
        title=title_of(site, dataset) if dataset else None,
        versions=version_lines(site, datasets),
    )
    return page(body, lang)


def _first(text: str) -> str:
    head, dot, _ = text.partition(". ")
    return head + "." if dot else head
