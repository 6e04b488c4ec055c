"""The project: all its files, read and held against each other.

What belongs here: loading settings, catalogue, sources, datasets, targets and vocabularies, and saying
in a finding which file is wrong, where, and how. What does not: any step of the flow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.dataset import DatasetFile, Reference, Resource
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.ontology import ONTOLOGY_FILE, Ontology
from pipelines.contracts.settings import SETTINGS_FILE, Settings, load_settings
from pipelines.contracts.source import Feed, SourceFile
from pipelines.contracts.store import Store
from pipelines.contracts.target import TargetFile
from pipelines.contracts.vocab import Vocabularies, load_vocabularies

CATALOGUE = "catalogue"
Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Project:
    """Everything that the files say, by id. `findings` says what is wrong with them."""

    root: Path
    settings: Settings
    catalogue: CatalogueFile
    sources: dict[str, SourceFile]
    datasets: dict[str, DatasetFile]
    targets: dict[str, TargetFile]
    vocabularies: Vocabularies
    findings: list[Finding] = field(default_factory=list)
    ontology: Ontology | None = None

    @property
    def store(self) -> Store:
        """The store that the settings name."""
        return Store((self.root / self.settings.store).resolve())

    @property
    def kept_standards(self) -> Path:
        """The folder of the store in which fetched official files are kept; it need not be there."""
        return self.store.cache / "standards"

    @property
    def standards(self) -> Path | None:
        """The folder with the official shapes: that of the setting, else the kept ones if they were fetched."""
        place = self.settings.standards
        if place and not is_address(place):
            return (self.root / place).resolve()
        return self.kept_standards if self.kept_standards.is_dir() else None

    def feeds_of(self, dataset: DatasetFile) -> Iterator[tuple[SourceFile, Feed]]:
        """The sources and feeds of the tables of `dataset`, in the order of the source ids."""
        tables = {r.name for r in dataset.resources}
        for source in self.sources.values():
            for feed in source.feeds:
                if feed.table in tables:
                    yield source, feed

    def owner_of(self, table: str) -> tuple[DatasetFile, Resource]:
        """The dataset and resource of a table; names of tables are unique in a project. Raises `KeyError`."""
        for dataset in self.datasets.values():
            for resource in dataset.resources:
                if resource.name == table:
                    return dataset, resource
        raise KeyError(table)


def is_address(place: str) -> bool:
    """Whether a setting that is a folder or an address is an address."""
    return place.startswith(("http://", "https://"))


def load_project(root: Path, **overrides: object) -> Project:
    """The project at `root`.

    A file that cannot be read or that bears another name is left out and said in `Project.findings`; only
    a project without a readable catalogue or settings raises `FindingError`.
    """
    found: list[Finding] = []
    try:
        settings = load_settings(root, **overrides)
    except ValidationError as error:
        raise FindingError(*_explain(error, SETTINGS_FILE)) from error
    except (SettingsError, TOMLDecodeError, UnicodeDecodeError) as error:
        raise FindingError(finding("settings-unreadable", part=SETTINGS_FILE, params={"reason": error})) from error
    catalogue = _load(root / "schemas" / "catalogue.yaml", CatalogueFile, root, found)
    if catalogue is None:
        raise FindingError(*found)
    sources = _load_all(root / "sources", SourceFile, root, found)
    datasets = _load_all(root / "schemas", DatasetFile, root, found, skip=frozenset({CATALOGUE}))
    targets = _load_all(root / "targets", TargetFile, root, found)
    try:
        vocabularies = load_vocabularies(root / "vocab")
    except (OSError, KeyError, ValueError) as error:
        raise FindingError(finding("vocabulary-unreadable", part="vocab", params={"reason": error})) from error
    ontology = root / "vocab" / ONTOLOGY_FILE
    own = _load(ontology, Ontology, root, found) if ontology.is_file() else None
    project = Project(root, settings, catalogue, sources, datasets, targets, vocabularies, found, own)
    found += _references(project)
    return project


def _load_all(
    folder: Path, model: type[Model], root: Path, found: list[Finding], skip: frozenset[str] = frozenset()
) -> dict[str, Model]:
    out = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in skip:
            continue
        loaded = _load(path, model, root, found)
        if loaded is None:
            continue
        identity = getattr(loaded, "id", None) or getattr(loaded, "name", None)
        if identity != path.stem:
            found.append(
                finding(
                    "file-name", part=str(path.relative_to(root)), value=str(identity), params={"expected": path.stem}
                )
            )
            # It may be a copy of another file, whose place it would take.
            continue
        out[path.stem] = loaded
    return out


def _load(path: Path, model: type[Model], root: Path, found: list[Finding]) -> Model | None:
    name = str(path.relative_to(root))
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return model.model_validate(raw)
    except (OSError, UnicodeDecodeError) as error:
        found.append(finding("file-unreadable", part=name, params={"reason": error}))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        found.append(
            finding(
                "yaml-syntax",
                part=name,
                row=mark.line + 1 if mark else None,
                params={"reason": getattr(error, "problem", error)},
            )
        )
    except ValidationError as error:
        found.extend(_explain(error, name))
    return None


def _explain(error: ValidationError, name: str) -> list[Finding]:
    out = []
    for problem in error.errors(include_url=False):
        where = ".".join(str(p) for p in problem["loc"]) or "."
        code = {"missing": "file-key-missing", "extra_forbidden": "file-key-unknown"}.get(problem["type"], "file-value")
        value = None if problem["type"] == "missing" else _shown(problem["input"])
        if value and name == SETTINGS_FILE:
            # The path of the address of a webhook may be a secret too, also where its key is misspelt.
            value = re.sub(r"(https?://[^/\s'\"]*/)[^\s'\"]+", r"\1…", value)
        out.append(finding(code, part=name, field=where, value=value, params={"reason": problem["msg"]}))
    return out


def _shown(value: object) -> str:
    """What a file says, short and without the password and the query of an address, which may be secrets."""
    text = re.sub(r"(https?://)[^/?#]*@", r"\1", re.sub(r"\s+", " ", str(value)))
    return re.sub(r"(https?://[^?]*)\?.*", r"\1", text)[:80]


def _references(project: Project) -> list[Finding]:
    out: list[Finding] = []
    # What a file that could not be read would have declared is not missing: that file is what is wrong.
    unread = {p.stem for p in (project.root / "schemas").glob("*.yaml")} - set(project.datasets) - {CATALOGUE}
    owners: dict[str, str] = {}
    for dataset in project.datasets.values():
        for resource in dataset.resources:
            if resource.name in owners:
                out.append(
                    finding(
                        "table-twice",
                        dataset=dataset.name,
                        table=resource.name,
                        params={"other": owners[resource.name]},
                    )
                )
            owners[resource.name] = dataset.name
            for column in resource.fields:
                if column.vocabulary and column.vocabulary not in project.vocabularies.labels:
                    out.append(
                        finding(
                            "vocabulary-unknown",
                            dataset=dataset.name,
                            table=resource.name,
                            field=column.name,
                            value=column.vocabulary,
                        )
                    )
            out += [
                finding("key-private", dataset=dataset.name, table=resource.name, field=name)
                for name in resource.primary_key
                if resource.field(name).privacy == "private"
            ]
            for end in _ends(resource):
                if end.dataset not in unread and not _exists(project, dataset, end):
                    named = f"{end.dataset or dataset.name}/{end.resource or resource.name}[{','.join(end.fields)}]"
                    out.append(finding("key-target-unknown", dataset=dataset.name, table=resource.name, value=named))
    fed = {feed.table for source in project.sources.values() for feed in source.feeds}
    out += [finding("table-without-source", dataset=owners[t], table=t) for t in owners if t not in fed]
    out += [
        finding("feed-table-unknown", source=s.id, table=f.table)
        for s in project.sources.values()
        for f in s.feeds
        if f.table not in owners and not unread
    ]
    return out


def _ends(resource: Resource) -> Iterator[Reference]:
    for key in resource.keys:
        if key.reference:
            yield key.reference
        yield from key.references.values()
    for foreign in resource.table_schema.foreign_keys:
        end = foreign.reference
        yield end if end.resource else end.model_copy(update={"resource": resource.name})


def _exists(project: Project, dataset: DatasetFile, end: Reference) -> bool:
    try:
        target = project.datasets[end.dataset or dataset.name].resource(end.resource)
        return all(target.field(column) for column in end.fields)
    except KeyError:
        return False
