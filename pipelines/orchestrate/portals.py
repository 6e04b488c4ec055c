"""The CKAN portals in the graph: an asset and two checks for each dataset and portal, their jobs, and what starts them.

What belongs here: which step asks a portal for what, and what Dagster is told of the answer. What does not: the work,
which is in `publish.ckan`, and the embedded portal, which belongs to the line.

No portal is asked for anything while the graph is made, so one that is down breaks nothing but its own runs. These
assets are not part of the job `publish`: what goes wrong on a portal never stops a publication.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg

from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding, blocking
from pipelines.contracts.frequency import MADRID, TIMEZONE
from pipelines.contracts.project import Project
from pipelines.contracts.target import TargetFile
from pipelines.orchestrate.keys import PORTAL, PUBLISH, stage_key, step_name, target_key
from pipelines.orchestrate.steps import Steps, named
from pipelines.orchestrate.told import check_result
from pipelines.release import StoreBusyError, current_edition

if TYPE_CHECKING:
    from pipelines.publish.ckan.model import DatasetOutcome, Outcome, Plan

PORTALS = "portals"
"""The resource that the steps about portals share: `Portals`."""
CHECKS = {
    "verified": "Does the portal show what was released: metadata, files by hash, rows by count and content?",
    "drift": "Is everything there as we left it, or has somebody else changed it?",
}
DRIFT = "target-drift"
"""The finding of the second check; all others are of the first."""
VERIFY_CRON = "30 5 * * *"
"""Portals are read back each day before the first publication, so that what others changed is known before."""
SECONDS_BETWEEN_LOOKS = 60

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Portals:
    """What one run asks of portals; a plan is made once, whatever number of datasets ask for it."""

    def __init__(self, project: Project) -> None:
        """Prepare; nothing is asked before a step does."""
        self.project = project
        self._plans: dict[str, Plan] = {}

    def apply(self, target: TargetFile, dataset: str) -> "Outcome":
        """Bring one dataset up to date on a portal."""
        from pipelines.publish.ckan import apply_target

        return _quietly(lambda: apply_target(self.project, target, datasets=[dataset]))

    def verify(self, target: TargetFile, dataset: str) -> list[Finding]:
        """What a portal shows otherwise than released; files and rows are read whole."""
        from pipelines.publish.ckan import verify_target

        return _quietly(lambda: verify_target(self.project, target, datasets=[dataset]))

    def drift(self, target: TargetFile, dataset: str) -> list[Finding]:
        """What somebody else changed and what keeps us from knowing."""
        from pipelines.publish.ckan import plan_target

        if target.id not in self._plans:
            self._plans[target.id] = _quietly(lambda: plan_target(self.project, target))
        plan = self._plans[target.id]
        found = [f for d in plan.datasets if d.dataset == dataset for f in d.findings if f.blocks]
        return found if plan.datasets else [*found, *plan.unmet]


def _quietly(question: Callable[[], Answer]) -> Answer:
    """The answer; any error becomes a failure without its text, which would stay in Dagster's storage."""
    failure = dg.Failure("Another run holds the store.")
    try:
        return question()
    except StoreBusyError:
        pass
    except Exception as error:
        log.exception("the portal could not be worked on")
        failure = dg.Failure(named(error), allow_retries=False)
    # Raised here and not above, so that it does not carry the error with it.
    raise failure


def portal_keys(project: Project, target: TargetFile) -> list[dg.AssetKey]:
    """The assets of one portal."""
    return [target_key(target.id, name) for name in project.datasets]


def ckan_targets(project: Project) -> list[TargetFile]:
    """The portals that are a CKAN."""
    return [t for t in project.targets.values() if t.kind == "ckan"]


def build_portals(project: Project, retry: dg.RetryPolicy | None) -> list[dg.AssetsDefinition]:
    """All assets of all portals. `retry`: for when another run holds the store."""
    return [_asset(project, t, d, retry) for t in ckan_targets(project) for d in project.datasets.values()]


def _asset(
    project: Project, target: TargetFile, dataset: DatasetFile, retry: dg.RetryPolicy | None
) -> dg.AssetsDefinition:
    key = target_key(target.id, dataset.name)
    checks = [dg.AssetCheckSpec(n, asset=key, description=ask, blocking=True) for n, ask in CHECKS.items()]

    @dg.multi_asset(
        name=step_name(key),
        specs=[_spec(project, target, dataset)],
        check_specs=checks,
        can_subset=True,
        # For the store: a line of the same run has to give it back first.
        required_resource_keys={"line", PORTALS},
        op_tags={"dagster/priority": "0"},
        retry_policy=retry,
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[Any]:
        portals = context.resources.portals
        if key in context.selected_asset_keys:
            steps: Steps = context.resources.line
            steps.leave()
            yield from _project(context, portals.apply(target, dataset.name), target, key)
        else:
            found = {"verified": portals.verify(target, dataset.name), "drift": portals.drift(target, dataset.name)}
            yield from _results(context, key, found)

    return step


def _spec(project: Project, target: TargetFile, dataset: DatasetFile) -> dg.AssetSpec:
    url = target.ckan.url if target.ckan else ""
    return dg.AssetSpec(
        target_key(target.id, dataset.name),
        deps=[stage_key(dataset.name, PORTAL)],
        description=(
            f"**{dataset.titles.en} on {target.title.en}** ({url}). The dataset there, its files, and its tables in the "
            "DataStore, as the edition has them; read back after each change. Readers never see less than one whole "
            "release. Not part of `opendata publish`: this is `opendata apply`, and is turned on by its sensor."
        ),
        group_name=PUBLISH,
        owners=[project.catalogue.contact.email],
        kinds={"ckan"},
        tags={"dataset": dataset.name, "target": target.id, "stage": project.catalogue.stage},
        metadata={"declared_in": dg.MetadataValue.path(f"targets/{target.id}.yaml")},
        skippable=True,
    )


def _project(
    context: dg.AssetExecutionContext, outcome: "Outcome", target: TargetFile, key: dg.AssetKey
) -> Iterator[Any]:
    """What Dagster is told after a projection: something new only where something was written."""
    result = next((r for r in outcome.results if r.dataset == key.path[-1]), None)
    if result and result.result in ("verified", "unchanged"):
        facts = _facts(outcome, result, target)
        if outcome.writes or _told_version(context, key) != facts["version"]:
            version = dg.DataVersion(facts["version"])
            yield dg.MaterializeResult(asset_key=key, data_version=version, metadata=facts)
        else:
            yield dg.AssetObservation(asset_key=key, metadata=facts)
    drift = [f for f in outcome.findings if f.code == DRIFT]
    yield from _results(context, key, {"verified": [f for f in outcome.findings if f not in drift], "drift": drift})
    if result and result.result == "waiting":
        raise dg.Failure("The dataset waits for a decision; the portal shows what it showed.", allow_retries=False)
    if outcome.failed:
        raise dg.Failure("The portal could not be brought up to date; the next run goes on.", allow_retries=False)


def _facts(outcome: "Outcome", result: "DatasetOutcome", target: TargetFile) -> dict[str, Any]:
    url = target.ckan.url.rstrip("/") if target.ckan else ""
    return {
        "version": result.version or "withdrawn",
        "address": dg.MetadataValue.url(f"{url}/dataset/{result.name}"),
        "result": result.result,
        "rows_written": result.rows_written,
        "write_calls": outcome.writes,
        "read_calls": outcome.reads,
    }


def _told_version(context: dg.AssetExecutionContext, key: dg.AssetKey) -> str | None:
    """The version that Dagster's history names last."""
    event = context.instance.get_latest_materialization_event(key)
    made = event.asset_materialization if event else None
    value = made.metadata.get("version") if made else None
    return str(value.value) if value else None


def _results(
    context: dg.AssetExecutionContext, key: dg.AssetKey, found: dict[str, list[Finding]]
) -> Iterator[dg.AssetCheckResult]:
    for name, mine in found.items():
        if dg.AssetCheckKey(key, name) in context.selected_asset_check_keys:
            yield check_result(key, name, mine, {})
    if key not in context.selected_asset_keys and any(blocking(mine) for mine in found.values()):
        raise dg.Failure("The portal does not show what was released, or somebody changed it.", allow_retries=False)


def build_portal_jobs(project: Project) -> Sequence[Any]:
    """Two jobs for each portal: bring it up to date, and read it back."""
    jobs = []
    for target in ckan_targets(project):
        keys = portal_keys(project, target)
        jobs += [
            dg.define_asset_job(
                f"project_{_plain(target)}",
                selection=dg.AssetSelection.assets(*keys),
                executor_def=dg.in_process_executor,
                description=f"Brings {target.title.en} up to date with the current edition, and reads back what changed.",
            ),
            dg.define_asset_job(
                f"verify_{_plain(target)}",
                selection=dg.AssetSelection.checks_for_assets(*keys),
                executor_def=dg.in_process_executor,
                description=f"Reads all of {target.title.en} back, rows and files too, and looks for drift. Writes nothing.",
            ),
        ]
    return jobs


def build_portal_schedules(project: Project) -> list[dg.ScheduleDefinition]:
    """One daily look at each portal, off until somebody turns it on."""
    return [
        dg.ScheduleDefinition(
            name=f"verify_{_plain(target)}_daily",
            job_name=f"verify_{_plain(target)}",
            cron_schedule=VERIFY_CRON,
            execution_timezone=TIMEZONE,
            description=f"Reads {target.title.en} back each day: what differs, and what somebody else changed.",
            default_status=dg.DefaultScheduleStatus.STOPPED,
        )
        for target in ckan_targets(project)
    ]


def build_portal_sensors(project: Project) -> list[dg.SensorDefinition]:
    """One sensor for each portal that follows the editions, off until somebody turns it on."""
    return [_sensor(project, target) for target in ckan_targets(project)]


def _sensor(project: Project, target: TargetFile) -> dg.SensorDefinition:
    def evaluate(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return follow(project, target, datetime.now(MADRID).date())

    return dg.SensorDefinition(
        name=f"follow_{_plain(target)}",
        job_name=f"project_{_plain(target)}",
        evaluation_fn=evaluate,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description=f"Brings {target.title.en} up to date when there is a new edition, whoever made it.",
        default_status=dg.DefaultSensorStatus.STOPPED,
    )


def follow(project: Project, target: TargetFile, today: date) -> dg.RunRequest | dg.SkipReason:
    """A run for the datasets of which the portal does not show the version of the edition, by our records.

    It is asked for once a day and edition: what fails or waits is seen in red, and tried again on the next day.
    """
    from pipelines.publish.ckan.journal import begun, projections

    edition = current_edition(project.store)
    if edition is None:
        return dg.SkipReason("There is no edition yet.")
    shown = {p.dataset: p.version for p in projections(project.store, target.id) if p.state == "verified"}
    unfinished = begun(project.store, target.id)
    due = [name for name in project.datasets if name in unfinished or edition.pins.get(name) != shown.get(name)]
    if not due:
        return dg.SkipReason("The portal shows the edition.")
    keys = [target_key(target.id, name) for name in due]
    return dg.RunRequest(run_key=f"{edition.edition} {today}", asset_selection=keys, tags={"target": target.id})


def _plain(target: TargetFile) -> str:
    return step_name(dg.AssetKey(target.id))
