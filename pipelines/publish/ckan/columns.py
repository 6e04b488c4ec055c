"""The columns of a table as the DataStore is to have them: types, data dictionary, key and indexes.

What belongs here: the way from the Table Schema of a release to the words of `datastore_create`, and from
`datastore_info` back to what differs. What does not: rows, and any call.

Types, and why: `int8`, for the integers of a release have 64 bits and CKAN's own table designer takes it too; `float8`,
for a number of a release is a float of 64 bits: it comes back to the last digit, and short (`numeric` writes `5e-324`
with 330 digits, and would let in what no release can hold); `timestamptz`, for CKAN shows a `timestamp` without its zone
and cut to milliseconds (2.12) or seconds (2.11), and an instant must come back as it was. Another type for a word of
the Table Schema needs new resources: CKAN cannot alter a column.
"""

import hashlib
import json
from typing import Any

from pipelines.contracts.findings import Finding, finding
from pipelines.publish.ckan.model import FieldChange, WantedTable

TYPES = {
    "string": "text",
    "integer": "int8",
    "year": "int4",
    "number": "float8",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamptz",
}
"""Type of the Table Schema: type of the DataStore."""
NAME_BYTES = 63
"""Longest name of a column in PostgreSQL, in bytes; CKAN refuses longer ones."""


def columns_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of a published Table Schema in the form of `datastore_create`.

    `info` is CKAN's data dictionary: it shows `label` and `notes`, which are Spanish, and keeps the rest.
    """
    return [{"id": f["name"], "type": TYPES[f["type"]], "info": _info(f)} for f in schema["fields"]]


def _info(field: dict[str, Any]) -> dict[str, str]:
    titles, descriptions = field.get("titles", {}), field.get("descriptions", {})
    info = {
        "label": titles.get("es") or field.get("title"),
        "notes": descriptions.get("es") or field.get("description"),
        "label_en": titles.get("en"),
        "notes_en": descriptions.get("en"),
        "unit": field.get("unit"),
        "vocabulary": field.get("vocabulary"),
    }
    return {word: text for word, text in info.items() if text}


def key_of(schema: dict[str, Any]) -> list[str]:
    """The primary key of a published Table Schema; empty if a column of it is not public."""
    return _listed(schema.get("primaryKey"))


def indexes_of(resource: dict[str, Any]) -> list[str]:
    """Columns of a resource of a Data Package that get an index of their own: those that name rows of other tables.

    By these readers join and filter. Codes have few values, and an index on them is not worth its cost; the first
    column of the primary key has an index already.
    """
    schema = resource["schema"]
    keys = [_listed(key["fields"]) for key in [*schema.get("foreignKeys", []), *resource.get("keys", [])]]
    return sorted({names[0] for names in keys if len(names) == 1} - set(key_of(schema)[:1]))


def _listed(names: str | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or [])


def columns_hash(table: WantedTable) -> str:
    """Hash of columns, key and indexes as they are wanted: 64 hexadecimal digits."""
    said = {"columns": table.columns, "key": table.key, "indexes": table.indexes}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def column_findings(table: WantedTable) -> list[Finding]:
    """Columns that no DataStore can have: names longer than `NAME_BYTES`."""
    return [
        finding("target-column-name", table=table.table, field=c["id"], params={"limit": NAME_BYTES})
        for c in table.columns
        if len(c["id"].encode()) > NAME_BYTES
    ]


def column_changes(table: WantedTable, info: dict[str, Any]) -> list[FieldChange]:
    """What differs between `table` and an answer of `datastore_info`, column by column.

    CKAN does not tell which index is of the key, nor all indexes of a column; it tells the name of one, which it makes
    of the columns in it. So a key that was taken away shows as an index that is missing.
    """
    there = {f["id"]: f for f in info["fields"] if not f["id"].startswith("_")}
    wanted = {c["id"]: c for c in table.columns}
    changes = [
        FieldChange(field=f"columns.{n}.type", shown=there.get(n, {}).get("type"), wanted=wanted.get(n, {}).get("type"))
        for n in dict.fromkeys([*wanted, *there])
        if there.get(n, {}).get("type") != wanted.get(n, {}).get("type")
    ]
    both = [n for n in wanted if n in there]
    for name in both:
        shown, own = there[name].get("info") or {}, wanted[name]["info"]
        changes += [
            FieldChange(field=f"columns.{name}.info.{word}", shown=shown.get(word) or None, wanted=own.get(word))
            for word in sorted({*shown, *own})
            if (shown.get(word) or None) != own.get(word)
        ]
    return changes + [c for name in both if (c := _index_change(table, name, there[name].get("schema") or {}))]


def _index_change(table: WantedTable, name: str, schema: dict[str, Any]) -> FieldChange | None:
    """Whether a column has an index where one is wanted, and none where none is."""
    groups = [group for group in [table.key, *([i] for i in table.indexes)] if name in group]
    names = [index_name(table.resource, group) for group in groups]
    shown = schema.get("index_name")
    if shown in names or (not names and shown is None):
        return None
    return FieldChange(field=f"columns.{name}.index", shown=shown, wanted=names[0] if names else None)


def index_name(resource: str, columns: list[str]) -> str:
    """The name that CKAN gives an index: `_generate_index_name` of its PostgreSQL backend."""
    quoted = ", ".join(f'"{name}"' for name in columns)
    return hashlib.sha1((resource + quoted).encode()).hexdigest()  # noqa: S324 - a name, not a secret
