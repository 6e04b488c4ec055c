"""Three views of one dataset: what is ours, what somebody else changed, and what is wanted."""

from datetime import UTC, datetime
from typing import Any

from pipelines.contracts.projection import Intention, Projection
from pipelines.publish.ckan.drift import Known, compare
from pipelines.publish.ckan.model import Fields, Wanted

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def wanted(fields: Fields, resources: dict[str, Fields] | None = None) -> Wanted:
    return Wanted("places", "places", "2026-01-02.1", fields, resources or {})


def record(fields: Fields, resources: dict[str, Fields] | None = None) -> Projection:
    return Projection(
        target="t",
        dataset="places",
        package="p",
        name="places",
        version="2026-01-01.1",
        state="verified",
        at=NOW,
        fields=fields,
        resources=resources or {},
    )


def intention(fields: Fields, resources: dict[str, Fields] | None = None) -> Intention:
    return Intention(
        target="t",
        dataset="places",
        version="2026-01-02.1",
        begun=NOW,
        steps=[],
        fields=fields,
        resources=resources or {},
    )


def fields_of(changes: list[Any]) -> list[str]:
    return [c.field for c in changes]


def test_what_we_wrote_and_now_want_otherwise_is_a_change_and_no_drift() -> None:
    found = compare(wanted({"title": "B"}), {"title": "A"}, {}, Known(record({"title": "A"})), {})
    assert fields_of(found.fields) == ["title"]
    assert not found.drift


def test_what_somebody_else_wrote_is_drift_and_tells_all_three_values() -> None:
    found = compare(wanted({"title": "B"}), {"title": "X"}, {}, Known(record({"title": "A"})), {})
    (drift,) = found.drift
    assert (drift.field, drift.written, drift.shown, drift.policy) == ("title", "A", "X", "report")


def test_somebody_else_who_wrote_what_is_wanted_did_no_harm() -> None:
    found = compare(wanted({"title": "B"}), {"title": "B"}, {}, Known(record({"title": "A"})), {})
    assert not found.drift
    assert not found.fields


def test_a_field_that_is_kept_is_neither_changed_nor_in_the_way() -> None:
    found = compare(wanted({"title": "B"}), {"title": "X"}, {}, Known(record({"title": "A"})), {"title": "keep"})
    assert found.kept == {"title"}
    assert not found.fields


def test_a_field_that_is_overwritten_stays_a_change() -> None:
    found = compare(wanted({"title": "B"}), {"title": "X"}, {}, Known(record({"title": "A"})), {"title": "overwrite"})
    assert fields_of(found.fields) == ["title"]
    assert [d.policy for d in found.drift] == ["overwrite"]


def test_a_field_that_no_record_has_is_new_to_us_and_no_drift() -> None:
    found = compare(wanted({"title": "A", "theme": "T"}), {"title": "A"}, {}, Known(record({"title": "A"})), {})
    assert fields_of(found.fields) == ["theme"]
    assert not found.drift


def test_without_any_record_whatever_differs_is_drift() -> None:
    found = compare(wanted({"title": "B"}), {"title": "X"}, {}, Known(), {})
    assert fields_of(found.drift) == ["title"]


def test_what_a_run_that_died_had_written_is_no_drift() -> None:
    known = Known(record({"title": "A"}), intention({"title": "B"}))
    found = compare(wanted({"title": "C"}), {"title": "B"}, {}, known, {})
    assert not found.drift
    assert fields_of(found.fields) == ["title"]


def test_a_resource_that_we_had_and_that_is_gone_is_drift_and_is_added_again() -> None:
    ours = {"r1": {"name": "CSV"}}
    found = compare(wanted({}, ours), {}, {}, Known(record({}, ours)), {})
    assert [(d.resource, d.written) for d in found.drift] == [("r1", "CSV")]
    assert [(r.id, r.action) for r in found.resources] == [("r1", "add")]


def test_a_resource_that_was_ours_and_is_not_wanted_any_more_goes() -> None:
    ours = {"r1": {"name": "CSV"}}
    found = compare(wanted({}), {}, ours, Known(record({}, ours)), {})
    assert [(r.id, r.action) for r in found.resources] == [("r1", "remove")]


def test_a_resource_whose_description_somebody_changed_is_drift() -> None:
    found = compare(
        wanted({}, {"r1": {"name": "CSV"}}),
        {},
        {"r1": {"name": "mine"}},
        Known(record({}, {"r1": {"name": "CSV"}})),
        {},
    )
    assert [(d.resource, d.field, d.shown) for d in found.drift] == [("r1", "name", "mine")]
