"""Pulling a source: fetch, check, keep.

What belongs here: the order of the steps and what becomes of a failure. What does not: how any kind of
source is fetched, or any format read.
"""

from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from pipelines.contracts.findings import Finding, FindingError, blocking, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import Part, Snapshot, SourceResult
from pipelines.contracts.source import Feed, SourceFile
from pipelines.pull.ckan import fetch_ckan
from pipelines.pull.http import fetch_http
from pipelines.pull.local import BusyError, fetch_facts, fetch_folder, name_matches
from pipelines.pull.parts import check_part, read_part
from pipelines.pull.reading import reading
from pipelines.pull.snapshot import Fetched, FetchedPart, Work, current_snapshot, keep, part_path, put_aside


@dataclass(frozen=True)
class Pulled:
    """What a pull gave: the result, the snapshot that is current now, and what was found."""

    result: SourceResult
    snapshot: Snapshot | None
    findings: list[Finding] = field(default_factory=list)


def pull_source(project: Project, source: SourceFile, now: datetime) -> Pulled:
    """Fetch `source`, check all of it, and make it the current snapshot if it has changed.

    A source that cannot be reached or read gives the result `failed` with findings that say why; the
    current snapshot stays as it was, and the files that were refused are kept raw in quarantine. An
    unchanged source is checked again and writes nothing. `now`: the time of the snapshot, with a zone.
    """
    current: Snapshot | None = None
    found: list[Finding] = []
    try:
        current = current_snapshot(project.store, source.id)
        with Work(project.store, source.id) as work:
            fetched = _fetch(project, source, work, current)
            snapshot = _accept(project, source, fetched, current, now, found)
    except BusyError as error:
        found.append(
            finding("source-file-busy", severity=None if current else "error", source=source.id, part=str(error))
        )
        return _failed(source, current, found) if current is None else _unchanged(source, current, found)
    except FindingError as error:
        return _failed(source, current, error.findings)
    except OSError as error:
        # What the readers meet they say themselves: this is the store, a full disk most of all.
        reason = error.strerror or str(error)
        return _failed(source, current, [finding("snapshot-unwritable", source=source.id, params={"reason": reason})])
    if current and snapshot.snapshot == current.snapshot:
        return _unchanged(source, current, found)
    return Pulled(SourceResult(source=source.id, result="new", snapshot=snapshot.snapshot), snapshot, found)


def read_feed(project: Project, source: SourceFile, feed: Feed, snapshot: Snapshot) -> pd.DataFrame:
    """The rows of the parts that `feed` reads, as raw text, one part after the other.

    Columns are those of the source, in its words, in the dtype `STRING`; an empty cell is "". `ORIGIN`
    says where each row came from. A column that only some parts have is "" in the others. Raises
    `FindingError` if a part was withdrawn, is damaged, or cannot be read.
    """
    frames = []
    for part in parts_of(source, feed, snapshot):
        one = reading(project, source, feed, part.name, part_path(project.store, snapshot, part))
        one.http = snapshot.http
        frames.append(read_part(one))
    if not frames:
        raise FindingError(finding("source-file-missing", source=source.id, part=source.part_of(feed)))
    if len(frames) == 1:
        return frames[0]
    return pd.concat(frames, ignore_index=True).fillna("")


def parts_of(source: SourceFile, feed: Feed, snapshot: Snapshot) -> list[Part]:
    """The parts of `snapshot` that `feed` reads."""
    return [part for part in snapshot.parts if _feeds(source, feed, part.name)]


def _feeds(source: SourceFile, feed: Feed, name: str) -> bool:
    # A server gives one file, whatever its feeds call it.
    return source.kind in ("http", "ckan") or name_matches(name, source.part_of(feed))


def _fetch(project: Project, source: SourceFile, work: Work, current: Snapshot | None) -> Fetched | None:
    """What the source gives now; None if a server says that it is what the current snapshot holds."""
    if source.kind in ("facts", "folder"):
        held = {part.name: part for part in _held(project, current)}
        return (fetch_facts if source.kind == "facts" else fetch_folder)(project, source, work, held)
    return (fetch_http if source.kind == "http" else fetch_ckan)(project, source, work, current)


def _held(project: Project, current: Snapshot | None) -> list[FetchedPart]:
    """The parts whose bytes the current snapshot holds: not those that were withdrawn or are damaged."""
    out = []
    for part in current.parts if current else []:
        try:
            path = part_path(project.store, current, part) if current else None
        except FindingError:
            continue
        if path:
            out.append(FetchedPart(part.name, path, part.sha256, part.size))
    return out


def _accept(
    project: Project,
    source: SourceFile,
    fetched: Fetched | None,
    current: Snapshot | None,
    now: datetime,
    found: list[Finding],
) -> Snapshot:
    """The snapshot of what was fetched, once all of it was read; what is worth a warning goes to `found`."""
    same = current if fetched is None or (current and current.snapshot == fetched.id) else None
    given = fetched or Fetched(_held(project, current), "", current.http if current else None)
    found += given.found + _check(project, source, given)
    if blocking(found):
        if same is None:
            put_aside(project.store, source.id, given, found)
        raise FindingError(*found)
    return same or keep(project.store, source.id, given, now)


def _check(project: Project, source: SourceFile, fetched: Fetched) -> list[Finding]:
    found: list[Finding] = []
    for feed in source.feeds:
        for part in fetched.parts:
            if not _feeds(source, feed, part.name):
                continue
            one = reading(project, source, feed, part.name, part.path)
            one.http = fetched.http
            try:
                check_part(one)
                found += one.found
            except FindingError as error:
                found += error.findings
    return found


def _unchanged(source: SourceFile, current: Snapshot, found: list[Finding]) -> Pulled:
    return Pulled(SourceResult(source=source.id, result="unchanged", snapshot=current.snapshot), current, found)


def _failed(source: SourceFile, current: Snapshot | None, found: list[Finding]) -> Pulled:
    reason = next(iter(blocking(found)), found[0]).reason()
    held = current.snapshot if current else None
    return Pulled(SourceResult(source=source.id, result="failed", snapshot=held, reason=reason), current, found)
