"""Our table of constraints: that it is whole, and that each kind of value lets in what it should and nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from shacl import Shapes

from pipelines.check.catalogue.constraints import (
    CONSTRAINTS_FILE,
    PREFIXES,
    Constraints,
    Rule,
    expand,
    load_constraints,
    shacl_of,
)
from pipelines.contracts.standards import SHAPE_SETS
from pipelines.contracts.text import Text

VOCAB = Path(__file__).parents[2] / "vocab"
TABLE = load_constraints(VOCAB)
A = "http://publications.europa.eu/resource/authority/"
DIR3 = "<http://datos.gob.es/recurso/sector-publico/org/Organismo/L01280796>"
KOS = "http://datos.gob.es/kos/sector-publico/sector"
TERRITORY = "http://datos.gob.es/recurso/sector-publico/territorio"
IANA = "http://www.iana.org/assignments/media-types"
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
LOCAL = '<urn:n> foaf:name "Oficina"@es . <urn:i> dct:identifier "1" ; dct:type <urn:t> . '
TYPED = (
    '<urn:n> a foaf:Agent . <urn:place> a dct:Location . <urn:law> a eli:LegalResource . <urn:p> dcat:startDate "2026" . '
    "<urn:now> a time:Instant . <urn:f> a dct:Frequency ; rdf:value <urn:dd> . <urn:dd> a time:DurationDescription . "
    '<urn:c> a vcard:Kind ; vcard:hasURL <urn:page> . <urn:ds> a dcat:Dataset . <urn:dist> a dcat:Distribution ; dct:title "x" . '
    "<urn:imt> a dct:IMT . <urn:id> a adms:Identifier . <urn:sum> a spdx:Checksum . <urn:rel> a dcat:Relationship . "
    "<urn:att> a prov:Attribution . <urn:act> a prov:Activity . <urn:prov> a dct:ProvenanceStatement . "
    "<urn:lic> dct:type <http://purl.org/adms/licencetype/PublicDomain> . "
    f'{DIR3.replace("L01280796", "L01280797")} a foaf:Organization ; foaf:name "Otro"@es . '
)
OTHER_DIR3 = DIR3.replace("L01280796", "L01280797")


def typed(lexical: str, kind: str) -> str:
    return f'"{lexical}"^^xsd:{kind}'


def code(table: str, word: str) -> tuple[str, str, str]:
    return f"<{A}{table}/{word}>", f"<{A.replace('http:', 'https:')}{table}/{word}>", f'"{word}"'


# Of each kind: a value that passes, and values that do not. More passing values stand in MORE.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "iri": ("<urn:any>", '"text"', "[]"),
    "node": ("[]", '"text"'),
    "bare": ("<urn:any>", "<urn:n>", "[]", '"text"'),
    "literal": ('"text"', "<urn:any>"),
    "mark": ('"text"@en', '" "', "<urn:any>"),
    "text": ('"text"', '"text"@es', '""', "7", "<urn:any>"),
    "langstring": ('"texto"@en, "text"@en', '"text"', '" "@es'),
    "langstring-once": ('"texto"@ca, "text"@en', '"a"@en, "b"@en', '"text"'),
    "langstring-es": ('"texto"@es, "text"@en', '"text"@en', '"texto"@es-ES', '"a"@es, "b"@es', '"texto"'),
    "date": (typed("2026-11-22", "date"), '"2026-11-22"', typed("2026-02-31", "date"), typed("2026-11-22Z", "date")),
    "moment": (
        typed("2026-11-22T06:00:00.123456+01:00", "dateTime"),
        typed("2026-11-22T06:00:00.1234567Z", "dateTime"),
        typed("2026-11-22T24:00:00", "dateTime"),
        typed("2026-11-22", "date"),
    ),
    "day": (typed("2026-11-22", "date"), typed("2026-11-22+01:00", "date"), typed("-0044-03-15", "date")),
    "month": (typed("2026-11", "gYearMonth"), typed("2026-11Z", "gYearMonth")),
    "year": (typed("2026", "gYear"), typed("2026Z", "gYear"), typed("0026", "gYear")),
    "any-date": (typed("2026-11-22Z", "date"), '"2026"', typed("ayer", "date")),
    "any-day": (typed("2026-11-22", "date"), typed("2026", "gYear")),
    "any-moment": (typed("2026-11-22T06:00:00", "dateTime"), typed("2026-11-22", "date")),
    "any-month": (typed("2026-11", "gYearMonth"), typed("2026", "gYear")),
    "any-year": (typed("2026", "gYear"), typed("2026-11", "gYearMonth")),
    "decimal": ("2.5", "2", "2.5e0"),
    "double": ("2.5e0", "2.5"),
    "float": (typed("2.5", "float"), "2.5"),
    "integer": ("2", "2.5"),
    "duration": (typed("P1M", "duration"), '"P1M"', typed("un mes", "duration")),
    "iso-duration": (typed("P1DT2H", "duration"), typed("-P1D", "duration"), '"P1D"'),
    "plain-number": ('"12.5"', '"-1"', '"doce"'),
    "duration-or-number": (typed("P1M", "duration"), '"P1M"', "<urn:any>"),
    "begins-as-duration": (typed("P1M", "duration"), "30"),
    "amount": ("2.5", "-2.5", "2"),
    "metres": ("30", "-30", '"30"'),
    "whole-number": (typed("5", "nonNegativeInteger"), "-5", "5.0", '"5"'),
    "byte-count": (typed("5", "nonNegativeInteger"), "5", typed("-5", "nonNegativeInteger")),
    "hex": (typed("00ff", "hexBinary"), '"00ff"', typed("xyz", "hexBinary")),
    "hex-mark": (typed("00ff", "hexBinary"), typed("", "hexBinary")),
    "wkt": ('"POINT(1 2)"^^geo:wktLiteral', '"POINT(1 2)"'),
    "code:access-right": code("access-right", "PUBLIC"),
    "code:atu": code("atu", "ESP_MAD"),
    "code:availability": code("planned-availability", "STABLE"),
    "code:continent": code("continent", "EUROPE"),
    "code:country": code("country", "ESP"),
    "code:data-theme": code("data-theme", "ECON"),
    "code:dataset-type": code("dataset-type", "STATISTICAL"),
    "code:file-type": code("file-type", "CSV"),
    "code:frequency": code("frequency", "MONTHLY"),
    "code:language": code("language", "SPA"),
    "code:place": code("place", "ESP_MAD"),
    "code:status": code("distribution-status", "COMPLETED"),
    "code:hvd-category": ("<http://data.europa.eu/bna/c_a9135398>", "<https://data.europa.eu/bna/c_a9135398>"),
    "code:licence-type": ("<http://purl.org/adms/licencetype/Attribution>", "<http://purl.org/adms/licencetype/by>"),
    "code:publisher-type": ("<http://purl.org/adms/publishertype/LocalAuthority>", "<http://purl.org/adms/publishertype/X>"),
    "media-type": (f"<{IANA}/text/csv>", f"<{IANA}/text/CSV>", f"<{IANA}/text>", '"text/csv"'),
    "nti-sector": (f"<{KOS}/economia>", f"<{KOS}/magia>", '"economia"'),
    "inspire-theme": ("<http://inspire.ec.europa.eu/theme/us>", "<https://inspire.ec.europa.eu/theme/us>"),
    "theme": (f"<{KOS}/economia>", "<urn:any>", '"economia"'),
    "taxonomy": (f"<{KOS}>", f"<{KOS}/economia>"),
    "dataset-type": (f"<{A}dataset-type/STATISTICAL>", "<urn:any>"),
    "inspire-dataset": (
        "<http://inspire.ec.europa.eu/metadata-codelist/ResourceType/dataset>",
        "<http://inspire.ec.europa.eu/metadata-codelist/ResourceType/series>",
    ),
    "eli-address": ("<https://www.boe.es/eli/es/l/2007/11/16/37>", "<http://www.boe.es/eli/es/l/2007/11/16/37>", '"37/2007"'),
    "eli-law": ("<urn:law>", "<urn:any>"),
    "legislation": ("<urn:law>", "<urn:any>", '"37/2007"'),
    "territory": (f"<{TERRITORY}/Provincia/Madrid>", f"<{TERRITORY}/Municipio/Madrid>", f"<{TERRITORY}/Pais/Espa%C3%B1a>"),
    "geonames": ("<http://sws.geonames.org/3117732/>", "<http://sws.geonames.org/3117732>"),
    "place": (f"<{TERRITORY}/Pais/España>", "<urn:any>", '"Madrid"'),
    "location": ("<urn:place>", "<urn:any>"),
    "period": ("<urn:p>", "<urn:any>", '"2026"'),
    "instant": ("<urn:now>", "<urn:any>"),
    "frequency": (f"<{A}frequency/MONTHLY>", "<urn:any>", '"cada mes"'),
    "frequency-node": ("<urn:f>", "<urn:any>"),
    "frequency-value": ("<urn:dd>", "<urn:any>"),
    "duration-node": ("<urn:dd>", "<urn:any>"),
    "described-frequency": ("<urn:f>", "<urn:any>"),
    "valued-frequency": ("<urn:f>", "<urn:any>"),
    "dir3": (DIR3, DIR3.replace("http:", "https:"), DIR3.replace("L01280796", "l01280796")),
    "bare-dir3": (DIR3, OTHER_DIR3, "<urn:any>"),
    "publisher": (DIR3, "<urn:n>", '"Ayuntamiento"', "[]"),
    "named-body": ("<urn:n>", "<urn:any>"),
    "creator": (DIR3, "<urn:any>", '"Ayuntamiento"'),
    "named-dir3": (OTHER_DIR3, DIR3, "<urn:n>"),
    "named-agent": ("<urn:n>", OTHER_DIR3, "<urn:any>"),
    "named-node": ('[ a foaf:Agent ; foaf:name "X"@es ]', '[ a foaf:Agent, org:X ; foaf:name "X"@es ]'.replace("org:X", "<urn:X>")),
    "agent-type": ("foaf:Person", "vcard:Kind"),
    "full-agent": ("<urn:i>", "<urn:n>"),
    "identified-agent": ("<urn:i>", "<urn:n>"),
    "contact": ("<urn:c>", "<urn:any>", DIR3, '"Oficina"'),
    "email": ("<mailto:a@b.example>", '"a@b.example"', "<http://b.example>"),
    "phone": ("<tel:+34910000000>", '"910000000"'),
    "licence": ("<urn:lic>", '"libre"', "[]"),
    "licence-node": ("<urn:lic>", "<urn:any>"),
    "format": (f"<{A}file-type/CSV>", '"CSV"', "<urn:any>"),
    "imt": ("<urn:imt>", "<urn:any>"),
    "distribution": ("<urn:dist>", "<urn:any>"),
    "dataset": ("<urn:ds>", "<urn:any>"),
    "listed": ("<urn:ds>", "<urn:dist>"),
    "resource": ("<urn:ds>", "<urn:dist>"),
    "identifier": ("<urn:id>", "<urn:any>"),
    "checksum": ("<urn:sum>", "<urn:any>"),
    "relationship": ("<urn:rel>", "<urn:any>"),
    "attribution": ("<urn:att>", "<urn:any>"),
    "activity": ("<urn:act>", "<urn:any>"),
    "provenance": ("<urn:prov>", "<urn:n>", '"De aquí."'),
    "statement": ("<urn:prov>", "<urn:any>"),
    "restricted": (f"<{A}access-right/NON_PUBLIC>", f"<{A}access-right/PUBLIC>"),
    "ogc-service": (f"<{A}file-type/WMS_SRVC>", f"<{A}file-type/CSV>"),
    "capabilities": ("<http://x.example/wms?service=WMS&REQUEST=getcapabilities>", "<http://x.example/wms>"),
}  # fmt: skip
MORE = [
    ("date", typed("2026", "gYear")),
    ("date", typed("2026-11-22T06:00:00", "dateTime")),
    ("whole-number", "5"),
    ("publisher", OTHER_DIR3),
    ("creator", "<urn:n>"),
    ("creator", OTHER_DIR3),
    ("full-agent", "<urn:any>"),
    ("licence", "<urn:any>"),
    ("format", "<urn:imt>"),
    ("place", "<urn:place>"),
    ("frequency", typed("P1M", "duration")),
    ("provenance", "<urn:any>"),
]


def one(**parts: str) -> Rule:
    """A rule about dct:subject of a skos:Collection, which no test data hold but by intent."""
    blank = dict.fromkeys(("when", "min", "max", "kind", "some", "has"), "")
    named = {"target": "skos:Collection", "property": "dct:subject", **blank, **parts}
    return Rule(id="r", set="es", severity="error", source="s", text=Text(es="e", en="e"), **named)


def breaches(rule: Rule, data: str) -> list[tuple[str, str]]:
    """The component and severity of each result about `data`."""
    shapes = Shapes.from_turtle(shacl_of(Constraints({rule.id: rule}, TABLE.kinds), "es"))
    return [(r.component, r.severity) for r in shapes.validate_turtle(HEAD + LOCAL + TYPED + data).results]


def test_each_kind_has_an_example_and_is_used() -> None:
    assert sorted(EXAMPLES) == sorted(TABLE.kinds)
    asked = {k for r in TABLE.rules.values() for k in (r.kind, r.some, r.when.rpartition("=")[2])}
    inner = {k for kind in TABLE.kinds.values() for k in (*kind.any_of, *kind.without, *(n for _, n in kind.needs))}
    assert set(TABLE.kinds) - asked - inner == set()
    assert (asked | inner) - set(TABLE.kinds) == {""}


@pytest.mark.parametrize(("kind", "value"), [*((k, v[0]) for k, v in EXAMPLES.items()), *MORE])
def test_a_value_of_the_kind_passes(kind: str, value: str) -> None:
    assert breaches(one(kind=kind), f"<urn:x> a skos:Collection ; dct:subject {value} .") == []


@pytest.mark.parametrize(("kind", "value"), [(k, bad) for k, v in EXAMPLES.items() for bad in v[1:]])
def test_a_value_of_another_kind_does_not(kind: str, value: str) -> None:
    assert breaches(one(kind=kind), f"<urn:x> a skos:Collection ; dct:subject {value} .")


def test_values_are_counted() -> None:
    rule = one(min="1", max="1")
    assert breaches(rule, "<urn:x> a skos:Collection .") == [("MinCountConstraintComponent", "Violation")]
    assert breaches(rule, "<urn:x> a skos:Collection ; dct:subject 1, 2 .") == [
        ("MaxCountConstraintComponent", "Violation")
    ]
    assert breaches(rule, "<urn:x> a skos:Collection ; dct:subject 1 .") == []


def test_what_is_recommended_is_a_warning() -> None:
    (only,) = breaches(replace(one(min="1"), severity="warning"), "<urn:x> a skos:Collection .")
    assert only == ("MinCountConstraintComponent", "Warning")


def test_one_of_several_properties_is_enough() -> None:
    rule = one(property="dct:subject|dct:title", min="1")
    assert breaches(rule, "<urn:x> a skos:Collection ; dct:title 1 .") == []
    assert len(breaches(rule, "<urn:x> a skos:Collection .")) == 1


def test_a_property_can_be_asked_for_the_other_way_round() -> None:
    rule = one(property="^dcat:inSeries", min="1")
    assert breaches(rule, "<urn:x> a skos:Collection . <urn:ds> dcat:inSeries <urn:x> .") == []
    assert len(breaches(rule, "<urn:x> a skos:Collection .")) == 1


def test_what_must_be_among_the_values_is_asked_for_only_if_there_are_any_or_one_is_needed() -> None:
    nothing, other = "<urn:x> a skos:Collection .", "<urn:x> a skos:Collection ; dct:subject 2 ."
    assert breaches(one(has="1"), nothing) == []
    assert len(breaches(one(has="1"), other)) == 1
    assert breaches(one(has="1"), other.replace("2", "1, 2")) == []
    assert breaches(one(has="1", min="1"), nothing)


def test_one_value_of_a_kind_among_others_is_enough() -> None:
    rule = one(min="1", some="nti-sector")
    assert breaches(rule, f"<urn:x> a skos:Collection ; dct:subject <urn:any>, <{KOS}/economia> .") == []
    assert breaches(rule, "<urn:x> a skos:Collection ; dct:subject <urn:any> .")


def test_a_rule_can_be_for_some_things_only() -> None:
    rule = one(min="1", when="^dcat:distribution/dct:accessRights=restricted")
    owner = f"<urn:o> dcat:distribution <urn:x> ; dct:accessRights <{A}access-right/%s> . <urn:x> a skos:Collection ."
    assert breaches(rule, owner % "PUBLIC") == []
    assert len(breaches(rule, owner % "RESTRICTED")) == 1


def test_a_rule_can_be_for_what_a_property_points_at() -> None:
    assert (
        len(
            breaches(
                one(target="^dcat:contactPoint", property="vcard:fn", min="1"), "<urn:a> dcat:contactPoint <urn:c> ."
            )
        )
        == 1
    )


def test_every_rule_has_its_source_and_reads_in_both_languages() -> None:
    bad = [
        r.id for r in TABLE.rules.values() if not r.source or not r.text.es or not r.text.en or r.text.es == r.text.en
    ]
    assert bad == []
    assert all("{" not in r.text.es + r.text.en for r in TABLE.rules.values())


def test_every_class_property_and_value_has_a_prefix_that_is_known() -> None:
    for rule in TABLE.rules.values():
        names = [rule.target, *rule.when.rpartition("=")[0].split("|"), *rule.property.split("|"), rule.has]
        for path in filter(None, names):
            for step in [path] if path.startswith("<") else path.split("/"):
                assert expand(step.removeprefix("^")).startswith("http")


@pytest.mark.parametrize("name", SHAPE_SETS)
def test_the_shapes_are_turtle_always_the_same_and_every_rule_is_in_them(name: str) -> None:
    (known,) = [s for s in SHAPE_SETS if s == name]
    text = shacl_of(load_constraints(VOCAB), known)
    assert text == shacl_of(load_constraints(VOCAB), known)
    kind, shape = ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("sh:NodeShape"))
    shapes = {t.subject for t in ox.parse(text, format=ox.RdfFormat.TURTLE) if (t.predicate, t.object) == (kind, shape)}
    assert len(shapes) == sum(rule.set == known for rule in TABLE.rules.values()) > 0


SPOILED = {
    "two rows about one thing": (
        "\nes,dcat:Catalog",
        "\nes,dcat:Catalog,,foaf:homepage,,,,,,error,s,e,e\nes,dcat:Catalog",
    ),
    "no such severity": (",error,", ",grave,"),
    "no such set": ("\nes,", "\nfr,"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_table_that_says_nonsense_is_refused(tmp_path: Path, case: str) -> None:
    shutil.copytree(VOCAB, tmp_path / "vocab")
    file = tmp_path / "vocab" / CONSTRAINTS_FILE
    before, after = SPOILED[case]
    file.write_text(file.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ValueError):
        load_constraints(tmp_path / "vocab")


def test_a_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError):
        breaches(one(kind="unheard-of"), "")
