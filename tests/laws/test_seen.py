"""What an approver signs is what they saw, and a no is not forgotten at the next try."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Approve, Deny, Ref, Submit
from bot.core.approval import worse
from bot.core.directory import Standing
from bot.core.errors import Unavailable
from bot.core.model import EvidenceType, Status
from bot.core.reasons import Reason
from bot.core.risk import Risk
from bot.kinds import KINDS
from bot.kinds.risk import LEVELS
from cards import text
from cards.words import when
from tests.fakes import LONG_AGO, TENANT, USUAL, FakeClock, Office, at_home, in_channel, office, person
from tests.laws.seen import touched, why
from tests.stores import patient

CHANNEL = "19:helpdesk@thread.tacv2"
WORDS = "could not say her manager's name"


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Office]:
    """An office where two people must say yes to clearing a flag, however grave."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, own={"risk": {"approvals": 2, "variants": {}}})


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, own={"risk": {"approvals": 1, "variants": {}}})


@pytest.fixture
async def slow(database_url: str) -> AsyncIterator[Office]:
    """An office where a request may wait for days, and a no counts for as long as it can."""
    clock, days = FakeClock(), timedelta(hours=72)
    async with patient(database_url, clock) as store:
        own = {"tap": {"life": days, "approval_wait": days, "after_no": timedelta(days=7)}}
        yield office(store, clock, own=own)


def flag(desk: Office, level: str, state: str = "atRisk", name: str = "ann") -> None:
    desk.directory.risks[name] = Risk(state, level, "none", LONG_AGO)


async def asked(desk: Office, level: str = "medium") -> None:
    flag(desk, level)
    await desk.ask(kind="risk")
    await desk.sign_in()
    for name in ("ben", "cleo"):
        await desk.desk.installed(person(name), at_home(name).chat)


async def card(desk: Office, request_id: str = "r1") -> str:
    await desk.job("cards", request_id)
    return desk.messenger.shown(CHANNEL)


@pytest.mark.parametrize(("level", "state"), [("high", "atRisk"), ("medium", "confirmedCompromised")])
async def test_what_got_worse_since_the_yes_is_asked_again(one: Office, level: str, state: str) -> None:
    await asked(one)
    await one.approve("ben")
    flag(one, level, state)
    await one.job("act")
    assert touched(one) == []
    stands = await one.load("r1")
    assert stands.status is Status.APPROVAL
    said = await card(one)
    assert text("approvers.worse", "en", names="Ben") in said
    assert text("approvers.count", "en", count=0, needed=1) in said


async def test_who_decides_reads_who_it_is_and_once_it_is_decided_only_what_came_of_it(one: Office) -> None:
    one.directory.accounts["ann"] = replace(one.directory.accounts["ann"], work="Buyer, Purchasing")
    await asked(one)
    before = await card(one)
    who = ("ann@contoso.example", "Buyer, Purchasing", text("risk.badge.medium", "en"), text("fact.signed_in", "en"))
    assert [said for said in who if said not in before] == []
    await one.approve("ben")
    after = await card(one)
    assert [said for said in who if said in after] == []
    assert text("risk.approvers.ready", "en") in after
    assert f"Ben, {when((await one.load('r1')).evidence[-1].at)}" in after


async def test_two_who_sign_in_at_the_same_moment_both_count(two: Office) -> None:
    """Each goes on with the request as it was before the other's yes; who is later reads it anew."""
    await asked(two)
    for name in ("ben", "cleo"):
        await two.desk.handle(in_channel(name), Approve(Ref("r1", 2)))
    await asyncio.gather(two.sign_in("ben"), two.sign_in("cleo"))
    stands = await two.load("r1")
    assert sorted(e.by for e in stands.evidence_of(EvidenceType.APPROVAL)) == ["ben", "cleo"]
    assert stands.status is Status.READY


async def test_whose_yes_counts_is_about_to_confirm_nothing(two: Office) -> None:
    await asked(two)
    await two.approve("ben")
    said = await card(two)
    assert text("approvers.count_by", "en", count=1, needed=2, names="Ben") in said
    assert text("approvers.confirming", "en", name="Ben", until="|").partition("|")[0] not in said


@pytest.mark.parametrize("language", ["en", "de"])
async def test_its_person_is_told_that_it_must_be_approved_once_more(one: Office, language: str) -> None:
    flag(one, "medium")
    speaker = replace(at_home("ann"), person=replace(person("ann"), language=language))
    await one.desk.installed(speaker.person, speaker.chat)
    await one.desk.handle(speaker, Submit("risk", "r1", USUAL["risk"]))
    await one.sign_in()
    await one.job("cards")
    assert text("request.approval.title", language) in one.messenger.shown("a:ann")
    await one.approve("ben")
    flag(one, "high")
    await one.job("act")
    await one.job("cards")
    until = when((await one.load("r1")).expires_at)
    told = one.messenger.shown("a:ann")
    assert text("request.approval.again", language) in told
    said = {"until": until, "contact": "the helpdesk"}
    assert text("request.approval.graver", language, **said) in told
    assert text("request.approval.text", language, **said) not in told
    await one.approve("ben")
    await one.job("cards")
    assert text("request.approval.again", language) not in one.messenger.shown("a:ann")


async def test_whoever_said_yes_before_may_look_again_and_say_it_again(one: Office) -> None:
    await asked(one)
    await one.approve("ben")
    flag(one, "high")
    await one.job("act")
    await one.approve("ben")
    assert (await one.load("r1")).status is Status.READY
    await one.job("act")
    assert touched(one)


async def test_what_got_milder_is_done_on_the_same_yes(one: Office) -> None:
    await asked(one, "high")
    await one.approve("ben")
    flag(one, "medium")
    await one.job("act")
    assert touched(one)


async def test_a_yes_on_its_way_is_for_what_was_seen_at_the_press(one: Office) -> None:
    await asked(one)
    await one.desk.handle(in_channel("ben"), Approve(Ref("r1", (await one.load("r1")).version)))
    flag(one, "high")
    await one.sign_in("ben", "r1")
    stands = await one.load("r1")
    assert (stands.status, stands.level) == (Status.APPROVAL, "high")
    assert [e.level for e in stands.evidence if e.by == "ben"] == ["medium"]


async def test_a_press_on_a_card_of_before_it_got_worse_counts_nothing(two: Office) -> None:
    await asked(two)
    old = (await two.load("r1")).version
    flag(two, "high")
    await two.approve("ben")
    assert why(await two.desk.handle(in_channel("cleo"), Approve(Ref("r1", old)))) == Reason.CHANGED
    now = (await two.load("r1")).version
    assert "continue_in_private" in str(await two.desk.handle(in_channel("cleo"), Approve(Ref("r1", now))))


async def test_the_trail_says_what_an_approver_saw(one: Office) -> None:
    await asked(one)
    await one.approve("ben")
    told = [e.data async for e in one.store.audit_entries(TENANT) if e.deed == "approved"]
    assert [(data["by"], data["level"]) for data in told] == [("ben", "medium")]


def test_a_word_nobody_knows_is_graver_than_any() -> None:
    assert worse("compromised", "unheard-of", LEVELS)
    assert worse("unheard-of", "low", LEVELS)
    assert not worse("unheard-of", "unheard-of", LEVELS)
    assert not worse("", "", ())


def test_how_grave_a_case_is_goes_from_mild_to_grave() -> None:
    assert [*LEVELS] == ["low", "medium", "high", "hidden", "unknown", "compromised"]
    assert KINDS["risk"].levels == LEVELS


async def refused_once(desk: Office, by: str = "cleo", *, kind: str = "tap", hours: int = 0) -> None:
    """Somebody asks, is told no after a while, and asks again at once."""
    await desk.ask(kind=kind, request_id="r0")
    await desk.sign_in(request_id="r0")
    desk.clock.advance(hours=hours)
    ref = Ref("r0", (await desk.load("r0")).version)
    await desk.desk.handle(in_channel(by), Deny(ref, WORDS))
    assert (await desk.load("r0")).status is Status.DENIED


async def again(desk: Office, kind: str = "tap") -> None:
    await desk.ask(kind=kind)
    await desk.sign_in()


async def test_another_persons_no_needs_two_people(desk: Office) -> None:
    await refused_once(desk)
    await again(desk)
    await desk.job("cards")
    said = desk.messenger.shown(CHANNEL)
    assert text("approvers.after_no", "en") in said
    assert text("approvers.count", "en", count=0, needed=2) in said
    await desk.approve("ben")
    assert (await desk.load("r1")).status is Status.APPROVAL
    desk.directory.members["helpdesk"].add("kim")
    del desk.directory.risks["kim"]
    await desk.approve("kim")
    assert (await desk.load("r1")).status is Status.READY
    await desk.show()
    assert len(desk.directory.secrets) == 1


async def test_who_said_no_may_say_yes_alone(desk: Office) -> None:
    await refused_once(desk)
    await again(desk)
    await desk.approve("cleo")
    assert (await desk.load("r1")).status is Status.READY
    await desk.show()
    assert len(desk.directory.secrets) == 1


async def test_a_no_is_over_after_a_while(desk: Office) -> None:
    await refused_once(desk)
    desk.clock.advance(hours=24)
    await again(desk)
    await desk.approve("ben")
    assert (await desk.load("r1")).status is Status.READY


async def test_a_no_is_about_its_person_and_its_kind(desk: Office) -> None:
    await refused_once(desk)
    await desk.ask("kim")
    await desk.sign_in("kim")
    await desk.approve("ben")
    assert (await desk.load("r1")).status is Status.READY
    await desk.ask(request_id="r2", kind="risk")
    await desk.sign_in(request_id="r2")
    await desk.approve("ben", "r2")
    assert (await desk.load("r2")).status is Status.READY


async def test_a_no_counts_to_the_last_minute(desk: Office) -> None:
    await refused_once(desk)
    desk.clock.advance(hours=23, minutes=59)
    await again(desk)
    await desk.approve("ben")
    assert (await desk.load("r1")).status is Status.APPROVAL


@pytest.mark.parametrize(("days", "counts"), [(4, True), (6, True), (8, False)])
async def test_a_no_counts_from_when_it_was_said(slow: Office, days: int, *, counts: bool) -> None:
    """The request may be older than all that is looked back at: its no is not."""
    await refused_once(slow, hours=71)
    slow.clock.advance(days=days)
    await again(slow)
    said = await card(slow)
    assert (text("approvers.after_no", "en") in said) is counts
    assert (f"“{WORDS}”" in said) is counts
    await slow.approve("ben")
    assert (await slow.load("r1")).status is (Status.APPROVAL if counts else Status.READY)


async def test_a_late_no_is_not_pushed_off_the_card_by_what_was_asked_since_its_request(slow: Office) -> None:
    """What is shown first is what happened last, and a no says when it was said."""
    await slow.ask(request_id="r0")
    await slow.sign_in(request_id="r0")
    for number in range(6):
        slow.clock.advance(hours=11)
        await slow.ask(request_id=f"s{number}", kind="sessions")
        await slow.job("act", f"s{number}")
        await slow.job("follow", f"s{number}")
    slow.clock.advance(hours=1)
    await slow.desk.handle(in_channel("cleo"), Deny(Ref("r0", (await slow.load("r0")).version), WORDS))
    at = slow.clock.now()
    await again(slow)
    said = await card(slow)
    assert f"“{WORDS}”" in said
    assert text("past.denied", "en", when=when(at), kind=text("tap.title", "en"), by="Cleo") in said


async def test_who_decides_sees_the_last_days_and_the_reason_in_its_own_words(desk: Office) -> None:
    await refused_once(desk)
    await desk.ask(request_id="alarm", kind="compromised")
    await desk.lift("alarm")
    desk.clock.advance(seconds=1)
    await desk.ask("kim", request_id="kims")
    desk.clock.advance(minutes=30)
    await again(desk)
    said = await card(desk)
    assert f"“{WORDS}”" in said
    assert "reported as an alarm" in said
    assert text("past.title", "en") in said
    assert said.count("· " + text("tap.title", "en")) == 1  # Ann's of before; Kim's is nobody's business here
    desk.clock.advance(days=7)
    await desk.job("cards")
    assert desk.messenger.shown(CHANNEL).count(WORDS) == 0


async def test_who_decides_sees_what_entra_says_of_the_account_or_that_it_does_not(desk: Office) -> None:
    def words(*names: str) -> str:
        return ", ".join(text(f"account.{name}", "en") for name in names)

    await again(desk)
    assert words("enabled", "member", "ordinary") in await card(desk)
    desk.directory.add("ann", enabled=False, guest=True)
    desk.directory.privileged["ann"] = Standing((), ("vips",))
    assert words("disabled", "guest", "guarded") in await card(desk)
    desk.directory.privileged["ann"] = Standing(("global-administrator",), ())
    assert words("disabled", "guest", "privileged") in await card(desk)
    for question in ("account", "standing"):
        desk.directory.trouble = {question: Unavailable("away")}
        said = await card(desk)
        assert words("unknown") in said
        assert words("disabled", "guest") not in said


async def test_the_last_days_are_bounded(desk: Office) -> None:
    for number in range(8):
        await desk.ask(request_id=f"s{number}", kind="sessions")
        await desk.job("act", f"s{number}")
        await desk.job("follow", f"s{number}")
        desk.clock.advance(hours=12)
    await again(desk)
    await desk.job("cards")
    shown = [m for (chat, _), m in desk.messenger.messages.items() if chat.startswith(CHANNEL)]
    assert json.dumps(shown, ensure_ascii=False).count("· " + text("sessions.title", "en")) == 5
    assert "And 3 more" in json.dumps(shown, ensure_ascii=False)
