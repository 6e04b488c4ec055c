"""Saying things in RDF, and writing them the same way each time.

What belongs here: the prefixes, a short way to state triples, and bytes that do not differ between two
processes. What does not: which triples there are, which is `dcat`.

rdflib is slow to import, so each function that needs it imports it.
"""

import json
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from pipelines.contracts.files import canonical_json, pretty_json
from pipelines.contracts.text import LANGS, Text, Words

if TYPE_CHECKING:
    from rdflib import Graph, URIRef

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
RdfFormat = Literal["ttl", "rdf", "jsonld"]


def expand(name: str) -> str:
    """The IRI of `prefix:local`. Raises `KeyError` for a prefix that is not in `PREFIXES`."""
    prefix, local = name.split(":", 1)
    return PREFIXES[prefix] + local


def new_graph() -> "Graph":
    """An empty graph that knows `PREFIXES` and no other prefix."""
    from rdflib import Graph

    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


class Subject:
    """One thing of a graph, of which things are said; properties are written `prefix:local`."""

    def __init__(self, graph: "Graph", iri: str, *types: str) -> None:
        self._graph, self._iri = graph, _iri(iri)
        for name in types:
            self.iri("rdf:type", expand(name))

    def iri(self, name: str, *values: str | None) -> None:
        """State each IRI of `values`; None states nothing."""
        for value in values:
            if value is not None:
                self._graph.add((self._iri, _iri(expand(name)), _iri(value)))

    def text(self, name: str, value: Text) -> None:
        """State the text once in each language."""
        for lang in LANGS:
            self.literal(name, value.get(lang), lang=lang)

    def words(self, name: str, value: Words) -> None:
        """State each word in its language."""
        for lang in LANGS:
            for word in value.get(lang):
                self.literal(name, word, lang=lang)

    def day(self, name: str, value: date | None) -> None:
        """State an xsd:date; None states nothing."""
        if value is not None:
            self.literal(name, value.isoformat(), "xsd:date")

    def moment(self, name: str, value: datetime) -> None:
        """State an xsd:dateTime to the second, with its offset."""
        self.literal(name, value.isoformat(timespec="seconds"), "xsd:dateTime")

    def literal(self, name: str, value: str, datatype: str | None = None, lang: str | None = None) -> None:
        """State a literal as it is written, with a datatype, a language, or neither."""
        from rdflib import Literal as RdfLiteral

        kind = _iri(expand(datatype)) if datatype else None
        self._graph.add((self._iri, _iri(expand(name)), RdfLiteral(value, datatype=kind, lang=lang, normalize=False)))


def _iri(value: str) -> "URIRef":
    from rdflib import URIRef

    return URIRef(value)


def serialize(graph: "Graph", fmt: RdfFormat) -> bytes:
    """`graph` (without blank nodes) as Turtle, RDF/XML or JSON-LD: the same bytes in every process."""
    return {"ttl": _turtle, "rdf": _rdf_xml, "jsonld": _json_ld}[fmt](graph)


def _turtle(graph: "Graph") -> bytes:
    return graph.serialize(format="turtle", encoding="utf-8")


def _rdf_xml(graph: "Graph") -> bytes:
    import pyoxigraph as ox

    kind = expand("rdf:type")
    # The type first: then the writer names the element after it.
    rows = sorted((str(s), str(p) != kind, str(p), o.n3()) for s, p, o in graph)
    lines = "".join(f"<{s}> <{p}> {text} .\n" for s, _, p, text in rows)
    triples = ox.parse(lines.encode(), format=ox.RdfFormat.N_TRIPLES)
    out = BytesIO()
    ox.serialize(triples, out, format=ox.RdfFormat.RDF_XML, prefixes=PREFIXES)
    return out.getvalue()


def _json_ld(graph: "Graph") -> bytes:
    text = graph.serialize(format="json-ld", context=PREFIXES)
    return pretty_json(_ordered(json.loads(text))).encode()


def _ordered(value: Any) -> Any:
    """JSON-LD with keys and lists in one order; a list of JSON-LD is a set, so nothing is lost."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=_place)
    return value


def _place(item: Any) -> tuple[str, str]:
    return (str(item.get("@id", "")) if isinstance(item, dict) else "", canonical_json(item))
