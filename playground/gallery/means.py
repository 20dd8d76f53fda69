"""What somebody has to sign in with, or has not: each sentence for it on the card that asks them to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.core.answers import RequestCard
from bot.core.methods import MethodKind
from bot.core.model import Means, Status
from bot.core.ports import Slot
from cards.view import View
from playground.gallery.requests import at

_KEY: Final = Means(MethodKind.PASSKEY, "YubiKey 5C")
_APP: Final = Means(MethodKind.AUTHENTICATOR, "Pixel 8")
_NEW: Final = Means("somethingNew")
SETS: Final = {
    "none": (),
    "lost": (replace(_APP, lost=True), Means(MethodKind.PHONE, "+49 ••••• 12", lost=True)),
    "one": (_KEY, replace(_APP, lost=True)),
    "several": (_KEY, _APP, _NEW),
    "unknown": None,
}


def means(view: View) -> Iterator[tuple[str, RequestCard, View]]:
    linked = replace(view, link="https://desk.contoso.example/step-up/start?t=s1")
    for name, held in SETS.items():
        yield f"requester/step_up_{name}", RequestCard(replace(at(Status.STEP_UP), means=held), Slot.REQUESTER), linked
