"""What the operator's terminal is given, whatever other people wrote."""

import io
import sys

import pytest
from rich.console import Console

from pipelines.contracts.findings import finding
from pipelines.terminal import Terminal

EVIL = "a\x1b]0;x\x07\x9b2J[red]b[/]"
SAFE = "a�]0;x��2J[red]b[/]"


@pytest.mark.parametrize("drawn", [True, False])
def test_texts_of_others_neither_move_the_cursor_nor_are_taken_for_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, drawn: bool
) -> None:
    terminal = Terminal("es", as_json=False)
    written = io.StringIO() if drawn else sys.stdout
    terminal.out = Console(file=written, force_terminal=drawn, color_system=None, width=200)
    terminal.table(["dataset"], [[EVIL]])
    terminal.lines([EVIL])
    terminal.findings([finding("target-name-taken", dataset="visits", value="v", params={"title": EVIL})])
    said = capsys.readouterr()
    shown = written.getvalue() if isinstance(written, io.StringIO) else said.out
    assert (shown.count(SAFE), said.err.count(SAFE)) == (2, 1)
    assert "\x1b" not in shown + said.err
