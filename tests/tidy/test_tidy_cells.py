"""Cells: cleaning, empty cells, codes, and what each type of column takes."""

import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tidy_builders import make_field

from pipelines.contracts.dataset import DataField
from pipelines.contracts.source import Dialect
from pipelines.contracts.tables import STRING, dtype_of
from pipelines.tidy.cell import Unreadable, clean
from pipelines.tidy.values import Codes, bound_columns, read_column


def read(texts, *, dialect=None, codes=None, **field):
    field = DataField.model_validate(make_field("x", **field))
    return read_column(pd.Series(texts, dtype=STRING), field, dialect or Dialect(), codes)


def values(texts, **said):
    return [None if pd.isna(v) else v for v in read(texts, **said).values]


def unread(texts, **said):
    return [None if pd.isna(v) else v for v in read(texts, **said).unread]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  Clúster  de \n Videojuegos\t", "Clúster de Videojuegos"),
        ("Clu\u0301ster", "Clúster"),
        ("750\u00a0000\u202fmillones", "750 000 millones"),
        ("\ufeffMad\u200brid\u00ad", "Madrid"),
        ("\u200b", ""),
        ("\u2009 \u00a0", ""),
        ("m²", "m²"),
    ],
)
def test_a_cell_is_trimmed_composed_and_freed_of_what_nobody_sees(raw, text):
    assert clean(raw) == text


@pytest.mark.parametrize("raw", ["ruido\x07", "Espa\ufffda", "a\x00b", "caf\x85", "\x96", "\ud800"])
def test_a_cell_with_what_only_damage_leaves_is_refused(raw):
    with pytest.raises(Unreadable) as refused:
        clean(raw)
    assert refused.value.code == "text-broken"


@settings(deadline=None)  # a busy machine is no fault
@given(st.text())
def test_cleaning_again_changes_nothing(text):
    try:
        once = clean(text)
    except Unreadable:
        return
    assert clean(once) == once == unicodedata.normalize("NFC", once)
    assert not once[:1].isspace() and not once[-1:].isspace() and "  " not in once


def test_an_empty_cell_is_nothing_given_and_so_are_the_declared_words():
    assert values(["", " ", "\u200b", "-", "x"]) == [None, None, None, "-", "x"]
    assert values(["", "-", " N/D ", "x"], dialect=Dialect(empty=["-", "N/D"])) == [None, None, None, "x"]
    assert unread(["", "-"], dialect=Dialect(empty=["-"]), type="number") == [None, None]


def test_missing_stays_missing_in_every_type():
    for kind in ("string", "integer", "number", "boolean", "year", "date", "datetime"):
        column = read(["", pd.NA], type=kind)
        assert column.values.isna().all()
        assert column.unread.isna().all()
        assert column.values.dtype == dtype_of(DataField.model_validate(make_field("x", type=kind)))


def test_yes_and_no_are_read_in_both_languages():
    yes = ["sí", "Si", "YES", "true", "1", "VERDADERO"]
    no = ["no", "No", "false", "0", "FALSO"]
    assert values(yes, type="boolean") == [True] * 6
    assert values(no, type="boolean") == [False] * 5
    assert unread(["x", "quizá", "2"], type="boolean") == ["boolean-unreadable"] * 3


def test_a_year_has_four_digits():
    assert values(["2024", " 1999 "], type="year") == [2024, 1999]
    assert unread(["24", "2023-2024", "20244", "1.999"], type="year") == ["year-unreadable"] * 4


def test_the_dialect_says_the_decimal_mark_of_a_column():
    assert values(["1.100", "3,5"], type="number", dialect=Dialect(decimal=",")) == [1100.0, 3.5]
    assert unread(["1.100"], type="number") == ["number-ambiguous"]
    assert values(["1.100"], type="number", dialect=Dialect(decimal=".")) == [1.1]


def test_a_euro_sign_is_taken_where_the_unit_is_not_another():
    assert values(["5 €"], type="number", unit="EUR") == [5.0]
    assert values(["5 €"], type="number") == [5.0]
    assert unread(["5 €"], type="number", unit="percent") == ["number-with-unit"]


def test_a_text_column_keeps_numbers_and_dates_as_they_are_written():
    texts = ["1.100", "750 000 millones", "04/07/2022", "007", "0000"]
    assert values(texts) == texts


def test_words_become_codes_and_a_word_without_a_code_is_refused():
    codes = Codes({"Activo": "active", "En  pausa": "paused"}, frozenset({"active", "paused", "ended"}))
    assert values([" Activo", "En pausa", "ended", ""], codes=codes) == ["active", "paused", "ended", None]
    assert unread(["activo", "Cerrado"], codes=codes) == ["code-unmapped", "code-unmapped"]


def test_a_map_on_a_typed_column_translates_the_odd_words_and_leaves_the_rest_to_the_type():
    codes = Codes({"X": "true"}, frozenset({"true"}))
    assert values(["X", "no"], type="boolean", codes=codes) == [True, False]
    assert unread(["Y"], type="boolean", codes=codes) == ["boolean-unreadable"]


def test_a_value_that_cannot_be_read_leaves_the_others_alone():
    column = read(["1", "uno", "3", "uno"], type="integer")
    assert column.values.tolist() == [1, pd.NA, 3, pd.NA]
    assert column.unread.tolist() == [pd.NA, "number-unreadable", pd.NA, "number-unreadable"]


def test_the_bounds_of_a_column_are_missing_where_it_is_open_or_empty():
    dates = read(["2020", "2022-07-04/..", "../2019", "", "mal"], edtf=True)
    first, last = bound_columns(dates.values)
    assert [str(d) for d in first] == ["2020-01-01", "2022-07-04", "<NA>", "<NA>", "<NA>"]
    assert [str(d) for d in last] == ["2020-12-31", "<NA>", "2019-12-31", "<NA>", "<NA>"]
    assert dates.unread.tolist()[4] == "date-unreadable"
