"""The last look at the catalogue before it is shown: what the national federator would do with the whole.

What belongs here: the dry run over the Spanish feed of an edition, and what of it keeps the edition from being shown.
What does not: the rules, which are in `check`, and what a dataset says of itself, which was held when it was released.
"""

from pipelines.check import load_rulebook
from pipelines.check.catalogue.graph import read_graph
from pipelines.check.catalogue.judge import Served, judge_graph
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
from pipelines.publish.catalogues import feed_pages


def check_feed(project: Project, files: dict[str, bytes]) -> list[Finding]:
    """What the federator would say of the Spanish feed among `files` (path and content).

    An error is what makes it refuse the whole run. A dataset that it would not take is a warning here: it passed the
    gates of its own release, and the others are not kept back for it. Pages are read as one, as it reads them.
    """
    pages = feed_pages(files, "es", "ttl")
    sizes = tuple(len(page) for page in feed_pages(files, "es", "rdf"))
    # Turtle documents one after the other are one: a prefix may be declared again.
    graph = read_graph(b"\n".join(pages), "ttl")
    rulebook = load_rulebook(project.root / "vocab", project.standards)
    verdict = judge_graph(graph, "es", rulebook, served=Served(sizes))
    told = [f for f in verdict.findings if f.code.startswith("federator-")]
    return [f.model_copy(update={"severity": "warning"}) if f.code == "federator-dropped" else f for f in told]
