"""The paths of each table in the OpenAPI, with a typed parameter for each column and operator.

What belongs here: `readings`, `tables`. What does not: the reading of those parameters, which is `filters`; both are made from the
columns of a table, so what is declared is what is accepted.

A parameter or a list of columns that is the same in several places stands once among the components: with 27 tables the
document would otherwise have 2.6 MB.
"""

import json
from collections import Counter
from contextlib import suppress
from typing import Any

from pipelines.contracts.reading import ReadColumn, Reading, ReadTable
from portal.answer import JSON, PROBLEM, Problem, media_type
from portal.export import WRITERS
from portal.filters import FORMS, LIMIT, MOST, RESERVED, operators
from portal.site import Site

Described = dict[str, Any]

_TYPES: dict[str, Described] = {
    "string": {"type": "string", "minLength": 1, "pattern": "^[^\\x00]+$"},
    "integer": {"type": "integer", "minimum": -(10**17), "maximum": 10**17},
    "year": {"type": "integer", "minimum": -9999, "maximum": 9999},
    "number": {"type": "number", "minimum": -1e300, "maximum": 1e300},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_WORDS = {
    "eq": "Equal to.",
    "ne": "Not equal to; empty cells are left out.",
    "lt": "Less than.",
    "lte": "Less than or equal to.",
    "gt": "Greater than.",
    "gte": "Greater than or equal to.",
    "in": "One of; a comma within a value is written `\\,`.",
    "contains": "Contains the text, without case and accents.",
    "null": "`true`: the cell is empty; `false`: it is not.",
}
PRINTABLE = "^[ -~\u00a1-\u00ac\u00ae-\u0377]+$"
"""What can be printed, as far as it can be said in a pattern that every reader of one understands."""

PROBLEM_ANSWER: Described = {"$ref": "#/components/responses/Problem"}


def readings(site: Site) -> dict[str, Reading]:
    """What was made of the versions that are pinned, by dataset; without those of which nothing can be asked yet."""
    found = {}
    for dataset, shown in site.datasets.items():
        if shown.pinned is not None:
            with suppress(Problem):
                found[dataset] = site.reading(dataset, shown.pinned)
    return found


def tables(site: Site, made: dict[str, Reading]) -> Described:
    """The paths and components of the tables of `made` (`readings`)."""
    paths: Described = {}
    parameters = Shared("parameters")
    schemas = Shared("schemas")
    schemas.add("Problem", _PROBLEM_SCHEMA)
    for dataset, reading in made.items():
        shown = site.datasets[dataset]
        versions = [e.version for e in shown.index.versions if e.version not in shown.withdrawn]
        for table in reading.tables:
            own = {
                p["name"]: parameters.add(p["name"], p)
                for p in [*_filters(table), *_reserved(table, versions, schemas)]
            }
            row = schemas.add(f"{dataset}.{table.name}", _row(table))
            paths |= _paths(dataset, table, row, own)
    problem = {"description": "A problem, RFC 9457.", "content": {PROBLEM: {"schema": _ref("schemas", "Problem")}}}
    return {
        "paths": paths,
        "components": {"parameters": parameters.named, "schemas": schemas.named, "responses": {"Problem": problem}},
    }


class Shared:
    """Components of one kind, each once: one that another name has already is referred to by that."""

    def __init__(self, kind: str) -> None:
        self.named: Described = {}
        self._kind = kind
        self._known: dict[str, str] = {}
        self._same: Counter[str] = Counter()

    def add(self, name: str, component: Described) -> Described:
        """The reference to a component; under its name, or that and a number where others have the name."""
        text = json.dumps(component)
        if text not in self._known:
            self._same[name] += 1
            number = self._same[name]
            self._known[text] = name if number == 1 else f"{name}.{number}"
            self.named[self._known[text]] = component
        return _ref(self._kind, self._known[text])


_PROBLEM_SCHEMA: Described = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}


def _ref(kind: str, name: str) -> Described:
    return {"$ref": f"#/components/{kind}/{name}"}


def _filters(table: ReadTable) -> list[Described]:
    """One parameter for each column and operator."""
    out = []
    for column in table.columns:
        for operator in operators(column):
            plain = operator == "eq" and column.name not in RESERVED
            name = column.name if plain else f"{column.name}__{operator}"
            out.append(_parameter(name, _value(column, operator), f"{column.titles.en}: {_WORDS[operator]}"))
    return out


def _value(column: ReadColumn, operator: str) -> Described:
    if operator == "null":
        return {"type": "boolean"}
    schema: Described = dict(_TYPES[column.type])
    example = column.most if column.type not in ("integer", "year", "number", "boolean") else None
    if example is not None and operator == "eq" and "," not in example:
        schema["examples"] = [example]
    if operator == "in":
        pattern = {"pattern": "^[^\\x00,\\\\]+$"} if column.type == "string" else {}
        return {"type": "array", "minItems": 1, "items": {**schema, **pattern}}
    return schema


def _parameter(name: str, schema: Described, description: str) -> Described:
    out: Described = {"name": name, "in": "query", "schema": schema, "description": description}
    if schema.get("type") == "array":
        out |= {"style": "form", "explode": False}
    return out


def _reserved(table: ReadTable, versions: list[str], schemas: Shared) -> list[Described]:
    """The parameters that are no filters; the names of columns as schemas of their own."""
    names = [c.name for c in table.columns]
    numeric = [c.name for c in table.columns if c.type in ("integer", "year", "number")]
    moment = {"type": "string", "format": "date-time"}
    day = {"type": "string", "format": "date", "examples": FORMS["date"]}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
    columns = schemas.add("columns", _names(names))
    both_ways = schemas.add("order", _names([*names, *(f"-{n}" for n in names)]))
    out = [
        _parameter(
            "version", {"type": "string", "enum": [*versions, "latest"]}, "The version; the current one without."
        ),
        _parameter("published_by", moment, "A moment or a day: the newest version that was published by then."),
        _parameter("lang", {"type": "string", "enum": ["es", "en"]}, "Language of messages."),
        _parameter("select", _list(columns), "Columns, in this order."),
        _parameter("order", _list(both_ways), "Columns to sort by; `-` before one: falling. Empty cells are last."),
        _parameter("limit", limit, "Most rows of a page."),
        _parameter("after", {"type": "string"}, "Where the page begins: of the address `next` of the page before."),
        {**_parameter("by", {**_list(columns), "maxItems": 2}, "One or two columns to group by."), "required": True},
    ]
    if table.searched:
        words = {"type": "string", "pattern": "^[A-Za-z0-9]+( [A-Za-z0-9]+){0,9}$"}
        out.append(_parameter("q", words, "Words to look for, without case and accents; the last may be a beginning."))
    if table.valid_from or table.valid_to:
        out.append(_parameter("valid_on", day, "A day: the rows that held then; those that do not say are counted."))
    if numeric:
        numbers = schemas.add("numbers", _names(numeric))
        out += [
            _parameter(m, _list(numbers), f"Numeric columns: their {m} in each group.")
            for m in ("sum", "min", "max", "avg")
        ]
    return out


def _names(names: list[str]) -> Described:
    return {"type": "string", "enum": names}


def _list(items: Described) -> Described:
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": items}


def _row(table: ReadTable) -> Described:
    """The schema of a row; without required columns, for `select` leaves some out."""
    properties = {
        c.name: {
            "type": [{"year": "integer", "date": "string", "datetime": "string"}.get(c.type, c.type), "null"],
            "title": c.titles.en,
            "description": f"{c.descriptions.en}\n\n{c.descriptions.es}",
        }
        for c in table.columns
    }
    return {"type": "object", "title": table.titles.en, "properties": properties}


def _paths(dataset: str, table: ReadTable, row: Described, parameters: dict[str, Described]) -> Described:
    """The paths of a table. `row`: the schema of a row. `parameters`: all that it has, by their names."""
    place = f"/v1/datasets/{dataset}/tables/{table.name}"
    groups = {"by", "sum", "min", "max", "avg"}
    page = {"limit", "after"}
    shape = {"select", "order"}

    def operation(
        kind: str, summary: str, content: Described, without: set[str], own: Described | None = None
    ) -> Described:
        refs = [ref for name, ref in parameters.items() if name not in without]
        return {
            "get": {
                "operationId": f"{dataset}.{table.name}.{kind}",
                "tags": [dataset],
                "summary": f"{table.titles.en} · {table.titles.es}: {summary}",
                "description": f"{table.descriptions.en}\n\n{table.descriptions.es}",
                "parameters": [*([own] if own else []), *refs],
                "responses": {"200": {"description": summary, "content": content}, "default": PROBLEM_ANSWER},
            }
        }

    all_but_version = {p for p in parameters if p not in ("version", "published_by", "lang")}
    key = _in_path("key", {"pattern": PRINTABLE}, f"Key: {', '.join(table.key)}; the parts separated by `/`.")
    extension = _in_path("extension", {"enum": list(WRITERS)}, "The format of the file.")
    head = {"dataset": {"type": "string"}, "version": {"type": "string"}, "table": {"type": "string"}}
    counts = {
        **head,
        "total": {"type": "integer"},
        "unknown": {"type": "integer"},
        "next": {"type": ["string", "null"]},
    }
    files: Described = {media_type(f"x.{e}"): {} for e in WRITERS}
    return {
        place: operation("page", "rows", _json({**counts, "rows": {"type": "array", "items": row}}), groups),
        f"{place}/rows/{{key}}": operation("row", "one row", _json({**head, "row": row}), all_but_version, key),
        f"{place}/groups": operation(
            "groups", "counts", _json({**counts, "groups": {"type": "array", "items": {"type": "object"}}}), shape
        ),
        f"{place}.{{extension}}": operation("file", "the whole as a file", files, groups | page, extension),
    }


def _in_path(name: str, schema: Described, description: str) -> Described:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", **schema},
        "description": description,
    }


def _json(properties: Described) -> Described:
    return {JSON: {"schema": {"type": "object", "properties": properties}}}
