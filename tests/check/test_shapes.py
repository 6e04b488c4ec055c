"""The SHACL gate: what the shapes find, in words that tell what to do."""

from pathlib import Path

import pytest

from pipelines.check.catalogue.shapes import LIMIT, VALUE_CHARS, shape_findings
from pipelines.check.catalogue.standards import Result, all_results, load_standards, once
from pipelines.contracts.findings import Finding
from pipelines.contracts.standards import ShapeSet

VOCAB = Path(__file__).parents[2] / "vocab"
HEAD = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix x: <http://x.example/> .
"""
DIR3 = "<http://datos.gob.es/recurso/sector-publico/org/Organismo/L01280796>"
DATA = f"""{HEAD}
x:d a dcat:Dataset ; dct:title "Talleres"@es ; dct:description "Los talleres."@es ; dct:publisher {DIR3} ;
    dcat:theme <http://datos.gob.es/kos/sector-publico/sector/economia> ; dcat:distribution x:f ; dcat:version "1" .
x:f a dcat:Distribution ; dcat:accessURL x:page ; dcat:byteSize 12 .
"""


def found(data: str, name: ShapeSet = "es") -> list[Finding]:
    """The errors of our own constraints."""
    results = once(all_results(load_standards(VOCAB, None), name, data))
    return [f for f in shape_findings(results, "workshops") if f.severity == "error"]


def test_a_graph_that_keeps_the_rules_has_no_errors() -> None:
    assert found(DATA) == []


def test_a_property_that_is_missing_is_named_with_its_subject_and_what_the_rule_wants() -> None:
    (only,) = found(DATA.replace('dct:title "Talleres"@es ;', ""))
    assert (only.code, only.key, only.field) == ("shapes-property-missing", "http://x.example/d", "dct:title")
    assert only.what("es").startswith("A http://x.example/d le falta dct:title. Hace falta un título en español")
    assert "A title in Spanish (@es) is needed" in only.what("en")
    assert "schemas/workshops.yaml" in only.do("es")


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('"Talleres"@es', '"Workshops"@en', "dct:title"),
        ("sector/economia>", "sector/magia>", "dcat:theme"),
        (
            ' ; dcat:version "1"',
            " ; dct:language <http://publications.europa.eu/resource/authority/language/ENG>",
            "dct:language",
        ),
    ],
)
def test_a_value_that_must_be_among_others_is_missing(before: str, after: str, field: str) -> None:
    (only,) = found(DATA.replace(before, after))
    assert (only.code, only.field, only.value) == ("shapes-property-missing", field, None)
    assert "no se muestra" not in only.what("es")


@pytest.mark.parametrize(("before", "after"), [('"1"', '"1", "2"'), ('"Talleres"@es', '"Talleres"@es, "Cursos"@es')])
def test_a_second_value_is_one_too_many(before: str, after: str) -> None:
    (only,) = found(DATA.replace(before, after))
    assert only.code == "shapes-property-many"


def test_a_value_of_another_kind_is_shown_and_cut_if_it_is_long() -> None:
    (only,) = [f for f in found(DATA.replace("byteSize 12", 'byteSize "muchos"')) if f.params["constraint"] == "Or"]
    assert (only.code, only.field, only.value) == ("shapes-value", "dcat:byteSize", "muchos")
    (long,) = found(DATA.replace('dcat:version "1"', f'dcat:version "{"x" * 900}"@es'))
    assert len(long.value or "") == VALUE_CHARS


def test_a_thing_that_is_not_described_as_it_must_be_is_told_itself() -> None:
    (only,) = found(DATA + "x:d dcat:contactPoint x:c . x:c a vcard:Kind .")
    assert (only.code, only.key, only.field) == ("shapes-entity", "http://x.example/c", None)
    assert "no se muestra" not in only.what("es")


def test_what_is_only_recommended_holds_nothing() -> None:
    results = once(all_results(load_standards(VOCAB, None), "es", DATA))
    warned = shape_findings(results, "workshops")
    assert {f.severity for f in warned} == {"warning"}
    assert ("http://x.example/d", "dcat:keyword") in {(f.key, f.field) for f in warned}


def test_what_only_the_official_shapes_say_names_the_standard() -> None:
    only = Result("eu-hvd", "urn:x", "dct:title", "NodeKindConstraintComponent", "v", "error", "official")
    (told,) = shape_findings([only], "d")
    assert "DCAT-AP HVD 3.0.0" in told.what("es") and "DCAT-AP HVD 3.0.0" in told.what("en")


def test_many_breaches_are_cut_and_the_rest_is_counted() -> None:
    files = "".join(f"x:f{n} a dcat:Distribution .\n" for n in range(LIMIT + 7))
    told = shape_findings(
        once(
            all_results(
                load_standards(VOCAB, None), "eu", DATA.replace("dcat:byteSize 12", 'dcat:byteSize "12"') + files
            )
        ),
        "d",
    )
    assert len(told) == LIMIT + 1
    assert (told[-1].code, told[-1].params["count"]) == ("shapes-more", "8")
