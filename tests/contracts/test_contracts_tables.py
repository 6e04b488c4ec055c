"""The one text of each cell and each key."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.tables import DATE, DATETIME, STRING, as_text, key_text, number_text


def texts(values, dtype):
    return [None if pd.isna(t) else t for t in as_text(pd.Series(values, dtype=dtype))]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (15.0, "15"),
        (11.83, "11.83"),
        (7.5e11, "750000000000"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e15, "1" + "0" * 15),
    ],
)
def test_a_number_has_a_point_and_no_needless_zero_or_exponent(number, text):
    assert number_text(number) == text


@settings(deadline=None)  # a busy machine is no fault
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_reads_back_as_that_number(number):
    assert float(number_text(number)) == number


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_what_is_no_number_has_no_text(number):
    with pytest.raises((OverflowError, ValueError)):
        number_text(number)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([15.0, None], "Float64", ["15", None]),
        ([2**62 + 1, None], "Int64", [str(2**62 + 1), None]),
        ([True, False, None], "boolean", ["true", "false", None]),
        ([date(2022, 3, 2), None], DATE, ["2022-03-02", None]),
        ([datetime(2022, 3, 2, 18, 30, tzinfo=UTC), None], DATETIME, ["2022-03-02T18:30:00Z", None]),
        ([datetime(2022, 3, 2, 18, 30, 1, 5, tzinfo=UTC)], DATETIME, ["2022-03-02T18:30:01.000005Z"]),
        (["1.100", "", None], STRING, ["1.100", "", None]),
        ([None], "Float64", [None]),
        ([], DATETIME, []),
    ],
)
def test_a_cell_has_one_text_and_a_missing_one_has_none(values, dtype, expected):
    assert texts(values, dtype) == expected


def test_a_cell_text_is_of_the_dtype_for_text():
    for dtype in ("Float64", "Int64", "boolean", DATE, DATETIME, STRING):
        assert as_text(pd.Series([], dtype=dtype)).dtype == STRING


def frame(rows):
    return pd.DataFrame({f"k{n}": pd.Series(column, dtype=STRING) for n, column in enumerate(zip(*rows, strict=True))})


def test_the_key_of_one_column_is_its_text():
    assert key_text(pd.DataFrame({"id": pd.Series([7, None], dtype="Int64")}), ["id"]).tolist() == ["7", pd.NA]


def test_the_parts_of_a_key_are_separated_by_a_slash_in_the_given_order():
    table = frame([("madrid", "nif")])
    assert key_text(table, ["k0", "k1"]).tolist() == ["madrid/nif"]
    assert key_text(table, ["k1", "k0"]).tolist() == ["nif/madrid"]


def test_a_key_with_a_part_missing_is_missing():
    assert key_text(frame([("a", None), (None, "b"), ("a", "b")]), ["k0", "k1"]).tolist() == [pd.NA, pd.NA, "a/b"]


def test_an_address_at_the_end_of_a_key_stays_as_it_is():
    assert key_text(frame([("x", "https://x.es/y")]), ["k0", "k1"]).tolist() == ["x/https://x.es/y"]


PART = st.text(alphabet="a/\\", max_size=4)


@settings(deadline=None)  # a busy machine is no fault
@given(st.tuples(PART, PART, PART), st.tuples(PART, PART, PART))
def test_two_keys_never_have_one_text(one, other):
    first, second = key_text(frame([one, other]), ["k0", "k1", "k2"])
    assert (first == second) == (one == other)
