"""Stories in which the world around the desk misbehaves: nothing is doubled, nothing is lost, nothing is untold."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from playground.faults import Fault
from playground.server import Play
from tests.stories.hand import Hand
from tests.stories.seat import words

pytestmark = pytest.mark.slow


def hands(play: Play) -> tuple[Hand, Hand]:
    return Hand(play, "ann"), Hand(play, "ben")


def cards(play: Play, key: str, title: str, chat: str = "vouchsafe") -> list[str]:
    return [seen.id for seen in play.teams.messages(key, chat) if title in seen.words]


async def test_teams_delivers_everything_twice(play: Play) -> None:
    ann, ben = hands(play)
    play.world.faults.add(Fault(where="teams", kind="duplicate"))
    await ann.to_ready(ben)
    await ann.show()
    play.world.faults.clear()
    await ann.sees(words("tap.request.done.title"))
    assert len(play.world.graph.issued) == 1
    assert len(cards(play, "ann", words("tap.request.done.title"))) == 1
    assert len(cards(play, "ben", words("tap.approvers.title", name="Ann Archer"), "helpdesk")) == 1


async def test_what_teams_takes_without_naming_it_is_sent_once(play: Play) -> None:
    """Every message is accepted with an empty answer: each stands there once, and the errand goes on to its end."""
    ann, ben = hands(play)
    play.world.faults.add(Fault(where="connector", match="POST", kind="taken"))
    await ann.ask()
    await ann.sees(words("request.step_up.title"))
    await asyncio.sleep(3)  # as long as a message without an answer was sent again and again
    assert len(cards(play, "ann", words("request.step_up.title"))) == 1
    await ann.sign_in()
    await ben.sees(words("tap.approvers.title", name="Ann Archer"), "helpdesk")
    await asyncio.sleep(3)
    assert len(cards(play, "ben", words("tap.approvers.title", name="Ann Archer"), "helpdesk")) == 1
    assert len(cards(play, "ann", words("request.step_up.title"))) == 1


async def test_a_card_that_was_posted_twice_is_taken_away_again(play: Play) -> None:
    """The answer to the posting got lost, so it was posted once more; the first, seen, is found out and goes."""
    ann, _ = hands(play)
    await play.teams.say("ann", "I need a TAP")
    home = await ann.sees(words("tap.summary"))
    dialog = await play.teams.open_dialog("ann", home, words("tap.button.ask"))
    hers = play.teams.chat("ann").id.removeprefix("a:")
    play.world.faults.add(Fault(where="connector", match=f"POST .*{hers}/activities", kind="lost", times=1))
    await play.teams.submit_dialog("ann", home, dialog, words("button.send"), {"reason": "new_phone"})
    title = words("request.step_up.title")
    async with asyncio.timeout(40):
        while len(cards(play, "ann", title)) < 2:
            await asyncio.sleep(0.05)
    await asyncio.sleep(1)  # what was posted last is known to the desk by now
    for message in cards(play, "ann", title):
        await play.teams.refresh("ann", message)
    async with asyncio.timeout(40):
        while len(cards(play, "ann", title)) != 1:
            await asyncio.sleep(0.05)
    await ann.sign_in()
    await ann.sees(words("request.approval.title"))


async def test_graph_is_busy_when_ann_presses_show(play: Play) -> None:
    ann, ben = hands(play)
    await ann.to_ready(ben)
    play.world.faults.add(Fault(where="graph", match="POST .*temporaryAccessPassMethods", kind="throttle", times=1))
    assert words("refusal.busy", seconds="5") in await ann.show()
    said = await ann.show()
    assert play.world.graph.issued[0].value in said
    assert len(play.world.graph.issued) == 1


async def test_graph_is_too_slow_to_decide(play: Play) -> None:
    ann, ben = hands(play)
    await ann.to_ready(ben)
    play.world.faults.add(Fault(where="graph", match="GET", kind="slow", seconds=6))
    said = await ann.show()
    play.world.faults.clear()
    assert words("refusal.unknown", contact="the helpdesk on extension 4357")[:40] in said
    assert play.world.graph.issued == []
    said = await ann.show()
    assert play.world.graph.issued[0].value in said


async def test_entra_and_graph_are_away_when_ann_asks(play: Play) -> None:
    ann, _ = hands(play)
    home = await ann.sees(words("tap.summary"))
    play.world.faults.add(Fault(where="graph", kind="unavailable"))
    outcome = await play.teams.open_dialog("ann", home, words("tap.button.ask"))
    assert words("refusal.unknown", contact="the helpdesk on extension 4357")[:40] in str(outcome.dialog)
    play.world.faults.clear()
    await ann.ask()
    await ann.sees(words("request.step_up.title"))


async def test_teams_takes_no_messages_for_a_while(play: Play) -> None:
    ann, ben = hands(play)
    await ann.ask()
    await ann.sign_in()
    play.world.faults.add(Fault(where="connector", kind="throttle", seconds=1, times=4))
    await ben.approve(ann.name)
    await ann.sees(words("tap.request.ready.title"))
    assert len(cards(play, "ann", words("tap.request.ready.title"))) == 1


async def test_keys_roll_in_the_middle_of_it(play: Play) -> None:
    ann, ben = hands(play)
    await ann.ask()
    for ring in ("botframework", "entra"):
        play.world.keys.roll(ring, keep_old=False)
    play.world.clock.advance(timedelta(minutes=2))  # an unknown key is asked for at most once a minute
    await ann.sign_in()
    await ben.approve(ann.name)
    assert play.world.graph.issued == []
    said = await ann.show()
    assert play.world.graph.issued[0].value in said


async def test_pressed_again_what_is_no_longer_there(play: Play) -> None:
    """An approver's card from before the withdrawal still has its buttons on a slow client."""
    ann, ben = hands(play)
    await ann.ask()
    await ann.sign_in()
    old = await ben.sees(words("tap.approvers.title", name="Ann Archer"), "helpdesk")
    mine = await ann.sees(words("request.approval.title"))
    await play.teams.press("ann", mine, words("button.withdraw"))
    await ann.sees(words("request.withdrawn.title"))
    action = next(a for a in old.cards[0]["actions"] if a.get("verb") == "approve")
    outcome = await play.teams.act("ben", old.id, action)
    assert words("refusal.closed")[:40] in outcome.text
