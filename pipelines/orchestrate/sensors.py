"""Sensors: a folder into which somebody drops files is watched, and what it feeds is run when it changed.

What belongs here: noticing that a folder changed and came to rest. What does not: reading its files.
"""

import json
from pathlib import Path

import dagster as dg

from pipelines.contracts.files import canonical_json, sha256_bytes
from pipelines.contracts.project import Project
from pipelines.contracts.source import SourceFile
from pipelines.orchestrate.keys import keys_for, step_name

SECONDS_BETWEEN_LOOKS = 30
"""A folder is at rest when two looks, this far apart, see the same names, sizes and times."""

_IN_USE = ("~$", ".~lock.")
"""How the files begin that Excel and LibreOffice keep beside a file that is open."""


def build_sensors(project: Project, job: str) -> list[dg.SensorDefinition]:
    """One sensor for each source of kind `folder`."""
    return [_sensor(project, source, job) for source in project.sources.values() if source.kind == "folder"]


def _sensor(project: Project, source: SourceFile, job: str) -> dg.SensorDefinition:
    fed = {feed.table for feed in source.feeds}
    datasets = [d.name for d in project.datasets.values() if fed & {r.name for r in d.resources}]
    folder = project.root / (source.where or "")

    def evaluate(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        return look(folder, context.cursor, dg.RunRequest(asset_selection=keys_for(project, datasets)))

    return dg.SensorDefinition(
        name="drop_" + step_name(dg.AssetKey(source.id)),
        job_name=job,
        evaluation_fn=evaluate,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description=f"Watches the folder of {source.id}, and runs {', '.join(datasets)} when it changed.",
        default_status=dg.DefaultSensorStatus.STOPPED,
    )


def look(folder: Path, cursor: str | None, request: dg.RunRequest) -> dg.SensorResult | dg.SkipReason:
    """One look at a folder. It asks for a run when what changed since the last one has come to rest.

    The cursor holds hashes of what was seen and of what was last run, no names: a name may name a person.
    """
    former = json.loads(cursor) if cursor else {"seen": None, "run": None}
    seen = _listing(folder)
    if seen is None:
        return dg.SkipReason("The folder is not there, or a file in it is open in a program.")
    run = former["run"]
    if seen == run:
        return dg.SkipReason("Nothing changed.")
    if seen != former["seen"]:
        text = "Something changed; it is looked at again before anything is run."
        return dg.SensorResult(skip_reason=dg.SkipReason(text), cursor=json.dumps({"seen": seen, "run": run}))
    return dg.SensorResult(run_requests=[request], cursor=json.dumps({"seen": seen, "run": seen}))


def _listing(folder: Path) -> str | None:
    """A hash of the names, sizes and times in a folder; None if it cannot be looked at now."""
    found = []
    try:
        for path in sorted(folder.rglob("*")):
            facts = path.lstat()
            if path.name.startswith(_IN_USE):
                return None
            if not path.is_dir():
                found.append([str(path.relative_to(folder)), facts.st_size, facts.st_mtime_ns])
        return sha256_bytes(canonical_json(found).encode()) if folder.is_dir() else None
    except FileNotFoundError:  # a file went away meanwhile: it is still being worked on
        return None
