"""The commands against a real CKAN: what an operator sees from the first plan to a purge."""

import json

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.release import read_index
from tests.ckan.real import Ckan
from tests.ckan.town import Town
from tests.tiny import PLACES, VISITS


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "en")


def call(town: Town, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--project", str(town.tiny.root)], catch_exceptions=False)


def test_a_first_publication_is_planned_made_verified_and_then_due_no_more(town: Town) -> None:
    first = call(town, "plan", "ckan")
    assert first.exit_code == 8, first.output
    assert f"places ({town.name('places')}): is created" in first.stdout
    made = call(town, "apply", "ckan")
    assert made.exit_code == 0, made.output
    assert "visits\tverified" in made.stdout
    assert call(town, "plan", "ckan").exit_code == 0
    again = call(town, "apply", "ckan")
    assert again.exit_code == 0 and "ckan: 0 write calls, 0 rows written" in again.stdout
    checked = call(town, "verify", "ckan")
    assert checked.exit_code == 0, checked.output
    assert "visits\tckan\t" in call(town, "status").stdout
    assert town.account.token not in first.output + made.output + checked.output


def test_an_edit_by_hand_is_planned_refused_and_overwritten_when_told(town: Town) -> None:
    call(town, "apply", "ckan")
    town.ckan.admin.action.package_patch(id=town.name("places"), title="By hand")
    town.tiny.rows("places", PLACES + "norte,Barrio Norte,district\n")
    call(town, "release")
    plan = call(town, "plan", "ckan")
    assert plan.exit_code == 3, plan.output
    assert "«By hand»" in plan.stdout and "target-drift" in plan.stderr
    refused = call(town, "apply", "ckan")
    assert refused.exit_code == 3, refused.output
    assert "places\twaiting" in refused.stdout
    assert town.shown("places")["title"] == "By hand"
    done = call(town, "apply", "ckan", "--overwrite-drift")
    assert done.exit_code == 0, done.output
    assert town.shown("places")["title"] != "By hand"


def test_compare_lists_what_the_portals_dcat_does_not_say(town: Town) -> None:
    assert call(town, "compare", "ckan").exit_code == 5
    call(town, "apply", "ckan")
    answer = call(town, "compare", "ckan", "places", "--json")
    assert answer.exit_code == 0, answer.output
    assert {row["dataset"] for row in json.loads(answer.stdout)} <= {"places"}
    assert "places\tdataset\t" in call(town, "compare", "ckan", "places").stdout


def test_publish_to_a_ckan_does_the_whole_job(town: Town) -> None:
    town.tiny.rows("visits", VISITS + "v-4,sur,2023,3,x\n")
    done = call(town, "publish", "--to", "ckan")
    assert done.exit_code == 0, done.output
    assert town.shown("visits")["version"] == read_index(town.project.store, "visits").current


def test_an_older_release_comes_back_and_a_withdrawn_one_becomes_a_tombstone(town: Town, ckan: Ckan) -> None:
    first = str(read_index(town.project.store, "visits").current)
    town.tiny.rows("visits", VISITS + "v-4,sur,2023,3,x\n")
    call(town, "publish", "--to", "ckan")
    back = call(town, "rollback", "visits", first)
    assert "opendata apply ckan visits" in back.stdout
    assert call(town, "apply", "ckan", "visits").exit_code == 0
    assert town.shown("visits")["version"] == first
    gone = call(town, "withdraw", "visits", "--all", "--reason", "No debía.", "--yes", "--to", "ckan")
    assert gone.exit_code == 0, gone.output
    assert "opendata apply" not in gone.stdout
    stone = town.shown("visits")
    assert "No debía." in stone["notes"]
    assert not [r for r in stone["resources"] if r.get("datastore_active")]


def test_a_purge_takes_a_sysadmin(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    call(town, "apply", "ckan")
    words = ("withdraw", "visits", "--all", "--reason", "No debía.", "--yes", "--to", "ckan", "--purge", "visits")
    refused = call(town, *words)
    assert refused.exit_code == 4, refused.output
    assert town.shown("visits")["name"] == town.name("visits")
    monkeypatch.setenv(town.target.token_name, town.ckan.token)
    done = call(town, *words)
    assert done.exit_code == 0, done.output
    assert "is no longer on ckan" in done.stdout and "backups" in done.stdout
    assert town.ckan.admin.action.package_search(fq=f'name:"{town.name("visits")}"')["count"] == 0
