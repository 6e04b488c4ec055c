"""The commands around the line: init, new, status, doctor.

What belongs here: asking and showing. What does not: the work, which is in `operate`.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from pipelines.cli.common import AsJson, ProjectFolder, app, argument, option, refuse, session
from pipelines.contracts import exits
from pipelines.contracts.findings import blocking
from pipelines.contracts.text import Text
from pipelines.contracts.words import word
from pipelines.operate.doctor import examine
from pipelines.operate.init import Identity, set_identity
from pipelines.operate.new import new_dataset, new_source
from pipelines.operate.root import MARK
from pipelines.operate.status import DatasetStatus, Shown, status
from pipelines.publish.outbox import waiting
from pipelines.terminal import Terminal

new = typer.Typer(help=word("help.new"), no_args_is_help=True, rich_markup_mode=None)


@app.command(name="init", help=word("help.init"))
def init(
    uri_base: Annotated[str, option("uri_base", "--uri-base", prompt=True)],
    dir3: Annotated[str, option("dir3", "--dir3", prompt=True)],
    publisher_es: Annotated[str, option("publisher_es", "--publisher-es", prompt=True)],
    publisher_en: Annotated[str, option("publisher_en", "--publisher-en", prompt=True)],
    homepage: Annotated[str, option("homepage", "--homepage", prompt=True)],
    email: Annotated[str, option("email", "--email", prompt=True)],
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Set the identity of the catalogue."""
    with session(project, as_json) as (here, terminal):
        path = here.root / MARK
        identity = Identity(uri_base, dir3, Text(es=publisher_es, en=publisher_en), homepage, email)
        try:
            set_identity(path, here.catalogue, identity)
        except ValidationError as error:
            for problem in error.errors():
                terminal.lines([f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"])
            raise typer.Exit(exits.CONFIG) from None
        if as_json:
            terminal.json({"written": [str(path)]})
        terminal.say("done.written", path=path)
        terminal.say("done.next", what="opendata doctor")


@new.command(name="source", help=word("help.new.source"))
def source(
    file: Annotated[Path, argument("file", exists=True, dir_okay=False)],
    name: Annotated[str | None, option("name", "--name")] = None,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Propose a source and its dataset from a file."""
    with session(project, as_json) as (here, terminal):
        try:
            written = new_source(here, file, name)
        except FileExistsError as error:
            refuse(terminal, "error.exists", path=error)
        _written(terminal, written)


@new.command(name="dataset", help=word("help.new.dataset"))
def dataset(name: Annotated[str, argument("name")], project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Write a minimal dataset."""
    with session(project, as_json) as (here, terminal):
        try:
            written = new_dataset(here, name)
        except FileExistsError as error:
            refuse(terminal, "error.exists", path=error)
        _written(terminal, written)


def _written(terminal: Terminal, paths: list[Path]) -> None:
    if terminal.as_json:
        terminal.json({"written": [str(path) for path in paths]})
    for path in paths:
        terminal.say("done.written", path=path)
    terminal.say("done.edit")


@app.command(name="status", help=word("help.status"))
def show_status(project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Tell how each dataset is."""
    with session(project, as_json) as (here, terminal):
        states = status(here, datetime.now(UTC))
        if as_json:
            terminal.json([{**asdict(s), "last": s.last.model_dump(mode="json") if s.last else None} for s in states])
        else:
            terminal.table(["dataset", "version", "result", "checked", "fresh"], [_row(terminal, s) for s in states])
            shown = [_row_shown(terminal, s, one) for s in states for one in s.targets]
            if shown:
                terminal.table(["dataset", "target", "version", "state", "checked"], shown)
            terminal.lines(
                f"{s.dataset}: {s.last.reason.get(terminal.lang)}" for s in states if s.last and s.last.reason
            )
            if waits := waiting(here):
                terminal.say("status.webhooks", count=len(waits), since=terminal.moment(waits[0].made))
        raise typer.Exit(_verdict(states))


def _row(terminal: Terminal, s: DatasetStatus) -> list[str]:
    fresh = (
        "never" if s.version is None else "none" if s.overdue_days is None else "overdue" if s.overdue_days else "ok"
    )
    last = word(f"result.{s.last.result}", terminal.lang) if s.last else "-"
    checked = terminal.moment(s.checked) if s.checked else "-"
    return [s.dataset, s.version or "-", last, checked, word(f"fresh.{fresh}", terminal.lang, days=s.overdue_days)]


def _row_shown(terminal: Terminal, s: DatasetStatus, one: Shown) -> list[str]:
    none = "-" if one.state == "begun" else word("shown.tombstone", terminal.lang)
    state = word(f"shown.{one.state}", terminal.lang)
    return [s.dataset, one.target, one.version or none, state, terminal.moment(one.at)]


def _verdict(states: list[DatasetStatus]) -> int:
    results = {s.last.result for s in states if s.last}
    if "failed" in results or any(one.state == "failed" for s in states for one in s.targets):
        return exits.FAILED
    if "held" in results:
        return exits.HELD
    return exits.OVERDUE if any(s.overdue_days for s in states) else exits.OK


@app.command(name="doctor", help=word("help.doctor"))
def doctor(project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Say what is missing and what to do."""
    with session(project, as_json) as (here, terminal):
        lines = examine(here)
        if as_json:
            terminal.json([{"good": x.good, "needed": x.needed, **x.text.model_dump()} for x in lines])
        else:
            terminal.findings(here.findings)
            for x in lines:
                mark = word("doctor.ok" if x.good else "doctor.missing", terminal.lang)
                terminal.lines([f"[{mark}] {x.text.get(terminal.lang)}"])
        if blocking(here.findings) or any(x.needed and not x.good for x in lines):
            raise typer.Exit(exits.CONFIG)
