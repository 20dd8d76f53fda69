"""The gallery's people: Contoso's, as the playground's directory has them; nobody is made up a second time."""

from __future__ import annotations

from typing import Final

from bot.core.model import Person
from playground.people import TENANT, contoso

NOBODY: Final = Person(TENANT, "", "")
_CONTOSO: Final = contoso()


def _named(key: str) -> Person:
    found = _CONTOSO[key]
    return Person(TENANT, found.id, found.name)


ANN: Final = _named("ann")
BEN: Final = _named("ben")
UPN: Final = _CONTOSO["ann"].upn
