"""Every kind of request there is: a kind that is not in this list does not exist."""

from types import MappingProxyType
from typing import Final

from bot.core.kinds import Kinds
from bot.requests import tap

KINDS: Final[Kinds] = MappingProxyType({kind.name: kind for kind in (tap.KIND,)})
