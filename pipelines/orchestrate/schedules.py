"""Schedules: when each dataset and source is looked at again, from what their files declare.

What belongs here: cron expressions and what each of them runs. What does not: what a frequency means,
which is `contracts.frequency`.

A dataset follows its `schedule`, else its frequency. Those that promise no rhythm are looked at together
once a month: checking dated documents again is cheap, and without a change it makes no release. Schedules
are off until somebody turns them on, as the store may be served by cron already.
"""

from collections.abc import Sequence

import dagster as dg

from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.frequency import TIMEZONE, cron_of
from pipelines.contracts.project import Project
from pipelines.orchestrate.keys import keys_for, source_key, step_name

RECHECK_CRON = "0 6 1 * *"
"""Datasets without a rhythm of their own are looked at on the first of each month."""


def build_schedules(project: Project, job: str) -> list[dg.ScheduleDefinition]:
    """One schedule for each dataset with a rhythm, one for all others, one for each source with `every`."""
    own = {d.name: cron for d in project.datasets.values() if (cron := rhythm(d))}
    rest = [name for name in project.datasets if name not in own]
    out = [
        _schedule(job, "release_" + _plain(name), cron, keys_for(project, [name]), f"Looks for new data of {name}.")
        for name, cron in own.items()
    ]
    if rest:
        text = f"Looks again at what has no rhythm of its own: {', '.join(rest)}."
        out.append(_schedule(job, "recheck", RECHECK_CRON, keys_for(project, rest), text))
    for source in project.sources.values():
        if source.every:
            text = f"Pulls {source.id} as often as its file says; its datasets take it up when they run."
            out.append(_schedule(job, "pull_" + _plain(source.id), source.every, [source_key(source.id)], text))
    return out


def rhythm(dataset: DatasetFile) -> str | None:
    """The cron expression of a dataset in Europe/Madrid: the declared one, else that of its frequency."""
    return dataset.schedule or cron_of(dataset.frequency)


def _schedule(job: str, name: str, cron: str, keys: Sequence[dg.AssetKey], text: str) -> dg.ScheduleDefinition:
    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(asset_selection=list(keys), tags={"why": name})

    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone=TIMEZONE,
        execution_fn=request,
        description=text,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )


def _plain(identity: str) -> str:
    return step_name(dg.AssetKey(identity))
