"""New tables of a dataset that readers already see: filled out of sight, then moved there whole.

What belongs here: the private dataset `<name>-next` in which such a table is filled, and the way of a resource out
of it. What does not: the dataset itself, which takes the resource up by the call that changes everything else.

CKAN has no move of a resource. It has all that is needed: an id of a resource that was removed may be given to a
dataset anew (`resource_id_does_not_exist` looks at those that are not deleted), and the DataStore table of a removed
resource is dropped only where `datastore_active` says that there is one (`after_resource_delete`) and not at all by
`package_revise`. So the resource leaves with the flag off, and its table waits for it under its id.
"""

from collections.abc import Iterable
from typing import Any

from pipelines.contracts.findings import FindingError, finding
from pipelines.publish.ckan.datastore import DataStore
from pipelines.publish.ckan.model import DATASTORE, PLACEHOLDER, Wanted, WantedTable
from pipelines.publish.ckan.package import to_ckan
from pipelines.publish.ckan.revise import Package, Revision, revise
from pipelines.publish.ckan.session import Visit
from pipelines.publish.ckan.survey import STAGING_SUFFIX, iri_of
from pipelines.publish.ckan.wire import LostError


def staging_name(name: str) -> str:
    """Name of the private dataset beside the dataset `name`."""
    return f"{name}{STAGING_SUFFIX}"


def fill(store: DataStore, table: WantedTable) -> int:
    """Make the DataStore table hold exactly what is wanted, whatever it holds; returns the rows written.

    The resource must be there. Raises `FindingError`.
    """
    store.create(table)
    return store.load(table)


def stage(visit: Visit, wanted: Wanted, tables: list[WantedTable]) -> int:
    """Fill `tables` out of sight and let their resources go; returns the rows written. Raises `FindingError`."""
    package = _with(visit, wanted, [t.resource for t in tables])
    store = visit.datastore(wanted.dataset)
    rows = sum(fill(store, table) for table in tables)
    package = visit.wire.ask("package_show", id=package["id"])
    off = [{**_plain(r), "datastore_active": False} for r in package["resources"]]
    package = revise(visit.wire, package, _revision({"resources": off}, lambda p: not _active(p)))
    ids = [t.resource for t in tables]
    revise(visit.wire, package, _revision({}, lambda p: not {r["id"] for r in p["resources"]} & set(ids), remove=ids))
    return rows


def discard(visit: Visit, wanted: Wanted, resources: Iterable[str]) -> None:
    """Drop the DataStore tables of resources that the dataset no longer has. Raises `FindingError`.

    A table can be reached only through a resource, so each is taken up here once more.
    """
    ids = list(resources)
    package = _with(visit, wanted, ids)
    store = visit.datastore(wanted.dataset)
    for identity in ids:
        store.drop(identity)
    gone = _revision({}, lambda p: not {r["id"] for r in p["resources"]} & set(ids), remove=ids)
    revise(visit.wire, visit.wire.ask("package_show", id=package["id"]), gone)


def clear(visit: Visit, wanted: Wanted) -> None:
    """Delete the private dataset, if it is there, with what a run that died has left in it.

    Its name stays taken, and it is used again.
    """
    package = _find(visit, wanted)
    if package is None or package["state"] != "active":
        return
    store = visit.datastore(wanted.dataset)
    for resource in package["resources"]:
        store.drop(resource["id"])
    visit.wire.do("package_delete", {"id": package["id"]}, again=True)


def _find(visit: Visit, wanted: Wanted) -> Package | None:
    """The private dataset. Raises `FindingError` where the name is one of somebody else, or of another of ours."""
    name = staging_name(wanted.name)
    package: Package | None = visit.wire.find("package_show", id=name)
    if package and (iri_of(package) or not (package["private"] or package["state"] == "deleted")):
        told = {"title": package.get("title") or ""}
        raise FindingError(finding("target-name-taken", dataset=wanted.dataset, value=name, params=told))
    return package


def _with(visit: Visit, wanted: Wanted, ids: list[str]) -> Package:
    """The private dataset with these resources, made or brought back if need be."""
    package = _find(visit, wanted)
    resources = [_plain({"id": i, "name": i, "datastore_active": True}) for i in ids]
    if package is None:
        return _create(visit, wanted, resources)
    others = [_plain(r) for r in package["resources"] if r["id"] not in ids]
    update = {"resources": [*others, *resources], "state": "active", "private": True}
    return revise(visit.wire, package, _revision(update, lambda p: set(ids) <= {r["id"] for r in p["resources"]}))


def _create(visit: Visit, wanted: Wanted, resources: list[dict[str, Any]]) -> Package:
    hidden = staging_name(wanted.name)
    # The fields of the dataset itself, for the portal may require some; but it is not that dataset.
    fields = {k: v for k, v in to_ckan(wanted.fields).items() if k not in ("uri", "identifier", "extras", "state")}
    fields |= {"name": hidden, "title": hidden, "notes": _NOTES, "private": True, "resources": resources}
    try:
        return dict(visit.wire.do("package_create", fields))
    except LostError:
        found = visit.wire.find("package_show", id=hidden)
        if found is None:
            raise
        return dict(found)


def _plain(resource: dict[str, Any]) -> dict[str, Any]:
    kept = {key: resource.get(key) for key in ("id", "name", "datastore_active")}
    return {**kept, "url_type": DATASTORE, "url": PLACEHOLDER, "format": "CSV"}


def _active(package: Package) -> bool:
    return any(r.get("datastore_active") for r in package["resources"])


def _revision(update: dict[str, Any], landed: Any, remove: list[str] | None = None) -> Revision:
    # Nobody else has business here; what stands there is not held against anything.
    return Revision(lambda _: update, content=lambda _: None, landed=landed, remove=remove or [])


_NOTES = (
    "Conjunto auxiliar y privado: aquí se preparan tablas antes de mostrarlas. No lo edite. "
    "/ A private aid: tables are made ready here before they are shown. Do not edit it."
)
