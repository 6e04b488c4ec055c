"""The release as CSV on the Web: `csvw.json`, which tells a program all about the CSV files beside it.

What belongs here: the words of the W3C's Metadata Vocabulary for Tabular Data for columns, keys, dialect and
mapping. What does not: making triples, which is `linked`, and the Table Schemas, which are `datapackage`.

The mapping of a table is written in the same words, so it goes in as it is, with prefixes and `uri_base` written
out. Where CSVW would say something else than the mapping means, the column has no `propertyUrl`, and a converter
gives its text under a name of its own: nothing is lost and nothing false is said. That is so where

- cells hold several values that are IRIs: CSVW makes one IRI of them all;
- a template names another column that may be empty: CSVW makes an IRI with a hole in it;
- addresses are found under a path (`resolve`), for which CSVW has no word;
- a template names a column that is not published.

One difference remains: an address that is put in as it is (`{+url}`) is percent-encoded by CSVW where it has letters
beyond ASCII (RFC 6570, 3.2.3), and kept as it reads in our RDF. What a table says as an RDF Data Cube is in the RDF only.

A foreign key of CSVW may not be empty (Model for Tabular Data, 6.6): one that may is in the Table Schema only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.contracts import metadata as meta
from pipelines.contracts.dataset import EDTF_PATTERN, DataField, DatasetFile, Resource
from pipelines.contracts.mapping import ColumnMapping, TableMapping, VirtualColumn
from pipelines.contracts.ontology import prefixes
from pipelines.contracts.project import Project
from pipelines.contracts.records import FileFact
from pipelines.contracts.store import table_file
from pipelines.contracts.text import LANGS, Text, Words
from pipelines.contracts.wording import EXAMPLE
from pipelines.describe import iris
from pipelines.describe.datapackage import allowed_codes, foreign_keys

CONTEXT = "http://www.w3.org/ns/csvw"
DIALECT = {
    "encoding": "utf-8",
    "delimiter": ",",
    "quoteChar": '"',
    "doubleQuote": True,
    "header": True,
    "headerRowCount": 1,
    "lineTerminators": ["\r\n"],
    "trim": False,
}
"""How our CSV is written: RFC 4180."""

_BASES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "dateTime",
    "year": "gYear",
}
"""Types of the Table Schema as built-in datatypes of CSVW (Metadata Vocabulary, 5.11.1).

A `number` may be written with an exponent, which a `decimal` of CSVW may not; where it is mapped it is a decimal
all the same, for that is what the mapping says of a number.
"""

_SCHEMES = frozenset({"urn", "mailto", "tel", "info"})
"""Schemes of IRIs that are no prefix; those of the web are followed by `//`."""

_EXPRESSION = re.compile(r"\{[+#./;?&]?([^}]*)\}")
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")


def csvw_metadata(
    project: Project, dataset: DatasetFile, description: meta.Dataset, files: list[FileFact]
) -> dict[str, Any]:
    """`csvw.json` of a release, as JSON values: a table group with the published columns of each table.

    `files` are those of the release. Raises `KeyError` when they lack the CSV of a table, and when a mapping
    uses a prefix that nobody knows.
    """
    there = {f.file for f in files}
    return _filled(
        {
            "@context": CONTEXT,
            "@id": description.version_iri,
            "@type": "TableGroup",
            **_about(description),
            "notes": [_comment(EXAMPLE)] if project.catalogue.stage == "example" else None,
            "dialect": DIALECT,
            "null": "",
            "tables": [_table(project, dataset, resource, there) for resource in dataset.resources],
        }
    )


def _about(description: meta.Dataset) -> dict[str, Any]:
    publisher = description.publisher
    provenance = {"@id": iris.provenance(description.iri), "rdfs:label": _texts(description.provenance)}
    return {
        "dc:title": _texts(description.titles),
        "dc:description": _texts(description.descriptions),
        "dc:identifier": description.identifier,
        "dc:isVersionOf": {"@id": description.iri},
        "dcat:version": description.version,
        "dc:publisher": {"@id": publisher.iri, "foaf:name": _texts(publisher.name)},
        "dc:license": {"@id": description.licence},
        "dc:issued": {"@value": description.issued.isoformat(), "@type": "xsd:date"},
        "dc:modified": {"@value": description.data_changed.isoformat(timespec="seconds"), "@type": "xsd:dateTime"},
        "dc:spatial": [{"@id": place.iri} for place in description.spatial],
        "dc:provenance": provenance,
        "dcat:keyword": _words(description.keywords),
    }


def _table(project: Project, dataset: DatasetFile, resource: Resource, there: set[str]) -> dict[str, Any]:
    file = table_file(resource.name, "csv")
    if file not in there:
        raise KeyError(file)
    base = project.catalogue.uri_base
    return {
        "@id": iris.distribution(base, dataset.name, file),
        "@type": "Table",
        "url": file,
        "dc:title": _texts(resource.titles),
        "dc:description": _texts(resource.descriptions),
        "notes": [_comment(c.statement) for c in resource.coverage],
        "tableSchema": _schema(project, resource),
    }


def _schema(project: Project, resource: Resource) -> dict[str, Any]:
    columns = resource.public_fields
    filled = {f.name for f in columns if f.constraints.required} | set(resource.primary_key)
    public = filled & {f.name for f in columns}
    urls = _Urls.of(project, resource.rdf, public) if resource.rdf else None
    described = [_column(project, resource, f, urls) for f in columns]
    return _filled(
        {
            "columns": [*described, *(urls.virtual() if urls else [])],
            "primaryKey": resource.primary_key if public.issuperset(resource.primary_key) else None,
            "foreignKeys": [
                {
                    "columnReference": key["fields"],
                    "reference": {
                        "resource": table_file(key["reference"]["resource"] or resource.name, "csv"),
                        "columnReference": key["reference"]["fields"],
                    },
                }
                for key in foreign_keys(project, resource)
                if public.issuperset(key["fields"])
            ],
            "aboutUrl": urls.subject if urls else None,
        }
    )


def _column(project: Project, resource: Resource, field: DataField, urls: "_Urls | None") -> dict[str, Any]:
    mapping = field.rdf or None
    return _filled(
        {
            "name": field.name,
            # The header of the file is a title in no language: without it a validator would not know the column.
            "titles": {**field.titles.model_dump(), "und": field.name},
            "dc:description": _texts(field.descriptions),
            "datatype": _datatype(project, field, urls),
            "required": True if field.constraints.required or field.name in resource.primary_key else None,
            "schema:unitCode": field.unit,
            "lang": mapping.lang if mapping else None,
            "separator": mapping.separator if mapping else None,
            "default": mapping.default if mapping else None,
            **(urls.column(field.name, mapping) if urls and mapping else {}),
        }
    )


def _datatype(project: Project, field: DataField, urls: "_Urls | None") -> Any:
    """A built-in datatype, or an object where it has limits or an IRI of its own.

    The limits of a column with several values in a cell speak of the whole cell, and CSVW's of each value: they
    are left to the Table Schema.
    """
    mapping = field.rdf
    kind = mapping.datatype if mapping else None
    base = "decimal" if mapping and field.type == "number" else _BASES[field.type]
    own = None
    if kind and kind.startswith("xsd:"):
        base = kind.removeprefix("xsd:")
    elif kind and urls:
        own = urls.expand(kind)
    limits = {} if mapping and mapping.separator else _limits(project, field, base)
    whole = _filled({"@id": own, "base": base, **limits})
    return whole if len(whole) > 1 else base


def _limits(project: Project, field: DataField, base: str) -> dict[str, Any]:
    constraints = field.constraints
    return {
        "format": _format(project, field) if base == "string" else None,
        "minLength": constraints.min_length,
        "maxLength": constraints.max_length,
        "minimum": constraints.minimum,
        "maximum": constraints.maximum,
    }


def _format(project: Project, field: DataField) -> str | None:
    """A regular expression (ECMAScript) that the whole text must match; CSVW has no list of values."""
    codes = allowed_codes(project, field)
    pattern = field.constraints.pattern or (EDTF_PATTERN if field.edtf else None)
    allowed = [_SPECIAL.sub(r"\\\g<0>", code) for code in codes] or ([pattern] if pattern else [])
    if allowed and field.rdf and field.rdf.default:
        # What an empty cell says is put in before the text is looked at.
        allowed.append(_SPECIAL.sub(r"\\\g<0>", field.rdf.default))
    return "^(?:" + "|".join(allowed) + ")$" if allowed else None


@dataclass(frozen=True)
class _Urls:
    """The templates of one table as CSVW wants them: absolute, and only those that say what is meant."""

    base: str
    prefixes: dict[str, str]
    mapping: TableMapping
    filled: set[str]
    subject: str

    @classmethod
    def of(cls, project: Project, mapping: TableMapping, filled: set[str]) -> "_Urls | None":
        """None where the subject of a row cannot be told: then no column of the table has a mapping."""
        if not _names(mapping.about_url) <= filled:
            return None
        known = cls(
            project.catalogue.uri_base, prefixes(project.ontology, project.catalogue.uri_base), mapping, filled, ""
        )
        return cls(known.base, known.prefixes, mapping, filled, known.expand(mapping.about_url))

    def expand(self, template: str) -> str:
        """The template with `uri_base`, subject and prefix written out. Raises `KeyError` for an unknown prefix."""
        if template.startswith("/"):
            return self.base + template
        if template.startswith("#"):
            return self.subject + template
        prefix, _, local = template.partition(":")
        written_out = template.startswith("{") or local.startswith("//") or prefix in _SCHEMES
        return template if written_out else self.prefixes[prefix] + local

    def column(self, name: str, mapping: ColumnMapping) -> dict[str, str | None]:
        """The templates of a column, or nothing where CSVW would misunderstand them."""
        several = mapping.separator and mapping.value_url
        named = _names(mapping.value_url) | _names(mapping.about_url)
        if several or mapping.resolve or not named <= self.filled | {name}:
            return {}
        return self._triple(mapping)

    def virtual(self) -> list[dict[str, Any]]:
        """The types of the subject and what every row says, as columns without cells."""
        types = [VirtualColumn(property_url="rdf:type", value_url=name) for name in self.mapping.types]
        said = [v for v in self.mapping.virtual if _names(v.value_url) | _names(v.about_url) <= self.filled]
        return [
            {"name": f"virtual_{number}", "virtual": True, **_filled(self._triple(column))}
            for number, column in enumerate([*types, *said], start=1)
        ]

    def _triple(self, mapping: ColumnMapping | VirtualColumn) -> dict[str, str | None]:
        return {
            "aboutUrl": self.expand(mapping.about_url) if mapping.about_url else None,
            "propertyUrl": self.expand(mapping.property_url),
            "valueUrl": self.expand(mapping.value_url) if mapping.value_url else None,
        }


def _names(template: str | None) -> set[str]:
    """The columns that an RFC 6570 template names."""
    listed = ",".join(_EXPRESSION.findall(template or ""))
    return {name.split(":")[0].rstrip("*") for name in listed.split(",") if name}


def _texts(text: Text) -> list[dict[str, str]]:
    return [{"@value": text.get(lang), "@language": lang} for lang in LANGS]


def _words(words: Words) -> list[dict[str, str]]:
    return [{"@value": word, "@language": lang} for lang in LANGS for word in words.get(lang)]


def _comment(text: Text) -> dict[str, Any]:
    return {"rdfs:comment": _texts(text)}


def _filled(values: dict[str, Any] | Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in dict(values).items() if value is not None and value != []}
