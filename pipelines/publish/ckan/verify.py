"""Reading a CKAN back: metadata, search, files and rows against the release.

What belongs here: the comparison, and a finding for whatever differs. What does not: mending anything; the next
`apply` does.

The moment at which CKAN says that a dataset was changed is not compared: a job of the DataStore moves it.
"""

from collections.abc import Collection, Iterable
from typing import Any

from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.projection import ShownTable
from pipelines.contracts.target import TargetFile
from pipelines.publish.ckan.drift import compare
from pipelines.publish.ckan.files import wrong_files
from pipelines.publish.ckan.look import Look, in_search, look_at, plain
from pipelines.publish.ckan.model import FieldChange, Wanted, WantedTable
from pipelines.publish.ckan.revise import Package
from pipelines.publish.ckan.rows import columns_hash, difference, digest, read_parquet
from pipelines.publish.ckan.session import Tell, Visit, silent, told, visit


def verify_target(
    project: Project, target: TargetFile, datasets: Collection[str] | None = None, tell: Tell = silent
) -> list[Finding]:
    """Read everything back that the target is to show, every file and every row; what differs, empty if nothing.

    Only reads, and needs no lock. A dataset that was never projected is said to be missing.
    """
    try:
        with visit(project, target, tell) as here:
            return told(target, (f for wanted in here.chosen(datasets) for f in _dataset(here, wanted)))
    except FindingError as error:
        return told(target, error.findings)


def _dataset(here: Visit, wanted: Wanted) -> list[Finding]:
    look, dataset = look_at(here, wanted), wanted.dataset
    here.tell(dataset, "verify")
    if look.package is None:
        return [finding("target-dataset-missing", dataset=dataset, value=look.wanted.name)]
    found = verify_metadata(here, look, look.package)
    if look.intention:
        found.append(finding("target-unfinished", dataset=dataset, value=look.wanted.name))
    _, more = verify_rows(here, look, look.wanted.tables.values())
    return [*found, *more, *verify_files(here, look, look.package, set(look.wanted.resources))]


def verify_metadata(here: Visit, look: Look, package: Package, private: bool = False) -> list[Finding]:
    """What the dataset shows otherwise than wanted, and whether a search finds it.

    `private`: whether it is still to be so, because it was never shown.
    """
    wanted = look.wanted
    fields, resources = plain(package, wanted, look.known)
    wrong = compare(wanted, fields, resources, look.known, here.portal.drift)
    hidden = {"private"} if private else set()
    named = [c for c in wrong.fields if c.field not in look.kept | hidden]
    out = [_differs(look, c) for c in named]
    for one in wrong.resources:
        changed = one.fields or [FieldChange(field=one.action)]
        out += [_differs(look, c, one.name or one.id) for c in changed]
    return out if package["private"] else [*out, *_search(here, look, package)]


def _differs(look: Look, change: FieldChange, resource: str | None = None) -> Finding:
    return finding(
        "target-field-differs",
        dataset=look.wanted.dataset,
        part=resource or look.wanted.name,
        field=change.field,
        params={"shown": _short(change.shown), "wanted": _short(change.wanted)},
    )


def _short(value: object) -> str:
    # Anybody may have written it: nothing of it is to move the cursor of a terminal.
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= 60 else f"{text[:57]}…"


def _search(here: Visit, look: Look, package: Package) -> list[Finding]:
    if in_search(here, package):
        return []
    return [finding("target-not-in-search", dataset=look.wanted.dataset, value=look.wanted.name)]


def verify_rows(here: Visit, look: Look, tables: Iterable[WantedTable]) -> tuple[dict[str, ShownTable], list[Finding]]:
    """Read the rows of `tables`, all of them: what to remember of those that are as released, and what differs."""
    good: dict[str, ShownTable] = {}
    out: list[Finding] = []
    for table in tables:
        found, shown = _rows(here, look, table)
        out += found
        if shown:
            good[table.table] = shown
    return good, out


def _rows(here: Visit, look: Look, table: WantedTable) -> tuple[list[Finding], ShownTable | None]:
    where: dict[str, Any] = {"dataset": look.wanted.dataset, "table": table.table}
    store = here.datastore(look.wanted.dataset)
    there = store.read(table)
    if there is None:
        return [finding("target-table-missing", **where)], None
    released = read_parquet(table.parquet, [c["id"] for c in table.columns])
    wanted = digest(released)
    out = [
        finding("target-column-differs", **where, field=c.field, params={"shown": c.shown, "wanted": c.wanted})
        for c in store.columns_differ(table)
    ]
    if there.num_rows != released.num_rows or digest(there) != wanted:
        off = difference(there, released, table.key)
        counts = {"missing": off.added, "changed": off.changed, "more": off.removed_count}
        out.append(finding("target-rows-differ", **where, params=counts))
    # What readers are told: CKAN keeps the number, and does not see what is written past it.
    total = here.wire.ask("datastore_search", resource_id=table.resource, limit=0)["total"]
    if total != there.num_rows:
        counts = {"total": total, "rows": there.num_rows}
        out.append(finding("target-total-wrong", **where, params=counts))
    shown = ShownTable(
        resource=table.resource,
        version=look.wanted.version or "",
        rows=released.num_rows,
        digest=wanted,
        columns=columns_hash(table),
    )
    return out, None if out else shown


def verify_files(here: Visit, look: Look, package: Package, resources: Collection[str]) -> list[Finding]:
    """What is wrong with the files of `resources` (ids) as a reader gets them."""
    out = []
    for wrong in wrong_files(here.wire, look.wanted, package, resources):
        code = "target-file-unreachable" if wrong.reason else "target-file-differs"
        params = {"reason": wrong.reason}
        out.append(finding(code, dataset=look.wanted.dataset, part=wrong.name, value=wrong.url, params=params))
    return out
