"""Values: what a setting may be made of, read; what is wrong with one is said without quoting it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Final
from uuid import UUID

WIDEST: Final = 8  # bits of the widest network a proxy may be in


def split(value: str) -> list[str]:
    return [part for part in map(str.strip, value.split(",")) if part]


def each(value: object, read: Callable[[str, str], str]) -> object:
    """Read what is listed in one text; what is wrong says which one."""
    return [read(one, f"number {n}") for n, one in enumerate(split(value), 1)] if isinstance(value, str) else value


def guid(text: str, which: str = "it") -> str:
    """Return an id as Entra writes it. What is none is not quoted: it may be a secret in the wrong place."""
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(f"{which} is not an Entra object id (a GUID)") from None


def network(text: str, which: str) -> str:
    try:
        found = ip_network(text)
    except ValueError:
        raise ValueError(f"{which} is not a network such as 10.1.0.0/24") from None
    if found.prefixlen < WIDEST:
        raise ValueError(f"{which} is half the world; name the proxies' own networks")
    return str(found)
