"""The identity of the store: its format and the `uri_base` that minted every IRI.

What belongs here: setting them once, and refusing a change that nobody announced. What does not: the
identity of the publisher, which is in the catalogue file.
"""

from datetime import date, datetime

from pipelines.contracts.files import pretty_json, write_atomic
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.project import Project
from pipelines.contracts.records import StoreInfo
from pipelines.contracts.store import STORE_FORMAT
from pipelines.release.decisions import CATALOGUE, IDENTITY, announced, decisions_of


def check_identity(project: Project, today: date) -> list[Finding]:
    """What forbids writing to this store: a later format, or another `uri_base`; empty if nothing does.

    Before anything was released there is no identity to keep, so the first release sets it.
    """
    store = project.store
    if not store.file.exists():
        return []
    info = StoreInfo.model_validate_json(store.file.read_bytes())
    if info.format > STORE_FORMAT:
        return [finding("store-format", value=str(info.format), params={"expected": STORE_FORMAT})]
    here = project.catalogue.uri_base
    if info.uri_base == here or _announced(project, today):
        return []
    return [finding("identity-changed", value=here, params={"expected": info.uri_base})]


def identity_announced(project: Project, now: datetime) -> bool:
    """Whether an announcement in force at `now` says that IRIs or the publisher change."""
    return _announced(project, now.astimezone(MADRID).date())


def _announced(project: Project, today: date) -> bool:
    return announced(decisions_of(project.store, CATALOGUE, today), IDENTITY)


def record_identity(project: Project) -> None:
    """Write format and `uri_base` of the store, unless they stand there already."""
    info = StoreInfo(format=STORE_FORMAT, uri_base=project.catalogue.uri_base)
    text = pretty_json(info.model_dump())
    if not project.store.file.exists() or project.store.file.read_text(encoding="utf-8") != text:
        write_atomic(project.store.file, text)
