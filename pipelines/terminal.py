"""What the operator sees: progress, tables and findings on a terminal, plain lines elsewhere, or JSON.

What belongs here: turning results into text. What does not: deciding anything.
"""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pipelines.contracts.findings import Finding
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.records import DatasetResult
from pipelines.contracts.text import Lang
from pipelines.contracts.words import word
from pipelines.line import Report, Step
from pipelines.publish import Sent

_SHOWN = 20
"""Findings of one code that are written out; the record of the run has them all."""
_SHOWN_ALIKE = 1
"""Warnings of one code about whole datasets that are written out: they read the same."""
_QUIET_SECONDS = 5.0
"""Between two lines of progress about the same dataset, where nobody watches a screen."""
_STYLES = {"released": "green", "held": "yellow", "failed": "red", "error": "red", "warning": "yellow"}
_SWITCHED = {"applied", "unchanged", "failed"}
"""How a publication ends; it does not lay out again what the portal has."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What moves the cursor of a terminal; texts that other people wrote on a portal are shown too."""


class Terminal:
    """Writes in one language; results to standard output, progress to standard error."""

    def __init__(self, lang: Lang, as_json: bool) -> None:
        """Write in `lang`; with `as_json` nothing but JSON reaches standard output."""
        self.lang: Lang = lang
        self.as_json = as_json
        self.out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self.err = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

    def say(self, key: str, **named: object) -> None:
        """Write a line of the catalogue of words; to standard error when the output is JSON."""
        (self.err if self.as_json else self.out).print(word(key, self.lang, **named), markup=False)

    def sent(self, sent: Iterable[Sent]) -> None:
        """Write which webhooks were told of what."""
        for one in sent:
            self.say("done.webhook", to=one.to, type=one.type)

    def problem(self, key: str, **named: object) -> None:
        """Write a line about a problem to standard error."""
        self.err.print(word(key, self.lang, **named), markup=False, style="red")

    def agrees(self, key: str, **named: object) -> bool:
        """Ask a question that is answered by yes or no in the language of the terminal; no if there is nobody."""
        try:
            answer = self.err.input(word(key, self.lang, **named) + " ", markup=False)
        except EOFError:
            return False
        return answer.strip().lower() in {"s", "sí", "si", "y", "yes"}

    def moment(self, at: datetime) -> str:
        """A moment as it is on the clocks of Madrid."""
        return f"{at.astimezone(MADRID):%Y-%m-%d %H:%M}"

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines as they are."""
        for line in lines:
            self.out.print(_safe(line), markup=False)

    def json(self, value: Any) -> None:
        """Write JSON to standard output."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")

    def table(self, columns: list[str], rows: Iterable[Sequence[str | Text]]) -> None:
        """Write a table whose columns are keys of the catalogue of words: drawn on a terminal, else tabs."""
        titles = [word(f"head.{c}", self.lang) for c in columns]
        if not self.out.is_terminal:
            for row in [titles, *rows]:
                sys.stdout.write("\t".join(_safe(str(cell)) for cell in row) + "\n")
            return
        drawn = Table(*titles, box=None, header_style="bold", pad_edge=False)
        for row in rows:
            drawn.add_row(*(cell if isinstance(cell, Text) else Text(_safe(cell)) for cell in row))
        self.out.print(drawn)

    def results(self, results: Iterable[DatasetResult]) -> None:
        """Write the table of what a run did with each dataset."""
        rows = []
        for r in results:
            change = " ".join(
                f"{s}{r.change.get(k, 0)}" for s, k in (("+", "added"), ("~", "changed"), ("-", "removed"))
            )
            result = "due" if r.result == "unchanged" and r.due else r.result
            rows.append(
                (
                    r.dataset,
                    self._result(result),
                    r.version or "-",
                    "-" if r.rows is None else str(r.rows),
                    change if r.change else "-",
                    f"{r.errors} / {r.warnings}",
                )
            )
        self.table(["dataset", "result", "version", "rows", "change", "findings"], rows)

    def _result(self, result: str) -> Text:
        return Text(word(f"result.{result}", self.lang), style=_STYLES.get(result, ""))

    def findings(self, found: Iterable[Finding]) -> None:
        """Write findings, errors first: where, what is wrong, what to do. Many of one code are cut short."""
        seen: Counter[str] = Counter()
        hidden: Counter[str] = Counter()
        # What there is little of says most: one table that lost its rows before each of the rows.
        found = list(found)
        many = Counter(f.code for f in found)
        for one in sorted(found, key=lambda f: (not f.blocks, f.severity, many[f.code], f.code)):
            seen[one.code] += 1
            if seen[one.code] > (_SHOWN if one.table or one.row or one.severity == "error" else _SHOWN_ALIKE):
                hidden[one.code] += 1
                continue
            style = _STYLES[one.severity]
            mark = word(f"severity.{one.severity}", self.lang).upper()
            waived = f" ({one.waiver})" if one.waiver else ""
            self.err.print(f"{mark} {one.code}{waived}: {one.where()}", style=style, markup=False)
            self.err.print(_safe(f"    {one.what(self.lang)}"), markup=False)
            self.err.print(_safe(f"    → {one.do(self.lang)}"), markup=False)
        for code, count in hidden.items():
            self.err.print(word("more.findings", self.lang, count=count, code=code), markup=False)

    @contextmanager
    def busy(self) -> Iterator[Callable[[str], None]]:
        """Show on a terminal what is being looked at; nothing elsewhere."""
        if not self.err.is_terminal:
            yield lambda _: None
            return
        with self.err.status("") as status:
            yield status.update

    @contextmanager
    def following(self) -> Iterator[Callable[[str, str], None]]:
        """Show which dataset is worked on and what is done: in one place on a terminal, as lines elsewhere.

        A line says a dataset, a step and its rows; there not every call has one, only what is new after a while.
        """
        if self.err.is_terminal:
            with self.err.status("") as status:
                yield lambda dataset, what: status.update(f"{dataset}: {self._how(what)}")
            return
        last, then = "", 0.0

        def line(dataset: str, what: str) -> None:
            nonlocal last, then
            if dataset != last or time.monotonic() - then >= _QUIET_SECONDS:
                last, then = dataset, time.monotonic()
                self.err.print(f"{dataset}: {self._how(what)}", markup=False)

        yield line

    @contextmanager
    def progress(self, totals: dict[Step, int]) -> Iterator[Report]:
        """A report that draws one bar a step on a terminal, and writes one line a thing elsewhere."""
        if not self.err.is_terminal:
            yield self._plain
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[now]}"),
        )
        with Progress(*columns, TimeElapsedColumn(), console=self.err) as bars:
            tasks = {
                s: bars.add_task(word(f"step.{s}", self.lang), total=n, now="", start=False) for s, n in totals.items()
            }

            def report(step: Step, name: str, how: str) -> None:
                if step in tasks:
                    bars.start_task(tasks[step])
                    bars.update(tasks[step], advance=1, now=f"{name} {self._how(how)}")
                    if step == "publish" and how in _SWITCHED:
                        bars.update(tasks[step], completed=totals[step])

            yield report

    def _plain(self, step: Step, name: str, how: str) -> None:
        self.err.print(f"{word(f'step.{step}', self.lang)} {name}: {self._how(how)}", markup=False)

    def _how(self, how: str) -> str:
        number, _, unit = how.partition(" ")
        if unit == "rows" and number.isdigit():
            return word("told.rows", self.lang, rows=f"{int(number):,}".replace(",", " "))
        try:
            return word(f"result.{how}", self.lang)
        except KeyError:
            return how


def _safe(text: str) -> str:
    return _CONTROL.sub("�", text)
