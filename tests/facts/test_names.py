"""Trap B: one entity with many labels, and labels that must not be merged."""

import pandas as pd
import pytest

from .conftest import row, rows

Tables = dict[str, pd.DataFrame]


@pytest.mark.parametrize(
    ("cluster", "names"),
    [
        ("fintech-insurtech-madrid", {"Fintech and Insurtech cluster", "Fintech", "MAD FinTech", "MadFinTech"}),
        ("big-data-madrid", {"Big data", "Big Data", "BigData and Artificial Intelligence", "Clúster Big Data Madrid"}),
        (
            "construccion-mwcc",
            {
                "MWCC",
                "Construction, Engineering and Infrastructure cluster",
                "Construcción, Ingeniería y Arquitectura",
                "Madrid Capital Mundial de la Construcción",
            },
        ),
        ("ciberseguridad-madrid", {"Cybersecurity cluster", "Ciberseguridad", "CyberMad", "CyberMadrid"}),
        ("videojuegos-madrid", {"Videojuegos", "Clúster de Videojuegos", "Clúster del Videojuego"}),
    ],
)
def test_the_names_of_a_cluster_hang_from_one_id(tables: Tables, cluster: str, names: set[str]) -> None:
    owners = tables["cluster_names"][tables["cluster_names"].name.isin(names)]
    assert set(owners.name) == names
    assert set(owners.cluster_id) == {cluster}


def test_a_name_with_commas_is_one_name(tables: Tables) -> None:
    with_commas = tables["cluster_names"][tables["cluster_names"].name.str.contains(",")]
    assert set(with_commas.cluster_id) == {"construccion-mwcc"}


def test_citet_is_spelt_out_in_two_ways_by_one_document(tables: Tables) -> None:
    of_2023 = rows(tables["cluster_names"], cluster_id="citet", document_id="estrategia-2023")
    assert {
        "Innovación para la Distribución Sostenible de Mercancía",
        "Centro de Innovación para la Logística y el Transporte de Mercancías",
    } < set(of_2023.name)


def test_madrid_in_game_is_a_programme_and_not_a_name_of_the_cluster(tables: Tables) -> None:
    assert row(tables["projects"], project_id="pub-madrid-in-game")["project_type_id"] == "programme-action"
    assert "Madrid In Game" not in set(tables["cluster_names"].name)


def test_the_areas_of_2020_and_2023_are_two_organisations(tables: Tables) -> None:
    organisations = tables["organisations"].set_index("org_id")
    areas = {"area-economia-innovacion-empleo-madrid", "area-economia-innovacion-hacienda-madrid"}
    assert areas <= set(organisations.index)
    created = row(tables["milestones"], org_id="area-economia-innovacion-hacienda-madrid", milestone_type_id="created")
    assert created["date"] == "2023-06-29"


def test_city_hall_and_town_hall_are_one_venue(tables: Tables) -> None:
    venue = row(tables["venues"], venue_id="madrid-city-hall")
    assert "Town Hall" in venue["caveat_en"]
    assert not (tables["venues"].name_en == "Town Hall").any()


def test_malaga_and_malaga_with_an_accent_are_one_place(tables: Tables) -> None:
    assert list(tables["territories"][tables["territories"].name_es == "Málaga"].territory_type_id) == ["municipality"]


def test_eccp_and_eucles_keep_each_spelling(tables: Tables) -> None:
    names = tables["organisation_names"]
    assert {"ECCP", "Plataforma de Colaboración Clúster Europea"} <= set(rows(names, org_id="eccp").name)
    eucles = set(rows(names, org_id="eucles").name)
    assert {"EUCLES", "European Clusters Labelling Excellence Structure"} < eucles
    assert any(name.startswith("European Cluster ") for name in eucles)


def test_next_generation_eu_is_one_framework_under_its_translated_name(tables: Tables) -> None:
    framework = row(tables["policy_frameworks"], framework_id="next-generation-eu")
    assert "UE de próxima generación" in framework["evidence"]


def test_the_municipal_recovery_plan_is_not_the_national_one(tables: Tables) -> None:
    frameworks = tables["policy_frameworks"].set_index("framework_id")
    assert frameworks.loc["plan-recuperacion-ciudad-madrid", "level_id"] == "local"
    assert frameworks.loc["plan-nacional-recuperacion-resiliencia", "level_id"] == "national"
    assert frameworks.loc["plan-nacional-recuperacion-resiliencia", "caveat_en"]


def test_homonyms_are_not_merged(tables: Tables) -> None:
    organisations = tables["organisations"].set_index("org_id")
    for entry in tables["different_from"].itertuples():
        ours = organisations.loc[entry.org_id]
        assert str(entry.other_name).casefold() not in {ours.name_es.casefold(), ours.name_en.casefold()}
        labels = rows(tables["cluster_names"], cluster_id=str(entry.org_id)).name
        assert entry.other_name not in set(labels)
    assert len(tables["different_from"]) == 9


def test_aefi_is_not_the_municipal_fintech_cluster(tables: Tables) -> None:
    assert row(tables["organisations"], org_id="aefi")["caveat_en"]
    assert "aefi" not in set(tables["clusters"].cluster_id)
    agreement = row(tables["agreements"], agreement_id="pub-convenio-aefi-2025")
    assert "AEFI" in agreement["caveat_en"]
    parties = set(rows(tables["agreement_parties"], agreement_id="pub-convenio-aefi-2025").org_id)
    assert "fintech-insurtech-madrid" not in parties


def test_unsure_matches_are_kept_apart(tables: Tables) -> None:
    ids = set(tables["organisations"].org_id)
    assert {"movistar", "telefonica", "laliga", "laliga-entertainment", "aiccp", "ciccp"} <= ids
    assert {
        "citop",
        "colegio-ingenieros-tecnicos-obras-publicas",
        "ayuntamiento-de-malaga",
        "polo-digital-malaga",
    } <= ids


def test_no_two_organisations_share_a_name_but_working_bodies(tables: Tables) -> None:
    others = tables["organisations"][tables["organisations"].org_type_id != "working-body"]
    assert not others.name_es.str.casefold().duplicated().any()


def test_university_of_navarra_is_listed_once(tables: Tables) -> None:
    assert len(tables["organisations"][tables["organisations"].name_es.str.contains("Navarra")]) == 1
    assert len(rows(tables["memberships"], org_id="universidad-de-navarra", cluster_id="construccion-mwcc")) == 1


def test_cemex_and_comsa_are_two_companies(tables: Tables) -> None:
    members = set(rows(tables["memberships"], cluster_id="construccion-mwcc").org_id)
    assert {"cemex", "comsa"} <= members


def test_smart_city_cluster_is_one_id_as_cluster_and_as_organisation(tables: Tables) -> None:
    assert row(tables["clusters"], cluster_id="smart-city-cluster")["territory_id"] == "malaga"
    assert row(tables["organisations"], org_id="smart-city-cluster")["org_type_id"].startswith("cluster")
    assert len(tables["organisations"][tables["organisations"].name_es.str.casefold() == "smart city cluster"]) == 1


def test_the_forum_is_named_as_in_the_text_and_not_as_on_the_cover(tables: Tables) -> None:
    forum = row(tables["events"], event_id="scc-foro-inteligencias-ciudad-1")
    assert forum["name_es"].startswith("Foro de Inteligencias de Ciudad")
    assert "INTELIGENTES" not in forum["name_es"].upper()
