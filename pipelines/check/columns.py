"""A dataset column by column: the answers of `exact` for tables that are too long to read row by row.

What belongs here: the same checks over each different value once, read by the cell readers of
frictionless, and keys as sets. What does not: any meaning that frictionless does not give; a test holds
the two ways against each other.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from pipelines.check.places import among, at, distinct, joined_keys, present
from pipelines.check.problems import Problem, code_of
from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.tables import Tables, as_text, dtype_of

_ANY_TEXT = {"required", "unique"}
_BOUNDS = {"required", "unique", "minimum", "maximum"}


def check_columns(dataset: DatasetFile, schemas: dict[str, dict[str, Any]], tables: Tables) -> list[Problem]:
    """The problems of all tables under their Table Schemas (by table name), sorted by table, code and columns."""
    out: list[Problem] = []
    readable: dict[str, pd.DataFrame] = {}
    for name, schema in schemas.items():
        problems, readable[name] = _check_cells(dataset.resource(name), schema, tables[name])
        out += problems
    for name, schema in schemas.items():
        out += _check_keys(name, schema, readable)
    return sorted((p for p in out if len(p.positions)), key=lambda p: p[:3])


def _check_cells(resource: Resource, schema: dict[str, Any], table: pd.DataFrame) -> tuple[list[Problem], pd.DataFrame]:
    """The problems of single cells, and the texts of the cells, without those that are not of their type."""
    from frictionless import Schema

    texts = pd.DataFrame({f["name"]: present(as_text(table[f["name"]])) for f in schema["fields"]})
    blank = texts.isna().all(axis=1)
    key = tuple(schema["primaryKey"])
    out = [Problem(resource.name, "row-empty", key, at(blank))]
    for field in Schema.from_descriptor(schema).fields:
        column = texts[field.name]
        if field.constraints.get("required"):
            code = code_of("required", field.name, key)
            out.append(Problem(resource.name, code, (field.name,), at(column.isna() & ~blank), "required"))
        typed = table[field.name].dtype == dtype_of(resource.field(field.name))
        candidates = _suspects(field, table[field.name], column, typed=typed)
        for fault, values in _faulty(field, candidates).items():
            positions = at(column.isin(values))
            if fault == "type":
                out.append(Problem(resource.name, "type-error", (field.name,), positions))
                texts[field.name] = column.mask(column.isin(values))
            else:
                code = code_of(fault, field.name, key)
                out.append(Problem(resource.name, code, (field.name,), positions, fault))
    return out, texts


def _suspects(field: Any, column: pd.Series, texts: pd.Series, *, typed: bool) -> Sequence[str]:
    """The values that have to be read, each once; none where the type of the column already answers.

    A column that has only bounds is in order when its lowest and its highest value are.
    """
    wanted = {name for name, value in field.constraints.items() if value is not None and value is not False}
    if typed and wanted <= _ANY_TEXT and field.type != "year":
        return []
    if typed and wanted <= _BOUNDS and field.type not in ("string", "boolean", "year"):
        ends = pd.Series([column.min(), column.max()], dtype=column.dtype)
        if not _faulty(field, present(as_text(ends)).dropna().tolist()):
            return []
    return distinct(texts)


def _faulty(field: Any, values: Sequence[str]) -> dict[str, list[str]]:
    """The values that break a constraint or the type, by the word of frictionless for it."""
    read = field.create_cell_reader()
    out: dict[str, list[str]] = {}
    for value in values:
        for word in read(value)[1] or ():
            out.setdefault(word, []).append(value)
    return out


def _check_keys(name: str, schema: dict[str, Any], readable: dict[str, pd.DataFrame]) -> Iterator[Problem]:
    texts = readable[name]
    key = tuple(schema["primaryKey"])
    yield Problem(name, "primary-key-duplicate", key, _repeated(texts[list(key)]))
    for field in schema["fields"]:
        if field["constraints"].get("unique"):
            column = field["name"]
            yield Problem(name, "constraint-unique", (column,), _repeated(texts[[column]]), "unique")
    for foreign in schema["foreignKeys"]:
        end, columns = foreign["reference"], tuple(foreign["fields"])
        other = end["resource"] or name
        known = joined_keys(readable[other][end["fields"]])
        mine = joined_keys(texts[list(columns)])
        positions = at(mine.notna() & ~among(mine, known))
        yield Problem(name, "foreign-key-missing", columns, positions, None, f"{other}.{','.join(end['fields'])}")


def _repeated(keys: pd.DataFrame) -> Any:
    one = joined_keys(keys)
    return at(one.notna() & one.duplicated(keep="first"))
