"""The commands about standards: the official files that the catalogue is held against.

What belongs here: asking and showing. What does not: the work, which is in `operate`.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from pipelines.cli.common import AsJson, ProjectFolder, app, argument, option, refuse, session
from pipelines.contracts import exits
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.words import word
from pipelines.operate.codes import UnknownTableError, update_codes
from pipelines.operate.standards import Change, NoPlaceError, update_standards
from pipelines.terminal import Terminal

standards = typer.Typer(help=word("help.standards"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(standards, name="standards")


@standards.command(name="update", help=word("help.standards.update"))
def update(
    place: Annotated[str | None, option("standards_from", "--from")] = None,
    accept: Annotated[bool, option("accept", "--accept")] = False,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the official shapes and hold them against their pins."""
    with session(project, as_json) as (here, terminal):
        try:
            changes = update_standards(here, place, accept)
        except NoPlaceError:
            refuse(terminal, "error.no_standards")
        if as_json:
            terminal.json([asdict(c) for c in changes])
        _show(terminal, changes, accept)
        if any(c.changed for c in changes) and not accept:
            raise typer.Exit(exits.HELD)


@standards.command(name="codes", help=word("help.standards.codes"))
def codes(
    table: Annotated[str, argument("codes_table")],
    place: Annotated[str, argument("codes_place")],
    partial: Annotated[bool, option("partial", "--partial")] = False,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Bring one list of codes up to date."""
    with session(project, as_json) as (here, terminal):
        today = datetime.now(MADRID).date()
        try:
            change = update_codes(here, table, place, today, complete=not partial)
        except UnknownTableError as error:
            refuse(terminal, "error.unknown", kind=word("kind.codes", terminal.lang), name=table, known=error)
        if as_json:
            terminal.json(asdict(change))
            return
        terminal.say("done.codes", table=table, codes=change.codes, date=change.date)
        for key in ("added", "removed", "deprecated"):
            if named := getattr(change, key):
                terminal.say(f"done.codes_{key}", codes=", ".join(named))


def _show(terminal: Terminal, changes: list[Change], accept: bool) -> None:
    changed = [c for c in changes if c.changed]
    if changed and not terminal.as_json:
        terminal.table(["file", "old", "new", "constraints"], [_row(c) for c in changed])
    said = "done.standards" if accept or not changed else "done.standards_waiting"
    terminal.say(said, files=len(changes), changed=len(changed))


def _row(change: Change) -> list[str]:
    counts = "-" if change.added is None else f"+{change.added} -{change.removed}"
    return [change.file, change.old[:12] or "-", change.new[:12], counts]
