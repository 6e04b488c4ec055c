"""A dataset row by row through frictionless: what it says is what we say.

What belongs here: handing the tables to frictionless and giving its errors our names. What does not: any
rule of our own. Long tables go through `columns`, which gives the same answers.

Defaults of frictionless that would lose something are set here: no limit on errors, no guessing of
types, and the schema decides which texts are missing.
"""

import re
from collections import defaultdict
from typing import Any

import numpy as np

from pipelines.check.problems import Problem, code_of
from pipelines.contracts.tables import Tables, as_text

_CONSTRAINT = re.compile(r'constraint "(\w+)"')
_ALL_ERRORS = 0
_FIRST_ROW = 2
"""Frictionless counts rows from 1, and the header is the first."""

Where = tuple[str, tuple[str, ...], str | None, str | None]
"""Code, columns, constraint and reference of a problem."""


def check_exactly(schemas: dict[str, dict[str, Any]], tables: Tables) -> list[Problem]:
    """The problems of all tables under their Table Schemas (by table name), sorted by table, code and columns.

    Raises `RuntimeError` when frictionless answers with an error that has no name here, and
    `FrictionlessException` on a schema that cannot be applied.
    """
    from frictionless import Detector, Package, Resource, Schema

    resources = []
    for name, schema in schemas.items():
        columns = [f["name"] for f in schema["fields"]]
        texts = [as_text(tables[name][c]) for c in columns]
        cells = [t.astype(object).where(t.notna(), None).tolist() for t in texts]
        resources.append(
            Resource(
                name=name,
                data=[columns, *(list(row) for row in zip(*cells, strict=True))],
                schema=Schema.from_descriptor(schema),
                detector=Detector(schema_sync=False),
            )
        )
    report = Package(resources=resources).validate(limit_errors=_ALL_ERRORS)
    if report.errors:
        raise RuntimeError("; ".join(e.message for e in report.errors))
    out = []
    for task in report.tasks:
        rows: dict[Where, set[int]] = defaultdict(set)
        for error in task.errors:
            where = _named(error, task.name, schemas[task.name])
            if where:
                rows[where].add(error.row_number - _FIRST_ROW)
        for (code, named, constraint, reference), positions in rows.items():
            out.append(Problem(task.name, code, named, np.array(sorted(positions)), constraint, reference))
    return sorted(out, key=lambda p: p[:3])


def _named(error: Any, table: str, schema: dict[str, Any]) -> Where | None:
    """The name of an error of frictionless; None if another error of the row says the same."""
    key = tuple(schema["primaryKey"])
    if error.type == "blank-row":
        return "row-empty", key, None, None
    if error.type == "type-error":
        return "type-error", (error.field_name,), None, None
    if error.type == "unique-error":
        return "constraint-unique", (error.field_name,), "unique", None
    if error.type == "constraint-error":
        match = _CONSTRAINT.match(error.note)
        if match:
            return code_of(match[1], error.field_name, key), (error.field_name,), match[1], None
    if error.type == "primary-key":
        # an empty key is said cell by cell: its columns are required
        return None if "None" in error.note else ("primary-key-duplicate", key, None, None)
    if error.type == "foreign-key":
        reference = f"{error.reference_name or table}.{','.join(error.reference_field_names)}"
        return "foreign-key-missing", tuple(error.field_names), None, reference
    raise RuntimeError(f"frictionless: {error.type}: {error.message}")
