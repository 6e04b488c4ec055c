"""Runs of the graph, and what Dagster remembers of them, for the tests of this room."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from pipelines.contracts.project import Project
from pipelines.line import Line
from pipelines.orchestrate import build_defs, run_publish
from pipelines.orchestrate.assets import Tries
from pipelines.orchestrate.instance import open_instance


def publish(project: Project) -> Line:
    """What `opendata publish` does."""
    return run_publish(project, lambda *_: None)


@contextmanager
def history(project: Project) -> Iterator[dg.DagsterInstance]:
    """The history of the runs in the store."""
    with open_instance(project.store) as instance:
        yield instance


def last(project: Project, key: str) -> dg.AssetMaterialization | None:
    """The last materialization of an asset, named `a/b`."""
    with history(project) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(key.split("/")))
    return event.asset_materialization if event else None


def run_of(
    project: Project, *keys: str, tries: Tries | None = None, instance: dg.DagsterInstance | None = None
) -> dg.ExecuteInProcessResult:
    """A run of some assets as the UI starts it, with a line of its own."""
    defs = build_defs(project, tries=tries)
    chosen = [dg.AssetKey(k.split("/")) for k in keys] or None
    return defs.resolve_job_def("publish").execute_in_process(
        instance=instance or dg.DagsterInstance.ephemeral(), raise_on_error=False, asset_selection=chosen
    )


def checks(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str]]:
    """Whether each check passed, and its severity, by `asset: check`."""
    return {
        f"{e.asset_key.to_user_string()}: {e.check_name}": (e.passed, e.severity.value)
        for e in result.get_asset_check_evaluations()
    }
