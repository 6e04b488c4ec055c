"""The graph of the synthetic table, beside rdflib writing the same triples.

What belongs here: a mapping for the table, and the measurement. What does not: the table, which is
`benchmarks.synthetic`.
"""

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.synthetic import Bench
from pipelines.contracts.dataset import Resource
from pipelines.linked import write_graph

_PROPERTIES = {
    "id": "dct:identifier",
    "name": "skos:prefLabel",
    "district": "dct:spatial",
    "city": "schema:addressLocality",
    "amount": "schema:amount",
    "share": "schema:value",
    "count": "schema:numberOfItems",
    "opened": "schema:foundingDate",
    "active": "schema:isAccessibleForFree",
    "code": "skos:notation",
}


def mapped(resource: Resource) -> Resource:
    """The table with a mapping: labels in Spanish, districts as IRIs, everything else as typed literals."""
    raw = resource.model_dump(by_alias=True, exclude_none=True)
    raw["rdf"] = {"aboutUrl": "/recurso/economia/local/{id}", "types": ["org:Site"]}
    for column in raw["schema"]["fields"]:
        column["rdf"] = {"propertyUrl": _PROPERTIES[column["name"]]}
    fields = {column["name"]: column["rdf"] for column in raw["schema"]["fields"]}
    fields["name"]["lang"] = "es"
    fields["district"]["valueUrl"] = "/recurso/economia/distrito/{district}"
    return Resource.model_validate(raw)


def linking(
    bench: Bench, folder: Path, rows: int, seconds: Callable[[Callable[[], object]], float]
) -> tuple[float, float]:
    """Seconds to write `rows` rows as Turtle, by us and by rdflib, whose graph is in memory already."""
    import rdflib

    resource, table = mapped(bench.resource), bench.table.head(rows)

    def ours() -> Path:
        path = folder / f"{resource.name}.ttl"
        path.unlink(missing_ok=True)
        written = write_graph(folder, table, resource, bench.project)
        assert written == path
        return path

    took = seconds(ours)
    graph = rdflib.Graph().parse(ours())
    began = time.perf_counter()
    graph.serialize(folder / "peer.ttl", format="turtle")
    return took, time.perf_counter() - began
