"""Reading the portal back: what is served against what the store says.

What belongs here: the comparison, file by file. What does not: mending anything; the finding says how.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from pipelines.contracts.files import hash_file, sha256_bytes
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.reading import READING_FILE
from pipelines.contracts.store import Store
from pipelines.publish.layout import Database, Linked, Plan, plan_tree
from pipelines.publish.linked import Dump
from pipelines.publish.portal import refuse_folder, served_tree
from pipelines.publish.reading import has_reading
from pipelines.publish.shown import Content, current_edition, read_content
from pipelines.publish.views import views_left_out


def verify_portal(project: Project) -> list[Finding]:
    """What is wrong with the portal: the link, a missing, changed or foreign file; empty if nothing is.

    Every file of the tree is hashed; what is made of a release for reading it must be there, and made of that release. A store without an edition has no portal to verify.
    """
    store = project.store
    try:
        edition = current_edition(store)
        if edition is None:
            return []
        refuse_folder(store)
        content = read_content(project, edition)
        return [
            *content.findings,
            *views_left_out(project, content),
            *_link(store, content),
            *_files(project, store, content),
        ]
    except FindingError as error:
        return error.findings


def _link(store: Store, content: Content) -> list[Finding]:
    tree = served_tree(store)
    if tree is None:
        return [finding("portal-missing", part=str(store.portal))]
    target = str(store.portal.readlink())
    if target != content.tree:
        return [finding("portal-outdated", part=target, params={"expected": content.tree})]
    return []


def _files(project: Project, store: Store, content: Content) -> Iterator[Finding]:
    tree = store.root / content.tree
    if served_tree(store) != tree:
        return
    for version in content.versions:
        if not has_reading(store, version.release, version.digest):
            folder = store.reading(version.release.dataset, version.release.version).relative_to(store.root)
            yield finding("portal-file-missing", part=f"{folder}/{READING_FILE}")
    plan = plan_tree(project, content)
    with TemporaryDirectory() as work:
        wanted = dict(_hashes(plan, Path(work)))
    there = {str(p.relative_to(tree)): p for p in tree.rglob("*") if p.is_symlink() or not p.is_dir()}
    for path in sorted(wanted.keys() | there.keys()):
        code = _compare(wanted.get(path), there.get(path))
        if code:
            yield finding(code, part=path)


def _compare(wanted: str | None, there: Path | None) -> str | None:
    if there is None:
        return "portal-file-missing"
    if wanted is None:
        return "portal-file-foreign"
    same = there.is_file() and not there.is_symlink() and hash_file(there) == wanted
    return None if same else "portal-file-changed"


def _hashes(plan: Plan, folder: Path) -> Iterator[tuple[str, str]]:
    """The hash of each file of the tree. The database and what is drawn of it are made again, in `folder`."""
    for path, expected in plan.items():
        if isinstance(expected, Database):
            made = expected.make(folder)
            yield path, hash_file(made)
            yield from ((name, sha256_bytes(drawn)) for name, drawn in expected.views(made).items())
        else:
            yield path, _hash(expected)


def _hash(expected: Linked | Dump | bytes) -> str:
    if isinstance(expected, Linked):
        return expected.sha256
    if isinstance(expected, bytes):
        return sha256_bytes(expected)
    with TemporaryFile() as stream:
        expected.write(stream)
        stream.seek(0)
        return hashlib.file_digest(stream, "sha256").hexdigest()
