"""Schedules, retries, pools and the sensor of a drop folder."""

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.schedules import cron_string_iterator

from pipelines.contracts.frequency import NO_PACE, PACES, TIMEZONE, cron_of, longest_age_days
from pipelines.contracts.project import Project
from pipelines.contracts.records import SourceResult
from pipelines.line import Line
from pipelines.orchestrate import build_defs
from pipelines.orchestrate.assets import Tries
from pipelines.orchestrate.instance import instance_home
from pipelines.orchestrate.sensors import look
from pipelines.orchestrate.specs import freshness
from pipelines.pull import Pulled
from pipelines.release import locked, read_index
from tests.orchestrate.orchestrate_builders import run_of
from tests.tiny import Tiny, facts, places_file, visits_file

REQUEST = dg.RunRequest(asset_selection=[dg.AssetKey("a")])
QUICK = Tries(further=2, first_wait_seconds=0.01)


def asked(answer: dg.SensorResult | dg.SkipReason) -> bool:
    return isinstance(answer, dg.SensorResult) and bool(answer.run_requests)


def cursor_after(folder: Path, looks: int) -> str | None:
    cursor = None
    for _ in range(looks):
        answer = look(folder, cursor, REQUEST)
        cursor = answer.cursor if isinstance(answer, dg.SensorResult) else cursor
    return cursor


def fetched(tiny: Tiny) -> Project:
    """The tiny project, one of its sources at an address."""
    source = {**facts("registro", "places"), "kind": "http", "where": "https://datos.ciudad.example/places.csv"}
    tiny.source({**source, "format": "csv", "every": "30 5 * * *"})
    return tiny.load()


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "members.csv").write_text("a\n1\n", encoding="utf-8")
    return folder


def test_a_file_is_run_when_two_looks_see_it_the_same(drop: Path) -> None:
    first = look(drop, None, REQUEST)
    assert not asked(first)
    assert asked(look(drop, cursor_after(drop, 1), REQUEST))


def test_a_file_that_still_grows_waits(drop: Path) -> None:
    cursor = cursor_after(drop, 1)
    (drop / "members.csv").write_text("a\n1\n2\n", encoding="utf-8")
    assert not asked(look(drop, cursor, REQUEST))


def test_a_folder_that_was_run_is_not_run_again(drop: Path) -> None:
    assert not asked(look(drop, cursor_after(drop, 2), REQUEST))


def test_a_file_that_came_back_to_what_it_was_is_run_again(drop: Path) -> None:
    path = drop / "members.csv"
    cursor, times = cursor_after(drop, 2), path.stat().st_mtime_ns
    path.write_text("a\n2\n", encoding="utf-8")
    for _ in range(2):
        answer = look(drop, cursor, REQUEST)
        cursor = answer.cursor if isinstance(answer, dg.SensorResult) else cursor
    path.write_text("a\n1\n", encoding="utf-8")
    os.utime(path, ns=(times, times))
    answers = []
    for _ in range(2):
        answers.append(look(drop, cursor, REQUEST))
        cursor = answers[-1].cursor if isinstance(answers[-1], dg.SensorResult) else cursor
    assert [asked(a) for a in answers] == [False, True]


@pytest.mark.parametrize("lock", ["~$members.xlsx", ".~lock.members.xlsx#"])
def test_a_file_that_is_open_in_a_program_waits(drop: Path, lock: str) -> None:
    (drop / lock).write_text("", encoding="utf-8")
    assert not asked(look(drop, cursor_after(drop, 1), REQUEST))


def test_a_folder_that_is_not_there_asks_for_nothing(tmp_path: Path) -> None:
    assert isinstance(look(tmp_path / "none", None, REQUEST), dg.SkipReason)


def test_the_cursor_names_no_file(drop: Path) -> None:
    assert "members" not in (cursor_after(drop, 2) or "members")


def test_the_sensor_of_a_folder_runs_the_datasets_that_it_feeds(tiny: Tiny, drop: Path) -> None:
    source = {**facts("registro", "places"), "kind": "folder", "where": str(drop)}
    tiny.source({**source, "feeds": [{"table": "places", "part": "*.csv"}]})
    sensor = build_defs(tiny.load()).get_repository_def().get_sensor_def("drop_registro")
    first = sensor.evaluate_tick(dg.build_sensor_context())
    second = sensor.evaluate_tick(dg.build_sensor_context(cursor=first.cursor))
    assert not first.run_requests and len(second.run_requests or []) == 1
    chosen = {k.to_user_string() for k in (second.run_requests or [])[0].asset_selection or []}
    assert chosen == {"sources/registro", "tables/places", "candidates/places", "releases/places", "portal/places"}


def test_a_dataset_follows_its_schedule_else_its_frequency_and_the_rest_is_looked_at_monthly(tiny: Tiny) -> None:
    tiny.schema({**places_file(), "frequency": "WEEKLY", "schedule": "15 7 * * 2"})
    repository = build_defs(tiny.load()).get_repository_def()
    schedules = {s.name: (s.cron_schedule, s.execution_timezone) for s in repository.schedule_defs}
    assert schedules == {
        "release_places": ("15 7 * * 2", "Europe/Madrid"),
        "recheck": ("0 6 1 * *", "Europe/Madrid"),
    }
    tiny.schema({**visits_file(), "frequency": "DAILY"})
    names = {s.name for s in build_defs(tiny.load()).get_repository_def().schedule_defs}
    assert names == {"release_places", "release_visits"}


def test_a_source_with_a_rhythm_of_its_own_is_pulled_alone(tiny: Tiny) -> None:
    schedule = build_defs(fetched(tiny)).get_repository_def().get_schedule_def("pull_registro")
    at = datetime(2026, 3, 1, 5, 30, tzinfo=UTC)
    requests = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=at)).run_requests or []
    assert [k.to_user_string() for k in requests[0].asset_selection or []] == ["sources/registro"]


def test_no_schedule_runs_before_somebody_turns_it_on(tiny: Tiny) -> None:
    repository = build_defs(fetched(tiny)).get_repository_def()
    assert {s.default_status for s in repository.schedule_defs} == {dg.DefaultScheduleStatus.STOPPED}


def test_a_frequency_without_promise_has_no_deadline(tiny: Tiny) -> None:
    assert freshness(tiny.load().datasets["places"]) is None
    tiny.schema({**places_file(), "frequency": "MONTHLY"})
    policy = freshness(tiny.load().datasets["places"])
    assert policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(days=39))


def test_what_comes_less_often_may_be_older() -> None:
    ages = [pace.longest_age_days for pace in PACES.values()]
    assert ages == sorted(ages)


@pytest.mark.parametrize("code", sorted(PACES))
def test_a_deadline_leaves_time_for_a_second_look(code: str) -> None:
    cron, days = cron_of(code), longest_age_days(code)
    assert cron and days
    ticks = cron_string_iterator(datetime(2026, 1, 1, tzinfo=UTC).timestamp(), cron, TIMEZONE)
    moments = [next(ticks) for _ in range(60)]
    assert max(b - a for a, b in pairwise(moments)) < timedelta(days=days)


def test_what_promises_nothing_has_neither_schedule_nor_deadline() -> None:
    assert {(cron_of(code), longest_age_days(code)) for code in [*NO_PACE, "NO_SUCH_CODE"]} == {(None, None)}


def test_only_sources_over_the_network_share_a_pool_by_host(tiny: Tiny) -> None:
    repository = build_defs(fetched(tiny)).get_repository_def()
    pools = {
        key.to_user_string(): repository.asset_graph.get(key).pools
        for key in repository.asset_graph.get_all_asset_keys()
    }
    assert pools["sources/registro"] == {"host_datos__ciudad__example"}
    assert not any(pool for key, pool in pools.items() if key != "sources/registro")


def test_the_home_is_written_once_and_sends_nothing(tiny: Tiny) -> None:
    store = tiny.load().store
    path = instance_home(store) / "dagster.yaml"
    assert "telemetry:\n  enabled: false" in path.read_text(encoding="utf-8")
    path.write_text("# ours\n", encoding="utf-8")
    instance_home(store)
    assert path.read_text(encoding="utf-8") == "# ours\n"


def test_a_source_that_fails_for_a_moment_is_pulled_again_and_the_edition_waits(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, pull, tries = fetched(tiny), Line.pull, []

    def flaky(line: Line, source_id: str, again: bool = False) -> Pulled:
        if source_id != "registro":
            return pull(line, source_id, again)
        tries.append(again)
        if len(tries) == 1:
            line._pulled[source_id] = Pulled(SourceResult(source=source_id, result="failed"), None, [])
        elif again:
            source = line.project.sources[source_id].model_copy(update={"kind": "facts"})
            line.project.sources[source_id] = source
            return pull(line, source_id, again)
        return line._pulled[source_id]

    monkeypatch.setattr(Line, "pull", flaky)
    monkeypatch.setattr("pipelines.orchestrate.assets.SECONDS_TO_WAIT", 0.02)
    assert run_of(project, tries=QUICK).success
    assert tries[:2] == [False, True]
    assert read_index(project.store, "places").current
    assert read_index(project.store, "visits").current


def test_a_store_that_is_busy_is_asked_again(tiny: Tiny) -> None:
    project = tiny.load()
    with locked(project.store, "other", 0):
        result = run_of(project, "sources/registro", tries=QUICK)
    assert not result.success
    assert len([e for e in result.all_events if e.is_step_up_for_retry]) == QUICK.further
