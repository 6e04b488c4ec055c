"""Which of two dates comes first, when either may be known only in part.

What belongs here: comparing columns of dates of any type. What does not: reading dates, which is `tidy`.
"""

import pandas as pd

from pipelines.check.places import Places, present
from pipelines.contracts.tables import as_text

_DAY = len("2022-03-02")


def may_be_in_order(places: Places, earlier: str, later: str) -> pd.Series:
    """Whether each row can have `earlier` not after `later`: false only where it certainly is after.

    Partial dates stand for all their days: the first day that `earlier` can mean is held against the last
    one that `later` can mean. A date that is empty, open or unknown may be any.
    """
    first, last = _texts(places, earlier, "from"), _texts(places, later, "to")
    if not (_is_moment(places, earlier) and _is_moment(places, later)):
        first, last = first.str.slice(0, _DAY), last.str.slice(0, _DAY)
    return (first <= last).fillna(True)


def _texts(places: Places, column: str, end: str) -> pd.Series:
    """ISO 8601 texts of the first (`from`) or last (`to`) day, which stand in the order of time."""
    field = places.resource.field(column)
    if field.edtf:
        return present(as_text(places.table[f"{column}_{end}"]))
    text = places.text(column)
    if field.type == "year":
        return text.str.zfill(4) + ("-01-01" if end == "from" else "-12-31")
    return text


def _is_moment(places: Places, column: str) -> bool:
    return places.resource.field(column).type == "datetime"
