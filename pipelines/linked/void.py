"""VoID: what the linked data are, how many, and where to get them (W3C note, Describing Linked Datasets).

What belongs here: the figures of a graph file, and the description of the whole and of each table. What does not: the
description of the datasets as files, which is DCAT and `describe`.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipelines.contracts.mapping import RDF_PREFIXES
from pipelines.contracts.ontology import prefixes
from pipelines.contracts.project import Project
from pipelines.contracts.text import Text
from pipelines.describe import iris
from pipelines.describe.services import sparql_endpoint
from pipelines.linked.dump import read_graph
from pipelines.linked.terms import Names, Triple, iri, literal, statements, texts, turtle

_TYPE = RDF_PREFIXES["rdf"] + "type"
_FORMATS = {"ttl": "http://www.w3.org/ns/formats/Turtle", "nt": "http://www.w3.org/ns/formats/N-Triples"}
TITLE = Text(es="Datos enlazados del catálogo", en="Linked data of the catalogue")


@dataclass
class GraphFacts:
    """The figures of one graph or several: each thing is counted once. Eight bytes a triple are held."""

    classes: set[str] = field(default_factory=set)
    properties: set[str] = field(default_factory=set)
    _triples: "array[int]" = field(default_factory=lambda: array("q"))
    _subjects: "array[int]" = field(default_factory=lambda: array("q"))
    _entities: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def triples(self) -> int:
        """How many different triples there are."""
        return _different(self._triples)

    @property
    def subjects(self) -> int:
        """How many things something is said of."""
        return _different(self._subjects)

    @property
    def entities(self) -> int:
        """How many things have a class."""
        return _different(self._entities)

    def add(self, other: "GraphFacts") -> None:
        """Count another graph too."""
        self.classes |= other.classes
        self.properties |= other.properties
        self._triples.extend(other._triples)
        self._subjects.extend(other._subjects)
        self._entities.extend(other._entities)


def _different(hashes: "array[int]") -> int:
    return len(np.unique(np.frombuffer(hashes, np.int64))) if hashes else 0


def graph_facts(graph: Path | bytes) -> GraphFacts:
    """The figures of a graph, a file or Turtle in memory, read as a stream. Raises `SyntaxError` if it is no RDF."""
    out = GraphFacts()
    last: object = None
    for quad in read_graph(graph):
        subject, predicate = quad.subject, quad.predicate.value
        out._triples.append(hash(quad))
        if subject != last:
            out._subjects.append(hash(subject))
            last = subject
        out.properties.add(predicate)
        if predicate == _TYPE:
            out.classes.add(quad.object.value)
            out._entities.append(hash(subject))
    return out


@dataclass(frozen=True)
class PublishedGraph:
    """The graph of a table, and the address where it is served."""

    dataset: str
    table: str
    address: str
    facts: GraphFacts


def void_graph(
    project: Project, graphs: Iterable[PublishedGraph], dump: str, beside: Iterable[GraphFacts] = ()
) -> bytes:
    """The VoID description as Turtle: the whole, whose dump is at the address `dump`, and each table as a subset.

    `beside`: the figures of what the dump holds besides the tables; the figures of the whole are those of the dump.
    Where the settings say where the API is, the SPARQL endpoint of the portal is named.
    The same bytes for the same graphs and addresses.
    """
    base = project.catalogue.uri_base
    sparql = sparql_endpoint(project.settings)
    names = Names({**prefixes(project.ontology, base)})
    whole = f"{iris.catalogue(base)}/datos-enlazados"
    total, subsets = GraphFacts(), []
    for facts in beside:
        total.add(facts)
    out: list[Triple] = []
    for graph in graphs:
        total.add(graph.facts)
        part = f"{whole}/{graph.dataset}/{graph.table}"
        subsets.append(iri(part))
        _, resource = project.owner_of(graph.table)
        about = {
            "dct:title": texts(resource.titles),
            "dct:source": iri(iris.dataset(base, graph.dataset)),
            "void:dataDump": iri(graph.address),
            "void:feature": iri(_FORMATS[graph.address.rpartition(".")[2]]),
        }
        out += statements(names, part, {**about, **_figures(names, graph.facts)})
    about_all = {
        "dct:title": texts(TITLE),
        "dct:description": texts(project.catalogue.descriptions),
        "dct:source": iri(iris.catalogue(base)),
        "dct:license": iri(project.catalogue.licence),
        "dct:publisher": iri(project.catalogue.publisher.iri),
        "void:dataDump": iri(dump),
        "void:feature": iri(_FORMATS["nt"]),
        **({"void:sparqlEndpoint": iri(sparql)} if sparql else {}),
        "void:uriSpace": literal(f"{base}/"),
        "void:subset": subsets,
    }
    out += statements(names, whole, {**about_all, **_figures(names, total)})
    document = {"rdf:type": names.expand("void:DatasetDescription"), "foaf:primaryTopic": iri(whole)}
    out += statements(names, f"{whole}/void", document)
    return turtle(out, names)


def _figures(names: Names, facts: GraphFacts) -> dict[str, str | list[str]]:
    integer = names.expand("xsd:integer")[1:-1]
    used = {n for n in names.namespaces.values() if any(t.startswith(n) for t in facts.classes | facts.properties)}
    counted = {
        "void:triples": facts.triples,
        "void:entities": facts.entities,
        "void:distinctSubjects": facts.subjects,
        "void:classes": len(facts.classes),
        "void:properties": len(facts.properties),
    }
    return {
        "rdf:type": names.expand("void:Dataset"),
        "void:vocabulary": [iri(n) for n in sorted(used)],
        **{name: literal(str(count), integer) for name, count in counted.items()},
    }
