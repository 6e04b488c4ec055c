"""What the portal shows: the versions, withdrawals and editions of the store, from its small files.

What belongs here: reading indexes, release files, tombstones and editions, and the one hash that says
whether the tree must be built again. What does not: the tables, which are never opened, and how
anything is shown.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version as installed
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipelines.contracts.files import canonical_json, read_json, sha256_bytes
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.records import Edition, EditionIndex, Release, ReleaseIndex, Tombstone
from pipelines.contracts.store import (
    EDITION_FILE,
    INDEX_FILE,
    METADATA_FILE,
    PACKAGE_FILE,
    RELEASE_FILE,
    TOMBSTONE_FILE,
    Store,
)
from pipelines.contracts.text import Strict, Text
from pipelines.linked import query_files

PORTAL_FORMAT = 7
"""Raised when the code would lay out or write the same facts differently; a new number makes a new tree."""

SETTINGS = {"base_url", "api_url", "datastore_url", "feed_page_bytes"}
"""The settings that the tree depends on."""

QUALIFIER = "qualifier"
"""The vocabulary of the qualifiers of declared totals."""

Record = TypeVar("Record", bound=Strict)


@dataclass(frozen=True)
class Version:
    """One published version: its folder, its `release.json`, and the hash of that file."""

    folder: Path
    release: Release
    digest: str

    @cached_property
    def metadata(self) -> Dataset:
        """Its metadata. Raises `FindingError` if the file cannot be read."""
        path = self.folder / METADATA_FILE
        return _checked(path, Dataset.model_validate, lambda reason: _damaged(self.folder, METADATA_FILE, reason))

    @cached_property
    def package(self) -> dict[str, Any]:
        """Its Data Package, with a resource for each table. Raises `FindingError` if the file cannot be read."""

        def parse(raw: Any) -> dict[str, Any]:
            resources = raw.get("resources", []) if isinstance(raw, dict) else []
            missing = {t.name for t in self.metadata.tables} - {r.get("name") for r in resources}
            if missing:
                raise ValueError(f"no resource {', '.join(sorted(missing))}")
            return dict(raw)

        return _checked(self.folder / PACKAGE_FILE, parse, lambda reason: _damaged(self.folder, PACKAGE_FILE, reason))

    @property
    def files(self) -> list[str]:
        """Names of its files in the order of `release.json`, which comes last."""
        return [*(f.file for f in self.release.files), RELEASE_FILE]


@dataclass(frozen=True)
class Shown:
    """One dataset: its published versions and its withdrawn ones, oldest first, and the pinned one."""

    id: str
    versions: list[Version]
    withdrawn: list[Tombstone]
    pinned: Version | None

    @property
    def newest(self) -> Version | None:
        """The pinned version; of a dataset outside the edition the last one."""
        return self.pinned or (self.versions[-1] if self.versions else None)


@dataclass(frozen=True)
class Content:
    """All that the portal shows for one edition. `findings` are warnings; errors are raised."""

    edition: Edition
    editions: dict[str, Path]
    datasets: list[Shown]
    key: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def pinned(self) -> list[tuple[Shown, Version]]:
        """The datasets of the edition with their version, by id."""
        return [(d, d.pinned) for d in self.datasets if d.pinned is not None]

    @property
    def versions(self) -> list[Version]:
        """Every published version, pinned or not."""
        return [version for dataset in self.datasets for version in dataset.versions]

    @property
    def tree(self) -> str:
        """Path of its tree, relative to the store."""
        return f"editions/{self.edition.edition}/tree-{self.key}"


def read_content(project: Project, edition: Edition) -> Content:
    """What the portal shows when `edition` is current; only small JSON files are read.

    Raises `FindingError` when a file of the store cannot be read or a pin names no version.
    """
    store = project.store
    found: list[Finding] = []
    datasets = [_dataset(store, path.parent.name, edition, found) for path in _indexes(store)]
    answered = {d.id for d in datasets if d.pinned} | {f.dataset for f in found if f.code == "portal-pin-withdrawn"}
    wrong = [
        finding("edition-broken", value=edition.edition, dataset=dataset, part=version)
        for dataset, version in sorted(edition.pins.items())
        if dataset not in answered
    ]
    if wrong:
        raise FindingError(*wrong)
    editions = _editions(store, edition)
    return Content(edition, editions, datasets, _key(project, edition, editions, datasets), found)


def current_edition(store: Store) -> Edition | None:
    """The edition that the portal is to show, None before the first. Raises `FindingError` if it cannot be read."""
    index = store.editions / INDEX_FILE
    current = _record(index, EditionIndex).current if index.exists() else None
    return _record(store.edition(current) / EDITION_FILE, Edition) if current else None


def _indexes(store: Store) -> list[Path]:
    return sorted(store.releases.glob(f"*/{INDEX_FILE}"))


def _dataset(store: Store, dataset: str, edition: Edition, found: list[Finding]) -> Shown:
    index = _record(store.index(dataset), ReleaseIndex)
    versions, withdrawn = [], []
    for entry in index.versions:
        folder = store.release(dataset, entry.version)
        # Either word is enough: what a half-done withdrawal must not show is not shown.
        if (folder / TOMBSTONE_FILE).exists():
            withdrawn.append(_record(folder / TOMBSTONE_FILE, Tombstone))
        elif entry.status == "withdrawn":
            found.append(finding("portal-tombstone-missing", dataset=dataset, value=entry.version))
        else:
            versions.append(_version(folder))
    pin = edition.pins.get(dataset)
    pinned = next((v for v in versions if v.release.version == pin), None)
    if pin in {e.version for e in index.versions} and not pinned:
        found.append(finding("portal-pin-withdrawn", dataset=dataset, value=pin, part=edition.edition))
    return Shown(dataset, versions, withdrawn, pinned)


def _version(folder: Path) -> Version:
    def fail(reason: str) -> Finding:
        return _damaged(folder, RELEASE_FILE, reason)

    def parse(raw: Any) -> Release:
        release = Release.model_validate(raw)
        strange = [f.file for f in release.files if Path(f.file).name != f.file or f.file.startswith(".")]
        if strange or (release.dataset, release.version) != (folder.parent.name, folder.name):
            raise ValueError(f"names {strange or [release.dataset, release.version]}")
        return release

    release = _checked(folder / RELEASE_FILE, parse, fail)
    return Version(folder, release, sha256_bytes((folder / RELEASE_FILE).read_bytes()))


def _editions(store: Store, edition: Edition) -> dict[str, Path]:
    index = store.editions / INDEX_FILE
    named = [e.edition for e in _record(index, EditionIndex).editions] if index.exists() else []
    out = {}
    for name in sorted({*named, edition.edition}):
        out[name] = store.edition(name) / EDITION_FILE
        _record(out[name], Edition)
    return out


def _key(project: Project, edition: Edition, editions: dict[str, Path], datasets: list[Shown]) -> str:
    pages = files("pipelines.publish").joinpath("templates").iterdir()
    return sha256_bytes(
        canonical_json(
            {
                "format": PORTAL_FORMAT,
                "templates": sorted((p.name, p.read_text(encoding="utf-8")) for p in pages),
                "settings": project.settings.model_dump(mode="json", include=SETTINGS),
                "words": {s: _words(codes) for s, codes in project.vocabularies.labels.items()},
                "catalogue": project.catalogue.model_dump(mode="json"),
                "datasets": {name: file.promised() for name, file in project.datasets.items()},
                "views": {
                    name: [v.model_dump(mode="json") for v in file.views] for name, file in project.datasets.items()
                },
                # Another one draws other bytes, which `verify` would take for a change.
                "drawn by": installed("vl-convert-python"),
                "sources": {s.id: [s.title.model_dump(), s.landing_page] for s in project.sources.values()},
                "ontology": project.ontology.model_dump(mode="json") if project.ontology else None,
                "queries": {path.stem: path.read_text(encoding="utf-8") for path in query_files(project)},
                "edition": edition.model_dump(mode="json"),
                "editions": {name: sha256_bytes(path.read_bytes()) for name, path in editions.items()},
                "versions": [[d.id, v.release.version, v.digest] for d in datasets for v in d.versions],
                "tombstones": [t.model_dump(mode="json") for d in datasets for t in d.withdrawn],
            }
        ).encode()
    )[:16]


def _words(codes: dict[str, Text]) -> list[tuple[str, str, str]]:
    """Codes with their words, in order."""
    return [(code, text.es, text.en) for code, text in codes.items()]


def _record(path: Path, model: type[Record]) -> Record:
    def fail(reason: str) -> Finding:
        return finding("portal-store-unreadable", part=str(path), params={"reason": reason})

    return _checked(path, model.model_validate, fail)


def _damaged(folder: Path, file: str, reason: str) -> Finding:
    dataset, version = folder.parent.name, folder.name
    return finding("release-damaged", dataset=dataset, value=version, part=file, params={"reason": reason})


Parsed = TypeVar("Parsed")


def _checked(path: Path, parse: Callable[[Any], Parsed], fail: Callable[[str], Finding]) -> Parsed:
    try:
        return parse(read_json(path))
    except ValidationError as error:
        raise FindingError(fail("; ".join(_places(error)))) from error
    except (OSError, ValueError) as error:
        raise FindingError(fail(str(error))) from error


def _places(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False):
        yield f"{'.'.join(str(p) for p in problem['loc'])}: {problem['msg']}"
