"""The resources of a dataset on a CKAN: which there are, in which order, and what is said of each.

What belongs here: ids, names, formats, addresses and the rest of each resource. What does not: the fields of the
dataset, and the rows.

First come the tables, each with the resource that the DataStore answers for and its files; then the files about the
whole; last the versions. An id depends on nothing that changes from release to release, so a link to a resource stays
good; a new major version of the schema is a new resource, for its table cannot take over the rows of the former.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pipelines.contracts.files import hash_file
from pipelines.contracts.metadata import DataService, Dataset, Distribution, TableFacts
from pipelines.contracts.project import Project
from pipelines.contracts.records import FileFact
from pipelines.contracts.store import CHANGES_FILE, CITATION_FILES, CSVW_FILE, PACKAGE_FILE, schema_file
from pipelines.contracts.text import Text
from pipelines.describe import iris
from pipelines.describe.dcat.base import EU, SERVED_FORMATS
from pipelines.publish.ckan.carry import Carry
from pipelines.publish.ckan.feed import About, Said
from pipelines.publish.ckan.model import DATASTORE, PLACEHOLDER, Fields
from pipelines.publish.ckan.notes import queryable, table_notes

FORMATS = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSONL", "parquet": "Parquet", "ttl": "TTL", "nt": "NT"}
"""What CKAN calls the formats of tables; CSV and XLSX stand in its own list (`resource_formats.json`)."""
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
VERSIONS = "versions"
"""The format, in the id, of the resource that lists the versions."""

SINGLE = {
    "dct:issued": "issued",
    "dct:modified": "modified",
    "dct:license": "license",
    "dct:rights": "rights",
    "dcatap:availability": "availability",
}
LISTS = {"dct:language": "language", "dcatap:applicableLegislation": "applicable_legislation"}
MANAGED = frozenset(
    {"name", "name_translated", "description", "description_translated", "format", "mimetype", "uri", "conforms_to"}
    | {"url", "url_type", "access_url", "download_url", "size", "hash", "hash_algorithm", "last_modified"}
    | {*SINGLE.values(), *LISTS.values(), "access_services"}
)
"""Every field of a resource that we may ever write."""


@dataclass(frozen=True)
class _Whole:
    """A file about a release as a whole."""

    file: str
    format: str
    media_type: str
    name: Text
    description: Text


_ABOUT = (
    _Whole(
        PACKAGE_FILE,
        "JSON",
        "application/json",
        Text(es="Descripción de las tablas (Data Package)", en="Description of the tables (Data Package)"),
        Text(
            es="Tablas, columnas, tipos, claves y cobertura, para programas (Data Package 2).",
            en="Tables, columns, types, keys and coverage, for programs (Data Package 2).",
        ),
    ),
    _Whole(
        CSVW_FILE,
        "JSON",
        "application/csvm+json",
        Text(es="Descripción de los CSV (CSVW)", en="Description of the CSV files (CSVW)"),
        Text(
            es="Columnas y tipos de los ficheros CSV y lo que dicen en RDF (CSV on the Web).",
            en="Columns and types of the CSV files and what they say in RDF (CSV on the Web).",
        ),
    ),
    _Whole(
        CHANGES_FILE,
        "Markdown",
        "text/markdown",
        Text(es="Qué cambia en esta versión", en="What changes in this version"),
        Text(es="Filas nuevas, cambiadas y quitadas.", en="Rows added, changed and removed."),
    ),
    _Whole(
        CITATION_FILES[0],
        "TXT",
        "text/plain",
        Text(es="Cómo citar esta versión", en="How to cite this version"),
        Text(es="La cita en español y en inglés.", en="The citation in Spanish and in English."),
    ),
)


def resource_id(dataset_iri: str, name: str, table: str, form: str, schema_version: str) -> str:
    """The id of a resource: the same for every release of the same major version of the schema.

    `name`: of the dataset on the portal; `table`: empty for a file about the whole; `form`: extension of a file of a
    table, name of any other file, `DATASTORE` or `VERSIONS`.
    """
    major = schema_version.partition(".")[0]
    return str(uuid5(NAMESPACE_URL, f"{dataset_iri}#{name}/{table}/{form}/{major}"))


@dataclass(frozen=True)
class Release:
    """A release as its resources need it. `name`: of its dataset on the portal; `index`: the list of its versions."""

    project: Project
    meta: Dataset
    files: dict[str, FileFact]
    folder: Path
    index: Path
    name: str
    carry: Carry
    said: Said
    services: list[DataService]

    def id(self, table: str, form: str) -> str:
        """The id of one of its resources."""
        return resource_id(self.meta.iri, self.name, table, form, self.meta.schema_version)


@dataclass
class Made:
    """The resources by id, in order, and the files behind them.

    `uploads`: those that CKAN is to keep copies of; `tables`: the resource of each table that the DataStore is to hold.
    """

    resources: dict[str, Fields] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    uploads: dict[str, Path] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)


def make_resources(release: Release, datastore: bool) -> Made:
    """All resources of a release, unshaped: a text may be in both languages. `datastore`: whether tables go there."""
    made = Made()
    for table in release.meta.tables:
        if datastore:
            identity = release.id(table.name, DATASTORE)
            made.resources[identity] = _queryable(release, table)
            made.tables[table.name] = identity
        for file in release.meta.distributions:
            if file.table == table.name:
                _add(
                    made,
                    release,
                    release.id(table.name, _extension(file)),
                    _table_file(release, table, file),
                    file.file,
                )
    for whole in _ABOUT:
        if whole.file in release.files:
            _add(made, release, release.id("", whole.file), _whole(release, whole), whole.file)
    _versions(made, release)
    return made


def _add(made: Made, release: Release, identity: str, fields: Fields, file: str) -> None:
    address = release.carry.file(release.meta, file)
    if release.carry.link:
        fields |= {"url": address, "access_url": address, "download_url": address}
    else:
        fields |= uploaded(file)
        made.uploads[identity] = release.folder / file
    made.files[identity] = release.folder / file
    made.resources[identity] = fields


def uploaded(file: str) -> Fields:
    """Address of a resource that CKAN keeps a copy of: it stores the name of the file, in small letters."""
    return {"url": file.lower(), "url_type": "upload"}


def _table_file(release: Release, table: TableFacts, file: Distribution) -> Fields:
    about = release.said[file.iri]
    extension = _extension(file)
    services = release.services if file.format in SERVED_FORMATS else []
    return {
        "uri": file.iri,
        "name": file.titles,
        "description": table_notes(release.project, table, file.descriptions, _schema(release, file.conforms_to)),
        "format": FORMATS.get(extension, extension.upper()),
        "mimetype": file.media_type,
        "conforms_to": [schema] if (schema := _schema(release, file.conforms_to)) else [],
        "access_services": [_service(one, release.meta) for one in services],
        **_file_facts(release, file.file),
        **_said(about),
    }


def _queryable(release: Release, table: TableFacts) -> Fields:
    name, description = queryable(table)
    schema = _schema(release, schema_file(table.name) if schema_file(table.name) in release.files else None)
    return {
        "name": name,
        "description": table_notes(release.project, table, description, schema),
        "format": "CSV",
        "mimetype": "text/csv",
        "url": PLACEHOLDER,
        "url_type": DATASTORE,
        "conforms_to": [schema] if schema else [],
        **_shared(release),
    }


def _whole(release: Release, whole: _Whole) -> Fields:
    return {
        "uri": iris.distribution(release.project.catalogue.uri_base, release.meta.id, whole.file),
        "name": whole.name,
        "description": whole.description,
        "format": whole.format,
        "mimetype": whole.media_type,
        **_file_facts(release, whole.file),
        **_shared(release),
    }


def _versions(made: Made, release: Release) -> None:
    """The list of all versions: the Atom feed of the embedded portal; where no reader can open that, our own index.

    The feed gives the permanent address of each version. Without it the index is uploaded as it stands in the store:
    it is the list that the store itself goes by, so no other has to be made and kept in step with it.
    """
    identity = release.id("", VERSIONS)
    name = Text(es="Todas las versiones", en="All versions")
    fields: Fields = {"name": name, **_shared(release)}
    if release.carry.base:
        address = f"{release.carry.base}/datasets/{release.meta.id}/feed.atom"
        fields |= {
            "description": Text(
                es="Lo que se ha publicado y retirado, con la dirección permanente de cada versión. Para suscribirse.",
                en="What was published and withdrawn, with the permanent address of each version. To subscribe to.",
            ),
            "format": "Atom Feed",
            "mimetype": "application/atom+xml",
            "url": address,
            "access_url": address,
            "download_url": address,
        }
    else:
        fields |= {
            "description": Text(
                es=f"Versión, fecha, filas y estado de cada una. Su identificador permanente es {release.meta.iri}/ y la versión.",
                en=f"Version, date, rows and state of each. Its permanent identifier is {release.meta.iri}/ and the version.",
            ),
            "format": "JSON",
            "mimetype": "application/json",
            "size": release.index.stat().st_size,
            "hash": hash_file(release.index),
            "hash_algorithm": SHA256,
            **uploaded(release.index.name),
        }
        made.uploads[identity] = release.index
    made.resources[identity] = fields


def _said(about: About) -> Fields:
    single: Fields = {name: about.one(key) for key, name in SINGLE.items()}
    return single | {name: about.all(key) for key, name in LISTS.items()}


def _shared(release: Release) -> Fields:
    """What our feed says of each file of a release alike, for those that are not in it."""
    first = release.meta.distributions[0] if release.meta.distributions else None
    if first:
        return _said(release.said[first.iri])
    return {"license": release.meta.licence, "availability": f"{EU}/planned-availability/STABLE"}


def _file_facts(release: Release, file: str) -> Fields:
    fact = release.files[file]
    out: Fields = {"size": fact.size, "hash": fact.sha256, "hash_algorithm": SHA256}
    # CKAN sets it itself when it takes a copy.
    return out | ({"last_modified": naive(release.meta.published)} if release.carry.link else {})


def naive(moment: datetime) -> str:
    """A moment as CKAN keeps it: in UTC, without saying so, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _schema(release: Release, file: str | None) -> str | None:
    return release.carry.file(release.meta, file) if file else None


def _extension(file: Distribution) -> str:
    return file.file.rpartition(".")[2]


def _service(service: DataService, meta: Dataset) -> dict[str, Any]:
    """A service as ckanext-dcat takes it. Its keywords are left out: they would become tags of the dataset."""
    return {
        "uri": service.iri,
        "title": service.titles,
        "description": service.descriptions,
        "endpoint_url": [service.endpoint_url],
        "endpoint_description": service.endpoint_description,
        "conforms_to": [service.conforms_to] if service.conforms_to else [],
        "license": meta.licence,
        "access_rights": f"{EU}/access-right/PUBLIC",
        "applicable_legislation": service.legislation,
    }
