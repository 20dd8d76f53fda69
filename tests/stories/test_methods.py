"""Stories of sign-in methods: what somebody has is listed, what they lost goes, and never the last one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from playwright.async_api import expect

from bot.core.actions import Submit
from bot.core.packing import pack
from playground.faults import Fault
from playground.people import guid
from playground.server import Play
from playground.teams.popup import Dead
from playground.teams.presses import choose
from playground.tenant.factors import PHONE_IDS
from tests.stories.conftest import Take
from tests.stories.hand import Hand, beside, come_true, read
from tests.stories.seat import words
from tests.stories.test_replicas import AGAIN
from tests.stories.test_verify import policies

AUTHENTICATOR = "microsoftAuthenticator"
PASS = guid("pass/rita")
PHONE = f"phone:{PHONE_IDS['mobile']}"


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return policies(tmp_path_factory, AGAIN)


def held(play: Play, key: str) -> list[str]:
    return [one.type for one in play.world.graph.methods[key]]


def choice(play: Play, key: str, kind: str) -> str:
    """What the form sends for the first method of this type."""
    return next(f"{kind}:{one.id}" for one in play.world.graph.methods[key] if one.type == kind)


@pytest.mark.browser
async def test_ann_sees_what_she_has_and_removes_her_old_computer(play: Play, take: Take) -> None:
    ann = await take("ann")
    play.world.graph.register_passkey("ann", "Green key")
    await ann.say("show my sign-in methods")
    await ann.look("methods")
    await ann.reads("Green key", "CONTOSO-LT-0142", "Ann's iPhone", "Password")
    await expect(ann.dialog.get_by_text("4255550142")).to_have_count(0)
    await ann.picture("methods-1-list")
    await ann.choose("methods", "Windows Hello: CONTOSO-LT-0142")
    await ann.press(words("button.back"))
    await ann.reads("Green key")
    await ann.choose("methods", "Windows Hello: CONTOSO-LT-0142")
    await expect(ann.dialog.get_by_text("Green key")).to_have_count(0)
    await ann.picture("methods-2-chosen")
    await ann.fill("methods", why="not_mine")
    await ann.picture("methods-2-asked")
    await ann.sign_in()
    await ann.sees(words("methods.request.done.not_mine.title"))
    await ann.picture("methods-3-done")
    assert "windowsHelloForBusiness" not in held(play, "ann")
    assert len(held(play, "ann")) == 4


@pytest.mark.slow
async def test_what_entra_keeps_and_what_would_lock_somebody_out(play: Play) -> None:
    ann, tess = Hand(play, "ann"), Hand(play, "tess")
    await ann.want("methods", method=choice(play, "ann", AUTHENTICATOR), why="lost")  # her default, and she has a phone
    await ann.sign_in()
    failed = await ann.sees(words("request.failed.title"))
    assert words("refusal.methods.default")[:60] in failed.words
    await ann.want("methods", method=PHONE, why="old")
    await ann.sign_in()
    await ann.sees(words("methods.request.done.title"))
    await ann.want("methods", method=choice(play, "ann", AUTHENTICATOR), why="lost")
    await ann.sign_in()
    await come_true(lambda: AUTHENTICATOR not in held(play, "ann") and "phone" not in held(play, "ann"))

    said = await tess.look("methods")
    assert words("methods.told.only_one")[:40] in said
    assert words("methods.note.last") in said
    assert words("methods.button.choose") not in said.splitlines()
    forged = {**pack(Submit("methods", "forged", {})), "method": PHONE, "why": "lost"}
    home = await tess.sees(words("methods.button.ask"))
    assert words("methods.note.last") in read(await play.teams.finish_dialog("tess", home, forged))
    assert "phone" in held(play, "tess")


@pytest.mark.slow
async def test_a_pass_that_works_is_a_method_too_and_an_answer_is_lost(play: Play) -> None:
    rita = Hand(play, "rita")
    now, hour = play.world.clock.now(), timedelta(hours=1)
    play.world.graph.issue("rita", pass_id=PASS, start=now, lifetime=hour, one_time=True)
    assert "Works now" in await rita.look("methods")
    play.world.faults.add(Fault(where="graph", match="DELETE .*temporaryAccessPassMethods", kind="lost", times=1))
    await rita.want("methods", method=f"temporaryAccessPass:{PASS}", why="old")
    await rita.sign_in()
    await rita.sees(words("methods.request.done.title"))
    assert "rita" not in play.world.graph.passes
    assert len(play.world.journal.of("graph", "DELETE")) == 1


@pytest.mark.slow
async def test_what_is_forged_gone_or_no_signed_in_persons_removes_nothing(play: Play) -> None:
    ann, hello = Hand(play, "ann"), choice(play, "ann", "windowsHelloForBusiness")
    home = await ann.sees(words("methods.summary"))
    dialog = await play.teams.open_dialog("ann", home, words("methods.button.ask"))
    line = beside(dialog, {"method": hello})
    assert line is not None
    chosen = await play.teams.finish_dialog("ann", home, line)
    sent = choose([(chosen.dialog or {})["card"]], words("methods.button.send"), {"why": "lost"})["data"]
    for forged in ("password:28c10230-6103-485e-b985-444c60001490", choice(play, "ben", AUTHENTICATOR), "nonsense"):
        for pressed in (line, sent):
            answer = await play.teams.finish_dialog("ann", home, {**pressed, "method": forged})
            assert words("methods.error.method.choice") in read(answer)

    await ann.want("methods", method=hello, why="lost")
    card = await ann.signs_in()
    with pytest.raises(Dead):
        await play.teams.sign_in("ann", card, who="mo", button=words("button.sign_in"))
    await ann.sees(words("refusal.wrong_person"))
    assert "windowsHelloForBusiness" in held(play, "ann")
    play.world.graph.methods.remove("ann", hello.partition(":")[2])  # at Entra's own page, in the meantime
    await play.teams.sign_in("ann", await ann.signs_in(card), button=words("button.sign_in"))
    gone = await ann.sees(words("request.refused.title"))
    assert words("refusal.methods.gone") in gone.words
    assert play.world.journal.of("graph", "DELETE") == []


@pytest.mark.slow
async def test_who_does_not_sign_in_in_time_keeps_what_they_have(play: Play) -> None:
    ann = Hand(play, "ann")
    await ann.want("methods", method=PHONE, why="old")
    await ann.sees(words("request.step_up.title"))
    play.world.clock.advance(timedelta(minutes=16))
    await ann.sees(words("methods.request.expired.text"))
    assert "phone" in held(play, "ann")
