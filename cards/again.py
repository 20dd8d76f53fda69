"""Again: the button that asks once more for what has ended, or for the face that something else still waits for."""

from __future__ import annotations

from bot.core.actions import Prove, Ref
from bot.core.calling import ProveCall
from bot.core.face import call_key, serves
from bot.core.model import VERIFIED, Request
from cards import elements as e
from cards.buttons import begin, press
from cards.view import View
from cards.words import own


def again(request: Request, view: View) -> list[e.Action | None]:
    """Ask for the same once more; a proof that another request waits for is begun for that one again."""
    if not serves(request):
        return [begin(view, "button.again", request.kind)]
    if request.stage == VERIFIED:
        return []
    if call := call_key(request):
        return [press(view, own(request.kind, "button.again"), ProveCall(call, 0), style="positive")]
    return [press(view, own(request.kind, "button.again"), Prove(Ref(serves(request), 0)), style="positive")]
