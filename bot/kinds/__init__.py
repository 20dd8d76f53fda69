"""Every kind of request there is: a kind that is not in this list does not exist."""

from types import MappingProxyType
from typing import Final

from bot.core.kind import Kinds
from bot.kinds import compromised, methods, password, risk, sessions, tap, verify

_ALL: Final = (tap.KIND, password.KIND, risk.KIND, methods.KIND, verify.KIND, sessions.KIND, compromised.KIND)

KINDS: Final[Kinds] = MappingProxyType({kind.name: kind for kind in _ALL})
