"""The saved questions and their answers, from the shipped facts."""

from collections import Counter

import pytest

from pipelines.contracts.text import Lang
from pipelines.linked.queries import Answer, load_queries, run_query

from .linked_graph import Linked

MIA = "The City Council boosts strategic sectors with the creation of five business clusters"
STRATEGY = "Estrategia de Red de Clústeres de Promoción Municipal"
ECCP = "ECCP apoya a los clústeres industriales en la recuperación europea"
CITET = "Innovación para la Distribución Sostenible de Mercancía"
MWCC = "Construcción, Ingeniería y Arquitectura"
COUNCIL = "Ayuntamiento de Madrid"
NAMES = {
    "agreements",
    "cluster-history",
    "contradictory-figures",
    "derived-figures",
    "named-members",
    "planned-in-2020",
    "promoted-clusters",
    "shared-projects",
}


def answer(linked: Linked, name: str, lang: Lang = "es") -> Answer:
    return run_query(linked.store, load_queries(linked.project)[name].in_language(lang))


def columns(found: Answer, *names: str) -> list[tuple[str, ...]]:
    places = [found.columns.index(name) for name in names]
    return [tuple(row[place] or "" for place in places) for row in found.rows]


def test_these_questions_ship(linked: Linked) -> None:
    assert set(load_queries(linked.project)) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_question_names_no_host_and_has_as_many_answers_in_english(linked: Linked, name: str) -> None:
    query = load_queries(linked.project)[name]
    assert linked.base not in query.text.partition("\n")[2]
    spanish, english = answer(linked, name), answer(linked, name, "en")
    assert len(spanish.rows) == len(english.rows) > 0
    assert spanish.rows != english.rows


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_question_never_leaves_out_the_caveats(linked: Linked, name: str) -> None:
    caveats = columns(answer(linked, name), "caveat")
    # The five projects of 2023 have none.
    assert any(caveat for (caveat,) in caveats) or name == "shared-projects"


def test_the_circular_economy_cluster_is_missing_from_the_list_of_2023_and_not_dissolved(linked: Linked) -> None:
    found = columns(answer(linked, "cluster-history"), "cluster", "as_of", "what", "value", "basis", "document")
    assert [row[1:] for row in found if row[0] == "Economía Circular"] == [
        ("2020-03", "name", "Circular Economy cluster", "Afirmado en la fuente", MIA),
        ("2020-03", "status", "Fase inicial", "Afirmado en la fuente", MIA),
        ("2023", "status", "Fuera de la lista", "Deducido por nosotros", STRATEGY),
    ]


def test_the_history_of_the_fintech_cluster(linked: Linked) -> None:
    found = answer(linked, "cluster-history")
    rows = columns(found, "cluster", "as_of", "what", "value")
    assert [row[1:] for row in rows if row[0] == "Fintech"] == [
        ("2020-03", "name", "Fintech and Insurtech cluster"),
        ("2020-03", "status", "Presentado"),
        ("2023", "name", "Fintech"),
        ("2023", "status", "En la lista de la red"),
        ("", "name", "Clúster Madrid Capital FinTech"),
        ("", "name", "MAD FinTech"),
        ("", "name", "MadFinTech"),
    ]


def test_every_status_and_name_of_a_cluster_is_in_its_history_with_who_says_so(linked: Linked) -> None:
    found = answer(linked, "cluster-history")
    counted = Counter(what for (what,) in columns(found, "what"))
    assert counted == {"status": len(linked.tables["cluster_statuses"]), "name": len(linked.tables["cluster_names"])}
    assert all(
        document and bool(section) != bool(page)
        for document, section, page in columns(found, "document", "section", "page")
    )


def test_five_projects_are_shared_by_two_clusters_each(linked: Linked) -> None:
    found = columns(
        answer(linked, "shared-projects"), "project", "cluster", "other_cluster", "status", "as_of", "document"
    )
    started = ("Puesto en marcha", "2023", STRATEGY)
    assert found == [
        ("Asistente de dispensación en punto de venta (PoS)", CITET, "Salud Digital", *started),
        ("Espacio de datos de la salud (Gaia-X)", "Big data", "Salud Digital", *started),
        ("Financiación de proyectos de rehabilitación", MWCC, "Fintech", *started),
        ("Incentivación del ciberseguro", "Ciberseguridad", "Fintech", *started),
        ("Simulación y gamificación de procesos logísticos y de transporte", CITET, "Videojuegos", *started),
    ]


def test_what_was_planned_in_2020_and_is_not_recorded_as_done(linked: Linked) -> None:
    found = answer(linked, "planned-in-2020")
    assert set(columns(found, "what", "status", "date", "document")) == {
        ("Fusión ECCP–EREK", "Previsto", "2020", ECCP),
        ("Informe del Grupo Europeo de Expertos en Clústeres", "Previsto", "2020", ECCP),
        ("Iniciativas Conjuntas de Clústeres", "Previsto", "2020", ECCP),
        ("Nueva Plataforma de Colaboración Clúster Europea", "Previsto", "2020", ECCP),
        ("Entrada en funcionamiento", "Esperado", "2020", MIA),
        ("Análisis de la escasez de personal cualificado", "Previsto", "2020-03", MIA),
        ("Análisis de las vulnerabilidades de las pymes", "Previsto", "2020-03", MIA),
        ("Comunidad de Madrid – Big data", "Previsto", "2020-03", MIA),
        ("Comunidad de Madrid – Ciberseguridad", "Previsto", "2020-03", MIA),
        (f"Comunidad de Madrid – {MWCC}", "Previsto", "2020-03", MIA),
        ("Comunidad de Madrid – Economía Circular", "Previsto", "2020-03", MIA),
        ("Comunidad de Madrid – Fintech", "Previsto", "2020-03", MIA),
        ("Incubación y aceleración de empresas", "Previsto", "2020-03", MIA),
        ("Laboratorio FAB / LAB", "Previsto", "2020-03", MIA),
        ("Laboratorio de ideas", "Previsto", "2020-03", MIA),
        ("Libro blanco de competencias", "Previsto", "2020-03", MIA),
        ("Licitación de la gestión del clúster de Economía Circular", "Previsto", "2020-03", MIA),
        ("Presentación conjunta de los clústeres", "Previsto", "2020-06", MIA),
    }
    assert len(found.rows) == 18
    # Each says that no document tells whether it came to be.
    assert all(caveat for (caveat,) in columns(found, "caveat"))


def test_which_figures_are_derived_and_from_what(linked: Linked) -> None:
    found = answer(linked, "derived-figures")
    assert columns(found, "figure", "value", "from_figure", "from_value") == [
        ("ob-scc-2023-followers", "9300", "ob-scc-2024-followers", "10400"),
        ("ob-scc-2023-followers", "9300", "ob-scc-2024-new-followers", "1100"),
        ("ob-scc-2023-territories", "12", "ob-scc-2024-territories", "15"),
        ("ob-scc-2023-territories", "12", "ob-scc-2024-territories-growth", "25"),
        ("ob-scc-2024-approved", "4", "ob-scc-2024-approved-inter", "3"),
        ("ob-scc-2024-approved", "4", "ob-scc-2024-approved-solo", "1"),
        ("ob-scc-2024-followers-growth", "11.83", "ob-scc-2023-followers", "9300"),
        ("ob-scc-2024-followers-growth", "11.83", "ob-scc-2024-new-followers", "1100"),
        ("ob-scc-2024-guide-total", "21", "ob-scc-2024-guide-companies", "15"),
        ("ob-scc-2024-guide-total", "21", "ob-scc-2024-guide-universities", "6"),
        ("ob-scc-2024-success", "28.57", "ob-scc-2024-approved", "4"),
        ("ob-scc-2024-success", "28.57", "ob-scc-2024-submitted", "14"),
        ("ob-scc-2024-territories-continuing", "5", "ob-scc-2024-territories", "15"),
        ("ob-scc-2024-territories-continuing", "5", "ob-scc-2024-territories-new", "10"),
        ("ob-scc-2024-value-per-impact", "10114.85", "ob-scc-2024-media-impacts", "281"),
        ("ob-scc-2024-value-per-impact", "10114.85", "ob-scc-2024-media-value", "2842274"),
    ]
    assert {r for r in columns(found, "qualifier", "value") if r[1] in {"9300", "12"}} == {
        ("En torno a", "9300"),
        ("Exacto", "12"),
    }


def test_named_members_are_those_that_a_source_calls_so(linked: Linked) -> None:
    found = answer(linked, "named-members")
    assert Counter(columns(found, "cluster", "status")) == {
        (MWCC, "Socio o colaborador"): 63,
        ("Videojuegos", "Miembro"): 20,
        ("Videojuegos", "Miembro fundador"): 1,
        ("Fintech", "Miembro"): 14,
        ("Smart City Cluster", "Miembro"): 10,
        ("Big data", "Miembro"): 9,
        ("Ciberseguridad", "Miembro fundador"): 9,
        ("Salud Digital", "Miembro fundador"): 1,
    }
    rows = columns(found, "cluster", "member", "status", "role", "as_of")
    assert [row[1:] for row in rows if row[0] == "Smart City Cluster" and row[1] == "Endesa"] == [
        ("Endesa", "Miembro", "Participante", "2023-09-20"),
        ("Endesa", "Miembro", "Entidad de la junta directiva", "2026-02-05"),
    ]
    # Planned or considered in 2020, or on an advisory board: no member.
    assert {row[1] for row in rows} & {"Comunidad de Madrid", "INCIBE"} == set()


def test_the_city_council_promotes_eight_clusters_and_lists_them_twice(linked: Linked) -> None:
    found = columns(answer(linked, "promoted-clusters"), "promoter", "cluster", "as_of", "status")
    assert set(found) == {
        *((COUNCIL, name, "2020-03", "Promovido") for name in ("Big data", "Ciberseguridad", MWCC, "Fintech")),
        (COUNCIL, "Economía Circular", "2020-03", "En constitución"),
        *((COUNCIL, name, "2023", "Miembro") for name in ("Big data", "Ciberseguridad", MWCC, "Fintech")),
        *((COUNCIL, name, "2023", "Miembro") for name in (CITET, "Salud Digital", "Videojuegos")),
    }
    assert len(found) == 12


def test_agreements_have_their_parties_and_amounts(linked: Linked) -> None:
    found = answer(linked, "agreements")
    assert len(found.rows) == 28
    assert set(columns(found, "agreement", "party", "role", "qualifier", "amount", "unit")) >= {
        ("Convenio de subvención con CITET", CITET, "Beneficiario", "Exacto", "50000", "EUR"),
        ("Convenio de subvención con CITET", COUNCIL, "Concedente", "Exacto", "50000", "EUR"),
        ("Convenio multilateral de colaboración entre clústeres", "", "", "", "", ""),
        ("Licitación de la gestión del clúster de Economía Circular", "", "", "", "", ""),
    }
    assert len({agreement for (agreement,) in columns(found, "agreement")}) == len(linked.tables["agreements"])
    paid = {row for row in columns(found, "agreement", "qualifier", "amount") if row[2]}
    assert paid == {
        ("Convenio de subvención con AEFI", "Exacto", "50000"),
        ("Convenio de subvención con CITET", "Exacto", "50000"),
        ("Convenio de subvención con el clúster de Ciberseguridad", "Exacto", "50000"),
        ("Licitación de la gestión del Centro de Innovación en Economía Circular", "En torno a", "1380000"),
    }


def test_figures_that_contradict_each_other_stand_side_by_side(linked: Linked) -> None:
    found = answer(linked, "contradictory-figures")
    names = ("subject", "indicator", "period", "qualifier", "value", "other_period", "other_qualifier", "other_value")
    assert columns(found, *names) == [
        ("Fintech", "Entidades integradas", "2020", "Más de", "20", "2020-07-21", "Casi", "200"),
        (
            "Smart City Cluster",
            "Personas empleadas",
            "2023-09-10",
            "Exacto",
            "110000",
            "2023-09-20",
            "Más de",
            "11000",
        ),
        ("Videojuegos", "Entidades integradas", "2022", "Exacto", "65", "2022-10", "Más de", "60"),
    ]
    assert all(page and other for page, other in columns(found, "page", "other_page"))
