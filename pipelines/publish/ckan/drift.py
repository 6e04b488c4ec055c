"""Three views of one dataset held against each other: what we read back last, what stands there, what is wanted.

What belongs here: telling a change of ours from a change of somebody else, field by field. What does not: any call,
and what is done about it.

A value is drift where the portal shows neither what we read back last, nor what a projection under way was to
write, nor what is wanted now.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.contracts.projection import Intention, Projection
from pipelines.publish.ckan.model import Drift, FieldChange, Fields, ResourceChange, Wanted

Policies = dict[str, Literal["keep", "overwrite"]]
_WHOLE = "resource"
"""The field of a drift that is a whole resource, gone from the portal."""


@dataclass(frozen=True)
class Known:
    """What was ours before now: the record, the intention of a run that died, and resources of other major versions."""

    record: Projection | None = None
    intention: Intention | None = None
    past: dict[str, Fields] = field(default_factory=dict)

    @property
    def resources(self) -> dict[str, Fields]:
        """All resources that were ever ours there, by id."""
        begun = {**self.intention.former, **self.intention.resources} if self.intention else {}
        return {**self.past, **begun, **(self.record.resources if self.record else {})}

    def shows(self, resource: str) -> bool:
        """Whether a resource must be there still: it was read back, and no projection since was to remove it."""
        meant = self.intention is None or resource in self.intention.resources
        return meant and self.record is not None and resource in self.record.resources

    def fields(self, resource: str | None) -> list[Fields]:
        """The values that we know of the dataset, or of a resource of it."""
        both = [one for one in (self.record, self.intention) if one]
        if resource is None:
            return [one.fields for one in both]
        return [one.resources[resource] for one in both if resource in one.resources]


@dataclass
class Difference:
    """What differs between what is shown and what is wanted, without the rows."""

    fields: list[FieldChange] = field(default_factory=list)
    resources: list[ResourceChange] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)

    @property
    def kept(self) -> set[str]:
        """Fields of the dataset that stay as somebody else wrote them."""
        return {d.field for d in self.drift if d.policy == "keep" and d.resource is None}


def compare(
    wanted: Wanted, fields: Fields, resources: dict[str, Fields], known: Known, policies: Policies
) -> Difference:
    """The difference between `wanted` and what the portal shows (`fields`, `resources` by id)."""
    out = Difference()
    out.drift += _drift(wanted.fields, fields, known, None, policies)
    out.fields = [c for c in changes(wanted.fields, fields) if c.field not in out.kept]
    for identity, want in wanted.resources.items():
        if identity in resources:
            out.drift += _drift(want, resources[identity], known, identity, {})
            found = changes(want, resources[identity])
            if found:
                out.resources.append(ResourceChange(id=identity, name=_name(want), action="change", fields=found))
        else:
            if known.shows(identity):
                out.drift.append(Drift(field=_WHOLE, resource=identity, written=_name(want)))
            out.resources.append(ResourceChange(id=identity, name=_name(want), action="add"))
    for identity in resources.keys() & known.resources.keys() - wanted.resources.keys():
        name = _name(known.resources[identity])
        out.resources.append(ResourceChange(id=identity, name=name, action="remove"))
    return out


def changes(wanted: Fields, shown: Fields) -> list[FieldChange]:
    """The fields that are shown otherwise than wanted; of ours that are not wanted any more, `wanted` is None."""
    names = [*wanted, *(name for name, value in shown.items() if name not in wanted and value)]
    return [
        FieldChange(field=name, shown=shown.get(name), wanted=wanted.get(name))
        for name in names
        if shown.get(name) != wanted.get(name)
    ]


def _drift(wanted: Fields, shown: Fields, known: Known, resource: str | None, policies: Policies) -> Iterator[Drift]:
    ours = known.fields(resource)
    for name, value in wanted.items():
        there = shown.get(name)
        if there == value:
            continue
        # A field that no record has is new to us: what stands there is a change, unless we know nothing at all.
        written = [one[name] for one in ours if name in one]
        if (written and there not in written) or (not ours and not known.intention):
            yield Drift(
                field=name,
                resource=resource,
                written=written[0] if written else None,
                shown=there,
                policy=policies.get(name, "report"),
            )


def _name(fields: dict[str, Any]) -> str:
    return str(fields.get("name") or "")
