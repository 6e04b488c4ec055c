"""The page of a view, and which views the first page shows.

What belongs here: what the page needs beside the view. What does not: finding views, which is `portal.views`, and the
section of a dataset page, which is in its template.
"""

from pipelines.contracts.text import Lang
from portal.answer import Answer
from portal.pages.render import Here, page, render
from portal.site import Site
from portal.views import Shown, view, views


def view_page(site: Site, lang: Lang, dataset: str, name: str) -> Answer:
    """The page of one view. Raises `Problem` 404 and 410."""
    shown = view(site, dataset, name)
    meta = site.metadata(dataset, site.version(dataset, None))
    facts = next(t for t in meta.tables if t.name == shown.view.table)
    return page(render(site, lang, "view.html", Here.both(shown.place), shown=shown, meta=meta, facts=facts), lang)


def home_views(site: Site) -> list[Shown]:
    """The views that the first page shows, in the order of the datasets."""
    return [one for meta in site.catalogue.datasets for one in views(site, meta.id) if one.view.home]
