"""How often a dataset changes: the codes of the EU frequency table, and what follows from them.

What belongs here: the cron expression and the longest age of each code, and the types of both words in the
files that people write. What does not: schedules and deadlines themselves, which Dagster and `opendata
status` make of them.

The codes are those of http://publications.europa.eu/resource/authority/frequency, which is what
`dct:accrualPeriodicity` of DCAT-AP 3.0.1 names.
"""

import re
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, WithJsonSchema

TIMEZONE = "Europe/Madrid"
"""Cron expressions are read in this time zone."""

MADRID = ZoneInfo(TIMEZONE)
"""The same, for moments and days: versions, pages and the terminal go by its clocks."""


@dataclass(frozen=True)
class Pace:
    """A rhythm: when to look for new data, and how many days old they may become before they are overdue."""

    cron: str
    longest_age_days: int


# Six in the morning: after the night's backups, before anybody is at work, and never in the hour that
# a change of the clocks repeats or leaves out. The longest age is the period and time to put it right:
# a day for the shortest, about a quarter of the period for the others, two months at most.
PACES = {
    "CONT": Pace("0 * * * *", 2),
    "UPDATE_CONT": Pace("0 * * * *", 2),
    "1MIN": Pace("0 * * * *", 2),
    "5MIN": Pace("0 * * * *", 2),
    "10MIN": Pace("0 * * * *", 2),
    "15MIN": Pace("0 * * * *", 2),
    "30MIN": Pace("0 * * * *", 2),
    "HOURLY": Pace("0 * * * *", 2),
    "BIHOURLY": Pace("0 */2 * * *", 2),
    "TRIHOURLY": Pace("0 */3 * * *", 2),
    "12HRS": Pace("0 6,18 * * *", 2),
    "DAILY_2": Pace("0 6,18 * * *", 2),
    "DAILY": Pace("0 6 * * *", 2),
    "WEEKLY_5": Pace("0 6 * * 1-5", 4),
    "WEEKLY_3": Pace("0 6 * * 1,3,5", 4),
    "WEEKLY_2": Pace("0 6 * * 1,4", 5),
    "WEEKLY": Pace("0 6 * * 1", 9),
    "MONTHLY_3": Pace("0 6 1,11,21 * *", 14),
    "BIWEEKLY": Pace("0 6 * * 1", 18),
    "MONTHLY_2": Pace("0 6 1,16 * *", 20),
    "MONTHLY": Pace("0 6 1 * *", 39),
    "BIMONTHLY": Pace("0 6 1 1,3,5,7,9,11 *", 77),
    "QUARTERLY": Pace("0 6 1 1,4,7,10 *", 115),
    "ANNUAL_3": Pace("0 6 1 1,5,9 *", 153),
    "ANNUAL_2": Pace("0 6 1 1,7 *", 229),
    "ANNUAL": Pace("0 6 1 * *", 426),
    "BIENNIAL": Pace("0 6 1 * *", 791),
    "TRIENNIAL": Pace("0 6 1 * *", 1156),
    "QUADRENNIAL": Pace("0 6 1 * *", 1521),
    "QUINQUENNIAL": Pace("0 6 1 * *", 1887),
    "DECENNIAL": Pace("0 6 1 * *", 3713),
    "BIDECENNIAL": Pace("0 6 1 * *", 7365),
    "TRIDECENNIAL": Pace("0 6 1 * *", 11018),
}
"""Code: its rhythm. Cron has no fortnight, so `BIWEEKLY` looks each week; what comes once a year or less
has no known month, so it is looked for each month. Looking again at data that have not changed makes no release."""

NO_PACE = frozenset({"IRREG", "AS_NEEDED", "UNKNOWN", "OTHER", "NEVER", "NOT_PLANNED", "OP_DATPRO"})
"""Codes that promise no rhythm: they have no schedule of their own and no deadline to miss."""

CODES = frozenset(PACES) | NO_PACE
"""The whole table."""

_CRON_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_PART = re.compile(
    r"(?P<first>[0-9]{1,2})|(?:\*|(?P<low>[0-9]{1,2})-(?P<high>[0-9]{1,2}))(?:/(?P<step>[0-9]{1,2}))?"
)
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def a_cron(text: str) -> str:
    """`text`, if it is a cron expression of five fields of numbers, for example `0 6 * * 1-5`.

    Each field is `*`, a number or a range, with a step where wanted (`*/2`), or a list of them. Raises
    `ValueError` for anything else and for a day that none of the months has: such a schedule never comes.
    """
    fields = text.split()
    if len(fields) != len(_CRON_BOUNDS):
        raise ValueError("a cron expression has five fields: minute, hour, day, month and day of the week")
    values = [_cron_values(one, *bounds) for one, bounds in zip(fields, _CRON_BOUNDS, strict=True)]
    if min(values[2]) > max(_MONTH_LENGTHS[month - 1] for month in values[3]):
        raise ValueError("no month of the cron expression has such a day")
    return text


def _cron_values(field: str, lowest: int, highest: int) -> set[int]:
    """The numbers that one field of a cron expression means. Raises `ValueError`."""
    out: set[int] = set()
    for part in field.split(","):
        found = _CRON_PART.fullmatch(part)
        if not found:
            raise ValueError(f"`{part}` is no part of a cron expression; days and months are numbers")
        low = int(found["first"] or found["low"] or lowest)
        high = int(found["first"] or found["high"] or highest)
        step = int(found["step"] or 1)
        if not lowest <= low <= high <= highest or step < 1:
            raise ValueError(f"`{part}` of the cron expression is not within {lowest}-{highest}")
        out |= set(range(low, high + 1, step))
    return out


def a_frequency(code: str) -> str:
    """`code`, if the EU table has it. Raises `ValueError`."""
    if code not in CODES:
        raise ValueError("not a code of the EU frequency table, for example MONTHLY or IRREG")
    return code


Cron = Annotated[str, AfterValidator(a_cron)]
"""A cron expression in `TIMEZONE`."""
Frequency = Annotated[str, AfterValidator(a_frequency), WithJsonSchema({"type": "string", "enum": sorted(CODES)})]
"""A code of the EU frequency table; `IRREG` has no freshness to miss."""


def cron_of(frequency: str) -> str | None:
    """When data of that frequency are looked for, as a cron expression in `TIMEZONE`; None without a rhythm.

    A code that the table does not have is taken for one without a rhythm.
    """
    pace = PACES.get(frequency)
    return pace.cron if pace else None


def longest_age_days(frequency: str) -> int | None:
    """How many days after their last change such data are overdue; None where there is nothing to miss."""
    pace = PACES.get(frequency)
    return pace.longest_age_days if pace else None
