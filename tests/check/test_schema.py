"""The schema gate: what frictionless says about a table is what our findings say."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from check_builders import codes, dataset, field, project, resource, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.check import schema
from pipelines.check.columns import check_columns
from pipelines.check.exact import check_exactly
from pipelines.check.places import MORE
from pipelines.check.schema import check_schema, descriptor
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding
from pipelines.contracts.tables import STRING


@pytest.fixture(params=["row by row", "by columns"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of checking have to say the same."""
    if request.param == "by columns":
        monkeypatch.setattr(schema, "EXACT_ROWS", -1)
    return str(request.param)


def found(one: dict[str, Any], rows: list[dict[str, Any]], **others: Any) -> list[Finding]:
    file = dataset(one)
    return check_schema(project(**others), file, tables(file, **{one["name"]: rows}))


def one_of(one: dict[str, Any], rows: list[dict[str, Any]]) -> Finding:
    all_found = found(one, rows)
    assert len(all_found) == 1, codes(all_found)
    return all_found[0]


def test_a_table_in_order_has_no_findings(way: str) -> None:
    columns = [
        field("id"),
        field("colour", vocabulary="colour"),
        field("when", edtf=True),
        field("n", "number", minimum=0),
    ]
    rows = [{"id": "a", "colour": "red", "when": "2022-03/..", "n": 0.5}, {"id": "b"}]
    assert found(resource("t", columns), rows) == []


def test_a_table_without_rows_has_no_findings(way: str) -> None:
    assert found(resource("t", [field("id"), field("n", "integer", maximum=3)]), []) == []


def test_an_empty_required_cell_names_its_line(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("name", required=True)]), [{"id": "a", "name": "x"}, {"id": "b"}])
    assert (one.code, one.source, one.part, one.row, one.key) == ("constraint-required", "src", "part.csv", 3, "b")


def test_an_empty_text_is_missing_as_it_is_in_a_csv(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("name", required=True)]), [{"id": "a", "name": ""}])
    assert one.code == "constraint-required"


def test_a_code_outside_the_vocabulary_is_told_the_allowed_ones(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("colour", vocabulary="colour")]), [{"id": "a", "colour": "green"}])
    assert (one.code, one.value, one.params) == ("constraint-enum", "green", {"expected": "red, blue"})


def test_a_long_list_of_codes_is_shortened(way: str) -> None:
    allowed = [f"c{n}" for n in range(30)]
    one = one_of(resource("t", [field("id"), field("c", enum=allowed)]), [{"id": "a", "c": "x"}])
    assert one.params["expected"] == ", ".join(allowed[: schema.SHOWN_CODES]) + ", …"


def test_a_declared_enum_narrows_the_vocabulary(way: str) -> None:
    narrow = resource("t", [field("id"), field("colour", vocabulary="colour", enum=["red"])])
    assert one_of(narrow, [{"id": "a", "colour": "blue"}]).code == "constraint-enum"


@pytest.mark.parametrize(
    ("kind", "limits", "value", "code", "expected"),
    [
        ("integer", {"minimum": 0}, -1, "constraint-minimum", "0"),
        ("number", {"maximum": 1.5}, 1.6, "constraint-maximum", "1.5"),
        ("date", {"minimum": "2000-01-01"}, date(1999, 12, 31), "constraint-minimum", "2000-01-01"),
        ("string", {"minLength": 5}, "2807", "constraint-min-length", "5"),
        ("string", {"maxLength": 3}, "2807", "constraint-max-length", "3"),
        ("string", {"pattern": "a|b"}, "ax", "constraint-pattern", "a|b"),
        ("string", {"pattern": "[a-z]+"}, "abc\n", "constraint-pattern", "[a-z]+"),
    ],
)
def test_a_broken_constraint_says_which_and_its_limit(
    way: str, kind: str, limits: dict[str, Any], value: Any, code: str, expected: str
) -> None:
    one = one_of(resource("t", [field("id"), field("x", kind, **limits)]), [{"id": "a", "x": value}])
    assert (one.code, one.field, one.params["expected"]) == (code, "x", expected)


def test_a_year_of_two_digits_is_a_type_error(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("y", "year")]), [{"id": "a", "y": 22}, {"id": "b", "y": 2022}])
    assert (one.code, one.value, one.row) == ("type-error", "22", 2)


def test_text_in_a_column_of_numbers_is_a_type_error(way: str) -> None:
    file = dataset(resource("t", [field("id"), field("n", "integer")]))
    data = tables(file, t=[{"id": "a"}, {"id": "b"}])
    data["t"]["n"] = pd.Series(["1", "1.100"], dtype=STRING)
    (one,) = check_schema(project(), file, data)
    assert (one.code, one.value, one.row) == ("type-error", "1.100", 3)


def test_a_partial_date_that_is_no_edtf_breaks_its_pattern(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("when", edtf=True)]), [{"id": "a", "when": "3/2022"}])
    assert (one.code, one.params["expected"]) == ("constraint-pattern", schema.EDTF_EXAMPLES)


def test_a_repeated_key_names_the_line_where_it_stands_first(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("n")]), [{"id": "a"}, {"id": "b"}, {"id": "a"}])
    assert (one.code, one.row, one.value, one.params["first"]) == ("primary-key-duplicate", 4, "a", "2")


def test_every_repetition_after_the_first_is_a_finding(way: str) -> None:
    assert [f.row for f in found(resource("t", [field("id"), field("n")]), [{"id": "a"}] * 3)] == [3, 4]


def test_a_key_of_two_columns_is_repeated_only_as_a_whole(way: str) -> None:
    one = resource("t", [field("id"), field("part")], key=["id", "part"])
    assert found(one, [{"id": "a/b", "part": "c"}, {"id": "a", "part": "b/c"}, {"id": "a", "part": "c"}]) == []


def test_a_part_of_the_key_that_is_empty_is_a_finding(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("part")], key=["id", "part"]), [{"id": "a"}])
    assert (one.code, one.field) == ("primary-key-empty", "part")


def test_a_row_without_any_value_is_one_finding(way: str) -> None:
    assert one_of(resource("t", [field("id"), field("n", required=True)]), [{}]).code == "row-empty"


def test_a_unique_column_may_be_empty_twice_but_not_repeated(way: str) -> None:
    rows = [{"id": "a"}, {"id": "b"}, {"id": "c", "nif": "x"}, {"id": "d", "nif": "x"}]
    one = one_of(resource("t", [field("id"), field("nif", unique=True)]), rows)
    assert (one.code, one.row, one.params["first"]) == ("constraint-unique", 5, "4")


def test_a_parent_that_is_not_in_its_own_table_is_missing(way: str) -> None:
    key = [{"fields": ["parent"], "reference": {"resource": "", "fields": ["id"]}}]
    rows = [{"id": "a"}, {"id": "b", "parent": "a"}, {"id": "c", "parent": "z"}]
    one = one_of(resource("t", [field("id"), field("parent")], foreign=key), rows)
    assert (one.code, one.value, one.row, one.params["reference"]) == ("foreign-key-missing", "z", 4, "t.id")


def test_a_key_to_another_table_of_the_dataset_is_followed(way: str) -> None:
    key = [{"fields": ["org"], "reference": {"resource": "orgs", "fields": ["id"]}}]
    file = dataset(resource("orgs", [field("id")]), resource("t", [field("id"), field("org")], foreign=key))
    data = tables(file, orgs=[{"id": "o"}], t=[{"id": "a", "org": "o"}, {"id": "b", "org": "p"}])
    (one,) = check_schema(project(), file, data)
    assert (one.code, one.table, one.value) == ("foreign-key-missing", "t", "p")


def test_private_columns_are_checked_too(way: str) -> None:
    one = one_of(resource("t", [field("id"), field("x", public=False, required=True)]), [{"id": "a"}])
    assert one.code == "constraint-required"


def test_more_errors_than_frictionless_lists_by_itself_are_all_counted(way: str) -> None:
    rows = [{"id": str(n)} for n in range(1500)]
    all_found = found(resource("t", [field("id"), field("x", required=True)]), rows, max_findings=10)
    assert codes(all_found) == ["constraint-required"] * 10 + [MORE]
    assert all_found[-1].params == {"code": "constraint-required", "count": "1490"}


def test_a_missing_column_is_named_and_nothing_else_is_said() -> None:
    file = dataset(resource("t", [field("id"), field("x", required=True), field("y")]))
    data = tables(file, t=[{"id": "a"}])
    data["t"] = data["t"].drop(columns="y")
    assert [(f.code, f.field) for f in check_schema(project(), file, data)] == [("schema-column-missing", "y")]


def test_a_missing_table_is_named() -> None:
    file = dataset(resource("t", [field("id")]))
    assert [(f.code, f.table) for f in check_schema(project(), file, {})] == [("schema-table-missing", "t")]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (field("x", "integer", minimum="soon"), "x: minimum is not of type integer"),
        (field("x", pattern="("), "x: pattern"),
        (field("x", "integer", pattern="a"), '"pattern" is not supported by type "integer"'),
        (field("x", vocabulary="shape"), "no vocabulary shape"),
    ],
)
def test_a_schema_that_cannot_be_applied_says_why(column: dict[str, Any], reason: str) -> None:
    one = one_of(resource("t", [field("id"), column]), [{"id": "a"}])
    assert one.code == "schema-invalid"
    assert reason in one.params["reason"]


@pytest.mark.parametrize(
    "reference",
    [
        {"resource": "nowhere", "fields": ["id"]},
        {"resource": "", "fields": ["n"]},
        {"dataset": "other", "resource": "t", "fields": ["id"]},
    ],
)
def test_a_foreign_key_that_can_match_nothing_is_a_fault_of_the_schema(reference: dict[str, Any]) -> None:
    key = [{"fields": ["parent"], "reference": reference}]
    one = one_of(resource("t", [field("id"), field("parent"), field("n", "integer")], foreign=key), [{"id": "a"}])
    assert one.code == "schema-invalid"


def equivalence_dataset() -> DatasetFile:
    own = {"fields": ["up_a", "up_b"], "reference": {"resource": "", "fields": ["a", "b"]}}
    other = {"fields": ["year"], "reference": {"resource": "years", "fields": ["year"]}}
    columns = [
        field("a"),
        field("b", "integer"),
        field("up_a"),
        field("up_b", "integer"),
        field("year", "year", minimum=1990),
        field("colour", vocabulary="colour"),
        field("code", pattern="x|y+", minLength=2, maxLength=3, unique=True),
        field("amount", "number", minimum=0.1, maximum=2),
        field("day", "date", maximum="2022-01-01", required=True),
        field("moment", "datetime", minimum="2021-01-01T00:00:00Z"),
        field("yes", "boolean", public=False, unique=True),
        field("size", "integer", enum=["1", "2"]),
    ]
    return dataset(
        resource("t", columns, key=["a", "b"], foreign=[own, other]),
        resource("years", [field("year", "year")], key=["year"]),
    )


def or_none(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


NUMBER = st.integers(0, 2)
YEAR = st.sampled_from([12, 1980, 2020, 2021, 20222])
ROW = st.fixed_dictionaries(
    {
        "a": or_none(st.sampled_from(["", "x", "y", "x/1"])),
        "b": or_none(NUMBER),
        "up_a": or_none(st.sampled_from(["", "x", "y"])),
        "up_b": or_none(NUMBER),
        "year": or_none(YEAR),
        "colour": or_none(st.sampled_from(["red", "green", ""])),
        "code": or_none(st.sampled_from(["x", "y", "yy", "yyyy", "xz", "yy\n"])),
        "amount": or_none(st.sampled_from([0.05, 0.1, 0.3, 2.0, 2.5])),
        "day": or_none(st.dates(date(2021, 12, 30), date(2022, 1, 3))),
        "moment": or_none(st.sampled_from(["2020-12-31T23:59:59Z", "2021-01-01T00:00:00Z"])),
        "yes": or_none(st.booleans()),
        "size": or_none(st.integers(0, 3)),
    }
)
ROWS = st.lists(st.one_of(ROW, st.just({})), max_size=6)
YEARS = st.lists(st.fixed_dictionaries({"year": or_none(YEAR)}), max_size=4)


@given(ROWS, YEARS)
@settings(max_examples=150, deadline=None)
def test_by_columns_says_what_frictionless_says(rows: list[dict[str, Any]], years: list[dict[str, Any]]) -> None:
    file = equivalence_dataset()
    data = tables(file, t=rows, years=years)
    schemas = {r.name: descriptor(project(), r) for r in file.resources}
    exact = [(*p[:3], p.positions.tolist(), *p[4:]) for p in check_exactly(schemas, data)]
    columns = [(*p[:3], p.positions.tolist(), *p[4:]) for p in check_columns(file, schemas, data)]
    assert columns == exact
