"""What a view shows: counts, what was said in which year, what rows join, and which figures make a line."""

import csv
import io
from pathlib import Path

import pytest

from pipelines.contracts.project import Project
from tests.publish.edition_city import places, publish, visits_file
from tests.publish.views_city import FIGURES, SAID, cells, declare, drawn, figures_file, files_of, make_views_city, view

RHEA = "/recurso/ciudad/place/%C3%B1u%2F1"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Project:
    tiny = make_views_city(tmp_path_factory.mktemp("views") / "city")
    declare(tiny, places(), view("kinds", "bars", "places", by="kind"))
    declare(
        tiny,
        visits_file(),
        view("by-place", "bars", "visits", by="place_id"),
        view("by-status", "bars", "visits", by="status", where={"people": ["12", "7"]}),
        view("by-people", "bars", "visits", by="people"),
        view("years", "matrix", "visits", by="place_id", value="status", at=["2021", "2022", "2023"], home=True),
        view("papers", "network", "visits", by="place_id", to="document_id", among="figures/figures"),
        view("joins", "network", "visits", by="place_id", to="document_id", among="places/places"),
    )
    tiny.schema(figures_file(view("line", "line", "figures")))
    return publish(tiny)


def test_codes_are_counted_in_the_order_of_their_vocabulary(city: Project) -> None:
    shown = drawn(city, "places", "kinds")
    assert cells(shown) == [["Distrito", "2"], ["Polígono", "1"]]
    assert [row[0].path for row in shown.rows] == ["/kos/place-kind/district", "/kos/place-kind/estate"]
    assert cells(drawn(city, "visits", "by-status")) == [["Celebrada", "1"], ["Prevista", "1"]]


def test_things_are_counted_under_their_names_the_greatest_first(city: Project) -> None:
    shown = drawn(city, "visits", "by-place")
    assert cells(shown, "en") == [["Centre District", "2"], ["Rhea District", "2"], ["South Estate", "2"]]
    assert shown.rows[1][0].path == RHEA


def test_empty_cells_are_counted_last_and_not_left_out(city: Project) -> None:
    assert cells(drawn(city, "visits", "by-people")) == [["12", "1"], ["7", "1"], ["sin dato", "4"]]


def test_count_carries_the_coverage_of_its_table_and_its_version(city: Project) -> None:
    shown = drawn(city, "visits", "by-place")
    assert [s.es for s in shown.statements] == ["Solo los nombrados."]
    assert (shown.version, shown.drawn, shown.home) == (
        max(v.name for v in city.store.releases.glob("visits/2*")),
        True,
        False,
    )


def test_matrix_has_every_row_of_a_year_and_says_so_where_there_is_none(city: Project) -> None:
    shown = drawn(city, "visits", "years")
    assert [h.es for h in shown.header] == ["Título place_id", "2021", "2022", "2023"]
    assert cells(shown) == [
        ["Distrito Centro", "nada consta", "Celebrada", "Prevista (nuestro)"],
        ["Distrito Ñandú", "Prevista", "Prevista", "nada consta"],
    ]
    assert shown.rows[0][2].path == "/kos/status/held"
    assert shown.rows[0][1].path is None
    assert (shown.drawn, shown.home) == (False, True)
    assert "En 2022: Celebrada (1), Prevista (1)." in shown.alternative.es
    assert shown.alternative.en.endswith("which are not shown: 2.")


def test_network_joins_what_its_other_table_describes(city: Project) -> None:
    shown = drawn(city, "visits", "joins")
    assert [h.en for h in shown.header] == ["Title place_id", "Title document_id", "Title status", "Caveat"]
    assert ["Distrito Ñandú", "Acta de la reunión", "Prevista", "Ojo."] in cells(shown)
    assert ["Polígono Sur", "Acta de la reunión", "Celebrada", "ninguna"] in cells(shown)
    assert shown.rows[0][1].path == "/recurso/ciudad/document/acta"
    assert "Uniones: 3, entre 3" in shown.alternative.es


def test_network_among_rows_that_describe_nobody_is_empty_and_not_drawn(city: Project) -> None:
    shown = drawn(city, "visits", "papers")
    assert (shown.rows, shown.drawn) == ([], False)
    assert sorted(n for n in files_of(city, "visits") if n.startswith("papers")) == ["papers.csv", "papers.json"]


def test_line_has_only_stated_dated_figures_of_one_kind_at_three_periods(city: Project) -> None:
    shown = drawn(city, "figures", "line")
    assert cells(shown) == [
        ["Distrito Centro", "Personas", "2021", "42", "ninguna"],
        ["Distrito Centro", "Personas", "2022", "65,5", "Ojo."],
        ["Distrito Centro", "Personas", "2024-03-19", "1071", "ninguna"],
    ]
    assert cells(shown, "en")[2][3] == "1,071"
    assert "No se dibujan 7 de 10 observaciones" in shown.alternative.es
    assert "inferred or calculated: 1; without a period that begins and ends: 2" in shown.alternative.en
    assert "of kinds with fewer than 3 periods: 4" in shown.alternative.en


def test_data_are_a_csv_with_both_languages_where_they_differ(city: Project) -> None:
    raw = files_of(city, "figures")["line.csv"]
    lines = list(csv.reader(io.StringIO(raw.decode(), newline="")))
    assert lines[0] == [
        *("Título place_id (es)", "Title place_id (en)", "Título indicator (es)", "Title indicator (en)"),
        *("Título date / Title date", "Título value (es)", "Title value (en)", "Advertencia (es)", "Caveat (en)"),
    ]
    assert lines[2] == [
        *("Distrito Centro", "Centre District", "Personas", "People", "2022", "65,5", "65.5", "Ojo.", "Mind."),
    ]
    assert raw.count(b"\r\n") == raw.count(b"\n") == 4


def test_line_without_a_series_has_no_files_and_no_finding(tmp_path: Path) -> None:
    tiny = make_views_city(tmp_path / "city", figures="".join(FIGURES.splitlines(keepends=True)[:3]))
    tiny.schema(figures_file(view("line", "line", "figures")))
    assert files_of(publish(tiny), "figures") == {}


def test_range_is_drawn_and_said_with_both_bounds(tmp_path: Path) -> None:
    rows = "".join(f"g-{n},sur,people,20{n},10,12,count,between,stated,,\n" for n in (20, 21, 22))
    tiny = make_views_city(tmp_path / "city", figures=FIGURES.splitlines(keepends=True)[0] + rows)
    tiny.schema(figures_file(view("line", "line", "figures")))
    project = publish(tiny)
    assert [row[3] for row in cells(drawn(project, "figures", "line"))] == ["entre 10 y 12"] * 3
    assert files_of(project, "figures")["line.en.svg"].count(b"between 10 and 12") > 3


def test_axis_of_three_tenths_has_round_steps(tmp_path: Path) -> None:
    rows = "".join(f"g-{n},sur,people,202{n},0.{n},,count,exact,stated,,\n" for n in (1, 2, 3))
    tiny = make_views_city(tmp_path / "city", figures=FIGURES.splitlines(keepends=True)[0] + rows)
    tiny.schema(figures_file(view("line", "line", "figures")))
    said = files_of(publish(tiny), "figures")["line.es.svg"].decode()
    assert all(f">{tick}<" in said for tick in ("0", "0,05", "0,1", "0,15", "0,2", "0,25"))


def test_what_is_too_many_to_be_drawn_is_no_endless_sentence(tmp_path: Path) -> None:
    head, _, _ = SAID.partition("\n")
    said = "".join(f"v-{n},centro,2022,held,{n},acta,1,uno,stated,,\n" for n in range(100, 170))
    figures = "".join(
        f"f-{n}-{year},p-{n},people,{year},1,,count,exact,stated,,\n" for n in range(61) for year in (2020, 2021, 2022)
    )
    tiny = make_views_city(tmp_path / "city", FIGURES.partition("\n")[0] + "\n" + figures, f"{head}\n{said}")
    declare(tiny, visits_file(), view("by-people", "bars", "visits", by="people"))
    tiny.schema(figures_file(view("line", "line", "figures")))
    project = publish(tiny)
    counted, lines = drawn(project, "visits", "by-people"), drawn(project, "figures", "line")
    assert (len(counted.rows), len(lines.rows), counted.drawn, lines.drawn) == (70, 183, False, False)
    assert "107, y 62 más." in counted.alternative.es
    assert counted.alternative.en.endswith(
        "107, and 62 more. They are too many to be drawn; the data are in the table."
    )
    assert lines.alternative.es.endswith(": 61. Son demasiados para dibujarlos; los datos están en la tabla.")
