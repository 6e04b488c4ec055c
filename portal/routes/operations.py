"""For whoever runs the portal: whether it serves, its figures, and what the runs did.

What belongs here: `/health`, `/metrics`, and the addresses of runs and finding codes. What does not: what is told of
them, which is `portal.runs` and `portal.codes`.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from portal import runs as of
from portal.answer import TEXT, Answer, as_json
from portal.app import gives, reply
from portal.codes import codes

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
    return reply(request, lambda site: of.runs(site, limit))


@router.get("/v1/runs/{run}")
def run(request: Request, run: str) -> Response:
    """What one run did, and how often it found what: code, dataset and table, and no value."""
    return reply(request, lambda site: of.run(site, run))


@router.get("/v1/findings")
def findings(request: Request) -> Response:
    """The codes of all findings: what each means, what to do, and where it occurs in the current edition.

    A word in braces, `{table}`, is filled in by each finding.
    """
    return reply(request, codes)
