"""Bringing a CKAN to what is wanted, dataset by dataset.

What belongs here: the order of the steps, and what is remembered around them. What does not: how each step is made.

A dataset that nobody has seen is made private, filled, read back and only then shown. One that readers see is
changed so that they never find less than one whole release: new tables are filled out of sight; then the added and
changed rows; then files, metadata and new tables by one call; then the removed rows go. After that everything that
was touched is read back. The intention is written before the first call and removed after the record, so a run that
dies anywhere is seen by the next one, which then assumes nothing.
"""

import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.contracts.findings import Finding, FindingError, blocking
from pipelines.contracts.project import Project
from pipelines.contracts.projection import Intention, Projection, ShownTable
from pipelines.contracts.target import TargetFile
from pipelines.publish.ckan.erase import erase, is_withdrawn
from pipelines.publish.ckan.faults import DeniedError, LostError, UnreachableError
from pipelines.publish.ckan.journal import (
    end_intention,
    forget_projection,
    keep_intention,
    keep_projection,
    read_projection,
)
from pipelines.publish.ckan.look import Look, in_search, is_as_wanted, plain, planned
from pipelines.publish.ckan.model import DATASTORE, DatasetOutcome, Fields, Outcome, Wanted
from pipelines.publish.ckan.package import merged, to_ckan
from pipelines.publish.ckan.revise import Package, Revision, revise
from pipelines.publish.ckan.session import Tell, Visit, silent, told, visit
from pipelines.publish.ckan.staging import clear, discard, fill, stage
from pipelines.publish.ckan.survey import taken
from pipelines.publish.ckan.verify import verify_files, verify_metadata, verify_rows
from pipelines.publish.ckan.views import add_views
from pipelines.release import writing


def apply_target(
    project: Project,
    target: TargetFile,
    overwrite_drift: bool = False,
    datasets: Collection[str] | None = None,
    tell: Tell = silent,
) -> Outcome:
    """Bring the portal of `target` to the current edition; `datasets`: only these.

    Nothing is written where nothing is due. What fails for one dataset does not stop the others. Raises
    `StoreBusyError` when another run holds the store.
    """
    began = time.monotonic()
    outcome = Outcome(target=target.id, edition=None)
    try:
        with writing(project, f"apply {target.id}"), visit(project, target, tell) as here:
            outcome = _apply(here, overwrite_drift, datasets)
    except FindingError as error:
        outcome = outcome.model_copy(update={"findings": told(target, error.findings)})
    return outcome.model_copy(update={"seconds": time.monotonic() - began})


def _apply(here: Visit, overwrite_drift: bool, datasets: Collection[str] | None) -> Outcome:
    chosen = here.chosen(datasets)
    unmet = told(here.target, here.unmet(chosen))
    results = []
    if not any(f.blocks and f.dataset is None for f in unmet):
        for wanted in chosen:
            own = [f for f in unmet if f.dataset == wanted.dataset]
            try:
                results.append(_bring(here, wanted, overwrite_drift, own))
            except FindingError as error:
                why = [f.model_copy(update={"dataset": f.dataset or wanted.dataset}) for f in error.findings]
                failed = {"dataset": wanted.dataset, "name": wanted.name, "version": wanted.version}
                results.append(DatasetOutcome(**failed, result="failed", findings=why))
            results[-1] = results[-1].model_copy(update={"findings": told(here.target, results[-1].findings)})
            here.tell(wanted.dataset, results[-1].result)
    return Outcome(
        target=here.target.id,
        edition=here.edition.edition if here.edition else None,
        results=results,
        findings=[*(f for f in unmet if f.dataset is None), *(f for r in results for f in r.findings)],
        reads=here.wire.reads,
        writes=here.wire.writes,
    )


def _bring(here: Visit, wanted: Wanted, overwrite_drift: bool, unmet: list[Finding]) -> DatasetOutcome:
    look = planned(here, wanted, overwrite_drift, unmet)
    try:
        return _dataset(here, look)
    except FindingError as error:
        if not look.intention or isinstance(error, UnreachableError | LostError | DeniedError):
            raise
    # CKAN may have carried out the last call of the run that died only after we had looked.
    return _dataset(here, planned(here, wanted, overwrite_drift, unmet))


def _dataset(here: Visit, look: Look) -> DatasetOutcome:
    plan, wanted = look.plan, look.wanted
    outcome = DatasetOutcome(
        dataset=wanted.dataset, name=wanted.name, version=wanted.version, result="unchanged", findings=plan.findings
    )
    if plan.action == "wait":
        return outcome.model_copy(update={"result": "waiting"})
    if plan.action == "none":
        return outcome
    _intend(here, look)
    package, rows = _fill_first(here, look) if look.first else _change(here, look)
    tables, found = _read_back(here, look, package)
    if look.first and not blocking(found):
        package = _show(here, look, package)
        found += verify_metadata(here, look, package)
    if any(f.code == "target-not-in-search" for f in found):
        package = _index(here, look, package)
        found = [f for f in found if f.code != "target-not-in-search"] + verify_metadata(here, look, package)
    if blocking(found):
        _fail(here, look)
    else:
        _remember(here, look, package, tables)
        end_intention(here.store, here.target.id, wanted.dataset)
    result = "failed" if blocking(found) else "verified"
    return outcome.model_copy(update={"result": result, "rows_written": rows, "findings": [*plan.findings, *found]})


def _intend(here: Visit, look: Look) -> None:
    """Write down what is about to be done; what an earlier run may have written before it died is ours, and kept so."""
    plan, wanted = look.plan, look.wanted
    if look.package is None:
        # It begins anew: what was known of one that is gone would make a stranger of the new one.
        forget_projection(here.store, here.target.id, wanted.dataset)
    elif look.intention and not look.package["private"]:
        _remember(here, look, look.package, {}, state="failed")
    steps = [f"{plan.action} {plan.name}", *(f"{r.mode} {r.table}" for r in plan.rows if r.mode != "none")]
    steps += [f"{r.action} {r.id}" for r in plan.resources]
    intention = Intention(
        target=here.target.id,
        dataset=wanted.dataset,
        version=wanted.version,
        begun=datetime.now(UTC),
        steps=steps,
        fields=wanted.fields,
        resources=wanted.resources,
        former={i: r for i, r in look.known.resources.items() if i not in wanted.resources},
    )
    keep_intention(here.store, intention)


def _fill_first(here: Visit, look: Look) -> tuple[Package, int]:
    """Make the dataset private, or take up one that was left so, and fill it; returns it and the rows written."""
    package = look.package or _create(here, look)
    package = _revise(here, look, package, private=True)
    store = here.datastore(look.wanted.dataset)
    rows = sum(fill(store, table) for table in look.wanted.tables.values())
    _sweep(here, look, look.dropped)
    return package, rows


def _create(here: Visit, look: Look) -> Package:
    wanted = look.wanted
    # Files come with the revision that follows.
    resources = [dict(r) for i, r in wanted.resources.items() if i not in wanted.uploads]
    call = {**to_ckan(wanted.fields), "name": wanted.name, "private": True, "resources": resources}
    try:
        return dict(here.wire.do("package_create", call))
    except LostError:
        found = here.wire.find("package_show", id=wanted.name)
        if found is None:
            raise
        if others := taken(found, wanted):
            raise FindingError(*others) from None
        return dict(found)


def _change(here: Visit, look: Look) -> tuple[Package, int]:
    """Change a dataset that readers see; returns it and the rows written."""
    wanted, package = look.wanted, look.package
    if package is None:
        raise ValueError("there is nothing to change")
    there = {r["id"] for r in package["resources"]}
    modes = {r.table: r.mode for r in look.plan.rows}
    new = [t for t in wanted.tables.values() if t.resource not in there]
    rows = stage(here, wanted, new) if new else 0
    store = here.datastore(wanted.dataset)
    rows += sum(fill(store, t) for n, t in wanted.tables.items() if modes[n] == "load" and t not in new)
    for name, found in look.rows.items():
        if modes[name] == "read":
            store.create(wanted.tables[name])
        store.upsert(wanted.tables[name], found)
        rows += found.upserts.num_rows + found.removed_count
    withdrawn = is_withdrawn(here, look, package)
    # A run that died may have left tables that no dataset has any more.
    dropped = [i for i in look.dropped if not withdrawn or i not in there]
    if withdrawn:
        # It must not be read for one moment longer.
        erase(here, look, package)
    package = _revise(here, look, package, private=False)
    for name, found in look.rows.items():
        store.delete(wanted.tables[name], found)
    _sweep(here, look, dropped, used=bool(new))
    return here.wire.ask("package_show", id=package["id"]), rows


def _sweep(here: Visit, look: Look, dropped: list[str], used: bool = False) -> None:
    """Drop the tables that are not wanted any more, and the private dataset if it was used."""
    if dropped:
        discard(here, look.wanted, dropped)
    if dropped or used or look.intention:
        clear(here, look.wanted)


def _revise(here: Visit, look: Look, package: Package, private: bool) -> Package:
    """Write metadata, files and resources by one call, if there is anything to write."""
    wanted, files = look.wanted, _files(look, package)
    if is_as_wanted(package, look) and package["private"] == private and not files and not look.intention:
        return package

    def update(over: Package) -> dict[str, Any]:
        left = {**over, "resources": [r for r in over["resources"] if r["id"] not in look.doomed]}
        out = merged(left, wanted, look.kept, look.known.fields(None)) | {"private": private, "state": "active"}
        # Tables that were filled out of sight come along by this.
        return out if private else out | {"resources": _tabled(out["resources"], wanted)}

    revision = Revision(
        update,
        content=lambda p: _content(p, look),
        landed=lambda p: p["private"] == private and is_as_wanted(p, look),
        files=files,
    )
    return revise(here.wire, package, revision)


def _tabled(resources: list[Fields], wanted: Wanted) -> list[Fields]:
    """Resources, those with a table marked so: CKAN does not where it failed after it had made the table."""
    tabled = {t.resource for t in wanted.tables.values()}
    return [{**r, "datastore_active": True} if r["id"] in tabled else r for r in resources]


def _content(package: Package, look: Look) -> tuple[Fields, dict[str, Fields]]:
    """What nobody else may change while we write; what goes is overwritten before, and touched by CKAN's job."""
    fields, resources = plain(package, look.wanted, look.known)
    return fields, {identity: r for identity, r in resources.items() if identity not in look.doomed}


def _files(look: Look, package: Package) -> dict[str, Path]:
    """The uploads that the portal does not have yet, by their hash; all of them where a run died among them."""
    wanted = look.wanted
    there = plain(package, wanted, look.known)[1]
    return {
        identity: path
        for identity, path in wanted.uploads.items()
        if look.intention
        or identity in look.stale
        or identity not in there
        or there[identity].get("url_type") != "upload"
        or there[identity].get("hash") != wanted.resources[identity].get("hash")
    }


def _show(here: Visit, look: Look, package: Package) -> Package:
    """Make a dataset visible that was filled and read back."""
    now: Package = here.wire.ask("package_show", id=package["id"])
    seen = Revision(
        lambda p: {"private": False, "resources": _tabled(p["resources"], look.wanted)},
        content=lambda p: _content(p, look),
        landed=lambda p: not p["private"],
    )
    return revise(here.wire, now, seen) if now["private"] else now


def _index(here: Visit, look: Look, package: Package) -> Package:
    """Let the portal put the dataset into its index, which it does for a change only.

    What is changed is the moment of a resource that CKAN keeps by itself; where there is none, nothing can be done.
    """
    kept = {r["id"] for r in package["resources"] if r.get("url_type") in ("upload", DATASTORE)}
    chosen = next((identity for identity in look.wanted.resources if identity in kept), None)
    if chosen is None:
        return package
    moment = datetime.now(UTC).replace(tzinfo=None).isoformat()
    touched = Revision(
        lambda p: {"resources": [{**r, "last_modified": moment} if r["id"] == chosen else r for r in p["resources"]]},
        content=lambda p: _content(p, look),
        landed=lambda p: in_search(here, p),
    )
    return revise(here.wire, here.wire.ask("package_show", id=package["id"]), touched)


def _read_back(here: Visit, look: Look, package: Package) -> tuple[dict[str, ShownTable], list[Finding]]:
    """Read back what was written: the metadata, the files that changed, the tables that were touched."""
    wanted = look.wanted
    loaded = {r.table for r in look.plan.rows if r.mode != "none"}
    touched = [t for name, t in wanted.tables.items() if look.package is None or look.intention or name in loaded]
    add_views(here, wanted, [t.table for t in touched])
    tables, found = verify_rows(here, look, touched)
    changed = {r.id for r in look.plan.resources}
    files = set(wanted.resources) if look.package is None or look.intention else changed
    found += verify_metadata(here, look, package, private=look.first)
    found += verify_files(here, look, package, files | look.stale)
    former = look.record.tables if look.record else {}
    same = {
        name: former[name].model_copy(update={"version": wanted.version})
        for name in wanted.tables
        if name in former and wanted.tables[name] not in touched
    }
    return {**same, **tables}, found


def _fail(here: Visit, look: Look) -> None:
    """Say so in the record, if there is one; what was read back and is not as wanted may be somebody else's."""
    former = read_projection(here.store, here.target.id, look.wanted.dataset)
    if former:
        failed = {"state": "failed", "at": datetime.now(UTC), "tables": {}}
        keep_projection(here.store, former.model_copy(update=failed))


def _remember(
    here: Visit,
    look: Look,
    package: Package,
    tables: dict[str, ShownTable],
    state: Literal["verified", "failed"] = "verified",
) -> None:
    """Keep what the portal shows now as ours."""
    wanted = look.wanted
    fields, resources = plain(package, wanted, look.known)
    former = look.record.fields if look.record else {}
    # What somebody else wrote and we leave is not ours: the record keeps what we last wrote there.
    fields |= {key: former.get(key, wanted.fields[key]) for key in look.kept}
    record = Projection(
        target=here.target.id,
        dataset=wanted.dataset,
        package=package["id"],
        name=wanted.name,
        version=wanted.version,
        state=state,
        at=datetime.now(UTC),
        fields=fields,
        resources=resources,
        tables=tables,
    )
    keep_projection(here.store, record)
