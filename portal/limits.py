"""What a request may be: how large, how slow, and how often.

What belongs here: refusing before anything is done for a request. What does not: what is asked.
"""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import Receive, Scope

from portal.answer import Problem

MAX_URL = 8_000
"""Bytes of an address; longer filters are no address any more."""
MAX_HEADERS = 16_384
"""Bytes of all headers."""
MAX_BODY = 262_144
"""Bytes of a body: a query, never a file."""
BODY_SECONDS = 10.0
"""Longest time for a body to come."""


class Rate:
    """Counts the requests of each address within a minute. `per_minute` 0 is any number. Nothing is kept longer."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._minute = 0
        self._asked: dict[str, int] = {}

    def check(self, scope: Scope) -> None:
        """Count a request. Raises `Problem` 429 for one too many."""
        if not self.per_minute:
            return
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._asked = minute, {}
        who = scope["client"][0] if scope.get("client") else ""
        asked = self._asked[who] = self._asked.get(who, 0) + 1
        if asked > self.per_minute:
            left = 60 - int(time.monotonic() % 60)
            raise Problem(
                429,
                "too-many-requests",
                f"Se admiten {self.per_minute} peticiones por minuto. Espere {left} segundos.",
                f"{self.per_minute} requests a minute are taken. Wait {left} seconds.",
                headers={"Retry-After": str(left)},
            )


def check_limits(scope: Scope) -> None:
    """Raise `Problem` for a request that is larger than anyone needs, or whose address is no text."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_URL:
        raise Problem(
            414,
            "address-too-long",
            f"La dirección pasa de {MAX_URL} bytes.",
            f"The address is longer than {MAX_URL} bytes.",
        )
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
        raise Problem(
            431,
            "headers-too-large",
            f"Las cabeceras pasan de {MAX_HEADERS} bytes.",
            f"The headers are larger than {MAX_HEADERS} bytes.",
        )
    path: str = scope["path"]
    if not path.isprintable() or "\ufffd" in path or not scope["query_string"].isascii():
        raise Problem(
            400,
            "address",
            "La dirección no es texto en UTF-8 sin caracteres de control.",
            "The address is no UTF-8 text without control characters.",
        )


def not_allowed(allowed: str) -> Problem:
    """A method that an address does not take; `allowed` those that it takes."""
    return Problem(
        405,
        "method-not-allowed",
        "Esta dirección no admite ese método; aquí solo se lee.",
        "This address does not take that method; it is only for reading.",
        headers={"Allow": allowed},
    )


def busy() -> Problem:
    """There is no room for the request just now."""
    return Problem(
        503,
        "busy",
        "Hay demasiadas peticiones a la vez. Inténtelo dentro de unos segundos.",
        "There are too many requests at once. Try again in some seconds.",
        headers={"Retry-After": "10"},
    )


async def taken(receive: Receive, scope: Scope) -> Receive:
    """The body of a request, whole, to be received again. Raises `Problem` 413 and 408."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise Problem(
                        413,
                        "body-too-large",
                        f"El cuerpo pasa de {MAX_BODY} bytes.",
                        f"The body is larger than {MAX_BODY} bytes.",
                        headers={"Connection": "close"},
                    )
                if not message.get("more_body"):
                    break
    except TimeoutError:
        raise Problem(
            408,
            "body-too-slow",
            f"El cuerpo no llegó en {BODY_SECONDS:.0f} segundos.",
            f"The body did not come within {BODY_SECONDS:.0f} seconds.",
            headers={"Connection": "close"},
        ) from None
    whole: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> MutableMapping[str, Any]:
        return whole.pop() if whole else await receive()

    return again
