"""What webhooks are told of a publication: which versions came, and which were withdrawn.

What belongs here: the difference between the tree that is served and the next one, as messages. What does not: keeping
them, which is `outbox`, and sending them, which is `webhooks`.

A message holds ids, IRIs and addresses and no more of a version: whoever is told asks for it then, and is answered 410
if it was withdrawn meanwhile.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from pipelines.contracts.project import Project
from pipelines.contracts.records import Edition, Notice, Tombstone
from pipelines.contracts.store import EDITION_FILE, PACKAGE_FILE, RELEASE_FILE, TOMBSTONE_FILE
from pipelines.describe import iris
from pipelines.publish.feeds import JSON, address, moment
from pipelines.publish.shown import Content, Shown

PUBLISHED = "edition.published"
WITHDRAWN = "version.withdrawn"


@dataclass(frozen=True)
class Before:
    """What is shown so far: the edition with its pins, and the versions, those withdrawn apart."""

    edition: str | None
    pins: dict[str, str]
    versions: set[tuple[str, str]]
    withdrawn: set[tuple[str, str]]


def notices(project: Project, content: Content, served: Path | None, to: Sequence[str]) -> list[Notice]:
    """The messages about what `content` changes of the tree `served`: at most one of each kind, none without a change.

    `to`: the marks of those who are to be told. Where nothing is served, all is told.
    """
    now = datetime.now(UTC)
    before = _before(content, served)
    told = [(WITHDRAWN, _withdrawn(project, content, before)), (PUBLISHED, _published(project, content, before))]
    return [
        Notice(
            id=f"msg_{uuid4().hex}", type=kind, made=now, tree=content.tree, body=_body(kind, now, data), to=list(to)
        )
        for kind, data in told
        if data
    ]


def _body(kind: str, now: datetime, data: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "timestamp": moment(now), "data": data}, ensure_ascii=False)


def _before(content: Content, served: Path | None) -> Before:
    if served is None:
        return Before(None, {}, set(), set())
    name = served.parent.name
    # The store says what its editions pin, also where a tree is damaged.
    known = content.editions.get(name, served / "editions" / name / EDITION_FILE)
    pins = Edition.model_validate_json(known.read_bytes()).pins if known.is_file() else {}
    return Before(name, pins, _holding(served, RELEASE_FILE), _holding(served, TOMBSTONE_FILE))


def _holding(tree: Path, name: str) -> set[tuple[str, str]]:
    return {(p.parent.parent.name, p.parent.name) for p in tree.glob(f"datasets/*/*/{name}")}


def _published(project: Project, content: Content, before: Before) -> dict[str, Any] | None:
    if content.edition.edition == before.edition:
        return None
    changes = [change for shown in content.datasets if (change := _change(project, shown, before))]
    if not changes:
        return None
    return {**_edition(project, content), "previous": before.edition, "datasets": changes}


def _edition(project: Project, content: Content) -> dict[str, Any]:
    name = content.edition.edition
    return {
        "edition": name,
        "stage": project.catalogue.stage,
        "portal": address(project),
        "pins": address(project, f"editions/{name}/{EDITION_FILE}"),
    }


def _change(project: Project, shown: Shown, before: Before) -> dict[str, Any] | None:
    """What became of one dataset; None where it is shown as before. `version` is None where the edition has none."""
    previous, version = before.pins.get(shown.id), shown.pinned.release.version if shown.pinned else None
    released = [v.release.version for v in shown.versions if (shown.id, v.release.version) not in before.versions]
    if previous == version and not released:
        return None
    return {
        "id": shown.id,
        "iri": iris.dataset(project.catalogue.uri_base, shown.id),
        "version": version,
        "previous": previous,
        "released": released,
        "feed": address(project, f"datasets/{shown.id}/{JSON}"),
        **(_version(project, shown.id, version) if version else {}),
    }


def _version(project: Project, dataset: str, version: str) -> dict[str, str]:
    place = f"datasets/{dataset}/{version}/"
    return {
        "version_iri": iris.version(project.catalogue.uri_base, dataset, version),
        "page": address(project, place),
        "package": address(project, place + PACKAGE_FILE),
    }


def _withdrawn(project: Project, content: Content, before: Before) -> dict[str, Any] | None:
    stones = [t for d in content.datasets for t in d.withdrawn if (t.dataset, t.version) not in before.withdrawn]
    if not stones:
        return None
    return {**_edition(project, content), "versions": [_gone(project, t) for t in stones]}


def _gone(project: Project, stone: Tombstone) -> dict[str, Any]:
    return {
        "id": stone.dataset,
        "version": stone.version,
        "version_iri": iris.version(project.catalogue.uri_base, stone.dataset, stone.version),
        "page": address(project, f"datasets/{stone.dataset}/{stone.version}/"),
        "withdrawn": moment(stone.withdrawn),
        "reason": stone.reason,
    }
