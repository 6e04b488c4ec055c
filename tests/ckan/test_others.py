"""What others do on the same portal while we write: people, another store, CKAN's own job, extensions, administrators.

A call of ours is the moment at which they act: the proxy lets them, before it passes the call on.
"""

import hashlib
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.publish.ckan import apply_target, plan_target
from pipelines.publish.ckan.model import Outcome
from pipelines.release import rollback
from tests.ckan.bench import DATASET, Bench, Case
from tests.ckan.town import TARGET, Town
from tests.ckan.whole import differs, look

pytestmark = pytest.mark.slow


@pytest.fixture
def began(bench: Bench) -> Bench:
    """The first release is shown, and the second is due."""
    bench.reach("a")
    bench.due("b")
    # Whatever becomes of it: only `ended` knows.
    bench.shows = "?"
    return bench


def at_the(bench: Bench, action: str, act: Callable[[], Any]) -> Outcome:
    """Apply, and let somebody act right before the first call of `action`."""
    acted: list[bool] = []

    def due(_: int, called: str) -> bool:
        if called == action and not acted:
            acted.append(True)
            act()
        return False  # There is no fault in it.

    bench.front.plan("error_500", due)
    outcome = bench.apply()
    assert acted, [action for action, _ in bench.front.calls]
    return outcome


def codes(outcome: Outcome) -> list[str]:
    return sorted({f.code for f in outcome.findings if f.blocks})


def patch(bench: Bench, **fields: Any) -> None:
    bench.ckan.admin.action.package_patch(id=bench.name, **fields)


def ended(bench: Bench, **options: Any) -> None:
    """Apply, and all is as the release due has it."""
    outcome = bench.apply(**options)
    assert [r.result for r in outcome.results] == ["verified"], outcome.findings
    out = Case("", 0, "")
    bench.converge(out, "b")
    assert out.wrong == []
    bench.shows = "b"


def test_an_edit_between_our_reading_and_our_writing_is_not_lost(began: Bench) -> None:
    outcome = at_the(began, "package_revise", lambda: patch(began, title="A mano"))
    assert codes(outcome) == ["target-changed-meanwhile"]
    assert began.town.shown(DATASET)["title"] == "A mano"
    # It is drift now: the next run waits for a decision, and writes nothing.
    again = began.apply()
    assert (codes(again), again.writes) == (["target-drift"], 0)
    ended(began, overwrite_drift=True)


def test_what_is_added_between_our_reading_and_our_writing_stays(began: Bench) -> None:
    def add() -> None:
        began.ckan.admin.action.resource_create(package_id=began.name, name="Mapa", url="https://mapa.example/")
        tags = [{"name": t["name"]} for t in began.town.shown(DATASET)["tags"]]
        patch(began, tags=[*tags, {"name": "suyo"}])

    outcome = at_the(began, "package_revise", add)
    assert [r.result for r in outcome.results] == ["verified"], outcome.findings
    shown = began.town.shown(DATASET)
    assert "Mapa" in [r["name"] for r in shown["resources"]]
    assert "suyo" in [t["name"] for t in shown["tags"]]


def test_the_job_that_moves_the_moment_of_the_dataset_is_nobody(began: Bench) -> None:
    if not began.ckan.reader.action.status_show()["ckan_version"].startswith("2.12"):
        pytest.skip("only CKAN 2.12 has that job")
    patient = {"http_timeout_seconds": 100.0, "target_call_seconds": 100.0}
    began.project = began.town.tiny.load(**began.town.settings | patient)

    def wait() -> None:
        # CKAN does it 15 s after rows were written (`RESOURCE_LAST_MODIFIED_SETTLE_TIME`).
        before = began.town.shown(DATASET)["metadata_modified"]
        end = time.monotonic() + 90
        while began.town.shown(DATASET)["metadata_modified"] == before:
            assert time.monotonic() < end, "the job was not done"
            time.sleep(0.3)

    outcome = at_the(began, "package_revise", wait)
    assert [r.result for r in outcome.results] == ["verified"], outcome.findings
    assert [action for action, _ in began.front.calls].count("package_revise") == 2
    plan = plan_target(began.project, began.project.targets[TARGET])
    assert [d.drift for d in plan.datasets if d.dataset == DATASET] == [[]]


@pytest.mark.parametrize("action", ["datastore_upsert", "datastore_delete"])
def test_an_edit_in_the_middle_is_told_and_waits(action: str, began: Bench) -> None:
    outcome = at_the(began, action, lambda: patch(began, title="A mano"))
    assert outcome.failed
    assert began.town.shown(DATASET)["title"] == "A mano"
    assert codes(began.apply()) == ["target-drift"]
    ended(began, overwrite_drift=True)


def test_an_edit_after_the_last_reading_is_drift_to_the_next_run(began: Bench) -> None:
    outcome = at_the(began, "package_search", lambda: patch(began, title="A mano"))
    assert [r.result for r in outcome.results] == ["verified"]
    assert codes(began.apply()) == ["target-drift"]
    ended(began, overwrite_drift=True)


def test_rows_that_somebody_writes_in_the_middle_are_found_and_mended(began: Bench) -> None:
    table = next(r["id"] for r in began.town.shown(DATASET)["resources"] if r["url_type"] == "datastore")

    def write() -> None:
        rows = [{"visit_id": "v-99", "people": 1}, {"visit_id": "v-1", "people": 0}]
        began.ckan.admin.action.datastore_upsert(resource_id=table, records=rows, method="upsert")

    outcome = at_the(began, "package_revise", write)
    assert codes(outcome) == ["target-rows-differ"]
    ended(began)


def test_a_resource_that_somebody_deletes_in_the_middle_waits_for_a_decision(began: Bench) -> None:
    csv = next(r["id"] for r in began.town.shown(DATASET)["resources"] if r["url"].endswith(".csv"))
    outcome = at_the(began, "package_revise", lambda: began.ckan.admin.action.resource_delete(id=csv))
    assert codes(outcome) == ["target-changed-meanwhile"]
    assert codes(began.apply()) == ["target-drift"]
    ended(began, overwrite_drift=True)


@pytest.mark.parametrize("how", ["renamed", "deleted", "purged"])
def test_a_dataset_that_somebody_takes_away_in_the_middle_waits_for_a_decision(how: str, began: Bench) -> None:
    api, name = began.ckan.admin.action, began.name
    act: dict[str, Callable[[], Any]] = {
        "renamed": lambda: patch(began, name=f"{name}-x"),
        "deleted": lambda: api.package_delete(id=name),
        "purged": lambda: began.ckan.remove([name]),
    }
    assert at_the(began, "package_revise", act[how]).failed
    assert codes(began.apply()) == ["target-drift"]
    ended(began, overwrite_drift=True)


def test_a_token_that_is_revoked_in_the_middle_ends_the_run_and_another_goes_on(
    began: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, account = began.ckan.admin.action, began.town.account
    with_it = api.api_token_create(user=account.user, name="short")
    monkeypatch.setenv(began.town.target.token_name, with_it["token"])
    mine = next(t["id"] for t in api.api_token_list(user_id=account.user) if t["name"] == "short")
    outcome = at_the(began, "package_revise", lambda: api.api_token_revoke(jti=mine))
    assert codes(outcome) == ["target-denied"]
    assert with_it["token"] not in str(outcome)
    # Without a token that holds, one is nobody: it is said before anything is written.
    assert codes(began.apply()) == ["target-organization-denied"]
    monkeypatch.setenv(began.town.target.token_name, account.token)
    ended(began)


def test_an_account_that_loses_its_role_in_the_middle_ends_the_run(began: Bench) -> None:
    # CKAN deletes no organisation that has datasets; its members come and go.
    api, who = began.ckan.admin.action, {"id": began.town.account.organization, "username": began.town.account.user}
    outcome = at_the(began, "package_revise", lambda: api.organization_member_delete(**who))
    assert codes(outcome) == ["target-denied"]
    refused = began.apply()
    assert (codes(refused), refused.writes) == (["target-organization-denied"], 0)
    api.organization_member_create(**who, role="editor")
    ended(began)


def test_a_key_that_an_extension_adds_to_our_resources_stays_and_is_nothing_to_us(began: Bench) -> None:
    for resource in began.town.shown(DATASET)["resources"]:
        began.ckan.admin.action.resource_patch(id=resource["id"], quality_stars=3)
    ended(began)
    assert {r.get("quality_stars") for r in began.town.shown(DATASET)["resources"]} == {3}
    assert began.apply().writes == 0


@pytest.mark.parametrize("known", [True, False])
def test_a_loader_that_puts_its_own_hash_on_our_files_is_nobody(known: bool, began: Bench) -> None:
    ended(began)
    for resource in began.town.shown(DATASET)["resources"]:
        if resource["url_type"] == "upload":
            content = httpx.get(resource["url"]).content
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            began.ckan.admin.action.resource_patch(id=resource["id"], hash=md5 if known else "0" * 32)
    again = began.apply()
    assert again.writes == 0, again.findings
    began.due("a")
    back = began.apply()
    assert [r.result for r in back.results] == ["verified"], back.findings
    assert {len(r["hash"]) for r in began.town.shown(DATASET)["resources"] if r["url_type"] == "upload"} == {64}


def test_another_store_that_publishes_the_same_datasets_waits(began: Bench, tmp_path: Path) -> None:
    other = _another(began, tmp_path)
    assert [r.result for r in began.apply().results] == ["verified"]
    # The other store has never written there, and has another release.
    refused = apply_target(other.project, other.target, datasets=[DATASET])
    assert (codes(refused), refused.writes) == (["target-drift"], 0)
    ended_by_other = apply_target(other.project, other.target, overwrite_drift=True, datasets=[DATASET])
    assert [r.result for r in ended_by_other.results] == ["verified"], ended_by_other.findings
    assert codes(began.apply()) == ["target-drift"]
    ended(began, overwrite_drift=True)


def test_another_store_that_writes_at_the_same_time_is_noticed_by_one_of_both(began: Bench, tmp_path: Path) -> None:
    other = _another(began, tmp_path)
    meanwhile: list[Outcome] = []

    def write() -> None:
        meanwhile.append(apply_target(other.project, other.target, overwrite_drift=True, datasets=[DATASET]))

    ours = at_the(began, "package_revise", write)
    assert [r.result for r in meanwhile[0].results] == ["verified"], meanwhile[0].findings
    assert codes(ours) == ["target-changed-meanwhile"]
    assert differs(look(began.ckan, began.name), began.releases["c"]) == []
    ended(began, overwrite_drift=True)


def _another(bench: Bench, folder: Path) -> Town:
    """The same project with a store of its own, to which another release is due, and which calls CKAN directly."""
    root = folder / "other"
    shutil.copytree(bench.town.tiny.root, root, symlinks=True)
    other = Town(type(bench.town.tiny)(root), bench.ckan, bench.town.account, bench.town.prefix, bench.town.settings)
    other.aim()
    store = other.project.store
    shutil.rmtree(store.targets)
    rollback(other.project, DATASET, bench.versions["c"], datetime.now(UTC))
    return other


def test_a_dataset_that_fell_out_of_the_index_is_put_back(bench: Bench) -> None:
    bench.reach("a")
    found = {"fq": f'name:"{bench.name}"'}
    assert bench.ckan.reader.action.package_search(**found)["count"] == 1
    assert bench.ckan.run("search-index", "clear", bench.name).returncode == 0
    assert bench.ckan.reader.action.package_search(**found)["count"] == 0
    before = bench.town.shown(DATASET)
    outcome = bench.apply()
    assert [r.result for r in outcome.results] == ["verified"], outcome.findings
    assert bench.ckan.reader.action.package_search(**found)["count"] == 1
    after = bench.town.shown(DATASET)
    for package in (before, after):
        package.pop("metadata_modified")
        package["resources"][0].pop("last_modified")
        package["resources"][0].pop("metadata_modified")
    assert after == before
    assert bench.apply().writes == 0


def test_a_dataset_of_ours_that_is_called_like_the_private_one_of_another_is_left_alone(began: Bench) -> None:
    theirs = began.town.account.api.action.package_create(
        name=f"{began.name}-next", title="Otro", notes="De otros", owner_org=began.town.account.organization
    )
    began.due("c")
    assert codes(began.apply()) == ["target-name-taken"]
    assert began.ckan.reader.action.package_show(id=theirs["id"])["private"] is False
    began.ckan.remove([theirs["id"]])
