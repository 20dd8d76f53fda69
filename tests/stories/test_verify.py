"""Stories of proof of identity: a phone, a face, the one right credential; the score is its owner's alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from bot.process.clock import SystemClock
from playground.faults import Fault
from playground.people import CREATED, NO_PASS
from playground.server import Play
from playground.teams.views import Seen, strings
from playground.verified.state import Presentation
from tests.stores import patient
from tests.stories.conftest import Take
from tests.stories.hand import Hand
from tests.stories.seat import PATIENCE, words

CONTACT = "the helpdesk on extension 4357"


async def until(said: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not said():
            await asyncio.sleep(0.05)


async def begun(hand: Hand) -> Presentation:
    """Ask to prove who one is, and see the code on the card."""
    play = hand.play
    before = set(play.world.verified.requests)
    await hand.want("verify")
    await until(lambda: set(play.world.verified.requests) - before)
    await newest(hand, words("verify.request.done.title"))
    (new,) = set(play.world.verified.requests) - before
    return play.world.verified.requests[new]


async def newest(hand: Hand, title: str) -> Seen:
    """Wait until the newest message says this."""
    play = hand.play
    return await play.teams.wait(
        hand.key, has=title, test=lambda seen: seen.id == play.teams.last(hand.key).id, seconds=40
    )


async def proved(hand: Hand) -> None:
    asked = await begun(hand)
    await hand.play.world.verified.scan(asked.id, hand.key)
    await hand.play.world.verified.present(asked.id, hand.key)
    await hand.sees(words("verify.request.ended.verified.title"))


async def shown(hand: Hand) -> None:
    """Press the button on the card of what waits for one's face, and show it."""
    verified = hand.play.world.verified
    before = set(verified.requests)
    await hand.press(words("button.prove"), on=words("request.proof.title"))
    await until(lambda: set(verified.requests) - before)
    await hand.sees(words("verify.request.done.title"))
    (asked,) = set(verified.requests) - before
    await verified.scan(asked, hand.key)
    await verified.present(asked, hand.key)


def kept(play: Play, key: str = "ann") -> Mapping[str, object]:
    """What stands on somebody's account in Entra."""
    return play.world.graph.attributes.values.get(key, {}).get("Vouchsafe", {})


async def doubts(play: Play) -> list[str]:
    async with patient(play.database_url, SystemClock(), size=2) as store:
        entries = [entry async for entry in store.audit_entries(play.world.tenant)]
    return [str(entry.data["why"]) for entry in entries if entry.deed == "proof_doubted"]


@pytest.mark.browser
async def test_ann_proves_who_she_is_with_her_phone(play: Play, take: Take) -> None:
    ann = await take("ann")
    await ann.sees(words("home.title"))
    await ann.say("prove who I am")
    await ann.press(words("verify.button.ask"), on=words("home.begin"))
    await expect(ann.dialog.get_by_text("never a picture")).to_be_visible(timeout=PATIENCE)
    await ann.picture("verify-1-form")
    await ann.dialog.get_by_role("button", name=words("verify.button.send")).click()
    card = await ann.sees(words("verify.request.done.title"))
    code = card.get_by_role("img", name=words("verify.picture"))
    await expect(code).to_be_visible(timeout=PATIENCE)
    assert await code.evaluate("one => one.naturalWidth") > 100
    await ann.picture("verify-2-code")

    async with ann.page.expect_popup() as opened:  # as on the phone that the card is read on
        await card.get_by_role("link", name=words("verify.button.open")).click()
    leading = await opened.value
    await ann.picture("verify-3-page", leading)
    address = await leading.get_by_role("link", name=words("web.wallet.button")).get_attribute("href")
    assert str(address).startswith("openid-vc://")
    await leading.close()

    phone = await ann.page.context.new_page()
    await phone.goto(f"{play.url}/wallet?as=ann")
    await phone.get_by_test_id("request-newest").click()
    await ann.sees(words("verify.request.done.scanned.title"))
    await ann.picture("verify-4-scanned")
    await expect(phone.get_by_test_id("purpose")).to_have_text(words("web.wallet.purpose"))
    await ann.picture("verify-5-phone", phone)
    await phone.get_by_test_id("present").click()
    await expect(phone.get_by_test_id("result")).to_contain_text("Shared")
    over = await ann.sees(words("verify.request.ended.verified.title"))
    await expect(over).to_contain_text("86 out of 100")
    await ann.picture("verify-6-proved")
    await until(lambda: kept(play))
    assert kept(play)["LastVerifiedScore"] == 86
    assert str(kept(play)["LastVerifiedAt"]) > CREATED.isoformat()
    assert not play.teams.chat("ben", "helpdesk").messages  # which is nobody's business there


class TestOften:
    """A policy that lets somebody try as often as a story needs."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        return policies(tmp_path_factory, "[verify]\nper_day = 100\n")

    @pytest.mark.slow
    async def test_what_proves_nothing_is_told_and_recorded_nowhere(self, play: Play) -> None:
        ann, service = Hand(play, "ann"), play.world.verified
        await self.shows(ann, "other", credential="ben")
        await self.shows(ann, "other", credential="fabrikam")
        await self.shows(ann, "low_score", score=55.5)
        await self.shows(ann, "spoof", fail="spoof")
        await self.shows(ann, "declined", fail="declined")
        assert await doubts(play) == []  # the service found all of it out by itself
        service.honest = False  # now it lets everything through, and what it says is judged here
        await self.shows(ann, "wrong_person", credential="ben")
        await self.shows(ann, "wrong_issuer", credential="fabrikam")
        await self.shows(ann, "low_score", score=55.5)
        phone = service.phones["ann"]
        phone[0], kept_on_it = replace(phone[0], expires=play.world.clock.now()), phone[0]
        await self.shows(ann, "expired")
        phone[0] = kept_on_it
        service.revoke("ann")
        await self.shows(ann, "revoked")
        assert await doubts(play) == ["wrong_person", "wrong_issuer", "low_score", "expired", "revoked"]
        service.honest = True
        await self.shows(ann, "revoked")
        assert kept(play) == {}
        assert play.world.journal.of("graph", "PATCH") == []

    async def shows(self, ann: Hand, why: str, **shown: object) -> None:
        asked = await begun(ann)
        await ann.play.world.verified.present(asked.id, "ann", **shown)  # type: ignore[arg-type]  # each by its name
        card = await newest(ann, words("verify.request.ended.failed.title"))
        assert words(f"verify.why.{why}") in plain(card), why

    @pytest.mark.slow
    async def test_news_from_the_service_counts_once_in_time_and_from_the_service_only(self, play: Play) -> None:
        ann, service = Hand(play, "ann"), play.world.verified
        play.world.faults.add(Fault(where="verified", match="createPresentationRequest", kind="lost", times=1))
        await ann.want("verify")
        unsure = await ann.sees("you can try once more")
        await play.teams.press("ann", unsure, words("verify.button.try_again"))
        await newest(ann, words("verify.request.done.title"))
        play.world.clock.advance(timedelta(minutes=6))
        await newest(ann, words("verify.request.ended.title"))

        asked = await begun(ann)
        await service.scan(asked.id, "ann")
        await ann.sees(words("verify.request.done.scanned.title"))
        service.habits.late = 1.5
        await service.present(asked.id, "ann")
        play.world.clock.advance(timedelta(minutes=6))
        await newest(ann, words("verify.request.ended.scanned.title"))
        await service.callbacks.settled()
        service.habits.late = 0

        asked = await begun(ann)
        assert [await forged(asked, key) for key in ("", "a-key-that-nobody-ever-had", *others(play, asked))] == [
            401
        ] * (2 + len(service.requests) - 1)
        await asyncio.sleep(1)
        assert words("verify.request.done.title") in play.teams.last("ann").words
        assert kept(play) == {}

        service.habits.twice = service.habits.swapped = True
        await service.scan(asked.id, "ann")
        await service.present(asked.id, "ann")
        await newest(ann, words("verify.request.ended.verified.title"))
        await until(lambda: kept(play))
        await asyncio.sleep(1)
        assert words("verify.request.ended.verified.title") in play.teams.last("ann").words
        assert len(play.world.journal.of("graph", "PATCH")) == 1
        assert {entry.status for entry in play.world.journal.of("verified", "POST", "callback")} == {200}


async def forged(asked: Presentation, key: str) -> int:
    """Say that somebody proved who they are, knowing everything but the key of this request."""
    body = {
        "requestId": asked.id,
        "requestStatus": "presentation_verified",
        "state": asked.asked.state,
        "verifiedCredentialsData": [],
    }
    headers = {"api-key": key} if key else {}
    async with aiohttp.ClientSession() as session, session.post(asked.asked.url, json=body, headers=headers) as answer:
        return answer.status


def others(play: Play, asked: Presentation) -> list[str]:
    """The keys of every other request there ever was."""
    return [one.asked.headers["api-key"] for one in play.world.verified.requests.values() if one.id != asked.id]


@pytest.mark.slow
async def test_where_nobody_pays_for_it_it_is_not_offered(play: Play) -> None:
    ann = Hand(play, "ann")
    home = await ann.sees(words("verify.summary"))
    play.world.verified.billing = False
    dialog = await play.teams.open_dialog("ann", home, words("verify.button.ask"))
    await play.teams.submit_dialog("ann", home, dialog, words("verify.button.send"), {})
    await ann.sees(words("refusal.verify.not_set_up", contact=CONTACT))
    await play.teams.say("ann", "hello")
    again = await newest(ann, words("home.title"))
    assert words("password.summary") in again.words
    assert words("verify.summary") not in again.words
    await play.teams.say("ann", "verify me")
    await ann.sees(words("refusal.unavailable", contact=CONTACT))
    play.world.clock.advance(timedelta(minutes=11))
    async with asyncio.timeout(10), aiohttp.ClientSession() as session:
        while "no_billing (Face Check is not paid for" not in await readiness(session, play):
            await asyncio.sleep(0.5)


async def readiness(session: aiohttp.ClientSession, play: Play) -> str:
    """What the operator's probe reads; the process takes work all the while."""
    async with session.get(f"{play.replicas.urls()[0]}/readyz") as answer:
        assert answer.status == 200
        return await answer.text()


class TestDemanded:
    """A policy that gives a pass only to who proves for it who they are."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        return policies(tmp_path_factory, '[tap]\nevidence = "face_check"\n')

    @pytest.mark.browser
    async def test_a_pass_is_for_who_has_proved_it_and_only_who_may_reads_how(self, play: Play, take: Take) -> None:
        ann, ben, cleo = Hand(play, "ann"), Hand(play, "ben"), await take("cleo")
        await proved(ann)  # for nothing in particular: it serves nothing
        await ann.ask()
        await ann.sign_in()
        await ann.sees(words("request.proof.title"))
        await shown(ann)
        await ann.sees(words("verify.served"))

        title = words("tap.approvers.title", name="Ann Archer")
        await cleo.open("helpdesk")
        card = await cleo.sees(title)
        await expect(card).to_contain_text(words("proof.there"))
        await cleo.picture("proof-1-helpdesk")
        await cleo.press(words("button.see_proof"), on=title)
        await expect(cleo.page.get_by_text(words("proof.continue_in_private"))).to_be_visible(timeout=PATIENCE)
        await cleo.open("vouchsafe")
        read = await cleo.sees(words("proof.title", name="Ann Archer"))
        await expect(read).to_contain_text("86")
        await cleo.picture("proof-2-private")

        outcome = await ben.press(words("button.see_proof"), on=title, chat="helpdesk")
        assert outcome.text == words("proof.continue_in_private")
        prompt = await play.teams.wait("ben", test=lambda seen: seen.oauth is not None, seconds=20)
        await play.teams.exchange("ben", prompt)
        await ben.sees(words("refusal.may_not_look"))
        assert not any(words("proof.title", name="Ann Archer") in seen.words for seen in play.teams.messages("ben"))

        await ben.approve("Ann Archer")
        assert play.world.graph.issued == []
        assert (said := await ann.show())
        assert play.world.graph.issued[0].value in said


class TestDemandedOfSome:
    """A policy that demands a face of the members of one group only."""

    @pytest.fixture
    def setting(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
        return policies(tmp_path_factory, f'[sessions.groups."{NO_PASS}"]\nevidence = "face_check"\n')

    @pytest.mark.slow
    async def test_who_is_in_the_group_shows_it_for_each_and_in_time(self, play: Play) -> None:
        ann, tess = Hand(play, "ann"), Hand(play, "tess")
        await ann.want("sessions", reason="other")
        await ann.sees(words("sessions.request.done.title"))
        await tess.want("sessions", reason="other")
        await shown(tess)
        await tess.sees(words("sessions.request.done.title"))

        await tess.want("sessions", reason="other")
        await newest(tess, words("request.proof.title"))
        play.world.clock.advance(timedelta(minutes=16))
        await tess.sees(words("refusal.evidence_missing"))


def plain(seen: Seen) -> str:
    """What a card reads like, without the marks of links and bold words."""
    return re.sub(r"\*\*|\[([^]]*)\]\([^)]*\)", r"\1", "\n".join(strings(seen.cards)))


def policies(factory: pytest.TempPathFactory, held: str) -> Mapping[str, object]:
    file: Path = factory.mktemp("policies") / "policies.toml"
    file.write_text(held)
    return {"env": {"VOUCHSAFE_POLICIES": str(file)}}
