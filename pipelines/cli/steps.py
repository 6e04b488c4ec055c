"""The commands of the line: pull, tidy, check, release, publish.

What belongs here: asking the line for a step and writing what it did. What does not: the steps.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Literal

import typer

from pipelines.cli.common import AsJson, ProjectFolder, app, argument, gravest, known, option, refuse, session
from pipelines.cli.targets import attempt, ckan_target, outcome_code, show_outcome
from pipelines.contracts import exits
from pipelines.contracts.findings import blocking
from pipelines.contracts.project import Project
from pipelines.contracts.words import word
from pipelines.line import Line, Step
from pipelines.terminal import Terminal

Sources = Annotated[list[str] | None, argument("sources")]
Datasets = Annotated[list[str] | None, argument("datasets")]


@app.command(help=word("help.pull"))
def pull(sources: Sources = None, project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Pull sources."""
    with (
        session(project, as_json) as (here, terminal),
        _line(here, terminal, "pull", {"pull": len(here.sources)}) as line,
    ):
        for name in known(terminal, "source", sources or [], list(here.sources)):
            line.pull(name)


@app.command(help=word("help.tidy"))
def tidy(datasets: Datasets = None, project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Tidy datasets, and show what was unreadable."""
    with session(project, as_json) as (here, terminal), _line(here, terminal, "tidy", _totals(here, 2)) as line:
        for name in known(terminal, "dataset", datasets or [], list(here.datasets)):
            tidied = line.tidy(name)
            line.findings += tidied.findings if tidied else []


class Feed(StrEnum):
    """The profiles that a catalogue can be held against."""

    es = "es"
    eu = "eu"


@app.command(help=word("help.check"))
def check(
    datasets: Datasets = None,
    catalogue: Annotated[str | None, option("catalogue", "--catalogue")] = None,
    profile: Annotated[Feed | None, option("profile", "--profile")] = None,
    urls: Annotated[bool, option("urls", "--urls")] = False,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Check datasets and release nothing; or judge a catalogue, ours or anybody's."""
    if catalogue is not None:
        with session(project, as_json) as (here, terminal):
            if datasets:
                refuse(terminal, "error.catalogue_alone", names=", ".join(datasets))
            _judge(here, terminal, catalogue, (profile or Feed.es).value, urls)
        return
    with session(project, as_json) as (here, terminal), _line(here, terminal, "check", _totals(here, 3)) as line:
        if profile or urls:
            refuse(terminal, "error.catalogue_missing")
        names = known(terminal, "dataset", datasets or [], list(here.datasets))
        line.check(names)


def _judge(project: Project, terminal: Terminal, place: str, profile: Literal["es", "eu"], urls: bool) -> None:
    from pipelines.operate.judge import judge_place
    from pipelines.operate.report import report_json, report_lines

    with terminal.busy() as tell:
        report = judge_place(project, place, profile, urls, tell)
    if terminal.as_json:
        terminal.json(report_json(report))
    else:
        terminal.lines(report_lines(report, terminal.lang))
    if blocking(report.judgement.findings):
        raise typer.Exit(exits.HELD)


@app.command(help=word("help.release"))
def release(project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Release what is due."""
    with session(project, as_json) as (here, terminal), _line(here, terminal, "release", _totals(here, 4)) as line:
        line.release()


@app.command(help=word("help.publish"))
def publish(
    to: Annotated[list[str] | None, option("publish_to", "--to")] = None,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Do the whole job; `to`: the CKANs that are brought up to date after the embedded portal."""
    with session(project, as_json) as (here, terminal):
        from pipelines.orchestrate import run_publish

        targets = [ckan_target(here, terminal, name) for name in dict.fromkeys(to or [])]
        began = time.monotonic()
        with terminal.progress(_totals(here, 5)) as report:
            line = run_publish(here, report, "publish")
        if not as_json:
            _show(terminal, line)
            _closing(terminal, line, time.monotonic() - began)
        outcomes = []
        for target in targets:
            # Whatever becomes of a portal, the publication stands, and the other portals are done.
            outcomes.append(attempt(here, terminal, target))
            show_outcome(terminal, outcomes[-1])
        if as_json:
            shown = {"targets": [o.model_dump(mode="json") for o in outcomes]} if targets else {}
            terminal.json({**_told(line), **shown})
        raise typer.Exit(gravest(line.exit_code, *map(outcome_code, outcomes)))


def _totals(project: Project, steps: int) -> dict[Step, int]:
    many = len(project.datasets)
    every: dict[Step, int] = {
        "pull": len(project.sources),
        "tidy": many,
        "check": many,
        "release": many,
        "publish": many + 1,
    }
    return dict(list(every.items())[:steps])


@contextmanager
def _line(project: Project, terminal: Terminal, command: str, totals: dict[Step, int]) -> Iterator[Line]:
    with terminal.progress(totals) as report, Line(project, command, report, afresh=command != "release") as line:
        yield line
    _show(terminal, line)
    raise typer.Exit(line.exit_code)


def _told(line: Line) -> dict[str, object]:
    """The record of a run and its findings, for programs."""
    found = [f.as_row() for f in line.findings]
    sent = {"webhooks": [asdict(s) for s in line.sent]} if line.sent else {}
    return {**line.record().model_dump(mode="json", exclude_none=True), "rows": found, **sent}


def _show(terminal: Terminal, line: Line) -> None:
    if terminal.as_json:
        terminal.json(_told(line))
        return
    record = line.record()
    terminal.findings(line.findings)
    if record.datasets:
        terminal.results(record.datasets)
    else:
        rows = [[s.source, word(f"result.{s.result}", terminal.lang), s.snapshot or "-"] for s in record.sources]
        terminal.table(["source", "result", "snapshot"], rows)


def _closing(terminal: Terminal, line: Line, seconds: float) -> None:
    record = line.record()
    changed = record.portal == "applied" or any(d.result == "released" for d in record.datasets)
    if record.edition:
        terminal.say("done.edition", edition=record.edition)
    if not changed and line.exit_code == 0:
        terminal.say("done.nothing")
    if line.project.store.portal.exists():
        terminal.say("done.portal", path=line.project.store.portal)
    terminal.sent(line.sent)
    if line.project.catalogue.stage == "example":
        terminal.say("example")
    terminal.say("done.took", seconds=f"{seconds:.1f}")
