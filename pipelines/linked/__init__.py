"""The data as linked data: rows as RDF by the mapping in the dataset file, and RDF as rows again.

What belongs here: graphs of tables, the ontology and VoID as RDF, the dump, and queries over them. What does not: the
RDF of the catalogue, which is `describe`, and the words of a mapping, which are `contracts.mapping`.
"""

from pipelines.linked.back import check_back, select_back
from pipelines.linked.checking import check_mapping
from pipelines.linked.dump import write_dump
from pipelines.linked.integrity import check_cube
from pipelines.linked.queries import load_queries, query_files
from pipelines.linked.vocabulary import ontology_graph
from pipelines.linked.void import PublishedGraph, graph_facts, void_graph
from pipelines.linked.write import check_addresses, write_graph

__all__ = [
    "PublishedGraph",
    "check_addresses",
    "check_back",
    "check_cube",
    "check_mapping",
    "graph_facts",
    "load_queries",
    "ontology_graph",
    "query_files",
    "select_back",
    "void_graph",
    "write_dump",
    "write_graph",
]
