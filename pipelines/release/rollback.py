"""Going back to an older release: choosing it, not rewriting anything.

What belongs here: making another version current, where the keys of the edition allow it. What does
not: removing a version, which is `withdraw`.
"""

from datetime import datetime

from pipelines.check import check_keys_across
from pipelines.contracts.findings import Finding, FindingError, blocking
from pipelines.contracts.project import Project
from pipelines.contracts.tables import Tables
from pipelines.release.commit import publish_indexes
from pipelines.release.index import read_index, release_tables


def rollback(project: Project, dataset: str, version: str, now: datetime) -> str | None:
    """Make `version` the current one of `dataset` and cut an edition with it; returns that edition.

    The data rolled back are not released again by themselves: a candidate with their fingerprint is held
    until it is approved. Raises `KeyError` when there is no such version that could be shown, and
    `FindingError` when the keys of the other datasets would not hold.
    """
    index = read_index(project.store, dataset)
    if version not in {v.version for v in index.versions if v.status == "published"}:
        raise KeyError(version)
    broken = _broken(project, dataset, version)
    if broken:
        raise FindingError(*broken)
    return publish_indexes(project.store, [index.model_copy(update={"current": version})], now)


def _broken(project: Project, dataset: str, version: str) -> list[Finding]:
    edition: dict[str, Tables] = {}
    for name in project.datasets:
        shown = version if name == dataset else read_index(project.store, name).current
        if shown:
            edition[name] = release_tables(project.store, name, shown)
    found: list[Finding] = []
    for name, tables in edition.items():
        found += check_keys_across(project.datasets[name], tables, lambda d, t: edition.get(d, {}).get(t))
    return blocking(found)
