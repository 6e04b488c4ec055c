"""CSV files as people save them: read whole, or refused with a finding that says what to do."""

import csv
import io
import tracemalloc
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts.project import Project
from pipelines.pull.encoding import find_encoding
from pipelines.pull.parts import read_part
from pipelines.pull.reading import reading
from tests.pull.pull_builders import HEADER, Desk, cells, codes, only
from tests.tiny import Tiny

ROWS = [["a-1", "Asociación de Logística", "estate"], ["a-2", "Peña; S.L.", "district"]]
TEXT = HEADER + 'a-1,Asociación de Logística,estate\na-2,"Peña; S.L.",district\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "cp850", "mac_roman", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_reads_the_same_in_any_encoding_and_separator(desk: Desk, encoding: str, separator: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([["place_id", "name_es", "kind"], *ROWS])
    assert desk.rows("a.csv", out.getvalue().encode(encoding)) == ROWS


@pytest.mark.parametrize(
    "word", ["José", "Peña", "MÁLAGA", "«Clúster» – sí", "¿Qué? ¡Sí!", "D’Or", "5 º", "12 €", "nº 5"]
)
@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_an_old_encoding_is_read_right_or_not_at_all(tmp_path: Path, word: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    try:
        path.write_bytes(f"n\n{word}\n".encode(encoding))
    except UnicodeEncodeError:
        pytest.skip("the encoding has no such letter")
    found = find_encoding(path)
    assert found is None or path.read_text(encoding=found) == f"n\n{word}\n"


def test_marks_of_windows_are_no_control_characters_of_iso(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("n\nAcción «a» – ECCP–EREK, ‘día’\nJunta, fusión, año, última\n".encode("cp1252"))
    assert find_encoding(path) == "cp1252"


def test_the_euro_of_iso_8859_15_is_a_euro(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("n\n2.842.274 €; 12€; subvención de 5 €\n".encode("iso8859-15"))
    assert find_encoding(path) == "iso8859-15"


def test_text_that_two_encodings_make_plausible_is_refused(desk: Desk) -> None:
    assert only(desk.give("a.csv", HEADER.encode() + b"a-1,Smart\xa0City,estate\n"), "source-encoding-unclear")


def test_the_declared_encoding_decides_what_is_unclear(desk: Desk) -> None:
    rows = desk.rows("a.csv", HEADER.encode() + b"a-1,Smart\xa0City,estate\n", dialect={"encoding": "windows-1252"})
    assert rows == [["a-1", "Smart\xa0City", "estate"]]


def test_utf8_declared_as_windows_is_a_contradiction(desk: Desk) -> None:
    only(desk.give("a.csv", TEXT, dialect={"encoding": "windows-1252"}), "source-encoding-contradiction")


def test_a_line_that_the_declared_encoding_cannot_read_is_named(desk: Desk) -> None:
    found = only(desk.give("a.csv", TEXT.encode("cp1252"), dialect={"encoding": "utf-8"}), "source-undecodable")
    assert found.row == 2


def test_an_encoding_that_does_not_exist_is_a_finding(desk: Desk) -> None:
    only(desk.give("a.csv", TEXT, dialect={"encoding": "utf-9"}), "source-encoding-unknown")


@pytest.mark.parametrize("declared", [{}, {"encoding": "utf-8", "separator": ",", "header_row": 1}])
def test_facts_saved_by_excel_are_read_with_two_warnings(tiny: Tiny, declared: dict[str, object]) -> None:
    desk = Desk(tiny)
    desk.source(kind="facts", where=None, feed={"part": "entrega/places.csv"}, dialect=declared)
    desk.put("places.csv", TEXT.replace(",", ";").replace('"Peña; S.L."', "Peña, S.L.").encode("cp1252"))
    pulled = desk.pull()
    assert pulled.result.result == "new"
    assert codes(pulled) == ["source-encoding-other", "source-separator-other"]
    assert cells(desk.read()) == [ROWS[0], ["a-2", "Peña, S.L.", "district"]]
    assert codes(desk.pull()) == ["source-encoding-other", "source-separator-other"], "until somebody mends it"


def test_decimal_commas_do_not_make_a_separator(desk: Desk) -> None:
    text = "place_id;name_es;kind\na-1;1,5;2,5\na-2;3,5;4,5\n"
    assert desk.rows("a.csv", text) == [["a-1", "1,5", "2,5"], ["a-2", "3,5", "4,5"]]


def test_a_separator_that_cannot_be_known_is_refused(desk: Desk) -> None:
    feed = {"table": "nowhere"}
    only(desk.give("a.csv", "nombre,apellido;edad\nx,y;3\n", feed=feed), "source-separator-unclear")


def test_excels_line_that_names_the_separator_is_no_row(desk: Desk) -> None:
    assert desk.rows("a.csv", "sep=;\nplace_id;name_es;kind\na-1;x,y;z\n") == [["a-1", "x,y", "z"]]


def test_titles_above_the_header_are_passed_over(desk: Desk) -> None:
    text = "Lugares de la ciudad;;\nActualizado en marzo;;\n;;\nplace_id;name_es;kind\na-1;x;estate\n"
    assert desk.rows("a.csv", text) == [["a-1", "x", "estate"]]
    assert desk.read()["_line"].tolist() == [5]


def test_the_declared_header_row_wins(desk: Desk) -> None:
    text = "place_id,name_es,kind\nplace_id,name_es,kind\na-1,x,y\n"
    assert desk.rows("a.csv", text, dialect={"header_row": 2}) == [["a-1", "x", "y"]]
    assert only(desk.give("a.csv", text, dialect={"header_row": 9}), "source-header-missing").row == 9


def test_line_numbers_count_lines_and_not_rows(desk: Desk) -> None:
    desk.rows("a.csv", HEADER + 'a-1,"two\nlines",x\n\na-2,one,x\n')
    assert desk.read()["_line"].tolist() == [2, 5]


def test_an_empty_cell_stays_an_empty_text(desk: Desk) -> None:
    desk.rows("a.csv", HEADER + "a-1,,NA\n")
    assert desk.read().loc[0, ["name_es", "kind"]].tolist() == ["", "NA"]


def test_names_in_the_header_match_whatever_their_spaces(desk: Desk) -> None:
    feed = {"columns": {"name_es": "Nombre del lugar"}}
    desk.rows("a.csv", 'place_id,"Nombre\ndel  lugar ",kind\na-1,x,y\n', feed=feed)
    assert desk.read().columns[1] == "Nombre del lugar"


def test_trailing_separators_are_no_columns(desk: Desk) -> None:
    assert desk.rows("a.csv", "place_id,name_es,kind,,\na-1,x,y,,\n,,,,\n") == [["a-1", "x", "y"]]


def test_a_value_without_a_column_is_a_finding(desk: Desk) -> None:
    assert only(desk.give("a.csv", "place_id,,name_es\na-1,x,y\n"), "source-header-empty").row == 2


@pytest.mark.parametrize("row", ["a-1,x", "a-1,x,y,z"])
def test_a_ragged_row_is_named(desk: Desk, row: str) -> None:
    assert only(desk.give("a.csv", f"{HEADER}a-0,x,y\n{row}\n"), "source-ragged").row == 3


def test_findings_beyond_the_limit_are_counted(desk: Desk) -> None:
    desk.settings = {"max_findings": 2}
    pulled = desk.give("a.csv", HEADER + "a-1,x\n" * 10)
    assert codes(pulled) == ["source-ragged", "source-ragged", "source-findings-more"]
    assert pulled.findings[-1].params["count"] == "8"


def test_two_columns_of_one_name_are_refused(desk: Desk) -> None:
    found = only(desk.give("a.csv", "place_id,kind,kind\na-1,x,y\n"), "source-header-duplicate")
    assert (found.field, found.row) == ("kind", 1)


def test_a_column_named_as_ours_is_refused(desk: Desk) -> None:
    only(desk.give("a.csv", "place_id,name_es,_line\na-1,x,y\n"), "source-header-duplicate")


def test_a_missing_key_column_is_a_finding(desk: Desk) -> None:
    found = only(desk.give("a.csv", "name_es,kind\nx,y\n"), "source-column-missing")
    assert found.field == "place_id"


def test_a_row_in_place_of_the_header_is_not_quoted(desk: Desk) -> None:
    found = desk.give("a.csv", "kind,Ana Pérez 612345678,name_es\nx,y,z\n").findings[0]
    assert (found.code, found.params) == ("source-column-missing", {"columns": "kind, name_es", "count": "1"})
    rows = desk.give("a.csv", "a-1,Ana Pérez,612345678\nb-1,y,z\n").findings
    assert {f.params["columns"] for f in rows} == {"-"}
    assert "Ana" not in "".join(str(f.as_row()) for f in rows)


def test_a_missing_mapped_column_is_a_finding(desk: Desk) -> None:
    feed = {"columns": {"name_es": "Nombre"}}
    assert only(desk.give("a.csv", HEADER + "a-1,x,y\n", feed=feed), "source-column-missing").field == "Nombre"


def test_a_constant_needs_no_column(desk: Desk) -> None:
    feed = {"constants": {"place_id": "x"}}
    assert desk.rows("a.csv", "name_es,kind\nx,y\n", feed=feed) == [["x", "y"]]


@pytest.mark.parametrize("text", ['a-1,"open,y\na-2,x,y\n', 'a-1,"Peña "Nieto" S.L.",y\n'])
def test_quotes_that_do_not_fit_are_named(desk: Desk, text: str) -> None:
    assert only(desk.give("a.csv", HEADER + text), "source-quote").row == 2


def test_an_unclosed_quote_does_not_swallow_a_large_file(desk: Desk) -> None:
    started = monotonic()
    found = only(desk.give("a.csv", HEADER + 'a-1,"open,y\n' + "a-2,x,y\n" * 500_000), "source-quote")
    assert found.row == 2
    assert monotonic() - started < 20


def test_a_cell_beyond_the_limit_is_refused(desk: Desk) -> None:
    desk.settings = {"max_cell_chars": 1000}
    found = only(desk.give("a.csv", HEADER + f"a-1,{'x' * 1001},y\n"), "source-cell-long")
    assert (found.row, found.field) == (2, "name_es")


def test_a_line_without_end_is_refused(desk: Desk) -> None:
    desk.settings = {"max_cell_chars": 100}
    only(desk.give("a.csv", HEADER + "x" * 100_000), "source-line-long")


def test_a_million_columns_end_in_bounded_time_and_memory(desk: Desk) -> None:
    data = ",".join(f"c{n}" for n in range(1_000_000)) + "\n"
    tracemalloc.start()
    started = monotonic()
    found = only(desk.give("a.csv", data), "source-too-many-columns")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.params["count"] == "1000000"
    assert monotonic() - started < 60
    assert peak < 1_000_000_000


def test_more_rows_than_allowed_are_refused(desk: Desk) -> None:
    desk.settings = {"max_rows": 3}
    only(desk.give("a.csv", HEADER + "a,b,c\n" * 4), "source-too-many-rows")


def test_nul_bytes_are_refused(desk: Desk) -> None:
    assert only(desk.give("a.csv", HEADER + "a-1,x\0,y\n"), "source-nul").row == 2


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|'/C calc'!A0", " =A1"])
def test_what_a_spreadsheet_would_run_is_refused(desk: Desk, cell: str) -> None:
    found = only(desk.give("a.csv", HEADER + f'a-1,"{cell}",y\n'), "source-formula")
    assert (found.row, found.field) == (2, "name_es")


@pytest.mark.parametrize("cell", ["-5", "+34 600", "@ayuntamiento", "- uno (dos)", "a=b"])
def test_texts_that_only_begin_like_formulas_are_read(desk: Desk, cell: str) -> None:
    assert desk.rows("a.csv", HEADER + f"a-1,{cell},y\n") == [["a-1", cell, "y"]]


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (b"", "source-empty"),
        (b"\n\n", "source-empty"),
        (b"<!DOCTYPE html><html><body>Error</body></html>", "source-html"),
        (b"\xef\xbb\xbf  <!-- x -->\n<HTML><head>", "source-html"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "source-html"),
        (b"<?xml version='1.0'?><rows/>", "source-format-wrong"),
        (b'{"error": "no"}', "source-format-wrong"),
        (b"PK\x03\x04 rest", "source-format-wrong"),
        (b"%PDF-1.7", "source-format-wrong"),
        (b"\x1f\x8b\x08", "source-format-wrong"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "source-old-workbook"),
    ],
)
def test_what_is_no_table_inside_is_refused_as_csv(desk: Desk, start: bytes, code: str) -> None:
    only(desk.give("a.csv", start), code)


def test_a_header_alone_is_a_table_of_no_rows_and_a_warning(desk: Desk) -> None:
    pulled = desk.give("a.csv", HEADER)
    assert (pulled.result.result, codes(pulled)) == ("new", ["source-no-rows"])
    assert len(desk.read()) == 0
    assert list(desk.read().columns) == ["place_id", "name_es", "kind", "_source", "_part", "_line"]


def test_every_message_of_the_room_can_be_shown_whole(desk: Desk) -> None:
    """What a finding of a file says names its part, line and column, in both languages."""
    found = only(desk.give("a.csv", HEADER + "a-1,x\n"), "source-ragged")
    assert "a.csv" in found.what("es")
    assert "línea 2" in found.what("es")
    assert "{" not in found.what("en") + found.do("en") + found.do("es")
    assert "no se muestra" not in found.what("es") + found.do("es")


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
_SAFE = _CELL.filter(lambda c: not c.lstrip().startswith(("=", "+", "-", "@")))


@given(
    rows=st.lists(st.tuples(_SAFE.filter(str.strip), _SAFE, _SAFE), min_size=1, max_size=8),
    separator=st.sampled_from(",;\t|"),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_csv_writes_is_read_back(
    tmp_path: Path, plain: Project, rows: list[tuple[str, str, str]], separator: str
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([("place_id", "name_es", "kind"), *rows])
    path = tmp_path / "a.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    source = plain.sources["registro"]
    frame = read_part(reading(plain, source, source.feeds[0], "a.csv", path))
    assert cells(frame) == [list(row) for row in rows]


@pytest.fixture
def plain(tiny: Tiny) -> Project:
    return tiny.load()
