"""The SHACL gate: what the official shapes say, in words that tell what to do."""

import time
from pathlib import Path

import pytest

from pipelines.check.shapes import LIMIT, SHAPES_FILE, check_shapes

GOLDEN = Path(__file__).parents[1] / "describe" / "golden" / "catalog.ttl"
STANDARDS = Path(__file__).parents[2].parent / "shared" / "standards"

OWN_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:dataset> a sh:NodeShape ; sh:targetClass dcat:Dataset ;
    sh:property [ sh:path dct:title ; sh:minCount 1 ], [ sh:path dcat:version ; sh:maxCount 1 ] ,
        [ sh:path dct:alternative ; sh:minCount 1 ; sh:severity sh:Warning ] ,
        [ sh:path dct:abstract ; sh:minCount 1 ; sh:severity sh:Info ] .
<urn:distribution> a sh:NodeShape ; sh:targetClass dcat:Distribution ;
    sh:property [ sh:path dcat:byteSize ; sh:datatype xsd:nonNegativeInteger ] .
"""
DATA = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
<http://example.org/d> a dcat:Dataset ; dct:title "T" ; dct:alternative "A" ; dcat:version "1" .
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Standards of our own, so that these tests run where the official ones are not."""
    path = tmp_path / SHAPES_FILE
    path.parent.mkdir()
    path.write_text(OWN_SHAPES)
    return tmp_path


def test_a_graph_that_keeps_the_shapes_has_no_findings(folder: Path) -> None:
    assert check_shapes(DATA.encode(), folder, "d") == []


def test_without_the_shapes_one_warning_says_so(tmp_path: Path) -> None:
    for where in (None, tmp_path):
        (only,) = check_shapes(DATA.encode(), where, "d")
        assert (only.code, only.severity, only.dataset) == ("shapes-missing", "warning", "d")
        assert str(tmp_path) not in only.model_dump_json()  # a release does not tell where it was made


def test_a_property_that_is_missing_is_named_with_its_subject(folder: Path) -> None:
    (only,) = check_shapes(DATA.replace('dct:title "T" ;', "").encode(), folder, "d")
    assert (only.code, only.severity) == ("shapes-property-missing", "error")
    assert (only.key, only.field) == ("http://example.org/d", "dct:title")
    assert "schemas/d.yaml" in only.do("es")


def test_a_second_value_is_one_too_many(folder: Path) -> None:
    (only,) = check_shapes(DATA.replace('"1"', '"1", "2"').encode(), folder, "d")
    assert (only.code, only.field) == ("shapes-property-many", "dcat:version")


def test_a_value_of_another_kind_is_shown(folder: Path) -> None:
    data = DATA + '<http://example.org/f> a dcat:Distribution ; dcat:byteSize "many" .'
    (only,) = check_shapes(data.encode(), folder, "d")
    assert (only.code, only.field, only.value) == ("shapes-value", "dcat:byteSize", "many")
    assert "Datatype" in only.what("en")


def test_what_the_shapes_call_a_warning_holds_nothing(folder: Path) -> None:
    (only,) = check_shapes(DATA.replace('dct:alternative "A" ;', "").encode(), folder, "d")
    assert (only.severity, only.field) == ("warning", "dct:alternative")


def test_rdf_that_cannot_be_read_is_an_error(folder: Path) -> None:
    for broken in (b"<a b", b"\xff\xfe", DATA.replace("/d>", "/d e>").encode()):
        (only,) = check_shapes(broken, folder, "d")
        assert (only.code, only.severity) == ("shapes-graph", "error")


def test_shapes_that_cannot_be_read_hold_the_candidate(folder: Path) -> None:
    for broken in ("<a b", "# nothing in it\n"):
        (folder / SHAPES_FILE).write_text(broken)
        (only,) = check_shapes(DATA.encode(), folder, "d")
        assert (only.code, only.severity) == ("shapes-unreadable", "error")


def test_many_breaches_are_cut_the_violations_first_and_the_rest_is_counted(folder: Path) -> None:
    files = "".join(f'<http://example.org/{n}> a dcat:Distribution ; dcat:byteSize "x" .\n' for n in range(LIMIT + 7))
    data = DATA.replace('dct:alternative "A" ;', "") + files
    found = check_shapes(data.encode(), folder, "d")
    assert [f.severity for f in found] == ["error"] * LIMIT + ["warning"]
    assert (found[-1].code, found[-1].params["count"]) == ("shapes-more", "8")


@pytest.fixture
def official() -> Path:
    if not (STANDARDS / SHAPES_FILE).is_file():
        pytest.skip("the official shapes are not beside the project")
    return STANDARDS


def test_the_golden_catalogue_passes_the_official_shapes_in_no_time(official: Path) -> None:
    started = time.perf_counter()
    assert check_shapes(GOLDEN.read_bytes(), official, "workshops") == []
    assert time.perf_counter() - started < 2


MUTATIONS = {
    "no title": (' ;\n    dct:title "Workshops"@en,\n        "Talleres"@es ;', " ;", "shapes-property-missing"),
    "a size of another type": ("xsd:nonNegativeInteger", "xsd:integer", "shapes-value"),
    "a hash of another type": ("xsd:hexBinary", "xsd:string", "shapes-value"),
    "a licence in words": ("dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0>",
                           'dct:license "libre"', "shapes-value"),
    "two versions": ('dcat:version "2026-11-22.1"', 'dcat:version "2026-11-22.1", "1"', "shapes-property-many"),
    "a date in words": ('"2026-11-20"^^xsd:date', '"ayer"', "shapes-value"),
}  # fmt: skip


@pytest.mark.parametrize("case", MUTATIONS)
def test_the_official_shapes_see_each_fault(official: Path, case: str) -> None:
    before, after, code = MUTATIONS[case]
    text = GOLDEN.read_text(encoding="utf-8")
    assert before in text
    assert code in {f.code for f in check_shapes(text.replace(before, after).encode(), official, "workshops")}
