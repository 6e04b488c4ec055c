"""Traps E, F and H: text debris, relations that nobody states, and what was looked for and not found."""

import pandas as pd
import pytest

from .conftest import row, rows

Tables = dict[str, pd.DataFrame]


def test_t_systems_of_the_misread_cover_is_kept_out(tables: Tables, everything: Tables) -> None:
    assert row(everything["organisations"], org_id="t-systems")["publish"] == "no"
    for name, table in tables.items():
        for column in table:
            assert not table[column].str.contains(r"\bT[- ]Systems\b|^t-systems$", case=False).any(), f"{name}.{column}"


def test_demarcacion_madrid_identifies_nobody_and_is_kept_out(tables: Tables) -> None:
    assert "demarcacion-madrid" not in set(tables["organisations"].org_id)
    assert "demarcacion-madrid" not in set(tables["memberships"].org_id)


def test_nothing_is_taken_from_the_cover_or_the_cookie_notice(tables: Tables) -> None:
    for name, table in tables.items():
        if "evidence" in table:
            assert not table.evidence.str.contains("cookies").any(), name
            assert not rows(table, document_id="smart-city-cluster-2024").section.eq("(cover)").any(), name


def test_no_link_is_made_of_an_empty_address(tables: Tables) -> None:
    for name, table in tables.items():
        if "url" in table:
            assert table.url.str.match(r"$|https?://\S+$").all(), name


def test_letters_that_are_not_english_are_kept(tables: Tables) -> None:
    assert row(tables["organisations"], org_id="aplazame")["name_es"] == "Aplázame"


def test_the_digital_pole_is_not_put_inside_the_park(tables: Tables) -> None:
    pole = row(tables["venues"], venue_id="malaga-digital-pole")
    assert "does not say that it lies in it" in pole["caveat_en"]
    assert row(tables["organisations"], org_id="polo-digital-malaga")["parent_org_id"] == ""


@pytest.mark.parametrize("org", ["suez", "msi", "cesur"])
def test_who_coordinates_or_is_visited_is_no_member(tables: Tables, org: str) -> None:
    assert rows(tables["memberships"], org_id=org).empty


def test_torsa_is_a_member_only_by_the_page_that_says_so(tables: Tables) -> None:
    membership = row(tables["memberships"], org_id="torsa")
    assert (membership["document_id"], membership["as_of"]) == ("public-pages", "2026-02-05")


def test_the_community_of_madrid_stays_planned_in_five_clusters(tables: Tables) -> None:
    of_2020 = rows(tables["memberships"], org_id="comunidad-de-madrid", document_id="mia-2020")
    assert len(of_2020) == 5
    assert set(of_2020.status) == {"planned"}
    assert rows(of_2020, basis="stated").cluster_id.tolist() == ["ciberseguridad-madrid"]
    assert (of_2020.caveat_en != "").all()


def test_incibe_and_the_aei_are_only_under_consideration(tables: Tables) -> None:
    for org in ("incibe", "aei-ciberseguridad"):
        found = row(tables["memberships"], org_id=org, document_id="mia-2020")
        assert found["status"] == "under-consideration"


def test_an_advisory_or_initial_board_states_no_membership(tables: Tables) -> None:
    boards = tables["memberships"][tables["memberships"].role.isin(["advisory-board", "initial-board-or-circle"])]
    assert len(boards)
    assert set(boards.status) == {"unknown"}


def test_circular_economy_is_given_no_association_form(tables: Tables) -> None:
    assert row(tables["organisations"], org_id="economia-circular-madrid")["legal_form_id"] == ""
    assert row(tables["organisations"], org_id="ciberseguridad-madrid")["legal_form_id"] == "association"


def test_cities_at_the_dinner_are_represented_and_not_members(tables: Tables) -> None:
    cities = rows(tables["event_participants"], role="city-represented")
    assert set(cities.represented_territory_id) == {"valencia", "sevilla", "malaga", "gijon", "zaragoza"}
    assert set(cities.org_id) == {""}


def test_an_event_has_an_organisation_or_a_territory_and_not_both(tables: Tables) -> None:
    participants = tables["event_participants"]
    assert ((participants.org_id != "") != (participants.represented_territory_id != "")).all()


def test_all_seven_clusters_take_part_in_the_five_projects_ten_times(tables: Tables) -> None:
    found = rows(tables["project_participants"], document_id="estrategia-2023")
    assert len(found) == 10
    assert found.project_id.nunique() == 5
    assert found.groupby("org_id").size().to_dict() == {
        "fintech-insurtech-madrid": 2,
        "citet": 2,
        "mad-e-health": 2,
        "ciberseguridad-madrid": 1,
        "big-data-madrid": 1,
        "construccion-mwcc": 1,
        "videojuegos-madrid": 1,
    }


def test_the_plans_of_2020_are_plans(tables: Tables) -> None:
    of_2020 = rows(tables["projects"], document_id="mia-2020")
    assert row(of_2020, project_id="bigdata-white-paper")["status"] == "planned"
    assert set(of_2020.status) <= {"planned", "in-progress"}


def test_members_of_2020_are_published_with_their_date(tables: Tables) -> None:
    of_2020 = rows(tables["memberships"], document_id="mia-2020")
    assert set(of_2020.as_of) == {"2020-03"}
    assert row(of_2020, org_id="bankia")["as_of"] == "2020-03"


def test_only_one_tax_number_was_found(tables: Tables) -> None:
    numbers = rows(tables["organisation_identifiers"], scheme="nif")
    assert list(zip(numbers.org_id, numbers.value, strict=True)) == [("construccion-mwcc", "G01605781")]


def test_no_figure_of_the_network_is_later_than_february_2024(tables: Tables) -> None:
    network = rows(tables["observations"], subject_id="red-clusteres-promocion-municipal")
    assert network.period.max() == "2024-02-26"


def test_no_official_address_is_made_up_for_the_14_ecosystems(tables: Tables) -> None:
    ecosystems = rows(tables["concepts"], scheme_id="industrial-ecosystem")
    assert len(ecosystems) == 14
    assert set(ecosystems.exact_match) == {""}


def test_a_cluster_has_an_organisation_under_the_same_id(tables: Tables) -> None:
    assert set(tables["clusters"].cluster_id) <= set(tables["organisations"].org_id)


def test_a_network_is_an_organisation_of_that_type(tables: Tables) -> None:
    types = tables["organisations"].set_index("org_id").org_type_id
    named = {*tables["clusters"].network_id, *tables["network_memberships"].network_id} - {""}
    assert {types[network] for network in named} == {"cluster-network"}


def test_a_working_group_hangs_from_the_same_organisation_in_both_tables(tables: Tables) -> None:
    parents = tables["organisations"].set_index("org_id").parent_org_id
    groups = tables["working_groups"]
    assert (groups.wg_id.map(parents) == groups.org_id).all()


def test_no_official_address_is_made_up_for_a_municipality(tables: Tables) -> None:
    municipalities = rows(tables["territories"], territory_type_id="municipality")
    assert len(municipalities) > 10
    assert set(municipalities.exact_match) == {""}


def test_nine_rows_are_kept_back_and_no_others(tables: Tables, everything: Tables) -> None:
    back = {name: len(everything[name]) - len(tables[name]) for name in everything}
    assert {name: count for name, count in back.items() if count} == {
        "organisations": 2,
        "organisation_names": 1,
        "memberships": 1,
        "observations": 5,
    }


def test_a_broader_code_is_one_of_the_same_scheme(tables: Tables) -> None:
    concepts = tables["concepts"]
    known = set(zip(concepts.scheme_id, concepts.concept_id, strict=True))
    narrower = concepts[concepts.broader_id != ""]
    assert len(narrower) > 0
    assert set(zip(narrower.scheme_id, narrower.broader_id, strict=True)) <= known


def test_a_match_within_the_vocabularies_names_a_code(tables: Tables) -> None:
    concepts = tables["concepts"]
    known = set(concepts.scheme_id + "/" + concepts.concept_id)
    ours = {m for cell in concepts.close_match for m in cell.split() if not m.startswith("http")}
    assert ours
    assert ours <= known


def test_every_scheme_has_codes(tables: Tables) -> None:
    assert set(tables["concept_schemes"].scheme_id) == set(tables["concepts"].scheme_id)
