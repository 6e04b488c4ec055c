"""Dates, times and partial dates.

What belongs here: reading one date, moment or EDTF date from one clean text, and the days that an EDTF
date can mean. What does not: cleaning the text (`cell`) or choosing the reader of a column (`values`).

A day is never guessed from `04/07/2022`: the dialect of the source says `date_format`, or the cell is
written as ISO 8601 or with the name of the month.
"""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache

from edtf import Date

from pipelines.contracts.dataset import EDTF_PATTERN
from pipelines.contracts.frequency import MADRID
from pipelines.tidy.cell import Unreadable

OPEN = ".."
Bounds = tuple[date | None, date | None]

_MONTH_NAMES = """
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
january february march april may june july august september october november december
"""
_MONTHS = {name: place % 12 + 1 for place, name in enumerate(_MONTH_NAMES.split())} | {"setiembre": 9}
_MONTH = "|".join(_MONTHS)
_LONG = [
    re.compile(
        rf"(?:(?P<day>[0-9]{{1,2}})(?:\.?º)? (?:de )?)?(?P<month>{_MONTH}) (?:del? )?(?P<year>[0-9]{{4}})", re.I
    ),
    re.compile(rf"(?P<month>{_MONTH}) (?P<day>[0-9]{{1,2}}),? (?P<year>[0-9]{{4}})", re.I),
]
_EDTF = re.compile(EDTF_PATTERN, re.ASCII)
_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(?::00(?:\.0+)?)?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_FIGURES = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}")


def read_edtf(text: str, date_format: str | None) -> str:
    """`text` as an EDTF date: `2020`, `2022-03`, `2022-03-02`, `2022-01/2022-02`, `2022-07-04/..`, `../2019`.

    Written dates become EDTF: by `date_format` (without a day a month, without a month a year), by the
    name of the month in Spanish or English, or as a spreadsheet gives a day (midnight). Raises
    `Unreadable`: `date-unreadable`, `date-order-unknown`, `date-interval-reversed`.
    """
    value = _by_format(text, date_format) or _long(text) or text
    midnight = _MIDNIGHT.fullmatch(value)
    value = midnight[1] if midnight else value
    if not _EDTF.fullmatch(value):
        raise Unreadable("date-order-unknown" if _FIGURES.fullmatch(text) and not date_format else "date-unreadable")
    bounds(value)
    return value


def read_date(text: str, date_format: str | None) -> date:
    """The day in `text`, written in any way that `read_edtf` reads. Raises `Unreadable` likewise."""
    start, end = bounds(read_edtf(text, date_format))
    if start is None or start != end:
        raise Unreadable("date-unreadable")
    return start


def read_moment(text: str, date_format: str | None) -> datetime:
    """The moment in `text` in UTC; a time that names no zone is that of Madrid.

    Raises `Unreadable`: `datetime-unreadable` (also for a day without a time), `datetime-clock-change`
    for a local time that the change of the clocks makes happen twice or not at all.
    """
    try:
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text)
        elif date_format and "%H" in date_format:
            moment = datetime.strptime(text, date_format)
        else:
            raise Unreadable("datetime-unreadable")
        return (moment if moment.tzinfo else _local(moment)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("datetime-unreadable") from error


def _local(moment: datetime) -> datetime:
    # A time that names no zone is one on the clocks of Madrid.
    first, second = (moment.replace(tzinfo=MADRID, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise Unreadable("datetime-clock-change")
    return first


@lru_cache(maxsize=1 << 16)
def bounds(value: str) -> Bounds:
    """The first and the last day that an EDTF date can mean; None at an open end.

    Raises `Unreadable` for a day that the calendar does not have, for `..` alone, and
    `date-interval-reversed` for an interval that ends before it begins.
    """
    first, _, last = value.partition("/")
    start, end = _days(first)[0], _days(last or first)[1]
    if start is None and end is None:
        raise Unreadable("date-unreadable")
    if start and end and start > end:
        raise Unreadable("date-interval-reversed")
    return start, end


def _days(value: str) -> Bounds:
    if value == OPEN:
        return None, None
    parts = dict(zip(("year", "month", "day"), value.split("-"), strict=False))
    try:
        known = Date(**parts)
        return date(*known.lower_strict()[:3]), date(*known.upper_strict()[:3])
    except ValueError as error:  # the library takes 2021-02-29; the calendar does not
        raise Unreadable("date-unreadable") from error


def _by_format(text: str, date_format: str | None) -> str | None:
    if not date_format:
        return None
    try:
        read = datetime.strptime(text, date_format)
    except ValueError:
        # Every other format differs from EDTF at sight; this one would have its months and days swapped.
        if date_format.startswith("%Y-%d"):
            raise Unreadable("date-unreadable") from None
        return None
    if read.time() != time.min:  # a day that is given to the minute is more than a day
        raise Unreadable("date-unreadable")
    known = [f"{read.year:04}"]
    if any(mark in date_format for mark in ("%m", "%b", "%B", "%d", "%j", "%x", "%c")):
        known.append(f"{read.month:02}")
    if any(mark in date_format for mark in ("%d", "%j", "%x", "%c")):
        known.append(f"{read.day:02}")
    return "-".join(known)


def _long(text: str) -> str | None:
    for pattern in _LONG:
        if found := pattern.fullmatch(text):
            month = f"{found['year']}-{_MONTHS[found['month'].lower()]:02}"
            return f"{month}-{int(found['day']):02}" if found["day"] else month
    return None
