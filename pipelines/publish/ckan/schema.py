"""The schema that a portal has for its datasets (ckanext-scheming), and the shape that it gives to values.

What belongs here: what a field of a schema takes (one value or several, which choices, which languages, what form of
date) and putting a value into that form. What does not: which values there are.

Sources: ckanext-scheming 3.1 (`validation.py`, `presets.json`), ckanext-fluent (fields of several languages),
ckanext-dcat 2.4 (`validators.py`), CKAN 2.12 (`isodate`).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.contracts.text import LANGS, Text, Words

SchemaField = Mapping[str, Any]
"""A field as `scheming_dataset_schema_show` gives it, its presets expanded."""
SchemaFields = Mapping[str, SchemaField]

_MANY = ("scheming_multiple_text", "scheming_multiple_choice")
_DAY = ("isodate", "convert_to_json_if_date")
_MOMENT = ("scheming_isodatetime", "scheming_isodatetime_tz")


def by_name(fields: Iterable[dict[str, Any]]) -> SchemaFields:
    """The fields of a schema by their name."""
    return {field["field_name"]: field for field in fields}


def is_fluent(field: SchemaField) -> bool:
    """Whether it holds its text in several languages."""
    return any(name.startswith("fluent") for name in _validators(field))


def is_required(field: SchemaField) -> bool:
    """Whether a dataset without it is refused: it says so, or it has a validator that takes nothing empty."""
    return bool(field.get("required")) or "not_empty" in _validators(field)


def choices(field: SchemaField) -> list[str] | None:
    """The only values that it takes; None if it takes any, or if only the portal's own code knows them."""
    if not any(name in ("scheming_choices", "scheming_multiple_choice") for name in _validators(field)):
        return None
    listed = field.get("choices")
    return [str(choice["value"]) for choice in listed] if listed else None


def languages_of(field: SchemaField, schema: Iterable[str]) -> list[str]:
    """The languages in which a field of several languages must be filled; `schema`: those of the whole schema."""
    if not (is_fluent(field) and is_required(field)):
        return []
    return list(field.get("form_languages") or field.get("required_languages") or schema)


def shaped(field: SchemaField, value: Any) -> Any:
    """`value` as `package_show` gives it back from this field; empty (None, "", []) where nothing of it fits.

    `value`: a text, a number, a `Text` or `Words` of both languages, a list of texts, or a list of mappings for a
    field with subfields, of which only those remain that the schema has.
    """
    if "repeating_subfields" in field:
        return _items(by_name(field["repeating_subfields"]), value)
    if is_fluent(field):
        # What is in no language, an IRI say, is the same in each.
        return {lang: value.get(lang) if isinstance(value, (Text, Words)) else value for lang in LANGS}
    if _is_many(field):
        return _several(field, plain(value))
    return _single(field, plain(value))


def is_empty(value: Any) -> bool:
    """Whether a portal makes no difference between `value` and nothing."""
    return value is None or value == "" or value == [] or value == {}


def plain(value: Any) -> Any:
    """`value` without its English, for a field of one language."""
    return value.es if isinstance(value, (Text, Words)) else value


def as_text(value: Any) -> Any:
    """`value` as a free field holds it: lists and mappings as JSON in a text, which is what ckanext-dcat reads."""
    value = plain(value)
    return json.dumps(value, ensure_ascii=False, default=plain) if isinstance(value, (list, dict)) else value


def _items(subfields: SchemaFields, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        return []
    items = [{k: shaped(subfields[k], v) for k, v in item.items() if k in subfields and v} for item in value]
    return [item for item in items if item]


def _is_many(field: SchemaField) -> bool:
    return any(name in _MANY for name in _validators(field))


def _several(field: SchemaField, value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    allowed = choices(field)
    if allowed is None:
        return values
    chosen = [_choice(allowed, one) for one in values]
    # CKAN keeps them in the order of its choices.
    return sorted(dict.fromkeys(chosen), key=lambda one: allowed.index(one) if one in allowed else len(allowed))


def _single(field: SchemaField, value: Any) -> Any:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else as_text(value)
    allowed = choices(field)
    if allowed is not None:
        return _choice(allowed, value)
    names = _validators(field)
    if any(name in _DAY for name in names):
        return str(value)[:10]
    if any(name in _MOMENT for name in names):
        moment = datetime.fromisoformat(str(value))
        return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat(timespec="seconds")
    return value


def _choice(allowed: list[str], value: Any) -> Any:
    """The choice that means `value`: itself, or the code at the end of its IRI."""
    if value in allowed:
        return value
    code = str(value).rstrip("/").rsplit("/", 1)[-1]
    return next((one for one in allowed if one == code or one.rstrip("/").rsplit("/", 1)[-1] == code), value)


def _validators(field: SchemaField) -> list[str]:
    return str(field.get("validators") or "").split()
