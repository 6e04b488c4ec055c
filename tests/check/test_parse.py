"""RDF from anybody: what is made to hang, fill or reach out is refused with a reason, and nothing crashes."""

import pytest

from pipelines.check.catalogue.graph import read_graph
from pipelines.check.catalogue.parse import NotRdfError, RdfSyntax, parse_rdf

RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="http://a.example/">'


def xml(body: str, doctype: str = "") -> bytes:
    return f'<?xml version="1.0"?>{doctype}{RDF}{body}</rdf:RDF>'.encode()


def entities(*definitions: str) -> str:
    return f"<!DOCTYPE rdf:RDF [{''.join(f'<!ENTITY {one}>' for one in definitions)}]>"


THING = "<rdf:Description rdf:about='http://a.example/x'><a:p>{}</a:p></rdf:Description>"


@pytest.mark.parametrize(
    "definitions",
    [
        ('a "ha"', 'b "&a;&a;"'),
        (f'a "{"x" * 201}"',),
        ('a SYSTEM "file:///etc/passwd"',),
        ('% a SYSTEM "http://127.0.0.1:9/x"',),
    ],
)
def test_entities_that_unfold_or_reach_out_are_refused(definitions: tuple[str, ...]) -> None:
    (only,) = read_graph(xml(THING.format("x"), entities(*definitions)), "rdf").findings
    assert "entidad XML" in only.what("es") and "XML entity" in only.what("en")


def test_entities_that_shorten_addresses_are_read() -> None:
    data = xml(THING.format("&a;x"), entities('a "http://a.example/"'))
    assert [t.object.value for t in parse_rdf(data, "rdf")] == ["http://a.example/x"]


def test_elements_without_end_are_refused_at_once() -> None:
    with pytest.raises(NotRdfError, match="more than 1000"):
        list(parse_rdf(xml("<a:A><a:r>" * 50_000), "rdf"))


@pytest.mark.parametrize(
    "context", ['"http://127.0.0.1:9/c"', '"file:///etc/passwd"', '{"@version": 1.1, "@import": "http://a.example"}']
)
def test_a_context_elsewhere_is_not_fetched_and_the_reason_says_what_to_do(context: str) -> None:
    (only,) = read_graph(f'{{"@context": {context}, "@id": "http://a.example/x"}}'.encode(), "jsonld").findings
    assert "@context" in only.what("es") and "write it into the file" in only.what("en")


@pytest.mark.parametrize(
    "statement", ["<x:a> <x:b> <<( <x:c> <x:d> <x:e> )>> .", '<x:a> <x:b> "c" {| <x:d> <x:e> |} .']
)
def test_a_triple_within_a_triple_is_a_finding(statement: str) -> None:
    (only,) = read_graph(statement.encode(), "ttl").findings
    assert (only.code, "RDF 1.2" in only.what("es")) == ("rdf-unreadable", True)


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("ttl", "<x:a> <x:b> <x:c> ."),
        ("nt", "<x:a> <x:b> <x:c> ."),
        ("jsonld", '{"@id": "x:a", "x:b": {"@id": "x:c"}}'),
        ("rdf", RDF + '<rdf:Description rdf:about="x:a"><a:p rdf:resource="x:c"/></rdf:Description></rdf:RDF>'),
    ],
)
def test_the_mark_that_windows_writes_first_is_passed_over(syntax: RdfSyntax, text: str) -> None:
    assert len(list(parse_rdf(b"\xef\xbb\xbf" + text.encode(), syntax))) == 1


@pytest.mark.parametrize("syntax", ["ttl", "nt", "jsonld", "rdf"])
def test_text_in_latin_1_is_a_finding(syntax: RdfSyntax) -> None:
    texts = {
        "ttl": '<x:a> <x:b> "ñ" .',
        "nt": '<x:a> <x:b> "ñ" .',
        "jsonld": '{"@id": "x:a", "x:b": "ñ"}',
        "rdf": '<?xml version="1.0" encoding="ISO-8859-1"?>' + RDF + THING.format("ñ") + "</rdf:RDF>",
    }
    (only,) = read_graph(texts[syntax].encode("latin-1"), syntax).findings
    assert only.code == "rdf-unreadable"


@pytest.mark.parametrize("text", ["# {}", '<x:a> <x:b> "{}" .'])
def test_a_text_that_the_parser_cannot_hold_is_a_finding(text: str) -> None:
    (only,) = read_graph(text.format("x" * 17_000_000).encode(), "ttl").findings
    assert "16 MB" in only.what("es")
