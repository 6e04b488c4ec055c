"""For whoever runs the portal: whether it serves, its figures, and what the runs did.

What belongs here: `/health`, `/metrics`, `/v1/runs`. What does not: anything of a run that is not public.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from pipelines.contracts.records import Run
from pipelines.contracts.store import RUN_FILE
from portal.answer import TEXT, Answer
from portal.app import gives, reply
from portal.catalogue import as_json
from portal.site import Site

router = APIRouter(tags=["operations"])

MOST_RUNS = 500


@router.get("/health")
def health(request: Request) -> Response:
    """Whether an edition is served; 503 before the first one."""
    return reply(request, lambda site: as_json({"status": "ok", "edition": site.edition.edition}, cache="none"))


@router.get("/metrics", **gives(TEXT))
async def metrics(request: Request) -> Response:
    """Counters for Prometheus."""
    counters = request.app.state.metrics
    return reply(
        request,
        lambda site: Answer(
            counters.text(site.edition.edition), "text/plain; version=0.0.4; charset=utf-8", cache="none"
        ),
    )


@router.get("/v1/runs")
def runs(request: Request, limit: Annotated[int, Query(ge=1, le=MOST_RUNS)] = 50) -> Response:
    """What the last runs did, the newest first: of published datasets and their sources only."""
    return reply(request, lambda site: as_json({"runs": [_told(site, r) for r in last_runs(site, limit)]}, "none"))


def last_runs(site: Site, limit: int) -> list[Run]:
    """The records of the last runs, the newest first. A run that is being written is not there yet."""
    folders = sorted(site.store.runs.iterdir(), reverse=True) if site.store.runs.is_dir() else []
    found: list[Run] = []
    for folder in folders:
        if len(found) == limit:
            break
        path = folder / RUN_FILE
        if path.is_file():
            found.append(Run.model_validate_json(path.read_bytes()))
    return found


def _told(site: Site, run: Run) -> dict[str, Any]:
    # Reasons and findings of a candidate may speak of what is not published; counts do not.
    sources = {s for d in site.catalogue.datasets for s in d.sources}
    kept = {"dataset", "result", "version", "rows", "change", "errors", "warnings"}
    return {
        **run.model_dump(mode="json", include={"run", "command", "started", "ended", "code_version", "edition"}),
        "portal": run.portal,
        "findings": run.findings,
        "sources": [
            s.model_dump(mode="json", include={"source", "result", "snapshot"})
            for s in run.sources
            if s.source in sources
        ],
        "datasets": [
            d.model_dump(mode="json", include=kept, exclude_none=True)
            for d in run.datasets
            if d.dataset in site.datasets
        ],
    }
