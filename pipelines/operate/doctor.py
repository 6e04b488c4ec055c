"""The doctor: what is missing in this installation and what to do about it.

What belongs here: looking. What does not: mending; every line says how.
"""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts.findings import FindingError
from pipelines.contracts.project import Project
from pipelines.contracts.text import LANGS, Text
from pipelines.contracts.words import word
from pipelines.operate.status import last_run
from pipelines.publish.outbox import waiting
from pipelines.publish.signing import read_keys


@dataclass(frozen=True)
class Line:
    """One thing looked at. `needed` says that nothing works without it."""

    good: bool
    needed: bool
    text: Text


def examine(project: Project) -> list[Line]:
    """What the doctor sees, the most important first. Findings about files are in `project.findings`."""
    return [
        _line(True, True, "doctor.python", version=platform.python_version()),
        *_files(project),
        _store(project),
        _stage(project),
        _optional("documents", project.settings.documents, project.root),
        _optional("standards", project.standards, project.root),
        _optional("hashes", project.settings.personal_hashes, project.root),
        *_targets(project),
        *_webhooks(project),
        _run(project),
    ]


def _line(good: bool, needed: bool, key: str, **named: object) -> Line:
    es, en = (word(key, lang, **named) for lang in LANGS)
    return Line(good, needed, Text(es=es, en=en))


def _files(project: Project) -> list[Line]:
    if any(f.blocks for f in project.findings):
        return []
    datasets, sources, targets = len(project.datasets), len(project.sources), len(project.targets)
    return [_line(True, True, "doctor.files", datasets=datasets, sources=sources, targets=targets)]


def _store(project: Project) -> Line:
    path = project.store.root
    there = path
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        return _line(False, True, "doctor.store_bad", path=path, reason="EACCES")
    free = shutil.disk_usage(there).free // 10**9
    return _line(True, True, "doctor.store", path=path, free=free)


def _stage(project: Project) -> Line:
    if project.catalogue.stage == "example":
        return _line(False, False, "doctor.stage")
    return _line(True, False, "doctor.stage_ok", uri=project.catalogue.uri_base)


def _optional(what: str, setting: str | Path | None, root: Path) -> Line:
    path = (root / setting).resolve() if setting else None
    if path is None or not path.exists():
        return _line(False, False, f"doctor.{what}_missing")
    return _line(True, False, f"doctor.{what}", path=path)


def _targets(project: Project) -> Iterator[Line]:
    """One line for each CKAN: whether its token is there. The portal is not asked, and the token not shown."""
    portals = [(t, t.ckan.url) for t in project.targets.values() if t.ckan]
    if not portals:
        return
    from pipelines.publish.ckan.wire import read_token

    for target, url in portals:
        named = {"target": target.id, "url": url, "variable": target.token_name}
        try:
            read_token(target)
        except FindingError:
            yield _line(False, False, "doctor.target_missing", **named)
        else:
            yield _line(True, False, "doctor.target", **named)


def _webhooks(project: Project) -> Iterator[Line]:
    """Whether the messages to webhooks can be signed, and how many wait; nobody is called. Nothing without webhooks."""
    addresses = project.settings.webhooks
    if not addresses:
        return
    try:
        read_keys(project)
        yield _line(True, False, "doctor.webhooks", count=len(addresses), waiting=len(waiting(project)))
    except FindingError as error:
        found = error.findings[0]
        yield Line(
            False, False, Text(**{x: word("doctor.webhooks_bad", x, what=found.what(x), do=found.do(x)) for x in LANGS})
        )


def _run(project: Project) -> Line:
    run = last_run(project)
    if run is None:
        return _line(False, False, "doctor.no_run")
    return _line(run.exit_code == 0, False, "doctor.run", run=run.run, code=run.exit_code)
