"""The definitions: assets, job, schedules, sensors and the line they share, put together.

What belongs here: assembling. What does not: any of the parts.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from pipelines.contracts.project import Project
from pipelines.orchestrate.assets import LINE, Tries, build_assets
from pipelines.orchestrate.schedules import build_schedules
from pipelines.orchestrate.sensors import build_sensors
from pipelines.orchestrate.steps import Steps

JOB = "publish"
"""The one job: everything, or whatever of it is selected."""

log = logging.getLogger(__name__)


def build_defs(project: Project, *, tries: Tries | None = None, **resources: Any) -> dg.Definitions:
    """The definitions of a project. `resources` replace those of the same name, for tests and the command line.

    All steps of a run share one process and one line, which holds the lock of the store.
    """
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Pull, tidy, check, release and publish.",
    )
    return dg.Definitions(
        assets=build_assets(project, tries or Tries()),
        jobs=[job],
        schedules=build_schedules(project, JOB),
        sensors=build_sensors(project, JOB),
        resources={LINE: line_resource(project), **resources},
        executor=dg.in_process_executor,
    )


def line_resource(project: Project) -> dg.ResourceDefinition:
    """The line of a run that the UI, a schedule or a sensor has started."""

    @contextmanager
    def shared(context: dg.InitResourceContext) -> Iterator[Steps]:
        # Dagster says "nothing was selected, so all of it" by None or by an empty set.
        chosen = (context.run.asset_selection if context.run else None) or None
        with Steps(project, "dagster", chosen=chosen) as steps:
            yield steps
        if steps.trouble:
            # To the process's own log: Dagster's storage gets no text of an error.
            log.error("the line was stopped", exc_info=steps.trouble)

    return dg.ResourceDefinition(shared, description="The run's one line through the rooms; holds the store's lock.")
