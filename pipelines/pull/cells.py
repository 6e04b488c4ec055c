"""The text of a cell that has a type: numbers, booleans and dates of workbooks and JSON.

What belongs here: one text per value, in the dialect of the source, so that tidy reads it as it reads
the cells that were typed in as text. What does not: text itself, which stays as it is.
"""

from datetime import date, datetime, time
from decimal import Decimal

from pipelines.contracts.source import Dialect


def typed_text(value: object, dialect: Dialect) -> str:
    """`value` as text: 15.0 is `15`, true is `true`, a day is ISO 8601 or in the declared date format.

    Numbers get the decimal mark of the dialect: 1.125 written with a point would be read as 1125 in a
    source whose points group thousands.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value, dialect)
    if isinstance(value, datetime) and value.time() != time.min:
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.strftime(dialect.date_format) if dialect.date_format else value.strftime("%Y-%m-%d")
    return str(value)


def _number(value: float, dialect: Dialect) -> str:
    if value == int(value):
        return str(int(value))
    return format(Decimal(repr(value)), "f").replace(".", dialect.decimal)
