"""CSV on the Web and our own linked data: a converter of the standard makes triples that our graph has too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from csvw_builders import EVENTS, FIELDS, ROWS, describe, reading
from describe_builders import ROOMS, Described, tables
from rdflib import Graph, Literal, URIRef

from pipelines.linked.write import write_graph

XSD = "http://www.w3.org/2001/XMLSchema#"
LEFT_OUT = {
    "http://purl.org/dc/terms/subject": "several IRIs in a cell",
    "http://xmlns.com/foaf/0.1/page": "addresses under a path",
    "http://www.w3.org/2000/01/rdf-schema#comment": "a template that may have a hole in it",
}


@pytest.fixture
def mapped(tmp_path: Path) -> Described:
    fields = [f for f in FIELDS if f["name"] != "mark"]  # a mapping that names a private column makes no graph
    return describe(tmp_path, [{**EVENTS, "schema": {**EVENTS["schema"], "fields": fields}}, ROOMS], ROWS)


def converted(described: Described) -> Iterator[tuple[Any, Any, Any]]:
    """The triples of the mapped columns (Generating RDF from Tabular Data on the Web, 4.2), by the package `csvw`."""
    table = reading(described).tables[0]
    texts = pd.read_csv(described.folder / "workshops.csv", dtype=str, keep_default_na=False).to_dict("records")
    for row, text in zip(table, texts, strict=True):
        for column in (c for c in table.tableSchema.columns if c.propertyUrl):
            cell = None if column.virtual else row[column.name]
            if not column.virtual and cell in (None, []):
                continue
            subject = URIRef(table.expand(column.inherit("aboutUrl"), row, _row=1))
            said = URIRef(table.expand(column.propertyUrl, row, _row=1))
            if column.valueUrl:
                yield subject, said, URIRef(table.expand(column.valueUrl, row, _row=1))
                continue
            kind, lang = column.datatype.base, column.inherit("lang")
            for value in cell if isinstance(cell, list) else [text[column.name]]:
                if kind == "string":
                    yield subject, said, Literal(value, lang=None if lang == "und" else lang)
                else:
                    yield subject, said, Literal(value, datatype=URIRef(XSD + kind))


def test_a_converter_makes_the_triples_of_our_graph_and_lacks_what_the_standard_cannot_say(mapped: Described) -> None:
    resource = mapped.dataset.resources[0]
    path = write_graph(mapped.folder, tables(mapped.dataset, ROWS)["workshops"], resource, mapped.project)
    assert path is not None
    ours, theirs = set(Graph().parse(path)), set(converted(mapped))
    assert len(theirs) == 15
    assert theirs - ours == set()
    assert {str(p) for _, p, _ in ours - theirs} == set(LEFT_OUT)
