"""The command line: the same steps by hand. Thin: it reads words, calls functions, and writes results.

What belongs here: commands, options and exit codes. What does not: any work, and Dagster, which only
`publish` loads.
"""

from pipelines.cli.around import new
from pipelines.cli.common import app

app.add_typer(new, name="new")

# The modules register their commands when they are imported; the order is that of `--help`.
from pipelines.cli import (  # noqa: E402
    decisions,
    history,
    query,
    serve,
    standards,
    steps,
    targets,
)

__all__ = ["app", "decisions", "history", "query", "serve", "standards", "steps", "targets"]
