"""Errands: the turns of people who ask for a pass, as Teams delivers them, and the requests they are about.

Each delivery is by somebody of their own, who has done nothing before it; whoever approves is one of a few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import cards
from bench import tenant
from bench.issuer import SERVICE, TENANT
from bench.load import CHAT, MARK, Deliveries, envelope, message
from bench.replica import Now
from bot.core.actions import Approve, Begin, Press, Ref, Refresh, Show, Submit
from bot.core.model import Chat, Evidence, EvidenceType, Mode, Person, Request, Status
from bot.core.packing import pack
from bot.core.ports import Posted, Slot
from bot.store.postgres import PostgresStore

Json = dict[str, Any]
APPROVER: Final = "00000000-0000-4000-8000-000000000007"  # who has said yes already
CHANNEL: Final = "19:helpdesk@thread.tacv2"
PERSON: Final = f"00000000-0000-4000-8000-000{CHAT}"
HELPDESK: Final = f"00000000-0000-4000-8000-001{CHAT}"
MANY: Final = 10**9  # as many people as there are numbers
# Identity Protection, asked whether each of them is at risk, takes one call a second: more at once would be refused. So
# few are asked more often than Teams takes messages for one chat, and in the mix a press waits for that.
APPROVERS: Final = 3
CHUNK: Final = 500
OPEN: Final = timedelta(minutes=50)


@dataclass(frozen=True, slots=True)
class Turn:
    """One sort: what is delivered, the status its request must have before, and what its answer must hold."""

    title: str
    activity: Mapping[str, object]
    answer: bytes
    status: Status | None = None
    posts: bool = False  # its answer is a message, and waits for the connector


def _invoke(name: str, value: Json, **other: object) -> Json:
    return {**envelope("invoke"), "name": name, "value": value, "replyToId": f"1763{MARK}", **other}


def _pressed(press: Press, trigger: str = "manual") -> Json:
    return {"action": {"type": "Action.Execute", "verb": pack(press)["verb"], "data": pack(press)}, "trigger": trigger}


def in_the_channel(press: Press) -> Json:
    """Return what Teams delivers when somebody of the helpdesk presses it in the channel."""
    place = {"conversationType": "channel", "id": f"{CHANNEL};messageid=1763{MARK}", "tenantId": TENANT}
    team = {"id": "19:team@thread.tacv2"}
    whole = _invoke("adaptiveCard/action", _pressed(press), conversation={**place, "isGroup": True})
    whole["from"] = {**whole["from"], "aadObjectId": HELPDESK}
    return {**whole, "channelData": {"tenant": {"id": TENANT}, "team": team, "channel": {"id": CHANNEL}}}


REF: Final = Ref(f"r{MARK}", 1)
FORM: Final = {**pack(Submit("tap", f"a{MARK}", {})), "reason": "new_phone", "minutes": "60"}
SORTS: Final[Mapping[str, Turn]] = MappingProxyType(
    {
        "home": Turn("home card", message("help"), b"", posts=True),
        "form": Turn("the form", _invoke("task/fetch", {"data": pack(Begin("tap"))}), b'"submit"'),
        "ask": Turn("ask", _invoke("task/submit", {"data": FORM}), b""),
        "approve": Turn(
            "approve, the click",
            in_the_channel(Approve(REF)),
            cards.text("approve.continue_in_private", "en").encode(),
            Status.APPROVAL,
        ),
        "show": Turn("Show", _invoke("task/fetch", {"data": pack(Show(REF))}), tenant.CODE.encode(), Status.READY),
        "refresh": Turn(
            "a card seen again",
            _invoke("adaptiveCard/action", _pressed(Refresh(REF), "automatic")),
            b'"AdaptiveCard"',
            Status.READY,
        ),
    }
)
# How often each comes in an errand: cards are fetched anew whenever they come into view.
MIX: Final = ("home", "refresh", "form", "ask", "refresh", "approve", "refresh", "show")


def deliveries(token: str, sort: str) -> Deliveries:
    return Deliveries(token, SORTS[sort].activity, chats=APPROVERS if sort == "approve" else MANY)


async def seed(url: str, wanted: Mapping[int, str]) -> None:
    """Put the requests there that the deliveries of these numbers and sorts are about."""
    needed = [(number, status) for number, sort in wanted.items() if (status := SORTS[sort].status) is not None]
    async with PostgresStore(url, clock=Now(), size=1, wait=30) as store:
        await store.ping()
        for first in range(0, len(needed), CHUNK):
            chunk = needed[first : first + CHUNK]
            async with store.unit() as unit:
                await asyncio.gather(*(unit.add(asked(*one)) for one in chunk))
                for number, status in chunk:
                    await unit.keep_posted(_posted(number, status))
                    if status is Status.APPROVAL:
                        await unit.remember(*approver(number))


def approver(number: int) -> tuple[Person, Chat]:
    """Whoever approves, and the private chat in which they confirm it."""
    name = f"{number % APPROVERS:09d}"
    person = Person(TENANT, HELPDESK.replace(CHAT, name), "Ben Bishop", "en-GB")
    return person, Chat(TENANT, f"a:1-chat-{name}-of-the-helpdesk", SERVICE, personal=True, user=f"29:{name}")


def _posted(number: int, status: Status) -> Posted:
    """The card that stands for a request: of a channel's threads, Teams lets only 1,800 begin in an hour."""
    waits, name = status is Status.APPROVAL, f"{number:09d}"
    place = f"{CHANNEL};messageid=1763{name}" if waits else f"a:1-chat-{name}-of-the-bench-as-long-as-it-is-in-teams"
    chat = Chat(TENANT, place, SERVICE, personal=not waits)
    return Posted(f"r{name}", Slot.APPROVERS if waits else Slot.REQUESTER, "", chat, f"1763{name}", f"{status} x")


def asked(number: int, status: Status) -> Request:
    """A request for a pass: its person has signed in, and when it is ready, somebody has approved it."""
    now, name = datetime.now(UTC), f"r{number:09d}"
    person = Person(TENANT, PERSON.replace(CHAT, f"{number:09d}"), "Ann Other", "en-GB")
    proofs = [Evidence(EvidenceType.STEP_UP, person.id, person.name, now, "c1", name)]
    if status is Status.READY:
        proofs.append(Evidence(EvidenceType.APPROVAL, APPROVER, "Ben Bishop", now, "c1", name))
    return Request(
        name,
        "tap",
        person,
        person,
        {"reason": "new_phone", "minutes": "60"},
        Mode.ENFORCE,
        status,
        1,
        now,
        expires_at=now + OPEN,
        due_at=now + OPEN,
        evidence=tuple(proofs),
    )
