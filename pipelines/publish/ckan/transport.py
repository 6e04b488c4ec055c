"""The connection to a CKAN, under CKAN's own client.

What belongs here: the session that ckanapi posts with, and the stream of a file. What does not: what a failure means,
which is `faults`, and when a call is repeated, which is `wire`.

ckanapi asks of a session no more than `post` with an answer that has `status_code` and `text`. Its usual one would
connect to every address, and has no deadline.
"""

import zlib
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

import httpx

from pipelines.contracts.settings import Settings
from pipelines.publish.ckan.faults import Faults, LostError
from pipelines.pull.guard import AddressRefusedError, Deadline, DeadlineError, guarded_client
from pipelines.pull.web import gunzip

_PIECE = 1 << 20
_BROKEN = (httpx.RequestError, DeadlineError, AddressRefusedError)


class Channel:
    """A guarded client with one deadline for each call, or for each file; one at a time."""

    def __init__(self, settings: Settings, allowed: Collection[str], faults: Faults) -> None:
        """`allowed`: hosts that may have a private address."""
        self.faults = faults
        self._seconds = settings.target_call_seconds
        self._deadline = Deadline(self._seconds)
        self._settings = settings
        self._allowed = allowed

    @cached_property
    def _client(self) -> httpx.Client:
        """Made for the first call: the certificates of all authorities take a while to read."""
        settings = self._settings
        return guarded_client(self._allowed, self._deadline, settings.http_timeout_seconds, settings.user_agent)

    def close(self) -> None:
        """Close all connections."""
        if "_client" in self.__dict__:
            self._client.close()

    def post(
        self, url: str, data: Any, headers: Mapping[str, str], files: Mapping[str, Any] | None, **_: Any
    ) -> httpx.Response:
        """One call; called by ckanapi. Raises `CallError` for all that ckanapi would not tell apart.

        `data` is JSON, or with `files` a mapping whose keys and values are bytes; a file is streamed.
        """
        action = url.rpartition("/")[2]
        self._deadline.restart(self._seconds)
        body: dict[str, Any] = {"content": data}
        if files:
            body = {"data": {key.decode(): value for key, value in data.items()}, "files": files}
        try:
            answer = self._client.post(url, headers=headers, **body)
        except _BROKEN as error:
            raise self.faults.broken(action, error) from None
        if error_ := self.faults.unusual(action, answer):
            raise error_
        return answer

    def open(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        """The answer to a GET, whose body is not read yet; may be a redirect. Raises `CallError`."""
        # What is read back is what the portal has, not what a cache before it had (RFC 9111, 5.2.1.4).
        asked = {**headers, "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        try:
            answer = self._client.send(self._client.build_request("GET", url, headers=asked), stream=True)
        except _BROKEN as error:
            raise self.faults.broken("download", error, url) from None
        return answer

    def restart(self) -> None:
        """Start the clock for a file."""
        self._deadline.restart(self._seconds)

    def pieces(self, answer: httpx.Response) -> Iterator[bytes]:
        """The body in pieces of 1 MiB at most, unpacked. Raises `LostError` if the end is missing."""
        url = str(answer.url)
        raw = answer.iter_raw(_PIECE)
        packed = "gzip" in answer.headers.get("content-encoding", "").lower()
        try:
            yield from gunzip(raw) if packed else raw
        except _BROKEN as error:
            raise self.faults.broken("download", error, url) from None
        except zlib.error:
            found = self.faults.told("target-answer-lost", "download", url, reason="gzip")
            raise LostError("download", found) from None
