"""Trap A: contradictions that are none, for each statement holds at its date."""

import pandas as pd

from pipelines.contracts.project import Project

from .conftest import row, rows

Tables = dict[str, pd.DataFrame]
NETWORK = "red-clusteres-promocion-municipal"


def test_five_clusters_of_2020_and_seven_of_2023_both_stand(tables: Tables) -> None:
    counts = rows(tables["observations"], subject_id=NETWORK, indicator_id="clusters-count")
    assert {("2020-03", "5"), ("2023", "7")} <= set(zip(counts.period, counts.value, strict=True))
    listed = tables["network_memberships"].groupby("as_of").cluster_id.agg(set)
    assert len(listed["2020-03"]) == 5
    assert len(listed["2023"]) == 7
    assert listed["2020-03"] - listed["2023"] == {"economia-circular-madrid"}
    assert listed["2023"] - listed["2020-03"] == {"mad-e-health", "videojuegos-madrid", "citet"}


def test_circular_economy_is_not_listed_and_never_dissolved(tables: Tables, project: Project) -> None:
    statuses = rows(tables["cluster_statuses"], cluster_id="economia-circular-madrid")
    assert dict(zip(statuses.as_of, statuses.status, strict=True)) == {"2020-03": "initial-phase", "2023": "not-listed"}
    absent = row(statuses, as_of="2023")
    assert absent["basis"] == "inferred"
    assert absent["caveat_en"]
    assert not set(tables["cluster_statuses"].status) & {"dissolved", "closed"}
    assert row(tables["organisations"], org_id="ciec-madrid")["org_type_id"] != "cluster"


def test_each_status_of_a_cluster_has_its_own_date_and_document(tables: Tables) -> None:
    statuses = tables["cluster_statuses"]
    assert (statuses.as_of != "").all()
    assert not statuses.duplicated(["cluster_id", "as_of", "document_id"]).any()
    assert (statuses.groupby("cluster_id").size() > 1).sum() == 5


def test_500_of_the_network_27_of_big_data_and_100_expected_are_three_kinds_and_years(tables: Tables) -> None:
    observations = tables["observations"]
    network = row(observations, observation_id="ob-red-2023-entities")
    big_data = row(observations, observation_id="ob-bigdata-2020-entities")
    fintech = row(observations, observation_id="ob-fintech-2020-partners")
    assert (network["value"], network["qualifier"], network["period"]) == ("500", "more-than", "2023")
    assert (big_data["value"], big_data["qualifier"], big_data["period"]) == ("27", "exact", "2020-03")
    assert (fintech["value"], fintech["qualifier"], fintech["indicator_id"]) == (
        "100",
        "more-than",
        "expected-partners-count",
    )
    assert "expected" in fintech["caveat_en"]


def test_totals_of_members_and_networks_are_not_additive(tables: Tables) -> None:
    additive = tables["indicators"].set_index("indicator_id").additive
    totals = ["clusters-count", "entities-count", "expected-partners-count", "named-members-count", "adhesions-count"]
    assert set(additive[totals]) == {"no"}


def test_a_named_sample_is_never_called_complete(project: Project) -> None:
    statements = project.owner_of("memberships")[1].coverage
    assert {c.coverage for c in statements} == {"named-sample", "unknown"}
    assert statements[0].subject is None
    assert statements[0].coverage == "named-sample"


def test_fourteen_named_of_more_than_100_and_nine_of_27_are_declared(tables: Tables, project: Project) -> None:
    of_2020 = rows(tables["memberships"], document_id="mia-2020", status="member")
    assert of_2020.groupby("cluster_id").size().to_dict() == {"fintech-insurtech-madrid": 14, "big-data-madrid": 9}
    by_subject = {c.subject: c for c in project.owner_of("memberships")[1].coverage}
    fintech, big_data = by_subject["fintech-insurtech-madrid"].declared, by_subject["big-data-madrid"].declared
    assert fintech is not None
    assert big_data is not None
    assert (fintech.value, fintech.qualifier, fintech.date) == (100, "more-than", "2020-03")
    assert (big_data.value, big_data.qualifier, big_data.date) == (27, "exact", "2020-03")


def test_no_count_of_rows_is_published(tables: Tables, everything: Tables) -> None:
    counted = everything["observations"].derivation.str.startswith("count(")
    assert counted.sum() == 5
    assert not tables["observations"].derivation.str.startswith("count(").any()
    assert "named-members-count" not in set(tables["observations"].indicator_id)


def test_adhesions_members_and_almost_200_stand_side_by_side(tables: Tables) -> None:
    fintech = rows(tables["observations"], subject_id="fintech-insurtech-madrid")
    assert row(fintech, indicator_id="adhesions-count", period="2020-02-19")["qualifier"] == "more-than"
    said = rows(fintech, indicator_id="entities-count")
    assert set(zip(said.value, said.qualifier, strict=True)) == {("20", "more-than"), ("200", "almost")}
    assert (said.caveat_en != "").all()


def test_launched_presented_and_constituted_are_different_milestones(tables: Tables) -> None:
    mwcc = rows(tables["milestones"], org_id="construccion-mwcc")
    dates = dict(zip(mwcc.milestone_type_id, mwcc.date, strict=True))
    assert dates["launched"] == "2018"
    assert dates["presented"] == "2018-12"
    assert dates["preparation"] == "2016"
    assert dates["constituted"] == "2020-03-04"
    fintech = rows(tables["milestones"], org_id="fintech-insurtech-madrid")
    assert set(rows(fintech, milestone_type_id="founded").date) == {"2019"}
    assert set(rows(fintech, milestone_type_id="presented").date) == {"2020-02-19"}


def test_the_start_of_the_cybersecurity_cluster_keeps_its_versions(tables: Tables) -> None:
    ciber = rows(tables["milestones"], org_id="ciberseguridad-madrid")
    assert set(rows(ciber, milestone_type_id="announced").date) == {"2019"}
    assert set(rows(ciber, milestone_type_id="started").date) == {"2020-09"}
    created = rows(ciber, milestone_type_id="created")
    assert set(created.date) == {"2020", "2020/2021"}
    assert (created.caveat_en != "").all()


def test_five_coordinators_are_not_one_a_cluster(tables: Tables) -> None:
    coordinators = row(tables["observations"], indicator_id="coordination-staff-count")
    assert (coordinators["value"], coordinators["subject_id"]) == ("5", NETWORK)
    assert "five for seven clusters" in coordinators["caveat_en"]
    assert "full time" in coordinators["caveat_en"]


def test_first_five_projects_and_five_examples_are_not_said_to_be_the_same(tables: Tables) -> None:
    presented = row(tables["observations"], observation_id="ob-red-2022-projects")
    assert (presented["value"], presented["period"]) == ("5", "2022-07-04")
    examples = rows(tables["projects"], document_id="estrategia-2023")
    assert len(examples) == 5
    assert set(examples.status) == {"started"}
    assert (examples.caveat_es != "").all()
    assert "does not say" in presented["caveat_en"]


def test_the_fourth_phase_is_open_ended(tables: Tables) -> None:
    phases = rows(tables["milestones"], milestone_type_id="strategy-phase").set_index("sequence")
    assert phases.date.to_dict() == {"1": "2022-01/2022-02", "2": "2022-03-02", "3": "2022-07-04", "4": "2022-07-04/.."}
    assert phases.loc["4", "status"] == "ongoing"
    assert phases.loc["4", "caveat_en"]


def test_21_clusters_of_andalusia_stand_with_three_definitions(tables: Tables) -> None:
    said = rows(tables["observations"], subject_id="andalucia", indicator_id="clusters-count")
    assert list(said.value) == ["21", "21", "21"]
    assert set(said.qualifier) == {"exact", "at-least"}
    assert said.url.nunique() == 3
    assert said.caveat_en.nunique() == 3


def test_malaga_is_called_a_pilot_event_only_with_its_caveat(tables: Tables) -> None:
    event = row(tables["events"], event_id="clusters-meet-regions-malaga-2022")
    assert "pilot" in event["caveat_en"]
    assert "piloto" in event["caveat_es"]


def test_4_of_14_projects_of_2024_and_17_of_2022_are_two_calls(tables: Tables) -> None:
    scc = rows(tables["observations"], subject_id="smart-city-cluster")
    assert row(scc, indicator_id="projects-submitted")["value"] == "14"
    approved = row(scc, indicator_id="projects-approved-total")
    assert (approved["value"], approved["derived"], approved["period"]) == ("4", "yes", "2024")
    funded = row(scc, indicator_id="projects-funded")
    assert (funded["value"], funded["period"]) == ("17", "2022")


def test_110000_and_11000_workers_of_one_article_both_stand(tables: Tables) -> None:
    said = rows(tables["observations"], subject_id="smart-city-cluster", indicator_id="employees-count")
    assert set(said.value) == {"110000", "11000"}
    assert said.caveat_en.str.contains("110,000").all()


def test_games_cluster_65_and_more_than_60_both_stand(tables: Tables) -> None:
    said = rows(tables["observations"], subject_id="videojuegos-madrid", indicator_id="entities-count")
    of_2022 = said[said.period.str.startswith("2022")]
    assert set(zip(of_2022.value, of_2022.qualifier, strict=True)) == {("65", "exact"), ("60", "more-than")}
    assert row(said, period="2024-03-19")["value"] == "71"
