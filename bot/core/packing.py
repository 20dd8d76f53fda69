"""Packing: how a button says what it does. It carries a verb, a request id and a version, and nothing that decides.

Where its card is in the language somebody wrote in, it names that language, to be answered in it. One beside a line of
a form says which line that is, as an input says what was filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bot.core import calling, doubting, escalating, locking, looking, queueing, raising
from bot.core.actions import (
    Action,
    Approve,
    Begin,
    Choose,
    Consent,
    Deny,
    Disown,
    Hide,
    Home,
    Human,
    Lift,
    Matters,
    NotNow,
    Plain,
    Press,
    Prove,
    Ref,
    Refresh,
    RefuseConsent,
    Replace,
    Report,
    Retract,
    RevokeIt,
    SeeProof,
    Show,
    Shown,
    ShowStatus,
    SignInAgain,
    Submit,
    Withdraw,
    WithdrawListed,
)
from bot.core.calling import Calling
from bot.core.doubting import Doubting
from bot.core.escalating import Escalating
from bot.core.locking import Locking
from bot.core.looking import Looking
from bot.core.queueing import Attend, SeeQueue, Take
from bot.core.raising import Raising

VERBS: Final[Mapping[str, type[Plain]]] = {
    "sign-in": SignInAgain,
    "prove": Prove,
    "consent": Consent,
    "no-consent": RefuseConsent,
    "withdraw": Withdraw,
    "withdraw-listed": WithdrawListed,
    "show": Show,
    "replace": Replace,
    "hide": Hide,
    "revoke": RevokeIt,
    "report": Report,
    "see-proof": SeeProof,
    "not-now": NotNow,
    "retract": Retract,
    "refresh": Refresh,
}
APPROVE, DENY, LIFT = "approve", "deny", "lift"
# The inputs beside a yes and a no: both may be on one card, whose ids are all different. Older cards had one name.
VERDICT_YES, VERDICT_NO, VERDICT = "verdict_yes", "verdict_no", "choice"
NAMES: Final[Mapping[type[Press], str]] = {
    **{action: verb for verb, action in VERBS.items()},
    Approve: APPROVE,
    Deny: DENY,
    Lift: LIFT,
}
BEGIN, HOME, STATUS, HUMAN = "begin", "home", "status", "human"
SUBMIT, CHOOSE, DISOWN = "submit", "choose", "disown"
FORMS: Final[Mapping[str, type[Submit | Choose | Disown]]] = {SUBMIT: Submit, CHOOSE: Choose, DISOWN: Disown}
SHOWN: Final[Mapping[str, Shown]] = {HOME: Home(), STATUS: ShowStatus(), HUMAN: Human()}
# Who reads the buttons of what is no request.
Reads = Callable[[str, Mapping[str, object], Mapping[str, str]], Matters | Looking | None]
MATTERS: Final[Mapping[str, Reads]] = {
    **dict.fromkeys(calling.VERBS, calling.unpack),
    **dict.fromkeys(doubting.DOUBTS, doubting.unpack),
    **dict.fromkeys(escalating.ESCALATES, escalating.unpack),
    **dict.fromkeys(raising.RAISES, raising.unpack),
    **dict.fromkeys(locking.LOCKS, locking.unpack),
    **dict.fromkeys(looking.LOOKS, looking.unpack),
}
PACKS: Final[Sequence[tuple[Any, Callable[[Any], dict[str, str | int]]]]] = (
    (Calling, calling.pack),
    (Doubting, doubting.pack),
    (Escalating, escalating.pack),
    (Raising, raising.pack),
    (Locking, locking.pack),
    (Looking, looking.pack),
)
LANGUAGE: Final = "lang"
LONGEST: Final = 2000


def pack(
    action: Press | Begin | Submit | Choose | Disown | SeeQueue | Shown | Matters | Looking,
) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    if isinstance(action, Matters | Looking):
        return next(packs(action) for sort, packs in PACKS if isinstance(action, sort))
    match action:
        case Home():
            return {"verb": HOME}
        case ShowStatus():
            return {"verb": STATUS}
        case Human():
            return {"verb": HUMAN}
        case Begin(kind):
            return {"verb": BEGIN, "kind": kind}
        case SeeQueue() | Take() | Attend():
            return queueing.pack(action)
        case Submit(kind, request, values) | Choose(kind, request, values) | Disown(kind, request, values):
            verb = next(name for name, form in FORMS.items() if form is type(action))
            return {**values, "verb": verb, "kind": kind, "id": request}
        case _:
            return {"verb": NAMES[type(action)], "id": action.ref.request, "v": action.ref.version}


def unpack(data: Mapping[str, object]) -> Action | None:
    """Read a button's data, with the inputs Teams merged into it; None when it is not one of ours."""
    verb, request, version = data.get("verb"), data.get("id"), data.get("v")
    if isinstance(verb, str) and verb in SHOWN:
        return SHOWN[verb]
    if isinstance(verb, str) and verb in MATTERS:
        return MATTERS[verb](verb, data, _inputs(data))
    kind = data.get("kind")
    if verb == BEGIN and isinstance(kind, str):
        return Begin(kind[:LONGEST])
    if not isinstance(request, str) or len(request) > LONGEST:
        return None
    if verb == queueing.QUEUE:
        return queueing.unpack_page(request, _inputs(data))
    if isinstance(verb, str) and verb in FORMS and isinstance(kind, str):
        return FORMS[verb](kind, request, _inputs(data))
    if not isinstance(verb, str) or not isinstance(version, int) or isinstance(version, bool):
        return None
    return _pressed(verb, Ref(request, version), _inputs(data))


def _pressed(verb: str, ref: Ref, given: Mapping[str, str]) -> Press | None:
    """Read a press on what is about a request."""
    if verb == queueing.TAKE:
        return queueing.unpack_take(ref, given)
    if verb in queueing.ATTENDS:
        return queueing.unpack_attend(verb, ref, given)
    if verb == APPROVE:
        return Approve(ref, given.get(VERDICT_YES, given.get(VERDICT, "")))
    if verb == DENY:
        return Deny(ref, given.get("reason", ""), given.get(VERDICT_NO, given.get(VERDICT, "")))
    if verb == LIFT:
        return Lift(ref, given.get("reason", ""))
    return VERBS[verb](ref) if verb in VERBS else None


def _inputs(data: Mapping[str, object]) -> dict[str, str]:
    own = {"verb", "id", "v", "kind", "msteams", LANGUAGE}
    return {k: v.strip()[:LONGEST] for k, v in data.items() if k not in own and isinstance(v, str)}
