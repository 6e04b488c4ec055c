"""What of a finding may be shown: nothing private, nothing personal, and all else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from check_builders import BOTH, DNI, codes, dataset, field, people, project, resource, tables, write_list
from hypothesis import given
from hypothesis import strategies as st

from pipelines.check import check_tables, conceal
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding, catalogue, finding
from pipelines.contracts.project import Project
from pipelines.contracts.source import SourceFile

PHONE = "612345678"
PERSON = "Zacarías Inventado Ruiz"


def shown(*found: Finding, file: DatasetFile | None = None) -> list[tuple[str | None, str | None, dict[str, str]]]:
    return [(f.value, f.key, f.params) for f in conceal(project(), file or people(), found)]


WHERE: dict[str, Any] = {"dataset": "things", "table": "t", "row": 2, "key": "a"}


def test_a_public_value_is_shown() -> None:
    one = finding("constraint-enum", field="colour", value="green", params={"expected": "red"}, **WHERE)
    assert conceal(project(), people(), [one]) == [one]


def test_a_private_value_is_not_shown_and_the_place_is() -> None:
    one = finding("constraint-enum", field="secret", value="z", params={"expected": "x, y"}, **WHERE)
    (hidden,) = conceal(project(), people(), [one])
    assert (hidden.value, hidden.key, hidden.row, hidden.field) == (None, None, 2, "secret")
    assert hidden.what("es").startswith("«(no se muestra)»")


def test_a_public_column_held_against_a_private_one_shows_neither() -> None:
    file = people()
    rows = [{"id": "a", "text": "t", "joined": "2020-01-01", "born": "2021-01-01"}, {"id": "b", "secret": "x"}]
    found = check_tables(project(), file, tables(file, t=rows), None)
    assert codes(found) == ["rule-order", "rule-must-be-filled"]
    text = "".join(f.model_dump_json() + str(f.as_row()) for f in found)
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
    (one,) = check_tables(project(), file, tables(file, t=[{"id": "a", "n": 612345678}]), None)
    assert one.value == "612345678"


def test_findings_about_files_of_the_project_stay_as_they_are() -> None:
    one = finding("file-value", part="schemas/x.yaml", field="name", value="y", params={"reason": "z"})
    assert conceal(project(), people(), [one]) == [one]


# findings of pull and tidy, of which a row may be all there is


@pytest.fixture
def whole(tmp_path: Path) -> Project:
    """A project that knows the table `t` of `things`, its source `entrega`, and a list of names."""
    columns = [field("id"), field("text"), field("n", "integer"), field("note"), field("secret", public=False)]
    theirs = {"text": "Texto", "note": "Doble", "secret": "Doble"}
    feed = {"table": "t", "part": "a.csv", "columns": theirs, "constants": {"n": "1"}}
    source = SourceFile.model_validate(
        {"id": "entrega", "kind": "folder", "title": BOTH, "publisher": BOTH, "where": "x", "feeds": [feed]}
    )
    names = write_list(tmp_path / "names.csv", [(PERSON, "no")])
    file = dataset(resource("t", columns))
    return replace(project(personal_hashes=str(names)), datasets={"things": file}, sources={"entrega": source})


OF_PART: dict[str, Any] = {"source": "entrega", "part": "a.csv", "table": "t", "row": 2}


def one_of(whole: Project, code: str, **where: Any) -> Finding:
    (one,) = conceal(whole, None, [finding(code, **where)])
    return one


def test_an_identity_number_in_a_column_of_numbers_is_not_shown(whole: Project) -> None:
    for value in (DNI, PHONE, f"{PERSON}"):
        assert one_of(whole, "number-unreadable", field="n", value=value, dataset="things", **OF_PART).value is None
    assert (
        one_of(whole, "number-unreadable", field="n", value="unos 12", dataset="things", **OF_PART).value == "unos 12"
    )


def test_a_cell_of_a_source_is_shown_if_its_column_gives_public_columns_only(whole: Project) -> None:
    shown = {
        name: one_of(whole, "source-formula", field=name, value="=1+1", **OF_PART).value
        for name in ("Texto", "id", "text", "Doble", "note", "n", "Otra")
    }
    assert {name for name, value in shown.items() if value} == {"Texto", "id"}


def test_a_cell_of_a_source_or_table_that_nobody_has_is_not_shown(whole: Project) -> None:
    here = {**OF_PART, "field": "Texto", "value": "=1+1"}
    for other in ({"source": "nobody"}, {"table": "nowhere"}, {"table": None}):
        assert one_of(whole, "source-formula", **{**here, **other}).value is None
    assert one_of(whole, "constraint-enum", dataset="gone", table="nowhere", field="text", value="x").value is None


def test_an_address_and_a_word_of_the_source_file_are_shown(whole: Project) -> None:
    address = "https://datos.example/612345678.csv"
    assert one_of(whole, "http-status", source="entrega", value=address, params={"kind": 404}).value == address
    assert one_of(whole, "source-sheet-missing", value="Hoja1", params={"kind": "a"}, **OF_PART).value == "Hoja1"


def test_the_codes_that_show_no_row_are_codes_of_the_source() -> None:
    for code in ("http-status", "ckan-answer", "source-sheet-missing", "source-encoding-unknown"):
        assert catalogue()[code].gate == "source"


def test_the_words_of_a_mapping_are_shown_and_the_cells_it_names_as_others_are(whole: Project) -> None:
    """A mapping of the row itself stands in no column; what it says is a word of the dataset file."""
    here = {"dataset": "people", "table": "people"}
    codes = [c for c, told in catalogue().items() if c.startswith("rdf-") and told.owner == "operator"]
    of_words = [c for c in codes if catalogue()[c].gate == "schema" and "{value}" in catalogue()[c].what.en]
    assert len(of_words) == 8
    for code in of_words:
        assert one_of(whole, code, field="rdf", value="foo:Call", **here).value == "foo:Call", code
    assert one_of(whole, "rdf-address", field="note", value="cell", **here).value is None


@pytest.mark.parametrize("cell", [f"Ana {PHONE}", PERSON, f"don {PERSON}", DNI, "ana@correo.example"])
@pytest.mark.parametrize("code", ["column-unexpected", "source-header-duplicate", "source-cell-long", "column-twice"])
def test_a_cell_of_a_row_in_place_of_the_header_is_not_shown(whole: Project, code: str, cell: str) -> None:
    one = one_of(whole, code, field=cell, params={"count": 2}, **OF_PART)
    assert one.field is None
    assert cell not in one.model_dump_json() + str(one.as_row())
    assert one.params == {"count": "2"}


def test_a_header_cell_that_is_only_unexpected_is_shown(whole: Project) -> None:
    assert one_of(whole, "column-unexpected", field="Observaciones", **OF_PART).field == "Observaciones"


def test_a_parameter_with_personal_data_is_not_shown_even_where_others_are(whole: Project) -> None:
    params = {"kind": f"Hoja, {PERSON}", "expected": "x", "count": 612345678}
    one = one_of(whole, "source-sheet-missing", value="Hoja1", params=params, **OF_PART)
    assert (one.value, one.params) == (None, {"expected": "x", "count": "612345678"})


def test_a_name_of_the_list_is_not_shown_by_any_gate_that_speaks_of_rows(whole: Project) -> None:
    for code in ("constraint-enum", "key-missing", "rule-range", "id-gone", "code-unmapped", "evidence-not-found"):
        assert one_of(whole, code, field="text", value=PERSON, dataset="things", table="t", key=PERSON).key is None


def test_while_the_list_of_names_cannot_be_read_nothing_of_a_row_is_shown() -> None:
    file = people()
    one = finding("constraint-enum", field="colour", value="green", **WHERE)
    of_file = finding("file-value", part="schemas/x.yaml", field="name", value="y", params={"reason": "z"})
    hidden, same = conceal(project(personal_hashes="nowhere.csv"), file, [one, of_file])
    assert (hidden.value, hidden.key, same) == (None, None, of_file)


@pytest.mark.parametrize("code", ["file-value", "meta-theme-unknown", "shapes-value", "release-damaged"])
def test_what_is_written_to_be_read_is_shown_unless_it_holds_personal_data(whole: Project, code: str) -> None:
    named = finding(code, dataset="things", field="title", key="https://datos.example/x", value=PERSON)
    of_table = finding(code, dataset="things", table="t", field="secret", value="x")
    mailbox = finding(code, field="email", value="datos@ayuntamiento.example")
    assert conceal(whole, None, [named, of_table, mailbox]) == [named, of_table, mailbox]
    assert one_of(whole, code, field="title", value=f"Llame al {PHONE}").value is None


def test_a_finding_about_a_dataset_as_a_whole_is_shown(whole: Project) -> None:
    found = [
        finding("rolled-back", dataset="things", value="2026-01-01.1"),
        finding("needed-by", dataset="things", value="visits", params={"missing": "norte"}),
    ]
    assert conceal(whole, whole.datasets["things"], found) == found


TEXTS = st.sampled_from(["a", "text", "Texto", "secret", "n", DNI, PHONE, PERSON, "ana@correo.example", "id, secret"])


@given(st.data())
def test_concealing_twice_changes_nothing(data: st.DataObject) -> None:
    file = dataset(resource("t", [field("id"), field("text"), field("n", "integer"), field("secret", public=False)]))
    known = replace(project(), datasets={"things": file})
    some = st.none() | TEXTS
    where = {name: data.draw(some) for name in ("key", "field", "value")}
    where |= {name: data.draw(st.sampled_from([None, "t", "things", "u"])) for name in ("table", "dataset", "source")}
    params = data.draw(st.dictionaries(st.sampled_from(["columns", "kind", "count", "reason"]), TEXTS))
    found = [finding(data.draw(st.sampled_from(sorted(catalogue()))), params=params, **where)]
    once = conceal(known, file, found)
    assert conceal(known, file, once) == once
    assert conceal(known, None, once) == once
