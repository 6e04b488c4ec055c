"""The state of everything: what is published, when it was last checked, whether it is late.

What belongs here: reading the store for the operator. What does not: changing anything.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipelines.contracts.frequency import longest_age_days
from pipelines.contracts.project import Project
from pipelines.contracts.records import DatasetResult, Run
from pipelines.contracts.store import RUN_FILE
from pipelines.release import read_index, read_release


@dataclass(frozen=True)
class Shown:
    """What a CKAN shows of a dataset by our record; `version` None for a tombstone, and where nothing was read back yet.

    `state`: that of the record, `behind` if it is of another version than the current one, or `begun` where a
    projection was begun and not finished.
    """

    target: str
    version: str | None
    state: str
    at: datetime


@dataclass(frozen=True)
class DatasetStatus:
    """How one dataset stands. `overdue_days` is None where the dataset has no deadline."""

    dataset: str
    version: str | None
    published: datetime | None
    data_changed: datetime | None
    last: DatasetResult | None
    checked: datetime | None
    overdue_days: int | None
    targets: list[Shown] = field(default_factory=list)


def last_run(project: Project) -> Run | None:
    """The record of the newest run, None if nothing was ever run."""
    runs = sorted(project.store.runs.glob(f"*/{RUN_FILE}"))
    return Run.model_validate_json(runs[-1].read_bytes()) if runs else None


def status(project: Project, now: datetime) -> list[DatasetStatus]:
    """How each dataset of the project stands at `now`."""
    runs = [Run.model_validate_json(p.read_bytes()) for p in sorted(project.store.runs.glob(f"*/{RUN_FILE}"))]
    return [_one(project, name, runs, now) for name in project.datasets]


def _one(project: Project, name: str, runs: list[Run], now: datetime) -> DatasetStatus:
    index = read_index(project.store, name)
    release = read_release(project.store, name, index.current) if index.current else None
    last, checked = None, None
    for run in runs:
        for result in run.datasets:
            if result.dataset == name:
                last, checked = result, run.ended
    return DatasetStatus(
        dataset=name,
        version=index.current,
        published=release.published if release else None,
        data_changed=release.data_changed if release else None,
        last=last,
        checked=checked,
        overdue_days=_overdue(project, name, release.data_changed if release else None, now),
        targets=[
            one for t in project.targets.values() if t.ckan and (one := _shown(project, t.id, name, index.current))
        ],
    )


def _shown(project: Project, target: str, dataset: str, current: str | None) -> Shown | None:
    """What our records say that a CKAN shows; None if they say nothing. Raises `FindingError`."""
    from pipelines.publish.ckan.journal import read_intention, read_projection

    record, intention = read_projection(project.store, target, dataset), read_intention(project.store, target, dataset)
    if intention:
        return Shown(target, record.version if record else None, "begun", intention.begun)
    if record is None:
        return None
    behind = record.state == "verified" and record.version != current
    return Shown(target, record.version, "behind" if behind else record.state, record.at)


def _overdue(project: Project, name: str, data_changed: datetime | None, now: datetime) -> int | None:
    """Days past the longest age that the declared frequency allows; 0 when fresh, None without deadline."""
    longest = longest_age_days(project.datasets[name].frequency)
    if longest is None or data_changed is None:
        return None
    late = now - data_changed - timedelta(days=longest)
    return max(0, late.days + 1) if late > timedelta(0) else 0
