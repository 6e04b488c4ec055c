"""The release: a candidate is built beside the store, checked, and renamed into place whole.

What belongs here: fingerprints, the files of a release, versions, editions, decisions, undoing, and the
verification of the store. What does not: making tables (`tidy`), judging them (`check`), describing
them (`describe`) or showing them (`publish`).
"""

from pipelines.release.candidate import Candidate, prepare
from pipelines.release.commit import commit, recover
from pipelines.release.decisions import decide, decisions_of
from pipelines.release.edition import current_edition, read_edition
from pipelines.release.index import read_index, read_release, release_tables
from pipelines.release.lock import StoreBusyError, locked
from pipelines.release.prune import prune
from pipelines.release.rollback import rollback
from pipelines.release.settle import settle
from pipelines.release.verify import verify_store
from pipelines.release.withdraw import Withdrawn, doomed_versions, withdraw
from pipelines.release.writing import unwritable, writing

__all__ = [
    "Candidate",
    "StoreBusyError",
    "Withdrawn",
    "commit",
    "current_edition",
    "decide",
    "decisions_of",
    "doomed_versions",
    "locked",
    "prepare",
    "prune",
    "read_edition",
    "read_index",
    "read_release",
    "recover",
    "release_tables",
    "rollback",
    "settle",
    "unwritable",
    "verify_store",
    "withdraw",
    "writing",
]
