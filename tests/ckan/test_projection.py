"""The whole way of releases onto a real CKAN, and of what others do there meanwhile."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.contracts.findings import FindingError
from pipelines.contracts.records import Decision
from pipelines.publish.ckan import apply_target, plan_target, purge_dataset, verify_target
from pipelines.publish.ckan.journal import begun, read_projection
from pipelines.publish.ckan.model import Outcome
from pipelines.release import decide, read_index, rollback, withdraw
from tests.ckan.town import TARGET, Town
from tests.tiny import PLACES, VISITS, column, dataset, facts, table, visits_file

pytestmark = pytest.mark.slow

MANY = VISITS + "".join(f"v-{n},retiro,2022,7,internal: {n}\n" for n in range(4, 15))
"""Fourteen visits: one that is lost is less than the tenth that is let through."""
MORE = MANY.replace("v-2,retiro,2022,7", "v-2,retiro,2022,8").replace("v-3,centro,2022-07-04/..,", "v-99,sur,2022-08,3")
"""One row changed, one removed, one added."""


@pytest.fixture
def town(found_town: Callable[..., Town]) -> Town:
    """The tiny project with fourteen visits."""
    made = found_town()
    made.release_again(visits=MANY)
    return made


def apply(town: Town, **options: Any) -> Outcome:
    return apply_target(town.project, town.target, **options)


def results(outcome: Outcome) -> dict[str, str]:
    return {r.dataset: r.result for r in outcome.results}


def table_id(town: Town, name: str) -> str:
    (found,) = [r["id"] for r in town.shown(name)["resources"] if r["url_type"] == "datastore"]
    return str(found)


def rows(town: Town, name: str) -> list[dict[str, Any]]:
    answer = town.ckan.reader.action.datastore_search(resource_id=table_id(town, name), sort="_id")
    assert answer["total"] == len(answer["records"])
    return [{k: v for k, v in r.items() if k != "_id"} for r in answer["records"]]


def edit(town: Town, which: str, **fields: Any) -> None:
    town.ckan.admin.action.package_patch(id=town.name(which), **fields)


@pytest.mark.main_path
def test_a_first_publication_is_whole_verified_and_public(town: Town) -> None:
    outcome = apply(town)
    assert results(outcome) == {"places": "verified", "visits": "verified"}, outcome.findings
    assert not outcome.failed
    assert verify_target(town.project, town.target) == []
    assert begun(town.project.store, TARGET) == []
    assert {r["visit_id"] for r in rows(town, "visits")} == {f"v-{n}" for n in range(1, 15)}
    assert "note" not in rows(town, "visits")[0]
    record = read_projection(town.project.store, TARGET, "visits")
    assert record
    assert record.state == "verified"


@pytest.mark.main_path
def test_nothing_is_written_when_nothing_changed(town: Town) -> None:
    apply(town)
    before = town.shown("visits")["metadata_modified"]
    again = apply(town)
    assert results(again) == {"places": "unchanged", "visits": "unchanged"}
    assert again.writes == 0
    assert not plan_target(town.project, town.target).due
    assert town.shown("visits")["metadata_modified"] >= before


@pytest.mark.main_path
def test_a_release_is_a_delta_of_its_rows_and_keeps_the_ids_of_its_resources(town: Town) -> None:
    apply(town)
    former = {r["name"]: r["id"] for r in town.shown("visits")["resources"]}
    versions = town.release_again(visits=MORE)
    plan = plan_target(town.project, town.target)
    (change,) = [r for d in plan.datasets for r in d.rows if r.table == "visits"]
    assert (change.mode, change.added, change.changed, change.removed) == ("delta", 1, 1, 1)
    outcome = apply(town)
    assert results(outcome) == {"places": "unchanged", "visits": "verified"}, outcome.findings
    assert {r.dataset: r.rows_written for r in outcome.results} == {"places": 0, "visits": 3}
    people = {r["visit_id"]: r["people"] for r in rows(town, "visits")}
    assert (len(people), people["v-2"], people["v-99"], people.get("v-3")) == (14, 8, 3, None)
    assert {r["name"]: r["id"] for r in town.shown("visits")["resources"]} == former
    assert town.shown("visits")["version"] == versions["visits"]
    assert verify_target(town.project, town.target) == []


def test_an_edit_by_hand_waits_until_somebody_decides(town: Town) -> None:
    apply(town)
    edit(town, "visits", title="A mano")
    (plan,) = [d for d in plan_target(town.project, town.target).datasets if d.dataset == "visits"]
    assert [(d.field, d.shown) for d in plan.drift] == [("title", "A mano")]
    refused = apply(town)
    assert results(refused) == {"places": "unchanged", "visits": "waiting"}
    assert refused.writes == 0
    assert [f.code for f in refused.findings if f.blocks] == ["target-drift"]
    assert town.shown("visits")["title"] == "A mano"
    assert results(apply(town, overwrite_drift=True))["visits"] == "verified"
    assert town.shown("visits")["title"] == "Conjunto visits"


def test_a_field_that_may_be_kept_stays_through_releases(town: Town) -> None:
    apply(town)
    town.aim(drift={"title": "keep"})
    edit(town, "visits", title="A mano")
    assert apply(town).writes == 0
    town.release_again(visits=MORE)
    assert results(apply(town))["visits"] == "verified"
    assert town.shown("visits")["title"] == "A mano"
    assert apply(town).writes == 0
    assert verify_target(town.project, town.target) == []


def test_what_others_added_to_a_dataset_stays(town: Town) -> None:
    apply(town)
    town.ckan.admin.action.resource_create(package_id=town.name("visits"), name="Mapa", url="https://mapa.example/")
    tags = [{"name": t["name"]} for t in town.shown("visits")["tags"]]
    edit(town, "visits", tags=[*tags, {"name": "suyo"}])
    (plan,) = [d for d in plan_target(town.project, town.target).datasets if d.dataset == "visits"]
    assert plan.action == "none"
    assert {"resource: Mapa", "tag: suyo"} <= set(plan.foreign)
    town.release_again(visits=MORE)
    assert results(apply(town))["visits"] == "verified"
    shown = town.shown("visits")
    assert "Mapa" in [r["name"] for r in shown["resources"]]
    assert "suyo" in [t["name"] for t in shown["tags"]]


def test_rows_edited_by_hand_are_found_by_verify_and_mended(town: Town) -> None:
    apply(town)
    changed = {"visit_id": "v-1", "people": 99}
    identity = table_id(town, "visits")
    town.ckan.admin.action.datastore_upsert(resource_id=identity, method="update", records=[changed])
    town.ckan.admin.action.datastore_delete(resource_id=identity, filters={"visit_id": "v-2"})
    assert apply(town).writes == 0, "the cost of a run with nothing new does not grow with rows"
    (found,) = verify_target(town.project, town.target, ["visits"])
    assert found.code == "target-rows-differ"
    assert (found.params["missing"], found.params["changed"], found.params["more"]) == ("1", "1", "0")
    outcome = apply(town, overwrite_drift=True, datasets=["visits"])
    assert results(outcome) == {"visits": "verified"}
    assert outcome.results[0].rows_written == 2
    assert verify_target(town.project, town.target) == []


def test_a_file_replaced_by_hand_is_found_by_verify_and_mended(town: Town, tmp_path: Any) -> None:
    apply(town)
    other = tmp_path / "visits.csv"
    other.write_text("otro\n")
    (identity,) = [r["id"] for r in town.shown("visits")["resources"] if r["url"].endswith("/visits.csv")]
    with other.open("rb") as stream:
        town.ckan.admin.action.resource_patch(id=identity, upload=stream)
    assert "target-file-differs" in [f.code for f in verify_target(town.project, town.target)]
    apply(town, overwrite_drift=True, datasets=["visits"])
    assert verify_target(town.project, town.target) == []


def test_a_table_that_somebody_dropped_is_drift_and_comes_back(town: Town) -> None:
    apply(town)
    town.ckan.admin.action.datastore_delete(resource_id=table_id(town, "visits"), force=True)
    assert results(apply(town))["visits"] == "waiting"
    assert results(apply(town, overwrite_drift=True))["visits"] == "verified"
    assert len(rows(town, "visits")) == 14


@pytest.mark.parametrize("how", ["private", "renamed", "deleted", "purged"])
def test_a_dataset_that_somebody_took_away_is_drift_and_comes_back(town: Town, how: str) -> None:
    apply(town)
    api, name = town.ckan.admin.action, town.name("visits")
    if how == "private":
        edit(town, "visits", private=True)
    elif how == "renamed":
        edit(town, "visits", name=f"{name}-x")
    elif how == "deleted":
        api.package_delete(id=name)
    else:
        town.ckan.remove([name])
    assert results(apply(town))["visits"] == "waiting"
    outcome = apply(town, overwrite_drift=True)
    assert results(outcome)["visits"] == "verified", outcome.findings
    assert len(rows(town, "visits")) == 14
    assert verify_target(town.project, town.target) == []


def major_change() -> dict[str, object]:
    """The visits with another key: their schema has a new major version."""
    fields = [
        column("visit_id", constraints={"required": True}),
        column("place_id", constraints={"required": True}),
        column("date", edtf=True),
        column("note", privacy="private"),
    ]
    key = {"fields": ["place_id"], "reference": {"dataset": "places", "resource": "places", "fields": ["place_id"]}}
    return dataset("visits", table("visits", ["visit_id"], fields, keys=[key], temporal_column="date"))


def announce(town: Town, change: str) -> None:
    decision = Decision(
        kind="announcement",
        id="a-1",
        dataset="visits",
        made=datetime.now(UTC),
        role="operator",
        reason="A test of it",
        expires=date.today() + timedelta(days=1),
        change=change,
    )
    decide(town.project.store, decision)


@pytest.mark.main_path
def test_a_new_major_version_is_a_new_resource_that_was_filled_before_it_is_shown(town: Town) -> None:
    apply(town)
    former = table_id(town, "visits")
    town.tiny.schema(major_change())
    announce(town, "schema-major")
    town.release_again()
    outcome = apply(town)
    assert results(outcome)["visits"] == "verified", outcome.findings
    assert table_id(town, "visits") != former
    assert "people" not in rows(town, "visits")[0]
    assert len(rows(town, "visits")) == 14
    with pytest.raises(Exception, match=r"(?i)not found|autoriz|authori"):
        town.ckan.reader.action.datastore_search(resource_id=former)
    assert verify_target(town.project, town.target) == []
    assert apply(town).writes == 0


def test_a_new_table_is_filled_before_it_is_shown(town: Town) -> None:
    apply(town)
    more = visits_file()
    days = table("days", ["day"], [column("day", constraints={"required": True}), column("people", type="integer")])
    town.tiny.schema({**more, "resources": [*more["resources"], days]})  # type: ignore[misc]
    source = town.tiny.root / "sources" / "dias"
    source.mkdir()
    (source / "days.csv").write_text("day,people\nlunes,3\nmartes,4\n", encoding="utf-8")
    town.tiny.source(facts("dias", "days"))
    town.release_again()
    outcome = apply(town)
    assert results(outcome)["visits"] == "verified", outcome.findings
    tables = [r for r in town.shown("visits")["resources"] if r["url_type"] == "datastore"]
    assert len(tables) == 2
    assert verify_target(town.project, town.target) == []


@pytest.mark.main_path
def test_a_rollback_is_published_the_same_way(town: Town) -> None:
    apply(town)
    first = town.shown("visits")["version"]
    town.release_again(visits=MORE)
    apply(town)
    rollback(town.project, "visits", first, datetime.now(UTC))
    outcome = apply(town)
    assert results(outcome)["visits"] == "verified", outcome.findings
    assert town.shown("visits")["version"] == first
    assert "v-3" in {r["visit_id"] for r in rows(town, "visits")}
    assert verify_target(town.project, town.target) == []


def test_a_withdrawn_version_leaves_the_portal_for_the_one_before(town: Town) -> None:
    apply(town)
    first = town.shown("visits")["version"]
    versions = town.release_again(visits=MORE)
    apply(town)
    withdraw(town.project, "visits", versions["visits"], "Tenía un dato privado", datetime.now(UTC))
    outcome = apply(town)
    assert results(outcome)["visits"] == "verified", outcome.findings
    assert town.shown("visits")["version"] == first
    assert "v-3" in {r["visit_id"] for r in rows(town, "visits")}


def test_files_of_a_withdrawn_version_that_no_other_takes_the_place_of_are_overwritten(town: Town) -> None:
    apply(town)
    town.tiny.schema(major_change())
    announce(town, "schema-major")
    versions = town.release_again()
    apply(town)
    former = {r["id"] for r in town.shown("visits")["resources"] if r["url_type"] == "upload"}
    withdraw(town.project, "visits", versions["visits"], "Tenía un dato privado", datetime.now(UTC))
    outcome = apply(town)
    assert results(outcome)["visits"] == "verified", outcome.findings
    assert former.isdisjoint(r["id"] for r in town.shown("visits")["resources"])
    left = [town.ckan.folder / "files" / "resources" / i[:3] / i[3:6] / i[6:] for i in former]
    assert {path.read_bytes() for path in left} == {b"Retirado. / Withdrawn.\n"}


@pytest.mark.main_path
def test_a_dataset_of_which_all_is_withdrawn_becomes_a_tombstone_that_says_why(town: Town) -> None:
    apply(town)
    former = table_id(town, "visits")
    (csv,) = [r for r in town.shown("visits")["resources"] if r["url"].endswith("/visits.csv")]
    withdraw(town.project, "visits", None, "Contenía datos de personas", datetime.now(UTC))
    outcome = apply(town)
    assert results(outcome)["visits"] == "verified", outcome.findings
    stone = town.shown("visits")
    assert stone["resources"] == []
    assert "Contenía datos de personas" in stone["notes"]
    assert apply(town).writes == 0
    for place in town.ckan.folder.glob(f"files/resources/{csv['id'][:3]}/{csv['id'][3:6]}/{csv['id'][6:]}"):
        assert b"v-1" not in place.read_bytes(), "CKAN keeps the file of a resource that is gone; ours is overwritten"
    with pytest.raises(Exception, match=r"(?i)not found|autoriz|authori"):
        town.ckan.reader.action.datastore_search(resource_id=former)


def test_only_a_tombstone_is_purged_and_only_by_a_sysadmin(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(town)
    with pytest.raises(FindingError, match="target-no-tombstone"):
        purge_dataset(town.project, town.target, "visits")
    withdraw(town.project, "visits", None, "Contenía datos de personas", datetime.now(UTC))
    apply(town)
    with pytest.raises(FindingError, match="target-denied"):
        purge_dataset(town.project, town.target, "visits")
    monkeypatch.setenv(town.target.token_name, town.ckan.token)
    left = purge_dataset(town.project, town.target, "visits")
    assert any("ckanext-activity" in text.en for text in left)
    with pytest.raises(Exception, match=r"(?i)not found|encontr"):
        town.ckan.admin.action.package_show(id=town.name("visits"))


def test_a_name_that_somebody_else_has_is_said_and_left_alone(town: Town) -> None:
    town.account.api.action.package_create(
        name=town.name("visits"), title="Otro", notes="De otros", owner_org=town.account.organization
    )
    outcome = apply(town)
    assert results(outcome) == {"places": "verified", "visits": "waiting"}
    assert town.shown("visits")["title"] == "Otro"


def test_a_lost_record_makes_everything_that_differs_drift_and_nothing_is_doubled(town: Town) -> None:
    apply(town)
    ids = [r["id"] for r in town.shown("visits")["resources"]]
    town.project.store.projection(TARGET, "visits").unlink()
    outcome = apply(town)
    assert results(outcome)["visits"] == "verified", outcome.findings
    assert [r["id"] for r in town.shown("visits")["resources"]] == ids
    town.project.store.projection(TARGET, "visits").unlink()
    edit(town, "visits", title="A mano")
    assert results(apply(town))["visits"] == "waiting"


def test_links_name_the_permanent_files_of_the_version(town: Town) -> None:
    town.aim(files="link")
    town.settings["target_retry_seconds"] = 0
    town.release_again(places=PLACES)
    outcome = apply(town)
    # Nobody serves the embedded portal here: the links are written, and reading them back says so.
    assert {f.code for f in outcome.findings if f.blocks} == {"target-file-unreachable"}
    assert read_index(town.project.store, "visits").current
