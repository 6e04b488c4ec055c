"""The command line over the tiny project: what it prints, leaves and returns."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.line import Line
from pipelines.release import read_index
from tests.tiny import PLACES, VISITS, Tiny, places_file

UNTIL = (datetime.now(UTC).date() + timedelta(days=3)).isoformat()
WHO = ("--role", "jefatura de servicio", "--reason", "Comprobado con la fuente.", "--until", UNTIL)


@pytest.fixture(autouse=True)
def _spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "es")
    monkeypatch.setenv("OPENDATA_LOCK_WAIT_SECONDS", "0")


def call(tiny: Tiny, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--project", str(tiny.root)], catch_exceptions=False)


def versions(tiny: Tiny, dataset: str) -> list[str]:
    return [v.version for v in read_index(tiny.load().store, dataset).versions]


def test_release_prints_a_row_for_each_dataset(tiny: Tiny) -> None:
    done = call(tiny, "release")
    assert done.exit_code == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[0][:2] == ["conjunto", "resultado"]
    assert [r[:2] for r in rows[1:]] == [["places", "publicado"], ["visits", "publicado"]]


def test_a_held_candidate_is_told_in_spanish_with_what_to_do_and_code_3(tiny: Tiny) -> None:
    call(tiny, "release")
    tiny.rows("places", PLACES.replace("Distrito Centro,district", "Distrito Centro,planet"))
    done = call(tiny, "release")
    assert done.exit_code == 3
    assert "places\tretenido" in done.stdout
    assert "ERROR" in done.stderr and "places.csv:2" in done.stderr and "planet" in done.stderr


def test_english_is_spoken_where_it_is_asked_for(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "en")
    assert "released" in call(tiny, "release").stdout


def test_check_releases_nothing(tiny: Tiny) -> None:
    assert call(tiny, "check").exit_code == 0
    assert versions(tiny, "places") == []


def test_pull_shows_a_snapshot_for_each_source(tiny: Tiny) -> None:
    first, second = call(tiny, "pull"), call(tiny, "pull", "registro")
    assert first.stdout.count("nuevo") == 2
    assert [line.split("\t")[:2] for line in second.stdout.splitlines()[1:]] == [["registro", "sin cambios"]]


def test_json_is_the_only_thing_on_standard_output(tiny: Tiny) -> None:
    record = json.loads(call(tiny, "release", "--json").stdout)
    assert record["exit_code"] == 0
    assert [d["result"] for d in record["datasets"]] == ["released", "released"]


def test_an_unknown_name_is_refused_with_those_that_exist(tiny: Tiny) -> None:
    done = call(tiny, "tidy", "plazas")
    assert done.exit_code == 5
    assert "plazas" in done.stderr and "places, visits" in done.stderr


def test_a_dataset_whose_file_cannot_be_read_is_unknown_and_the_file_says_why(tiny: Tiny) -> None:
    path = tiny.root / "schemas" / "visits.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("frequency:", "frecuency:"), encoding="utf-8")
    done = call(tiny, "check", "visits")
    assert done.exit_code == 5
    assert "visits" in done.stderr and "frecuency" in done.stderr


def test_a_folder_without_a_project_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["status", "--project", str(tmp_path)])
    assert done.exit_code == 5
    assert "schemas/catalogue.yaml" in done.stderr


def test_a_misspelt_key_is_said_and_the_others_go_on(tiny: Tiny) -> None:
    path = tiny.root / "schemas" / "visits.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("frequency:", "frecuency:"), encoding="utf-8")
    done = call(tiny, "release")
    assert done.exit_code == 5
    assert "frecuency" in done.stderr
    assert "places\tpublicado" in done.stdout


def test_a_busy_store_is_told_with_its_holder(tiny: Tiny) -> None:
    with Line(tiny.load(), "publish"):
        done = call(tiny, "release")
    assert done.exit_code == 7
    assert "publish" in done.stderr


def test_approve_lets_the_held_candidate_through(tiny: Tiny) -> None:
    call(tiny, "release")
    tiny.rows("visits", VISITS.split("v-2", 1)[0])
    assert call(tiny, "release").exit_code == 3
    assert call(tiny, "approve", "visits", *WHO).exit_code == 0
    done = call(tiny, "release")
    assert "visits\tpublicado" in done.stdout


def test_personal_data_are_never_approved(tiny: Tiny) -> None:
    tiny.rows("places", PLACES.replace("Distrito Centro", "Centro 12345678Z"))
    held = call(tiny, "release")
    assert held.exit_code == 3
    assert "12345678" not in held.output
    done = call(tiny, "approve", "places", *WHO)
    assert done.exit_code == 5
    assert "no se puede aprobar" in done.stderr


def test_without_a_fingerprint_the_candidate_of_the_last_run_is_approved(tiny: Tiny) -> None:
    call(tiny, "release")
    one, other = VISITS.split("v-2", 1)[0], VISITS.split("v-3", 1)[0]
    for rows in (one, other, one):
        tiny.rows("visits", rows)
        call(tiny, "release")
    assert "1 filas" in call(tiny, "approve", "visits", *WHO).stdout
    assert "visits\tpublicado" in call(tiny, "release").stdout


def test_a_reason_with_personal_data_is_refused(tiny: Tiny) -> None:
    call(tiny, "release")
    version = versions(tiny, "visits")[0]
    done = call(tiny, "withdraw", "visits", version, "--reason", "salía el DNI 12345678Z", "--yes")
    assert done.exit_code == 5
    assert versions(tiny, "visits") == [version]
    words = [*WHO[:3], "lo dice 12345678Z de la oficina", *WHO[4:]]
    assert call(tiny, "waive", "visits", "rows-lost", *words).exit_code == 5


def test_status_and_prune_read_the_record_of_a_check(tiny: Tiny) -> None:
    call(tiny, "check")
    assert call(tiny, "status").exit_code == 0
    assert call(tiny, "prune", "--dry-run").exit_code == 0


def test_check_says_what_would_be_released(tiny: Tiny) -> None:
    assert "visits\tpor publicar" in call(tiny, "check").stdout


def test_a_withdrawal_is_agreed_to_in_the_language_of_the_question(tiny: Tiny) -> None:
    call(tiny, "release")
    words = ["withdraw", "visits", versions(tiny, "visits")[0], "--reason", "No debía.", "--project", str(tiny.root)]
    assert CliRunner().invoke(app, words, input="n\n").exit_code == 1
    assert CliRunner().invoke(app, words, input="s\n").exit_code == 0


def test_a_decision_needs_a_day_to_come(tiny: Tiny) -> None:
    done = call(tiny, "waive", "places", "rows-lost", *WHO[:-1], "2020-01-01")
    assert done.exit_code == 5


def test_announce_is_kept_until_its_day(tiny: Tiny) -> None:
    assert call(tiny, "announce", "visits", "--change", "schema-major", *WHO).exit_code == 0
    assert (tiny.load().store.decisions / "visits.jsonl").exists()


def test_releases_diff_and_rollback_tell_the_versions(tiny: Tiny) -> None:
    call(tiny, "release")
    tiny.rows("visits", VISITS + "v-4,sur,2023,3,x\n")
    call(tiny, "release")
    first, second = versions(tiny, "visits")
    assert f"visits\t{second}\tactual" in call(tiny, "releases", "visits").stdout
    assert "+ visits v-4" in call(tiny, "diff", "visits", first, second).stdout
    assert call(tiny, "rollback", "visits", first).exit_code == 0
    assert f"visits\t{first}\tactual" in call(tiny, "releases", "visits").stdout


def test_withdraw_needs_a_version_or_all(tiny: Tiny) -> None:
    call(tiny, "release")
    assert call(tiny, "withdraw", "visits", "--reason", "No debía.", "--yes").exit_code == 5
    version = versions(tiny, "visits")[0]
    done = call(tiny, "withdraw", "visits", version, "--reason", "No debía.", "--yes")
    assert done.exit_code == 0
    assert "historial de git" in done.stdout


def test_verify_is_clean_and_then_finds_damage(tiny: Tiny) -> None:
    call(tiny, "release")
    assert call(tiny, "verify", "store").exit_code == 0
    version = versions(tiny, "visits")[0]
    (tiny.load().store.release("visits", version) / "visits.csv").write_text("x")
    done = call(tiny, "verify", "store")
    assert done.exit_code == 4
    assert "visits.csv" in done.stderr


def test_prune_removes_nothing_that_is_young(tiny: Tiny) -> None:
    call(tiny, "release")
    assert "0 carpetas" in call(tiny, "prune").stdout


def test_status_tells_what_is_overdue_with_code_6(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.schema({**places_file(), "frequency": "DAILY"})
    call(tiny, "release")
    assert call(tiny, "status").exit_code == 0
    monkeypatch.setattr("pipelines.operate.status.longest_age_days", lambda _code: -3)
    done = call(tiny, "status")
    assert done.exit_code == 6
    assert "atrasado" in done.stdout


def test_doctor_says_what_is_missing(tiny: Tiny) -> None:
    done = call(tiny, "doctor")
    assert done.exit_code == 0
    assert "[falta] El catálogo es un ejemplo" in done.stdout


def test_init_makes_the_catalogue_official(tiny: Tiny) -> None:
    words = ["init", "--uri-base", "https://datos.villa.es/", "--dir3", "L01281234", "--publisher-es", "Villa"]
    words += ["--publisher-en", "Town", "--homepage", "https://villa.es", "--email", "datos@villa.es"]
    assert call(tiny, *words).exit_code == 0
    written = yaml.safe_load((tiny.root / "schemas" / "catalogue.yaml").read_text(encoding="utf-8"))
    assert (written["stage"], written["uri_base"]) == ("official", "https://datos.villa.es")


def test_init_refuses_a_wrong_code_and_writes_nothing(tiny: Tiny) -> None:
    before = (tiny.root / "schemas" / "catalogue.yaml").read_bytes()
    words = ["init", "--uri-base", "https://datos.villa.es", "--dir3", "madrid", "--publisher-es", "Villa"]
    words += ["--publisher-en", "Town", "--homepage", "https://villa.es", "--email", "datos@villa.es"]
    assert call(tiny, *words).exit_code == 5
    assert (tiny.root / "schemas" / "catalogue.yaml").read_bytes() == before


def test_a_spreadsheet_becomes_a_dataset_by_editing_yaml_alone(tiny: Tiny, tmp_path: Path) -> None:
    sheet = tmp_path / "Miembros 2026.csv"
    sheet.write_bytes(
        "Código;Razón social;Alta;Cuota\n001;Peña e Hijos;03/02/2026;1.200,50\n002;Ñandú;04/02/2026;80,00\n".encode(
            "cp1252"
        )
    )
    done = call(tiny, "new", "source", str(sheet))
    assert done.exit_code == 0
    schema = yaml.safe_load((tiny.root / "schemas" / "miembros-2026.yaml").read_text(encoding="utf-8"))
    fields = {f["name"]: f["type"] for f in schema["resources"][0]["schema"]["fields"]}
    assert fields == {"codigo": "string", "razon_social": "string", "alta": "date", "cuota": "number"}
    path = tiny.root / "schemas" / "miembros-2026.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("privacy: private", "privacy: public"), encoding="utf-8")
    assert "miembros-2026\tpublicado" in call(tiny, "release").stdout
    store = tiny.load().store
    csv = store.release("miembros-2026", versions(tiny, "miembros-2026")[0]) / "miembros_2026.csv"
    assert csv.read_text(encoding="utf-8").splitlines()[1] == "001,Peña e Hijos,2026-02-03,1200.5"


def test_what_is_proposed_is_private_until_somebody_says_otherwise(tiny: Tiny, tmp_path: Path) -> None:
    sheet = tmp_path / "socios.csv"
    sheet.write_text("id,nombre\na,Uno\nb,Dos\n", encoding="utf-8")
    call(tiny, "new", "source", str(sheet))
    fields = yaml.safe_load((tiny.root / "schemas" / "socios.yaml").read_text(encoding="utf-8"))["resources"][0][
        "schema"
    ]["fields"]
    assert {f["name"]: f["privacy"] for f in fields} == {"id": "public", "nombre": "private"}


def test_a_new_dataset_passes_as_it_is(tiny: Tiny) -> None:
    assert call(tiny, "new", "dataset", "ferias").exit_code == 0
    assert "ferias\tpublicado" in call(tiny, "release").stdout


def test_nothing_is_overwritten_by_new(tiny: Tiny) -> None:
    call(tiny, "new", "dataset", "ferias")
    done = call(tiny, "new", "dataset", "ferias")
    assert done.exit_code == 5
    assert "ferias" in done.stderr


def test_no_command_but_publish_loads_dagster() -> None:
    code = "import sys, pipelines.cli, pipelines.line; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_command_that_writes_can_tell_it_as_json(tiny: Tiny) -> None:
    call(tiny, "release")
    first = versions(tiny, "visits")[0]
    tiny.rows("visits", VISITS + "v-4,sur,2023,3,x\n")
    call(tiny, "release")
    asked = (
        ("rollback", "visits", first),
        ("waive", "visits", "rows-lost", *WHO),
        ("prune", "--dry-run"),
        ("withdraw", "visits", first, "--reason", "No debía.", "--yes"),
        ("new", "dataset", "ferias"),
    )
    for words in asked:
        done = call(tiny, *words, "--json")
        assert done.exit_code == 0, words
        assert isinstance(json.loads(done.stdout), dict), words
