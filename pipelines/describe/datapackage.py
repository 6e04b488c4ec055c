"""The release as a Data Package (version 2) and its tables as Table Schemas.

What belongs here: `datapackage.json`, the schemas in it and the files with one schema each. What does not: the
rows, and the promises that were made before the release, which are the dataset file.

The resources are the CSV files, and every one can be validated; the other formats of a table, RDF among them, are
listed in its `alternates`, with bytes and hash. The other descriptions of the package are not data, so they are no
resources: they stand in `alternates` of the package. What the standard has no word for stands under names of our
own, which docs/rooms/describe.md explains.
"""

from typing import Any

from pipelines.contracts import metadata as meta
from pipelines.contracts.dataset import DATA_PACKAGE_SCHEMA, EDTF_PATTERN, DataField, DatasetFile, Resource
from pipelines.contracts.files import pretty_json
from pipelines.contracts.project import Project
from pipelines.contracts.records import FileFact
from pipelines.contracts.store import (
    CITATION_FILES,
    CSVW_FILE,
    GRAPH_FORMATS,
    TABLE_FORMATS,
    schema_file,
    table_file,
)
from pipelines.contracts.text import LANGS, Text
from pipelines.describe.citation import apa, licence_name
from pipelines.describe.formats import FORMATS

TABLE_SCHEMA = "https://datapackage.org/profiles/2.0/tableschema.json"
TABLE_DIALECT = "https://datapackage.org/profiles/2.0/tabledialect.json"
RESOURCE_FORMAT = "csv"

DIALECT = {
    "$schema": TABLE_DIALECT,
    "header": True,
    "delimiter": ",",
    "lineTerminator": "\r\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "skipInitialSpace": False,
}
"""How our CSV is written: RFC 4180."""

_DESCRIPTIONS = {
    CSVW_FILE: ("json", "application/csvm+json"),
    **{
        name: (name.rsplit(".", 1)[1], media_type)
        for name, media_type in zip(
            CITATION_FILES,
            (
                "text/plain",
                "application/x-bibtex",
                "application/x-research-info-systems",
                "application/vnd.citationstyles.csl+json",
            ),
            strict=True,
        )
    },
}
"""Format and media type of the other descriptions of a release."""


def package_descriptor(
    project: Project, dataset: DatasetFile, description: meta.Dataset, files: list[FileFact]
) -> dict[str, Any]:
    """`datapackage.json` of a release, as JSON values.

    `files` are all that were written before it; what is not among them is not listed. Raises `KeyError` when `files` lack the CSV of a table: what is listed can be validated.
    """
    facts = {f.file: f for f in files}
    tables = {t.name: t for t in description.tables}
    return _filled(
        {
            "$schema": DATA_PACKAGE_SCHEMA,
            "name": dataset.name,
            "id": description.iri,
            **_texts(description.titles, description.descriptions),
            "homepage": description.landing_page,
            "version": description.version,
            "created": description.published.isoformat(timespec="seconds"),
            "keywords": list(dict.fromkeys([*description.keywords.es, *description.keywords.en])),
            "licenses": [_licence(description.licence)],
            "contributors": [_contributor(description.publisher)],
            "sources": [_source(project, source) for source in description.sources],
            "schemaVersion": description.schema_version,
            "previousVersion": description.previous_version,
            "dataChanged": description.data_changed.isoformat(timespec="seconds"),
            "metadataChanged": description.metadata_changed.isoformat(timespec="seconds"),
            "accrualPeriodicity": description.frequency,
            "temporal": _period(description.temporal),
            "spatial": [place.iri for place in description.spatial],
            "provenance": description.provenance.model_dump(),
            "bibliographicCitation": apa(description, "es"),
            "bibliographicCitations": {lang: apa(description, lang) for lang in LANGS},
            "alternates": [_file(facts[name], *words) for name, words in _DESCRIPTIONS.items() if name in facts],
            "resources": [_resource(project, r, tables[r.name], facts) for r in dataset.resources],
        }
    )


def resource_schema(project: Project, resource: Resource) -> dict[str, Any]:
    """The published Table Schema of a table, as JSON values: its public columns and nothing of the others.

    A coded column has the codes of its vocabulary as `enum` and `categories` (Data Package v2), and
    their words in both languages as `labels`.
    """
    public = {f.name for f in resource.public_fields}
    key = resource.primary_key
    return _filled(
        {
            "$schema": TABLE_SCHEMA,
            "fields": [_field(project, f) for f in resource.public_fields],
            "primaryKey": key if public.issuperset(key) else None,
            "foreignKeys": foreign_keys(project, resource),
            "missingValues": [""],
        }
    )


def schema_texts(project: Project, dataset: DatasetFile) -> dict[str, str]:
    """The file with the Table Schema of each table: file name to text.

    Each stands by itself: it names its table in both languages. It has no key to another table, which a program
    that reads one file could not follow; `datapackage.json` has them all.
    """
    out = {}
    for resource in dataset.resources:
        schema = resource_schema(project, resource)
        own = [key for key in schema.pop("foreignKeys", []) if not key["reference"]["resource"]]
        named = {"name": resource.name, **_texts(resource.titles, resource.descriptions)}
        whole = _filled({"$schema": schema.pop("$schema"), **named, **schema, "foreignKeys": own})
        out[schema_file(resource.name)] = pretty_json(whole)
    return out


def _field(project: Project, field: DataField) -> dict[str, Any]:
    constraints = field.constraints.model_dump(mode="json", by_alias=True, exclude_none=True)
    if field.edtf:
        constraints.setdefault("pattern", EDTF_PATTERN)
    labels = allowed_codes(project, field)
    if labels:
        constraints["enum"] = list(labels)
    return _filled(
        {
            "name": field.name,
            "type": field.type,
            **_texts(field.titles, field.descriptions),
            "constraints": constraints,
            "categories": [{"value": code, "label": text.es} for code, text in labels.items()],
            "labels": {code: text.model_dump() for code, text in labels.items()},
            "vocabulary": field.vocabulary,
            "unit": field.unit,
            "edtf": field.edtf or None,
            "derivedFrom": field.derived_from,
        }
    )


def allowed_codes(project: Project, field: DataField) -> dict[str, Text]:
    """The codes of the scheme that a column may hold, with their words; none if it holds no codes."""
    if field.vocabulary is None:
        return {}
    scheme = project.vocabularies.labels[field.vocabulary]
    allowed = field.constraints.enum
    return {code: text for code, text in scheme.items() if allowed is None or code in allowed}


def foreign_keys(project: Project, resource: Resource) -> list[dict[str, Any]]:
    """The foreign keys of a table in the words of the Table Schema; only over public columns."""
    dataset, _ = project.owner_of(resource.name)
    out = []
    for key in resource.table_schema.foreign_keys:
        target = dataset.resource(key.reference.resource or resource.name)
        if _all_public(resource, key.fields) and _all_public(target, key.reference.fields):
            end = {"resource": "" if target is resource else target.name, "fields": key.reference.fields}
            out.append({"fields": key.fields, "reference": end})
    return out


def _all_public(resource: Resource, names: list[str]) -> bool:
    return all(resource.field(name).privacy == "public" for name in names)


def _resource(
    project: Project, resource: Resource, table: meta.TableFacts, facts: dict[str, FileFact]
) -> dict[str, Any]:
    others = [e for e in (*TABLE_FORMATS, *GRAPH_FORMATS) if e != RESOURCE_FORMAT]
    written = [(e, facts.get(table_file(resource.name, e))) for e in others]
    return _filled(
        {
            "name": resource.name,
            "type": "table",
            **_table_file(facts[table_file(resource.name, RESOURCE_FORMAT)], RESOURCE_FORMAT),
            "encoding": "utf-8",
            **_texts(resource.titles, resource.descriptions),
            "dialect": DIALECT,
            "schema": resource_schema(project, resource),
            "rows": table.rows,
            "describesFrom": table.describes_from and table.describes_from.isoformat(),
            "describesUntil": table.describes_until and table.describes_until.isoformat(),
            "coverage": [c.model_dump(mode="json", exclude_none=True) for c in resource.coverage],
            "keys": _keys(resource),
            "alternates": [_table_file(file, extension) for extension, file in written if file],
        }
    )


def _table_file(file: FileFact, extension: str) -> dict[str, Any]:
    return _file(file, extension, FORMATS[extension].media_type)


def _file(file: FileFact, extension: str, media_type: str) -> dict[str, Any]:
    return {
        "path": file.file,
        "format": extension,
        "mediatype": media_type,
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
    }


def _keys(resource: Resource) -> list[dict[str, Any]]:
    """The keys that lead to other datasets, or to a table named by a column; only over public columns."""
    named = [(k, [*k.fields, *([k.kind] if k.kind else [])]) for k in resource.keys]
    return [
        k.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        for k, n in named
        if _all_public(resource, n)
    ]


def _texts(titles: Text, descriptions: Text) -> dict[str, Any]:
    return {
        "title": titles.es,
        "description": descriptions.es,
        "titles": titles.model_dump(),
        "descriptions": descriptions.model_dump(),
    }


def _licence(iri: str) -> dict[str, str]:
    name = licence_name(iri)
    return {"name": name, "path": iri} if name else {"path": iri}


def _contributor(agent: meta.Agent) -> dict[str, Any]:
    return {"title": agent.name.es, "path": agent.homepage, "roles": ["publisher"]}


def _source(project: Project, name: str) -> dict[str, Any]:
    source = project.sources[name]
    return _filled({"title": source.title.es, "titles": source.title.model_dump(), "path": source.landing_page})


def _period(period: meta.PeriodOfTime | None) -> dict[str, str] | None:
    if period is None:
        return None
    ends = {"start": period.start, "end": period.end}
    return {name: day.isoformat() for name, day in ends.items() if day}


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """What has a value: the standard has no place for empty lists and absent things."""
    return {name: value for name, value in values.items() if value is not None and value != [] and value != {}}
