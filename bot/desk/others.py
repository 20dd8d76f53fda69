"""Others: what is no request: agents and security act for others and for everybody, and whoever is called asks back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from bot.core.actions import Human, Matters
from bot.core.answers import Answer, Refused, Said
from bot.core.callers import Verification
from bot.core.calling import (
    AboutOthers,
    AskManager,
    DenyCall,
    DenyVouch,
    EndCall,
    MuteCalls,
    OpenForm,
    Opening,
    ProveCall,
    SeeCaller,
    ShowCaller,
    TypeNumber,
)
from bot.core.doubting import Doubting, SayDifferent, SayNotCalling, SaySame, SeeDoubt, ShowDoubt
from bot.core.doubts import CallDoubt
from bot.core.escalating import Escalating, SayNo, SeeEscalation, TakeOver
from bot.core.escalations import Escalation
from bot.core.locking import Locking, ShowLocking
from bot.core.model import Actor, Person
from bot.core.raising import LowerThreat, Raising, SeeThreat, ShowThreat
from bot.core.reasons import Reason
from bot.core.threat import Threat
from bot.desk.behalf import Behalf
from bot.desk.callers import Callers
from bot.desk.callface import CallFace
from bot.desk.doubts import Doubts
from bot.desk.escalations import Escalations
from bot.desk.interventions import Interventions
from bot.desk.threat import Threats
from bot.desk.twins import Twins

Shown = ShowCaller | AboutOthers | ShowDoubt | ShowThreat | ShowLocking | Human


@dataclass(frozen=True, slots=True)
class Others:
    callers: Callers
    doubts: Doubts
    behalf: Behalf
    threats: Threats
    interventions: Interventions
    faces: CallFace
    escalations: Escalations

    async def handle(self, actor: Actor, action: Matters, card: str = "") -> Answer:
        """Do what `actor` asks for. `card` is the message that was pressed, if any."""
        about = _about(action)
        if card and about:
            pressed = not isinstance(action, SeeCaller | SeeDoubt | SeeEscalation | SeeThreat)
            await Twins(self.callers.ledger.store).seen_of(about, actor.chat, card, pressed=pressed)
        if isinstance(action, Doubting):
            return await self.doubts.handle(actor, action)
        if isinstance(action, Escalating):
            return await self.escalations.handle(actor, action)
        if isinstance(action, Raising):
            return await self.threats.handle(actor, action)
        if isinstance(action, Locking):
            return await self.interventions.handle(actor, action)
        if isinstance(action, Opening):
            return await self.behalf.open(actor, action)
        if isinstance(action, ProveCall):
            return await self.faces.begin(actor, action)
        return await self.callers.handle(actor, action)

    async def quiet(self, person: Person) -> Verification | None:
        return await self.callers.quiet.of(person)

    async def shown(self, actor: Actor, action: Shown) -> Answer:
        """Show the way to what words lead to, to whom it is open: nothing here acts."""
        person = actor.person
        match action:
            case ShowCaller():
                return await self._called(person)
            case ShowDoubt():
                return self.doubts.door()
            case ShowThreat():
                return await self.threats.door(person)
            case ShowLocking():
                return await self.interventions.door(person)
            case AboutOthers():
                return await self.behalf.meant(actor, action)
            case Human():
                return Said("said.human")
            case _:
                assert_never(action)

    async def _called(self, person: Person) -> Answer:
        """Answer who speaks of a call: an agent asks the colleague, anybody else whether it is the helpdesk."""
        door = await self.callers.door(person)
        theirs = isinstance(door, Refused) and door.refusal.reason == Reason.NOT_AGENT
        return self.doubts.door() if theirs else door


def _about(action: Matters) -> str:
    """Return the id of the matter on whose own card this is pressed, "" where it has none."""
    match action:
        case (
            TypeNumber()
            | ProveCall()
            | DenyCall()
            | EndCall()
            | AskManager()
            | DenyVouch()
            | SeeCaller()
            | OpenForm()
            | MuteCalls()
        ):
            return Verification.named(action.verification)
        case SaySame() | SayDifferent() | SayNotCalling() | SeeDoubt():
            return CallDoubt.named(action.doubt)
        case TakeOver() | SayNo() | SeeEscalation():
            return Escalation.named(action.escalation)
        case LowerThreat() | SeeThreat():
            return Threat.named(action.threat)
        case _:
            return ""
