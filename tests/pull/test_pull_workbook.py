"""Workbooks and JSON: typed cells become the text that tidy reads, hostile files end in bounded time."""

import datetime as dt
import io
import json
import tracemalloc
import zipfile
import zlib
from time import monotonic
from typing import Any

import pytest

from tests.pull.pull_builders import Desk, cells, codes, ods, ods_row, only, spoilt, workbook

HEADER = ["place_id", "name_es", "kind"]
SHEET = "xl/worksheets/sheet1.xml"


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        (15.0, "15"),
        (1.125, "1.125"),
        (0.0000001, "0.0000001"),
        (1e20, "100000000000000000000"),
        (True, "true"),
        (dt.date(2024, 3, 1), "2024-03-01"),
        (dt.datetime(2024, 3, 1, 10, 5), "2024-03-01T10:05:00"),
        ("1.100", "1.100"),
        ("NA", "NA"),
    ],
)
def test_a_cell_of_a_workbook_becomes_this_text(desk: Desk, value: Any, text: str) -> None:
    assert desk.rows("a.xlsx", workbook(HEADER, ["a-1", value, "x"])) == [["a-1", text, "x"]]


def test_a_number_gets_the_decimal_mark_of_the_source(desk: Desk) -> None:
    rows = desk.rows("a.xlsx", workbook(HEADER, ["a-1", 1.125, "1.100"]), dialect={"decimal": ","})
    assert rows == [["a-1", "1,125", "1.100"]]


def test_a_day_gets_the_date_format_of_the_source(desk: Desk) -> None:
    data = workbook(HEADER, ["a-1", dt.date(2022, 7, 4), "04/07/2022"])
    assert desk.rows("a.xlsx", data, dialect={"date_format": "%d/%m/%Y"}) == [["a-1", "04/07/2022", "04/07/2022"]]


def test_the_header_below_titles_is_found_and_lines_are_those_of_the_sheet(desk: Desk) -> None:
    data = workbook(["Lugares, marzo de 2026"], [], [None, "nota"], HEADER, ["a-1", "x", "y"], [], ["a-2", "z", None])
    assert desk.rows("a.xlsx", data) == [["a-1", "x", "y"], ["a-2", "z", ""]]
    assert desk.read()["_line"].tolist() == [5, 7]


def test_a_table_of_an_ods_that_does_not_begin_at_the_corner_keeps_its_lines(desk: Desk) -> None:
    empty = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
    assert desk.rows("a.ods", ods(empty + ods_row(*HEADER) + ods_row("a", "b", "c"))) == [["a", "b", "c"]]
    assert desk.read()["_line"].tolist() == [5]


def test_a_table_that_does_not_begin_at_the_corner_keeps_its_lines(desk: Desk) -> None:
    def away(page: Any) -> None:
        page.insert_rows(1, 3)
        page.insert_cols(1, 2)

    data = workbook(HEADER, ["a-1", "x", "y"], change=away)
    assert desk.rows("a.xlsx", data) == [["a-1", "x", "y"]]
    assert desk.read()["_line"].tolist() == [5]


def test_the_declared_sheet_is_read_and_a_missing_one_is_named(desk: Desk) -> None:
    data = workbook(HEADER, ["a-1", "x", "y"], sheet="Datos")
    assert desk.rows("a.xlsx", data, dialect={"sheet": "Datos"}) == [["a-1", "x", "y"]]
    found = only(desk.give("a.xlsx", data, dialect={"sheet": "Otra"}), "source-sheet-missing")
    assert found.params["kind"] == "Datos"


def test_a_formula_is_refused_and_its_cell_named(desk: Desk) -> None:
    found = only(desk.give("a.xlsx", workbook(HEADER, ["a-1", "=1+1", "x"])), "source-formula")
    assert (found.row, found.field) == (2, "B2")


def test_a_formula_of_another_sheet_does_not_matter(desk: Desk) -> None:
    def more(page: Any) -> None:
        page.parent.create_sheet("Notas")["A1"] = "=1+1"

    assert desk.rows("a.xlsx", workbook(HEADER, ["a-1", "x", "y"], change=more)) == [["a-1", "x", "y"]]


def test_an_error_of_the_spreadsheet_is_refused(desk: Desk) -> None:
    def error(page: Any) -> None:
        page["B2"] = "#N/A"
        page["B2"].data_type = "e"

    found = only(desk.give("a.xlsx", workbook(HEADER, ["a-1", "x", "y"], change=error)), "source-error-cell")
    assert found.field == "B2"


def test_hidden_rows_and_merged_cells_are_read_with_a_warning(desk: Desk) -> None:
    def hide(page: Any) -> None:
        page.row_dimensions[2].hidden = True
        page.merge_cells("A3:B3")

    pulled = desk.give("a.xlsx", workbook(HEADER, ["a-1", "x", "y"], ["a-2", None, "y"], change=hide))
    assert codes(pulled) == ["source-hidden-rows", "source-merged-cells"]
    assert cells(desk.read()) == [["a-1", "x", "y"], ["a-2", "", "y"]]


@pytest.mark.parametrize("data", [b"PK\x03\x04 not a zip at all", zipped(**{"hola.txt": b"x"}), b"place_id,name_es\n"])
def test_what_is_no_workbook_inside_is_refused(desk: Desk, data: bytes) -> None:
    pulled = desk.give("a.xlsx", data)
    assert pulled.result.result == "failed"
    assert set(codes(pulled)) <= {"source-broken", "source-format-wrong"}


def test_an_ods_named_xlsx_is_refused(desk: Desk) -> None:
    only(desk.give("a.xlsx", ods(ods_row(*HEADER))), "source-format-wrong")


def test_a_protected_workbook_is_explained(desk: Desk) -> None:
    only(desk.give("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)), "source-old-workbook")


def test_broken_xml_inside_is_refused(desk: Desk) -> None:
    only(desk.give("a.xlsx", spoilt(workbook(HEADER, ["a", "b", "c"]), SHEET, lambda x: x[:-40])), "source-broken")


def test_entities_in_the_xml_are_refused(desk: Desk) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    data = spoilt(workbook(HEADER, ["a", "b", "c"]), SHEET, lambda x: bomb + x)
    only(desk.give("a.xlsx", data), "source-broken")


def test_a_zip_bomb_ends_in_bounded_time_and_memory(desk: Desk) -> None:
    desk.settings = {"max_file_bytes": 20_000_000}
    data = spoilt(workbook(HEADER), SHEET, lambda x: x + b" " * 200_000_000)
    tracemalloc.start()
    started = monotonic()
    only(desk.give("a.xlsx", data), "source-zip-bomb")
    assert monotonic() - started < 20
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_a_zip_bomb_that_lies_about_its_size_is_found_out(desk: Desk) -> None:
    desk.settings = {"max_file_bytes": 2_000_000}
    true = b" " * 50_000_000
    data = bytearray(zipped(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>", "xl/big.xml": true}))
    said, real = (100).to_bytes(4, "little"), len(true).to_bytes(4, "little")
    assert data.count(real) == 2
    data = data.replace(real, said).replace(
        zlib.crc32(true).to_bytes(4, "little"), zlib.crc32(true[:100]).to_bytes(4, "little")
    )
    only(desk.give("a.xlsx", bytes(data)), "source-zip-bomb")


@pytest.mark.parametrize("name", ["../../etc/x", "/etc/x", "..\\x"])
def test_hostile_names_in_the_archive_are_refused(desk: Desk, name: str) -> None:
    data = zipped(**{"xl/workbook.xml": b"<x/>", name: b"x"})
    only(desk.give("a.xlsx", data), "source-zip-names")


def test_two_members_of_one_name_are_refused(desk: Desk) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/workbook.xml", b"<x/>")
        archive.writestr("xl/workbook.xml", b"<y/>")
    only(desk.give("a.xlsx", out.getvalue()), "source-zip-names")


def test_a_stray_cell_at_the_far_end_does_not_fill_the_memory(desk: Desk) -> None:
    def stray(page: Any) -> None:
        page["ZZ1048576"] = "x"

    desk.settings = {"max_columns": 1000}
    started = monotonic()
    only(desk.give("a.xlsx", workbook(HEADER, ["a", "b", "c"], change=stray)), "source-area")
    assert monotonic() - started < 10


def test_too_many_columns_of_a_sheet_are_refused(desk: Desk) -> None:
    only(desk.give("a.xlsx", workbook([f"c{n}" for n in range(600)])), "source-too-many-columns")


def test_too_many_rows_of_a_sheet_are_refused(desk: Desk) -> None:
    desk.settings = {"max_rows": 3}
    only(desk.give("a.xlsx", workbook(HEADER, *[["a", "b", "c"]] * 5)), "source-too-many-rows")


def test_an_ods_is_read_with_its_types(desk: Desk) -> None:
    typed = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>007</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2024-03-01"><text:p>01/03/24</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="15"><text:p>15</text:p></table:table-cell></table:table-row>'
    )
    assert desk.rows("a.ods", ods(ods_row("Título") + ods_row(*HEADER) + typed)) == [["007", "2024-03-01", "15"]]
    assert desk.read()["_line"].tolist() == [3]


def test_empty_repetitions_at_the_end_of_an_ods_do_no_harm(desk: Desk) -> None:
    tail = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert desk.rows("a.ods", ods(ods_row(*HEADER) + ods_row("a", "b", "c") + tail)) == [["a", "b", "c"]]


def test_filled_repetitions_of_an_ods_are_counted_before_they_are_made(desk: Desk) -> None:
    bomb = ods_row("x", more='table:number-rows-repeated="1000000"', cell='table:number-columns-repeated="400"')
    started = monotonic()
    only(desk.give("a.ods", ods(ods_row(*HEADER) + bomb)), "source-area")
    assert monotonic() - started < 10


def test_a_formula_of_an_ods_is_refused(desk: Desk) -> None:
    body = ods_row(*HEADER) + ods_row("a", "b", "c", cell='table:formula="of:=1+1"')
    pulled = desk.give("a.ods", ods(body))
    assert set(codes(pulled)) == {"source-formula"}
    assert (pulled.findings[0].row, pulled.findings[0].field) == (2, "A2")


RECORDS = [{"place_id": "007", "name_es": "Peña", "kind": None}, {"place_id": "a-2", "kind": True, "more": [1, "x"]}]
READ = [["007", "Peña", "", ""], ["a-2", "", "true", '[1,"x"]']]


def test_json_records_become_rows(desk: Desk) -> None:
    assert desk.rows("a.json", json.dumps(RECORDS)) == READ
    assert desk.read()["_line"].tolist() == [1, 2]


def test_json_lines_become_rows_of_their_lines(desk: Desk) -> None:
    text = "\n\n".join(json.dumps(r) for r in RECORDS)
    assert desk.rows("a.jsonl", text) == READ
    assert desk.read()["_line"].tolist() == [1, 3]


def test_the_list_inside_a_json_is_found_by_its_path(desk: Desk) -> None:
    data = json.dumps({"result": {"records": RECORDS}})
    assert desk.rows("a.json", data, dialect={"records": "result.records"}) == READ
    only(desk.give("a.json", data), "source-json-no-list")
    only(desk.give("a.json", data, dialect={"records": "result.rows"}), "source-json-no-list")


def test_a_number_of_json_gets_the_decimal_mark_of_the_source(desk: Desk) -> None:
    rows = desk.rows("a.json", '[{"place_id": 12345678901234567890, "name_es": 1.125}]', dialect={"decimal": ","})
    assert rows == [["12345678901234567890", "1,125"]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[{"place_id": "a"', "source-json"),
        ('[{"place_id": NaN}]', "source-json"),
        ('[{"place_id": 1e999}]', "source-json"),
        ('[{"place_id": ' + "9" * 5000 + "}]", "source-json"),
        ("[" * 100_000, "source-json"),
        ('[{"place_id": "a", "place_id": "b"}]', "source-json-key-twice"),
        ('["a"]', "source-json-record"),
        ('"a"', "source-json-no-list"),
        ("[]", "source-empty"),
        ("<html><body>Error</body></html>", "source-html"),
        ('[{"place_id": "=1+1"}]', "source-formula"),
        ("[" + "[]," * 5_000_001 + "[]]", "source-json-large"),
        (json.dumps([{f"c{n}": n for n in range(501)}]), "source-too-many-columns"),
    ],
)
def test_json_that_cannot_be_read_is_refused(desk: Desk, text: str, code: str) -> None:
    only(desk.give("a.json", text), code)


def test_json_in_latin_1_is_refused(desk: Desk) -> None:
    only(desk.give("a.json", '[{"place_id": "ñ"}]'.encode("latin-1")), "source-undecodable")
    only(desk.give("a.jsonl", '{"place_id": "ñ"}'.encode("latin-1")), "source-undecodable")


def test_a_bad_line_of_json_lines_is_named(desk: Desk) -> None:
    assert only(desk.give("a.jsonl", '{"place_id": "a"}\n{"place_id": \n'), "source-json").row == 2
