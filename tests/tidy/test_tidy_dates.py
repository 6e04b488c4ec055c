"""Dates: what is read, what is refused, and which days a partial date can mean."""

from datetime import UTC, date, datetime, timedelta

import pytest
from edtf import parse_edtf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.tidy.cell import Unreadable
from pipelines.tidy.dates import bounds, read_date, read_edtf, read_moment

DMY = "%d/%m/%Y"


def refusal(read, *given):
    with pytest.raises(Unreadable) as refused:
        read(*given)
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
        ("2022-02", date(2022, 2, 1), date(2022, 2, 28)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("2022-02-16", date(2022, 2, 16), date(2022, 2, 16)),
        ("2022-01/2022-02", date(2022, 1, 1), date(2022, 2, 28)),
        ("2020/2021", date(2020, 1, 1), date(2021, 12, 31)),
        ("2020-06/2020", date(2020, 6, 1), date(2020, 12, 31)),
        ("2022-07-04/..", date(2022, 7, 4), None),
        ("../2019", None, date(2019, 12, 31)),
    ],
)
def test_the_bounds_of_a_partial_date_are_the_first_and_last_day_it_can_mean(text, first, last):
    assert read_edtf(text, None) == text
    assert bounds(text) == (first, last)


@pytest.mark.parametrize("text", ["2020/2019", "2022-07-04/2022-07-03", "2021/2020-12"])
def test_an_interval_that_ends_before_it_begins_is_refused(text):
    assert refusal(read_edtf, text, None) == "date-interval-reversed"


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-29", "2022-13", "2022-00", "2022-04-31", "0000", "..", "../..", "2022/", "/2022", "2022~", "2022?", "20XX",
        "2022-21", "22", "junio", "2022-2023", "1920-21", "mañana", "31 de abril de 2022", "٢٠٢٢",
        "2020-01-01/2021-02-29",
    ],
)  # fmt: skip
def test_what_the_calendar_or_the_conventions_do_not_have_is_refused(text):
    assert refusal(read_edtf, text, None) == "date-unreadable"


@pytest.mark.parametrize("text", ["04/07/2022", "4-7-2022", "04.07.22", "2022/07/04", "2022-3-2"])
def test_days_and_months_in_figures_are_never_guessed(text):
    assert refusal(read_edtf, text, None) == "date-order-unknown"
    assert refusal(read_date, text, None) == "date-order-unknown"


def test_the_declared_format_says_which_is_the_day():
    assert read_date("04/07/2022", DMY) == date(2022, 7, 4)
    assert read_date("04/07/2022", "%m/%d/%Y") == date(2022, 4, 7)
    assert refusal(read_date, "13/13/2022", DMY) == "date-unreadable"


def test_a_format_without_a_day_gives_a_month_and_without_a_month_a_year():
    assert read_edtf("07/2022", "%m/%Y") == "2022-07"
    assert read_edtf("22", "%y") == "2022"
    assert read_edtf("04/07/2022", DMY) == "2022-07-04"


def test_a_partial_date_in_figures_needs_no_format():
    assert read_edtf("2022-07", DMY) == "2022-07"
    assert read_edtf("2022-01/2022-02", DMY) == "2022-01/2022-02"


def test_a_format_of_year_day_month_never_falls_back_to_the_standard():
    assert read_edtf("2022-13-01", "%Y-%d-%m") == "2022-01-13"
    assert refusal(read_edtf, "2022-01-13", "%Y-%d-%m") == "date-unreadable"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 de marzo de 2022", "2022-03-02"),
        ("4 de julio de 2022", "2022-07-04"),
        ("1.º de enero del 2022", "2022-01-01"),
        ("October 28, 2019", "2019-10-28"),
        ("28 October 2019", "2019-10-28"),
        ("February 19, 2020", "2020-02-19"),
        ("marzo de 2020", "2020-03"),
        ("Octubre 2019", "2019-10"),
        ("setiembre de 2021", "2021-09"),
        ("May 2021", "2021-05"),
    ],
)
def test_a_date_with_the_name_of_its_month_is_read_in_both_languages(text, value):
    assert read_edtf(text, None) == value
    assert read_edtf(text, DMY) == value


def test_a_spreadsheet_gives_a_day_as_its_midnight():
    assert read_date("2022-03-02T00:00:00", None) == date(2022, 3, 2)
    assert read_date("2022-03-02 00:00", None) == date(2022, 3, 2)
    assert refusal(read_date, "2022-03-02T18:30:00", None) == "date-unreadable"
    assert refusal(read_date, "02/03/2022 18:30", "%d/%m/%Y %H:%M") == "date-unreadable"


@pytest.mark.parametrize(
    "text", ["2022", "2022-03", "2022-03-01/2022-03-02", "2022-03-01/..", "../2022", "marzo de 2022"]
)
def test_a_column_of_days_takes_no_partial_date(text):
    assert refusal(read_date, text, None) == "date-unreadable"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-03-02T18:30:00Z", datetime(2022, 3, 2, 18, 30, tzinfo=UTC)),
        ("2022-03-02T18:30:00+01:00", datetime(2022, 3, 2, 17, 30, tzinfo=UTC)),
        ("2022-03-02 18:30", datetime(2022, 3, 2, 17, 30, tzinfo=UTC)),
        ("2022-07-02T18:30:05", datetime(2022, 7, 2, 16, 30, 5, tzinfo=UTC)),
        ("2022-10-30T02:30+02:00", datetime(2022, 10, 30, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_in_utc_and_without_a_zone_in_madrid(text, moment):
    assert read_moment(text, None) == moment
    assert read_moment(text, None).tzinfo == UTC


@pytest.mark.parametrize("text", ["2022-10-30T02:30", "2022-03-27T02:30"])
def test_an_hour_that_the_change_of_clocks_doubles_or_skips_is_refused(text):
    assert refusal(read_moment, text, None) == "datetime-clock-change"


@pytest.mark.parametrize(
    "text", ["2022-03-02", "2022", "18:30", "2022-02-30T10:00", "2022-03-02T25:00", "20220302T1830"]
)
def test_a_day_without_a_time_is_no_moment(text):
    assert refusal(read_moment, text, None) == "datetime-unreadable"


def test_a_moment_is_read_by_a_format_that_has_a_time():
    assert read_moment("02/03/2022 18:30", "%d/%m/%Y %H:%M") == datetime(2022, 3, 2, 17, 30, tzinfo=UTC)
    assert refusal(read_moment, "02/03/2022", DMY) == "datetime-unreadable"


DAYS = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))
ENDS = st.builds(lambda day, length: day.isoformat()[:length], DAYS, st.sampled_from([4, 7, 10]))


@settings(deadline=None)  # a busy machine is no fault
@given(ENDS)
def test_bounds_are_those_of_the_library_and_in_order(text):
    parsed = parse_edtf(text)
    first, last = bounds(text)
    assert (first, last) == (date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3]))
    assert first <= last


@settings(deadline=None)  # a busy machine is no fault
@given(ENDS, ENDS)
def test_an_interval_has_ordered_bounds_or_is_refused(first, last):
    text = f"{first}/{last}"
    starts, ends = bounds(first)[0], bounds(last)[1]
    if starts > ends:
        assert refusal(read_edtf, text, None) == "date-interval-reversed"
    else:
        assert read_edtf(text, None) == text
        assert bounds(text) == (starts, ends)


@settings(deadline=None)  # a busy machine is no fault
@given(DAYS, st.sampled_from([DMY, "%m/%d/%Y", "%Y%m%d"]))
def test_a_day_reads_back_from_any_declared_format(day, date_format):
    written = day.strftime(date_format.replace("%Y", f"{day.year:04}"))
    assert read_date(written, date_format) == day


@settings(deadline=None)  # a busy machine is no fault
@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2037, 1, 1)))
def test_a_local_time_is_refused_only_around_the_change_of_clocks(moment):
    moment = moment.replace(microsecond=0)
    try:
        read = read_moment(moment.isoformat(), None)
    except Unreadable as reason:
        assert reason.code == "datetime-clock-change"
        assert moment.month in (3, 4, 9, 10)
    else:
        assert timedelta(hours=1) <= moment.replace(tzinfo=UTC) - read <= timedelta(hours=2)
