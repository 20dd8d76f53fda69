"""Alterations: what changed about an account, as the log of its tenant has it; the desk's own acts are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Alteration(StrEnum):
    """What changed."""

    CREATED = "created"
    METHOD = "new_method"  # a sign-in method or its phone number came, or is another one
    RENAMED = "renamed"  # the name they sign in by
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class AccountChange:
    what: Alteration
    at: datetime
