"""What the shapes forget: each fault is found where it is, and a sound catalogue has none."""

from datetime import UTC, datetime

import pytest

from pipelines.check.catalogue.conventions import check_conventions, read_moment
from pipelines.check.catalogue.graph import Value
from pipelines.check.catalogue.hvd import check_hvd
from pipelines.contracts.findings import Finding
from tests.check.catalogues import ORGANISM, WHOLE, A, X, graph, swapped

NOW = datetime(2026, 11, 22, tzinfo=UTC)
XSD = "http://www.w3.org/2001/XMLSchema#"


def found(text: str, *more: str, spanish: bool = True) -> list[Finding]:
    return check_conventions(graph(text, *more), spanish, now=NOW)


def test_a_sound_catalogue_has_no_findings() -> None:
    assert found(WHOLE) == []
    assert found(WHOLE, spanish=False) == []


SIZE = '"99"^^xsd:nonNegativeInteger'
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
FAULTS = {
    "a size below zero": (SIZE, '"-5"^^xsd:decimal', "convention-size", "f"),
    "a size with decimals": (SIZE, "1024.0", "convention-size", "f"),
    "a size in words": (SIZE, '"99 KB"', "convention-size", "f"),
    "a size of another type": (SIZE, '"99"^^xsd:integer', "convention-size-type", "f"),
    "a hash that is cut": (SHA1, SHA1[:39], "convention-checksum", "f"),
    "a change before the beginning": ("2026-11-20T05:00:00Z", "2026-01-14T05:00:00Z", "convention-date-order", "d"),
    "a change in the future": ("2026-11-20T05:00:00Z", "2026-12-20T05:00:00Z", "convention-date-future", "d"),
    "a time without a zone": ("2026-11-20T05:00:00Z", "2026-11-20T05:00:00", "convention-date-zone", "d"),
    "a period that runs backwards": ("2026-12-31", "2025-12-31", "convention-period-order", "d"),
    "an address with an accent": ("x:form", "<http://pueblo.example/buzón>", "convention-uri", "d"),
    "no identifier": ('dct:identifier "11111111-1111-4111-8111-111111111111" ;', "", "convention-identifier", "d"),
    "an empty identifier": ('"11111111-1111-4111-8111-111111111111"', '" "', "convention-identifier", "d"),
    "the organisation as contact": ("dcat:contactPoint x:contact", f"dcat:contactPoint <{ORGANISM}>", "convention-contact", "d"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_is_found_in_its_place(case: str) -> None:
    before, after, code, node = FAULTS[case]
    (only,) = found(swapped(before, after))
    assert (only.code, only.key) == (code, X + node)
    assert only.severity == ("warning" if code.endswith(("-type", "-zone")) else "error")
    assert "{" not in only.what("es") + only.do("es") + only.what("en") + only.do("en")


def test_the_territory_that_its_list_writes_with_ñ_is_no_fault() -> None:
    assert "Pais/España" in WHOLE
    assert found(WHOLE) == []


def test_two_datasets_with_one_identifier_are_found() -> None:
    (only,) = found(WHOLE, 'x:e a dcat:Dataset ; dct:identifier "11111111-1111-4111-8111-111111111111" .')
    assert (only.code, only.params["other"]) == ("convention-identifier-twice", X + "d")


def test_a_catalogue_within_a_catalogue_warns() -> None:
    (only,) = found(WHOLE, "x:catalogue dct:hasPart x:other . x:other a dcat:Catalog .")
    assert (only.code, only.severity) == ("convention-subcatalogue", "warning")


def test_what_is_restricted_needs_size_format_and_rights() -> None:
    closed = swapped(f"dct:accessRights <{A}/access-right/PUBLIC>", f"dct:accessRights <{A}/access-right/RESTRICTED>")
    assert found(closed) == []
    (only,) = found(swapped(f"dcat:byteSize {SIZE} ;", "", closed))
    assert (only.code, only.field) == ("convention-restricted", "dcat:byteSize")


def test_the_european_profile_has_none_of_the_spanish_conventions() -> None:
    before, after, *_ = FAULTS["no identifier"]
    assert found(swapped(before, after), spanish=False) == []


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [("2026", "gYear", "2026-01-01", "2026-12-31"), ("2026-02", "gYearMonth", "2026-02-01", "2026-02-28")],
)
def test_a_vague_date_means_all_of_its_days(text: str, kind: str, first: str, last: str) -> None:
    moment = read_moment(Value(text, None, XSD + kind))
    assert moment and (str(moment.first_day), str(moment.last_day)) == (first, last)
    assert read_moment(Value("ayer", None, XSD + kind)) is None


LAW = "dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj>"
VALUED = f"""
x:d {LAW} ; dcatap:hvdCategory <http://data.europa.eu/bna/c_a9135398> . x:f {LAW} .
x:api a dcat:DataService ; dcat:servesDataset x:d ; dcat:endpointURL x:v1 ; dcat:endpointDescription x:openapi ;
  dcat:contactPoint x:contact ; {LAW} ; dcatap:hvdCategory <http://data.europa.eu/bna/c_a9135398> ; foaf:page x:docs .
"""
LACKS = {
    "no service": ("dcat:servesDataset x:d ;", "", "hvd-service-missing", "d"),
    "a service without documentation": ("; foaf:page x:docs", "", "hvd-service-incomplete", "api"),
    "no category": (" ; dcatap:hvdCategory <http://data.europa.eu/bna/c_a9135398> . x:f", " . x:f", "hvd-category-missing", "d"),
    "no law on the file": (f"x:f {LAW} .", "", "hvd-legislation-missing", "f"),
    "no contact": ("dcat:contactPoint x:contact ; dct:temporal", "dct:temporal", "hvd-contact-missing", "d"),
    "no download": ("dcat:downloadURL x:talleres.csv ;", "", "hvd-bulk-missing", "d"),
    "a licence for no trade": (f"dct:license <{A}/licence/CC_BY_4_0> ;\n  dct:rights", f"dct:license <{A}/licence/CC_BYNC_4_0> ;\n  dct:rights", "hvd-licence", "f"),
    "a licence of its own": (f"dct:license <{A}/licence/CC_BY_4_0> ;\n  dct:rights", "dct:license x:terms ;\n  dct:rights", "hvd-licence-unknown", "f"),
}  # fmt: skip


def test_a_whole_high_value_dataset_lacks_nothing() -> None:
    assert check_hvd(graph(WHOLE, VALUED)) == []
    assert check_hvd(graph(WHOLE)) == []


@pytest.mark.parametrize("case", LACKS)
def test_what_a_high_value_dataset_lacks_is_found(case: str) -> None:
    before, after, code, node = LACKS[case]
    (only,) = check_hvd(graph(swapped(before, after, WHOLE + VALUED)))
    assert (only.code, only.key) == (code, X + node)
