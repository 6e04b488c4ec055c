"""The line that the steps of one Dagster run share.

What belongs here: opening and closing that line once, which datasets it is about, and what becomes of
an error. What does not: the steps, which are in `assets`, and their work, which is in `pipelines.line`.
"""

from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self, TypeVar

import dagster as dg

from pipelines.contracts.findings import Finding, FindingError
from pipelines.contracts.project import Project
from pipelines.line import Line, Report
from pipelines.orchestrate.keys import CANDIDATES, PORTAL, RELEASES, datasets_of, includes
from pipelines.release import Candidate, StoreBusyError

Answer = TypeVar("Answer")


class Steps:
    """One line for all steps of a run; a context that opens it at the first step and closes it at the end.

    `chosen`: the assets that the run makes, None for all. `trouble` is the error that stopped the line,
    None if none did.
    """

    def __init__(
        self,
        project: Project,
        command: str,
        report: Report = lambda *_: None,
        chosen: Collection[dg.AssetKey] | None = None,
    ) -> None:
        """Prepare; the store is not touched before the first step asks for something."""
        self.project = project
        self.chosen = chosen
        self.line = Line(project, command, report, datasets_of(project, chosen))
        self.waiting: set[str] = set()
        self.trouble: Exception | None = None
        self._settled: dict[str, int] = {}
        self._portal: str | None = None
        self._opened = False
        self._left = False
        self._context = ExitStack()

    def __enter__(self) -> Self:
        """Nothing yet: the lock is taken by `open`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do what is left of the run, write its record and give the lock back."""
        with self._context:
            if error is None and not self._left:
                self.finish()

    def leave(self) -> None:
        """Do what is left of the line and give the store back before the run ends, for a step that takes it itself.

        The steps of the line come first, by their priority; one that asks after this fails.
        """
        if self._opened and not self._left:
            self.finish()
            self._left = True
            self._context.close()

    def open(self) -> None:
        """Take the lock of the store. Raises `StoreBusyError`, or `FindingError` where it must not be written."""
        if not self._opened:
            self._context.enter_context(self.line)
            self._opened = True

    def ask(self, question: Callable[[Line], Answer]) -> Answer:
        """The answer of the line.

        Raises `dagster.Failure` on any error, with no text of the error, which may quote a value and
        would stay in Dagster's storage. The error itself is kept in `trouble`; the line then does nothing more.
        """
        why = "The line has ended." if self._left else "The line was stopped by an earlier error of this run."
        failure = dg.Failure(why, allow_retries=False)
        if self.trouble is None and not self._left:
            try:
                self.open()
                return question(self.line)
            except StoreBusyError:
                failure = dg.Failure("Another run holds the store.")
            except Exception as error:
                self.trouble = error
                self.line.findings += error.findings if isinstance(error, FindingError) else []
                failure = dg.Failure(named(error), allow_retries=False)
        # Raised here and not above, so that it does not carry the error with it.
        raise failure

    def settle(self) -> dict[str, Candidate]:
        """The candidates, after it was settled which of them fit into one edition."""
        candidates = self.ask(Line.settle)
        if not self._settled:
            self._settled = {name: len(c.findings) for name, c in candidates.items()}
        return candidates

    def at_candidate(self, dataset: str) -> list[Finding]:
        """The findings of a candidate before its release was built."""
        return self.settle()[dataset].findings[: self._settled[dataset]]

    def at_release(self, dataset: str) -> list[Finding]:
        """The findings that were added to a candidate when its release was built."""
        self.settle()
        return self.ask(Line.release)[dataset].findings[self._settled[dataset] :]

    def publish(self) -> str:
        """Switch the portal to the current edition, once in a run."""
        if self._portal is None:
            self._portal = self.ask(Line.publish)
        return self._portal

    def finish(self) -> None:
        """Do what was chosen and what no step came to ask for.

        A step is not run when all before it brought nothing new or were held; but candidates that are held
        leave a record, and the portal still has to show what an earlier run released.
        """
        if self.trouble is not None:
            return
        with suppress(dg.Failure):  # the error is in `trouble`, and whoever opened the run sees to it
            if includes(self.project, self.chosen, PORTAL):
                self.publish()
            elif includes(self.project, self.chosen, RELEASES):
                self.ask(Line.release)
            elif includes(self.project, self.chosen, CANDIDATES):
                self.settle()


def named(error: Exception) -> str:
    """The kind of an error, and its finding codes; nothing that it quotes."""
    codes = sorted({f.code for f in error.findings}) if isinstance(error, FindingError) else []
    return f"The line was stopped: {', '.join([type(error).__name__, *codes])}. The log of the process says where."
