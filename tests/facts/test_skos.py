"""The vocabularies as SKOS: the usual checks, on the RDF that is published (SKOS Reference, S9 to S46; qSKOS)."""

from collections import Counter

import pandas as pd
import pytest

from pipelines.linked.terms import is_iri

from .linked_graph import Linked

MATCHES = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
NIF_LETTERS = {"association", "foundation", "regional-authority", "national-authority"}
"""Legal forms that share a letter of the NIF, which is what the notation of that scheme is."""

Tables = dict[str, pd.DataFrame]


def pairs(linked: Linked, prop: str) -> list[tuple[str, ...]]:
    return linked.ask(f"SELECT ?one ?other WHERE {{ ?one skos:{prop} ?other ; a skos:Concept }}")


def concepts(linked: Linked) -> set[str]:
    return {one for (one,) in linked.ask("SELECT ?one WHERE { ?one a skos:Concept }")}


def test_every_concept_and_scheme_of_the_tables_is_there(linked: Linked, tables: Tables) -> None:
    schemes = {one for (one,) in linked.ask("SELECT ?one WHERE { ?one a skos:ConceptScheme }")}
    assert schemes == {f"{linked.base}/kos/{scheme}" for scheme in tables["concept_schemes"].scheme_id}
    rows = tables["concepts"]
    assert concepts(linked) == {
        f"{linked.base}/kos/{s}/{c}" for s, c in zip(rows.scheme_id, rows.concept_id, strict=True)
    }


def test_every_concept_is_in_the_one_scheme_that_its_address_names(linked: Linked) -> None:
    found = pairs(linked, "inScheme")
    assert {one for one, _ in found} == concepts(linked)
    assert {scheme == one.rpartition("/")[0] for one, scheme in found} == {True}
    described = {one for (one,) in linked.ask("SELECT ?one WHERE { ?one a skos:ConceptScheme }")}
    assert {scheme for _, scheme in found} <= described


@pytest.mark.parametrize("kind", ["Concept", "ConceptScheme"])
def test_everything_has_one_label_in_each_language(linked: Linked, kind: str) -> None:
    found = linked.ask(f"SELECT ?one (LANG(?l) AS ?lang) WHERE {{ ?one a skos:{kind} ; skos:prefLabel ?l }}")
    things = {one for (one,) in linked.ask(f"SELECT ?one WHERE {{ ?one a skos:{kind} }}")}
    assert Counter(found) == Counter((one, lang) for one in things for lang in ("es", "en"))


def test_no_label_is_empty_or_has_space_around_it(linked: Linked) -> None:
    labels = linked.ask("SELECT ?l WHERE { ?one a ?kind ; skos:prefLabel ?l }")
    assert labels
    assert [label for (label,) in labels if label != label.strip() or not label] == []


def test_no_two_concepts_of_a_scheme_share_a_label(linked: Linked) -> None:
    found = linked.ask(
        "SELECT ?scheme (LANG(?l) AS ?lang) (LCASE(STR(?l)) AS ?text) "
        "WHERE { ?one a skos:Concept ; skos:inScheme ?scheme ; skos:prefLabel ?l }"
    )
    assert [label for label, count in Counter(found).items() if count > 1] == []


def test_no_two_schemes_share_a_label(linked: Linked) -> None:
    found = linked.ask(
        "SELECT (LCASE(STR(?l)) AS ?t) (LANG(?l) AS ?g) WHERE { ?s a skos:ConceptScheme ; skos:prefLabel ?l }"
    )
    assert len(found) == len(set(found)) > 0


def test_a_definition_is_in_both_languages(linked: Linked) -> None:
    found = linked.ask("SELECT ?one (LANG(?d) AS ?g) WHERE { ?one a skos:Concept ; skos:definition ?d }")
    assert Counter(found) == Counter((one, lang) for one in {one for one, _ in found} for lang in ("es", "en"))


def test_a_notation_names_one_concept_of_its_scheme(linked: Linked) -> None:
    found = linked.ask("SELECT ?s ?n ?one WHERE { ?one a skos:Concept ; skos:inScheme ?s ; skos:notation ?n }")
    often = {key for key, count in Counter((s, n) for s, n, _ in found).items() if count > 1}
    shared = {one.removeprefix(f"{linked.base}/kos/legal-form/") for s, n, one in found if (s, n) in often}
    assert shared == NIF_LETTERS


def test_a_broader_concept_is_another_one_of_the_same_scheme(linked: Linked) -> None:
    found = pairs(linked, "broader")
    assert found
    known = concepts(linked)
    assert [p for p in found if p[0] == p[1] or p[1] not in known] == []
    assert [p for p in found if p[0].rpartition("/")[0] != p[1].rpartition("/")[0]] == []


def test_no_concept_is_broader_than_itself(linked: Linked) -> None:
    assert linked.ask("SELECT ?one WHERE { ?one skos:broader+ ?one }") == []


def test_places_lie_in_each_other_without_a_cycle(linked: Linked) -> None:
    inside = "<https://schema.org/containedInPlace>"
    assert linked.ask(f"SELECT ?one WHERE {{ ?one {inside}+ ?one }}") == []
    assert linked.ask(f"SELECT ?one WHERE {{ ?one {inside} ?other }} LIMIT 1")


@pytest.mark.parametrize("prop", MATCHES)
def test_a_match_is_an_address_and_not_the_concept_itself(linked: Linked, prop: str) -> None:
    found = pairs(linked, prop)
    assert bool(found) == (prop in {"exactMatch", "closeMatch"})
    assert [p for p in found if p[0] == p[1] or not is_iri(p[1])] == []


def test_a_match_of_ours_is_a_concept_of_another_scheme(linked: Linked) -> None:
    ours = [p for prop in MATCHES for p in pairs(linked, prop) if p[1].startswith(linked.base)]
    assert ours
    known = concepts(linked)
    assert [p for p in ours if p[1] not in known or p[0].rpartition("/")[0] == p[1].rpartition("/")[0]] == []


def test_no_two_concepts_of_a_scheme_are_exactly_the_same_official_one(linked: Linked) -> None:
    found = Counter((one.rpartition("/")[0], other) for one, other in pairs(linked, "exactMatch"))
    assert found
    assert [key for key, count in found.items() if count > 1] == []


def test_a_match_is_exact_or_close_and_not_both(linked: Linked) -> None:
    """S46 says so of exact, broad and related matches; a close match beside an exact one says nothing more."""
    exact = set(pairs(linked, "exactMatch"))
    assert exact & {p for prop in MATCHES[1:] for p in pairs(linked, prop)} == set()


def test_an_official_address_reads_as_its_publisher_writes_it(linked: Linked) -> None:
    found = linked.ask("SELECT ?other WHERE { <recurso/economia/territory/espana> skos:exactMatch ?other }")
    assert found == [("http://datos.gob.es/recurso/sector-publico/territorio/Pais/España",)]
