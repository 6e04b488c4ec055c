"""What is counted: requests by route and status, and how long they took, as Prometheus reads it.

What belongs here: counting and the text format 0.0.4. What does not: anything that tells one reader from another.
"""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram, in seconds."""


@dataclass
class Metrics:
    """Counters of one process. Only the thread of the event loop counts."""

    requests: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    _buckets: dict[str, list[int]] = field(default_factory=dict)
    _seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def count(self, route: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        self.requests[route, status] += 1
        buckets = self._buckets.get(route)
        if buckets is None:
            buckets = self._buckets[route] = [0] * (len(BOUNDS) + 1)
        buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds[route] += seconds

    def text(self, edition: str) -> bytes:
        """All counters; `edition` is the one that is shown."""
        lines = [
            "# HELP portal_requests_total Requests answered, by route and status.",
            "# TYPE portal_requests_total counter",
        ]
        for (route, status), number in sorted(self.requests.items()):
            lines.append(f'portal_requests_total{{route="{route}",status="{status}"}} {number}')
        lines += [
            "# HELP portal_request_seconds Time to answer, by route.",
            "# TYPE portal_request_seconds histogram",
        ]
        for route, buckets in sorted(self._buckets.items()):
            lines += self._histogram(route, buckets)
        lines += [
            "# HELP portal_edition_info The edition that is shown.",
            "# TYPE portal_edition_info gauge",
            f'portal_edition_info{{edition="{edition}"}} 1',
        ]
        return ("\n".join(lines) + "\n").encode()

    def _histogram(self, route: str, buckets: list[int]) -> list[str]:
        lines, total = [], 0
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
            total += number
            lines.append(f'portal_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}')
        return [
            *lines,
            f'portal_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}',
            f'portal_request_seconds_count{{route="{route}"}} {total}',
        ]
