"""What `new` proposes loads and passes the gates as it is, whatever the headers are called."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.operate.propose import propose
from tests.tiny import Tiny


@pytest.fixture(autouse=True)
def _spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_LANG", "es")
    monkeypatch.setenv("OPENDATA_LOCK_WAIT_SECONDS", "0")


def call(tiny: Tiny, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--project", str(tiny.root)], catch_exceptions=False)


def sheet(folder: Path, text: str, name: str = "socios.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def file_of(tiny: Tiny, folder: str, name: str) -> Any:
    return yaml.safe_load((tiny.root / folder / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "header", ["Nº", "No.", "Sí", "No", "On", "Off", "Null", "Y", "Yes", "~", "2026", "1e3", "0x1F"]
)
def test_a_header_that_yaml_takes_for_a_value_is_a_name(tiny: Tiny, tmp_path: Path, header: str) -> None:
    assert call(tiny, "new", "source", sheet(tmp_path, f"{header};Nombre\n1;Uno\n2;Dos\n")).exit_code == 0
    done = call(tiny, "check")
    assert done.exit_code == 0, done.output
    path = tiny.root / "schemas" / "socios.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("privacy: private", "privacy: public"), encoding="utf-8")
    assert "socios\tpublicado" in call(tiny, "release").stdout


@pytest.mark.parametrize(
    ("name", "identity"),
    [("Mis Datos", "mis-datos"), ("No", "no"), ("null", "null"), ("On", "on"), ("2026", "x2026"), ("Año Ñ", "ano-n")],
)
def test_a_name_becomes_an_id(tiny: Tiny, tmp_path: Path, name: str, identity: str) -> None:
    assert call(tiny, "new", "source", sheet(tmp_path, "a;b\n1;x\n2;y\n"), "--name", name).exit_code == 0
    assert file_of(tiny, "schemas", identity)["name"] == identity
    assert file_of(tiny, "sources", identity)["id"] == identity
    assert call(tiny, "check").exit_code == 0


@pytest.mark.parametrize("name", ["x", "no", "Y", "2026"])
def test_a_new_dataset_with_a_short_name_passes_as_it_is(tiny: Tiny, name: str) -> None:
    assert call(tiny, "new", "dataset", name).exit_code == 0
    done = call(tiny, "release")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("rows", "decimal", "kinds"),
    [
        ("Código;Cuota\na;1.200,50\nb;80\n", ",", ["string", "number"]),
        ("Código;Cuota\na;1200.50\nb;80\n", ".", ["string", "number"]),
        ("Código;Cuota\na;1.200\nb;3.400\n", ",", ["string", "number"]),
        ("Código;Cuota;Total\na;1.200;0,5\nb;3.400;0,25\n", ",", ["string", "number", "number"]),
        ("Código;Cuota;Total\na;12.5;0,5\nb;3.75;0,25\n", ",", ["string", "string", "number"]),
        ("Código;Socios\na;12\nb;7\n", ",", ["string", "integer"]),
        ("Código;Socios\na;12345678901234567890\nb;7\n", None, ["string", "string"]),
        ("Código;Nombre\na;Uno\nb;Dos\n", None, ["string", "string"]),
    ],
)
def test_the_decimal_mark_is_declared_wherever_there_are_numbers(
    tiny: Tiny, tmp_path: Path, rows: str, decimal: str | None, kinds: list[str]
) -> None:
    call(tiny, "new", "source", sheet(tmp_path, rows))
    assert (file_of(tiny, "sources", "socios").get("dialect") or {}).get("decimal") == decimal
    fields = tiny.load().datasets["socios"].resources[0].table_schema.fields
    assert [f.type for f in fields] == kinds
    done = call(tiny, "check")
    assert done.exit_code == 0, done.output


def test_days_written_in_two_ways_are_both_read(tiny: Tiny, tmp_path: Path) -> None:
    call(tiny, "new", "source", sheet(tmp_path, "id;Alta;Baja\na;31/01/2026;2026-02-28\nb;01/02/2026;2026-03-01\n"))
    assert [f.type for f in tiny.load().datasets["socios"].resources[0].table_schema.fields] == [
        "string",
        "date",
        "date",
    ]
    assert call(tiny, "check").exit_code == 0


def test_a_column_without_a_name_is_passed_over(tiny: Tiny, tmp_path: Path) -> None:
    call(tiny, "new", "source", sheet(tmp_path, "id;;Nombre\na;;Uno\nb;;Dos\n"))
    assert [f.name for f in tiny.load().datasets["socios"].resources[0].table_schema.fields] == ["id", "nombre"]
    assert call(tiny, "check").exit_code == 0


def test_two_headers_that_make_one_name_are_told_apart() -> None:
    made = propose(pd.DataFrame({"Nº": ["1"], "no": ["2"]}, dtype="string"))
    assert [c.name for c in made.columns] == ["no", "no_2"]
