"""Outgoing: the one rule by which every session leaves this machine, by the environment's proxies and certificates."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import aiohttp

from bot.config.cloud import loopback

# After these nothing was sent: there was no connection, or the proxy made none.
NOT_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_SCHEMES: Final = ("https", "http", "all")
LONGEST: Final = 10.0  # seconds for whoever sets no limit of its own
_HTTP: Final = frozenset({"http", "https"})


@lru_cache(maxsize=256)
def _via(scheme: str, place: str) -> str | None:
    host = urlsplit(f"//{place}").hostname or ""
    known = getproxies_environment()
    if loopback(host) or proxy_bypass(place):
        return None
    return _named(known, scheme) or _named(known, "all")


def via(url: str) -> str | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names for an address, unless NO_PROXY excepts it.

    A proxy has no business with this machine. The environment is read once for each place: a process keeps its proxies.
    """
    parts = urlsplit(url)
    return _via(parts.scheme, parts.netloc.rpartition("@")[2])


def session() -> aiohttp.ClientSession:
    """Return what sends all but the calls to Graph.

    Who calls says how many at once: whoever waited here for a connection would look like one whose answer is lost.
    No cookie is kept: what one call is told is not for the next.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=LONGEST),
    )


def forget() -> None:
    """Read the environment anew."""
    _via.cache_clear()


def certificates() -> str | bool:
    """Return the file of authorities to believe, as TLS in Python itself takes it, or that the usual ones do."""
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE") or True


def faults() -> Iterator[tuple[str, str]]:
    """Name each variable with a proxy that cannot be used."""
    known = getproxies_environment()
    for scheme in _SCHEMES:
        proxy = _named(known, scheme)
        if proxy is not None and (urlsplit(proxy).scheme not in _HTTP or not urlsplit(proxy).hostname):
            yield f"{scheme}_proxy".upper(), "is not the address of a proxy; write http://HOST:PORT"


def _named(known: Mapping[str, str], scheme: str) -> str | None:
    proxy = known.get(scheme, "").strip()
    return None if not proxy else proxy if "://" in proxy else f"http://{proxy}"
