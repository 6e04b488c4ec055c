"""The published metadata: one typed model from which every description is written.

What belongs here: Catalogue, Dataset, Distribution and their parts as they are published (DCAT 3,
DCAT-AP 3.0.1 and DCAT-AP-ES 1.0.0 name the properties). What does not: what people write, which is the
dataset file, and how it is written as RDF or JSON, which is `describe`.

IRIs stand under `uri_base`; files are named by relative path, so nothing here knows where it is served.
"""

from datetime import date, datetime

from pydantic import Field

from pipelines.contracts.dataset import Coverage
from pipelines.contracts.text import Strict, Text, Words


class Agent(Strict):
    """A body (foaf:Agent): its IRI in the register, DIR3 code and name."""

    iri: str
    identifier: str
    name: Text
    homepage: str


class ContactPoint(Strict):
    """Where to write (vcard:Organization)."""

    iri: str
    name: Text
    email: str
    telephone: str | None = Field(default=None, description="With the prefix of the country: `+34910000000`.")
    url: str | None = None


class PeriodOfTime(Strict):
    """Days between which the data fall (dct:PeriodOfTime); an open end is None."""

    iri: str
    start: date | None = None
    end: date | None = None


class Location(Strict):
    """A place (dct:Location) by its official IRI."""

    iri: str


class Checksum(Strict):
    """Hashes of a file as lower-case hexadecimal: SHA-256, and SHA-1 for profiles that know no other."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    sha1: str = Field(pattern=r"^[0-9a-f]{40}$")


class Distribution(Strict):
    """One file of a release (dcat:Distribution)."""

    iri: str
    table: str | None = Field(default=None, description="Table that it holds; None for a file about the whole.")
    file: str = Field(description="Name in the release folder.")
    titles: Text
    descriptions: Text
    format: str = Field(description="Code of the EU file-type table, for example `CSV`.")
    media_type: str = Field(description="IANA media type, for example `text/csv`.")
    licence: str
    byte_size: int = Field(ge=0, description="Size in bytes.")
    checksum: Checksum
    rows: int | None = None
    issued: datetime
    modified: datetime
    languages: list[str]
    legislation: list[str] = Field(default_factory=list)
    conforms_to: str | None = Field(default=None, description="File of the release with the schema of the table.")


class DataService(Strict):
    """An API that serves datasets (dcat:DataService). Where it is served is told when it is written."""

    iri: str
    id: str
    titles: Text
    descriptions: Text
    keywords: Words
    endpoint_url: str
    endpoint_description: str
    documentation: str
    conforms_to: str | None = None
    legislation: list[str] = Field(default_factory=list)


class FieldFacts(Strict):
    """What is known about one published column."""

    name: str
    type: str = Field(description="Type of the Table Schema.")
    titles: Text
    descriptions: Text
    unit: str | None = Field(default=None, description="Unit code, where all values share one.")
    vocabulary: str | None = Field(default=None, description="Scheme whose codes it holds.")
    derived_from: str | None = Field(default=None, description="Column that it was calculated from.")


class TableFacts(Strict):
    """What is known about one table of a release: its size, what it covers and up to when."""

    name: str
    titles: Text
    descriptions: Text
    rows: int
    columns: int
    fields: list[FieldFacts] = Field(default_factory=list, description="The published columns, in order.")
    coverage: list[Coverage]
    describes_from: date | None = Field(default=None, description="First day that its rows describe.")
    describes_until: date | None = Field(default=None, description="Last day that its rows describe.")


class DatasetSeries(Strict):
    """The versions of a dataset as a series (dcat:DatasetSeries)."""

    iri: str
    titles: Text
    descriptions: Text


class Dataset(Strict):
    """One release of one dataset (dcat:Dataset)."""

    iri: str
    id: str
    identifier: str
    version: str
    schema_version: str
    version_iri: str
    series: DatasetSeries | None = None
    previous_version: str | None = None
    version_notes: Text | None = Field(default=None, description="What this version changed, in a sentence.")
    titles: Text
    descriptions: Text
    keywords: Words
    themes: list[str] = Field(description="Codes of the EU table data-theme.")
    sectors: list[str] = Field(description="Codes of the NTI sectors.")
    publisher: Agent
    contact: ContactPoint
    licence: str
    access_rights: str = Field(default="PUBLIC", description="Code of the EU table access-right.")
    frequency: str
    languages: list[str]
    spatial: list[Location]
    temporal: PeriodOfTime | None = None
    issued: date = Field(description="First publication of the dataset.")
    data_changed: datetime = Field(description="When the rows last changed, by a release.")
    metadata_changed: datetime = Field(description="When the description last changed, by a release.")
    published: datetime = Field(description="When this version was released.")
    legislation: list[str] = Field(default_factory=list)
    hvd_category: str | None = None
    landing_page: str | None = None
    sources: list[str] = Field(default_factory=list, description="Ids of the sources that fed it.")
    provenance: Text
    tables: list[TableFacts]
    distributions: list[Distribution] = Field(default_factory=list)


class Catalogue(Strict):
    """The catalogue (dcat:Catalog) of one edition."""

    iri: str
    titles: Text
    descriptions: Text
    publisher: Agent
    contact: ContactPoint
    licence: str
    homepage: str
    languages: list[str]
    spatial: list[Location]
    issued: date
    modified: datetime
    stage: str
    edition: str
    datasets: list[Dataset]
    services: list[DataService] = Field(default_factory=list, description="Each serves all datasets.")
