"""The target file: `targets/<id>.yaml`, a portal to which editions are projected.

What belongs here: the typed model of the file. What does not: planning and applying, in `publish`.
"""

from typing import Literal

from pydantic import Field

from pipelines.contracts.source import SLUG
from pipelines.contracts.text import Strict, Text


class TargetFile(Strict):
    """One portal."""

    id: str = Field(pattern=SLUG, description="Id of the target, the name of its file.")
    kind: Literal["portal"] = Field(description="`portal`: the embedded portal, a tree of files.")
    title: Text = Field(description="What it is.")
