"""The log: one JSON object a line, on the standard output, for whoever runs the portal.

What belongs here: what is written of a request and of a fault. What does not: addresses of readers, what they asked for
beyond the pattern of the address, and the values in an error's message.
"""

import json
import sys
import time
import traceback
from typing import Any, TextIO

_KEPT = 200
"""Lines that are kept before they are written together."""


class Log:
    """Writes lines together, for a write a request would cost as much as the request. `flush` writes what is left."""

    def __init__(self, requests: bool, out: TextIO | None = None) -> None:
        self._requests = requests
        self._out = out or sys.stdout
        self._lines: list[str] = []

    def request(self, route: str, method: str, status: int, seconds: float, request: str) -> None:
        """One request that was answered."""
        if not self._requests:
            return
        # The five are ours or were checked; no need to ask json about each.
        self._lines.append(
            f'{{"time":{time.time():.3f},"event":"request","route":"{route}","method":"{method}",'
            f'"status":{status},"ms":{seconds * 1000:.2f},"request":"{request}"}}\n'
        )
        if len(self._lines) >= _KEPT:
            self.flush()

    def fault(self, error: BaseException, route: str, request: str) -> None:
        """An error that nobody expected: its kind and where, never its message, which may hold values."""
        frames = [f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        self._write("fault", route=route, request=request, kind=type(error).__name__, where=frames[-8:])
        self.flush()

    def _write(self, event: str, **fields: Any) -> None:
        self._lines.append(json.dumps({"time": round(time.time(), 3), "event": event, **fields}) + "\n")

    def flush(self) -> None:
        """Write what is kept."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._out.write("".join(lines))
            self._out.flush()
