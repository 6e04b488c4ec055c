"""What all commands share: the application, their options, and how problems become exit codes.

What belongs here: nothing that only one command needs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pipelines.contracts import exits
from pipelines.contracts.findings import FindingError
from pipelines.contracts.project import Project, load_project
from pipelines.contracts.words import lang, word
from pipelines.operate.root import find_root
from pipelines.release import StoreBusyError
from pipelines.terminal import Terminal

_FEW = 30
"""Names that are all told when another one was typed; of more only the nearest are."""

app = typer.Typer(pretty_exceptions_show_locals=False, help=word("help"), no_args_is_help=True, rich_markup_mode=None)


def option(key: str, *names: str, **more: Any) -> Any:
    """An option whose help is in the catalogue of words."""
    return typer.Option(*names, help=word(f"opt.{key}"), show_default=False, **more)


def argument(key: str, **more: Any) -> Any:
    """An argument whose help is in the catalogue of words."""
    return typer.Argument(help=word(f"opt.{key}"), show_default=False, **more)


ProjectFolder = Annotated[Path | None, option("project", "--project")]
AsJson = Annotated[bool, option("json", "--json")]
Dataset = Annotated[str, argument("dataset")]
Version = Annotated[str, argument("version")]


@contextmanager
def session(folder: Path | None, as_json: bool = False) -> Iterator[tuple[Project, Terminal]]:
    """The project and its terminal; problems that have a name become words and an exit code."""
    terminal = Terminal(lang(), as_json)
    try:
        root = find_root(folder)
    except FileNotFoundError as error:
        terminal.problem("error.no_project", path=error)
        raise typer.Exit(exits.CONFIG) from None
    try:
        project = load_project(root)
        terminal = Terminal(lang(project.settings.lang), as_json)
        yield project, terminal
    except _RefusedError:
        # A dataset whose file cannot be read is one that "does not exist": the file says why.
        terminal.findings(f for f in project.findings if f.blocks)
        raise
    except FindingError as error:
        terminal.findings(error.findings)
        of_the_store = any(f.message.gate == "store" for f in error.findings)
        raise typer.Exit(exits.FAILED if of_the_store else exits.CONFIG) from None
    except StoreBusyError as error:
        terminal.problem("error.busy", holder=error)
        raise typer.Exit(exits.BUSY) from None


class _RefusedError(typer.Exit):
    """The end of a command that cannot be carried out as it was put."""


def refuse(terminal: Terminal, key: str, **named: object) -> NoReturn:
    """End the command: the request cannot be carried out as it was put."""
    terminal.problem(key, **named)
    raise _RefusedError(exits.CONFIG)


def gravest(*codes: int) -> int:
    """The exit code of a command that did several things: a fault, misconfigured, failed, held, then the others."""
    order = [exits.FAULT, exits.CONFIG, exits.FAILED, exits.HELD]
    return next((code for code in order if code in codes), max(codes, default=exits.OK))


def known(terminal: Terminal, kind: str, names: list[str], among: list[str]) -> list[str]:
    """The names, all of them if none is given. Ends the command on one that does not exist."""
    for name in names:
        if name not in among:
            near = among if len(among) <= _FEW else get_close_matches(name, among, cutoff=0.3)
            refuse(
                terminal, "error.unknown", kind=word(f"kind.{kind}", terminal.lang), name=name, known=", ".join(near)
            )
    return names or among
