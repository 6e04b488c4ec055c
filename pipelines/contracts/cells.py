"""The text of a typed cell, for what reads releases without the tables of `contracts.tables`.

What belongs here: rules about one cell that need no table. What does not: columns and tables.
"""

from datetime import date, datetime
from typing import Any


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number: `15`, `11.83`, `750000000000`."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(float(value))


def cell_text(value: Any) -> str:
    """The one text of a typed cell; as `contracts.tables.as_text` writes a column."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)
