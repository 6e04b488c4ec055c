"""CKAN portals in the graph: what a projection leaves in Dagster's history, what is red, and what starts it."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

import pipelines.publish.ckan as ckan
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.projection import Intention, Projection
from pipelines.contracts.target import TargetFile
from pipelines.orchestrate import build_defs
from pipelines.orchestrate.build import chosen_by
from pipelines.orchestrate.instance import open_instance
from pipelines.orchestrate.portals import follow
from pipelines.publish.ckan.journal import keep_intention, keep_projection
from pipelines.publish.ckan.model import DatasetOutcome, DatasetPlan, Outcome, Plan
from pipelines.release import locked, read_index
from tests.orchestrate.orchestrate_builders import checks, history, last, publish
from tests.orchestrate.test_orchestrate_graph import graph
from tests.orchestrate.test_orchestrate_silence import kept
from tests.tiny import PLACES, Tiny, text, write_yaml

TODAY = date(2026, 3, 1)
SECRET = "12345678Z"
DRIFT = finding("target-drift", dataset="places", field="title", value=SECRET, params={"name": SECRET})
BROKEN = finding("target-dataset-missing", dataset="places", value=SECRET)


@pytest.fixture
def town(tiny: Tiny) -> Tiny:
    """The tiny project with a CKAN that nobody answers at."""
    portal = {"url": "http://127.0.0.1:9", "organization": "economia"}
    file = {"id": "ckan", "kind": "ckan", "title": text("CKAN", "CKAN"), "ckan": portal}
    write_yaml(tiny.root / "targets" / "ckan.yaml", file)
    return tiny


class Stub:
    """Answers for the portal, and remembers what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.result, self.writes = "verified", 3
        self.found: list[Finding] = []
        self.drift: list[Finding] = []
        self.asked: list[tuple[str, str]] = []
        for name in ("apply_target", "verify_target", "plan_target"):
            monkeypatch.setattr(ckan, name, getattr(self, name.partition("_")[0]))

    def apply(self, project: Project, target: TargetFile, datasets: Collection[str]) -> Outcome:
        (name,) = datasets
        self.asked.append(("apply", name))
        with locked(project.store, "apply", 0):
            version = read_index(project.store, name).current
        found = [*self.found, *self.drift]
        result: Any = self.result
        one = DatasetOutcome(dataset=name, name=name, version=version, result=result, rows_written=5, findings=found)
        return Outcome(target=target.id, edition="e", results=[one], findings=found, writes=self.writes)

    def verify(self, project: Project, target: TargetFile, datasets: Collection[str]) -> list[Finding]:
        (name,) = datasets
        self.asked.append(("verify", name))
        return self.found

    def plan(self, project: Project, target: TargetFile) -> Plan:
        self.asked.append(("plan", target.id))
        action: Any = "wait" if self.drift else "none"
        one = DatasetPlan(dataset="places", name="places", action=action, findings=self.drift)
        return Plan(target=target.id, edition="e", datasets=[one])


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Stub:
    return Stub(monkeypatch)


def run(project: Project, job: str = "project_ckan", *keys: str) -> dg.ExecuteInProcessResult:
    """A run of a job of the portal on the instance of the store."""
    chosen = [dg.AssetKey(k.split("/")) for k in keys] or None
    with open_instance(project.store) as instance:
        return (
            build_defs(project)
            .resolve_job_def(job)
            .execute_in_process(instance=instance, raise_on_error=False, asset_selection=chosen)
        )


def test_a_portal_adds_an_asset_for_each_dataset_and_changes_none_of_the_line(town: Tiny) -> None:
    after = graph(town.load())
    (town.root / "targets" / "ckan.yaml").unlink()
    before = graph(town.load())
    added = {name: after["assets"][name] for name in set(after["assets"]) - set(before["assets"])}
    assert set(added) == {"ckan/places", "ckan/visits"}
    assert added["ckan/places"] == {
        "group": "publish",
        "kinds": ["ckan"],
        "after": ["portal/places"],
        "checks": ["drift", "verified"],
        "overdue_after_days": None,
    }
    assert {name: after["assets"][name] for name in before["assets"]} == before["assets"]
    assert set(after["jobs"]) - set(before["jobs"]) == {"project_ckan", "verify_ckan"}
    assert set(after["schedules"]) - set(before["schedules"]) == {"verify_ckan_daily"}
    assert set(after["sensors"]) - set(before["sensors"]) == {"follow_ckan"}


def test_publishing_asks_no_portal(town: Tiny, portal: Stub) -> None:
    assert publish(town.load()).exit_code == 0
    assert portal.asked == []


def test_what_was_written_is_a_materialization_with_version_address_rows_and_calls(town: Tiny, portal: Stub) -> None:
    project = town.load()
    publish(project)
    assert run(project).success
    made = last(project, "ckan/places")
    assert made is not None
    told = {name: value.value for name, value in made.metadata.items()}
    assert told["version"] == read_index(project.store, "places").current
    assert told["address"] == "http://127.0.0.1:9/dataset/places"
    assert (told["rows_written"], told["write_calls"]) == (5, 3)
    assert sorted(portal.asked) == [("apply", "places"), ("apply", "visits")]


def test_what_was_not_written_is_only_observed(town: Tiny, portal: Stub) -> None:
    project = town.load()
    publish(project)
    run(project)
    portal.result, portal.writes = "unchanged", 0
    run(project)
    with history(project) as instance:
        key = dg.AssetKey(["ckan", "places"])
        made = instance.fetch_materializations(key, limit=5).records
        seen = instance.fetch_observations(key, limit=5).records
    assert (len(made), len(seen)) == (1, 1)


def test_a_dataset_that_waits_is_red_and_nothing_new(town: Tiny, portal: Stub) -> None:
    project = town.load()
    publish(project)
    portal.result, portal.drift = "waiting", [DRIFT]
    result = run(project, "project_ckan", "ckan/places")
    assert not result.success
    assert checks(result)["ckan/places: drift"] == (False, "ERROR")
    assert checks(result)["ckan/places: verified"][0]
    assert last(project, "ckan/places") is None


def test_a_dataset_that_could_not_be_verified_is_red(town: Tiny, portal: Stub) -> None:
    project = town.load()
    publish(project)
    portal.result, portal.found = "failed", [BROKEN]
    result = run(project, "project_ckan", "ckan/places")
    assert not result.success
    assert checks(result) == {"ckan/places: verified": (False, "ERROR"), "ckan/places: drift": (True, "WARN")}


def test_the_daily_look_reads_back_each_dataset_plans_once_and_writes_nothing(town: Tiny, portal: Stub) -> None:
    project = town.load()
    publish(project)
    result = run(project, "verify_ckan")
    assert result.success
    assert sorted(portal.asked) == [("plan", "ckan"), ("verify", "places"), ("verify", "visits")]
    assert len(checks(result)) == 4
    portal.drift = [DRIFT]
    result = run(project, "verify_ckan")
    assert not result.success
    assert checks(result)["ckan/places: drift"] == (False, "ERROR")
    assert checks(result)["ckan/visits: drift"][0]
    # What keeps us from looking is not "nothing was changed".
    portal.drift = [BROKEN]
    assert checks(run(project, "verify_ckan"))["ckan/places: drift"] == (False, "ERROR")


def test_a_portal_run_leaves_no_record_of_a_run_of_the_line(town: Tiny, portal: Stub) -> None:
    project = town.load()
    publish(project)
    before = sorted(project.store.runs.iterdir())
    run(project)
    run(project, "verify_ckan")
    assert sorted(project.store.runs.iterdir()) == before


def test_the_whole_graph_at_once_gives_the_store_back_before_a_portal_takes_it(town: Tiny, portal: Stub) -> None:
    project = town.load(lock_wait_seconds=0)
    keys = [*project.datasets]
    with open_instance(project.store) as instance:
        result = (
            build_defs(project)
            .get_repository_def()
            .get_job("__ASSET_JOB")
            .execute_in_process(instance=instance, raise_on_error=False)
        )
    assert result.success
    assert {name for what, name in portal.asked if what == "apply"} == set(keys)


def test_a_run_of_checks_or_of_a_portal_makes_nothing_of_the_line() -> None:
    key = dg.AssetKey(["ckan", "places"])
    check = frozenset({dg.AssetCheckKey(key, "verified")})
    nothing = [
        dg.DagsterRun(job_name="__ASSET_JOB", asset_selection=frozenset(), asset_check_selection=check),
        dg.DagsterRun(job_name="project_ckan"),
        dg.DagsterRun(job_name="verify_ckan"),
    ]
    assert [chosen_by(run) for run in nothing] == [frozenset()] * 3
    assert chosen_by(dg.DagsterRun(job_name="publish")) is None
    assert chosen_by(dg.DagsterRun(job_name="__ASSET_JOB", asset_selection=frozenset({key}))) == {key}


def test_another_run_that_holds_the_store_is_waited_for(town: Tiny, portal: Stub) -> None:
    project = town.load()
    publish(project)
    with locked(project.store, "publish", 0):
        step = run_once(project)
    assert step == ["Another run holds the store."]


def run_once(project: Project) -> list[str]:
    """The failure of a run without further attempts."""
    from pipelines.orchestrate.assets import NO_TRIES

    job = build_defs(project, tries=NO_TRIES).resolve_job_def("project_ckan")
    with open_instance(project.store) as instance:
        result = job.execute_in_process(
            instance=instance, raise_on_error=False, asset_selection=[dg.AssetKey(["ckan", "places"])]
        )
    data = [e.step_failure_data for e in result.all_events if e.is_step_failure]
    return [d.user_failure_data.description or "" for d in data if d.user_failure_data]


def test_no_value_and_no_text_of_an_error_reaches_the_history(
    town: Tiny, portal: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = town.load()
    publish(project)
    portal.result, portal.found, portal.drift = "failed", [BROKEN], [DRIFT]
    run(project)
    run(project, "verify_ckan")

    def broken(*_: Any, **__: Any) -> Outcome:
        raise FindingError(BROKEN)

    monkeypatch.setattr(ckan, "apply_target", broken)
    run(project)
    stored = kept(project.store.dagster)
    assert b"target-dataset-missing" in stored
    assert SECRET.encode() not in stored


def record(project: Project, dataset: str, version: str | None) -> None:
    named = {"target": "ckan", "dataset": dataset, "package": "x", "name": dataset, "fields": {}, "resources": {}}
    at = datetime(2026, 3, 1, tzinfo=UTC)
    keep_projection(
        project.store, Projection.model_validate({**named, "version": version, "state": "verified", "at": at})
    )


def asked(project: Project) -> set[str]:
    """The assets that the sensor of the portal asks for."""
    answer = follow(project, project.targets["ckan"], TODAY)
    return {k.to_user_string() for k in answer.asset_selection or []} if isinstance(answer, dg.RunRequest) else set()


def test_a_new_edition_is_followed_for_the_datasets_that_changed(town: Tiny) -> None:
    project = town.load()
    assert asked(project) == set()
    publish(project)
    assert asked(project) == {"ckan/places", "ckan/visits"}
    for name in project.datasets:
        record(project, name, read_index(project.store, name).current)
    assert asked(project) == set()
    town.rows("places", PLACES + "norte,Barrio Norte,district\n")
    publish(town.load())
    assert asked(project) == {"ckan/places"}


def test_an_edition_is_asked_for_once_a_day(town: Tiny) -> None:
    project = town.load()
    publish(project)
    days = (TODAY, TODAY, TODAY + timedelta(days=1))
    requests = [follow(project, project.targets["ckan"], day) for day in days]
    keys = [r.run_key for r in requests if isinstance(r, dg.RunRequest)]
    assert len(keys) == 3 and keys[0] == keys[1] != keys[2]


def test_a_projection_that_died_is_followed_too(town: Tiny) -> None:
    project = town.load()
    publish(project)
    for name in project.datasets:
        record(project, name, read_index(project.store, name).current)
    named = {"target": "ckan", "dataset": "visits", "version": "x", "begun": datetime(2026, 3, 1, tzinfo=UTC)}
    empty: dict[str, Any] = {"steps": [], "fields": {}, "resources": {}}
    keep_intention(project.store, Intention.model_validate({**named, **empty}))
    assert asked(project) == {"ckan/visits"}


def test_nothing_about_a_portal_runs_before_somebody_turns_it_on(town: Tiny) -> None:
    repository = build_defs(town.load()).get_repository_def()
    sensor, schedule = repository.get_sensor_def("follow_ckan"), repository.get_schedule_def("verify_ckan_daily")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
