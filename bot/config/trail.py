"""Keys of the audit trail as the environment has them: what is none is never quoted."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Final

from bot.config.values import split
from bot.core.audit import Key, Keys

_KEY: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]{0,31}):(?P<key>[A-Za-z0-9_-]{43})")
_RANDOM: Final = 16  # different bytes that 32 random ones have at least


def keys_of(text: str) -> Keys:
    """Read keys of the trail that were found to be some."""
    told = (one.partition(":") for one in split(text))
    return Keys(tuple(Key(name, _decoded(key)) for name, _, key in told))


def keyed(text: str, which: str = "it") -> str:
    """Return a key of the trail if it is one. What is none is not quoted."""
    found = _KEY.fullmatch(text)
    if found is None:
        raise ValueError(f"{which} is not a key of the trail: `vouchsafe audit key` makes one (name:key)")
    if len(set(_decoded(found["key"]))) < _RANDOM:
        raise ValueError(f"{which} was not made at random: `vouchsafe audit key` makes one")
    return text


def _decoded(key: str) -> bytes:
    """Base64 as in addresses, without its padding."""
    return urlsafe_b64decode(key + "=" * (-len(key) % 4))
