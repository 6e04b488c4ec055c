"""How servers are treated: a pause between two requests to one host, and their robots.txt.

What belongs here: the rules of RFC 9309 and the clock of each host. What does not: making requests.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.robotparser import RobotFileParser

from pipelines.pull.guard import Deadline, DeadlineError

MOST_ROBOTS_BYTES = 512 * 1024
"""How much of a robots.txt is read; RFC 9309, 2.5, asks for 500 KiB at least."""
_LONGEST_DELAY = 10.0
"""Longest pause that a robots.txt can ask for, in seconds."""

_lock = threading.Lock()
_last: dict[str, float] = {}


def wait_turn(host: str, seconds: float, deadline: Deadline) -> None:
    """Wait until `seconds` have passed since the last request to `host` of any source of this process.

    Raises `DeadlineError` if that is later than the deadline.
    """
    with _lock:
        now = time.monotonic()
        turn = max(now, _last.get(host, now - seconds) + seconds)
        if turn - now > deadline.left():
            raise DeadlineError
        _last[host] = turn
    time.sleep(turn - now)


@dataclass(frozen=True)
class Rules:
    """What a robots.txt says to us; `None` for the parser: there is none, all is allowed."""

    parser: RobotFileParser | None
    agent: str

    def allows(self, url: str) -> bool:
        """Whether `url` may be fetched."""
        return self.parser is None or self.parser.can_fetch(self.agent, url)

    def delay(self) -> float:
        """Seconds between two requests that it asks for, ten at most."""
        asked = self.parser.crawl_delay(self.agent) if self.parser else None
        return min(float(asked or 0), _LONGEST_DELAY)


class Robots:
    """The rules of each server, each fetched once a pull."""

    def __init__(self, user_agent: str, fetch: Callable[[str], str | None]) -> None:
        """`fetch` gives the text at an address, None if the server has none (4xx)."""
        self._agent = user_agent.split("/")[0].split(" ")[0]
        self._fetch = fetch
        self._rules: dict[str, Rules] = {}

    def of(self, origin: str) -> Rules:
        """The rules of the server at `origin` (scheme, host and port)."""
        if origin not in self._rules:
            text = self._fetch(f"{origin}/robots.txt")
            parser = None
            if text is not None:
                parser = RobotFileParser()
                parser.parse(text.splitlines())
            self._rules[origin] = Rules(parser, self._agent)
        return self._rules[origin]
