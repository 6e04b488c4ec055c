"""What is wrong with a table under its Table Schema, before it becomes findings.

What belongs here: the one shape in which both ways of checking (`exact`, `columns`) answer, and the code
of ours for each word of frictionless. What does not: where a row came from, and the texts of findings.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CONSTRAINTS = {
    "required": "constraint-required",
    "unique": "constraint-unique",
    "pattern": "constraint-pattern",
    "minimum": "constraint-minimum",
    "maximum": "constraint-maximum",
    "minLength": "constraint-min-length",
    "maxLength": "constraint-max-length",
    "enum": "constraint-enum",
}
"""Our code for each constraint of Table Schema that a column may have."""


class Problem(NamedTuple):
    """The rows (0 is the first) of a table that have one problem in the same columns."""

    table: str
    code: str
    columns: tuple[str, ...]
    positions: npt.NDArray[np.int64]
    constraint: str | None = None
    reference: str | None = None
    """For a foreign key: the table and columns that it names."""


def code_of(constraint: str, column: str, primary_key: Sequence[str]) -> str:
    """Our code for a constraint that a cell breaks; a part of the primary key that is empty has its own."""
    if constraint == "required" and column in primary_key:
        return "primary-key-empty"
    return CONSTRAINTS[constraint]
