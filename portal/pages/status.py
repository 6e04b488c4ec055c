"""The page of the state of things, and that of one run: how fresh each dataset is, and what the runs did.

What belongs here: those two pages. What does not: what may be told of a run, which is `portal.runs`.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from pipelines.contracts.codes import SEVERITIES
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.records import DatasetResult, Result, Run
from pipelines.contracts.text import Lang, Text
from portal.answer import Answer
from portal.pages.facts import Freshness, freshness, title_of, until
from portal.pages.render import Here, page, render
from portal.runs import last_runs, public_datasets, public_findings, public_sources, run_named
from portal.site import Site

PAGE = 20
"""Runs on one page of the list."""

RESULTS: dict[Result, Text] = {
    "released": Text(es="versión nueva", en="new version"),
    "unchanged": Text(es="sin cambios", en="unchanged"),
    "held": Text(es="retenido", en="held"),
    "failed": Text(es="fallido", en="failed"),
}
"""What a run did with a dataset."""
COUNTED: dict[Result, tuple[Text, Text]] = {
    "released": (Text(es="con versión nueva", en="with a new version"),) * 2,
    "unchanged": (Text(es="sin cambios", en="unchanged"),) * 2,
    "held": (Text(es="retenido", en="held"), Text(es="retenidos", en="held")),
    "failed": (Text(es="fallido", en="failed"), Text(es="fallidos", en="failed")),
}
"""The same after a number: after one, and after any other."""
PULLED = {
    "new": Text(es="datos nuevos", en="new data"),
    "unchanged": Text(es="sin cambios", en="unchanged"),
    "failed": Text(es="fallida", en="failed"),
}
"""What a run got from a source."""
PORTAL = {
    "applied": Text(es="actualizado", en="updated"),
    "verified": Text(es="comprobado", en="checked"),
    "unchanged": Text(es="sin cambios", en="unchanged"),
    "failed": Text(es="no se pudo actualizar", en="could not be updated"),
    "none": Text(es="no le tocaba", en="not part of it"),
}
"""What a run did with this portal."""
_ORDER = {"late": 0, "fresh": 1, "none": 2}


@dataclass(frozen=True)
class State:
    """One dataset: how fresh it is, and the last day that it describes."""

    meta: Dataset
    fresh: Freshness
    until: date | None


@dataclass(frozen=True)
class RunLine:
    """One run in the list: how many datasets ended how."""

    run: Run
    results: list[tuple[Result, int]]


@dataclass(frozen=True)
class Done:
    """What a run did with one dataset; `page` where its version is still shown."""

    result: DatasetResult
    title: Text
    page: bool


def states(site: Site) -> list[State]:
    """The datasets of the edition: those that are late first, those with nothing to miss last."""
    each = [State(meta, freshness(meta), until(meta)) for meta in site.catalogue.datasets]
    return sorted(each, key=lambda s: _ORDER[s.fresh.kind])


def status(site: Site, lang: Lang, start: int = 0) -> Answer:
    """How fresh everything is, and the runs from number `start` on."""
    told = states(site)
    found, more = last_runs(site, PAGE, start)
    lines = [_line(site, run) for run in found]
    body = render(
        site,
        lang,
        "status.html",
        Here.both("/status" + (f"?start={start}" if start else "")),
        states=told,
        kinds=Counter(s.fresh.kind for s in told),
        runs=lines,
        last=lines[0] if lines and not start else None,
        before=max(start - PAGE, 0) if start else None,
        after=start + PAGE if more else None,
        results=COUNTED,
        portal=PORTAL,
        start=start,
    )
    return page(body, lang)


def _line(site: Site, run: Run) -> RunLine:
    counted = Counter(d.result for d in public_datasets(site, run))
    return RunLine(run, [(result, counted[result]) for result in RESULTS if counted[result]])


def run_page(site: Site, lang: Lang, name: str) -> Answer:
    """What one run did. Raises `Problem` 404."""
    run = run_named(site, name)
    body = render(
        site,
        lang,
        "run.html",
        Here.both(f"/runs/{name}"),
        run=run,
        took=_took(run),
        done=[_done(site, result) for result in public_datasets(site, run)],
        sources=public_sources(site, run),
        found=public_findings(site, name),
        pages={e.edition for e in site.editions},
        titles={d: title_of(site, d) for d in site.datasets},
        results=RESULTS,
        pulled=PULLED,
        portal=PORTAL,
        severities=SEVERITIES,
    )
    return page(body, lang)


def _done(site: Site, result: DatasetResult) -> Done:
    shown = site.shown(result.dataset)
    held = {e.version for e in shown.index.versions} - set(shown.withdrawn)
    return Done(result, title_of(site, result.dataset), result.version in held)


def _took(run: Run) -> str:
    minutes, seconds = divmod(round((run.ended - run.started).total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
