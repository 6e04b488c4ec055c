"""The site: what is shown at one moment, read from the tree that the link names and from the releases.

What belongs here: which edition, datasets and versions there are, and opening what belongs to them, read-only. What
does not: answering, and how rows are found.

The link names a whole tree or nothing, so a `Site` made of one tree belongs to one edition. Its versions are those that
the tree holds, and those withdrawn: the index of a dataset may already name one more while an edition is being put up.
"""

import os
import sqlite3
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines.contracts.files import sha256_bytes
from pipelines.contracts.metadata import Catalogue, Dataset
from pipelines.contracts.reading import CATALOGUE_FILE, DATABASE_FILE, READING_FORMAT, Reading, folded
from pipelines.contracts.records import Edition, EditionEntry, EditionIndex, Release, ReleaseIndex, StoreInfo, Tombstone
from pipelines.contracts.store import (
    EDITION_FILE,
    INDEX_FILE,
    METADATA_FILE,
    RELEASE_FILE,
    TOMBSTONE_FILE,
    Store,
)
from portal.answer import Problem
from portal.tables import Tables

if TYPE_CHECKING:
    from portal.table import Table


@dataclass(frozen=True)
class Shown:
    """One dataset as an edition shows it: its versions, the pinned one, and those that were withdrawn."""

    id: str
    index: ReleaseIndex
    pinned: str | None
    withdrawn: dict[str, Tombstone]


class Site:
    """What is shown at one moment. A request takes one and uses only that. Immutable but for what it remembers."""

    def __init__(self, store: Store, target: str, base_url: str, tables: Tables) -> None:
        """Read the small files of the tree `target`, a path relative to the store. Raises `OSError` if it is gone."""
        self.store = store
        self.tree = store.root / target
        self.key = self.tree.name
        self.base_url = base_url.rstrip("/")
        self.uri_base = StoreInfo.model_validate_json(store.file.read_bytes()).uri_base.rstrip("/")
        name = self.tree.parent.name
        self.edition = Edition.model_validate_json((self.tree / "editions" / name / EDITION_FILE).read_bytes())
        self.datasets = {d: self._shown(d) for d in sorted(p.name for p in (self.tree / "datasets").iterdir())}
        self._tables = tables
        self._shown_at = f"{self.tree}/datasets"
        self._etags: dict[tuple[str, str], str] = {}
        self._metadata: dict[tuple[str, str], Dataset] = {}
        self._releases: dict[tuple[str, str], Release] = {}
        self._local = threading.local()

    def _shown(self, dataset: str) -> Shown:
        index = ReleaseIndex.model_validate_json(self.store.index(dataset).read_bytes())
        held = {p.name for p in (self.tree / "datasets" / dataset).iterdir()}
        # What is being withdrawn left the tree first: until the next one its stone stands in the store alone.
        folders = [self.tree / "datasets" / dataset / name for name in held]
        folders += [self.store.release(dataset, e.version) for e in index.versions if e.version not in held]
        stones = {
            folder.name: Tombstone.model_validate_json(path.read_bytes())
            for folder in folders
            if (path := folder / TOMBSTONE_FILE).is_file()
        }
        entries = [
            e.model_copy(update={"status": "withdrawn" if e.version in stones else "published"})
            for e in index.versions
            if e.version in held or e.version in stones
        ]
        pin = self.edition.pins.get(dataset)
        pinned = pin if pin in held and pin not in stones else None
        return Shown(dataset, ReleaseIndex(dataset=dataset, current=pinned, versions=entries), pinned, stones)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue of the edition."""
        return Catalogue.model_validate_json((self.tree / CATALOGUE_FILE).read_bytes())

    @cached_property
    def editions(self) -> list[EditionEntry]:
        """The editions whose records the tree holds, newest last."""
        held = {p.name for p in (self.tree / "editions").iterdir()}
        index = self.store.editions / INDEX_FILE
        known = EditionIndex.model_validate_json(index.read_bytes()).editions if index.is_file() else []
        return [e for e in known if e.edition in held]

    def versions(self) -> set[tuple[str, str]]:
        """The versions that are shown, each with its dataset; none that was withdrawn."""
        each = ((shown, entry.version) for shown in self.datasets.values() for entry in shown.index.versions)
        return {(shown.id, version) for shown, version in each if version not in shown.withdrawn}

    def shown(self, dataset: str) -> Shown:
        """The dataset. Raises `Problem` 404."""
        found = self.datasets.get(dataset)
        if found is None:
            raise Problem(
                404,
                "dataset-unknown",
                f"No hay ningún conjunto con ese nombre. Hay: {', '.join(self.datasets)}.",
                f"There is no dataset of that name. There are: {', '.join(self.datasets)}.",
                datasets=list(self.datasets),
            )
        return found

    def version(self, dataset: str, version: str | None) -> str:
        """The version that is meant: the pinned one for None and `latest`.

        Raises `Problem` 404 for one that there never was, and 410 with the reason for one that was withdrawn.
        """
        shown = self.shown(dataset)
        if version is None or version == "latest":
            found = shown.pinned or self.edition.pins.get(dataset)
            if found is None:
                raise Problem(
                    404,
                    "version-none",
                    f"Esta edición no muestra ninguna versión de {dataset}.",
                    f"This edition shows no version of {dataset}.",
                )
        else:
            found = version
        known = {e.version for e in shown.index.versions} | set(shown.withdrawn)
        # The version of the edition is one that there was, even if it left the tree before this was read.
        if found not in known and found != self.edition.pins.get(dataset):
            raise Problem(
                404,
                "version-unknown",
                f"El conjunto {dataset} no tiene esa versión.",
                f"The dataset {dataset} has no such version.",
                versions=[e.version for e in shown.index.versions],
            )
        self._refuse_withdrawn(shown, found)
        return found

    def _refuse_withdrawn(self, shown: Shown, version: str) -> None:
        stone = shown.withdrawn.get(version)
        # What is being withdrawn leaves the tree first, before there is another one. As text, not as a path: this is
        # asked for each request.
        if stone is None and not os.path.exists(f"{self._shown_at}/{shown.id}/{version}/{RELEASE_FILE}"):  # noqa: PTH110
            if not self.tree.is_dir():
                raise FileNotFoundError(self.tree)
            path = self.store.release(shown.id, version) / TOMBSTONE_FILE
            stone = Tombstone.model_validate_json(path.read_bytes()) if path.is_file() else None
            if stone is None:
                raise gone(version, "", "")
        if stone is not None:
            raise gone(version, stone.reason, stone.withdrawn.isoformat())

    def release(self, dataset: str, version: str) -> Release:
        """The record of a release that is published."""
        return _kept(self._releases, (dataset, version), lambda: self._read_release(dataset, version))

    def _read_release(self, dataset: str, version: str) -> Release:
        data = (self.folder(dataset, version) / RELEASE_FILE).read_bytes()
        self._etags[dataset, version] = sha256_bytes(data)
        return Release.model_validate_json(data)

    def metadata(self, dataset: str, version: str) -> Dataset:
        """The metadata of a release."""

        def read() -> Dataset:
            return Dataset.model_validate_json((self.folder(dataset, version) / METADATA_FILE).read_bytes())

        return _kept(self._metadata, (dataset, version), read)

    def folder(self, dataset: str, version: str) -> Path:
        """The folder of a release."""
        return self.store.release(dataset, version)

    def etag(self, dataset: str, version: str, variant: str = "") -> str:
        """The strong ETag of an answer made of one release alone: its hash, the format, and the variant."""
        digest = self._etags.get((dataset, version))
        if digest is None:
            self.release(dataset, version)
            digest = self._etags[dataset, version]
        return f"{digest[:32]}.{READING_FORMAT}{variant}"

    def reading(self, dataset: str, version: str) -> Reading:
        """What was made of a release: its tables and columns."""
        return self._tables.reading(dataset, version)

    def table(self, dataset: str, version: str, table: str) -> "Table":
        """An open table of a release. Raises `Problem` 404."""
        return self._tables.table(dataset, version, table)

    def database(self) -> sqlite3.Connection:
        """The database of the edition, a connection for this thread. Raises `FileNotFoundError` once it is taken away.

        `folded(text)` is there as `contracts.reading` has it: the order of a reader.

        An open connection would go on giving what a withdrawal has removed, so it is looked for each time.
        """
        path = self.tree / "editions" / self.edition.edition / DATABASE_FILE
        if not path.is_file():
            raise FileNotFoundError(path)
        found: sqlite3.Connection | None = getattr(self._local, "database", None)
        if found is None:
            found = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            found.row_factory = sqlite3.Row
            found.create_function("folded", 1, folded, deterministic=True)
            self._local.database = found
        return found


class Sites:
    """The site of this moment; a new one when the link has moved."""

    def __init__(self, store: Store, base_url: str) -> None:
        self.store = store
        self.base_url = base_url.rstrip("/")
        self.origin = zlib.crc32(self.base_url.encode())
        """Short for where it is served, which is part of what an answer says."""
        self._link = str(store.portal)
        self._tables = Tables(store)
        self._lock = threading.Lock()
        self._now: tuple[str, Site] | None = None

    def current(self) -> Site:
        """The site that the link names. Raises `Problem` 503 before anything was published."""
        for _ in range(20):
            target = self._target()
            now = self._now
            if now is not None and now[0] == target:
                return now[1]
            try:
                with self._lock:
                    if self._now is None or self._now[0] != target:
                        site = Site(self.store, target, self.base_url, self._tables)
                        self._now = (target, site)
                        self._tables.keep(site.versions())
                    return self._now[1]
            except OSError:
                # The tree went while it was read: the link names another one by now.
                if self._target() == target:
                    raise
        raise not_published()

    def _target(self) -> str:
        try:
            return os.readlink(self._link)  # noqa: PTH115 - asked for each request, and a Path costs three times as much
        except OSError as error:
            raise not_published() from error


def not_published() -> Problem:
    """Nothing is published yet."""
    return Problem(
        503,
        "nothing-published",
        "Todavía no hay nada publicado.",
        "Nothing is published yet.",
        headers={"Retry-After": "60"},
    )


def gone(version: str, reason: str, when: str) -> Problem:
    """A version was withdrawn, with the reason that was given."""
    return Problem(
        410,
        "version-withdrawn",
        f"La versión {version} se retiró. {reason}".strip(),
        f"Version {version} was withdrawn. {reason}".strip(),
        **({"reason": reason, "withdrawn": when} if when else {}),
    )


Kept = TypeVar("Kept")


def _kept(known: dict[tuple[str, str], Kept], key: tuple[str, str], make: Callable[[], Kept]) -> Kept:
    found = known.get(key)
    if found is None:
        found = known[key] = make()
    return found
