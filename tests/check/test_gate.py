"""The gates together: their order and the cap."""

from importlib.resources import files

import yaml
from check_builders import DNI, codes, dataset, field, people, project, published, resource, tables

from pipelines.check import check_tables
from pipelines.check.places import MORE, SHOWN, cap
from pipelines.contracts.findings import finding


def test_the_gates_run_in_their_order_and_all_of_them() -> None:
    rows = [{"id": "a", "colour": "green", "text": DNI, "joined": "2020-01-01", "born": "2021-01-01"}]
    file = people()
    found = check_tables(project(), file, tables(file, t=rows), published(file, t=[{"id": "b"}, *rows]))
    assert codes(found) == ["constraint-enum", "rule-order", "privacy-identity-number", "rows-lost"]


def test_a_table_that_lacks_a_column_is_still_searched_for_personal_data() -> None:
    file = people()
    data = tables(file, t=[{"id": "a", "text": DNI}])
    data["t"] = data["t"].drop(columns="born")
    found = check_tables(project(), file, data, published(file, t=[{"id": "b"}]))
    assert codes(found) == ["schema-column-missing", "privacy-identity-number"]


def test_a_table_that_is_new_in_the_dataset_is_compared_with_nothing() -> None:
    file = people()
    assert check_tables(project(), file, tables(file, t=[{"id": "a"}]), {}) == []


def test_a_table_that_is_missing_stops_no_gate_of_the_others() -> None:
    file = dataset(resource("t", [field("id"), field("text")]), resource("u", [field("id")]))
    data = tables(file, t=[{"id": "a", "text": DNI}])
    assert codes(check_tables(project(), file, {"t": data["t"]}, None)) == [
        "schema-table-missing",
        "privacy-identity-number",
    ]


def test_of_one_code_and_table_only_so_many_are_listed_and_the_rest_is_counted() -> None:
    columns = [field("id"), field("a", vocabulary="colour"), field("b", vocabulary="colour")]
    file = dataset(resource("t", columns))
    rows = [{"id": str(n), "a": "x", "b": "x"} for n in range(5)]
    found = check_tables(project(max_findings=3), file, tables(file, t=rows), None)
    assert codes(found) == ["constraint-enum"] * 3 + [MORE] * 2
    assert {f.field: f.params["count"] for f in found[3:]} == {"a": "2", "b": "5"}
    assert sum(int(f.params.get("count", 1)) for f in found) == 10


def test_the_closing_finding_is_as_grave_as_what_it_counts() -> None:
    warnings = [finding("rows-lost", severity="warning", table="t") for _ in range(3)]
    assert [(f.code, f.severity) for f in cap(warnings, 2)][-1] == (MORE, "warning")


def test_capping_twice_counts_the_same() -> None:
    found = [finding("rule-range", table="t", field="n", dataset="d") for _ in range(9)]
    once = cap(found, 4)
    assert cap(once, 4) == once
    assert cap([*once, finding("rule-range", table="t", field="n", dataset="d")], 4)[-1].params["count"] == "6"


def test_a_long_value_is_shown_in_part() -> None:
    file = dataset(resource("t", [field("id"), field("text", maxLength=3)]))
    (one,) = check_tables(project(), file, tables(file, t=[{"id": "a", "text": "x" * 5000}]), None)
    assert one.value is not None
    assert len(one.value) == SHOWN


def test_every_code_of_the_room_can_be_raised_by_it() -> None:
    room = files("pipelines.check")
    source = "".join(e.read_text(encoding="utf-8") for e in room.iterdir() if e.name.endswith(".py"))
    messages = files("pipelines.contracts").joinpath("messages", "check.yaml").read_text(encoding="utf-8")
    assert [code for code in yaml.safe_load(messages) if f'"{code}"' not in source] == []
