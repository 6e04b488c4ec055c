"""Rows as pages show them: the labels of codes beside the codes, figures and days as they are read.

What belongs here: one cell. What does not: which rows are shown.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.contracts.reading import ReadColumn, ReadTable
from pipelines.contracts.text import Lang

LONG = 160
"""Characters of a text from which on a table shows it folded."""


@dataclass(frozen=True)
class Cell:
    """One cell: the text that is read, the code it stands for, whether it is a figure, and an address if it is one."""

    text: str
    code: str | None = None
    figure: bool = False
    link: str | None = None

    @property
    def head(self) -> str | None:
        """The beginning of a long text; None of a short one."""
        return self.text[: LONG - 20].rsplit(" ", 1)[0] + "…" if len(self.text) > LONG else None


def cells(table: ReadTable, row: dict[str, Any], lang: Lang, columns: list[str] | None = None) -> list[Cell]:
    """The cells of one row of the JSON Lines, in the order of the columns, or of `columns`."""
    known = {c.name: c for c in table.columns}
    return [cell(known[name], row.get(name), lang) for name in (columns or known)]


def cell(column: ReadColumn, value: Any, lang: Lang) -> Cell:
    """One value as it is read; an empty cell is an empty text."""
    if value is None:
        return Cell("")
    if column.type == "boolean":
        yes, no = ("sí", "no") if lang == "es" else ("yes", "no")
        return Cell(yes if value else no, str(value).lower())
    text = str(value)
    if text in column.codes:
        return Cell(column.codes[text].get(lang), text)
    if column.type in ("integer", "number"):
        # A decimal comma only: groups would be lost in copying a figure.
        return Cell(text.replace(".", ",") if lang == "es" else text, figure=True)
    return address(text)


def address(text: str) -> Cell:
    """A text, with a link where it is an address of the web and of nothing else."""
    return Cell(text, link=text if text.startswith(("https://", "http://")) and " " not in text else None)
