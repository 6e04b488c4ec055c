"""The integrity constraints of the RDF Data Cube (W3C recommendation, 11.1), as queries.

What belongs here: the constraints that our cubes can break, written anew. What does not: making the cube, which is
`cube`. Our cubes have no slices, so IC-7 to IC-10 and IC-18 cannot be broken; no measure dimension, so IC-15 to IC-17
cannot; and no hierarchical code list, so IC-20 and IC-21 cannot. IC-12 groups observations by their dimensions where
the recommendation compares each with each.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.contracts.dataset import Resource
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.mapping import RDF_PREFIXES
from pipelines.contracts.project import Project

if TYPE_CHECKING:
    from pyoxigraph import Store

_SHOWN = 3
"""Things that break a constraint and are named; there may be thousands."""
_PREFIXES = "".join(f"PREFIX {p}: <{RDF_PREFIXES[p]}>\n" for p in ("qb", "rdfs", "skos"))

CONSTRAINTS = {
    # An observation has exactly one data set.
    "IC-1": """
        ?this a qb:Observation .
        OPTIONAL { ?this qb:dataSet ?one . }
        OPTIONAL { ?this qb:dataSet ?two . FILTER(?two != ?one) }
        FILTER(!BOUND(?one) || BOUND(?two))""",
    # A data set has exactly one structure.
    "IC-2": """
        ?this a qb:DataSet .
        OPTIONAL { ?this qb:structure ?one . }
        OPTIONAL { ?this qb:structure ?two . FILTER(?two != ?one) }
        FILTER(!BOUND(?one) || BOUND(?two))""",
    # A structure has a measure.
    "IC-3": """
        ?this a qb:DataStructureDefinition .
        FILTER NOT EXISTS { ?this qb:component/qb:measure/a qb:MeasureProperty . }""",
    # A dimension has a range.
    "IC-4": """
        ?this a qb:DimensionProperty .
        FILTER NOT EXISTS { ?this rdfs:range ?range . }""",
    # A dimension whose values are concepts has a code list.
    "IC-5": """
        ?this a qb:DimensionProperty ; rdfs:range skos:Concept .
        FILTER NOT EXISTS { ?this qb:codeList ?list . }""",
    # Only an attribute may be optional.
    "IC-6": """
        ?structure qb:component ?this . ?this qb:componentRequired false .
        FILTER NOT EXISTS { ?this qb:attribute/a qb:AttributeProperty . }""",
    # An observation has a value for each dimension.
    "IC-11": """
        ?set qb:structure/qb:component/qb:dimension ?dimension . ?this qb:dataSet ?set .
        FILTER NOT EXISTS { ?this ?dimension ?value . }""",
    # No two observations of a data set agree in all dimensions.
    "IC-12": """
        { SELECT (SAMPLE(?one) AS ?this) WHERE {
            { SELECT ?set ?one (GROUP_CONCAT(?part; SEPARATOR=" ") AS ?place) WHERE {
                { SELECT ?set ?one ?part WHERE {
                    ?set qb:structure/qb:component/qb:dimension ?dimension .
                    ?one qb:dataSet ?set ; ?dimension ?value .
                    BIND(CONCAT(STR(?dimension), "=", ENCODE_FOR_URI(STR(?value))) AS ?part)
                  } ORDER BY ?set ?one ?part }
              } GROUP BY ?set ?one }
          } GROUP BY ?set ?place HAVING (COUNT(*) > 1) }""",
    # An observation has a value for each attribute that is required.
    "IC-13": """
        ?set qb:structure/qb:component ?component . ?this qb:dataSet ?set .
        ?component qb:componentRequired true ; qb:attribute ?attribute .
        FILTER NOT EXISTS { ?this ?attribute ?value . }""",
    # An observation has a value for each measure.
    "IC-14": """
        ?set qb:structure/qb:component/qb:measure ?measure . ?this qb:dataSet ?set .
        FILTER NOT EXISTS { ?this ?measure ?value . }""",
    # A coded value is in its code list.
    "IC-19": """
        ?set qb:structure/qb:component/(qb:dimension|qb:measure|qb:attribute) ?property .
        ?property qb:codeList ?list . ?list a skos:ConceptScheme .
        ?this qb:dataSet ?set ; ?property ?code .
        FILTER NOT EXISTS { ?code a skos:Concept ; skos:inScheme ?list . }""",
}
"""By name, what breaks it: `?this` is the thing that does."""


def ask(constraint: str) -> str:
    """The ASK of a constraint: true where it is broken."""
    return f"{_PREFIXES}ASK {{{CONSTRAINTS[constraint]}\n}}"


def cube_faults(store: "Store") -> list[str]:
    """The constraints that the cubes of a pyoxigraph store break, each with the first things that break it."""
    out = []
    for name, broken in CONSTRAINTS.items():
        if store.query(ask(name)):
            query = f"{_PREFIXES}SELECT DISTINCT ?this WHERE {{{broken}\n}} ORDER BY ?this LIMIT {_SHOWN}"
            things = [row["this"].value for row in _rows(store, query)]
            out.append(f"{name} {', '.join(things)}")
    return out


def _rows(store: "Store", query: str) -> Any:
    # A SELECT gives solutions; the stubs of pyoxigraph name all kinds of answers.
    return store.query(query)


def check_cube(graph: Path, resource: Resource, project: Project) -> list[Finding]:
    """One finding for each constraint that the graph of a table breaks; none for a table that is no cube."""
    if resource.rdf is None or resource.rdf.cube is None:
        return []
    import pyoxigraph as ox

    store = ox.Store()
    store.bulk_load(path=str(graph), format=ox.RdfFormat.from_extension(graph.suffix[1:]))
    dataset = project.owner_of(resource.name)[0].name
    out = []
    for fault in cube_faults(store):
        name, _, things = fault.partition(" ")
        out.append(finding("rdf-cube", dataset=dataset, table=resource.name, key=things, params={"constraint": name}))
    return out
