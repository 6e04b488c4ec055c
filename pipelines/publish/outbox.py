"""What webhooks are still to be told: written before the link is replaced, struck out as each has taken it.

What belongs here: keeping messages over runs and crashes. What does not: what they say, which is `notices`, and sending
them, which is `webhooks`.

A run may die between any two steps. A message is written before the tree that it tells of is shown, and sent only once
the link has named that tree. So none is lost, and none tells of what was never shown. It may come twice, with one id.
"""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from pipelines.contracts.files import sha256_bytes, write_atomic
from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import Notice, Outbox
from pipelines.contracts.store import Store
from pipelines.publish.notices import notices
from pipelines.publish.shown import Content

KEEP = timedelta(days=35)
"""How long a message waits for whoever does not take it: a publication each month tries it once more."""


def mark(address: str) -> str:
    """What stands in the outbox for an address, which may be a secret."""
    return sha256_bytes(address.encode())


def read_outbox(store: Store) -> Outbox:
    """What waits. A message whose tree the link names was shown; raises `FindingError` if the file cannot be read."""
    if not store.outbox.is_file():
        return Outbox(notices=[])
    try:
        kept = Outbox.model_validate_json(store.outbox.read_bytes())
    except (OSError, ValidationError) as error:
        reason = type(error).__name__
        raise FindingError(
            finding("portal-store-unreadable", part=str(store.outbox), params={"reason": reason})
        ) from error
    link = str(store.portal.readlink()) if store.portal.is_symlink() else None
    return Outbox(notices=[n.model_copy(update={"shown": n.shown or n.tree == link}) for n in kept.notices])


def waiting(project: Project) -> list[Notice]:
    """The messages that were shown and that somebody named in the settings has not taken."""
    named = {mark(address) for address in project.settings.webhooks}
    return [n for n in read_outbox(project.store).notices if n.shown and named & set(n.to)]


def announce(project: Project, content: Content, served: Path | None) -> None:
    """Write down what is to be told of `content`, which is about to replace the tree `served`.

    What another run wrote and died before it could show goes. Raises `OSError`, and `FindingError` as `read_outbox`.
    """
    named = [mark(address) for address in dict.fromkeys(project.settings.webhooks)]
    if named:
        kept = [n for n in read_outbox(project.store).notices if n.shown]
        keep(project.store, [*kept, *notices(project, content, served, named)])


def keep(store: Store, kept: list[Notice]) -> None:
    """Write the outbox, or remove it when nothing waits. Raises `OSError`."""
    if kept:
        write_atomic(store.outbox, Outbox(notices=kept).model_dump_json(indent=2) + "\n")
    else:
        store.outbox.unlink(missing_ok=True)


def is_late(notice: Notice, now: datetime) -> bool:
    """Whether a message has waited for too long."""
    return now - notice.made > KEEP
