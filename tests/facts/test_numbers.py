"""Trap C: numbers and formats, and the little that was calculated from them."""

import re

import pandas as pd
import pytest

from pipelines.contracts.project import Project

from .conftest import row, rows

Tables = dict[str, pd.DataFrame]


def observation(tables: Tables, identity: str) -> dict[str, str]:
    return row(tables["observations"], observation_id=identity)


@pytest.mark.parametrize(
    ("identity", "printed", "value"),
    [
        ("ob-scc-2024-media-value", "2.842.274€", "2842274"),
        ("ob-scc-2024-new-followers", "1.100", "1100"),
        ("ob-scc-2024-followers", "10.400", "10400"),
    ],
)
def test_a_dot_grouped_number_is_thousands(tables: Tables, identity: str, printed: str, value: str) -> None:
    found = observation(tables, identity)
    assert (found["raw_value"], found["value"]) == (printed, value)


def test_750000_millones_is_seven_hundred_fifty_thousand_million_euros(tables: Tables) -> None:
    printed = observation(tables, "ob-ngeu-package")
    assert printed["raw_value"] == "750 000 millones de euros"
    assert float(printed["value"]) == 7.5e11
    assert printed["unit_id"] == "EUR"
    confirmed = rows(tables["observations"], indicator_id="recovery-package-eur")
    assert set(confirmed.value) == {"750000000000"}


def test_each_printed_number_is_read_as_printed(tables: Tables) -> None:
    observations = tables["observations"]
    stated = observations[(observations.basis == "stated") & (observations.raw_value != "")]
    for identity, printed, value in zip(stated.observation_id, stated.raw_value, stated.value, strict=True):
        numbers = [re.sub(r"[ .]", "", n) for n in re.findall(r"\d{1,3}(?:[ .]\d{3})+|\d+", printed)]
        if "millones" in printed:
            numbers = [n + "000000" for n in numbers]
        assert not numbers or value in numbers, identity


@pytest.mark.parametrize(
    ("identity", "qualifier", "value"),
    [
        ("ob-red-2023-entities", "more-than", "500"),
        ("ob-fintech-2020-partners", "more-than", "100"),
        ("ob-scc-2024-submitted-value", "more-than", "3000000"),
        ("ob-polo-startups", "more-than", "12"),
        ("ob-cmr-pitches", "more-than", "10"),
        ("ob-scc-2024-open-rate", "about", "40"),
        ("ob-circular-2020-social", "at-least", "25"),
    ],
)
def test_the_qualifier_stays_with_the_value(tables: Tables, identity: str, qualifier: str, value: str) -> None:
    found = observation(tables, identity)
    assert (found["qualifier"], found["value"]) == (qualifier, value)


def test_between_ten_and_twelve_is_a_range(tables: Tables) -> None:
    posts = observation(tables, "ob-scc-2024-posts")
    assert (posts["qualifier"], posts["value"], posts["value_max"]) == ("between", "10", "12")


def test_an_upper_bound_is_above_the_value(tables: Tables) -> None:
    ranges = tables["observations"][tables["observations"].value_max != ""]
    assert (ranges.value_max.astype(float) > ranges.value.astype(float)).all()
    assert set(ranges.qualifier) == {"between"}


@pytest.mark.parametrize(
    ("identity", "value"),
    [("ob-scc-2024-dossiers", "4"), ("ob-scc-2024-approved-solo", "1"), ("ob-scc-2024-approved-inter", "3")],
)
def test_a_number_in_words_is_read(tables: Tables, identity: str, value: str) -> None:
    found = observation(tables, identity)
    assert not re.search(r"\d", found["raw_value"])
    assert found["value"] == value


def test_25_percent_more_is_12_before_and_25_percent_social_is_a_target(tables: Tables) -> None:
    growth = observation(tables, "ob-scc-2024-territories-growth")
    before = observation(tables, "ob-scc-2023-territories")
    target = observation(tables, "ob-circular-2020-social")
    assert (growth["value"], growth["unit_id"]) == ("25", "percent")
    assert (before["value"], before["derived"], before["basis"]) == ("12", "yes", "ours")
    assert target["indicator_id"] != growth["indicator_id"]
    assert "target" in target["caveat_en"]


def test_ten_new_territories_of_fifteen_leave_five(tables: Tables) -> None:
    assert observation(tables, "ob-scc-2024-territories-new")["value"] == "10"
    assert observation(tables, "ob-scc-2024-territories-continuing")["value"] == "5"
    part = observation(tables, "ob-scc-2024-territories-supramunicipal")
    assert part["value"] == "4"
    assert "among the 10" in part["caveat_en"]


def test_three_million_is_the_value_of_the_projects_submitted(tables: Tables) -> None:
    value = observation(tables, "ob-scc-2024-submitted-value")
    assert value["indicator_id"] == "projects-submitted-value"
    assert "not of those approved" in value["caveat_en"]


def test_followers_grew_by_1100_to_10400_which_is_our_11_83_percent(tables: Tables) -> None:
    before = observation(tables, "ob-scc-2023-followers")
    growth = observation(tables, "ob-scc-2024-followers-growth")
    assert (before["value"], growth["value"]) == ("9300", "11.83")
    for found in (before, growth):
        assert (found["derived"], found["basis"], found["raw_value"]) == ("yes", "ours", "")
        assert "net" in found["caveat_en"]


def test_each_derived_figure_follows_from_its_formula(tables: Tables) -> None:
    observations = tables["observations"]
    values = dict(zip(observations.observation_id, observations.value, strict=True))
    derived = rows(observations, derived="yes")
    assert len(derived) == 8
    for identity, formula, value in zip(derived.observation_id, derived.derivation, derived.value, strict=True):
        tokens = [values.get(token, token) for token in formula.split()]
        assert all(re.fullmatch(r"\d+(\.\d+)?|[-+*/()]", token) for token in tokens), identity
        assert eval(" ".join(tokens)) == pytest.approx(float(value), abs=0.006), identity  # noqa: S307


def test_cuatrimestral_is_three_times_a_year_and_quincenal_twice_a_month(tables: Tables) -> None:
    meeting = row(tables["measures"], measure_id="medida-reuniones-cuatrimestrales")
    assert meeting["frequency_id"] == "three-times-a-year"
    concepts = tables["concepts"]
    three = row(concepts, scheme_id="frequency", concept_id="three-times-a-year")
    assert three["exact_match"].endswith("/ANNUAL_3")
    newsletters = observation(tables, "ob-scc-2024-newsletters")
    assert (newsletters["value"], newsletters["unit_id"], newsletters["basis"]) == ("2", "count-per-month", "inferred")


def test_media_value_is_no_income(tables: Tables) -> None:
    value = observation(tables, "ob-scc-2024-media-value")
    assert "not income" in value["caveat_en"]
    assert row(tables["indicators"], indicator_id="media-value-eur")["additive"] == "no"


def test_the_rank_of_followers_has_no_source_and_says_so(tables: Tables) -> None:
    rank = observation(tables, "ob-scc-2024-rank")
    assert (rank["value"], rank["unit_id"]) == ("2", "rank")
    assert "no source" in rank["caveat_en"]


def test_four_groups_of_cybersecurity_and_six_of_big_data(tables: Tables) -> None:
    groups = rows(tables["working_groups"], document_id="mia-2020")
    assert groups.groupby("org_id").size().to_dict() == {"ciberseguridad-madrid": 4, "big-data-madrid": 6}
    names = set(groups.name_en)
    assert "Training, employability and vocational training" in names
    assert {"Financing", "Legal issues", "Communication and dissemination"} <= names


def test_the_unit_of_a_figure_is_that_of_its_indicator(tables: Tables, project: Project) -> None:
    units = tables["indicators"].set_index("indicator_id").unit_id
    observations = tables["observations"]
    assert (observations.unit_id == observations.indicator_id.map(units)).all()


def test_no_column_of_values_is_a_key(project: Project) -> None:
    figures = {"value", "value_max", "amount", "sequence"}
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            joined = [*resource.keys, *resource.table_schema.foreign_keys]
            assert not figures & {column for key in joined for column in key.fields}
