"""A table as an RDF Data Cube: its data set and its structure.

What belongs here: the triples that say what the columns of the table are to the cube (W3C, The RDF Data Cube
Vocabulary, 5 to 8). What does not: the observations, which are the rows, and the constraints, which are `integrity`.
"""

from collections.abc import Iterator

import pandas as pd

from pipelines.contracts.dataset import DataField
from pipelines.contracts.mapping import RDF_PREFIXES
from pipelines.linked.cells import Cells
from pipelines.linked.mapping import Rule, Rules
from pipelines.linked.terms import Names, Triple, iri, literal, statements, texts

_DIMENSION, _ATTRIBUTE = "qb:DimensionProperty", "qb:AttributeProperty"


def cube_triples(rules: Rules, table: pd.DataFrame) -> list[Triple]:
    """The qb:DataSet of a table and its qb:DataStructureDefinition; nothing if the table is no cube.

    A coded dimension (a vocabulary, and IRIs) has a code list: the concept scheme whose address its codes extend. The
    codes that the table uses are said to be in it. Components are ordered as the mapping names them; an attribute is
    required where its column is. Raises `ValueError` if a component is a column without mapping.
    """
    resource, mapping = rules.resource, rules.resource.rdf
    cube = rules.cube
    if mapping is None or mapping.cube is None or cube is None:
        return []
    names = Names(rules.namespaces)
    structure = f"{cube}#structure"
    out: list[Triple] = []
    components = []
    kinds = (
        (mapping.cube.dimensions, "qb:dimension", _DIMENSION),
        (mapping.cube.measures, "qb:measure", "qb:MeasureProperty"),
        (mapping.cube.attributes, "qb:attribute", _ATTRIBUTE),
    )
    for columns, component, cls in kinds:
        for column in columns:
            rule = rules.of(column)
            if rule is None:
                raise ValueError(f"column {column} of cube {resource.name} has no mapping")
            components.append(f"{cube}#{column}")
            said = {
                "rdf:type": names.expand("qb:ComponentSpecification"),
                component: names.expand(rule.predicate),
                "qb:order": literal(str(len(components)), names.expand("xsd:integer")[1:-1]),
                "qb:componentRequired": _required(names, resource.field(column)) if cls == _ATTRIBUTE else None,
                "rdfs:label": texts(resource.field(column).titles),
            }
            out += statements(names, components[-1], said)
            out += _property(names, rule, cls)
            if cls == _DIMENSION and (scheme := _scheme(rule)):
                out += _codes(names, rule, scheme, Cells(table, rules))
    data_set = {
        "rdf:type": names.expand("qb:DataSet"),
        "qb:structure": iri(structure),
        "rdfs:label": texts(resource.titles),
        "rdfs:comment": texts(resource.descriptions),
    }
    shape = {"rdf:type": names.expand("qb:DataStructureDefinition"), "qb:component": [iri(c) for c in components]}
    return [*statements(names, cube, data_set), *statements(names, structure, shape), *out]


def _required(names: Names, field: DataField) -> str:
    return literal("true" if field.constraints.required else "false", names.expand("xsd:boolean")[1:-1])


def _property(names: Names, rule: Rule, cls: str) -> list[Triple]:
    scheme = _scheme(rule) if cls == _DIMENSION else None
    if scheme:
        kind = "skos:Concept"
    elif rule.is_iri or rule.predicate.partition(":")[0] in RDF_PREFIXES:
        # A property of a standard is not ours to narrow: its values elsewhere may be of another kind.
        kind = "rdfs:Resource"
    else:
        kind = rule.datatype or ("rdf:langString" if rule.lang else "xsd:string")
    said = {
        "rdf:type": [names.expand("rdf:Property"), names.expand(cls)],
        "rdfs:range": names.expand(kind),
        "qb:codeList": iri(scheme) if scheme else None,
    }
    return statements(names, names.expand(rule.predicate)[1:-1], said)


def _scheme(rule: Rule) -> str | None:
    """The concept scheme of a coded column: the address that its codes extend."""
    if rule.field is None or rule.field.vocabulary is None or rule.value is None or rule.resolve:
        return None
    return rule.value.start.rstrip("/#") or None


def _codes(names: Names, rule: Rule, scheme: str, cells: Cells) -> Iterator[Triple]:
    yield from statements(names, scheme, {"rdf:type": names.expand("skos:ConceptScheme")})
    for code in cells.terms(rule).values.unique().to_pylist():
        said = {"rdf:type": names.expand("skos:Concept"), "skos:inScheme": iri(scheme)}
        yield from statements(names, code[1:-1], said)
