"""What a CKAN is wanted to show, and the difference to what it shows.

What belongs here: the typed values that describing, planning, applying and verifying pass to each other. What does
not: any call, and how a value is made.

The fields of a dataset have one shape everywhere here, that of `package_show` made plain: `tags` and `groups` are
sorted lists of names, `extras` is a mapping, and what CKAN adds by itself is not there.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pipelines.contracts.findings import Finding
from pipelines.contracts.text import Strict

Fields = dict[str, Any]
Action = Literal["none", "create", "change", "tombstone", "wait"]
"""What a dataset needs. `wait`: something stands in the way, and a finding says what."""
RowMode = Literal["none", "load", "delta", "read", "drop"]
"""How rows get there: not at all; whole into a new resource; the changed ones; the changed ones after reading what
is there; or the table goes."""

DATASTORE = "datastore"
"""The format of a resource whose rows are in the DataStore, and CKAN's `url_type` for it."""
PLACEHOLDER = "_datastore_only_resource"
"""What CKAN keeps as the address of such a resource; it shows that of the dump."""


@dataclass(frozen=True)
class WantedTable:
    """A table that the DataStore is to hold: `columns` in the form of `datastore_create`, rows in a Parquet file."""

    table: str
    resource: str
    columns: list[dict[str, Any]]
    key: list[str]
    indexes: list[str]
    parquet: Path
    rows: int


@dataclass(frozen=True)
class Wanted:
    """What a CKAN is to show of one dataset; `version` None for a tombstone.

    `resources` by id, in their order; `files`: the file of the release behind a resource, by the same id;
    `uploads`: those that CKAN is to keep a copy of.
    """

    dataset: str
    name: str
    version: str | None
    fields: Fields
    resources: dict[str, Fields]
    uploads: dict[str, Path] = field(default_factory=dict)
    tables: dict[str, WantedTable] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)


class FieldChange(Strict):
    """One field: what the portal shows and what it is to show."""

    field: str
    shown: Any = None
    wanted: Any = None


class ResourceChange(Strict):
    """One resource that is added, changed or removed."""

    id: str
    name: str
    action: Literal["add", "change", "remove"]
    fields: list[FieldChange] = Field(default_factory=list)


class RowChange(Strict):
    """The rows of one table of the DataStore."""

    table: str
    resource: str
    mode: RowMode
    added: int = 0
    changed: int = 0
    removed: int = 0


class Drift(Strict):
    """Something of ours that somebody else changed since we read it back last; `resource` None for the dataset."""

    field: str
    resource: str | None = None
    written: Any = None
    shown: Any = None
    policy: Literal["report", "keep", "overwrite"] = "report"


class DatasetPlan(Strict):
    """The difference of one dataset."""

    dataset: str
    name: str
    action: Action
    former: str | None = Field(default=None, description="Version that the portal shows.")
    version: str | None = Field(default=None, description="Version that it is to show.")
    fields: list[FieldChange] = Field(default_factory=list)
    resources: list[ResourceChange] = Field(default_factory=list)
    rows: list[RowChange] = Field(default_factory=list)
    drift: list[Drift] = Field(default_factory=list)
    foreign: list[str] = Field(default_factory=list, description="What is not ours there and stays as it is.")
    findings: list[Finding] = Field(default_factory=list)


class Plan(Strict):
    """The difference between the current edition and a target."""

    target: str
    edition: str | None
    unmet: list[Finding] = Field(default_factory=list, description="What is missing before anything can be written.")
    datasets: list[DatasetPlan] = Field(default_factory=list)

    @property
    def due(self) -> bool:
        """Whether there is anything to do."""
        return any(d.action != "none" for d in self.datasets)


class DatasetOutcome(Strict):
    """What `apply` did with one dataset."""

    dataset: str
    name: str
    version: str | None
    result: Literal["verified", "unchanged", "waiting", "failed"]
    rows_written: int = 0
    findings: list[Finding] = Field(default_factory=list)


class Outcome(Strict):
    """What `apply` did. `reads` and `writes` are calls to the portal."""

    target: str
    edition: str | None
    results: list[DatasetOutcome] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list, description="All: what is unmet, and those of each dataset.")
    reads: int = 0
    writes: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether a dataset could not be brought up to date, or nothing could be begun."""
        stopped = not self.results and any(f.blocks for f in self.findings)
        return stopped or any(r.result == "failed" for r in self.results)

    @property
    def waiting(self) -> bool:
        """Whether a dataset waits for a decision."""
        return any(r.result == "waiting" for r in self.results)
