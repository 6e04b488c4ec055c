"""The records of projections onto targets that a rename cannot replace: what was shown, and what is intended.

What belongs here: the typed models of `targets/<target>/<dataset>.json` and `journal/<target>/<dataset>.json` of
the store. What does not: the embedded portal, which is a tree of files, and how anything is projected.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from pipelines.contracts.text import Strict


class ShownTable(Strict):
    """A table in the DataStore as it was last verified."""

    resource: str = Field(description="Id of its resource.")
    version: str = Field(description="Version of the dataset whose rows it holds.")
    rows: int = Field(ge=0)
    digest: str = Field(description="Hash of its rows, whatever their order.")
    columns: str = Field(description="Hash of its columns, key and dictionary.")


class Projection(Strict):
    """`targets/<target>/<dataset>.json`: what the target showed of a dataset when it was last read back."""

    target: str
    dataset: str
    package: str = Field(description="Id of the dataset in CKAN.")
    name: str = Field(description="Name of the dataset in CKAN.")
    version: str | None = Field(description="Version shown; None for a tombstone.")
    state: Literal["applied", "verified", "failed"]
    at: datetime = Field(description="When it was last written or read back.")
    fields: dict[str, Any] = Field(description="Fields that are ours, as CKAN gave them back.")
    resources: dict[str, dict[str, Any]] = Field(description="Resources that are ours by id, as CKAN gave them back.")
    tables: dict[str, ShownTable] = Field(default_factory=dict)


class Intention(Strict):
    """`journal/<target>/<dataset>.json`: a projection that was begun; removed once it was read back.

    While it stands nothing is known of the rows in the DataStore, and the next run reads them.
    """

    target: str
    dataset: str
    version: str | None
    begun: datetime
    steps: list[str] = Field(description="What was intended, in order.")
    fields: dict[str, Any] = Field(description="What the dataset was to show.")
    resources: dict[str, dict[str, Any]] = Field(description="What its resources were to show, by id.")
    former: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Other resources of ours that may still be there in part, by id."
    )
