"""The ontology of the project as RDF.

What belongs here: `vocab/ontology.yaml` as OWL, under `uri_base`. What does not: the vocabularies of codes, which are
tables like any other and become SKOS by their mapping.
"""

from pipelines.contracts.ontology import Ontology, Term, prefixes
from pipelines.contracts.project import Project
from pipelines.linked.terms import Names, Triple, iri, literal, statements, texts, turtle

_KINDS = {
    "class": "owl:Class",
    "object-property": "owl:ObjectProperty",
    "datatype-property": "owl:DatatypeProperty",
}


def ontology_graph(project: Project) -> bytes | None:
    """The ontology as Turtle: the same bytes for the same file; None if the project has none."""
    ontology = project.ontology
    if ontology is None:
        return None
    names = Names(prefixes(ontology, project.catalogue.uri_base))
    triples = _ontology(project, ontology, names)
    for term in ontology.terms:
        triples += _term(project, ontology, term, names)
    return turtle(triples, names)


def _ontology(project: Project, ontology: Ontology, names: Names) -> list[Triple]:
    catalogue = project.catalogue
    version = ontology.version.isoformat()
    said = {
        "rdf:type": names.expand("owl:Ontology"),
        "dct:title": texts(ontology.titles),
        "dct:description": texts(ontology.descriptions),
        "dct:publisher": iri(catalogue.publisher.iri),
        "dct:license": iri(catalogue.licence),
        "dct:modified": literal(version, names.expand("xsd:date")[1:-1]),
        "owl:versionInfo": literal(version),
    }
    return statements(names, ontology.iri(catalogue.uri_base), said)


def _term(project: Project, ontology: Ontology, term: Term, names: Names) -> list[Triple]:
    base = project.catalogue.uri_base
    said = {
        "rdf:type": names.expand(_KINDS[term.kind]),
        "rdfs:label": texts(term.labels),
        "skos:definition": texts(term.definitions),
        "rdfs:isDefinedBy": iri(ontology.iri(base)),
        "rdfs:subClassOf": [names.expand(n) for n in term.sub_class_of],
        "rdfs:subPropertyOf": [names.expand(n) for n in term.sub_property_of],
        "skos:closeMatch": [names.expand(n) for n in term.close_match],
        "rdfs:seeAlso": [iri(page) for page in term.see_also],
        "rdfs:domain": names.expand(term.domain) if term.domain else None,
        "rdfs:range": names.expand(term.range) if term.range else None,
    }
    return statements(names, ontology.namespace(base) + term.id, said)
