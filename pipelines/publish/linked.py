"""The linked data in the tree: one dump, what it is, the terms, and the questions that may be asked.

What belongs here: their paths and what the dump is made of. What does not: the graphs, which the releases hold, and
RDF of any kind, which is made by `linked` and `describe`.

Paths, beside the graph of each table in its release::

    linked-data/dump.nt.gz            the graphs of the edition, the ontology and the catalogue, as N-Triples
    linked-data/void.ttl              what is in it: VoID; also at .well-known/void (RFC 5785 and the VoID note, 7.2)
    linked-data/ontology.ttl          the terms that no standard has
    linked-data/queries/<name>.rq     the saved questions, complete
    linked-data/tables/<table>.rq     the question that gives back the rows of a table
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.contracts.project import Project
from pipelines.contracts.store import GRAPH_FORMATS
from pipelines.linked import (
    PublishedGraph,
    graph_facts,
    load_queries,
    ontology_graph,
    select_back,
    void_graph,
    write_dump,
)
from pipelines.publish.shown import Content, Shown, Version

FOLDER = "linked-data"
DUMP = f"{FOLDER}/dump.nt.gz"
VOID = (f"{FOLDER}/void.ttl", ".well-known/void")
ONTOLOGY = f"{FOLDER}/ontology.ttl"


@dataclass(frozen=True)
class Dump:
    """The dump, written when it is needed: it may be large. `parts`: files of releases, and RDF as Turtle."""

    parts: tuple[Path | bytes, ...]

    def write(self, out: BinaryIO) -> None:
        """Write it; the same bytes each time."""
        write_dump(self.parts, out)


def linked_files(project: Project, content: Content, catalogue: bytes) -> dict[str, bytes | Dump]:
    """Every file of linked data of the tree by its path; none if no pinned version has a graph.

    `catalogue`: the description of the datasets as Turtle, which goes into the dump.
    """
    graphs = _graphs(project, content)
    if not graphs:
        return {}
    ontology = ontology_graph(project)
    beside = [*([ontology] if ontology else []), catalogue]
    void = void_graph(project, list(graphs.values()), f"{_base(project)}/{DUMP}", [graph_facts(b) for b in beside])
    out: dict[str, bytes | Dump] = dict.fromkeys(VOID, void)
    if ontology:
        out[ONTOLOGY] = ontology
    out[DUMP] = Dump((*graphs, *beside))
    out |= {f"{FOLDER}/queries/{name}.rq": q.text.encode() for name, q in load_queries(project).items()}
    for graph in graphs.values():
        resource = project.owner_of(graph.table)[1]
        out[f"{FOLDER}/tables/{graph.table}.rq"] = select_back(resource, project).encode()
    return out


def has_linked_data(project: Project, content: Content) -> bool:
    """Whether the tree has linked data; no graph is read."""
    return any(_files(project, content))


def _graphs(project: Project, content: Content) -> dict[Path, PublishedGraph]:
    out = {}
    for shown, version, table, name in _files(project, content):
        path = version.folder / name
        address = f"{_base(project)}/datasets/{shown.id}/{version.release.version}/{name}"
        out[path] = PublishedGraph(shown.id, table, address, graph_facts(path))
    return out


def _files(project: Project, content: Content) -> Iterator[tuple[Shown, Version, str, str]]:
    """The graph files of the pinned versions, in order. One whose table is no longer mapped is not among them."""
    for shown, version in content.pinned:
        for name in version.files:
            table, _, extension = name.rpartition(".")
            if extension in GRAPH_FORMATS and _mapped(project, shown.id, table):
                yield shown, version, table, name


def _mapped(project: Project, dataset: str, table: str) -> bool:
    resources = project.datasets[dataset].resources if dataset in project.datasets else []
    return any(r.name == table and r.rdf for r in resources)


def _base(project: Project) -> str:
    return project.settings.base_url.rstrip("/")
