"""The playground's Verified ID: the service that asks for a credential, and the phone that shows one."""

from playground.verified.callbacks import Habits
from playground.verified.credentials import AUTHORITY, FABRIKAM, Credential
from playground.verified.state import Unusable, Verified

__all__ = ["AUTHORITY", "FABRIKAM", "Credential", "Habits", "Unusable", "Verified"]
