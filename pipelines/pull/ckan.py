"""Resources of another CKAN portal.

What belongs here: finding a resource by package and name, and fetching its file. What does not: how
requests are made, which is `web`; writing to a portal, which is another room.

The action API is called with the guarded client and not with ckanapi, whose own client would connect to
any address that the portal names.
"""

import json
from typing import Any
from urllib.parse import quote

from pipelines.contracts.project import Project
from pipelines.contracts.records import Snapshot
from pipelines.contracts.source import CkanResource, SourceFile
from pipelines.pull.http import fetch_address
from pipelines.pull.snapshot import Fetched, Work
from pipelines.pull.web import Web


def fetch_ckan(project: Project, source: SourceFile, work: Work, current: Snapshot | None) -> Fetched | None:
    """The file of the resource; None if its server says that it has not changed. Raises `FindingError`."""
    if source.ckan is None:
        raise ValueError(f"source {source.id} names no resource")
    with Web(project, source) as web:
        address = _resource_address(web, source.ckan, source.where or "", work)
        return fetch_address(web, address, work, current)


def _resource_address(web: Web, wanted: CkanResource, portal: str, work: Work) -> str:
    """The address of the resource, from the action `package_show` of the portal."""
    url = f"{portal.rstrip('/')}/api/3/action/package_show?id={quote(wanted.package, safe='')}"
    target = work.new()
    # CKAN's own robots.txt keeps crawlers off the API, which is made for programs that know what they ask for.
    web.download(url, target, robots=False)
    try:
        resources = json.loads(target.read_bytes())["result"]["resources"]
        named = [r["url"] for r in resources if isinstance(r, dict) and r.get("name") == wanted.resource]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise web.refused("ckan-answer", portal) from None
    if len(named) != 1:
        code = "ckan-resource-twice" if named else "ckan-resource-missing"
        raise web.refused(code, portal, kind=wanted.package, expected=wanted.resource)
    return _text(web, portal, named[0])


def _text(web: Web, portal: str, address: Any) -> str:
    if not isinstance(address, str):
        raise web.refused("ckan-answer", portal)
    return address
