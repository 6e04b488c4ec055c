"""Findings: every code reads well in both languages, and what is hidden stays hidden."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts import findings
from pipelines.contracts.findings import HIDDEN, Finding, FindingError, blocking, catalogue, counts, finding
from pipelines.contracts.text import LANGS

CODES = sorted(catalogue())
WHERE = {"source": "s", "part": "p.csv", "dataset": "d", "table": "t", "row": 7, "key": "k", "field": "f", "value": "v"}
OWN = {name for name in Finding.model_fields if name != "params"}


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def params(code):
    message = catalogue()[code]
    named = {p for text in (message.what, message.do) for lang in LANGS for p in places(text.get(lang))}
    return {name: f"<{name}>" for name in named - OWN}


@pytest.mark.parametrize("code", CODES)
def test_a_code_reads_in_both_languages_with_all_its_places_filled(code):
    found = finding(code, params=params(code), **WHERE)
    for lang in LANGS:
        for text in (found.what(lang), found.do(lang)):
            assert text.strip()
            assert "{" not in text
            assert HIDDEN.get(lang) not in text


@pytest.mark.parametrize("code", CODES)
def test_a_code_reads_in_both_languages_even_if_nothing_is_known_about_the_place(code):
    found = finding(code)
    for lang in LANGS:
        assert found.what(lang).strip() and found.do(lang).strip()


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_said_in_two_languages_and_not_twice_in_one(code):
    message = catalogue()[code]
    for text in (message.what, message.do, message.why):
        assert text.es.strip() and text.en.strip()
        assert text.es != text.en


@pytest.mark.parametrize("code", CODES)
def test_a_hidden_finding_never_carries_the_value(code):
    hush = "12345678Z"
    found = finding(code, params=dict.fromkeys(params(code), "x"), **{**WHERE, "value": hush, "key": hush})
    assert hush not in json.dumps(found.hidden().as_row())


@settings(deadline=None)  # a busy machine is no fault
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.just("12345678Z"), max_size=5))
def test_a_hidden_finding_keeps_only_parameters_that_hold_no_content(given_params):
    safe = {"count", "limit", "expected", "kind", "column", "columns", "sources", "tables", "datasets"}
    hidden = finding("file-value", params=given_params, value="12345678Z").hidden()
    assert set(hidden.params) == set(given_params) & safe
    assert hidden.value is None and hidden.key is None


def test_a_hidden_finding_says_in_its_text_that_something_is_not_shown():
    hidden = finding("file-value", part="p", field="f", value="secret", params={"reason": "secret"}).hidden()
    assert hidden.what("es").count("(no se muestra)") == 2
    assert hidden.what("en").count("(not shown)") == 2


def test_a_value_with_braces_is_shown_and_not_filled_in():
    found = finding("file-value", part="{value}", field="{0}", value="{part}", params={"reason": "{x}"})
    assert found.what("en") == "In {value}, '{0}' is not accepted: {part} ({x})."


def test_a_code_that_the_catalogue_does_not_have_is_refused():
    with pytest.raises(KeyError):
        finding("no-such-code")


def test_a_code_in_two_files_is_refused(tmp_path, monkeypatch):
    entry = "twice:\n  gate: store\n  severity: error\n  owner: clerk\n" + "".join(
        f"  {name}: {{es: a, en: b}}\n" for name in ("what", "do", "why")
    )
    (tmp_path / "messages").mkdir()
    for room in ("one", "two"):
        (tmp_path / "messages" / f"{room}.yaml").write_text(entry)
    monkeypatch.setattr(findings, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="twice"):
        catalogue.__wrapped__()


def test_severity_and_owner_come_from_the_catalogue_unless_said():
    assert (finding("column-missing").severity, finding("column-missing").owner) == ("warning", "operator")
    assert finding("column-missing", severity="error").severity == "error"


def test_an_error_blocks_until_it_is_waived_and_a_warning_never_does():
    error = finding("file-value")
    warning = finding("column-unexpected")
    waived = error.model_copy(update={"waiver": "w-1"})
    assert [f.blocks for f in (error, warning, waived)] == [True, False, False]
    assert blocking([error, warning, waived]) == [error]


def test_where_a_finding_is_goes_from_table_to_line():
    assert finding("file-value", **WHERE).where() == "d/t s/p.csv:7 [f] (k)"
    assert finding("file-value", part="p.csv").where() == "p.csv"
    assert finding("file-value", dataset="d", row=3).where() == "d"


def test_a_written_finding_has_its_texts_and_no_empty_cell():
    row = finding("file-value", part="p", field="f", value="v", params={"reason": "r"}).as_row()
    assert row["message_es"] == "En p, «f» no vale: v (r)."
    assert row["action_en"].startswith("Write a value")
    assert None not in row.values()


def test_a_finding_error_carries_its_findings_and_reads_in_logs():
    found = finding("file-unreadable", part="p", params={"reason": "gone"})
    error = FindingError(found)
    assert error.findings == [found]
    assert str(error) == "file-unreadable: The file p cannot be read: gone."


def test_findings_are_counted_by_code():
    assert counts([finding("file-value"), finding("column-twice"), finding("file-value")]) == {
        "column-twice": 1,
        "file-value": 2,
    }
