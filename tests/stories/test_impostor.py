"""Mallory rings the helpdesk as Ann. Whatever Ben is talked into, nothing is opened; a day later Ann is believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, Seat, words
from tests.stories.test_attacks import names
from tests.stories.test_call import ANN, asks, number
from tests.stories.test_verify import policies
from tests.stories.wire import OPENING, SENDING, Wire, data

UPN = "ann.archer@contoso.example"
UNVERIFIED = words("refusal.unverified")


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return policies(tmp_path_factory, "[tap]\nassisted = true\n")


async def opens(wire: Wire, key: str = "ben") -> list[str]:
    """Whoever sits at the agent's Teams has a pass opened for the caller, by buttons that no card of theirs has."""
    call = data(wire.press("call-ask"))["id"]
    form = {"verb": "call-open", "id": call, "v": 1, "kind": "tap"}
    filled = form | {"verb": "call-send", "form": "f" * 32, "reason": "new_phone"}
    return [await wire.sends(key, form, name=OPENING), await wire.sends(key, filled, name=SENDING)]


def questions(play: Play) -> int:
    return sum(words("call.caller.title") in seen.words for seen in play.teams.messages("ann"))


async def cannot_open(ben: Seat) -> None:
    title = words("call.agent.title", name=ANN)
    await expect(ben.message(title).get_by_role("button", name=words("tap.title"), exact=True)).to_have_count(0)


@pytest.mark.browser
async def test_mallory_rings_as_ann_and_a_day_later_ann_herself_is_believed(play: Play, take: Take) -> None:
    ann, ben, sofia = await take("ann"), await take("ben"), await take("sofia")
    await ann.page.set_viewport_size({"width": 390, "height": 844})
    wire = Wire(play)
    await asks(ben)
    assert await number(ben)
    await ben.picture("impostor-1-agent")
    await ann.sees(words("call.caller.title"))
    await ann.picture("impostor-2-ann")
    for answer in await opens(wire):  # the caller is in a hurry
        assert UNVERIFIED in answer

    await ann.press(words("call.button.no"), on=words("call.caller.title"))
    await ben.sees("End the call")
    await cannot_open(ben)
    await ann.sees("You said that it was not you")
    await sofia.open("security")
    told = await sofia.sees(words("call.security.title", name=ANN))
    await expect(told).to_contain_text("Ben Bishop")
    await sofia.picture("impostor-3-security")
    await sofia.press(words("lock.button.begin_for", name=ANN), on=words("call.security.title", name=ANN))
    await expect(sofia.dialog.get_by_text(UPN)).to_be_visible(timeout=PATIENCE)  # of two of that name
    await sofia.picture("impostor-4-lock")
    await sofia.close()
    for answer in await opens(wire):
        assert UNVERIFIED in answer
    await names(ben, UPN)
    await expect(ben.dialog.get_by_text(words("refusal.caller_said_no"))).to_be_visible(timeout=PATIENCE)
    await ben.picture("impostor-5-held-back")
    await ben.close()
    assert questions(play) == 1

    play.world.clock.advance(timedelta(hours=24, minutes=1))
    await asks(ben)
    heard = await number(ben)
    card = await ann.sees("If you are, type the number")
    await card.get_by_label(words("call.number")).fill(heard)
    await ann.press(words("call.button.confirm"), on=words("call.caller.title"))
    only = await ben.sees("not enough for anything that lets somebody in")
    await expect(only).to_contain_text(words("call.status.presence"))
    await cannot_open(ben)
    for answer in await opens(wire):
        assert UNVERIFIED in answer
    await ann.sees("If they are to open something for you")
    await ann.picture("impostor-6-number")
    assert questions(play) == 2
    assert not any(words("request.consent.title") in seen.words for seen in play.teams.messages("ann"))
    await ann.sign_in(words("call.button.prove"))
    believed = await ben.sees("has signed in to prove it")
    await expect(believed.get_by_role("button", name=words("tap.title"), exact=True)).to_be_visible(timeout=PATIENCE)
    await ben.picture("impostor-7-verified")
    await ann.picture("impostor-8-thanks")
    assert play.world.graph.issued == []
    assert play.world.graph.revoked == []
