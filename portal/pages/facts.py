"""What several pages tell of a dataset: its versions, how fresh it is, and the labels of codes.

What belongs here: facts of the site made ready to be read. What does not: a template.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.contracts.frequency import MADRID, longest_age_days
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.reading import SCOPE, ReadTable
from pipelines.contracts.records import Release
from pipelines.contracts.text import Text
from pipelines.contracts.wording import number
from portal.answer import Problem
from portal.site import Site


@dataclass(frozen=True)
class VersionLine:
    """One version in a list; of a withdrawn one no `notes`, and only when and why."""

    dataset: str
    title: Text
    shown: bool
    version: str
    published: datetime
    rows: int | None
    notes: Text | None
    reason: str = ""
    withdrawn: datetime | None = None


@dataclass(frozen=True)
class Freshness:
    """`kind`: `none` where nothing can be missed, `fresh` or `late`; `due` is the day by which it should change."""

    kind: str
    label: Text
    days: int
    due: datetime | None = None


def freshness(meta: Dataset, now: datetime | None = None) -> Freshness:
    """The age of the data against the declared frequency; dated documents (`IRREG` and the like) have none to miss."""
    days = ((now or datetime.now(MADRID)).date() - meta.data_changed.astimezone(MADRID).date()).days
    longest = longest_age_days(meta.frequency)
    if longest is None:
        return Freshness("none", Text(es="Sin plazo que vencer", en="No deadline to miss"), days)
    due = meta.data_changed.astimezone(MADRID) + timedelta(days=longest)
    if days <= longest:
        return Freshness("fresh", Text(es="Al día", en="Up to date"), days, due)
    return Freshness("late", Text(es="Con retraso", en="Overdue"), days, due)


def until(meta: Dataset) -> date | None:
    """The last day that any of its tables describes, where one says so."""
    return max((t.describes_until for t in meta.tables if t.describes_until), default=None)


def changed(release: Release) -> Text:
    """What a version changed, in a few words."""
    if release.schema_change == "first":
        return Text(es="Primera versión.", en="First version.")
    counts = [
        (release.change.get(kind, 0), es, en)
        for kind, es, en in (
            ("added", "nueva", "added"),
            ("changed", "cambiada", "changed"),
            ("removed", "quitada", "removed"),
        )
    ]
    rows = {
        "es": ", ".join(f"{number('es', n)} {es}{'' if n == 1 else 's'}" for n, es, _ in counts if n),
        "en": ", ".join(f"{number('en', n)} {en}" for n, _, en in counts if n),
    }
    if not rows["es"]:
        return Text(
            es="Las filas son las mismas; cambia la descripción.", en="The rows are the same; the description changes."
        )
    return Text(es=f"Filas: {rows['es']}.", en=f"Rows: {rows['en']}.")


def title_of(site: Site, dataset: str) -> Text:
    """The title of a dataset: as in the catalogue, else of its newest version; its id where all are withdrawn."""
    told = next((meta.titles for meta in site.catalogue.datasets if meta.id == dataset), None)
    if told is not None:
        return told
    for entry in reversed(site.shown(dataset).index.versions):
        with suppress(Problem):
            return site.metadata(dataset, site.version(dataset, entry.version)).titles
    return Text(es=dataset, en=dataset)


def version_lines(site: Site, datasets: list[str], most: int | None = None) -> list[VersionLine]:
    """The versions of `datasets`, the newest first, `most` at the most."""
    entries = [(entry, d) for d in datasets for entry in site.shown(d).index.versions]
    # In their order of publication, and within a day of the same run by name.
    entries.sort(key=lambda item: (item[0].published.date(), item[0].version), reverse=True)
    out = []
    for entry, dataset in entries[:most]:
        told = (dataset, title_of(site, dataset), site.shown(dataset).pinned is not None, entry.version)
        try:
            site.version(dataset, entry.version)
        except Problem as gone:
            if gone.status != 410:
                raise
            reason = str(gone.more.get("reason", ""))
            when = gone.more.get("withdrawn")
            out.append(VersionLine(*told, entry.published, None, None, reason, when and datetime.fromisoformat(when)))
        else:
            out.append(VersionLine(*told, entry.published, entry.rows, changed(site.release(dataset, entry.version))))
    return out


def labels(site: Site, scheme: str) -> dict[str, Text]:
    """How the codes of a vocabulary read, in its order."""
    query = "SELECT code, label_es, label_en FROM concept WHERE scheme = ? ORDER BY place"
    rows = site.database().execute(query, (scheme,))
    return {code: Text(es=es, en=en) for code, es, en in rows}


def network(scopes: Iterable[str]) -> str | None:
    """The code of the network: the first of the vocabulary `SCOPE`, whose codes are given in its order."""
    return next(iter(scopes), None)


def network_filter(code: str | None, table: ReadTable) -> dict[str, str]:
    """The filter of the explorer that shows the rows of the network, by the column that says their scope; empty without.

    `code` is that of `network`. The filter stands in the address and above the rows, so a reader sees it and can end it.
    """
    column = next((c for c in table.columns if c.vocabulary == SCOPE and code in c.codes), None)
    return {f"{column.name}__eq": code} if column and code else {}
