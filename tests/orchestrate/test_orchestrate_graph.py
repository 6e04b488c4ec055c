"""The whole graph of the project as one file that a review can read.

After a change that is meant: `.venv/bin/python -m tests.orchestrate.test_orchestrate_graph` writes
`tests/orchestrate/graph.json` anew; commit it with the change.
"""

import json
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.contracts.project import Project, load_project
from pipelines.orchestrate import build_defs
from tests.facts.shipped import only_shipped
from tests.tiny import Tiny, column, dataset, facts, table

ROOT = Path(__file__).parents[2]
GRAPH = Path(__file__).with_name("graph.json")


def graph(project: Project) -> dict[str, Any]:
    """Keys, groups, dependencies, checks, deadlines, jobs, schedules and sensors, in a fixed order."""
    repository = build_defs(project).get_repository_def()
    nodes = repository.asset_graph
    return {
        "assets": {key.to_user_string(): _asset(nodes.get(key)) for key in sorted(nodes.get_all_asset_keys())},
        "jobs": sorted(j.name for j in repository.get_all_jobs() if not j.name.startswith("__")),
        "schedules": {
            s.name: f"{s.cron_schedule} {s.execution_timezone}, {s.job_name}"
            for s in sorted(repository.schedule_defs, key=lambda s: s.name)
        },
        "sensors": sorted(s.name for s in repository.sensor_defs),
    }


def _asset(node: Any) -> dict[str, Any]:
    policy = node.freshness_policy
    return {
        "group": node.group_name,
        "kinds": sorted(node.kinds),
        "after": sorted(key.to_user_string() for key in node.parent_keys),
        "checks": sorted(check.name for check in node.check_keys),
        "overdue_after_days": policy.fail_window.to_timedelta().days if policy else None,
    }


def test_the_graph_is_the_one_that_was_reviewed() -> None:
    """That of the shipped files: what an operator adds under `schemas/` or `sources/` needs no new snapshot."""
    assert graph(only_shipped(load_project(ROOT))) == json.loads(GRAPH.read_text(encoding="utf-8"))


def test_a_new_dataset_adds_its_four_assets_and_changes_no_other(tiny: Tiny) -> None:
    before = graph(tiny.load())
    tiny.schema(dataset("paths", table("paths", ["path_id"], [column("path_id")]), frequency="DAILY"))
    tiny.source(facts("sendas", "paths"))
    after = graph(tiny.load())
    added = {name: after["assets"][name] for name in set(after["assets"]) - set(before["assets"])}
    assert set(added) == {"sources/sendas", "tables/paths", "candidates/paths", "releases/paths", "portal/paths"}
    assert {name: after["assets"][name] for name in before["assets"]} == before["assets"]
    assert added["releases/paths"]["overdue_after_days"] == 2
    assert set(after["schedules"]) - set(before["schedules"]) == {"release_paths"}


def test_every_asset_says_what_it_is_and_who_answers_for_it() -> None:
    for asset in build_defs(only_shipped(load_project(ROOT))).get_repository_def().assets_defs_by_key.values():
        spec = next(iter(asset.specs))
        assert spec.description and len(spec.description) > 100
        assert spec.owners and spec.kinds and spec.tags
        assert "declared_in" in spec.metadata


def test_every_check_blocks_and_says_what_it_asks() -> None:
    repository = build_defs(load_project(ROOT)).get_repository_def()
    for key in repository.asset_graph.asset_check_keys:
        check = repository.asset_graph.get_check_spec(key)
        assert check.blocking
        assert check.description and check.description.endswith("?")


def test_a_private_column_is_not_in_the_graph() -> None:
    project = load_project(ROOT)
    shown = build_defs(project).get_repository_def().assets_defs_by_key
    for declared in project.datasets.values():
        for stage in ("tables", "candidates", "releases"):
            spec = next(iter(shown[dg.AssetKey([stage, declared.name])].specs))
            columns = {c.name for c in spec.metadata["dagster/column_schema"].columns}
            assert columns == {f"{r.name}.{f.name}" for r in declared.resources for f in r.public_fields}


if __name__ == "__main__":
    GRAPH.write_text(
        json.dumps(graph(only_shipped(load_project(ROOT))), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
