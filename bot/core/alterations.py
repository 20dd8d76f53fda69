"""Alterations: what changed about an account, as the log of its tenant has it; the desk's own acts are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# So long somebody's manager must have been that, and the account there: who may write either would vouch for anybody.
SETTLED: Final = timedelta(days=14)


class Alteration(StrEnum):
    """What changed."""

    CREATED = "created"
    METHOD = "new_method"  # a sign-in method or its phone number came, or is another one
    RENAMED = "renamed"  # the name they sign in by
    MANAGER = "manager"


# What somebody does who has got into an account, or had one made. By another manager alone nobody signs in.
TAKEN_OVER: Final = frozenset({Alteration.CREATED, Alteration.METHOD, Alteration.RENAMED})


@dataclass(frozen=True, slots=True)
class AccountChange:
    what: Alteration
    at: datetime
