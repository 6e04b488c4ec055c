"""The commands about CKAN portals: what they print, leave and return. The portal itself is told by stubs."""

import json
import subprocess
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import pipelines.publish.ckan as ckan
from pipelines.cli import app
from pipelines.cli.common import gravest
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.project import Project
from pipelines.contracts.projection import Intention, Projection
from pipelines.contracts.target import TargetFile
from pipelines.contracts.text import Text
from pipelines.publish.ckan.journal import keep_intention, keep_projection
from pipelines.publish.ckan.model import (
    DatasetOutcome,
    DatasetPlan,
    Drift,
    FieldChange,
    Outcome,
    Plan,
    ResourceChange,
    RowChange,
)
from pipelines.release import locked, read_index
from tests.tiny import VISITS, Tiny, text, write_yaml

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DRIFT = finding("target-drift", dataset="places", field="title", params={"name": "places"})
DENIED = finding("portal-missing", part="stands for any finding that blocks")


@pytest.fixture(autouse=True)
def _spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "es")
    monkeypatch.setenv("OPENDATA_LOCK_WAIT_SECONDS", "0")
    monkeypatch.setenv("OPENDATA_CKAN_TOKEN", "a-token")


@pytest.fixture
def town(tiny: Tiny) -> Tiny:
    """The tiny project with a CKAN called `ckan`."""
    portal = {"url": "http://127.0.0.1:9", "organization": "economia"}
    file = {"id": "ckan", "kind": "ckan", "title": text("CKAN", "CKAN"), "ckan": portal}
    write_yaml(tiny.root / "targets" / "ckan.yaml", file)
    return tiny


def call(tiny: Tiny, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--project", str(tiny.root)], catch_exceptions=False)


Asked = list[dict[str, Any]]


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> Callable[[Outcome], Asked]:
    """Let `apply_target` answer an outcome; returns what it was asked."""

    def stub(outcome: Outcome) -> Asked:
        asked: Asked = []

        def apply(
            project: Project, target: TargetFile, overwrite_drift: bool = False, datasets: Any = None, tell: Any = None
        ) -> Outcome:
            asked.append({"target": target.id, "overwrite": overwrite_drift, "datasets": datasets})
            tell("places", "20000 rows")
            return outcome

        monkeypatch.setattr(ckan, "apply_target", apply, raising=False)
        return asked

    return stub


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def stub(*datasets: DatasetPlan, unmet: Collection[Finding] = ()) -> None:
        plan = Plan(target="ckan", edition="2026-03-01.1", unmet=list(unmet), datasets=list(datasets))
        monkeypatch.setattr(ckan, "plan_target", lambda *_: plan, raising=False)

    return stub


def outcome(*results: DatasetOutcome, **more: Any) -> Outcome:
    found = [f for r in results for f in r.findings]
    return Outcome(**{"target": "ckan", "edition": "2026-03-01.1", "results": list(results), "findings": found, **more})


def done(dataset: str, result: Any, rows: int = 0, found: Collection[Finding] = ()) -> DatasetOutcome:
    return DatasetOutcome(
        dataset=dataset, name=dataset, version="2026-03-01.1", result=result, rows_written=rows, findings=list(found)
    )


def wanted(action: Any, **more: Any) -> DatasetPlan:
    return DatasetPlan(**{"dataset": "places", "name": "places", "action": action, "version": "2026-03-01.1", **more})


def shown(tiny: Tiny, version: str | None, state: Any = "verified") -> None:
    """A record: the CKAN showed a version of `visits`."""
    named = {"target": "ckan", "dataset": "visits", "package": "x", "name": "visits", "fields": {}, "resources": {}}
    keep_projection(
        tiny.load().store, Projection.model_validate({**named, "version": version, "state": state, "at": NOW})
    )


def version(tiny: Tiny) -> str:
    return str(read_index(tiny.load().store, "visits").current)


def test_a_plan_says_field_by_field_what_changes(town: Tiny, planned: Callable[..., None]) -> None:
    long = "a" * 70
    fields = [
        FieldChange(field="title", shown="Lugares", wanted="Sitios"),
        FieldChange(field="notes", shown=f"{long} antes", wanted=f"{long} después, y más"),
        FieldChange(field="tags", shown=["a", "b"], wanted=["b", "c"]),
        FieldChange(field="extras", shown={"k": "1", "same": "x"}, wanted={"k": "2", "same": "x"}),
    ]
    rows = RowChange(table="places", resource="r", mode="delta", added=1200, changed=2, removed=3)
    file = ResourceChange(id="r1", name="places.csv", action="add")
    planned(wanted("change", former="2026-01-01.1", fields=fields, resources=[file], rows=[rows], foreign=["enlace"]))
    answer = call(town, "plan", "ckan")
    lines = answer.stdout.splitlines()
    assert answer.exit_code == 8
    assert "places (places): cambia, 2026-01-01.1 → 2026-03-01.1" in lines
    assert "  title: «Lugares» → «Sitios»" in lines
    assert "  notes: cambia, 76 → 85 caracteres, desde: «…aaaaaaaaaaa antes» → «…aaaaaaaaaaa después, y más»" in lines
    assert "  tags: +c, -a" in lines
    assert "  extras.k: «1» → «2»" in lines
    assert not [line for line in lines if "same" in line]
    assert "  + recurso places.csv" in lines
    assert "  filas de places: +1 200 ~2 -3" in lines
    assert "  no es nuestro y se queda: enlace" in lines


def test_a_plan_with_nothing_to_do_ends_with_0(town: Tiny, planned: Callable[..., None]) -> None:
    planned(wanted("none"))
    answer = call(town, "plan", "ckan")
    assert answer.exit_code == 0
    assert "Sin cambios: places." in answer.stdout and "Nada que hacer." in answer.stdout


def test_drift_waits_for_a_decision_and_is_shown_with_its_policy(town: Tiny, planned: Callable[..., None]) -> None:
    drift = Drift(field="title", written="Lugares", shown="LUGARES", policy="report")
    planned(wanted("wait", drift=[drift], findings=[DRIFT]))
    answer = call(town, "plan", "ckan")
    assert answer.exit_code == 3
    assert "! title: escribimos «Lugares», otra persona puso «LUGARES»; el conjunto espera" in answer.stdout
    assert "target-drift" in answer.stderr


def test_what_is_missing_comes_first_and_fails(town: Tiny, planned: Callable[..., None]) -> None:
    planned(wanted("create"), unmet=[DENIED])
    answer = call(town, "plan", "ckan")
    assert answer.exit_code == 4
    assert answer.output.index("portal-missing") < answer.output.index("se crea")


def test_a_dataset_that_waits_for_more_than_a_decision_fails(town: Tiny, planned: Callable[..., None]) -> None:
    planned(wanted("wait", findings=[DRIFT, DENIED]))
    assert call(town, "plan", "ckan").exit_code == 4


def test_a_plan_as_json_is_the_whole_plan(town: Tiny, planned: Callable[..., None]) -> None:
    planned(wanted("create"))
    plan = Plan.model_validate_json(call(town, "plan", "ckan", "--json").stdout)
    assert plan.datasets == [wanted("create")]


def test_apply_says_what_it_took(town: Tiny, applied: Callable[[Outcome], Asked]) -> None:
    asked = applied(outcome(done("places", "verified", 20000), writes=12, reads=30, seconds=4.25))
    answer = call(town, "apply", "ckan", "places", "--overwrite-drift")
    assert answer.exit_code == 0
    assert asked == [{"target": "ckan", "overwrite": True, "datasets": ["places"]}]
    assert "places\tverificado\t2026-03-01.1\t20 000" in answer.stdout
    assert "ckan: 12 llamadas de escritura, 20 000 filas escritas, 30 llamadas de lectura, 4.2 s." in answer.stdout
    assert "places: 20 000 filas" in answer.stderr


def test_apply_says_that_there_was_nothing_to_do(town: Tiny, applied: Callable[[Outcome], Asked]) -> None:
    asked = applied(outcome(done("places", "unchanged"), reads=5))
    answer = call(town, "apply", "ckan")
    assert answer.exit_code == 0 and asked[0]["datasets"] is None
    assert "ckan: nada que hacer." in answer.stdout and "ckan: 0 llamadas de escritura" in answer.stdout


@pytest.mark.parametrize(
    ("result", "found", "code"),
    [("waiting", DRIFT, 3), ("waiting", DENIED, 4), ("failed", DENIED, 4), ("verified", None, 0)],
)
def test_apply_tells_cron_how_it_went(
    town: Tiny, applied: Callable[[Outcome], Asked], result: str, found: Finding | None, code: int
) -> None:
    applied(outcome(done("places", result, found=[found] if found else [])))
    assert call(town, "apply", "ckan").exit_code == code


def test_apply_as_json_is_the_whole_outcome(town: Tiny, applied: Callable[[Outcome], Asked]) -> None:
    applied(outcome(done("places", "verified", 3), writes=2))
    assert Outcome.model_validate_json(call(town, "apply", "ckan", "--json").stdout).writes == 2


@pytest.mark.parametrize("command", ["plan", "apply", "compare", "verify"])
def test_a_portal_that_does_not_exist_is_refused_with_those_that_do(town: Tiny, command: str) -> None:
    answer = call(town, command, "ckam")
    assert answer.exit_code == 5
    assert "«ckam»" in answer.stderr and "Hay: ckan." in answer.stderr


@pytest.mark.parametrize("words", [("plan", "portal"), ("apply", "portal"), ("publish", "--to", "portal")])
def test_the_embedded_portal_is_no_ckan(town: Tiny, words: tuple[str, ...]) -> None:
    answer = call(town, *words)
    assert answer.exit_code == 5
    assert "portal propio" in answer.stderr
    assert not town.load().store.runs.exists()


def test_a_project_without_a_ckan_says_how_to_connect_one(tiny: Tiny) -> None:
    answer = call(tiny, "plan", "ckan")
    assert answer.exit_code == 5
    assert "connect-a-ckan" in answer.stderr


@pytest.mark.parametrize("command", ["plan", "apply", "compare", "verify"])
def test_without_a_token_nothing_is_tried(town: Tiny, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.delenv("OPENDATA_CKAN_TOKEN")
    answer = call(town, command, "ckan")
    assert answer.exit_code == 5
    assert "OPENDATA_CKAN_TOKEN" in answer.stderr


def test_an_unknown_dataset_is_refused(town: Tiny) -> None:
    assert call(town, "apply", "ckan", "plazas").exit_code == 5


def test_publish_to_a_portal_does_both_and_ends_with_the_gravest(
    town: Tiny, applied: Callable[[Outcome], Asked]
) -> None:
    asked = applied(outcome(done("places", "failed", found=[DENIED])))
    answer = call(town, "publish", "--to", "ckan", "--to", "ckan")
    assert answer.exit_code == 4
    assert [a["target"] for a in asked] == ["ckan"]
    assert version(town) != "None"
    assert "visits\tpublicado" in answer.stdout and "places\tfalló" in answer.stdout


def test_publish_to_a_portal_as_json_is_one_document(town: Tiny, applied: Callable[[Outcome], Asked]) -> None:
    applied(outcome(done("places", "verified"), writes=7))
    told = json.loads(call(town, "publish", "--to", "ckan", "--json").stdout)
    assert told["portal"] == "applied" and told["targets"][0]["writes"] == 7


def test_publish_without_a_token_publishes_and_fails_on_the_portal(town: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENDATA_CKAN_TOKEN")
    assert call(town, "publish", "--to", "ckan").exit_code == 4
    assert version(town) != "None"


def test_publish_alone_asks_no_portal_and_loads_nothing_of_it(town: Tiny) -> None:
    code = (
        "import sys; from pipelines.cli import app; "
        f"app(['publish', '--project', {str(town.root)!r}], standalone_mode=False)\n"
        "sys.exit(any(m.startswith(('pipelines.publish.ckan', 'ckanapi')) for m in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_gravest_exit_code_wins() -> None:
    assert [gravest(), gravest(0, 8), gravest(3, 4), gravest(4, 5, 0), gravest(7, 0)] == [0, 8, 4, 5, 7]


def test_verify_reads_a_portal_back(town: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def verify(project: Project, target: TargetFile, datasets: Any = None, tell: Any = None) -> list[Finding]:
        asked.append(datasets)
        return [DENIED] if datasets is None else []

    monkeypatch.setattr(ckan, "verify_target", verify, raising=False)
    assert call(town, "verify", "ckan").exit_code == 4
    assert call(town, "verify", "ckan", "places").exit_code == 0
    assert asked == [None, ["places"]]
    assert call(town, "verify", "store", "places").exit_code == 5


def test_status_says_what_a_portal_shows(town: Tiny) -> None:
    call(town, "publish")
    shown(town, version(town))
    assert f"visits\tckan\t{version(town)}\tverificado" in call(town, "status").stdout
    shown(town, "2020-01-01.1")
    answer = call(town, "status")
    assert "visits\tckan\t2020-01-01.1\tversión anterior a la actual" in answer.stdout and answer.exit_code == 0
    told = {d["dataset"]: d["targets"] for d in json.loads(call(town, "status", "--json").stdout)}
    assert told["visits"][0]["state"] == "behind" and told["places"] == []
    shown(town, version(town), "failed")
    assert call(town, "status").exit_code == 4


def test_status_says_that_a_projection_was_not_finished(town: Tiny) -> None:
    call(town, "publish")
    intention = Intention(
        target="ckan", dataset="visits", version=version(town), begun=NOW, steps=[], fields={}, resources={}
    )
    keep_intention(town.load().store, intention)
    assert "visits\tckan\t-\tsin acabar" in call(town, "status").stdout


def test_status_says_which_record_cannot_be_read(town: Tiny) -> None:
    call(town, "publish")
    shown(town, version(town))
    town.load().store.projection("ckan", "visits").write_text('{"target": 1}', encoding="utf-8")
    answer = call(town, "status")
    assert answer.exit_code == 4 and "target-record-unreadable" in answer.stderr


def test_doctor_says_whether_there_is_a_token_and_never_which(town: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = call(town, "doctor")
    assert "[bien] CKAN ckan (http://127.0.0.1:9): hay token" in answer.stdout
    assert "a-token" not in answer.output
    monkeypatch.delenv("OPENDATA_CKAN_TOKEN")
    answer = call(town, "doctor")
    assert "[falta] CKAN ckan" in answer.stdout and "OPENDATA_CKAN_TOKEN_FILE" in answer.stdout
    assert answer.exit_code == 0


def two_versions(tiny: Tiny) -> tuple[str, str]:
    call(tiny, "publish")
    first = version(tiny)
    tiny.rows("visits", VISITS + "v-4,sur,2023,3,x\nv-5,sur,2023,4,x\n")
    call(tiny, "publish")
    return first, version(tiny)


def test_rollback_says_which_portals_still_show_the_other_version(town: Tiny) -> None:
    first, second = two_versions(town)
    assert "opendata apply" not in call(town, "rollback", "visits", first).stdout
    shown(town, second)
    answer = call(town, "rollback", "visits", first)
    assert answer.exit_code == 0
    assert "opendata apply ckan visits" in answer.stdout
    assert json.loads(call(town, "rollback", "visits", first, "--json").stdout)["targets"] == ["ckan"]


WITHDRAW = ("withdraw", "visits", "--reason", "No debía.", "--yes")


def test_withdraw_says_which_portals_may_still_show_it(town: Tiny) -> None:
    _, second = two_versions(town)
    shown(town, second)
    answer = call(town, *WITHDRAW, second)
    assert answer.exit_code == 0
    assert "opendata apply ckan visits" in answer.stdout


def test_withdraw_from_a_portal_applies_there_at_once(town: Tiny, applied: Callable[[Outcome], Asked]) -> None:
    _, second = two_versions(town)
    shown(town, second)
    asked = applied(outcome(done("visits", "verified"), writes=2))
    answer = call(town, *WITHDRAW, second, "--to", "ckan")
    assert answer.exit_code == 0
    assert asked == [{"target": "ckan", "overwrite": False, "datasets": ["visits"]}]
    assert "opendata apply" not in answer.stdout


def test_a_portal_that_fails_does_not_keep_the_store_from_withdrawing(
    town: Tiny, applied: Callable[[Outcome], Asked]
) -> None:
    _, second = two_versions(town)
    shown(town, second)
    applied(outcome(findings=[DENIED]))
    answer = call(town, *WITHDRAW, second, "--to", "ckan")
    assert answer.exit_code == 4
    assert version(town) != second
    assert "opendata apply ckan visits" in answer.stdout


def test_a_purge_needs_the_name_typed_out_and_the_whole_dataset(town: Tiny) -> None:
    _, second = two_versions(town)
    assert call(town, *WITHDRAW, "--all", "--to", "ckan", "--purge", "visit").exit_code == 5
    assert call(town, *WITHDRAW, "--all", "--purge", "visits").exit_code == 5
    assert call(town, *WITHDRAW, second, "--to", "ckan", "--purge", "visits").exit_code == 5
    assert version(town) == second


def test_a_purge_says_what_could_not_be_erased(
    town: Tiny, applied: Callable[[Outcome], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    two_versions(town)
    applied(outcome(done("visits", "verified")))
    kept = Text(es="Las copias de seguridad.", en="The backups.")
    monkeypatch.setattr(ckan, "purge_dataset", lambda *_: [kept], raising=False)
    answer = call(town, *WITHDRAW, "--all", "--to", "ckan", "--purge", "visits")
    assert answer.exit_code == 0
    assert "Las copias de seguridad." in answer.stdout
    told = json.loads(call(town, *WITHDRAW, "--all", "--to", "ckan", "--purge", "visits", "--json").stdout)
    assert told["not_erased"] == {"ckan": ["Las copias de seguridad."]} and told["left"] == []


def test_a_busy_store_is_told_by_apply(town: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def apply(project: Project, *_: Any, **__: Any) -> Outcome:
        with locked(project.store, "apply", 0):
            return outcome()

    monkeypatch.setattr(ckan, "apply_target", apply, raising=False)
    with locked(town.load().store, "publish", 0):
        assert call(town, "apply", "ckan").exit_code == 7
