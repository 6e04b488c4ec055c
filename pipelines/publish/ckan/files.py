"""The files of a dataset as readers of the portal get them.

What belongs here: fetching them and comparing their hashes with those of the release. What does not: uploading.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from pipelines.publish.ckan.model import DATASTORE, Wanted
from pipelines.publish.ckan.revise import Package
from pipelines.publish.ckan.wire import CallError, Wire


@dataclass(frozen=True)
class WrongFile:
    """A file that is not the released one; `reason` is the code of the finding where it could not be fetched."""

    resource: str
    name: str
    url: str
    reason: str | None


def wrong_files(wire: Wire, wanted: Wanted, package: Package, resources: Collection[str]) -> list[WrongFile]:
    """Fetch the files of `resources` (ids) and tell those that are not as released. Only pieces are in memory."""
    out = []
    for resource in package["resources"]:
        want = wanted.resources.get(resource["id"])
        if want is None or resource["id"] not in resources or resource.get("url_type") == DATASTORE:
            continue
        if want.get("hash"):
            right, reason = _compare(wire, resource["url"], want["hash"])
            if not right:
                out.append(WrongFile(resource["id"], str(want.get("name")), resource["url"], reason))
    return out


def _compare(wire: Wire, url: str, wanted: str) -> tuple[bool, str | None]:
    hashed = hashlib.sha256()
    try:
        for piece in wire.download(url):
            hashed.update(piece)
    except CallError as error:
        return False, error.findings[0].code
    return hashed.hexdigest() == wanted, None
