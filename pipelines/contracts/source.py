"""The source file: `sources/<id>.yaml`, where data come from and how their columns become ours.

What belongs here: the typed model of the file. What does not: fetching (`pull`) and mapping (`tidy`).
"""

import re
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipelines.contracts.frequency import Cron
from pipelines.contracts.text import Strict, Text, WebAddress

SourceKind = Literal["facts", "folder", "http", "ckan"]
FileFormat = Literal["csv", "xlsx", "ods", "json", "jsonl"]
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
TABLE_NAME = r"^[a-z][a-z0-9_]*$"
_SERVED = re.compile(r"https?://[^\s/]\S*")


class Dialect(Strict):
    """How a file is written; whatever is not said is found out from the file."""

    encoding: str | None = Field(default=None, description="Encoding, for example `windows-1252`; found out if absent.")
    separator: str | None = Field(default=None, description="One character between cells; found out if absent.")
    header_row: int | None = Field(
        default=None, ge=1, description="Line of the header, 1 the first; found out if absent."
    )
    sheet: str | None = Field(default=None, description="Sheet of a workbook; the first one if absent.")
    records: str | None = Field(
        default=None, description="Path of the list inside a JSON file, for example `result.records`."
    )
    decimal: Literal[".", ","] = Field(
        default=".", description="Decimal mark of numbers; the other one groups thousands."
    )
    date_format: str | None = Field(
        default=None, description="strptime format of dates, for example `%d/%m/%Y`; EDTF if absent."
    )
    empty: list[str] = Field(default=[""], description="Cells that mean 'nothing given', for example `-` or `N/D`.")


class Feed(Strict):
    """One part of a source and the table that it feeds."""

    table: str = Field(pattern=TABLE_NAME, description="Table that is fed.")
    part: str | None = Field(
        default=None,
        description="File of the source: for `facts` a path from the project's root (default `sources/<id>/<table>.csv`), "
        "for `folder` a file name or pattern; `http` and `ckan` have one file and need none.",
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description="Our column: theirs. A column that is not named keeps its name."
    )
    constants: dict[str, str] = Field(default_factory=dict, description="Our column: the value that every row gets.")
    codes: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Our column: {their word: our code}, where a column is coded."
    )
    ignore: list[str] = Field(default_factory=list, description="Their columns that are known and not taken.")
    keep: dict[str, list[str]] = Field(
        default_factory=dict, description="Their column: values; only rows with one of them are taken."
    )
    dialect: Dialect | None = Field(default=None, description="Where this part differs from the source.")


class Politeness(Strict):
    """How a server is treated; what is absent comes from the settings."""

    timeout_seconds: float | None = Field(default=None, gt=0, description="Longest wait for one answer, in seconds.")
    retries: int | None = Field(default=None, ge=0, description="Further attempts after a failure that may pass.")
    min_interval_seconds: float | None = Field(
        default=None, ge=0, description="Pause between two requests to one host, in seconds."
    )
    max_bytes: int | None = Field(default=None, gt=0, description="Largest answer that is read, in bytes.")


class CkanResource(Strict):
    """A resource of another CKAN portal, by name and not by an id that changes."""

    package: str = Field(description="Name of the package.")
    resource: str = Field(description="Name of the resource in it.")


class Evidence(Strict):
    """Where rows say on what they rest, so that the terms can be looked for in a copy of the document."""

    document: str = Field(default="document_id", description="Column with the document.")
    section: str = Field(default="section", description="Column with the section, as its heading reads.")
    terms: str = Field(default="evidence", description="Column with the terms, separated by ` | `.")
    copies: dict[str, str] = Field(
        default_factory=dict,
        description="Document: name of its copy in the folder that the setting `documents` names.",
    )


class SourceFile(Strict):
    """One source: identity, where it is, how it is written, and which tables it feeds."""

    id: str = Field(pattern=SLUG, description="Id of the source, the name of its file.")
    kind: SourceKind = Field(description="`facts`, `folder`, `http` or `ckan`.")
    title: Text = Field(description="What it is.")
    publisher: Text = Field(description="Who publishes it.")
    licence: WebAddress | None = Field(default=None, description="Address of its licence or terms.")
    landing_page: WebAddress | None = Field(default=None, description="Page about it.")
    where: str | None = Field(
        default=None,
        description="`folder`: path of the folder; `http`: address of the file; `ckan`: address of the portal.",
    )
    ckan: CkanResource | None = Field(default=None, description="For `ckan`: package and resource.")
    format: FileFormat | None = Field(default=None, description="Format of the files; from their name if absent.")
    dialect: Dialect = Field(default=Dialect(), description="How the files are written.")
    politeness: Politeness = Field(default=Politeness(), description="How its server is treated.")
    evidence: Evidence | None = Field(default=None, description="Set where rows name document, section and terms.")
    every: Cron | None = Field(
        default=None, description="Cron expression: how often it is pulled; with its datasets if absent."
    )
    feeds: list[Feed] = Field(min_length=1, description="Its parts and the tables they feed.")

    @field_validator("where")
    @classmethod
    def _an_address_where_it_is_one(cls, where: str | None, known: ValidationInfo) -> str | None:
        if where and known.data.get("kind") in ("http", "ckan") and not _SERVED.fullmatch(where):
            raise ValueError("`where` is not an address that begins with http:// or https://")
        return where

    @model_validator(mode="after")
    def _complete(self) -> "SourceFile":
        if self.kind != "facts" and not self.where:
            raise ValueError(f"a source of kind {self.kind} needs `where`")
        if self.kind == "folder" and any(f.part is None for f in self.feeds):
            raise ValueError("each feed of a folder needs `part`, a file name or pattern")
        if self.kind == "ckan" and self.ckan is None:
            raise ValueError("a source of kind ckan needs `ckan`: package and resource")
        return self

    def part_of(self, feed: Feed) -> str:
        """The part that `feed` reads: the declared one, or `sources/<id>/<table>.csv` for facts."""
        if feed.part:
            return feed.part
        return f"sources/{self.id}/{feed.table}.csv" if self.kind == "facts" else "data"

    def dialect_of(self, feed: Feed) -> Dialect:
        """How the part of `feed` is written."""
        return feed.dialect or self.dialect


def source_at(identity: str, title: Text, address: str) -> SourceFile:
    """An address that no source file names, as a source: the client is polite for the sake of one."""
    feeds = [Feed(table=identity)]
    return SourceFile(id=identity, kind="http", title=title, publisher=title, where=address, feeds=feeds)
