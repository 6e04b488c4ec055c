"""What each kind of declared rule lets through and what it does not."""

from datetime import date
from typing import Any

import pytest
from check_builders import field, places
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.check.rules import check_rules
from pipelines.contracts.findings import Finding

FIELDS = [
    field("id"),
    field("text"),
    field("other"),
    field("n", "integer"),
    field("m", "integer"),
    field("total", "number"),
    field("start", edtf=True),
    field("end", edtf=True),
    field("day", "date"),
    field("moment", "datetime"),
    field("year", "year"),
]


def found(rule: dict[str, Any], rows: list[dict[str, Any]], smallest: int = 5) -> list[Finding]:
    rows = [{"id": str(n), **row} for n, row in enumerate(rows)]
    return check_rules(places(FIELDS, rows, rules=[rule]), smallest)


def lines(rule: dict[str, Any], rows: list[dict[str, Any]]) -> list[int | None]:
    return [f.row for f in found(rule, rows)]


def test_too_few_rows_are_told_with_what_was_expected() -> None:
    (one,) = found({"rule": "row_count", "min": 3, "max": 9}, [{}, {}])
    assert (one.code, one.params) == ("rule-row-count", {"count": "2", "expected": "3 – 9"})


def test_too_many_rows_are_found() -> None:
    assert [f.params["expected"] for f in found({"rule": "row_count", "max": 1}, [{}, {}])] == ["≤ 1"]


def test_the_severity_is_that_of_the_rule() -> None:
    assert [f.severity for f in found({"rule": "row_count", "min": 3, "severity": "warning"}, [])] == ["warning"]


def test_a_column_that_is_filled_too_little_is_found() -> None:
    (one,) = found({"rule": "fill_rate", "field": "text", "min": 0.5}, [{"text": "x"}, {}, {"text": ""}])
    assert (one.field, one.params) == ("text", {"rate": "33.3 %", "expected": "50.0 %"})


def test_a_fill_rate_just_reached_is_enough_and_of_no_rows_is_none() -> None:
    assert found({"rule": "fill_rate", "field": "text", "min": 0.5}, [{"text": "x"}, {}]) == []
    assert found({"rule": "fill_rate", "field": "text", "min": 0.5}, []) == []


def test_a_value_outside_its_range_is_found_and_its_ends_are_inside() -> None:
    rule = {"rule": "range", "field": "n", "min": 1, "max": 3}
    assert lines(rule, [{"n": 0}, {"n": 1}, {"n": 3}, {"n": 4}, {}]) == [2, 5]


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        (("2022-03-02", "2022-03-02", "2022-03-02"), ("2022-03-01", "2022-03-01", "2022-03-01"), True),
        (("2022", "2022-01-01", "2022-12-31"), ("2022-03", "2022-03-01", "2022-03-31"), False),
        (("2022-04", "2022-04-01", "2022-04-30"), ("2022-03", "2022-03-01", "2022-03-31"), True),
        (("2022-07-04/..", "2022-07-04", None), ("2021", "2021-01-01", "2021-12-31"), True),
        (("../2023", None, "2023-12-31"), ("2021", "2021-01-01", "2021-12-31"), False),
        (("2022", "2022-01-01", "2022-12-31"), ("2019/..", "2019-01-01", None), False),
        (("2022", "2022-01-01", "2022-12-31"), (None, None, None), False),
    ],
)
def test_partial_dates_are_out_of_order_only_if_certainly_so(start: Any, end: Any, wrong: bool) -> None:
    row = {}
    for name, (text, first, last) in {"start": start, "end": end}.items():
        row |= {name: text, f"{name}_from": first, f"{name}_to": last}
    assert bool(found({"rule": "order", "earlier": "start", "later": "end"}, [row])) is wrong


def test_a_day_and_a_moment_of_it_are_in_order_both_ways() -> None:
    row = {"day": date(2022, 3, 2), "moment": "2022-03-02T10:00:00Z"}
    assert found({"rule": "order", "earlier": "day", "later": "moment"}, [row]) == []
    assert found({"rule": "order", "earlier": "moment", "later": "day"}, [row]) == []


def test_a_year_may_hold_a_day_of_it_but_not_of_the_next() -> None:
    rows = [{"year": 2022, "day": date(2022, 3, 2)}, {"year": 2021, "day": date(2022, 3, 2)}]
    assert lines({"rule": "order", "earlier": "day", "later": "year"}, rows) == [3]


def test_a_finding_about_order_shows_both_dates() -> None:
    rows = [{"day": date(2022, 7, 4), "start": "2022-04-07", "start_to": "2022-04-07"}]
    (one,) = found({"rule": "order", "earlier": "day", "later": "start"}, rows)
    assert one.value == "2022-07-04 | 2022-04-07"


def test_a_total_that_is_not_the_sum_of_its_parts_is_found() -> None:
    rows = [{"total": 5, "n": 2, "m": 3}, {"total": 6, "n": 2, "m": 3}]
    (one,) = found({"rule": "sum", "field": "total", "fields": ["n", "m"]}, rows)
    assert (one.row, one.params["total"], one.params["sum"]) == (3, "6", "5")


def test_a_sum_within_its_tolerance_or_with_a_part_unknown_is_no_finding() -> None:
    rule = {"rule": "sum", "field": "total", "fields": ["n", "m"], "tolerance": 1}
    assert found(rule, [{"total": 6, "n": 2, "m": 3}, {"total": 9, "n": 2}]) == []


def test_rounding_of_binary_fractions_is_no_difference() -> None:
    columns = [field("id"), field("a", "number"), field("b", "number"), field("t", "number")]
    rule = {"rule": "sum", "field": "t", "fields": ["a", "b"]}
    assert check_rules(places(columns, [{"id": "x", "a": 0.1, "b": 0.2, "t": 0.3}], rules=[rule]), 5) == []


def test_a_condition_asks_for_what_must_be_filled() -> None:
    rule = {"rule": "conditional", "when": {"text": ["held"]}, "then_filled": ["other"]}
    (one,) = found(rule, [{"text": "held"}, {"text": "held", "other": "x"}, {"text": "planned"}, {}])
    assert (one.code, one.row, one.field) == ("rule-must-be-filled", 2, "other")
    assert one.params == {"condition": "text = held", "columns": "other, text"}


def test_a_condition_asks_for_what_must_be_empty() -> None:
    rule = {"rule": "conditional", "when": {"text": ["planned"]}, "then_empty": ["other"]}
    assert lines(rule, [{"text": "planned"}, {"text": "planned", "other": "x"}]) == [3]


def test_a_condition_narrows_the_values_of_another_column() -> None:
    rule = {"rule": "conditional", "when": {"text": ["a", "b"]}, "then_in": {"n": ["1", "2"]}}
    (one,) = found(rule, [{"text": "a", "n": 1}, {"text": "b", "n": 3}, {"text": "c", "n": 3}, {"text": "a"}])
    assert (one.code, one.row, one.value, one.params["expected"]) == ("rule-value", 3, "3", "1, 2")


def test_all_parts_of_a_condition_must_hold() -> None:
    rule = {"rule": "conditional", "when": {"text": ["a"], "n": ["1"]}, "then_filled": ["other"]}
    assert lines(rule, [{"text": "a"}, {"text": "a", "n": 1}, {"n": 1}]) == [3]


def test_columns_that_go_together_are_all_filled_or_none() -> None:
    assert lines(
        {"rule": "together", "fields": ["text", "other"]}, [{}, {"text": "x", "other": "y"}, {"text": "x"}]
    ) == [4]


def test_exactly_one_is_neither_none_nor_two() -> None:
    rule = {"rule": "exactly_one", "fields": ["text", "other"]}
    assert lines(rule, [{}, {"text": "x"}, {"text": "x", "other": "y"}]) == [2, 4]


def test_a_circle_of_parents_is_found_and_what_hangs_from_it_is_not() -> None:
    rows = [{"id": "a", "text": "b"}, {"id": "b", "text": "a"}, {"id": "c", "text": "a"}, {"id": "d", "text": "d"}]
    assert lines({"rule": "no_cycle", "field": "text"}, rows) == [2, 3, 5]


def test_a_parent_that_is_not_there_ends_the_chain() -> None:
    assert found({"rule": "no_cycle", "field": "text"}, [{"id": "a", "text": "z"}, {"id": "b", "text": "a"}]) == []


@given(st.lists(st.integers(-1, 7), max_size=8))
@settings(deadline=None)
def test_a_cycle_is_what_walking_up_comes_back_to(parents: list[int]) -> None:
    rows = [{"id": str(n), "text": None if p < 0 else str(p)} for n, p in enumerate(parents)]
    on_cycle = set()
    for start in range(len(parents)):
        here = parents[start]
        for _ in parents:
            if here < 0 or here >= len(parents) or here == start:
                break
            here = parents[here]
        if here == start:
            on_cycle.add(start + 2)
    assert set(lines({"rule": "no_cycle", "field": "text"}, rows)) == on_cycle


def test_a_count_of_few_people_is_exposing_and_none_or_enough_is_not() -> None:
    all_found = found({"rule": "small_groups", "field": "n"}, [{"n": 0}, {"n": 1}, {"n": 4}, {"n": 5}, {}])
    assert [(f.code, f.row, f.value, f.key) for f in all_found] == [
        ("small-group", 3, None, None),
        ("small-group", 4, None, None),
    ]


def test_the_rule_may_name_its_own_smallest_group() -> None:
    assert lines({"rule": "small_groups", "field": "n", "min": 3}, [{"n": 2}, {"n": 3}]) == [2]


def test_rows_of_a_group_of_people_that_is_too_small_are_exposing() -> None:
    rows = [{"text": "a", "other": "x"}] * 3 + [{"text": "a", "other": "y"}]
    assert lines({"rule": "small_groups", "fields": ["text", "other"], "min": 3}, rows) == [5]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"rule": "range", "field": "n"}, "min / max"),
        ({"rule": "range", "field": "text", "min": 1}, "text: string"),
        ({"rule": "order", "earlier": "day"}, "later"),
        ({"rule": "conditional", "when": {"text": ["a"]}}, "then_filled / then_empty / then_in"),
        ({"rule": "together"}, "fields"),
        ({"rule": "small_groups", "field": "text"}, "text: string"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_a_finding_not_a_pass(rule: dict[str, Any], reason: str) -> None:
    (one,) = found(rule, [{}])
    assert (one.code, one.params["reason"]) == ("rule-incomplete", reason)


def test_a_hierarchy_needs_a_key_of_one_column() -> None:
    rule = {"rule": "no_cycle", "field": "text"}
    (one,) = check_rules(places(FIELDS, [{"id": "a", "text": "a"}], key=["id", "text"], rules=[rule]), 5)
    assert one.code == "rule-incomplete"
