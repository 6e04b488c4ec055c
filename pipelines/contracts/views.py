"""Views: drawings and tables of what a dataset says, declared in its file and made once for each edition.

What belongs here: what people declare (`View`), and what is made of it for the reader (`DrawnView`, the file
`<view>.json` in the tree). What does not: drawing, and showing.

In the tree of an edition, under `datasets/<id>/views/`: `<view>.json`, its rows as `<view>.csv`, and, where it is a
drawing, `<view>.es.svg` and `<view>.en.svg`. A view is a projection of the pinned version: it makes no release.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.contracts.text import Strict, Text

VIEWS = "views"
"""Folder of a dataset in the tree with its views."""

ViewKind = Literal["bars", "line", "matrix", "network"]

LEAST_POINTS = 3
"""Stated observations of one kind that a line needs: same subject, indicator, unit and qualifier, at different dates."""

_WORDS: dict[str, tuple[set[str], set[str]]] = {
    "bars": ({"by"}, set()),
    "line": (set(), set()),
    "matrix": ({"by", "value", "at"}, set()),
    "network": ({"by", "to"}, {"among"}),
}
"""Of each kind the words that it needs, and those that it may have."""


class View(Strict):
    """One view of a table of the dataset. Which words it needs depends on its kind; see docs/datasets.md."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="Its name in addresses.")
    kind: ViewKind = Field(
        description=(
            "`bars`: counts of rows by a column; `line`: observations of a Data Cube over time; `matrix`: what was said "
            "of each subject at stated periods; `network`: what rows join."
        )
    )
    titles: Text = Field(description="Title in both languages.")
    descriptions: Text = Field(description="What it shows and how it is not to be read, in both languages.")
    table: str = Field(description="Table whose rows it shows.")
    where: dict[str, list[str]] = Field(default_factory=dict, description="Column: values of the rows that it shows.")
    by: str | None = Field(
        default=None,
        description="`bars`: column whose values are counted; `matrix`: what a line is about; `network`: one end.",
    )
    to: str | None = Field(default=None, description="`network`: column of the other end.")
    among: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9-]+/[a-z0-9_]+$",
        description="`network`: `<dataset>/<table>` whose rows must define what `by` names; else the row is left out.",
    )
    value: str | None = Field(default=None, description="`matrix`: column that is shown.")
    at: list[Annotated[str, Field(pattern=r"^\d{4}$")]] = Field(
        default_factory=list, description="`matrix`: years, one column each, of the date of the row."
    )
    home: bool = Field(default=False, description="Whether the home page shows it.")

    @model_validator(mode="after")
    def _words_of_its_kind(self) -> "View":
        needed, possible = _WORDS[self.kind]
        given = {w for w in ("by", "to", "among", "value", "at") if getattr(self, w)}
        if missing := sorted(needed - given):
            raise ValueError(f"view {self.id}: a {self.kind} needs {', '.join(missing)}")
        if strange := sorted(given - needed - possible):
            raise ValueError(f"view {self.id}: a {self.kind} has no {', '.join(strange)}")
        return self

    @property
    def columns(self) -> set[str]:
        """The columns of the table that it names."""
        return {c for c in (*self.where, self.by, self.to, self.value) if c}


class ViewCell(Strict):
    """A cell of the data behind a view. `path` is that of the entity or code that it names."""

    text: Text
    path: str | None = None


class DrawnView(Strict):
    """`<view>.json`: a view of one version, ready to be shown.

    The rows are the data behind the drawing, as many cells each as `header`; of a matrix they are all there is.
    """

    id: str
    kind: ViewKind
    dataset: str
    version: str
    table: str
    titles: Text
    descriptions: Text
    home: bool
    alternative: Text = Field(description="What the view shows, in sentences, for who does not see it.")
    statements: list[Text] = Field(
        description="The coverage statements of the table: without them it must not be read."
    )
    header: list[Text]
    rows: list[list[ViewCell]]
    drawn: bool = Field(description="Whether there are drawings beside it.")
