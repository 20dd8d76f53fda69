"""The gallery's people: Contoso's, as the playground's directory has them; nobody is made up a second time."""

from __future__ import annotations

from typing import Final

from bot.core.model import Person
from cards.texts import text
from playground.people import TENANT, contoso

NOBODY: Final = Person(TENANT, "", "")
_CONTOSO: Final = contoso()


def _named(key: str) -> Person:
    found = _CONTOSO[key]
    return Person(TENANT, found.id, found.name)


ANN: Final = _named("ann")
BEN: Final = _named("ben")
CLEO: Final = _named("cleo")
SOFIA: Final = _named("sofia")
MAX: Final = _named("max")
UPN: Final = _CONTOSO["ann"].upn


def who(language: str) -> dict[str, str]:
    """What approvers are told of Ann besides what she asks for."""
    ann, over = _CONTOSO["ann"], _CONTOSO.manager_of("ann")
    account = ", ".join(text(f"account.{word}", language) for word in ("enabled", "member", "ordinary"))
    named = over.name if over is not None else ""
    return {"upn": ann.upn, "work": f"{ann.title}, {ann.department}", "manager": named, "account": account}
