"""What a change of the published schema means for those who read the data.

What belongs here: comparing two sets of published Table Schemas. What does not: what follows from it (a
major change is held until it is announced), and the data.
"""

from collections.abc import Iterator
from typing import Any, Literal

SchemaChange = Literal["first", "none", "patch", "minor", "major"]
Note = tuple[SchemaChange, str]
Schema = dict[str, Any]

_WEIGHT: dict[SchemaChange, int] = {"none": 0, "patch": 1, "minor": 2, "major": 3}
_LOWER = ("minimum", "minLength", "exclusiveMinimum")
_UPPER = ("maximum", "maxLength", "exclusiveMaximum")


def classify_schema(former: dict[str, Schema] | None, new: dict[str, Schema]) -> tuple[SchemaChange, list[str]]:
    """The kind of change between two sets of published Table Schemas by table, and a note for each part of it.

    `major` is what a program that reads the data may stumble over: a table or column removed or of another
    type, another primary key, a foreign key gone, and anything narrower than before (newly required, a code
    less, tighter bounds, another pattern). `minor` is what is new or wider, and another order of columns.
    `patch` is all other wording. A note is a word and a place that need no language, for example
    `column-removed clusters.sector_id`, the gravest first.
    """
    if former is None:
        return "first", []
    notes = list(_notes(former, new))
    notes.sort(key=lambda note: (-_WEIGHT[note[0]], note[1]))
    return (notes[0][0] if notes else "none"), [text for _, text in notes]


def _notes(former: dict[str, Schema], new: dict[str, Schema]) -> Iterator[Note]:
    yield from (("major", f"table-removed {name}") for name in former if name not in new)
    yield from (("minor", f"table-added {name}") for name in new if name not in former)
    for name in (n for n in former if n in new):
        yield from _table_notes(name, former[name], new[name])


def _table_notes(table: str, former: Schema, new: Schema) -> Iterator[Note]:
    before, after = _fields(former), _fields(new)
    yield from (("major", f"column-removed {table}.{name}") for name in before if name not in after)
    yield from (("minor", f"column-added {table}.{name}") for name in after if name not in before)
    shared = [name for name in before if name in after]
    if shared != [name for name in after if name in before]:
        yield "minor", f"order-changed {table}"
    if _columns(former.get("primaryKey")) != _columns(new.get("primaryKey")):
        yield "major", f"key-changed {table}"
    yield from _foreign_notes(table, former, new)
    for name in shared:
        yield from _field_notes(f"{table}.{name}", before[name], after[name])
    known = {"fields", "primaryKey", "foreignKeys"}
    if _without(former, known) != _without(new, known):
        yield "patch", f"text-changed {table}"


def _foreign_notes(table: str, former: Schema, new: Schema) -> Iterator[Note]:
    before, after = former.get("foreignKeys", []), new.get("foreignKeys", [])
    for key in before:
        if key not in after:
            yield "major", f"foreign-key-removed {table}.{','.join(_columns(key['fields']))}"
    for key in after:
        if key not in before:
            yield "minor", f"foreign-key-added {table}.{','.join(_columns(key['fields']))}"


def _field_notes(where: str, former: Schema, new: Schema) -> Iterator[Note]:
    if any(former.get(word) != new.get(word) for word in ("type", "format")):
        yield "major", f"type-changed {where}"
    before, after = former.get("constraints", {}), new.get("constraints", {})
    for word in sorted({*before, *after}):
        if before.get(word) != after.get(word):
            yield _constraint_note(where, word, before.get(word), after.get(word))
    known = {"type", "format", "constraints"}
    if _without(former, known) != _without(new, known):
        yield "patch", f"text-changed {where}"


def _constraint_note(where: str, word: str, before: Any, after: Any) -> Note:
    """Whether a constraint became narrower (major) or wider (minor); another pattern counts as narrower."""
    if word == "enum" and before and after and set(before) == set(after):
        return "patch", f"enum-reordered {where}"
    wider = _is_absent(after) or (not _is_absent(before) and _is_wider(word, before, after))
    return ("minor" if wider else "major"), f"{word}-{'wider' if wider else 'narrower'} {where}"


def _is_absent(limit: Any) -> bool:
    return limit is None or limit is False


def _is_wider(word: str, before: Any, after: Any) -> bool:
    if word == "enum":
        return set(before) <= set(after)
    if isinstance(before, str) != isinstance(after, str):
        return False
    return bool((word in _LOWER and after < before) or (word in _UPPER and after > before))


def _fields(schema: Schema) -> dict[str, Schema]:
    return {field["name"]: field for field in schema.get("fields", [])}


def _columns(named: str | list[str] | None) -> list[str]:
    return [named] if isinstance(named, str) else list(named or [])


def _without(schema: Schema, words: set[str]) -> Schema:
    return {key: value for key, value in schema.items() if key not in words}
