"""The command `query`: saved questions to the linked data of the current edition.

What belongs here: choosing a question and showing its answer. What does not: running it, which is `linked.queries`.
"""

from typing import Annotated

from pipelines.cli.common import AsJson, ProjectFolder, app, argument, known, session
from pipelines.contracts.findings import FindingError, finding
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
                terminal.json([{"name": q.name, "title": q.titles.model_dump()} for q in queries.values()])
            else:
                terminal.table(["query", "title"], told)
            return
        known(terminal, "query", [name], list(queries))
        edition = current_edition(here.store)
        graphs = graph_files(here, edition.pins) if edition else []
        if not graphs:
            raise FindingError(finding("rdf-none"))
        answer = run_query(load_graphs(here, graphs), queries[name].text)
        if as_json:
            terminal.json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
            return
        terminal.lines(["\t".join(answer.columns)])
        terminal.lines("\t".join(cell or "" for cell in row) for row in answer.rows)
