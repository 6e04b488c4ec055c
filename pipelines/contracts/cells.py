"""The text of a number in a cell, for what reads releases without the tables of `contracts.tables`.

What belongs here: rules about one cell that need no table. What does not: columns and tables.
"""


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number: `15`, `11.83`, `750000000000`."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(float(value))
