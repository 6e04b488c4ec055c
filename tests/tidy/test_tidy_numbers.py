"""Numbers: what is read, and what is refused rather than guessed."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.tables import number_text
from pipelines.tidy.cell import Unreadable, clean
from pipelines.tidy.numbers import NumberStyle, read_integer, read_number

SILENT = NumberStyle()
POINT = NumberStyle(".", declared=True)
COMMA = NumberStyle(",", declared=True)
NARROW, HARD = "\u202f", "\u00a0"


def refusal(read, text, style):
    with pytest.raises(Unreadable) as refused:
        read(text, style)
    return refused.value.code


def test_a_dot_grouped_number_is_thousands_under_a_decimal_comma():
    assert read_number("1.100", COMMA) == 1100
    assert read_integer("10.400", COMMA) == 10400
    assert read_number("1.234.567,89", COMMA) == 1234567.89


def test_a_comma_grouped_number_is_thousands_under_a_decimal_point():
    assert read_number("1,100.5", SILENT) == 1100.5
    assert read_integer("1,100", POINT) == 1100


@pytest.mark.parametrize("text", ["1.100", "10.400", "10.125", "1,100", "-1.100", "1.100 millones", "1.100 €"])
def test_a_number_that_fits_both_marks_is_refused_where_no_mark_is_declared(text):
    assert refusal(read_number, text, SILENT) == "number-ambiguous"
    assert refusal(read_integer, text, SILENT) == "number-ambiguous"


@pytest.mark.parametrize(("text", "value"), [("1.100", 1.1), ("10.125", 10.125), ("1,100", 1100.0)])
def test_a_number_that_fits_both_marks_is_read_as_declared(text, value):
    assert read_number(text, POINT) == value


@pytest.mark.parametrize(("text", "style"), [("1.100", POINT), ("1.000", POINT), ("1,100", COMMA), ("2,000", COMMA)])
def test_decimals_of_three_digits_in_a_whole_number_are_refused_even_where_the_mark_is_declared(text, style):
    assert refusal(read_integer, text, style) == "number-ambiguous"


@pytest.mark.parametrize(("text", "value"), [("0.125", 0.125), ("1100.125", 1100.125), ("11.83", 11.83), (".5", 0.5)])
def test_a_number_that_cannot_be_grouped_needs_no_declaration(text, value):
    assert read_number(text, SILENT) == value


@pytest.mark.parametrize(
    ("text", "style"),
    [("1.100.000", SILENT), ("1.100.000", POINT), ("12,5", SILENT), ("10.5", COMMA), ("1,100.5", COMMA)],
)
def test_a_number_that_only_the_other_mark_explains_is_refused(text, style):
    assert refusal(read_number, text, style) == "number-other-mark"


@pytest.mark.parametrize("space", [" ", HARD, NARROW, "\u2009"])
def test_any_space_groups_thousands(space):
    assert read_number(clean(f"750{space}000"), SILENT) == 750000
    assert read_number(clean(f"1{space}234{space}567,5"), COMMA) == 1234567.5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("750 000 millones de euros", 7.5e11),
        ("750 mil millones", 7.5e11),
        ("3 billones", 3e12),
        ("2 millones", 2e6),
        ("1 millón", 1e6),
        ("1,38 millones de euros", 1380000),
        ("750 mil", 750000),
    ],
)
def test_spanish_words_of_scale_count_on_the_long_scale(text, value):
    assert read_number(text, COMMA) == value


@pytest.mark.parametrize(("text", "value"), [("€750 billion", 7.5e11), ("1.38 million", 1380000), ("2 Trillion", 2e12)])
def test_english_words_of_scale_count_on_the_short_scale(text, value):
    assert read_number(text, SILENT) == value


def test_a_scaled_number_can_be_whole():
    assert read_integer("1,38 millones", COMMA) == 1380000
    assert refusal(read_integer, "1,3800005 millones", COMMA) == "number-not-whole"


@pytest.mark.parametrize("text", ["2.842.274€", "2.842.274 €", "€ 2.842.274", "2.842.274 euros", "2.842.274 EUR"])
def test_a_euro_sign_may_stand_beside_a_number(text):
    assert read_number(text, COMMA) == 2842274


def test_a_euro_sign_in_a_column_of_another_unit_is_refused():
    assert refusal(read_number, "25 €", NumberStyle(euro=False)) == "number-with-unit"


@pytest.mark.parametrize("text", ["25 %", "25%", "$5", "5 £", "3 ‰", "unos 5 €"])
def test_a_sign_that_changes_the_value_is_refused(text):
    assert refusal(read_number, text, SILENT) == "number-with-unit"


@pytest.mark.parametrize(
    "text",
    [
        "cinco", "10-12", "entre 10 y 12", ">500", "más de 500", "", "-", ".", ",", "1.", "1,", "1.10.000", "1..1", "1,1,1",
        "1 1", "1 2345", "0x1F", "1E5", "1,23E+05", "inf", "nan", "١٢", "12 millones y medio", "millones", "--5", "5-", "1_000",
        "1e999", "1.000 000", "1,000 000",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(text):
    assert refusal(read_number, text, SILENT) == "number-unreadable"


def test_signs_are_read_and_the_typographic_minus_too():
    assert [read_integer(text, SILENT) for text in ("-5", "−5", "+5")] == [-5, -5, 5]


def test_a_whole_number_may_be_written_with_zeros_behind_the_mark():
    assert read_integer("15.0", SILENT) == 15
    assert refusal(read_integer, "15.5", SILENT) == "number-not-whole"


def test_a_whole_number_beyond_64_bits_is_refused():
    assert read_integer(str(2**63 - 1), SILENT) == 2**63 - 1
    assert refusal(read_integer, str(2**63), SILENT) == "number-unreadable"


@settings(deadline=None)  # a busy machine is no fault
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_a_release_writes_reads_back_as_the_same_number(value):
    assert read_number(number_text(value), POINT) == value


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers(min_value=-(10**15), max_value=10**15), st.sampled_from([".", " "]))
def test_a_grouped_spanish_whole_number_reads_back(value, group):
    assert read_integer(f"{value:,}".replace(",", group), COMMA) == value


@settings(deadline=None)  # a busy machine is no fault
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_the_same_figure_in_spanish_and_english_is_the_same_number(value):
    english = f"{value:,}"
    spanish = english.translate(str.maketrans(",.", ".,"))
    assert read_number(english, POINT) == read_number(spanish, COMMA) == float(value)


@settings(deadline=None)  # a busy machine is no fault
@given(st.from_regex(re.compile(r"[0-9]{1,4}([., ][0-9]{1,4}){0,3}"), fullmatch=True))
def test_without_a_declared_mark_a_text_is_read_only_if_both_marks_agree_or_one_fails(text):
    def value(style):
        try:
            return read_number(text, style)
        except Unreadable:
            return None

    point, comma = value(POINT), value(COMMA)
    assert value(SILENT) == (point if comma in (None, point) else None)
