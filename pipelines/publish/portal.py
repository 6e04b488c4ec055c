"""The embedded portal: the tree behind the link `portal`, built beside the old one and switched by rename.

What belongs here: building, switching, and removing what is no longer served. What does not: what the
tree holds, which is `layout`, what is made of each release for reading, which is `reading`, and reading back,
which is `verify`.

Order of a publication: sweep what a killed run left, read the small files, stop if the link already
serves that content, check the release files and the feed, build in `work/`, rename to its place under `editions/`,
make the readings that versions lack, write down what webhooks are to be told, replace the link, remove the former trees
and what was made of versions that are gone, and tell the webhooks. The link always names a whole tree, of whose every
version the reading is there. The caller holds the lock of the store.
"""

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pipelines.contracts.files import hash_file, move_into_place, remove_tree, replace_link
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.reading import DATABASE_FILE
from pipelines.contracts.records import Edition
from pipelines.contracts.store import TOMBSTONE_FILE, Store
from pipelines.contracts.views import VIEWS
from pipelines.publish.gate import check_feed
from pipelines.publish.layout import LATEST, Database, Linked, Plan, plan_tree, release_files
from pipelines.publish.linked import DUMP, Dump
from pipelines.publish.outbox import announce
from pipelines.publish.reading import make_readings, sweep_readings
from pipelines.publish.shown import read_content
from pipelines.publish.views import views_left_out
from pipelines.publish.webhooks import Sent, deliver

_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
"""Answers of a file system that will not link two names to these bytes; they are copied then."""


@dataclass(frozen=True)
class Published:
    """What was done: `tree` is the folder that is served now, or `portal` itself if none is."""

    result: Literal["applied", "unchanged", "verified", "failed"]
    tree: Path
    findings: list[Finding] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)


def publish_portal(project: Project, edition: Edition, progress: Callable[[str], None] | None = None) -> Published:
    """Make the portal show `edition`, and tell webhooks. `progress` is told each dataset as it is laid out.

    Nothing is written when the link already serves the same content and no webhook waits. A damaged release, an
    unreadable store file or a full disk gives `failed` with findings, and the former tree stays.
    """
    done = _show(project, edition, progress)
    told = deliver(project)
    return replace(done, findings=[*done.findings, *told.findings], sent=told.sent)


def _show(project: Project, edition: Edition, progress: Callable[[str], None] | None) -> Published:
    store = project.store
    try:
        refuse_folder(store)
        _sweep(store)
        content = read_content(project, edition)
        content.findings.extend(views_left_out(project, content))
        place = store.root / content.tree
        # `take_down` removes the database: whoever died after it left a tree that must be made again.
        whole = (place / "editions" / edition.edition / DATABASE_FILE).is_file()
        if whole and served_tree(store) and str(store.portal.readlink()) == content.tree:
            made = make_readings(store, content.versions)
            sweep_readings(store, content.versions)
            return Published("applied" if made else "unchanged", place, content.findings)
        damaged = _damage(release_files(content), served_tree(store))
        if damaged:
            raise FindingError(*content.findings, *damaged)
        if not whole:
            built = store.work / "portal"
            plan = plan_tree(project, content)
            found = check_feed(project, {path: entry for path, entry in plan.items() if isinstance(entry, bytes)})
            content.findings.extend(found)
            if any(f.severity == "error" for f in found):
                raise FindingError(*content.findings)
            _build(plan, built, progress or (lambda _: None))
            if place.is_dir():
                place.rename(place.with_name(f".{place.name}"))
            move_into_place(built, place)
        make_readings(store, content.versions)
        announce(project, content, served_tree(store))
        replace_link(store.portal, content.tree)
        _sweep(store)
        sweep_readings(store, content.versions)
    except FindingError as error:
        return Published("failed", served_tree(store) or store.portal, error.findings)
    except OSError as error:
        failed = finding("store-unwritable", params={"reason": error})
        return Published("failed", served_tree(store) or store.portal, [failed])
    return Published("applied", place, content.findings)


def served_tree(store: Store) -> Path | None:
    """The tree that the link names, as a path under the store; None without a link to a folder."""
    if not store.portal.is_symlink():
        return None
    tree = store.root / store.portal.readlink()
    return tree if tree.is_dir() else None


def take_down(store: Store, dataset: str, versions: list[str]) -> None:
    """Remove at once what was made of withdrawn versions, and what the served tree has of them.

    With them go `latest` of their dataset, and the database, the dump and the views of the edition, which hold rows and
    names of all. The tree is not whole after this; `publish_portal` makes the next one. It comes first all the same,
    for what must not be public must not wait for anything that could fail.
    """
    for version in versions:
        remove_tree(store.reading(dataset, version))
    served = served_tree(store)
    if served is None:
        return
    for name in (*versions, LATEST):
        # Of one that was withdrawn before nothing is there but the word of it.
        if not (served / "datasets" / dataset / name / TOMBSTONE_FILE).exists():
            remove_tree(served / "datasets" / dataset / name)
    for folder in served.glob(f"datasets/*/{VIEWS}"):
        remove_tree(folder)
    for path in (served / DUMP, *served.glob(f"editions/*/{DATABASE_FILE}")):
        path.unlink(missing_ok=True)


def refuse_folder(store: Store) -> None:
    """Raise `FindingError` when something else than a link stands where the link belongs."""
    if store.portal.exists() and not store.portal.is_symlink():
        raise FindingError(finding("portal-not-a-link", part=str(store.portal)))


def _sweep(store: Store) -> None:
    served = served_tree(store)
    for link in store.root.glob(f".{store.portal.name}.*.tmp"):
        link.unlink()
    leftovers = [*store.work.glob("portal"), *store.work.glob(".portal.*")]
    for folder in [*leftovers, *store.editions.glob("*/tree-*"), *store.editions.glob("*/.tree-*")]:
        if folder != served:
            remove_tree(folder)


def _damage(files: list[Linked], served: Path | None) -> list[Finding]:
    reasons = ((f, _differs(f, served)) for f in files)
    return [
        finding("release-damaged", dataset=f.dataset, value=f.version, part=f.source.name, params={"reason": reason})
        for f, reason in reasons
        if reason
    ]


def _differs(file: Linked, served: Path | None) -> str | None:
    if not file.source.is_file():
        return "missing"
    if file.source.stat().st_size != file.size:
        return "size"
    # The served tree holds the very same file: it was hashed when it came in, and `verify` hashes it again.
    shown = served and served / "datasets" / file.dataset / file.version / file.source.name
    if shown and shown.is_file() and shown.samefile(file.source):
        return None
    return None if hash_file(file.source) == file.sha256 else "sha256"


def _build(plan: Plan, folder: Path, progress: Callable[[str], None]) -> None:
    told = None
    for path, entry in plan.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, bytes):
            target.write_bytes(entry)
            continue
        if isinstance(entry, Database):
            for name, drawn in entry.views(entry.make(target.parent)).items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(drawn)
            continue
        if isinstance(entry, Dump):
            with target.open("xb") as stream:
                entry.write(stream)
            continue
        if entry.dataset != told:
            told = entry.dataset
            progress(told)
        _share(entry.source, target)


def _share(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(source, target)
