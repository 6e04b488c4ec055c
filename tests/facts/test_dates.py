"""Trap D: dates."""

import re

import pandas as pd
import pytest

from pipelines.contracts.project import Project

from .conftest import row, rows

Tables = dict[str, pd.DataFrame]
EDTF = re.compile(r"(\d{4}(-\d{2}(-\d{2})?)?|\.\.)(/(\d{4}(-\d{2}(-\d{2})?)?|\.\.))?")


@pytest.mark.parametrize(
    ("event", "date"),
    [
        ("red-encuentro-presidentes-1", "2022-03-02"),
        ("red-encuentro-presidentes-2", "2022-07-04"),
        ("red-contactos-bilaterales-2022", "2022-01/2022-02"),
        ("ciber-presentacion-2019", "2019-10-28"),
        ("fintech-presentacion-2020", "2020-02-19"),
        ("clusters-meet-regions-malaga-2022", "2022-02-16/2022-02-17"),
        ("scc-foro-inteligencias-ciudad-1", "2024-06"),
        ("clusters-presentacion-conjunta-2020", "2020-06"),
    ],
)
def test_an_event_has_the_date_that_the_document_means(tables: Tables, event: str, date: str) -> None:
    assert row(tables["events"], event_id=event)["date"] == date


def test_the_first_two_meetings_are_in_march_and_july(tables: Tables) -> None:
    meetings = tables["milestones"].set_index("event_id").date
    assert meetings["red-encuentro-presidentes-1"] == "2022-03-02"
    assert meetings["red-encuentro-presidentes-2"] == "2022-07-04"


@pytest.mark.parametrize("date", ["2020-04-24", "2020-05-27", "2020-06-30"])
def test_a_day_without_a_year_is_of_2020_and_says_so(tables: Tables, date: str) -> None:
    found = rows(tables["events"], document_id="eccp-2020", date=date)
    assert len(found)
    assert found.caveat_en.str.contains("year|2020").all()


def test_the_strategy_sheet_is_dated_only_by_its_code(tables: Tables) -> None:
    document = row(tables["documents"], document_id="estrategia-2023")
    assert (document["date"], document["date_basis"]) == ("2023", "from-the-code")
    for name, column in [("cluster_statuses", "as_of"), ("network_memberships", "as_of"), ("observations", "period")]:
        found = rows(tables[name], document_id="estrategia-2023", **{column: "2023"})
        assert found.caveat_en.str.contains("code").all(), name


def test_what_was_planned_in_2020_is_never_held(tables: Tables) -> None:
    joint = row(tables["events"], event_id="clusters-presentacion-conjunta-2020")
    assert (joint["status"], joint["document_id"]) == ("planned", "mia-2020")
    assert joint["caveat_en"]
    circular = row(tables["milestones"], milestone_id="hito-circular-entrada-funcionamiento")
    assert (circular["milestone_type_id"], circular["status"], circular["date"]) == (
        "planned-start",
        "expected",
        "2020",
    )


def test_announced_editions_of_2024_stay_planned(tables: Tables) -> None:
    editions = tables["events"][tables["events"].event_id.str.startswith("pub-cmr-")]
    assert set(editions.status) == {"planned", "unknown"}


@pytest.mark.parametrize("table", ["events", "projects", "measures", "milestones", "agreements", "memberships"])
def test_an_unsure_status_says_what_a_reader_must_know(tables: Tables, table: str) -> None:
    unsure = {"planned", "proposed", "expected", "under-consideration", "not-listed", "unknown"}
    found = tables[table][tables[table].status.isin(unsure)]
    assert len(found)
    assert (found.caveat_es != "").all()


def test_october_is_a_company_and_orange_no_colour(tables: Tables) -> None:
    organisations = tables["organisations"].set_index("org_id")
    assert organisations.loc["october", "org_type_id"] == "startup"
    assert organisations.loc["orange", "org_type_id"] == "large-company"
    assert row(tables["memberships"], org_id="october", document_id="mia-2020")["as_of"] == "2020-03"


def test_the_decline_of_2006_to_2018_has_no_figure(tables: Tables) -> None:
    decline = rows(tables["milestones"], date="2006/2018")
    assert list(decline.milestone_type_id) == ["context"]
    assert "2006/2018" not in set(tables["observations"].period)


def test_followers_of_two_years_are_dated_by_year(tables: Tables) -> None:
    followers = rows(tables["observations"], indicator_id="followers-total")
    assert set(zip(followers.period, followers.value, strict=True)) == {("2024", "10400"), ("2023", "9300")}


def test_every_date_is_edtf_and_in_order(tables: Tables, project: Project) -> None:
    columns = 0
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            for field in resource.table_schema.fields:
                assert field.edtf == (field.name in {"date", "as_of", "period"}), f"{resource.name}.{field.name}"
                if not field.edtf:
                    continue
                columns += 1
                given = tables[resource.name][field.name]
                given = given[given != ""]
                assert given.map(lambda v: bool(EDTF.fullmatch(v))).all(), f"{resource.name}.{field.name}"
                closed = given[given.str.match(r"\d.*/\d")].str.split("/", expand=True)
                assert closed.empty or (closed[0] <= closed[1]).all()
    assert columns == 14


def test_a_milestone_that_is_an_event_has_its_date(tables: Tables) -> None:
    events = tables["events"].set_index("event_id").date
    steps = tables["milestones"][tables["milestones"].event_id != ""]
    both = steps[(steps.date != "") & (steps.event_id.map(events) != "")]
    assert len(both) == 8
    assert (both.date == both.event_id.map(events)).all()
