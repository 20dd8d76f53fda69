"""Stories of locking: signed out everywhere for the asking, and one press for somebody who finds an intruder."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import expect

from cards import text
from playground.faults import Fault
from playground.people import guid
from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.hand import CONTACT, Hand, asks, come_true
from tests.stories.seat import words

PRESS = words("compromised.button.ask")


def revoked(play: Play) -> list[str]:
    return [one.person for one in play.world.graph.revoked]


@pytest.mark.browser
async def test_ann_finds_somebody_in_her_account(play: Play, take: Take) -> None:
    """One press: what she asked for is withdrawn, the pass that works is deleted, she is signed out, security knows."""
    ann, cleo = await take("ann"), await take("cleo")
    await Hand(play, "ann").ask()
    await ann.sees(words("request.step_up.title"))
    play.world.graph.issue(
        "ann", pass_id=guid("pass/ann"), start=play.world.clock.now(), lifetime=timedelta(hours=1), one_time=True
    )
    await ann.picture("lock-1-home")
    await ann.press(PRESS, on=words("home.hello", name="Ann Archer"))
    done = await ann.sees(words("compromised.request.done.title"))
    await ann.sees(words("request.stopped.title"))
    await expect(done.get_by_role("button", name=words("button.report"), exact=True)).to_have_count(0)
    await expect(done.get_by_role("button", name=PRESS, exact=True)).to_have_count(0)
    await cleo.open("security")
    await cleo.sees(words("compromised.alert.done", name="Ann Archer")[:40])
    await come_true(lambda: "ann" not in play.world.graph.passes)
    await ann.picture("lock-2-done")
    await cleo.picture("lock-3-security")
    assert revoked(play) == ["ann"]


@pytest.mark.browser
async def test_greta_writes_it_in_german(play: Play, take: Take) -> None:
    greta = await take("greta")
    await greta.say("Jemand ist in meinem Konto!")
    await greta.sees(text("home.alarm", "de", contact=CONTACT)[:30])
    assert revoked(play) == []
    await greta.press(text("compromised.button.ask", "de"), on=text("home.alarm", "de", contact=CONTACT)[:30])
    await greta.sees(text("compromised.request.done.title", "de"))
    await greta.picture("lock-4-german")
    assert revoked(play) == ["greta"]


@pytest.mark.slow
async def test_an_administrator_is_locked_like_anybody_and_a_second_press_makes_no_second_alarm(play: Play) -> None:
    dora, ann = Hand(play, "dora"), Hand(play, "ann")
    home = await dora.sees(words("home.hello", name=dora.name))
    await play.teams.press("dora", home, PRESS)
    await dora.sees(words("compromised.request.done.title"))
    await Hand(play, "cleo").sees(words("compromised.alert.title", name=dora.name), "security")
    assert revoked(play) == ["dora"]

    await ann.ask()
    card = await ann.sees(words("request.step_up.title"))  # the button is on every card of hers
    home = await ann.sees(words("home.hello", name=ann.name))
    await asyncio.gather(*(play.teams.press("ann", where, PRESS) for where in (card, home)))
    await ann.sees(words("compromised.request.done.title"))
    await ann.sees(words("request.stopped.title"))
    title = words("compromised.alert.title", name=ann.name)
    alarms = [seen for seen in play.teams.messages("cleo", "security") if title in seen.words]
    assert len(alarms) == 1
    assert revoked(play) == ["dora", "ann"]


@pytest.mark.slow
async def test_security_hears_of_a_pass_that_could_not_be_deleted(play: Play) -> None:
    lou, cleo = Hand(play, "lou"), Hand(play, "cleo")
    now = play.world.clock.now()
    play.world.graph.issue("lou", pass_id=guid("pass/lou"), start=now, lifetime=timedelta(hours=1), one_time=True)
    play.world.faults.add(Fault(where="graph", match="DELETE .*temporaryAccessPassMethods", kind="error", status=403))
    await lou.press(PRESS, on=words("home.hello", name=lou.name))
    await lou.sees(words("compromised.follow.failed", contact=CONTACT))
    await cleo.sees("could not be deleted", "security")
    assert revoked(play) == ["lou"]


@pytest.mark.slow
async def test_signed_out_everywhere_and_in_again(play: Play) -> None:
    ann = Hand(play, "ann")
    await ann.want("sessions", reason="left_open")
    await ann.sees(words("sessions.request.done.title"))
    assert revoked(play) == ["ann"]
    assert not any(asks(seen) for seen in play.teams.messages("ann"))  # nobody was asked to sign in first
    play.world.clock.advance(timedelta(seconds=5))
    await ann.ask()
    await ann.sign_in()
    await ann.sees(words("request.approval.title"))


@pytest.mark.browser
async def test_cleo_lifts_the_lock_when_she_has_made_sure(play: Play, take: Take) -> None:
    """Nothing is given out until an approver has signed in for it; then its owner is told, and served again."""
    ann, cleo = await take("ann"), await take("cleo")
    hand, security = Hand(play, "ann"), Hand(play, "cleo")
    await ann.press(PRESS, on=words("home.hello", name="Ann Archer"))
    await ann.sees(words("compromised.request.done.title"))
    await ann.say("hello")
    await hand.sees(words("refusal.frozen", contact=CONTACT)[:60])
    card = await security.sees(words("compromised.alert.title", name=hand.name), "security")
    await play.teams.press("cleo", card, words("button.lift_send"), {"reason": "She came to my desk"})
    mine = await security.sees(words("lift.title", name=hand.name))
    await cleo.picture("lock-5-lift")
    await play.teams.sign_in("cleo", mine, button=words("button.sign_in_and_lift"))
    await security.sees(words("lift.counted"))
    await security.sees(words("alert.lifted", by=security.name), "security")
    await hand.sees(words("request.lifted"))
    await ann.picture("lock-6-lifted")
    await hand.ask()
    await hand.sees(words("request.step_up.title"))
