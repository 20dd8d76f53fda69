"""Limit: how often one address or person may knock; its memory is bounded, the longest silent is forgotten first."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The networks of the proxies whose word about who asked them is believed; those of the settings.
PROXIES: Final = web.AppKey("proxies", tuple[Network, ...])


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Limit:
    """A token bucket for each address or person: `burst` at once, `rate` a second after that."""

    def __init__(
        self, *, burst: int, rate: float, most: int = 10_000, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._rate = rate
        self._most = most
        self._now = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, who: str) -> float:
        """Take one token; return 0, or the seconds until there is one again."""
        now = self._now()
        bucket = self._buckets.pop(who, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        self._buckets[who] = bucket
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate
        bucket.tokens -= 1
        return 0.0


def address_of(request: web.Request) -> str:
    """Return who is asking: the peer, or whom a proxy of ours speaks for.

    A proxy appends the address it was asked from, so only what ours appended is to be believed: what stands before
    it was claimed by the asker. Where the settings name the proxies, their words are followed from the last back to
    the first stranger; where they do not, a peer in a private network is believed for the one step before it.
    """
    peer = request.remote or ""
    told = [hop for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
    proxies = request.app.get(PROXIES, ())
    if proxies:
        while told and _among(proxies, peer):
            peer = told.pop().strip()
    elif told and _inside(peer):
        peer = told[-1].strip() or peer
    return _network(peer)


def _among(proxies: tuple[Network, ...], text: str) -> bool:
    address = _parsed(text)
    return not text or (address is not None and any(address in network for network in proxies))


def _inside(peer: str) -> bool:
    address = _parsed(peer)
    return not peer or (address is not None and address.is_private)


def _network(text: str) -> str:
    """One IPv6 household has a whole /64 to choose from; it counts as one."""
    address = _parsed(text)
    if address is None:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


def _parsed(text: str) -> Address | None:
    """Read an address as proxies write it: some add the port, some write IPv4 as IPv6."""
    host = text
    if text.startswith("["):
        host = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        host = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
