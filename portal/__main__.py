"""`python -m portal ROOT HOST PORT`: what `opendata serve` becomes, without what the rest of the project loads.

What belongs here: settings to a running server. What does not: options for people, which the command has.
"""

import gc
import sys
from pathlib import Path

from pipelines.contracts.settings import load_settings
from pipelines.contracts.store import Store
from portal.app import make_app
from portal.log import Log
from portal.server import serve
from portal.sparql_engine import Limits


def main(root: Path, host: str, port: int) -> None:
    """Serve the store of the project at `root`."""
    settings = load_settings(root)
    per_minute = settings.requests_per_minute
    sparql = Limits(
        seconds=settings.sparql_seconds,
        memory=settings.sparql_memory_bytes,
        answer=settings.sparql_answer_bytes,
        waiting=settings.sparql_waiting,
        workers=settings.sparql_workers,
    )
    store = Store((root / settings.store).resolve())
    app = make_app(store, settings.base_url, per_minute, Log(requests=settings.log_requests), sparql)
    # What is there by now stays. Looking through it for garbage takes 50 ms, in which nobody would be answered.
    gc.collect()
    gc.freeze()
    serve(app, host, port, behind_proxy=per_minute > 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
