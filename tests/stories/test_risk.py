"""Stories of flags by ID Protection: seen in plain words, cleared with the proof they need, and never quietly."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from playground.faults import Fault
from playground.server import Play
from playground.tenant.risks import Detection
from tests.stories.conftest import Take
from tests.stories.hand import CONTACT, Hand, come_true, read
from tests.stories.seat import words


def state(play: Play, key: str) -> str:
    return str(play.world.graph.risks[key].state)


def revoked(play: Play) -> set[str]:
    return {one.person for one in play.world.graph.revoked}


@pytest.mark.browser
async def test_rita_says_it_was_her_and_later_that_it_was_not(play: Play, take: Take) -> None:
    rita, ben, cleo = await take("rita"), await take("ben"), await take("cleo")
    await rita.say("my account is risky")
    await rita.look("risk")
    await rita.reads(words("risk.flag.medium"))
    if await rita.dialog.get_by_text(words("risk.told.unseen")).count():  # a busy machine: as she is told, once more
        await rita.close()
        await rita.look("risk")
    await rita.reads("Bucharest, RO", words("risk.flag.medium"), "hid where it came from", "mysignins.microsoft.com")
    await rita.picture("risk-1-sheet")
    await rita.fill("risk", reason="travel")
    await rita.picture("risk-2-asked")
    await rita.sign_in()
    await rita.sees(words("request.approval.title"))
    await ben.open("helpdesk")
    await ben.sees(words("risk.approvers.title", name="Rita Reyes"))
    await ben.picture("risk-3-helpdesk")
    await ben.approve("Rita Reyes", kind="risk", verdict="safe")
    await ben.picture("risk-4-confirmed")
    await rita.sees(words("risk.request.done.title"))
    await rita.picture("risk-5-done")
    assert state(play, "rita") == "confirmedSafe"
    await come_true(lambda: revoked(play) == {"rita"})

    await rita.press(words("button.report"), on=words("risk.request.done.title"))
    await rita.sees(words("risk.request.revoked.title"))
    await rita.picture("risk-6-reported")
    await cleo.open("security")
    await cleo.sees(words("alert.title", name="Rita Reyes"))
    await cleo.picture("risk-7-security")
    assert state(play, "rita") == "confirmedCompromised"


@pytest.mark.slow
async def test_each_flag_gets_the_proof_it_needs(play: Play) -> None:
    ann, gus, lou, hugo, cora, ben = (Hand(play, key) for key in ("ann", "gus", "lou", "hugo", "cora", "ben"))
    assert words("risk.told.clear", contact=CONTACT) in await ann.look("risk")
    await gus.sees("is only a guest here")

    await lou.want("risk", reason="travel")  # low: nobody else is asked
    await lou.sign_in()
    await lou.sees(words("risk.request.done.title"))
    assert state(play, "lou") == "dismissed"

    for hand in (hugo, cora):  # high, and in other hands: first a key that whoever did it does not have
        assert "newer than the flag: write new password to me" in await hand.look("risk")
        said = read(await hand.want("risk", reason="travel"))
        assert words("refusal.risk.secure_first", contact=CONTACT) in said
        play.world.graph.register_passkey(hand.key, "My new key")
        await hand.want("risk", reason="new_device")
        await hand.sign_in()
        await ben.approve(hand.name, kind="risk", verdict="dismissed")
        await hand.sees(words("risk.request.done.title"))
        assert state(play, hand.key) == "dismissed"
    await come_true(lambda: revoked(play) == {"lou", "hugo", "cora"})
    assert not [seen for seen in play.teams.messages("ben", "helpdesk") if "Lou" in seen.words]


@pytest.mark.slow
async def test_ben_finds_somebody_else_in_the_account(play: Play) -> None:
    rita, ben = Hand(play, "rita"), Hand(play, "ben")
    await rita.want("risk", reason="travel")
    await rita.sign_in()
    card = await ben.sees(words("risk.approvers.title", name=rita.name), "helpdesk")
    said = {"reason": "She is on holiday and knows nothing of it.", "verdict_no": "compromised"}
    await play.teams.press("ben", card, words("button.deny_send"), said)
    mine = await ben.sees(words("risk.verdict.compromised"))  # in private: it locks, so he signs in for it
    assert state(play, "rita") == "atRisk"
    await play.teams.sign_in("ben", mine, button=words("button.sign_in_and_deny"))
    await rita.sees("She is on holiday and knows nothing of it.")
    await come_true(lambda: state(play, "rita") == "confirmedCompromised")
    await come_true(lambda: revoked(play) == {"rita"})
    await rita.sees("they help you back into your account")
    await Hand(play, "cleo").sees("was signed out everywhere, and Entra counts the account as compromised", "security")


@pytest.mark.slow
async def test_an_answer_is_lost_and_the_service_is_busy(play: Play) -> None:
    lou, tess = Hand(play, "lou"), Hand(play, "tess")
    play.world.faults.add(Fault(where="graph", match="POST .*riskyUsers.*ismiss", kind="lost", times=1))
    await lou.want("risk", reason="travel")
    await lou.sign_in()
    await lou.sees(words("risk.request.done.title"))
    assert len(play.world.journal.of("graph", "POST", "ismiss")) == 1

    play.world.graph.flag("tess", level="low")
    play.world.faults.add(Fault(where="graph", match="POST .*riskyUsers.*ismiss", kind="throttle_bare", times=1))
    await tess.want("risk", reason="travel")
    await tess.sign_in()
    await tess.sees(words("risk.request.done.title"))
    assert [e.status for e in play.world.journal.of("graph", "POST", "ismiss")] == [0, 429, 204]


@pytest.mark.slow
async def test_several_at_once_wait_for_their_turns(play: Play) -> None:
    """One request a second is all the tenant has: everybody is served, and nobody is told of an error."""
    keys = ("ann", "sam", "tess", "lou")
    for key in keys:
        play.world.graph.flag(key, level="low", detections=[Detection("unlikelyTravel", "low")])
    hands = [Hand(play, key) for key in keys]
    for hand in hands:
        await hand.want("risk", reason="travel")
    await asyncio.gather(*(hand.sign_in() for hand in hands))
    play.world.clock.advance(timedelta(seconds=30))  # what could not be found out is looked at again
    for hand in hands:
        await hand.sees(words("risk.request.done.title"), seconds=90)
        said = [seen.words for seen in play.teams.messages(hand.key)]
        assert not [text for text in said if words("refusal.title") in text or words("request.failed.title") in text]
    asked = [datetime.fromisoformat(e.at) for e in play.world.journal.of("graph", "", "identityProtection")]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(asked)]
    assert min(gaps) > 0.5, "a turn was used twice"
    assert play.world.graph.budget.refused == 0
