"""The figures of groups of rows: `publish` makes some once, the portal counts the others, and both say the same.

What belongs here: what is calculated of the numbers of each group. What does not: which groups there are, and writing
or reading what was made, which `contracts.reading` describes.

A column is given by its codes (0 for an empty cell) and by the number of each code; see `contracts.reading`.
"""

from typing import Any, Final, Literal

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Figure = Literal["many", "sum", "min", "max"]
FIGURES: Final[tuple[Figure, ...]] = ("many", "sum", "min", "max")
"""What is made of each numeric column, in this order: its cells that are not empty, their sum, least and greatest."""


def figure(name: Figure, places: Array, size: int, codes: Array, numbers: Array) -> Array:
    """One figure of each of `size` groups, as floats; least and greatest are NaN where a group has no number.

    `places`: the group of each row. `codes`: the code of each row. `numbers`: the number of each code, 0 for code 0.
    """
    if name == "many":
        # Few are empty as a rule, and only those are picked out.
        empty = np.bincount(places[codes == 0], minlength=size)
        return (np.bincount(places, minlength=size) - empty).astype(np.float64)
    if name == "sum":
        return np.bincount(places, weights=numbers[codes], minlength=size)
    least, kind = name == "min", codes.dtype
    if least:
        # One less than the code of an empty cell is the greatest of these unsigned numbers.
        found = np.full(size, np.iinfo(kind).max, kind)
        np.minimum.at(found, places, codes - kind.type(1))
        found += kind.type(1)
    else:
        found = np.zeros(size, kind)
        np.maximum.at(found, places, codes)
    return np.where(found > 0, numbers[found], np.nan)


def code_type(distinct: int) -> np.dtype[Any]:
    """The smallest unsigned type that holds the codes of a column with so many distinct values."""
    return next(np.dtype(kind) for kind in ("<u1", "<u2", "<u4") if distinct <= np.iinfo(kind).max)
