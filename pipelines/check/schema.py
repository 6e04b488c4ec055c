"""Schema and keys inside a dataset, as frictionless understands Table Schema.

What belongs here: the Table Schema that each table is held to, which way it is checked, and our code for
each of the problems. What does not: reading cells against it (`exact` and `columns`), keys to other
datasets (`keys`), and the schema that readers get, which is described elsewhere.

Empty texts are missing, as they are in the CSV that readers get. Private columns are checked too.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from pipelines.check.columns import check_columns
from pipelines.check.exact import check_exactly
from pipelines.check.places import Params, Places
from pipelines.check.problems import Problem
from pipelines.contracts.dataset import EDTF_PATTERN, DataField, DatasetFile, ForeignKey, Resource
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.project import Project
from pipelines.contracts.tables import LINE, Tables

EXACT_ROWS = 20_000
"""Most rows of a table that frictionless reads row by row, about 15 000 a second; longer ones go by columns."""

SHOWN_CODES = 12
"""How many allowed codes a finding lists."""

EXAMPLES = {
    "string": "abc",
    "integer": "15",
    "number": "11.83",
    "boolean": "true, false",
    "date": "2022-03-02",
    "datetime": "2022-03-02T10:00:00Z",
    "year": "2022",
}
"""How a value of each type is written, which needs no language."""
EDTF_EXAMPLES = "2022, 2022-03, 2022-03-02, 2022/2023"

Descriptor = dict[str, Any]


def check_schema(project: Project, dataset: DatasetFile, tables: Tables) -> list[Finding]:
    """Findings about types, constraints, primary keys and foreign keys of all tables of the dataset.

    A table or column that is not there at all, or a schema that cannot be applied, is said first, and
    then nothing else of this gate can be.
    """
    found = missing_columns(dataset, tables)
    found += [
        finding("schema-invalid", dataset=dataset.name, table=resource.name, params={"reason": reason})
        for resource in dataset.resources
        for reason in _faults(project, dataset, resource)
    ]
    if found:
        return found
    schemas = {r.name: descriptor(project, r) for r in dataset.resources}
    large = any(len(tables[name]) > EXACT_ROWS for name in schemas)
    problems = check_columns(dataset, schemas, tables) if large else check_exactly(schemas, tables)
    for resource in dataset.resources:
        places = Places(dataset.name, resource, tables[resource.name], project.settings.max_findings)
        for problem in (p for p in problems if p.table == resource.name):
            params = _params(problem, schemas[resource.name], places)
            found += places.of_rows(problem.code, problem.positions, problem.columns, params=params)
    return found


def missing_columns(dataset: DatasetFile, tables: Tables) -> list[Finding]:
    """A finding for each declared table and column that is not there."""
    found = []
    for resource in dataset.resources:
        if resource.name not in tables:
            found.append(finding("schema-table-missing", dataset=dataset.name, table=resource.name))
            continue
        there = set(tables[resource.name].columns)
        for name in (f.name for f in resource.fields if f.name not in there):
            found.append(finding("schema-column-missing", dataset=dataset.name, table=resource.name, field=name))
    return found


def descriptor(project: Project, resource: Resource) -> Descriptor:
    """The Table Schema (Data Package v2) that the table is held to, private columns included.

    Columns of the primary key are required; coded ones have the codes of their vocabulary as `enum`.
    Raises `KeyError` on an unknown vocabulary.
    """
    return {
        "fields": [_field(project, resource, f) for f in resource.fields],
        "primaryKey": list(resource.primary_key),
        "foreignKeys": [_foreign(k) for k in resource.table_schema.foreign_keys],
        "missingValues": [""],
    }


def _field(project: Project, resource: Resource, field: DataField) -> Descriptor:
    limits = field.constraints.model_dump(by_alias=True, exclude_none=True)
    if field.edtf:
        limits.setdefault("pattern", EDTF_PATTERN)
    if "pattern" in limits:
        # frictionless writes ^ and $ around it, which alone would split alternatives and allow a final newline
        limits["pattern"] = rf"(?:{limits['pattern']})\Z"
    if field.name in resource.primary_key:
        limits["required"] = True
    if field.vocabulary:
        allowed = field.constraints.enum
        limits["enum"] = [c for c in project.vocabularies.codes(field.vocabulary) if allowed is None or c in allowed]
    return {"name": field.name, "type": field.type, "constraints": limits}


def _foreign(key: ForeignKey) -> Descriptor:
    return {"fields": key.fields, "reference": {"resource": key.reference.resource, "fields": key.reference.fields}}


def _faults(project: Project, dataset: DatasetFile, resource: Resource) -> list[str]:
    """Why the declared schema cannot be applied, in English; empty if it can."""
    unknown = {f.vocabulary for f in resource.fields if f.vocabulary} - set(project.vocabularies.labels)
    if unknown:
        return [f"no vocabulary {name}" for name in sorted(unknown)]
    from frictionless import FrictionlessException, Schema

    schema = descriptor(project, resource)
    reasons = [f"{f['name']}: {reason}" for f in schema["fields"] for reason in _pattern_faults(f["constraints"])]
    if reasons:
        return reasons
    try:
        fields = Schema.from_descriptor(schema).fields
    except FrictionlessException as error:
        return [reason.note for reason in error.reasons or [error.error]]
    for field in fields:
        read = field.create_value_reader()
        named = [n for n in ("minimum", "maximum") if n in field.constraints and read(field.constraints[n]) is None]
        reasons += [f"{field.name}: {name} is not of type {field.type}" for name in named]
    return reasons + list(_key_faults(dataset, resource))


def _pattern_faults(limits: Descriptor) -> Iterator[str]:
    try:
        re.compile(limits.get("pattern", ""))
    except re.error as error:
        yield f"pattern: {error}"


def _key_faults(dataset: DatasetFile, resource: Resource) -> Iterator[str]:
    """Foreign keys that can match nothing: to another dataset, to no table or column, or of another type."""
    for key in resource.table_schema.foreign_keys:
        end = key.reference
        label = f"foreign key {', '.join(key.fields)}"
        if end.dataset not in (None, dataset.name):
            yield f"{label}: goes to dataset {end.dataset}; declare it in `keys`"
            continue
        try:
            target = dataset.resource(end.resource) if end.resource else resource
            types = [
                (_family(resource.field(a)), _family(target.field(b)))
                for a, b in zip(key.fields, end.fields, strict=True)
            ]
        except (KeyError, ValueError):
            yield f"{label}: no such table or columns: {end.resource}[{', '.join(end.fields)}]"
            continue
        if any(mine != theirs for mine, theirs in types):
            yield f"{label}: the columns are of other types than those of {target.name}"


def _family(field: DataField) -> str:
    return "number" if field.type in ("integer", "number", "year") else field.type


def _params(problem: Problem, schema: Descriptor, places: Places) -> Params | Callable[[int], Params]:
    """What the message of a problem says beside its place."""
    field = next(f for f in schema["fields"] if f["name"] == problem.columns[0])
    if problem.code == "type-error":
        return {"expected": EXAMPLES[field["type"]]}
    if problem.code == "constraint-enum":
        codes = field["constraints"]["enum"]
        more = ", …" if len(codes) > SHOWN_CODES else ""
        return {"expected": ", ".join(codes[:SHOWN_CODES]) + more}
    if problem.code in ("primary-key-duplicate", "constraint-unique"):
        return _first_lines(problem, places)
    if problem.code == "foreign-key-missing":
        return {"reference": problem.reference}
    if problem.constraint and problem.constraint != "required":
        declared = places.resource.field(problem.columns[0]).constraints.model_dump(by_alias=True)
        limit = declared[problem.constraint]
        return {"expected": EDTF_EXAMPLES if limit is None else limit}
    return {}


def _first_lines(problem: Problem, places: Places) -> Params | Callable[[int], Params]:
    """For a row that repeats a key: the line on which the key stands first."""
    if LINE not in places.table:
        return {}
    texts = pd.DataFrame({c: places.text(c) for c in problem.columns})
    group = texts.groupby(list(problem.columns), dropna=False, sort=False).ngroup()
    lines = places.table[LINE].groupby(group.to_numpy(), sort=False).first()
    return lambda position: {"first": lines[group.iloc[position]]}
