"""One visit to a CKAN: the connection, what the portal is, and which datasets are wanted there.

What belongs here: opening the connection and gathering what all steps need. What does not: the steps.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import Edition
from pipelines.contracts.store import Store
from pipelines.contracts.target import CkanPortal, TargetFile
from pipelines.publish.ckan.columns import column_findings
from pipelines.publish.ckan.datastore import DataStore
from pipelines.publish.ckan.journal import begun, projections, read_projection
from pipelines.publish.ckan.model import Wanted
from pipelines.publish.ckan.package import tombstone, wanted
from pipelines.publish.ckan.survey import Survey, portal_of, survey, unmet
from pipelines.publish.ckan.wire import Wire
from pipelines.publish.shown import Shown, current_edition, read_content

Tell = Callable[[str, str], None]
"""Told a dataset and what is done with it; for progress on the screen."""


def told(target: TargetFile, found: Iterable[Finding]) -> list[Finding]:
    """The findings with the id of the target, which the advice of many of them names."""
    return [f.model_copy(update={"params": {**f.params, "target": target.id}}) for f in found]


def silent(_dataset: str, _what: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Visit:
    """What every step of a visit needs."""

    project: Project
    target: TargetFile
    wire: Wire
    survey: Survey
    edition: Edition | None
    tell: Tell

    @property
    def store(self) -> Store:
        """The store of the project."""
        return self.project.store

    @property
    def portal(self) -> CkanPortal:
        """What the target file says of the CKAN."""
        return portal_of(self.target)

    def datastore(self, dataset: str) -> DataStore:
        """The DataStore, telling the rows of `dataset` that are written."""
        return DataStore(
            self.wire, self.project.settings.target_rows_per_call, lambda rows: self.tell(dataset, f"{rows} rows")
        )

    @cached_property
    def _due(self) -> list[Shown]:
        """What the portal is to show: the pins of the edition, and a tombstone where all is withdrawn."""
        if self.edition is None:
            return []
        known = {p.dataset for p in projections(self.store, self.target.id)} | set(begun(self.store, self.target.id))
        shown = read_content(self.project, self.edition).datasets
        return [one for one in shown if one.pinned or (one.withdrawn and not one.versions and one.id in known)]

    def chosen(self, datasets: Collection[str] | None) -> list[Wanted]:
        """What is wanted of `datasets`, of all if None. Raises `FindingError` when the store cannot be read."""
        return [self._wanted(one) for one in self._due if datasets is None or one.id in datasets]

    def _wanted(self, one: Shown) -> Wanted:
        if one.pinned:
            return wanted(self.project, self.target, self.survey, one.pinned.release, one.pinned.metadata)
        former = read_projection(self.store, self.target.id, one.id)
        return tombstone(self.project, self.target, self.survey, one.withdrawn, former)

    def unmet(self, chosen: list[Wanted]) -> list[Finding]:
        """What is missing before anything can be written, and what should be known about the connection.

        A dataset that the portal shows by our record, and that the edition no longer has, stays there; it is told.
        """
        due = {one.id for one in self._due}
        left = {p.dataset: p.name for p in projections(self.store, self.target.id) if p.dataset not in due}
        columns = [
            f.model_copy(update={"dataset": one.dataset})
            for one in chosen
            for table in one.tables.values()
            for f in column_findings(table)
        ]
        return [
            *self.wire.findings,
            *unmet(self.project, self.target, self.survey, chosen),
            *columns,
            *(finding("target-left", dataset=dataset, value=name) for dataset, name in left.items()),
        ]


@contextmanager
def visit(project: Project, target: TargetFile, tell: Tell = silent) -> Iterator[Visit]:
    """A connection to the portal of `target` that was asked what it is. Raises `FindingError`."""
    with Wire(project, target) as wire:
        yield Visit(project, target, wire, survey(wire, target), current_edition(project.store), tell)
