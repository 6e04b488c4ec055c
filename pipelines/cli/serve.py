"""The command `serve`: the portal over what is published.

What belongs here: its options. What does not: serving, which is `portal`.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

from pipelines.cli.common import ProjectFolder, app, option, session
from pipelines.contracts.words import word


@app.command(help=word("help.serve"))
def serve(
    host: Annotated[str, option("host", "--host")] = "127.0.0.1",
    port: Annotated[int, option("port", "--port", min=0, max=65_535)] = 8000,
    project: ProjectFolder = None,
) -> None:
    """Serve the API and the pages."""
    with session(project) as (here, terminal):
        terminal.say("serve", address=f"http://{host}:{port}/")
        root = str(here.root.resolve())
    sys.stdout.flush()
    # Another program takes the place of this one: it loads a third, and signals reach it.
    # Memory that threads gave back is used again by others, rather than kept for each of them.
    own = {"PYTHONPATH": str(Path(__file__).parents[2]), "MALLOC_ARENA_MAX": "2"}
    # The portal beside these rooms is meant, and no folder of that name where this was typed: a store has one.
    words = [sys.executable, "-P", "-m", "portal", root, host, str(port)]
    os.execve(sys.executable, words, {**os.environ, **own})  # noqa: S606
