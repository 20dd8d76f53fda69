"""Alarms of one person are one card that counts, also those that are no request: security is not flooded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from bot.core.interventions import Intervention
from bot.core.lockcards import LockCard
from bot.core.ports import Slot
from bot.teams.outbound import LARGEST
from cards import show
from cards.view import View
from tests.fakes import Office, person
from tests.laws.locked import SESSIONS, intervention, locks
from tests.laws.test_mutual import came

SECURITY = "19:security"


def cards(desk: Office) -> list[str]:
    return [str(body) for (chat, _), body in desk.messenger.messages.items() if chat.startswith(SECURITY)]


async def test_whoever_is_called_again_within_a_minute_is_one_card_that_says_whom_the_callers_passed_for(
    desk: Office,
) -> None:
    raised = [(await came(desk, named)).id for named in ("kim", "mo", "nobody")]
    for one in reversed(raised):  # whichever comes first
        await desk.job("doubt_alarm", one)
    await desk.job("doubt_alarm", raised[0])
    (card,) = cards(desk)
    assert "Raised 3 times" in card
    assert all(card.count(f"say that they are {named}") or named in card for named in ("Kim", "Mo", "nobody"))

    desk.clock.advance(minutes=2)
    later = await came(desk, "kim")
    await desk.job("doubt_alarm", later.id)
    assert len(cards(desk)) == 2


async def test_of_two_people_who_are_called_each_has_a_card(desk: Office) -> None:
    for by in ("ann", "kim"):
        await desk.job("doubt_alarm", (await came(desk, "mo", by)).id)
    assert len(cards(desk)) == 2


async def test_of_one_account_that_is_locked_again_and_again_security_reads_one_card(desk: Office) -> None:
    forms = ("f1", "f2", "f3")
    for by, form in zip(("ben", "cleo", "ben"), forms, strict=True):
        await locks(desk, kind=SESSIONS, by=by, form=form)
    for form in reversed(forms):
        await desk.job("intervention", Intervention.named(form))
    await desk.job("intervention", Intervention.named("f1"))
    (card,) = cards(desk)
    assert "3 times, each" in card
    assert card.count("Ben has Ann signed out everywhere") == 2
    assert "Cleo has Ann signed out everywhere" in card


async def test_those_of_several_people_stay_apart_and_one_that_stands_stays(desk: Office) -> None:
    for about, form in (("ann", "f1"), ("kim", "f2")):
        await locks(desk, about, SESSIONS, form=form)
    await asyncio.gather(*(desk.job("intervention", Intervention.named(form)) for form in ("f1", "f2")))
    assert len(cards(desk)) == 2


async def test_however_many_and_wordy_they_are_the_newest_stands_on_a_card_that_teams_takes(desk: Office) -> None:
    await locks(desk, kind=SESSIONS)
    wordy = replace(await intervention(desk), reason="\U00020000" * 500)
    newest = replace(wordy, by=person("cleo"), reason="the newest")
    answer = LockCard(wordy, Slot.SECURITY, others=(*[wordy] * 40, newest))
    card = json.dumps(show(answer, View("en", contact="", now=desk.clock.now())))
    assert len(card) < LARGEST
    assert "the newest" in card
    assert "42 times" in card
    assert "34 more" in card
