"""What a handler answers about the site of this moment, and what becomes of it when that site goes meanwhile.

What belongs here: `answered`, the one place that begins a request once more. What does not: what is answered.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from portal.answer import Answer, Problem
from portal.site import Site, Sites

Handler = Callable[[Site], Answer]

Given = TypeVar("Given", bound=Answer | None)


def answered(sites: Sites, handler: Callable[[Site], Given]) -> Given:
    """The answer of `handler`, asked once more if the tree of its site went meanwhile.

    Raises `Problem` 503 where what is published is being taken down and the next tree is not there yet.
    """
    site = sites.current()
    try:
        return handler(site)
    except (OSError, sqlite3.Error) as error:
        if sites.current() is not site:
            return handler(sites.current())
        if isinstance(error, FileNotFoundError):
            raise _changing() from error
        raise


def _changing() -> Problem:
    return Problem(
        503,
        "edition-changing",
        "Se está cambiando lo que se publica; vuelva a pedirlo en unos segundos.",
        "What is published is being changed; ask again in a few seconds.",
        headers={"Retry-After": "5"},
    )
