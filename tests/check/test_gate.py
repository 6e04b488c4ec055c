"""The gates together: their order, the cap, and what of a finding may be shown."""

from importlib.resources import files
from typing import Any

import yaml
from check_builders import codes, dataset, field, project, published, resource, tables
from stdnum.es import dni

from pipelines.check import check_tables, redact
from pipelines.check.places import MORE, SHOWN, cap
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding, finding

DNI = "00000000" + dni.calc_check_digit("00000000")


def people() -> DatasetFile:
    rules = [
        {"rule": "order", "earlier": "born", "later": "joined"},
        {"rule": "conditional", "when": {"secret": ["x"]}, "then_filled": ["text"]},
    ]
    columns = [
        field("id"),
        field("text"),
        field("colour", vocabulary="colour"),
        field("joined", "date"),
        field("born", "date", public=False),
        field("secret", public=False, enum=["x", "y"]),
    ]
    return dataset(resource("t", columns, rules=rules))


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


def shown(*found: Finding, file: DatasetFile | None = None) -> list[tuple[str | None, str | None, dict[str, str]]]:
    return [(f.value, f.key, f.params) for f in redact(found, file or people())]


WHERE: dict[str, Any] = {"dataset": "things", "table": "t", "row": 2, "key": "a"}


def test_a_public_value_is_shown() -> None:
    one = finding("constraint-enum", field="colour", value="green", params={"expected": "red"}, **WHERE)
    assert redact([one], people()) == [one]


def test_a_private_value_is_not_shown_and_the_place_is() -> None:
    one = finding("constraint-enum", field="secret", value="z", params={"expected": "x, y"}, **WHERE)
    (hidden,) = redact([one], people())
    assert (hidden.value, hidden.key, hidden.row, hidden.field) == (None, None, 2, "secret")
    assert hidden.what("es").startswith("«(no se muestra)»")


def test_a_public_column_held_against_a_private_one_shows_neither() -> None:
    file = people()
    rows = [{"id": "a", "text": "t", "joined": "2020-01-01", "born": "2021-01-01"}, {"id": "b", "secret": "x"}]
    found = check_tables(project(), file, tables(file, t=rows), None)
    assert codes(found) == ["rule-order", "rule-must-be-filled"]
    text = "".join(f.model_dump_json() + str(f.as_row()) for f in redact(found, file))
    assert "2021-01-01" not in text
    assert "secret = x" not in text


def test_a_column_that_is_not_declared_counts_as_private() -> None:
    assert shown(finding("constraint-enum", field="nowhere", value="z", **WHERE)) == [(None, None, {})]


def test_a_value_of_no_named_column_is_not_shown() -> None:
    assert shown(finding("constraint-enum", value="z", **WHERE)) == [(None, None, {})]


def test_a_key_with_a_private_part_is_never_shown() -> None:
    file = dataset(resource("t", [field("id", public=False), field("text")]))
    assert shown(finding("constraint-pattern", field="text", value="z", **WHERE), file=file) == [("z", None, {})]


def test_nothing_of_the_privacy_gate_is_shown_even_if_it_were_given() -> None:
    one = finding("privacy-email", field="text", value="a@b.example", params={"kind": "email", "box": "a"}, **WHERE)
    assert shown(one) == [(None, None, {"kind": "email"})]


def test_another_gate_does_not_show_what_the_privacy_gate_hides() -> None:
    file = people()
    found = check_tables(project(), file, tables(file, t=[{"id": DNI.lower(), "colour": DNI}]), None)
    assert set(codes(found)) == {"constraint-enum", "privacy-identity-number"}
    assert DNI not in "".join(f.model_dump_json() + str(f.as_row()) for f in found).upper()


def test_a_finding_of_another_room_with_personal_data_in_it_is_hidden() -> None:
    one = finding("constraint-enum", field="text", value=f"con {DNI}", params={"expected": "red"}, **WHERE)
    assert shown(one) == [(None, None, {"expected": "red"})]


def test_a_number_of_nine_digits_in_a_column_of_numbers_is_shown() -> None:
    file = dataset(resource("t", [field("id"), field("n", "integer", maximum=5)]))
    (one,) = redact(check_tables(project(), file, tables(file, t=[{"id": "a", "n": 612345678}]), None), file)
    assert one.value == "612345678"


def test_a_long_value_is_shown_in_part() -> None:
    file = dataset(resource("t", [field("id"), field("text", maxLength=3)]))
    (one,) = check_tables(project(), file, tables(file, t=[{"id": "a", "text": "x" * 5000}]), None)
    assert one.value is not None
    assert len(one.value) == SHOWN


def test_findings_about_files_of_the_project_stay_as_they_are() -> None:
    one = finding("file-value", part="schemas/x.yaml", field="name", value="y", params={"reason": "z"})
    assert redact([one], people()) == [one]


def test_every_code_of_the_room_can_be_raised_by_it() -> None:
    room = files("pipelines.check")
    source = "".join(e.read_text(encoding="utf-8") for e in room.iterdir() if e.name.endswith(".py"))
    messages = files("pipelines.contracts").joinpath("messages", "check.yaml").read_text(encoding="utf-8")
    assert [code for code in yaml.safe_load(messages) if f'"{code}"' not in source] == []
