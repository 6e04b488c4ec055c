"""Going back to an older release: choosing it, not rewriting anything.

What belongs here: making another version current, where the keys of the edition allow it. What does
not: removing a version, which is `withdraw`.
"""

from collections.abc import Mapping
from datetime import datetime

from pipelines.check import check_keys_across
from pipelines.contracts.findings import Finding, FindingError, blocking
from pipelines.contracts.project import Project
from pipelines.release.commit import publish_indexes
from pipelines.release.index import read_index, release_tables


def rollback(project: Project, dataset: str, version: str, now: datetime) -> str | None:
    """Make `version` the current one of `dataset` and cut an edition with it; returns that edition.

    The data rolled back are not released again by themselves: a candidate with the same rows is held
    until it is approved. Raises `KeyError` when there is no such version that could be shown, and
    `FindingError` when the keys of the other datasets would not hold.
    """
    index = read_index(project.store, dataset)
    if version not in {v.version for v in index.versions if v.status == "published"}:
        raise KeyError(version)
    pins = {name: read_index(project.store, name).current for name in project.datasets}
    broken = broken_keys(project, {**pins, dataset: version})
    if broken:
        raise FindingError(*broken)
    return publish_indexes(project.store, [index.model_copy(update={"current": version})], now)


def broken_keys(project: Project, pins: Mapping[str, str | None]) -> list[Finding]:
    """The keys across datasets that would not hold in an edition with these versions (None: not in it)."""
    edition = {n: release_tables(project.store, n, v) for n, v in pins.items() if v}
    found: list[Finding] = []
    for name, tables in edition.items():
        found += check_keys_across(project.datasets[name], tables, lambda d, t: edition.get(d, {}).get(t))
    return blocking(found)
