"""Running the whole graph in process, as `opendata publish` does.

What belongs here: one run on the instance in the store, without a daemon. What does not: the graph.
"""

from uuid import uuid4

import dagster as dg

from pipelines.contracts.project import Project
from pipelines.line import Line, Report
from pipelines.orchestrate.assets import LINE, NO_TRIES
from pipelines.orchestrate.build import JOB, build_defs
from pipelines.orchestrate.instance import open_instance
from pipelines.orchestrate.steps import Steps

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The command line shows its own progress; Dagster's log is kept in its history."""


def run_publish(project: Project, report: Report, command: str = "publish") -> Line:
    """Pull, tidy, check, release and publish the whole project; returns the finished line.

    What is held or failed is said by the line, its record and its exit code, and raises nothing. Raises
    `StoreBusyError` when another run holds the store, `FindingError` when it must not be written, and any
    other error that stopped the line.
    """
    with Steps(project, command, report) as steps:
        steps.open()
        defs = build_defs(project, tries=NO_TRIES, **{LINE: dg.ResourceDefinition.hardcoded_resource(steps)})
        run_id = str(uuid4())
        with open_instance(project.store) as instance:
            defs.resolve_job_def(JOB).execute_in_process(
                run_id=run_id, instance=instance, run_config=_QUIET, raise_on_error=False, tags={"command": command}
            )
    if steps.trouble:
        raise steps.trouble
    return steps.line
