"""The cursor of a page: where the next one begins, and in which version, so that a new release moves nothing.

What belongs here: writing a cursor and reading one back. What does not: what comes after it.
"""

import base64
import re
from dataclasses import dataclass

from portal.answer import Problem

_FORM = re.compile(r"([0-9A-Za-z.-]{1,40})~([0-9a-f]{16})~(\d{1,12})", re.ASCII)


@dataclass(frozen=True)
class Cursor:
    """A version, digits of the table and the query that it belongs to, and the last row (or group) that was given."""

    version: str
    asked: str
    place: int

    def text(self) -> str:
        """The cursor as it stands in an address; opaque to who uses it."""
        return base64.urlsafe_b64encode(f"{self.version}~{self.asked}~{self.place}".encode()).rstrip(b"=").decode()


def read_cursor(text: str) -> Cursor:
    """The cursor that `text` is. Raises `Problem` 400 for any other text."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError as error:
        raise refused_cursor() from error
    found = _FORM.fullmatch(plain)
    if found is None:
        raise refused_cursor()
    return Cursor(found[1], found[2], int(found[3]))


def refused_cursor() -> Problem:
    """The cursor is none of ours, or belongs to another query."""
    return Problem(
        400,
        "cursor",
        "El valor de «after» no es de esta consulta. Siga la dirección «next» de la respuesta anterior, o empiece sin «after».",
        "The value of 'after' does not belong to this query. Follow the address 'next' of the answer before, or begin without 'after'.",
        parameter="after",
    )
