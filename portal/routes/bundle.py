"""An edition as one archive.

What belongs here: its route. What does not: the answer, which is in `portal.bundle`.
"""

from fastapi import APIRouter, Request, Response

from portal.answer import media_type
from portal.app import gives, reply
from portal.bundle import bundle
from portal.catalogue import record

router = APIRouter(prefix="/v1", tags=["catalogue"])


@router.get("/editions/{edition}.zip", **gives(media_type("x.zip")))
def edition_bundle(request: Request, edition: str) -> Response:
    """An edition as one ZIP for a repository that gives DOIs: CSV, SQLite, codebook, citation, checksums."""
    return reply(request, lambda site: bundle(site, record(site, edition)))
