"""Codes: what a dated list says of a code, and what a catalogue uses that no list has."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from pipelines.check.catalogue.codes import Codes, CodeTable, check_codes, load_codes
from pipelines.contracts.frequency import CODES as FREQUENCIES
from pipelines.describe.formats import FORMATS
from tests.check.catalogues import A, X, graph, swapped

ROOT = Path(__file__).parents[2]
CODES = load_codes(ROOT / "vocab")


def small(complete: bool) -> Codes:
    table = CodeTable(
        "colour", "http://a.example/colour/", complete, date(2026, 1, 1), "made up", {"RED": "", "ROSE": "deprecated"}
    )
    return Codes({"colour": table})


def test_a_catalogue_of_known_codes_has_no_findings() -> None:
    assert check_codes(graph(), CODES) == []


@pytest.mark.parametrize(
    ("before", "after", "field", "nearest"),
    [
        ("frequency/MONTHLY", "frequency/WHENEVER", "dct:accrualPeriodicity", ""),
        ("file-type/CSV", "file-type/CSVV", "dct:format", "CSV"),
        ("distribution-status/COMPLETED", "distribution-status/UNDER_DEVELOPMENT", "adms:status", "DEVELOP"),
        ("sector/economia>", "sector/economicos>", "dcat:theme", "economia"),
        ("Provincia/Madrid", "Provincia/Madriz", "dct:spatial", "Provincia/Madrid"),
    ],
)
def test_an_invented_code_of_a_complete_list_is_an_error_with_the_nearest(
    before: str, after: str, field: str, nearest: str
) -> None:
    (only,) = check_codes(graph(swapped(before, after)), CODES)
    assert (only.code, only.severity, only.field) == ("code-invalid", "error", field)
    assert nearest in only.params["expected"].split(", ") or not nearest
    assert only.params["date"] in only.do("es")


def test_a_code_that_a_partial_list_lacks_is_a_warning() -> None:
    (only,) = check_codes(graph(swapped("language/SPA", "language/XYZ")), CODES)
    assert (only.code, only.severity, only.key) == ("code-unknown", "warning", X + "catalogue")


def test_the_same_code_is_an_error_or_a_warning_by_how_whole_the_list_is() -> None:
    assert small(True).state("http://a.example/colour/BLUE") == "invalid"
    assert small(False).state("http://a.example/colour/BLUE") == "unknown"
    assert small(False).state("http://a.example/colour/ROSE") == "deprecated"
    assert small(True).state("http://b.example/colour/RED") is None


def test_a_deprecated_code_warns() -> None:
    (only,) = check_codes(
        graph(
            swapped(
                f"dct:license <{A}/licence/CC_BY_4_0> ;\n  dct:rights",
                f"dct:license <{A}/licence/CC_BYNC_1_0> ;\n  dct:rights",
            )
        ),
        CODES,
    )
    assert (only.code, only.severity, only.key) == ("code-deprecated", "warning", X + "f")


def test_a_code_with_https_is_invented_but_for_media_types() -> None:
    (only,) = check_codes(
        graph(
            swapped(
                "<http://publications.europa.eu/resource/authority/file-type/",
                "<https://publications.europa.eu/resource/authority/file-type/",
            )
        ),
        CODES,
    )
    assert (only.code, only.params["expected"]) == ("code-invalid", f"{A}/file-type/CSV")
    assert check_codes(graph(swapped("<http://www.iana.org", "<https://www.iana.org")), CODES) == []


def test_a_code_of_a_part_is_told_for_the_entity_and_once() -> None:
    text = swapped("x:period a dct:PeriodOfTime ;", f"x:period a dct:PeriodOfTime ; dct:language <{A}/language/XYZ> ;")
    (only,) = check_codes(graph(text, f"x:period dct:language <{A}/language/XYZ> ."), CODES, "talleres")
    assert (only.key, only.dataset) == (X + "d", "talleres")


def test_each_list_is_dated_sorted_and_without_copies() -> None:
    folder = ROOT / "vocab" / "codes"
    listed = {row["table"] for row in csv.DictReader((folder / "tables.csv").open(encoding="utf-8"))}
    assert {p.stem for p in folder.glob("*.csv")} == listed | {"tables"}
    for table in CODES.tables.values():
        rows = [row["code"] for row in csv.DictReader((folder / f"{table.name}.csv").open(encoding="utf-8"))]
        assert rows == sorted(set(rows))
        assert table.date <= date(2026, 11, 22) and table.origin
        assert not any(re.search(r"\s", code) for code in rows)


def test_the_lists_that_the_standards_fix_are_whole() -> None:
    sizes = {name: len(CODES.tables[name].codes) for name in ("sector", "territory", "file-type", "machine-readable")}
    assert sizes == {"sector": 22, "territory": 72, "file-type": 216, "machine-readable": 20}
    assert all(CODES.tables[name].complete for name in sizes)
    assert not CODES.tables["language"].complete


def test_what_the_program_itself_uses_is_in_the_lists() -> None:
    assert set(CODES.tables["frequency"].codes) == FREQUENCIES
    assert {f.code for f in FORMATS.values()} <= set(CODES.tables["file-type"].codes)


def test_a_register_that_says_neither_yes_nor_no_is_refused(tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "tables.csv").write_text(
        "table,prefix,complete,date,origin\nc,http://a/,perhaps,2026-01-01,x\n"
    )
    (tmp_path / "codes" / "c.csv").write_text("code,status\nA,\n")
    with pytest.raises(ValueError, match="neither"):
        load_codes(tmp_path)
