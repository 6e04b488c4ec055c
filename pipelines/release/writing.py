"""Writing to the store: what every command does before it changes anything, and what a full disk becomes.

What belongs here: lock, identity, recovery, in this order. What does not: what is written then.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.project import Project
from pipelines.release.commit import recover
from pipelines.release.identity import check_identity
from pipelines.release.lock import locked
from pipelines.release.withdraw import finish_withdrawals

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}
"""Errors that say that the store cannot be written; any other is a fault of ours and stays one."""


def unwritable(error: OSError) -> Finding:
    """The finding that says why the store cannot be written. Raises `error` itself if it says something else."""
    if error.errno not in _NO_ROOM:
        raise error
    return finding("store-unwritable", params={"reason": error.strerror or error})


@contextmanager
def writing(project: Project, command: str) -> Iterator[None]:
    """Hold the store for `command`, with everything finished that a dead run or withdrawal has left.

    Raises `StoreBusyError`, and `FindingError` where the store is of a later format or another identity,
    or cannot be written.
    """
    now = datetime.now(UTC)
    try:
        with locked(project.store, command, project.settings.lock_wait_seconds):
            refused = check_identity(project, now.astimezone(MADRID).date())
            if refused:
                raise FindingError(*refused)
            recover(project.store)
            finish_withdrawals(project, now)
            yield
    except OSError as error:
        raise FindingError(unwritable(error)) from error
