"""The mapping of a table to RDF, in the words of CSV on the Web.

What belongs here: `aboutUrl`, `propertyUrl`, `valueUrl`, `lang`, `datatype`, `separator`, `default` and virtual
columns as the dataset file writes them (W3C, Metadata Vocabulary for Tabular Data, 5.1.4 to 5.6), and the few
words of ours beside them. What does not: making triples of rows, which is `linked`.

A URL is an RFC 6570 template over the columns of the row: `{id}` puts a cell in, percent-encoded; `{+url}` puts it
in as it is. One that begins with `/` stands under `uri_base`; one that begins with `#` is a part of the row's own
subject; `prefix:name` is written out. A template that names an empty cell says nothing.
"""

from pydantic import Field, model_validator

from pipelines.contracts.text import Lang, Strict

RDF_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "crm": "http://www.cidoc-crm.org/cidoc-crm/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rov": "http://www.w3.org/ns/regorg#",
    "schema": "https://schema.org/",
    "sdmx-attribute": "http://purl.org/linked-data/sdmx/2009/attribute#",
    "sdmx-dimension": "http://purl.org/linked-data/sdmx/2009/dimension#",
    "sdmx-measure": "http://purl.org/linked-data/sdmx/2009/measure#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "skosxl": "http://www.w3.org/2008/05/skos-xl#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes that a mapping may use without saying what they are; that of the project's own ontology joins them."""

NAME = r"^[a-z][a-z0-9-]*:[A-Za-z][A-Za-z0-9_-]*$"


class ColumnMapping(Strict):
    """What a column says in RDF: one triple for each filled cell."""

    property_url: str = Field(alias="propertyUrl", pattern=NAME, description="Property, as `prefix:name`.")
    value_url: str | None = Field(
        default=None, alias="valueUrl", description="Template of the IRI that is its value; a literal if absent."
    )
    about_url: str | None = Field(
        default=None, alias="aboutUrl", description="Template of what it speaks of; the subject of the row if absent."
    )
    lang: Lang | None = Field(default=None, description="Language of the literal.")
    datatype: str | None = Field(
        default=None, pattern=NAME, description="Datatype of the literal; from the type of the column if absent."
    )
    separator: str | None = Field(default=None, description="What separates several values in one cell.")
    default: str | None = Field(default=None, description="What an empty cell says.")
    resolve: str | None = Field(
        default=None,
        pattern=r"^/.*/$",
        description="Path under which values that are no absolute address are found (a word of ours).",
    )
    from_property_url: str | None = Field(
        default=None, alias="fromPropertyUrl", pattern=NAME, description="Property of the derived first day (ours)."
    )
    to_property_url: str | None = Field(
        default=None, alias="toPropertyUrl", pattern=NAME, description="Property of the derived last day (ours)."
    )

    @model_validator(mode="after")
    def _iri_or_literal(self) -> "ColumnMapping":
        if (self.value_url or self.resolve) and (self.lang or self.datatype):
            raise ValueError("an IRI has no language and no datatype")
        return self

    def derived(self, end: str) -> "ColumnMapping | None":
        """The mapping of the column derived from an EDTF date, `end` being `from` or `to`."""
        name = self.from_property_url if end == "from" else self.to_property_url
        return ColumnMapping.model_validate({"propertyUrl": name, "aboutUrl": self.about_url}) if name else None


class VirtualColumn(Strict):
    """A triple that every row says, without a column of its own."""

    property_url: str = Field(alias="propertyUrl", pattern=NAME, description="Property, as `prefix:name`.")
    value_url: str = Field(alias="valueUrl", description="Template of the IRI that is its value.")
    about_url: str | None = Field(default=None, alias="aboutUrl", description="As for a column.")


class Cube(Strict):
    """The table as an RDF Data Cube: which columns are components, by name (W3C, RDF Data Cube, 5)."""

    about_url: str = Field(
        alias="aboutUrl", pattern=r"^/[^{}#]+$", description="Address of the data set under `uri_base`; set once."
    )
    dimensions: list[str] = Field(min_length=1, description="Columns that together name an observation.")
    measures: list[str] = Field(min_length=1, description="Columns that hold what was observed.")
    attributes: list[str] = Field(default_factory=list, description="Columns that qualify it: unit, status.")


class TableMapping(Strict):
    """What a table says in RDF: the subject of a row, its types, and what each row says besides its columns."""

    about_url: str = Field(alias="aboutUrl", description="Template of the subject of a row.")
    types: list[str] = Field(min_length=1, description="Classes of the subject, as `prefix:name`.")
    virtual: list[VirtualColumn] = Field(default_factory=list, description="What every row says besides its columns.")
    cube: Cube | None = Field(default=None, description="Set where the rows are observations of a Data Cube.")
