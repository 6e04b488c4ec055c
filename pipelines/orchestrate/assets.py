"""The assets: one for each source, four for each dataset, made from the files.

What belongs here: which step of the line an asset asks for, and what Dagster is told of the answer.
What does not: the work of the step, and what an asset is called or described as.

Only what is new is a materialization: a source or its tables are taken anew in each run, a release and
its place on the portal only when there is a new version. The history of a release asset is therefore
the list of its versions, and its age is that of the last one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.project import Project
from pipelines.contracts.records import DatasetResult
from pipelines.contracts.source import SourceFile
from pipelines.orchestrate.columns import lineage, same_columns
from pipelines.orchestrate.gates import CANDIDATE_GATES, RELEASE_GATES, SOURCE_GATES, results, specs
from pipelines.orchestrate.keys import (
    CANDIDATES,
    CHECK,
    GROUP_OF,
    GROUPS,
    PORTAL,
    RELEASE,
    RELEASES,
    TABLES,
    source_key,
    stage_key,
    step_name,
)
from pipelines.orchestrate.specs import host_of, source_spec, stage_spec
from pipelines.orchestrate.steps import Steps
from pipelines.orchestrate.told import finding_counts
from pipelines.release import read_index

LINE = "line"
"""The resource that all steps share: `Steps`."""

SECONDS_TO_WAIT = 10.0
"""How long a step waits before it looks again whether all sources were pulled."""

Events = Iterator[Any]
Compute = Callable[[dg.AssetExecutionContext, Steps], Events]


@dataclass(frozen=True)
class Tries:
    """How a source is pulled under the daemon: further attempts, and one pull at a time from each host.

    `opendata publish` does without: it is run again by cron, and a place in a pool that a killed process
    held is freed only by the daemon.
    """

    further: int = 3
    first_wait_seconds: float = 15
    pools: bool = True

    @property
    def policy(self) -> dg.RetryPolicy | None:
        """Waits of 15, 30 and 60 seconds, each shifted at random by up to its own length."""
        return dg.RetryPolicy(
            max_retries=self.further,
            delay=self.first_wait_seconds,
            backoff=dg.Backoff.EXPONENTIAL,
            jitter=dg.Jitter.PLUS_MINUS,
        )


NO_TRIES = Tries(further=0, pools=False)


def build_assets(project: Project, tries: Tries) -> list[dg.AssetsDefinition]:
    """All assets of the project."""
    sources = [_source(project, source, tries) for source in project.sources.values()]
    stages = [_stage(project, dataset, stage) for dataset in project.datasets.values() for stage in _STAGES]
    return [*sources, *stages]


def _asset(
    spec: dg.AssetSpec, gates: Mapping[str, str], compute: Compute, tries: Tries = NO_TRIES, host: str | None = None
) -> dg.AssetsDefinition:
    """One asset with its checks. Where several could run, those of an earlier room go first."""
    earlier = len(GROUPS) - GROUPS.index(str(spec.group_name))

    @dg.multi_asset(
        name=step_name(spec.key),
        specs=[spec],
        check_specs=specs(spec.key, gates) if gates else None,
        required_resource_keys={LINE},
        op_tags={"dagster/priority": str(earlier)},
        retry_policy=tries.policy if tries.further else None,
        pool=f"host_{step_name(dg.AssetKey(host.split('.')))}" if host and tries.pools else None,
    )
    def step(context: dg.AssetExecutionContext) -> Events:
        yield from compute(context, context.resources.line)

    return step


def _source(project: Project, source: SourceFile, tries: Tries) -> dg.AssetsDefinition:
    key, host = source_key(source.id), host_of(source)

    def compute(context: dg.AssetExecutionContext, steps: Steps) -> Events:
        steps.waiting.discard(source.id)
        pulled = steps.ask(lambda line: line.pull(source.id, again=context.retry_number > 0))
        failed = pulled.result.result == "failed"
        if failed and host and context.retry_number < tries.further:
            steps.waiting.add(source.id)
            raise dg.Failure("The source could not be pulled; it is tried again.")
        if not failed and pulled.snapshot:
            yield dg.MaterializeResult(
                asset_key=key,
                data_version=dg.DataVersion(pulled.snapshot.snapshot),
                metadata={
                    "result": pulled.result.result,
                    "snapshot": pulled.snapshot.snapshot,
                    "taken": dg.MetadataValue.timestamp(pulled.snapshot.taken),
                    "files": len(pulled.snapshot.parts),
                    "bytes": sum(p.size for p in pulled.snapshot.parts),
                },
            )
        yield from results(key, SOURCE_GATES, pulled.findings)

    return _asset(source_spec(project, source), SOURCE_GATES, compute, tries, host)


def _stage(project: Project, dataset: DatasetFile, stage: str) -> dg.AssetsDefinition:
    gates, make, before = _STAGES[stage]
    if before:
        deps = [stage_key(dataset.name, before)]
    else:
        deps = list(dict.fromkeys(source_key(source.id) for source, _ in project.feeds_of(dataset)))

    def compute(context: dg.AssetExecutionContext, steps: Steps) -> Events:
        if steps.waiting and GROUP_OF[stage] in (CHECK, RELEASE):
            # An edition is settled once; it waits for the sources that are being tried again.
            raise dg.RetryRequested(max_retries=1000, seconds_to_wait=SECONDS_TO_WAIT)
        yield from make(context, steps, dataset)

    return _asset(stage_spec(project, dataset, stage, deps), gates, compute)


def _tables(context: dg.AssetExecutionContext, steps: Steps, dataset: DatasetFile) -> Events:
    tidied = steps.ask(lambda line: line.tidy(dataset.name))
    if tidied is None:
        raise dg.Failure("A source of this dataset could not be pulled or read; its last release stays.")
    rows = {name: len(table) for name, table in tidied.tables.items()}
    yield dg.MaterializeResult(
        asset_key=stage_key(dataset.name, TABLES),
        metadata={
            "dagster/row_count": sum(rows.values()),
            "dagster/column_lineage": lineage(steps.project, dataset),
            "rows": dg.MetadataValue.json(rows),
            "unreadable": len(tidied.findings),
        },
    )


def _candidate(context: dg.AssetExecutionContext, steps: Steps, dataset: DatasetFile) -> Events:
    key = stage_key(dataset.name, CANDIDATES)
    candidate = steps.settle().get(dataset.name)
    if candidate is None:
        raise dg.Failure("There are no tables of this dataset to check; its last release stays.")
    found = steps.at_candidate(dataset.name)
    yield dg.MaterializeResult(
        asset_key=key,
        data_version=dg.DataVersion(candidate.fingerprint),
        metadata={
            "dagster/row_count": sum(len(t) for t in candidate.tables.values()),
            "dagster/column_lineage": same_columns(dataset, stage_key(dataset.name, TABLES)),
            "fingerprint": candidate.fingerprint,
            "release_is_due": candidate.due,
            "schema_change": candidate.schema_change,
            **finding_counts(found),
        },
    )
    yield from results(key, CANDIDATE_GATES, found, dataset)


def _release(context: dg.AssetExecutionContext, steps: Steps, dataset: DatasetFile) -> Events:
    key = stage_key(dataset.name, RELEASES)
    if dataset.name not in steps.settle():
        raise dg.Failure("There is no candidate of this dataset; its last release stays.")
    found = steps.at_release(dataset.name)
    result = steps.line.result(dataset.name)
    facts = _facts(steps, dataset, result)
    shown = {_version(context, stage_key(dataset.name, stage)) for stage in (RELEASES, PORTAL)}
    if result.result == "unchanged" and shown == {result.version}:
        yield dg.AssetObservation(asset_key=key, metadata=facts)
    elif result.result != "held":
        # Also where this history does not know the version yet, or knows nothing of its publication.
        yield dg.MaterializeResult(asset_key=key, data_version=dg.DataVersion(result.version or ""), metadata=facts)
    yield from results(key, RELEASE_GATES, found, dataset)
    if result.result == "held":
        raise dg.Failure("The candidate is held; the last good release stays.")


def _facts(steps: Steps, dataset: DatasetFile, result: DatasetResult) -> dict[str, Any]:
    version = result.version or ""
    return {
        "dagster/row_count": result.rows or 0,
        "dagster/column_lineage": same_columns(dataset, stage_key(dataset.name, CANDIDATES)),
        "result": result.result,
        "version": version,
        "folder": dg.MetadataValue.path(steps.project.store.release(dataset.name, version)),
        **{f"rows_{what}": number for what, number in result.change.items()},
        "errors": result.errors,
        "warnings": result.warnings,
    }


def _portal(context: dg.AssetExecutionContext, steps: Steps, dataset: DatasetFile) -> Events:
    outcome = steps.publish()
    if outcome == "failed":
        raise dg.Failure("The portal could not be switched; it shows the former edition.")
    version = steps.ask(lambda line: read_index(line.project.store, dataset.name).current)
    if version is None:
        return
    address = f"{steps.project.settings.base_url.rstrip('/')}/datasets/{dataset.name}/latest/"
    yield dg.MaterializeResult(
        asset_key=stage_key(dataset.name, PORTAL),
        data_version=dg.DataVersion(version),
        metadata={
            "version": version,
            "edition": steps.line.edition or "",
            "portal": outcome,
            "address": dg.MetadataValue.url(address),
        },
    )


def _version(context: dg.AssetExecutionContext, key: dg.AssetKey) -> str | None:
    """The version that Dagster's history names last for an asset."""
    event = context.instance.get_latest_materialization_event(key)
    made = event.asset_materialization if event else None
    value = made.metadata.get("version") if made else None
    return str(value.value) if value else None


_STAGES: dict[str, tuple[Mapping[str, str], Callable[..., Events], str | None]] = {
    TABLES: ({}, _tables, None),
    CANDIDATES: (CANDIDATE_GATES, _candidate, TABLES),
    RELEASES: (RELEASE_GATES, _release, CANDIDATES),
    PORTAL: ({}, _portal, RELEASES),
}
"""Stage: its gates, what makes it, and the stage before."""
