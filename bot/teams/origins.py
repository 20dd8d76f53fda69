"""Origins: which addresses are a connector's. They are compared parsed, part by part, never as text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlsplit

from bot.config.cloud import Cloud

LONGEST: Final = 500
ODD: Final = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\@%?#;]")
PORTS: Final = {"https": 443, "http": 80}


def trusted(cloud: Cloud, url: str) -> bool:
    """Say whether `url` lies under one of the cloud's service URLs: only there may the bot's token be sent."""
    return len(url) <= LONGEST and _trusted(cloud.service_urls, url)


@lru_cache(256)  # Teams names a handful; which others somebody tries is not worth more memory
def _trusted(roots: tuple[str, ...], url: str) -> bool:
    if ODD.search(url):
        return False
    asked = _parts(url)
    if asked is None or ".." in asked.path.split("/") or "//" in asked.path:
        return False
    return any(_under(asked, known) for known in map(_parts, roots) if known is not None)


def joined(url: str, path: str) -> str:
    return f"{url.rstrip('/')}/{path}"


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return None
    return parts if parts.scheme in PORTS and parts.hostname else None


def _under(asked: SplitResult, known: SplitResult) -> bool:
    if (asked.scheme, asked.hostname) != (known.scheme, known.hostname):
        return False
    if (asked.port or PORTS[asked.scheme]) != (known.port or PORTS[known.scheme]):
        return False
    return f"{asked.path}/".startswith(f"{known.path.rstrip('/')}/")
