"""The definitions: assets, job, schedules, sensors and the line they share, put together.

What belongs here: assembling. What does not: any of the parts.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from pipelines.contracts.project import Project
from pipelines.orchestrate.assets import LINE, Tries, build_assets
from pipelines.orchestrate.portals import (
    PORTALS,
    Portals,
    build_portal_jobs,
    build_portal_schedules,
    build_portal_sensors,
    build_portals,
    ckan_targets,
    portal_keys,
)
from pipelines.orchestrate.schedules import build_schedules
from pipelines.orchestrate.sensors import build_sensors
from pipelines.orchestrate.steps import Steps

JOB = "publish"
"""The job of the line: everything up to the embedded portal, or whatever of it is selected."""
ALL_ASSETS = "__ASSET_JOB"
"""The job in which Dagster runs what somebody selects in its UI."""

log = logging.getLogger(__name__)


def build_defs(project: Project, *, tries: Tries | None = None, **resources: Any) -> dg.Definitions:
    """The definitions of a project. `resources` replace those of the same name, for tests and the command line.

    All steps of a run share one process and one line, which holds the lock of the store.
    """
    tries = tries or Tries()
    elsewhere = [key for target in ckan_targets(project) for key in portal_keys(project, target)]
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*elsewhere),
        executor_def=dg.in_process_executor,
        description="Pull, tidy, check, release and publish.",
    )
    return dg.Definitions(
        assets=[*build_assets(project, tries), *build_portals(project, tries.policy if tries.further else None)],
        jobs=[job, *build_portal_jobs(project)],
        schedules=[*build_schedules(project, JOB), *build_portal_schedules(project)],
        sensors=[*build_sensors(project, JOB), *build_portal_sensors(project)],
        resources={LINE: line_resource(project), PORTALS: _portals(project), **resources},
        executor=dg.in_process_executor,
    )


def _portals(project: Project) -> dg.ResourceDefinition:
    return dg.ResourceDefinition(lambda _: Portals(project), description="What the run asks of CKAN portals.")


def chosen_by(run: dg.DagsterRun | None) -> Collection[dg.AssetKey] | None:
    """The assets that a run makes, None for all of the line.

    Dagster says "nothing was selected, so all of it" by None or by an empty set; but then only checks may have been
    selected, or the job is one of a portal, which has nothing of the line.
    """
    if run is None or run.asset_selection:
        return run.asset_selection if run else None
    return None if run.job_name in (JOB, ALL_ASSETS) and not run.asset_check_selection else frozenset()


def line_resource(project: Project) -> dg.ResourceDefinition:
    """The line of a run that the UI, a schedule or a sensor has started."""

    @contextmanager
    def shared(context: dg.InitResourceContext) -> Iterator[Steps]:
        with Steps(project, "dagster", chosen=chosen_by(context.run)) as steps:
            yield steps
        if steps.trouble:
            # To the process's own log: Dagster's storage gets no text of an error.
            log.error("the line was stopped", exc_info=steps.trouble)

    return dg.ResourceDefinition(shared, description="The run's one line through the rooms; holds the store's lock.")
