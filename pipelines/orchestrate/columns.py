"""Columns for the asset graph: what each is, and from which column of which source it comes.

What belongs here: Dagster's table schema and column lineage, from the dataset and source files. What
does not: what is published about columns, which is `describe`.

One asset holds all tables of a dataset, so a column is named `table.column`. Private columns are left out.
"""

from collections import defaultdict
from collections.abc import Iterator

import dagster as dg

from pipelines.contracts.dataset import DataField, DatasetFile, Reference, Resource
from pipelines.contracts.project import Project
from pipelines.contracts.source import Feed, SourceFile
from pipelines.orchestrate.keys import source_key


def dataset_schema(dataset: DatasetFile) -> dg.TableSchema:
    """The published columns of all tables of a dataset."""
    return dg.TableSchema(
        columns=[_column(dataset, r, f) for r in dataset.resources for f in r.public_fields],
        constraints=dg.TableConstraints(
            other=[f"{r.name}: one row for each {' and '.join(r.primary_key)}" for r in dataset.resources]
        ),
    )


def source_schema(project: Project, source: SourceFile) -> dg.TableSchema:
    """The columns that are taken from a source, as the source calls them."""
    names = dict.fromkeys(theirs for feed in source.feeds for _, theirs in _taken(project, feed))
    return dg.TableSchema(columns=[dg.TableColumn(name) for name in names])


def lineage(project: Project, dataset: DatasetFile) -> dg.TableColumnLineage:
    """From which column of which source each published column of a dataset is read."""
    deps: dict[str, list[dg.TableColumnDep]] = defaultdict(list)
    public = {f"{r.name}.{f.name}" for r in dataset.resources for f in r.public_fields}
    for source, feed in project.feeds_of(dataset):
        for ours, theirs in _taken(project, feed):
            if ours in public:
                deps[ours].append(dg.TableColumnDep(source_key(source.id), theirs))
    return dg.TableColumnLineage(dict(deps))


def same_columns(dataset: DatasetFile, upstream: dg.AssetKey) -> dg.TableColumnLineage:
    """Each published column comes from the column of the same name of the asset before."""
    names = [f"{r.name}.{f.name}" for r in dataset.resources for f in r.public_fields]
    return dg.TableColumnLineage({name: [dg.TableColumnDep(upstream, name)] for name in names})


def _taken(project: Project, feed: Feed) -> Iterator[tuple[str, str]]:
    """Our and their name of each column that a feed supplies; the bounds of a date come from the date."""
    try:
        _, resource = project.owner_of(feed.table)
    except KeyError:  # the project says so in a finding of its own
        return
    for field in resource.fields:
        origin = field.derived_from or field.name
        if origin not in feed.constants:
            yield f"{feed.table}.{field.name}", f"{feed.table}.{feed.columns.get(origin, origin)}"


def _column(dataset: DatasetFile, resource: Resource, field: DataField) -> dg.TableColumn:
    return dg.TableColumn(
        name=f"{resource.name}.{field.name}",
        type=field.type,
        description=f"{field.titles.en}. {field.descriptions.en}",
        constraints=dg.TableColumnConstraints(
            nullable=not field.constraints.required,
            unique=bool(field.constraints.unique) or resource.primary_key == [field.name],
            other=list(_more(dataset, resource, field)),
        ),
    )


def _more(dataset: DatasetFile, resource: Resource, field: DataField) -> Iterator[str]:
    if field.vocabulary:
        yield f"a code of {field.vocabulary}"
    if field.edtf:
        yield "an EDTF date"
    if field.constraints.pattern:
        yield f"matches {field.constraints.pattern}"
    for key in resource.table_schema.foreign_keys:
        if field.name in key.fields:
            yield f"names a row of {_end(dataset, resource, key.reference)}"
    for other in resource.keys:
        if field.name in other.fields:
            ends = [other.reference] if other.reference else other.references.values()
            yield "names a row of " + " or ".join(_end(dataset, resource, end) for end in ends)


def _end(dataset: DatasetFile, resource: Resource, end: Reference) -> str:
    return f"{end.dataset or dataset.name}/{end.resource or resource.name}"
