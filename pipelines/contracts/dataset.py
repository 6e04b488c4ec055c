"""The dataset file: `schemas/<id>.yaml`, what is promised to the reader.

What belongs here: the typed model of the file, a Data Package v2 descriptor with a profile of our own
for what the standard lacks, and the small questions asked of it (which columns are public, which is
coded). What does not: values, rows, or any check of them.
"""

from datetime import date
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from pipelines.contracts.findings import Severity
from pipelines.contracts.frequency import Cron, Frequency
from pipelines.contracts.mapping import ColumnMapping, TableMapping
from pipelines.contracts.source import SLUG, TABLE_NAME
from pipelines.contracts.text import Strict, Text, WebAddress, Words
from pipelines.contracts.views import View

DATA_PACKAGE_SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
Privacy = Literal["public", "private"]
FieldType = Literal["string", "integer", "number", "boolean", "date", "datetime", "year"]
CoverageKind = Literal["complete", "named-sample", "unknown"]

EDTF_DATE_PATTERN = r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"
EDTF_PATTERN = r"(\.\.|\d{4}(-\d{2}(-\d{2})?)?)(/(\.\.|\d{4}(-\d{2}(-\d{2})?)?))?"


class Constraints(Strict):
    """Constraints of a Table Schema field (Data Package v2)."""

    required: bool | None = None
    unique: bool | None = None
    pattern: str | None = None
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    min_length: int | None = Field(default=None, alias="minLength")
    max_length: int | None = Field(default=None, alias="maxLength")
    enum: list[str] | None = None


class DataField(Strict):
    """One column. Private unless it is declared public."""

    name: str = Field(pattern=TABLE_NAME, description="Name of the column.")
    type: FieldType = Field(default="string", description="Type of the Table Schema.")
    titles: Text = Field(description="Title in both languages.")
    descriptions: Text = Field(description="What it holds, with unit where it has one, in both languages.")
    constraints: Constraints = Field(default=Constraints(), description="Constraints of the Table Schema.")
    privacy: Privacy = Field(default="private", description="`public` is published; `private` never leaves the store.")
    vocabulary: str | None = Field(default=None, description="Scheme of `vocab/` whose codes it holds.")
    edtf: bool = Field(
        default=False, description="Holds an EDTF date; `<name>_from` and `<name>_to` are derived beside it."
    )
    derived_from: str | None = Field(
        default=None, description="Set by the pipeline on the columns derived from an EDTF date."
    )
    unit: str | None = Field(default=None, description="Unit code, where all values share one.")
    rdf: ColumnMapping | None = Field(default=None, description="What the column says in RDF; see docs/linked-data.md.")


class Reference(Strict):
    """The other end of a key."""

    dataset: str | None = Field(default=None, description="Dataset; this one if absent.")
    resource: str = Field(description="Table; empty in a foreignKey to the table itself.")
    fields: list[str] = Field(min_length=1, description="Columns of that table.")


class ForeignKey(Strict):
    """A foreign key inside the package, in the words of the Table Schema."""

    fields: list[str] = Field(min_length=1)
    reference: Reference


class TableSchema(Strict):
    """The Table Schema of one table."""

    fields: list[DataField] = Field(min_length=1)
    primary_key: list[str] = Field(alias="primaryKey", min_length=1)
    foreign_keys: list[ForeignKey] = Field(default_factory=list, alias="foreignKeys")


class Key(Strict):
    """A key across datasets, or by kind: which table `fields` name depends on the value of `kind`."""

    fields: list[str] = Field(min_length=1, description="Columns of this table.")
    reference: Reference | None = Field(default=None, description="The table that they name.")
    kind: str | None = Field(default=None, description="Column that says which table is named.")
    references: dict[str, Reference] = Field(
        default_factory=dict, description="Value of `kind`: the table that is named."
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Key":
        if (self.reference is None) == (self.kind is None) or (self.kind is None) == bool(self.references):
            raise ValueError("a key has either `reference`, or `kind` with `references`")
        return self


class Declared(Strict):
    """The total that a source declares for a table, to be shown instead of a count of rows."""

    value: float = Field(description="The figure.")
    qualifier: str = Field(description="Code of the vocabulary `qualifier`, for example `more-than`; never dropped.")
    date: str | None = Field(default=None, description="EDTF date of the figure; absent where the source gives none.")
    document: str | None = Field(default=None, description="Document that states it.")
    observation: str | None = Field(default=None, description="Id of the observation that records it.")


class Coverage(Strict):
    """What a table does not hold, in general or for one subject (a cluster, a network)."""

    subject: str | None = Field(default=None, description="Id of the subject; absent for the table as a whole.")
    coverage: CoverageKind = Field(description="`complete`, `named-sample` or `unknown`.")
    declared: Declared | None = Field(default=None, description="The declared total.")
    statement: Text = Field(description="The sentence that is shown beside the table.")


class Rule(Strict):
    """A rule of one table. Which words it needs depends on its kind; see docs/datasets.md."""

    rule: Literal[
        "row_count",
        "fill_rate",
        "range",
        "order",
        "sum",
        "conditional",
        "together",
        "exactly_one",
        "no_cycle",
        "small_groups",
    ] = Field(description="Kind of rule.")
    severity: Severity = Field(default="error", description="`error` holds the candidate.")
    field: str | None = Field(default=None, description="Column that the rule speaks of.")
    fields: list[str] = Field(default_factory=list, description="Columns, where it speaks of several.")
    min: float | None = Field(default=None, description="Lowest value, count, rate (0 to 1) or group size allowed.")
    max: float | None = Field(default=None, description="Highest value or count allowed.")
    earlier: str | None = Field(default=None, description="`order`: column with the earlier date.")
    later: str | None = Field(default=None, description="`order`: column with the later date.")
    tolerance: float = Field(
        default=0.0, ge=0, description="`sum`: difference that is accepted, in the unit of the column."
    )
    when: dict[str, list[str]] = Field(
        default_factory=dict, description="`conditional`: column: values that trigger it."
    )
    then_filled: list[str] = Field(default_factory=list, description="`conditional`: columns that must then be filled.")
    then_empty: list[str] = Field(default_factory=list, description="`conditional`: columns that must then be empty.")
    then_in: dict[str, list[str]] = Field(
        default_factory=dict, description="`conditional`: column: values then allowed."
    )


class Change(Strict):
    """How much a table may change against the last release before it is held. Rates are 0 to 1."""

    rows_lost_warning: float = Field(
        default=0.0, ge=0, le=1, description="Share of rows lost above which a warning is raised."
    )
    rows_lost_error: float = Field(
        default=0.1, ge=0, le=1, description="Share of rows lost above which the candidate is held."
    )
    null_rate_rise: float = Field(
        default=0.2, ge=0, le=1, description="Rise of the share of empty cells of a column that holds it."
    )


class Retired(Strict):
    """An id that is gone: merged into another (301) or removed (410)."""

    table: str = Field(pattern=TABLE_NAME, description="Table of the id.")
    id: str = Field(description="The id that is gone.")
    into: str | None = Field(default=None, description="The surviving id it was merged into; absent if removed.")
    reason: Text = Field(description="Why.")


class Resource(Strict):
    """One table of the dataset."""

    name: str = Field(pattern=TABLE_NAME, description="Name of the table.")
    titles: Text = Field(description="Title in both languages.")
    descriptions: Text = Field(description="What a row is, in both languages.")
    path: str | None = Field(
        default=None, description="Its CSV file in a release, `<name>.csv`; the standard wants it, nothing reads it."
    )
    table_schema: TableSchema = Field(alias="schema", description="Table Schema.")
    keys: list[Key] = Field(default_factory=list, description="Keys across datasets and by kind.")
    coverage: list[Coverage] = Field(min_length=1, description="What the table does not hold.")
    temporal_column: str | None = Field(default=None, description="EDTF column that dates the rows.")
    minted: bool = Field(default=False, description="Whether its primary keys are ids minted once and never reused.")
    rules: list[Rule] = Field(default_factory=list, description="Rules of the table.")
    change: Change = Field(default=Change(), description="Thresholds against the last release.")
    rdf: TableMapping | None = Field(default=None, description="What the rows say in RDF; see docs/linked-data.md.")

    @model_validator(mode="after")
    def _columns_exist(self) -> "Resource":
        known = {f.name for f in self.table_schema.fields}
        named = [*self.table_schema.primary_key]
        named += [c for k in self.table_schema.foreign_keys for c in k.fields]
        named += [c for k in self.keys for c in (*k.fields, *([k.kind] if k.kind else []))]
        named += [self.temporal_column] if self.temporal_column else []
        for rule in self.rules:
            named += [*rule.fields, *rule.when, *rule.then_filled, *rule.then_empty, *rule.then_in]
            named += [c for c in (rule.field, rule.earlier, rule.later) if c]
        derived = {f"{f.name}_{end}" for f in self.table_schema.fields if f.edtf for end in ("from", "to")}
        missing = sorted(set(named) - known - derived)
        if missing:
            raise ValueError(f"table {self.name}: no column named {', '.join(missing)}")
        if len(known) != len(self.table_schema.fields):
            raise ValueError(f"table {self.name}: two columns share a name")
        if self.path not in (None, f"{self.name}.csv"):
            raise ValueError(f"table {self.name}: `path` is the CSV file of a release, {self.name}.csv")
        return self

    @cached_property
    def fields(self) -> list[DataField]:
        """All columns in order, the bounds of each EDTF date right after it."""
        out: list[DataField] = []
        for field in self.table_schema.fields:
            out.append(field)
            if field.edtf:
                out += _bounds(field)
        return out

    @property
    def public_fields(self) -> list[DataField]:
        """The columns that are published, in order."""
        return [f for f in self.fields if f.privacy == "public"]

    @property
    def primary_key(self) -> list[str]:
        """The columns of the primary key."""
        return self.table_schema.primary_key

    def field(self, name: str) -> DataField:
        """The column `name`. Raises `KeyError`."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


def _bounds(field: DataField) -> list[DataField]:
    ends = (
        ("from", "primer día", "first day", "The first day it can mean"),
        ("to", "último día", "last day", "The last day it can mean"),
    )
    out = []
    for end, es, en, english in ends:
        spanish = "El primer día que puede significar" if end == "from" else "El último día que puede significar"
        out.append(
            DataField(
                name=f"{field.name}_{end}",
                type="date",
                titles=Text(es=f"{field.titles.es}: {es}", en=f"{field.titles.en}: {en}"),
                descriptions=Text(
                    es=f"{spanish} la fecha de «{field.name}»; vacío si no se sabe o está abierta. Para filtrar y ordenar.",
                    en=f"{english} by the date in '{field.name}'; empty if unknown or open. For filters and order.",
                ),
                privacy=field.privacy,
                derived_from=field.name,
                rdf=field.rdf.derived(end) if field.rdf else None,
            )
        )
    return out


class Period(Strict):
    """Two EDTF dates (a year, a month or a day); either may be absent."""

    start: str | None = Field(default=None, pattern=EDTF_DATE_PATTERN, description="First, for example `2009-03`.")
    end: str | None = Field(default=None, pattern=EDTF_DATE_PATTERN, description="Last, for example `2024`.")


class DatasetFile(Strict):
    """One dataset: a Data Package descriptor with metadata, tables, rules and schedule."""

    schema_: Literal["https://datapackage.org/profiles/2.0/datapackage.json"] = Field(alias="$schema")
    name: str = Field(pattern=SLUG, description="Id of the dataset, the name of its file.")
    titles: Text = Field(description="Title in both languages.")
    descriptions: Text = Field(description="What it is and what it is not, in both languages.")
    keywords: Words = Field(
        alias="keywords_by_language",
        description="Keywords in both languages; the standard's own `keywords` is one list of one language.",
    )
    themes: list[str] = Field(min_length=1, description="Codes of the EU table data-theme, for example `ECON`.")
    sectors: list[str] = Field(min_length=1, description="Codes of the NTI sectors, for example `economia`.")
    frequency: Frequency = Field(description="Code of the EU frequency table; `IRREG` for dated documents.")
    temporal: Period | None = Field(default=None, description="Period covered, where no column of the tables tells it.")
    spatial: list[WebAddress] = Field(
        default_factory=list, description="IRIs of the places covered; those of the catalogue if empty."
    )
    issued: date = Field(description="Date of first publication, ISO.")
    licence: WebAddress | None = Field(default=None, description="IRI of the licence; that of the catalogue if absent.")
    legislation: list[WebAddress] = Field(default_factory=list, description="ELI of the applicable legislation.")
    hvd_category: str | None = Field(default=None, description="Code of the high-value dataset category.")
    landing_page: WebAddress | None = Field(default=None, description="Page about it, if not the portal's own.")
    schedule: Cron | None = Field(
        default=None, description="Cron expression in Europe/Madrid; from the frequency if absent."
    )
    retired: list[Retired] = Field(default_factory=list, description="Ids that are gone, and where to.")
    cited: list[str] = Field(
        default_factory=list, description="Versions that somebody cites; `prune` never removes them."
    )
    resources: list[Resource] = Field(min_length=1, description="The tables.")
    views: list[View] = Field(default_factory=list, description="Drawings and tables of what it says, on the portal.")

    @model_validator(mode="after")
    def _tables_differ(self) -> "DatasetFile":
        names = [r.name for r in self.resources]
        if len(set(names)) != len(names):
            raise ValueError("two tables share a name")
        return self

    @model_validator(mode="after")
    def _views_show_public_columns(self) -> "DatasetFile":
        if len({v.id for v in self.views}) != len(self.views):
            raise ValueError("two views share an id")
        for view in self.views:
            shown = next((r for r in self.resources if r.name == view.table), None)
            if shown is None:
                raise ValueError(f"view {view.id}: no table named {view.table}")
            if missing := sorted(view.columns - {f.name for f in shown.public_fields}):
                raise ValueError(f"view {view.id}: no public column named {', '.join(missing)}")
        return self

    def resource(self, name: str) -> Resource:
        """The table `name`. Raises `KeyError`."""
        for resource in self.resources:
            if resource.name == name:
                return resource
        raise KeyError(name)

    def promised(self) -> dict[str, Any]:
        """What the file promises to the reader, as JSON values: everything but how it is run and checked.

        This is what enters the fingerprint, so a new threshold, schedule or view makes no release.
        """
        inner = {"resources": {"__all__": {"rules", "change"}}}
        return self.model_dump(
            mode="json",
            by_alias=True,
            exclude={"schedule": True, "cited": True, "views": True, **inner},
            exclude_none=True,
        )
