"""Where the pipeline may connect to, and for how long.

What belongs here: the check of an address at the moment of connecting, and the deadline of a download or call.
What does not: requests, redirects, retries.

A check of the name or of the address before the request is no check: the name may mean another address
when the connection is made. Here the very address that is connected to is the one that was checked, at
each connection, so also after each redirect.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Iterable
from typing import Any

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
"""Prefixes that stand for an IPv4 address (RFC 6052, RFC 8215): the last 32 bits say which."""
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


class AddressRefusedError(Exception):
    """Raised where a host has an address that is not public; not an `OSError`, so that nothing tries again."""


class DeadlineError(Exception):
    """Raised where the time for a file has run out."""


class Deadline:
    """The moment at which a download or a call must have ended."""

    def __init__(self, seconds: float) -> None:
        """Start the clock: `seconds` from now."""
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Start the clock again, for the next call over the same connections."""
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises `DeadlineError` if none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlineError
        return left


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in."""
    address = _unwrapped(ipaddress.ip_address(text))
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    closed = (
        address.is_private,
        address.is_loopback,
        address.is_link_local,
        address.is_multicast,
        address.is_reserved,
        address.is_unspecified,
    )
    return address.is_global and not any(closed)


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, where it leads to one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to public addresses and to the hosts that are allowed by name, until the deadline."""

    def __init__(self, allowed: Collection[str], deadline: Deadline) -> None:
        """`allowed`: names of hosts, in lower case, as they stand in an address."""
        self._allowed = allowed
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve `host`, refuse it if any of its addresses is not public, connect to one that was checked."""
        failure: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in self._addresses(host, port):
            left = self._deadline.left()
            try:
                stream = self._inner.connect_tcp(
                    address, port, min(timeout or left, left), local_address, socket_options
                )
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if host.lower().rstrip(".") not in self._allowed and not all(map(is_public, addresses)):
            raise AddressRefusedError(host)
        return addresses


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline, so that a slow trickle ends too."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def _wait(self, timeout: float | None) -> float:
        left = self._deadline.left()
        return left if timeout is None else min(timeout, left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._wait(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._wait(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, self._wait(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over guarded connections; httpx has no parameter for the network below it."""

    def __init__(self, allowed: Collection[str], deadline: Deadline) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        # Beside the usual authorities those of this machine, where a municipality keeps its own.
        context.load_default_certs()
        super().__init__(verify=context, trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=GuardedBackend(allowed, deadline), max_connections=4
        )


def guarded_client(allowed: Collection[str], deadline: Deadline, timeout: float, user_agent: str) -> httpx.Client:
    """A client that connects to nothing but what the guard lets through, and follows no redirect by itself.

    `timeout`: longest wait for one connection or piece of an answer, in seconds. No proxy and no password
    is taken from the environment.
    """
    return httpx.Client(
        transport=_GuardedTransport(allowed, deadline),
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip"},
    )
