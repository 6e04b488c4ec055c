"""Rows as pages show them: the labels of codes beside the codes, figures and days as they are read.

What belongs here: one cell. What does not: which rows are shown.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pipelines.contracts.reading import ReadColumn, ReadTable
from pipelines.contracts.text import Lang
from portal.pages.links import Thing

LONG = 160
"""Characters of a text from which on a table shows it folded."""


class Cell(NamedTuple):
    """One cell: the text that is read, the code it stands for, whether it is a figure, and an address if it is one.

    `to`: the address of what it names; `code` is then its id, or its label where the cell is read as the id itself.
    """

    text: str
    code: str | None = None
    figure: bool = False
    link: str | None = None
    to: str | None = None

    @property
    def plain(self) -> bool:
        """Whether it is its text and nothing else."""
        return self.code is None and self.link is None and self.to is None and len(self.text) <= LONG

    @property
    def head(self) -> str | None:
        """The beginning of a long text; None of a short one."""
        return self.text[: LONG - 20].rsplit(" ", 1)[0] + "…" if len(self.text) > LONG else None


def cells(
    table: ReadTable,
    row: dict[str, Any],
    lang: Lang,
    columns: list[str] | None = None,
    names: Mapping[str, Thing] = MappingProxyType({}),
) -> list[Cell]:
    """The cells of one row of the JSON Lines, in the order of the columns, or of `columns`. `names`: what they name."""
    known = {c.name: c for c in table.columns}
    out = [cell(known[name], row.get(name), lang) for name in (columns or known)]
    if not names:
        return out
    # A key is read as it is where the row itself tells what it is called; the name of another row's thing is told here.
    told = {one.text for name, one in zip(columns or known, out, strict=True) if name not in names}
    return [
        _naming(one, names[name], name in table.key and names[name].label in told)
        if one.text and name in names
        else one
        for name, one in zip(columns or known, out, strict=True)
    ]


def _naming(one: Cell, thing: Thing, key: bool) -> Cell:
    """A cell with a link: a code is read as its label already; what another row defines is called as it is there."""
    if one.code is not None:
        return Cell(one.text, one.code, to=thing.address)
    if key or one.text != thing.id:
        return Cell(one.text, thing.label, one.figure, to=thing.address)
    return Cell(thing.label, one.text, to=thing.address)


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
