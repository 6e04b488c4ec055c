"""Filling the typed model: what people wrote and what a release turned out to be, as metadata.

What belongs here: the decisions (which period, which licence, which words) that every description
shares. What does not: how they are written as RDF or JSON, which is in `dcat`, `datapackage` and
`schemaorg`, and the data services, which are in `services`.
"""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from pipelines.contracts import metadata as meta
from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.project import Project
from pipelines.contracts.records import FileFact
from pipelines.contracts.store import GRAPH_FORMATS, TABLE_FORMATS, schema_file, table_file
from pipelines.contracts.tables import Tables
from pipelines.contracts.text import Text, Words
from pipelines.contracts.wording import EXAMPLE
from pipelines.describe import iris
from pipelines.describe.formats import FORMATS
from pipelines.describe.services import describe_services
from pipelines.tidy.dates import bounds

Days = tuple[date | None, date | None]
"""First and last day, each None where it is not known."""

HVD_LEGISLATION = "http://data.europa.eu/eli/reg_impl/2023/138/oj"
"""The regulation on high-value datasets, which applies to each that declares a category, and to its files."""


@dataclass(frozen=True)
class ReleaseFacts:
    """What a release turned out to be. `files` may hold other files than tables; `tables` are tidy."""

    version: str
    schema_version: str
    predecessor: str | None
    published: datetime
    data_changed: datetime
    metadata_changed: datetime
    files: list[FileFact]
    tables: Tables
    sources: list[str]
    version_notes: Text | None = None


def describe_dataset(project: Project, dataset: DatasetFile, facts: ReleaseFacts) -> meta.Dataset:
    """The metadata of one release of `dataset`.

    Raises `KeyError` when `facts` lack a table of the dataset or name a source that the project has not.
    """
    catalogue = project.catalogue
    base = catalogue.uri_base
    iri = iris.dataset(base, dataset.name)
    tables = [_table_facts(dataset, r, facts.tables[r.name]) for r in dataset.resources]
    return meta.Dataset(
        iri=iri,
        id=dataset.name,
        identifier=iris.identifier(iri),
        version=facts.version,
        schema_version=facts.schema_version,
        version_iri=iris.version(base, dataset.name, facts.version),
        series=_series(base, dataset),
        previous_version=facts.predecessor,
        version_notes=facts.version_notes,
        titles=dataset.titles,
        descriptions=dataset.descriptions,
        keywords=_keywords(dataset.keywords, catalogue.keywords),
        themes=dataset.themes,
        sectors=dataset.sectors,
        publisher=_publisher(project),
        contact=_contact(project),
        licence=dataset.licence or catalogue.licence,
        frequency=dataset.frequency,
        languages=catalogue.languages,
        spatial=[meta.Location(iri=place) for place in dataset.spatial or catalogue.spatial],
        temporal=_temporal(base, dataset, tables),
        issued=dataset.issued,
        data_changed=facts.data_changed,
        metadata_changed=facts.metadata_changed,
        published=facts.published,
        legislation=_legislation(project, dataset),
        hvd_category=dataset.hvd_category,
        landing_page=dataset.landing_page,
        sources=facts.sources,
        provenance=_provenance(project, facts.sources),
        tables=tables,
        distributions=_distributions(project, dataset, facts),
    )


def describe_catalogue(
    project: Project, datasets: list[meta.Dataset], edition: str, modified: datetime
) -> meta.Catalogue:
    """The metadata of the catalogue of one edition; a catalogue that is an example says so first."""
    file = project.catalogue
    descriptions = file.descriptions
    if file.stage == "example":
        descriptions = Text(es=f"{EXAMPLE.es} {descriptions.es}", en=f"{EXAMPLE.en} {descriptions.en}")
    return meta.Catalogue(
        iri=iris.catalogue(file.uri_base),
        titles=file.titles,
        descriptions=descriptions,
        publisher=_publisher(project),
        contact=_contact(project),
        licence=file.licence,
        homepage=f"{file.uri_base}/",
        languages=file.languages,
        spatial=[meta.Location(iri=place) for place in file.spatial],
        issued=file.issued,
        modified=modified,
        stage=file.stage,
        edition=edition,
        datasets=datasets,
        services=describe_services(project, datasets, _service_legislation(project, datasets)) if datasets else [],
    )


def table_period(dataset: DatasetFile, resource: Resource, table: pd.DataFrame) -> Days:
    """The first and the last day that the rows of a table describe.

    They come from its published `temporal_column`. An open end counts with the day that is given: what
    is said to go on is known up to there. A table whose columns tell nothing has the period that the
    dataset file declares.
    """
    columns = _temporal_columns(resource)
    days = [d for c in columns for d in (table[c].min(), table[c].max()) if not pd.isna(d)]
    if days:
        return min(days), max(days)
    return _declared(dataset)


def _temporal_columns(resource: Resource) -> list[str]:
    if resource.temporal_column is None:
        return []
    field = resource.field(resource.temporal_column)
    if field.privacy != "public":
        return []
    if field.edtf:
        return [f"{field.name}_from", f"{field.name}_to"]
    return [field.name] if field.type == "date" else []


def _declared(dataset: DatasetFile) -> Days:
    declared = dataset.temporal
    if declared is None:
        return None, None
    start = bounds(declared.start)[0] if declared.start else None
    end = bounds(declared.end)[1] if declared.end else None
    return start, end


def _temporal(base: str, dataset: DatasetFile, tables: list[meta.TableFacts]) -> meta.PeriodOfTime | None:
    declared = _declared(dataset)
    starts = [d for d in (declared[0], *(t.describes_from for t in tables)) if d]
    ends = [d for d in (declared[1], *(t.describes_until for t in tables)) if d]
    if not starts and not ends:
        return None
    iri = iris.period(base, dataset.name)
    return meta.PeriodOfTime(iri=iri, start=min(starts, default=None), end=max(ends, default=None))


def _table_facts(dataset: DatasetFile, resource: Resource, table: pd.DataFrame) -> meta.TableFacts:
    first, last = table_period(dataset, resource, table)
    return meta.TableFacts(
        name=resource.name,
        titles=resource.titles,
        descriptions=resource.descriptions,
        rows=len(table),
        columns=len(resource.public_fields),
        fields=[
            meta.FieldFacts(**f.model_dump(include=set(meta.FieldFacts.model_fields))) for f in resource.public_fields
        ],
        coverage=resource.coverage,
        describes_from=first,
        describes_until=last,
    )


def _distributions(project: Project, dataset: DatasetFile, facts: ReleaseFacts) -> list[meta.Distribution]:
    files = {f.file: f for f in facts.files}
    wanted = [(r, e, table_file(r.name, e)) for r in dataset.resources for e in (*TABLE_FORMATS, *GRAPH_FORMATS)]
    return [_distribution(project, dataset, r, e, facts, files[name]) for r, e, name in wanted if name in files]


def _schema(resource: Resource, extension: str, facts: ReleaseFacts) -> str | None:
    """The file with the Table Schema, which a table conforms to and a graph does not."""
    name = schema_file(resource.name)
    return name if extension in TABLE_FORMATS and any(f.file == name for f in facts.files) else None


def _distribution(
    project: Project, dataset: DatasetFile, resource: Resource, extension: str, facts: ReleaseFacts, file: FileFact
) -> meta.Distribution:
    form = FORMATS[extension]
    return meta.Distribution(
        iri=iris.distribution(project.catalogue.uri_base, dataset.name, file.file),
        table=resource.name,
        file=file.file,
        titles=Text(es=f"{resource.titles.es} ({form.name})", en=f"{resource.titles.en} ({form.name})"),
        descriptions=Text(
            es=f"{resource.descriptions.es} {form.words.es}", en=f"{resource.descriptions.en} {form.words.en}"
        ),
        format=form.code,
        media_type=form.media_type,
        licence=dataset.licence or project.catalogue.licence,
        byte_size=file.size,
        checksum=meta.Checksum(sha256=file.sha256, sha1=file.sha1),
        rows=len(facts.tables[resource.name]),
        # The file of a version never changes: it was issued and last modified when it was published.
        issued=facts.published,
        modified=facts.published,
        languages=project.catalogue.languages,
        legislation=_legislation(project, dataset),
        conforms_to=_schema(resource, extension, facts),
    )


def _publisher(project: Project) -> meta.Agent:
    body = project.catalogue.publisher
    return meta.Agent(iri=body.iri, identifier=body.dir3, name=body.name, homepage=body.homepage)


def _contact(project: Project) -> meta.ContactPoint:
    office = project.catalogue.contact
    iri = iris.contact(project.catalogue.uri_base)
    return meta.ContactPoint(iri=iri, name=office.name, email=office.email, telephone=office.telephone, url=office.url)


def _series(base: str, dataset: DatasetFile) -> meta.DatasetSeries:
    titles = dataset.titles
    return meta.DatasetSeries(
        iri=iris.series(base, dataset.name),
        titles=Text(es=f"{titles.es} (versiones)", en=f"{titles.en} (versions)"),
        descriptions=Text(
            es=f"Las versiones publicadas de «{titles.es}», cada una con sus ficheros y su fecha.",
            en=f"The published versions of '{titles.en}', each with its files and its date.",
        ),
    )


def _keywords(own: Words, shared: Words | None) -> Words:
    if shared is None:
        return own
    return Words(es=list(dict.fromkeys([*own.es, *shared.es])), en=list(dict.fromkeys([*own.en, *shared.en])))


def _legislation(project: Project, dataset: DatasetFile) -> list[str]:
    of_category = [HVD_LEGISLATION] if dataset.hvd_category else []
    return list(dict.fromkeys([*project.catalogue.legislation, *dataset.legislation, *of_category]))


def _service_legislation(project: Project, datasets: list[meta.Dataset]) -> list[str]:
    of_category = [HVD_LEGISLATION] if any(d.hvd_category for d in datasets) else []
    return list(dict.fromkeys([*project.catalogue.legislation, *of_category]))


def _provenance(project: Project, sources: list[str]) -> Text:
    if not sources:
        name = project.catalogue.publisher.name
        return Text(es=f"Elaborado por {name.es}.", en=f"Made by {name.en}.")
    files = [project.sources[s] for s in sources]
    es = "; ".join(f"«{f.title.es}» ({f.publisher.es})" for f in files)
    en = "; ".join(f"'{f.title.en}' ({f.publisher.en})" for f in files)
    return Text(es=f"Elaborado a partir de: {es}.", en=f"Made from: {en}.")
