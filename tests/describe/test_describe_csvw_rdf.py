"""CSV on the Web and our own linked data: a converter of the standard makes triples that our graph has too."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from csvw_builders import EVENTS, FIELDS, ROWS, describe, reading
from describe_builders import ROOMS, Described, tables
from rdflib import Graph, Literal, URIRef

from pipelines.linked.write import write_graph

LEFT_OUT = {
    "http://purl.org/dc/terms/subject": "several IRIs in a cell",
    "http://xmlns.com/foaf/0.1/page": "addresses under a path",
    "http://www.w3.org/2000/01/rdf-schema#comment": "a template that may have a hole in it",
}


@pytest.fixture
def mapped(tmp_path: Path) -> Described:
    fields = [f for f in FIELDS if f["name"] != "mark"]  # a mapping that names a private column makes no graph
    return describe(tmp_path, [{**EVENTS, "schema": {**EVENTS["schema"], "fields": fields}}, ROOMS], ROWS)


def term(value: dict[str, str]) -> URIRef | Literal:
    if value["kind"] == "iri":
        return URIRef(value["value"])
    datatype = value.get("datatype")
    return Literal(value["value"], lang=value.get("lang"), datatype=URIRef(datatype) if datatype else None)


def converted(described: Described) -> Iterator[tuple[URIRef, URIRef, URIRef | Literal]]:
    """The triples that the package `csvw` makes of the mapped columns."""
    for row in reading(described)["tables"][0]["rows"]:
        for subject, said, value in row["triples"]:
            yield URIRef(subject), URIRef(said), term(value)


def test_a_converter_makes_the_triples_of_our_graph_and_lacks_what_the_standard_cannot_say(mapped: Described) -> None:
    resource = mapped.dataset.resources[0]
    path = write_graph(mapped.folder, tables(mapped.dataset, ROWS)["workshops"], resource, mapped.project)
    assert path is not None
    ours, theirs = set(Graph().parse(path)), set(converted(mapped))
    assert len(theirs) == 15
    assert theirs - ours == set()
    assert {str(p) for _, p, _ in ours - theirs} == set(LEFT_OUT)
