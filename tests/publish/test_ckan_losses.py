"""How two descriptions of a dataset in DCAT differ, property by property."""

from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipelines.contracts.findings import FindingError
from pipelines.contracts.metadata import Dataset, Distribution
from pipelines.describe.rdf import PREFIXES
from pipelines.line import Line
from pipelines.publish.ckan.losses import compare, differences
from tests.publish.ckan_builders import only, page, says, target, wire
from tests.tiny import Tiny

HEAD = (
    "".join(f"@prefix {name}: <{start}> .\n" for name, start in PREFIXES.items()) + "@prefix : <https://a.example/> .\n"
)
META = Dataset.model_construct(
    iri="https://a.example/d", distributions=[Distribution.model_construct(iri=f"https://a.example/f{n}") for n in "12"]
)


def graph(turtle: str) -> Any:
    return parse(HEAD + turtle, RdfFormat.TURTLE)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (":d dct:title 'a'@es .", ":d dct:title 'a'@es .", []),
        (":d dct:title 'a'@es, 'b'@en .", ":d dct:title 'a' .", [("dct:title", "form"), ("dct:title", "missing")]),
        (":d dct:description 'largo'@es .", ":d dct:description 'largo\\n\\ny más' .", [("dct:description", "form")]),
        (":d dct:format <https://e/file-type/CSV> .", ":d dct:format 'csv' .", [("dct:format", "form")]),
        (":d dct:format <https://e/file-type/JSON> .", ":d dct:format 'JSONL' .", [("dct:format", "value")]),
        (
            ":d dcat:keyword 'a', 'b' .",
            ":d dcat:keyword 'c' .",
            [("dcat:keyword", "added"), ("dcat:keyword", "missing")],
        ),
        (":d dct:license :l .", "", [("dct:license", "missing")]),
        ("", ":d foaf:page :p .", [("foaf:page", "added")]),
        (
            ":d dct:temporal :t . :t dcat:startDate '2020-01-01'^^xsd:date .",
            ":d dct:temporal [ dcat:startDate '2020-01-01'^^xsd:date ] .",
            [("dct:temporal", "form")],
        ),
        (
            ":d dcat:contactPoint :c . :c vcard:fn 'x' .",
            ":d dcat:contactPoint :c . :c a vcard:Kind .",
            [("dcat:contactPoint/vcard:fn", "missing")],
        ),
        (":d dct:issued '2020-01-01'^^xsd:date .", ":d dct:issued '2020-01-01' .", [("dct:issued", "form")]),
    ],
)
def test_each_difference_is_told_by_what_it_is(ours: str, theirs: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.property, one.how) for one in differences(META, graph(ours), graph(theirs))] == expected


def test_files_are_compared_one_by_one_and_told_together() -> None:
    ours = ":f1 dct:license :l1 ; dct:title 'a' . :f2 dct:license :l2 ; dct:title 'b' ."
    theirs = ":f1 dct:license :l2 ; dct:title 'a' . :f2 dct:license :l1 ; dct:title 'b' ."
    (found,) = differences(META, graph(ours), graph(theirs))
    assert found.model_dump() == {
        "subject": "distribution",
        "property": "dct:license",
        "ours": ["https://a.example/l1", "https://a.example/l2"],
        "theirs": ["https://a.example/l2", "https://a.example/l1"],
        "how": "value",
    }


@pytest.mark.parametrize("answer", [page(404), page(200), Response("a b", 200, content_type="text/turtle")])
def test_a_portal_that_gives_no_dcat_is_told(tiny: Tiny, httpserver: HTTPServer, answer: Response) -> None:
    with Line(tiny.load(), "release") as line:
        line.release()
    says(httpserver, answer)
    url = httpserver.url_for("/").rstrip("/")
    with wire(tiny, url) as made, pytest.raises(FindingError) as told:
        compare(tiny.load(), target(url), made, "visits")
    assert only(told.value, "target-no-dcat").value == f"{url}/dataset/visits.ttl"
