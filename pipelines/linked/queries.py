"""Saved questions: SPARQL queries that anybody may run over the linked data.

What belongs here: reading `vocab/queries/*.rq`, refusing what is not a plain question, and running one over graph
files. What does not: the query that gives a table back, which is `back`.

What a file holds is said in `contracts.queries`. Addresses of ours are written without the host (`</vocab/cluster#>`),
for the query is read with `BASE <uri_base/>` before it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.queries import SavedQuery, read_query
from pipelines.contracts.store import GRAPH_FORMATS, table_file
from pipelines.linked.vocabulary import ontology_graph

if TYPE_CHECKING:
    from pyoxigraph import Store

FOLDER = "vocab/queries"
_OPAQUE = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s]*>|#[^\n]*')
"""Texts, addresses and comments: what stands in them is no word of the query."""
_SERVICE = re.compile(r"(?<![?$:\w])SERVICE(?![:\w])", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """The solutions of a query as texts, None where a variable has no value; an ASK has one cell, `true` or `false`."""

    columns: list[str]
    rows: list[list[str | None]]


def load_queries(project: Project) -> dict[str, SavedQuery]:
    """The saved questions by name, which is that of the file. Raises `FindingError` on a file that is not one."""
    base = project.catalogue.uri_base
    return {path.stem: _read(path, base) for path in query_files(project)}


def query_files(project: Project) -> list[Path]:
    """The files of the saved questions, in order."""
    return sorted((project.root / FOLDER).glob("*.rq"))


def _read(path: Path, base: str) -> SavedQuery:
    body = path.read_text(encoding="utf-8")
    try:
        query = read_query(path.stem, f"BASE <{base}/>\n{body}")
    except ValueError as error:
        raise _refused(path.name, str(error)) from error
    check_query(query.text, path.name)
    return query


def check_query(text: str, name: str = "") -> None:
    """Refuse a query that asks another server, or is no SPARQL question; raises `FindingError`."""
    import pyoxigraph as ox

    if _SERVICE.search(_OPAQUE.sub(" ", text)):
        raise _refused(name, "SERVICE")
    try:
        answer = ox.Store().query(text)
    except SyntaxError as error:
        raise _refused(name, str(error)) from error
    if isinstance(answer, ox.QueryTriples):
        raise _refused(name, "CONSTRUCT, DESCRIBE")


def _refused(name: str, reason: str) -> FindingError:
    return FindingError(finding("query-refused", part=f"{FOLDER}/{name}", params={"reason": reason}))


def graph_files(project: Project, pins: dict[str, str]) -> list[Path]:
    """The graph files of the versions in `pins` (dataset: version), in order of dataset and name."""
    out: list[Path] = []
    for dataset, version in sorted(pins.items()):
        folder = project.store.release(dataset, version)
        out += sorted(p for fmt in GRAPH_FORMATS for p in folder.glob(table_file("*", fmt)))
    return out


def load_graphs(project: Project, graphs: Iterable[Path]) -> "Store":
    """A store in memory with the graphs and the ontology, all in the default graph."""
    import pyoxigraph as ox

    store = ox.Store()
    for path in graphs:
        store.bulk_load(path=str(path), format=ox.RdfFormat.from_extension(path.suffix[1:]))
    if own := ontology_graph(project):
        store.load(own, format=ox.RdfFormat.TURTLE)
    return store


def run_query(store: "Store", text: str) -> Answer:
    """The answer to a SELECT or an ASK. Raises `FindingError` as `check_query`."""
    import pyoxigraph as ox

    check_query(text)
    answer = store.query(text)
    if isinstance(answer, ox.QueryBoolean):
        return Answer(["answer"], [["true" if answer else "false"]])
    if not isinstance(answer, ox.QuerySolutions):
        raise TypeError("check_query lets only SELECT and ASK through")
    names = [v.value for v in answer.variables]
    rows = [[_shown(solution[i]) for i in range(len(names))] for solution in answer]
    return Answer(names, rows)


def _shown(term: object) -> str | None:
    return None if term is None else str(getattr(term, "value", term))
