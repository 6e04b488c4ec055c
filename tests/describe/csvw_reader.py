"""Run with `.venv-csvw/bin/python`, not with pytest: what the package `csvw` reads in each folder, as JSON.

It imports nothing of ours: the pins of `csvw` conflict with those of the project, so it has an environment of its own.
A folder becomes `{"problems": [text], "tables": [{"url", "rows": [{"cells", "urls", "triples"}]}]}`:
`urls` has the expanded templates of each mapped column, a triple is
`[subject, property, {"kind": "iri" | "literal", "value", and "lang" or "datatype" where it has one}]`.
A folder with problems has no tables.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from csvw import CSVW

XSD = "http://www.w3.org/2001/XMLSchema#"


def problems(found: CSVW) -> list[str]:
    """What the strict way says, in which a warning and an empty foreign key are faults too."""
    try:
        return [] if found.is_valid else [str(w.message) for w in found.warnings]
    except ValueError as error:
        return [str(error)]


def urls(table: Any, column: Any, row: dict[str, Any], number: int) -> dict[str, str]:
    """The templates of a column, filled in with a row."""
    templates = {
        "aboutUrl": column.inherit("aboutUrl"),
        "propertyUrl": column.propertyUrl,
        "valueUrl": column.valueUrl,
    }
    return {name: table.expand(template, row, _row=number) for name, template in templates.items() if template}


def literals(column: Any, cell: Any, text: str) -> Iterator[dict[str, str]]:
    """The values of a cell; one that is not a list keeps the form that it has in the file."""
    kind, lang = column.datatype.base, column.inherit("lang")
    for value in cell if isinstance(cell, list) else [text]:
        said = {"kind": "literal", "value": value}
        if kind != "string":
            said["datatype"] = XSD + kind
        elif lang != "und":
            said["lang"] = lang
        yield said


def triples(columns: list[Any], row: dict[str, Any], text: dict[str, str], told: dict[str, Any]) -> Iterator[list[Any]]:
    """The triples of the mapped columns (Generating RDF from Tabular Data on the Web, 4.2)."""
    for column in columns:
        cell = None if column.virtual else row[column.name]
        if not column.virtual and cell in (None, []):
            continue
        url = told[column.name]
        values: Any = [{"kind": "iri", "value": url["valueUrl"]}] if "valueUrl" in url else None
        for value in values or literals(column, cell, text[column.name]):
            yield [url["aboutUrl"], url["propertyUrl"], value]


def rows(folder: Path, table: Any) -> Iterator[dict[str, Any]]:
    columns = [c for c in table.tableSchema.columns if c.propertyUrl]
    with (folder / str(table.url)).open(encoding="utf-8", newline="") as stream:
        for number, (row, text) in enumerate(zip(table, csv.DictReader(stream), strict=True), 1):
            told = {c.name: urls(table, c, row, number) for c in columns}
            yield {"cells": row, "urls": told, "triples": list(triples(columns, row, text, told))}


def reading(folder: Path) -> dict[str, Any]:
    found = CSVW(str(folder / "csvw.json"), validate=True, strict=True)
    wrong = problems(found)
    tables = [] if wrong else [{"url": str(t.url), "rows": list(rows(folder, t))} for t in found.tables]
    return {"problems": wrong, "tables": tables}


if __name__ == "__main__":
    print(json.dumps([reading(Path(folder)) for folder in sys.argv[1:]], default=str))
