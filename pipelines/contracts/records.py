"""The records of the store: what snapshot, release, edition, run and decision files hold.

What belongs here: the typed models of the JSON files that `contracts.store` names. What does not: the
metadata for readers, which is `contracts.metadata`.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from pipelines.contracts.text import Strict, Text

Result = Literal["released", "unchanged", "held", "failed"]


class Part(Strict):
    """One file of a snapshot."""

    name: str = Field(description="Name of the part, as the feed names it or as the file was called.")
    file: str = Field(description="Path of its bytes in the snapshot folder.")
    sha256: str
    size: int = Field(ge=0, description="Bytes.")
    withdrawn: str | None = Field(default=None, description="Reason, where the bytes were removed by `withdraw`.")


class HttpFacts(Strict):
    """What the server said about the file."""

    url: str = Field(description="Address that answered, after redirects.")
    status: int
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None


class Snapshot(Strict):
    """What a source gave at a moment."""

    source: str
    snapshot: str = Field(description="Hash of the names and hashes of the parts: 16 hexadecimal digits.")
    taken: datetime
    origin: str = Field(description="Path or address it came from.")
    http: HttpFacts | None = None
    parts: list[Part]


class FileFact(Strict):
    """Hash and size of one file of a release."""

    file: str
    sha256: str
    sha1: str
    size: int = Field(ge=0, description="Bytes.")


class Input(Strict):
    """A snapshot part that went into a release."""

    source: str
    snapshot: str
    part: str
    sha256: str


class Decision(Strict):
    """What a person decided about a dataset; ends by itself."""

    kind: Literal["approval", "waiver", "announcement"]
    id: str
    dataset: str
    made: datetime
    role: str = Field(min_length=2, description="Role of who decided, never a name.")
    reason: str = Field(min_length=5)
    expires: date
    fingerprint: str | None = Field(default=None, description="Approval: the candidate that it lets through.")
    codes: list[str] = Field(default_factory=list, description="Approval, waiver: the finding codes.")
    table: str | None = Field(default=None, description="Waiver: only in this table.")
    field: str | None = Field(default=None, description="Waiver: only in this column.")
    change: str | None = Field(
        default=None, description="Announcement: what is announced, `schema-major` or `identity`."
    )


class Release(Strict):
    """`release.json`: what went into a release and what came out."""

    format: int
    dataset: str
    version: str
    schema_version: str
    fingerprint: str
    data_fingerprint: str = Field(description="Fingerprint of the public rows alone.")
    metadata_fingerprint: str = Field(description="Fingerprint of what is promised about the rows.")
    predecessor: str | None = None
    published: datetime
    data_changed: datetime
    metadata_changed: datetime
    code_version: str = Field(description="Version of the code that made it; outside the fingerprint.")
    rows: dict[str, int]
    change: dict[str, int] = Field(default_factory=dict, description="Rows added, changed, removed.")
    schema_change: Literal["first", "none", "patch", "minor", "major"]
    inputs: list[Input]
    decisions: list[Decision] = Field(default_factory=list)
    files: list[FileFact]


class VersionEntry(Strict):
    """One version in the index of a dataset."""

    version: str
    fingerprint: str
    published: datetime
    schema_version: str
    rows: int
    status: Literal["published", "withdrawn"] = "published"


class ReleaseIndex(Strict):
    """`releases/<dataset>/index.json`; the newest version is last."""

    dataset: str
    current: str | None
    versions: list[VersionEntry]


class Tombstone(Strict):
    """What is left of a withdrawn version; answers 410."""

    dataset: str
    version: str
    withdrawn: datetime
    reason: str
    data_fingerprint: str = Field(description="Fingerprint of its rows, so that they are not published again.")


class Edition(Strict):
    """`edition.json`: one version of each dataset."""

    edition: str
    created: datetime
    predecessor: str | None
    pins: dict[str, str]


class EditionEntry(Strict):
    """One edition in the index."""

    edition: str
    created: datetime


class EditionIndex(Strict):
    """`editions/index.json`; the newest edition is last."""

    current: str | None
    editions: list[EditionEntry]


class DatasetResult(Strict):
    """What a run did with one dataset."""

    dataset: str
    result: Result
    version: str | None = Field(default=None, description="Version that is current after the run.")
    fingerprint: str | None = None
    rows: int | None = None
    due: bool = Field(default=False, description="Whether the candidate differs from the version.")
    change: dict[str, int] = Field(default_factory=dict)
    errors: int = 0
    warnings: int = 0
    reason: Text | None = Field(default=None, description="Why it was held or failed.")


class SourceResult(Strict):
    """What a run got from one source."""

    source: str
    result: Literal["new", "unchanged", "failed"]
    snapshot: str | None = None
    reason: Text | None = None


class Run(Strict):
    """`run.json`: what one run did."""

    run: str
    command: str
    started: datetime
    ended: datetime
    code_version: str
    sources: list[SourceResult]
    datasets: list[DatasetResult]
    edition: str | None = Field(default=None, description="Edition that is current after it; None if it cut none.")
    portal: Literal["applied", "verified", "failed", "unchanged", "none"]
    findings: dict[str, int]
    died: str | None = Field(default=None, description="Kind of the error that ended it; None if it ended by itself.")
    exit_code: int


class Intent(Strict):
    """`journal/commit.json`: what a publication is about to make current, so that a dead one is finished."""

    indexes: list[ReleaseIndex]
    edition: Edition | None
    edition_index: EditionIndex | None


class Notice(Strict):
    """One message to webhooks. It is sent with the same id and the same bytes as often as it takes."""

    id: str = Field(pattern=r"^msg_[0-9A-Za-z]+$", description="What it is known by; it stands in a header.")
    type: str = Field(description="What kind of message it is, as its body has it.")
    made: AwareDatetime
    tree: str = Field(description="The tree that shows what it tells of, relative to the store.")
    shown: bool = Field(default=False, description="Whether the link has named that tree. Nothing is sent before.")
    body: str = Field(description="The JSON that is sent.")
    to: list[str] = Field(description="SHA-256 of the addresses that have not taken it; an address may be a secret.")


class Outbox(Strict):
    """`journal/webhooks.json`; the oldest message is first."""

    notices: list[Notice]


class StoreInfo(Strict):
    """`store.json`."""

    format: int
    uri_base: str
