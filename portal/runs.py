"""What the runs did: the records of the store, without what is not public of them.

What belongs here: finding the records, what of them may be told, and the same as data. What does not: the pages.

A record may speak of datasets that were never published and of candidates that were held. Told is of shown datasets
and their sources only, and of a finding its code, its table and how often it came: no value, key, column or reason.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.contracts.files import read_json_lines
from pipelines.contracts.records import DatasetResult, Run, SourceResult
from pipelines.contracts.store import FINDINGS_FILE, RUN_FILE
from pipelines.contracts.text import Strict
from portal.answer import Answer, Problem, as_json
from portal.site import Site

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z")
"""A run is called after the moment it began."""
_UNREADABLE = (FileNotFoundError, PermissionError, ValueError)
"""What says that a record is damaged, not ours to read, or just removed; that too many files are open says nothing of it."""
_DATASET = {"dataset", "result", "version", "rows", "change", "errors", "warnings"}


class Found(Strict):
    """How often a run found one thing; `dataset` and `table` only where they are shown."""

    code: str
    severity: str
    dataset: str | None
    table: str | None
    count: int


def last_runs(site: Site, most: int, start: int = 0) -> tuple[list[Run], bool]:
    """The records of the last runs, the newest first, `most` of them from number `start` on; whether there are more.

    One that cannot be read is left out: a damaged record must not hide the others.
    """
    folders = list(islice(_folders(site), start, start + most + 1))
    found = []
    for folder in folders[:most]:
        with suppress(*_UNREADABLE):
            found.append(_read(folder))
    return found, len(folders) > most


def _folders(site: Site) -> Iterator[Path]:
    """The newest first. A run that is being written is not there yet."""
    names = sorted((p.name for p in site.store.runs.iterdir()), reverse=True) if site.store.runs.is_dir() else []
    for name in names:
        if _NAME.fullmatch(name) and (site.store.runs / name / RUN_FILE).is_file():
            yield site.store.runs / name


def run_named(site: Site, name: str) -> Run:
    """The record of one run. Raises `Problem` 404, also where it cannot be read."""
    folder = site.store.runs / name
    if not _NAME.fullmatch(name) or not (folder / RUN_FILE).is_file():
        raise Problem(404, "run-unknown", "No hay ninguna ejecución con ese nombre.", "There is no run of that name.")
    try:
        return _read(folder)
    except _UNREADABLE as error:
        raise _unreadable() from error


def _unreadable() -> Problem:
    return Problem(
        404,
        "run-unreadable",
        "El registro de esa ejecución no se puede leer.",
        "The record of that run cannot be read.",
    )


@lru_cache(maxsize=256)
def _read(folder: Path) -> Run:
    """The record in a folder; it is written last and never changes."""
    return Run.model_validate_json((folder / RUN_FILE).read_bytes())


def public_datasets(site: Site, run: Run) -> list[DatasetResult]:
    """What it did with the datasets that are shown."""
    return [d for d in run.datasets if d.dataset in site.datasets]


def public_sources(site: Site, run: Run) -> list[SourceResult]:
    """What it got from the sources of the datasets that are shown."""
    known = {s for d in site.catalogue.datasets for s in d.sources}
    return [s for s in run.sources if s.source in known]


def public_findings(site: Site, name: str) -> list[Found]:
    """What the run of that name found, counted: first what holds, then by dataset, table and code.

    Raises `Problem` 404 where that cannot be read.
    """
    try:
        every = _counted(site.store.runs / name)
    except (*_UNREADABLE, LookupError, TypeError) as error:
        raise _unreadable() from error
    tables = {(d.id, t.name) for d in site.catalogue.datasets for t in d.tables}
    counted: Counter[tuple[str, str, str | None, str | None]] = Counter()
    for (code, severity, dataset, table), count in every.items():
        named = dataset if dataset in site.datasets else None
        counted[code, severity, named, table if (dataset, table) in tables else None] += count
    found = [Found(code=c, severity=s, dataset=d, table=t, count=n) for (c, s, d, t), n in counted.items()]
    return sorted(found, key=lambda f: (f.severity != "error", f.dataset or "", f.table or "", f.code))


@lru_cache(maxsize=64)
def _counted(folder: Path) -> Counter[tuple[str, str, str | None, str | None]]:
    path = folder / FINDINGS_FILE
    lines = read_json_lines(path) if path.is_file() else ()
    return Counter((f["code"], f["severity"], f.get("dataset"), f.get("table")) for f in lines)


def runs(site: Site, most: int) -> Answer:
    """The last runs as JSON."""
    return as_json({"runs": [_told(site, run) for run in last_runs(site, most)[0]]}, "none")


def run(site: Site, name: str) -> Answer:
    """One run as JSON, with what it found. Raises `Problem` 404."""
    record = run_named(site, name)
    found = [f.model_dump(exclude_none=True) for f in public_findings(site, name)]
    return as_json({**_told(site, record), "found": found}, "none")


def _told(site: Site, run: Run) -> dict[str, Any]:
    return {
        **run.model_dump(mode="json", include={"run", "command", "started", "ended", "code_version", "edition"}),
        "finished": run.died is None,
        "portal": run.portal,
        "findings": run.findings,
        "sources": [
            s.model_dump(mode="json", include={"source", "result", "snapshot"}) for s in public_sources(site, run)
        ],
        "datasets": [
            d.model_dump(mode="json", include=_DATASET, exclude_none=True) for d in public_datasets(site, run)
        ],
        "url": f"{site.base_url}/v1/runs/{run.run}",
    }
