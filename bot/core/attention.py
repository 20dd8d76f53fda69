"""Attention: an approver says that they are looking at a request. It decides nothing, and ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LASTS: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Attention:
    """Whose it is (an object id and a name) and until when; `due` is when the desk would look without it."""

    by: str
    name: str
    until: datetime
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody who may decide looks at it; `over`: although they know that somebody else does."""

    by: str
    name: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """Who was looking at it looks no more."""

    by: str
    name: str
