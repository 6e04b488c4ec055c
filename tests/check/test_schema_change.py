"""How a change of the published schema is classified."""

import copy
from typing import Any

import pytest

from pipelines.check import classify_schema

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "string", "title": "Id", "constraints": {"required": True}},
        {"name": "status", "type": "string", "constraints": {"enum": ["held", "planned"]}, "labels": {"held": "Held"}},
        {"name": "n", "type": "integer", "constraints": {"minimum": 0, "maximum": 10}},
    ],
    "primaryKey": ["id"],
    "foreignKeys": [{"fields": ["n"], "reference": {"resource": "", "fields": ["id"]}}],
    "missingValues": [""],
}


def changed(change: Any) -> tuple[str, list[str]]:
    new = {"t": copy.deepcopy(SCHEMA)}
    change(new)
    return classify_schema({"t": SCHEMA}, new)


def field(new: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = new["t"]["fields"][number]
    return found


def test_without_a_former_schema_it_is_the_first() -> None:
    assert classify_schema(None, {"t": SCHEMA}) == ("first", [])


def test_the_same_schema_is_no_change() -> None:
    assert changed(lambda new: None) == ("none", [])


@pytest.mark.parametrize(
    ("change", "kind", "note"),
    [
        (lambda new: new.pop("t"), "major", "table-removed t"),
        (lambda new: new.update(u=SCHEMA), "minor", "table-added u"),
        (lambda new: new["t"]["fields"].pop(), "major", "column-removed t.n"),
        (lambda new: new["t"]["fields"].append({"name": "x", "type": "string"}), "minor", "column-added t.x"),
        (lambda new: new["t"]["fields"].reverse(), "minor", "order-changed t"),
        (lambda new: field(new, 2).update(type="number"), "major", "type-changed t.n"),
        (lambda new: field(new, 2).update(format="bare"), "major", "type-changed t.n"),
        (lambda new: new["t"].update(primaryKey=["id", "n"]), "major", "key-changed t"),
        (lambda new: new["t"].update(primaryKey="id"), "none", None),
        (lambda new: new["t"].update(foreignKeys=[]), "major", "foreign-key-removed t.n"),
        (
            lambda new: new["t"]["foreignKeys"].append({"fields": ["id"], "reference": {}}),
            "minor",
            "foreign-key-added t.id",
        ),
        (lambda new: field(new, 2)["constraints"].update(required=True), "major", "required-narrower t.n"),
        (lambda new: field(new, 0)["constraints"].pop("required"), "minor", "required-wider t.id"),
        (lambda new: field(new, 0)["constraints"].update(required=False), "minor", "required-wider t.id"),
        (lambda new: field(new, 2)["constraints"].update(required=False), "minor", "required-wider t.n"),
        (lambda new: field(new, 1)["constraints"].update(enum=["held"]), "major", "enum-narrower t.status"),
        (lambda new: field(new, 1)["constraints"]["enum"].append("x"), "minor", "enum-wider t.status"),
        (lambda new: field(new, 1)["constraints"]["enum"].reverse(), "patch", "enum-reordered t.status"),
        (lambda new: field(new, 1)["constraints"].pop("enum"), "minor", "enum-wider t.status"),
        (lambda new: field(new, 2)["constraints"].update(minimum=1), "major", "minimum-narrower t.n"),
        (lambda new: field(new, 2)["constraints"].update(minimum=-1), "minor", "minimum-wider t.n"),
        (lambda new: field(new, 2)["constraints"].update(maximum=9), "major", "maximum-narrower t.n"),
        (lambda new: field(new, 2)["constraints"].update(maximum=11), "minor", "maximum-wider t.n"),
        (lambda new: field(new, 2)["constraints"].update(maximum="2020"), "major", "maximum-narrower t.n"),
        (lambda new: field(new, 0)["constraints"].update(pattern="a"), "major", "pattern-narrower t.id"),
        (lambda new: field(new, 0).update(title="Identificador"), "patch", "text-changed t.id"),
        (lambda new: field(new, 1).update(labels={"held": "Celebrado"}), "patch", "text-changed t.status"),
        (lambda new: new["t"].update(missingValues=["", "-"]), "patch", "text-changed t"),
    ],
)
def test_a_change_has_its_kind_and_a_note(change: Any, kind: str, note: str | None) -> None:
    assert changed(change) == (kind, [note] if note else [])


def test_the_gravest_part_decides_and_comes_first() -> None:
    def several(new: dict[str, Any]) -> None:
        field(new, 0)["title"] = "x"
        field(new, 1)["constraints"]["enum"].append("x")
        field(new, 2)["type"] = "number"

    assert changed(several) == ("major", ["type-changed t.n", "enum-wider t.status", "text-changed t.id"])
