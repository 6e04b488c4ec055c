"""What no other part answers: the files of the static tree under their own addresses.

What belongs here: one route, which comes last. What does not: finding the file, which is `files`.
"""

from fastapi import APIRouter, Request, Response

from portal.app import reply
from portal.files import tree_file

router = APIRouter(include_in_schema=False)


@router.get("/{path:path}")
def file(request: Request) -> Response:
    """A file of the tree."""
    return reply(request, lambda site: tree_file(site, request.scope["path"]))
