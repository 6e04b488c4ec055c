"""The job in process: what it gives, what stops and what goes on."""

from collections import Counter
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine, event

from pipelines.contracts import exits
from pipelines.contracts.findings import FindingError
from pipelines.line import Line
from pipelines.release import StoreBusyError, locked, read_index
from tests.orchestrate.orchestrate_builders import checks, history, last, publish, run_of
from tests.tiny import PLACES, VISITS, Tiny

BAD_VISITS = VISITS + "v-3,centro,2022,4,internal: d\n"
"""A primary key twice."""


def test_a_first_run_releases_and_publishes_every_dataset(tiny: Tiny) -> None:
    project = tiny.load()
    line = publish(project)
    assert line.exit_code == exits.OK
    for name in ("places", "visits"):
        version = read_index(project.store, name).current
        for stage in ("releases", "portal"):
            made = last(project, f"{stage}/{name}")
            assert made and made.metadata["version"].value == version
    assert (project.store.portal / "datasets" / "visits").is_dir()


def test_an_unchanged_dataset_is_observed_and_makes_no_new_release(tiny: Tiny) -> None:
    project = tiny.load()
    publish(project)
    first = last(project, "releases/visits")
    again = publish(project)
    assert again.result("visits").result == "unchanged"
    assert last(project, "releases/visits") == first
    with history(project) as instance:
        seen = instance.fetch_observations(dg.AssetKey(["releases", "visits"]), limit=5).records
        releases = instance.fetch_materializations(dg.AssetKey(["releases", "visits"]), limit=5).records
    assert len(seen) == len(releases) == 1


def test_a_history_that_was_lost_learns_the_version_that_stands(tiny: Tiny) -> None:
    project = tiny.load()
    with Line(project, "release") as line:
        line.release()
    assert last(project, "releases/places") is None
    publish(project)
    made = last(project, "releases/places")
    assert made and made.metadata["result"].value == "unchanged"


def test_a_held_dataset_is_red_and_does_not_stop_the_other(tiny: Tiny) -> None:
    project = tiny.load()
    publish(project)
    standing = read_index(project.store, "visits").current
    tiny.rows("visits", BAD_VISITS)
    tiny.rows("places", PLACES + "norte,Barrio Norte,district\n")
    line = publish(tiny.load())
    assert line.exit_code == exits.HELD
    assert line.result("visits").result == "held"
    assert line.result("places").result == "released"
    assert read_index(project.store, "visits").current == standing
    with history(project) as instance:
        run = instance.get_runs(limit=1)[0]
        steps = {s.step_key: s.status.value for s in instance.get_run_step_stats(run.run_id)}
    assert steps["candidates__visits"] == "FAILURE"
    assert "releases__visits" not in steps
    assert steps["portal__places"] == "SUCCESS"
    assert run.status is dg.DagsterRunStatus.FAILURE


def test_a_held_candidate_leaves_its_record_when_nothing_else_is_due(tiny: Tiny) -> None:
    tiny.rows("visits", BAD_VISITS)
    tiny.rows("places", PLACES + "norte,Barrio Norte,district,too many\n")
    project = tiny.load()
    line = publish(project)
    assert {line.result(name).result for name in project.datasets} <= {"held", "failed"}
    assert list(project.store.held.glob("visits/*/candidate.json"))


def test_a_failed_source_stops_its_dataset_only(tiny: Tiny) -> None:
    project = tiny.load()
    publish(project)
    (tiny.root / "sources" / "diario" / "visits.csv").unlink()
    tiny.rows("places", PLACES + "norte,Barrio Norte,district\n")
    line = publish(tiny.load())
    assert line.exit_code == exits.FAILED
    assert line.result("visits").result == "failed"
    assert line.result("places").result == "released"
    assert read_index(project.store, "visits").current


def test_a_failed_source_shows_at_its_own_check(tiny: Tiny) -> None:
    (tiny.root / "sources" / "diario" / "visits.csv").unlink()
    result = run_of(tiny.load())
    assert checks(result)["sources/diario: source"] == (False, "ERROR")
    assert checks(result)["sources/registro: source"][0]


def test_a_warning_is_yellow_and_stops_nothing(tiny: Tiny) -> None:
    result = run_of(tiny.load())
    assert checks(result)["releases/places: shacl"] == (False, "WARN")
    assert result.success


def test_only_what_is_selected_is_made(tiny: Tiny) -> None:
    project = tiny.load()
    run_of(project, "sources/registro", "tables/places", "candidates/places", "releases/places", "portal/places")
    assert read_index(project.store, "places").current
    assert read_index(project.store, "visits").current is None


def test_a_release_alone_makes_what_it_needs(tiny: Tiny) -> None:
    project = tiny.load()
    assert run_of(project, "releases/places").success
    assert read_index(project.store, "places").current


def test_a_source_alone_makes_a_snapshot_and_nothing_else(tiny: Tiny) -> None:
    project = tiny.load()
    assert run_of(project, "sources/registro").success
    assert (project.store.snapshots / "registro").is_dir()
    assert not project.store.releases.exists()


def test_the_portal_alone_shows_the_edition_that_stands(tiny: Tiny) -> None:
    project = tiny.load()
    with Line(project, "release") as line:
        line.release()
    tiny.rows("places", PLACES + "norte,Barrio Norte,district\n")
    version = read_index(project.store, "places").current
    assert run_of(tiny.load(), "portal/places").success
    assert read_index(project.store, "places").current == version
    assert project.store.portal.exists()


def test_a_busy_store_is_told_to_the_caller(tiny: Tiny) -> None:
    project = tiny.load()
    with locked(project.store, "other", 0), pytest.raises(StoreBusyError):
        publish(project)


def test_an_identity_that_changed_is_told_to_the_caller(tiny: Tiny) -> None:
    publish(tiny.load())
    path = tiny.root / "schemas" / "catalogue.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("datos.ciudad", "otra.ciudad"), encoding="utf-8")
    with pytest.raises(FindingError, match="identity-changed"):
        publish(tiny.load())


def test_an_error_of_the_line_reaches_the_caller(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(line: Line, name: str) -> None:
        raise RuntimeError("a row: 00000000T")

    monkeypatch.setattr(Line, "tidy", broken)
    with pytest.raises(RuntimeError):
        publish(tiny.load())


def test_the_store_is_free_after_a_run_that_failed(tiny: Tiny) -> None:
    project = tiny.load()
    (tiny.root / "sources" / "diario" / "visits.csv").unlink()
    run_of(project)
    with locked(project.store, "next", 0):
        assert len(list(project.store.runs.glob("*/run.json"))) == 1


def test_a_run_connects_to_each_database_of_the_history_a_few_times_and_leaves_none_open(tiny: Tiny) -> None:
    connections: Counter[str] = Counter()

    def count(connection: Any, record: Any) -> None:
        connections[connection.execute("PRAGMA database_list").fetchone()[2]] += 1

    project = tiny.load()
    publish(project)  # makes the databases
    event.listen(Engine, "connect", count)
    try:
        publish(project)
    finally:
        event.remove(Engine, "connect", count)
    assert len(connections) >= 3
    assert max(connections.values()) <= 4
    # The last connection that closes takes the write-ahead log into the database.
    assert list(project.store.dagster.rglob("*.db-wal")) == []
