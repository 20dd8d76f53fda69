"""What the playground's Verified ID and people's phones remember and judge; its doors are the wallet's."""

from playground.verified.callbacks import Habits
from playground.verified.credentials import AUTHORITY, FABRIKAM, Credential
from playground.verified.state import Unusable, Verified

__all__ = ["AUTHORITY", "FABRIKAM", "Credential", "Habits", "Unusable", "Verified"]
