"""One dataset looked at: what the portal shows of it, and the difference to what is wanted.

What belongs here: the calls that only read, and the plan that follows from them. What does not: any write.

Rows are not read while nothing has happened: the record says which version they are of, and the releases in the
store say what differs. They are read where a projection died, where the record is lost, and where the version that
the portal holds was withdrawn from the store.
"""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from pipelines.contracts.files import hash_file
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.projection import Intention, Projection
from pipelines.contracts.store import table_file
from pipelines.publish.ckan.drift import Difference as Fieldwise
from pipelines.publish.ckan.drift import Known, compare
from pipelines.publish.ckan.files import wrong_files
from pipelines.publish.ckan.journal import read_intention, read_projection
from pipelines.publish.ckan.model import (
    DATASTORE,
    Action,
    DatasetPlan,
    Drift,
    FieldChange,
    Fields,
    RowChange,
    Wanted,
    WantedTable,
)
from pipelines.publish.ckan.package import foreign, shown
from pipelines.publish.ckan.past import past_ids
from pipelines.publish.ckan.revise import Package
from pipelines.publish.ckan.rows import Difference, columns_hash, difference, read_parquet
from pipelines.publish.ckan.session import Visit
from pipelines.publish.ckan.survey import taken

_MD5 = re.compile("[0-9a-f]{32}")


@dataclass
class Look:
    """What was found out about one dataset.

    `rows` holds the differences of the tables that need one, `stale` the resources whose uploaded file is another.
    """

    wanted: Wanted
    package: Package | None
    record: Projection | None
    intention: Intention | None
    plan: DatasetPlan
    kept: set[str]
    known: Known
    rows: dict[str, Difference] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)

    @property
    def first(self) -> bool:
        """Whether nobody can see the dataset yet."""
        filled = self.package is None or being_filled(self.package, self.record, self.intention)
        return filled and self.wanted.version is not None

    @property
    def doomed(self) -> list[str]:
        """Ids of the resources of ours that the dataset has and is no longer to have."""
        return [r.id for r in self.plan.resources if r.action == "remove"]

    @property
    def dropped(self) -> list[str]:
        """Ids of the resources of ours that ever held a table and are no longer wanted."""
        ours = self.known.resources
        return [i for i, r in ours.items() if r.get("url_type") == DATASTORE and i not in self.wanted.resources]


def look_at(visit: Visit, wanted: Wanted) -> Look:
    """What the portal shows of one dataset, and how its metadata differ from what is wanted. Raises `FindingError`."""
    record = read_projection(visit.store, visit.target.id, wanted.dataset)
    intention = read_intention(visit.store, visit.target.id, wanted.dataset)
    wanted = with_state(wanted)
    package = find_package(visit, wanted, record)
    past = past_ids(visit.store, wanted)
    known = Known(record, intention, {r["id"]: r for r in (package or {}).get("resources", []) if r["id"] in past})
    if package is None:
        found = Fieldwise(drift=[Drift(field="dataset", written=record.name)] if record else [])
    else:
        fields, resources = plain(package, wanted, known)
        found = compare(wanted, fields, resources, known, visit.portal.drift)
        found.drift += _tables_gone(package, record, wanted)
        if being_filled(package, record, intention):
            # Nobody reads it yet, and it is ours to fill.
            found.drift = []
        if intention and intention.version is None:
            # A tombstone that died has overwritten files and dropped tables.
            found.drift = [d for d in found.drift if d.resource is None]
    plan = DatasetPlan(
        dataset=wanted.dataset,
        name=wanted.name,
        action="none",
        former=record.version if record else None,
        version=wanted.version,
        fields=found.fields,
        resources=found.resources,
        drift=found.drift,
        foreign=_foreign(package, wanted, known) if package else [],
    )
    return Look(wanted, package, record, intention, plan, found.kept, known)


def planned(visit: Visit, wanted: Wanted, overwrite_drift: bool, unmet: list[Finding]) -> Look:
    """The same with what is to be done, rows too. `unmet`: what is missing for it before anything can be written.

    To overwrite what others changed all of it is read, rows and uploaded files: records do not tell.
    """
    look = look_at(visit, wanted)
    if overwrite_drift and look.package:
        wrong = wrong_files(visit.wire, look.wanted, look.package, look.wanted.uploads)
        look.stale = {w.resource for w in wrong}
    if look.package and not (look.record and look.record.package == look.package["id"]):
        unmet = [*unmet, *taken(look.package, look.wanted)]
    stopped = any(f.blocks for f in unmet)
    waits = [] if stopped else _waits(look.plan, overwrite_drift)
    tables = [] if stopped else look.wanted.tables.values()
    rows = [_row_change(visit, look, table, overwrite_drift) for table in tables]
    action = "wait" if waits or stopped else _action(look, rows)
    if action == "none" and look.package and not look.package["private"] and not in_search(visit, look.package):
        look.plan.fields.append(FieldChange(field="package_search", shown=False, wanted=True))
        action = _action(look, rows)
    look.plan = look.plan.model_copy(update={"rows": rows, "action": action, "findings": [*unmet, *waits]})
    return look


def with_state(wanted: Wanted) -> Wanted:
    """`wanted`, visible and not deleted: somebody may have hidden or deleted it."""
    fields = {**wanted.fields, "name": wanted.name, "private": False, "state": "active"}
    return replace(wanted, fields=fields)


def find_package(visit: Visit, wanted: Wanted, record: Projection | None) -> Package | None:
    """The dataset on the portal: by the id that we know, else by its name; None if there is none."""
    if record:
        found: Package | None = visit.wire.find("package_show", id=record.package)
        if found:
            return found
    by_name: Package | None = visit.wire.find("package_show", id=wanted.name)
    return by_name


def plain(package: Package, wanted: Wanted, known: Known) -> tuple[Fields, dict[str, Fields]]:
    """What the portal shows of what is ours, and of what was, in the shape of `wanted`."""
    fields, resources = shown(package, wanted, known.fields(None))
    fields = {**fields, **{key: package.get(key) for key in ("name", "private", "state")}}
    there = {r["id"]: r for r in package["resources"]}
    left = {identity: there[identity] for identity in known.resources.keys() & there.keys() - resources.keys()}
    return fields, {identity: _hashed(identity, r, wanted, known) for identity, r in {**resources, **left}.items()}


def _hashed(identity: str, resource: Fields, wanted: Wanted, known: Known) -> Fields:
    """A resource with the hash that we give it, where a loader has put its own in that place.

    ckanext-xloader keeps the MD5 of what it loaded there (`update_resource` of its jobs). Where that is not the file
    wanted now it is taken for the former one: what the bytes are is found by reading them.
    """
    shown_hash, path = str(resource.get("hash") or ""), wanted.files.get(identity)
    if not _MD5.fullmatch(shown_hash):
        return resource
    if path and _md5(path, path.stat().st_mtime_ns) == shown_hash:
        return {**resource, "hash": wanted.resources[identity].get("hash")}
    return {**resource, "hash": next((one.get("hash") for one in known.fields(identity)), shown_hash)}


@lru_cache(maxsize=4096)
def _md5(path: Path, changed: int) -> str:
    """The MD5 of a file that was `changed` then (ns): a run looks at a dataset many times."""
    return hash_file(path, "md5")


def being_filled(package: Package, record: Projection | None, intention: Intention | None) -> bool:
    """Whether a first publication of ours ended before anybody could see it."""
    unseen = record is None or bool(record.fields.get("private"))
    return unseen and intention is not None and bool(package.get("private"))


def in_search(visit: Visit, package: Package) -> bool:
    """Whether the search of the portal knows the dataset as it is; its index is another program."""
    answer = visit.wire.ask("package_search", fq=f'id:"{package["id"]}"', rows=1)
    return [p.get("version") or None for p in answer["results"]] == [package.get("version") or None]


def is_as_wanted(package: Package, look: Look) -> bool:
    """Whether the portal shows what is wanted, but for what is kept and for who may see it."""
    fields, resources = plain(package, look.wanted, look.known)
    wrong = compare(look.wanted, fields, resources, look.known, {})
    return not wrong.resources and {c.field for c in wrong.fields} <= look.kept | {"private"}


def _foreign(package: Package, wanted: Wanted, known: Known) -> list[str]:
    ours = {r["id"] for r in package["resources"]} & known.resources.keys()
    others = {**package, "resources": [r for r in package["resources"] if r["id"] not in ours]}
    return foreign(others, wanted, known.fields(None))


def _tables_gone(package: Package, record: Projection | None, wanted: Wanted) -> list[Drift]:
    """The tables that we loaded and that the DataStore no longer has, as far as the resources say so."""
    loaded = {r["id"] for r in package["resources"] if r.get("datastore_active")}
    ours = {t.resource: name for name, t in record.tables.items()} if record else {}
    there = {r["id"] for r in package["resources"]}
    wanted_now = {t.resource for t in wanted.tables.values()}
    return [
        Drift(field=DATASTORE, resource=identity, written=ours[identity])
        for identity in sorted(ours.keys() & there & wanted_now - loaded)
    ]


def _waits(plan: DatasetPlan, overwrite_drift: bool) -> list[Finding]:
    reported = [d for d in plan.drift if d.policy == "report"]
    if overwrite_drift or not reported:
        return []
    named = ", ".join(dict.fromkeys(d.field for d in reported))
    return [finding("target-drift", dataset=plan.dataset, field=named, params={"name": plan.name})]


def _action(look: Look, rows: list[RowChange]) -> Action:
    plan, record = look.plan, look.record
    if look.package is None:
        return "create" if plan.version else "none"
    settled = record is not None and record.state == "verified" and record.version == plan.version
    differs = bool(plan.fields or plan.resources) or any(r.mode != "none" for r in rows)
    if settled and not differs and not look.intention and not look.stale:
        return "none"
    return "change" if plan.version else "tombstone"


def _row_change(visit: Visit, look: Look, table: WantedTable, read: bool) -> RowChange:
    change = RowChange(table=table.table, resource=table.resource, mode="none")
    resources = {r["id"]: r for r in (look.package or {}).get("resources", [])}
    if table.resource not in resources:
        return change.model_copy(update={"mode": "load", "added": table.rows})
    shown_table = look.record.tables.get(table.table) if look.record else None
    sure = shown_table and shown_table.resource == table.resource and not look.intention and not read
    sure = sure and resources[table.resource].get("datastore_active")
    if sure and shown_table and shown_table.version == look.wanted.version:
        return change if shown_table.columns == columns_hash(table) else _read(visit, look, table, change)
    before = visit.store.release(look.wanted.dataset, shown_table.version) if sure and shown_table else None
    path = before / table_file(table.table, "parquet") if before else None
    if path is None or not path.is_file() or (shown_table and shown_table.columns != columns_hash(table)):
        return _read(visit, look, table, change)
    columns = [c["id"] for c in table.columns]
    found = difference(read_parquet(path, columns), read_parquet(table.parquet, columns), table.key)
    look.rows[table.table] = found
    same = not (found.added or found.changed or found.removed_count)
    return change.model_copy(update={"mode": "none" if same else "delta", **_counts(found)})


def _read(visit: Visit, look: Look, table: WantedTable, change: RowChange) -> RowChange:
    """The difference to what the portal holds, by reading it."""
    visit.tell(look.wanted.dataset, f"{table.table}: …")
    store = visit.datastore(look.wanted.dataset)
    there = store.read(table)
    if there is None:
        return change.model_copy(update={"mode": "load", "added": table.rows})
    found = difference(there, read_parquet(table.parquet, [c["id"] for c in table.columns]), table.key)
    look.rows[table.table] = found
    same = not (found.added or found.changed or found.removed_count) and not store.columns_differ(table)
    return change.model_copy(update={"mode": "none" if same else "read", **_counts(found)})


def _counts(found: Difference) -> dict[str, int]:
    return {"added": found.added, "changed": found.changed, "removed": found.removed_count}
