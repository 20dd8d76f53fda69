"""Intent: what an approver pressed counts when they have signed in for it; it confirms what was pressed last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.core.answers import Answer, Refused, RequestCard, Said
from bot.core.audit import Deed, Note
from bot.core.model import Actor, Evidence, Person, Refusal, Request
from bot.core.ports import PUT_OFF, Purpose, SignInStage, Slot, Unit, Urgency
from bot.desk.homes import Homes
from bot.desk.ledger import Also, Ledger, begin

INTENDED: Final[Mapping[Purpose, Deed]] = MappingProxyType(
    {
        Purpose.APPROVE: Deed.APPROVAL_INTENDED,
        Purpose.DENY: Deed.DENIAL_INTENDED,
        Purpose.LIFT: Deed.LIFT_INTENDED,
    }
)
# Of what one person pressed about one request the last holds, be it a yes or a no.
VERDICTS: Final = frozenset({Purpose.APPROVE, Purpose.DENY})


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody pressed, with the context of the sign-in that confirms it, their verdict and what they wrote."""

    purpose: Purpose
    context: str
    choice: str = ""
    reason: str = ""


async def confirm_first(ledger: Ledger, homes: Homes, actor: Actor, request: Request, intent: Intent) -> Answer:
    """Ask for the sign-in that makes what was pressed count, in the private chat of whoever pressed it."""
    now, person, purpose = ledger.clock.now(), actor.person, intent.purpose
    home = await homes.reach(actor)
    if isinstance(home, Refusal):
        return Refused(home, None if purpose is Purpose.LIFT else request)  # security's card stays as it is
    async with ledger.store.unit() as unit:
        await unit.hold(request.id)
        waiting = await unit.sign_in_for(request.id, person.id, purpose)
        fresh = waiting is not None and waiting.expires_at > now and waiting.stage is SignInStage.BEGUN
        asked = waiting and (waiting.choice, waiting.reason, waiting.level)
        holds = waiting if fresh and asked == (intent.choice, intent.reason, request.level) else None
        rivals = VERDICTS if purpose in VERDICTS else frozenset({purpose})
        await unit.close_sign_ins(request.id, person.id, rivals, but=holds.id if holds else "")
        if holds is None:
            wanted = begin(request, purpose, home, intent.context, now, intent.choice)
            await unit.keep_sign_in(replace(wanted, reason=intent.reason))
            chosen = {"choice": intent.choice} if intent.choice else {}
            await unit.note(request, Note(INTENDED[purpose], {"by": person.id, "name": person.name, **chosen}))
        await ledger.changed(unit, request, Urgency.PROMPT)
    if actor.chat.personal and purpose in VERDICTS:  # their own card of it is the one they have pressed
        return RequestCard(request, Slot.CONFIRM)
    return Said("approve.continue_in_private")


async def put_off(ledger: Ledger, person: Person, request: Request) -> None:
    """Close what this person was asked to confirm about a request, so that nothing they pressed counts any more."""
    async with ledger.store.unit() as unit:
        await unit.hold(request.id)
        asked = [await unit.sign_in_for(request.id, person.id, purpose) for purpose in sorted(VERDICTS)]
        open_yet = [one for one in asked if one is not None and one.stage is not SignInStage.FINISHED]
        for one in open_yet:
            over = replace(one, stage=SignInStage.FINISHED, flow=None, code="", failed=PUT_OFF)
            await unit.keep_sign_in(over)
        if open_yet:
            await unit.note(request, Note(Deed.PUT_OFF, {"by": person.id, "name": person.name}))
            await ledger.changed(unit, request, Urgency.PROMPT)


def used_up(proof: Evidence, also: Also) -> Also:
    """Let a sign-in serve what it confirmed and nothing else, in the transaction that saves that."""

    async def joined(unit: Unit, request: Request) -> None:
        await unit.use_sign_in(request.tenant, proof.by, proof.at, request.id)
        await also(unit, request)

    return joined
