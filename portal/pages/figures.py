"""Figures as cards: the value as it reads, of whom, when, how it is known, and where it stands.

What belongs here: what a card needs beside its figure. What does not: the figure, which is `portal.figures`, and the pages
that show cards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.contracts.text import Lang
from portal.figures import FigureView
from portal.pages.addresses import explorer, report
from portal.site import Site
from portal.statements import Named


@dataclass(frozen=True)
class Card:
    """One card. `about`: of whom it is, without the thing whose page it stands on; `own`: the figure's own record."""

    figure: FigureView
    about: list[Named]
    own: Named | None
    row: str
    report: str


def cards(site: Site, lang: Lang, figures: Sequence[FigureView], path: str) -> list[Card]:
    """Figures as the page at `path` shows them; what has that path itself is not named again."""
    return [_card(site, lang, one, path) for one in figures]


def _card(site: Site, lang: Lang, one: FigureView, path: str) -> Card:
    row = one.statement.row
    key = site.table(row.dataset, site.version(row.dataset, None), row.table).facts.key
    own = next(iter(row.names.get(key[0], [])), None) if len(key) == 1 else None
    return Card(
        one,
        [name for name in one.about if name.path != path],
        own if own and own.path != path else None,
        explorer(site, lang, row),
        report(site, lang, row, path),
    )
