"""The paths of each table in the OpenAPI, with a typed parameter for each column and operator.

What belongs here: `readings`, `tables`. What does not: the reading of those parameters, which is `filters`; both are made from the
columns of a table, so what is declared is what is accepted.
"""

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
    parameters: Described = {}
    schemas: Described = {"Problem": _PROBLEM_SCHEMA}
    for dataset, reading in made.items():
        shown = site.datasets[dataset]
        versions = [e.version for e in shown.index.versions if e.version not in shown.withdrawn]
        for table in reading.tables:
            name = f"{dataset}.{table.name}"
            own = {p["name"]: p for p in [*_filters(table), *_reserved(table, versions)]}
            parameters |= {f"{name}.{key}": p for key, p in own.items()}
            schemas[name] = _row(table)
            paths |= _paths(dataset, table, name, list(own))
    responses = {"Problem": {"description": "A problem, RFC 9457.", "content": {PROBLEM: {"schema": _ref("Problem")}}}}
    return {"paths": paths, "components": {"parameters": parameters, "schemas": schemas, "responses": responses}}


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


def _ref(schema: str) -> Described:
    return {"$ref": f"#/components/schemas/{schema}"}


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
    if example is not None and operator in ("eq", "gte") and "," not in example:
        schema["examples"] = [example]
    if operator == "in":
        pattern = {"pattern": "^[^\\x00,\\\\]+$"} if column.type == "string" else {}
        return {"type": "array", "minItems": 1, "items": {**schema, **pattern}}
    return schema


def _parameter(name: str, schema: Described, description: str) -> Described:
    out: Described = {"name": name, "in": "query", "schema": schema, "description": description}
    if schema["type"] == "array":
        out |= {"style": "form", "explode": False}
    return out


def _reserved(table: ReadTable, versions: list[str]) -> list[Described]:
    names = [c.name for c in table.columns]
    numeric = [c.name for c in table.columns if c.type in ("integer", "year", "number")]
    moment = {"type": "string", "format": "date-time"}
    day = {"type": "string", "format": "date", "examples": FORMS["date"]}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
    both_ways = [*names, *(f"-{n}" for n in names)]
    out = [
        _parameter(
            "version", {"type": "string", "enum": [*versions, "latest"]}, "The version; the current one without."
        ),
        _parameter("published_by", moment, "A moment or a day: the newest version that was published by then."),
        _parameter("lang", {"type": "string", "enum": ["es", "en"]}, "Language of messages."),
        _parameter("select", _list(names), "Columns, in this order."),
        _parameter("order", _list(both_ways), "Columns to sort by; `-` before one: falling. Empty cells are last."),
        _parameter("limit", limit, "Most rows of a page."),
        _parameter("after", {"type": "string"}, "Where the page begins: of the address `next` of the page before."),
        {**_parameter("by", {**_list(names), "maxItems": 2}, "One or two columns to group by."), "required": True},
    ]
    if table.searched:
        words = {"type": "string", "pattern": "^[A-Za-z0-9]+( [A-Za-z0-9]+){0,9}$"}
        out.append(_parameter("q", words, "Words to look for, without case and accents; the last may be a beginning."))
    if table.valid_from or table.valid_to:
        out.append(_parameter("valid_on", day, "A day: the rows that held then; those that do not say are counted."))
    if numeric:
        out += [
            _parameter(m, _list(numeric), f"Numeric columns: their {m} in each group.")
            for m in ("sum", "min", "max", "avg")
        ]
    return out


def _list(names: list[str]) -> Described:
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "enum": names}}


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


def _paths(dataset: str, table: ReadTable, name: str, parameters: list[str]) -> Described:
    place = f"/v1/datasets/{dataset}/tables/{table.name}"
    groups = {"by", "sum", "min", "max", "avg"}
    page = {"limit", "after"}
    shape = {"select", "order"}

    def operation(
        kind: str, summary: str, content: Described, without: set[str], own: Described | None = None
    ) -> Described:
        refs = [{"$ref": f"#/components/parameters/{name}.{p}"} for p in parameters if p not in without]
        return {
            "get": {
                "operationId": f"{name}.{kind}",
                "tags": [dataset],
                "summary": f"{table.titles.en} · {table.titles.es}: {summary}",
                "description": f"{table.descriptions.en}\n\n{table.descriptions.es}",
                "parameters": [*([own] if own else []), *refs],
                "responses": {"200": {"description": summary, "content": content}, "default": PROBLEM_ANSWER},
            }
        }

    all_but_version = {p for p in parameters if p not in ("version", "published_by", "lang")}
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": PRINTABLE},
        "description": f"Key: {', '.join(table.key)}; the parts separated by `/`.",
    }
    head = {"dataset": {"type": "string"}, "version": {"type": "string"}, "table": {"type": "string"}}
    counts = {
        **head,
        "total": {"type": "integer"},
        "unknown": {"type": "integer"},
        "next": {"type": ["string", "null"]},
    }
    paths = {
        place: operation("page", "rows", _json({**counts, "rows": {"type": "array", "items": _ref(name)}}), groups),
        f"{place}/rows/{{key}}": operation("row", "one row", _json({**head, "row": _ref(name)}), all_but_version, key),
        f"{place}/groups": operation(
            "groups", "counts", _json({**counts, "groups": {"type": "array", "items": {"type": "object"}}}), shape
        ),
    }
    for extension in WRITERS:
        content: Described = {media_type(f"x.{extension}"): {}}
        paths[f"{place}.{extension}"] = operation(extension, f"the whole as {extension}", content, groups | page)
    return paths


def _json(properties: Described) -> Described:
    return {JSON: {"schema": {"type": "object", "properties": properties}}}
