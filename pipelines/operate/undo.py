"""Undoing and clearing: the work of the store and then what the portal shows of it.

What belongs here: rollback, withdrawal and pruning as an operator means them, each with the portal after
it, and which other portals are left. What does not: how each is done in the store (`release`) or on a portal
(`publish`).
"""

from datetime import datetime

from pipelines.check import check_texts
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.files import remove_tree
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
from pipelines.publish import Published, publish_portal, take_down
from pipelines.release import Withdrawn, current_edition, doomed_versions, prune, rollback, withdraw, writing
from pipelines.release.prune import Pruned


def roll_back(project: Project, dataset: str, version: str, now: datetime) -> Published | None:
    """Make an older version current and show it. Raises as `release.rollback` and `writing` do."""
    with writing(project, "rollback"):
        rollback(project, dataset, version, now)
        return show(project)


def take_back(
    project: Project, dataset: str, version: str | None, reason: str, now: datetime
) -> tuple[Withdrawn, Published | None]:
    """Withdraw a version (all, if None) from the served tree first, then from the store, and show the rest.

    Raises as `release.withdraw` and `writing` do.
    """
    with writing(project, "withdraw"):
        take_down(project.store, dataset, doomed_versions(project.store, dataset, version))
        done = withdraw(project, dataset, version, reason, now)
        return done, show(project)


def clear(project: Project, now: datetime, dry_run: bool) -> tuple[Pruned, Published | None]:
    """Apply the retention of the settings, or say what it would remove. Raises as `writing` does."""
    with writing(project, "prune"):
        done = prune(project, now, dry_run)
        return done, show(project) if done.indexes and not dry_run else None


def show(project: Project) -> Published | None:
    """Project the current edition onto the portal; None if there is none. The caller holds the store."""
    edition = current_edition(project.store)
    if edition is None:
        return None
    done = publish_portal(project, edition)
    remove_tree(project.store.work)
    return done


def elsewhere(project: Project, dataset: str) -> list[str]:
    """The CKANs that show the dataset by our records, or onto which its projection was begun, sorted by id.

    After a rollback they show another version; after a withdrawal they may hold what was withdrawn, if only in the
    files of a later version that spoke of it.
    """
    store = project.store
    records = [*store.targets.glob(f"*/{dataset}.json"), *store.journal.glob(f"*/{dataset}.json")]
    return sorted({path.parent.name for path in records})


def personal(project: Project, dataset: DatasetFile, text: str) -> list[Finding]:
    """What of a text that will be published, a reason for example, must not be public."""
    return check_texts(project, dataset, {"reason.txt": text})
