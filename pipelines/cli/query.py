"""The command `query`: saved questions to the linked data of the current edition.

What belongs here: choosing a question and showing its answer. What does not: running it, which is `linked.queries`.
"""

import sys
from collections.abc import Sequence
from typing import Annotated

from pipelines.cli.common import AsJson, ProjectFolder, app, argument, known, session
from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.queries import SavedQuery
from pipelines.contracts.words import word
from pipelines.linked.queries import graph_files, load_graphs, load_queries, run_query
from pipelines.release import current_edition


@app.command(help=word("help.query"))
def query(
    name: Annotated[str | None, argument("query")] = None, project: ProjectFolder = None, as_json: AsJson = False
) -> None:
    """Answer a saved question, or list them."""
    with session(project, as_json) as (here, terminal):
        queries = load_queries(here)
        if name is None:
            told = [[q.name, q.titles.get(terminal.lang)] for q in queries.values()]
            if as_json:
                terminal.json([_told(q) for q in queries.values()])
            else:
                terminal.table(["query", "title"], told)
            return
        known(terminal, "query", [name], list(queries))
        edition = current_edition(here.store)
        graphs = graph_files(here, edition.pins) if edition else []
        if not graphs:
            raise FindingError(finding("rdf-none"))
        saved = queries[name]
        answer = run_query(load_graphs(here, graphs), saved.in_language(terminal.lang))
        if as_json:
            terminal.json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
            return
        # Beside the answer and not in it: what must be known to read it.
        terminal.err.print(saved.descriptions.get(terminal.lang), markup=False)
        # Not through the console, which makes spaces of tabs.
        sys.stdout.writelines(map(_line, [list[str | None](answer.columns), *answer.rows]))


def _line(row: Sequence[str | None]) -> str:
    """The cells between tabs; a cell stays on its line."""
    return "\t".join(" ".join((cell or "").split()) for cell in row) + "\n"


def _told(query: SavedQuery) -> dict[str, object]:
    return {"name": query.name, "title": query.titles.model_dump(), "description": query.descriptions.model_dump()}
