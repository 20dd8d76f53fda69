"""Limit: how often one address may knock; the memory for it is bounded, the longest silent is forgotten first."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Limit:
    """A token bucket for each address: `burst` at once, `rate` a second after that."""

    def __init__(
        self, *, burst: int, rate: float, most: int = 10_000, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._rate = rate
        self._most = most
        self._now = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, address: str) -> float:
        """Take one token; return 0, or the seconds until there is one again."""
        now = self._now()
        bucket = self._buckets.pop(address, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        self._buckets[address] = bucket
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate
        bucket.tokens -= 1
        return 0.0


def address_of(request: web.Request) -> str:
    """Return who is asking: the peer, or the one a peer in our own network speaks for.

    An ingress appends the address it was asked from, so only the last one of the list is its word; what
    stands before it was claimed by the asker. A peer from outside speaks for nobody but itself.
    """
    peer = request.remote or ""
    if not _inside(peer):
        return _network(peer)
    told = request.headers.getall("X-Forwarded-For", [])
    last = told[-1].rpartition(",")[2].strip() if told else ""
    return _network(last or peer)


def _inside(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_private
    except ValueError:
        return True  # a Unix socket has no address


def _network(address: str) -> str:
    """One IPv6 household has a whole /64 to choose from; it counts as one."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return "unknown"
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{found}/64", strict=False))  # noqa: PLR2004
