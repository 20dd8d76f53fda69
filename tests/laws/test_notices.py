"""Nothing is done to an account unnoticed: a mail to every address once it is done, and a link that only locks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import BaseTestServer
from structlog.testing import capture_logs

import cards
from bot.core.actions import Ref, Report, Submit
from bot.core.answers import SecretShown
from bot.core.callers import Verification
from bot.core.directory import Manager
from bot.core.errors import AnswerLost, DeskError, Missing, NotGranted, Rejected, Unavailable
from bot.core.life.ended import REPORTED_WITHIN
from bot.core.model import Actor, Mode, Status
from bot.core.notices import LIFE, ActNotice, Phase
from bot.core.options import TELL_MANAGER
from bot.core.ports import Job
from bot.kinds import KINDS
from bot.web.browser import CHECK
from tests.entra import TENANT, FakeClock
from tests.fakes import PAGE, USUAL, Office, at_home, office, person, private
from tests.hostile.site import Served, application
from tests.laws.seen import at_rest
from tests.laws.test_record import findings, heard, told
from tests.stores import patient

NOTICED = [name for name, kind in KINDS.items() if kind.noticed]
ANN = ("ann@contoso.example", "ann.archer@home.example")
SECURITY = "19:security@thread.tacv2"
GONE = Rejected("it does not take that", code="no")
CALLS = {"tap": "issue_pass", "password": "set_password", "methods": "remove_method", "risk": "dismiss_risk"}


def furnished(desk: Office) -> Office:
    desk.directory.accounts["ann"] = replace(desk.directory.accounts["ann"], mails=ANN)
    return desk


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield furnished(office(store, clock, noticed=True))


async def notice(desk: Office, request: str = "r1") -> ActNotice | None:
    async with desk.store.unit() as unit:
        return await unit.matter(ActNotice, ActNotice.named(request))


async def sends(desk: Office, request: str = "r1") -> list[str]:
    """Do what there is to do of a notice, and return to whom mails went in all."""
    await desk.job("notice", ActNotice.named(request))
    return [mail.to for mail in desk.mailer.mails]


def link(desk: Office, number: int = 0) -> str:
    found = re.search(rf"{re.escape(PAGE)}(\S+)", desk.mailer.mails[number].text)
    assert found is not None
    return found[1]


async def queued(url: str, name: str) -> int:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'name' = %s", [name])
        return int((await found.fetchone() or (0,))[0])


# -- when, and to whom ------------------------------------------------------------------------------------------


def test_what_opens_or_changes_an_account_is_noticed() -> None:
    unnoticed = [kind.name for kind in KINDS.values() if not kind.noticed]
    assert [name for name in unnoticed if not (KINDS[name].locks or KINDS[name].proves)] == []


@pytest.mark.parametrize("kind", NOTICED)
async def test_each_address_hears_once_when_it_is_done(desk: Office, database_url: str, kind: str) -> None:
    await desk.bring(kind)
    assert desk.mailer.mails == []
    assert await queued(database_url, "notice") == 1  # in the transaction that recorded the act
    assert await sends(desk) == list(ANN)
    assert await sends(desk) == list(ANN)
    mail = desk.mailer.mails[0]
    assert mail.subject == cards.text(f"{kind}.notice.subject", "en")
    assert cards.text(f"{kind}.notice.done", "en") in mail.text
    assert "2026-11-20 10:00 UTC" in mail.text
    one = await notice(desk)
    assert one is not None
    assert (one.phase, one.to, one.sent) == (Phase.SENT, (), 2)
    assert [e.data["sent"] for e in await told(desk, "notice_sent")] == ["2"]


@pytest.mark.parametrize("kind", NOTICED)
async def test_nobody_is_told_before_it_is_known_to_be_done(desk: Office, kind: str) -> None:
    await desk.ask(kind=kind)
    await desk.prove_all()
    assert await notice(desk) is None
    desk.directory.lose_answers = True
    request = await desk.act()
    assert request.status is Status.UNKNOWN
    assert await sends(desk) == []
    desk.directory.lose_answers = False
    await desk.job("look")
    request = await desk.load("r1")
    assert await sends(desk) == (list(ANN) if request.status is Status.DONE else [])


@pytest.mark.parametrize("kind", NOTICED)
async def test_nobody_is_told_of_what_failed(desk: Office, database_url: str, kind: str) -> None:
    desk.directory.trouble[CALLS[kind]] = GONE
    request = await desk.bring(kind)
    assert request.status is Status.FAILED
    assert await sends(desk) == []
    one = await notice(desk)
    assert one is not None
    assert one.phase is Phase.DROPPED
    assert ANN[1] not in await at_rest(database_url)


async def test_what_may_have_been_done_is_told_as_that(desk: Office) -> None:
    desk.directory.lose_answers = True
    await desk.bring("risk")
    desk.directory.trouble["risk"] = Unavailable("away")
    desk.clock.advance(days=5)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.EXPIRED
    assert await sends(desk) == list(ANN)
    assert cards.text("notice.unsure", "en") in desk.mailer.mails[0].text


async def test_a_notice_that_cannot_be_queued_stops_the_act(desk: Office, database_url: str) -> None:
    await desk.ready()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("ALTER TABLE matters ADD CONSTRAINT no_room CHECK (sort <> 'notice')")
        with pytest.raises((DeskError, psycopg.Error)):
            await desk.show()
        await connection.execute("ALTER TABLE matters DROP CONSTRAINT no_room")
    assert desk.directory.writes == []
    assert (await desk.load("r1")).status is Status.READY
    assert "claimed" not in await desk.deeds()
    assert isinstance(await desk.show(), SecretShown)


async def test_what_has_a_notices_id_already_does_not_stand_for_it(desk: Office) -> None:
    await desk.ready()
    ben = person("ben")
    rival = Verification(id=ActNotice.named("r1"), by=ben, about=person("ann"), created_at=desk.clock.now(), seed="00")
    async with desk.store.unit() as unit:
        assert await unit.begin(rival)
    with pytest.raises(Rejected):
        await desk.show()
    assert desk.directory.writes == []


async def test_one_that_was_not_begun_at_first_is_told_once(desk: Office) -> None:
    desk.directory.trouble["dismiss_risk"] = Unavailable("away", retry_after=1)
    await desk.bring("risk")
    assert await sends(desk) == []
    desk.directory.trouble.clear()
    desk.clock.advance(minutes=10)
    await desk.act()
    assert await sends(desk) == list(ANN)
    assert len(await told(desk, "notice_queued")) == 1


async def test_a_trial_tells_nobody(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = furnished(office(store, clock, mode=Mode.EVALUATE, noticed=True))
        for n, kind in enumerate(NOTICED):
            await desk.bring(kind, request_id=f"r{n}")
            assert await notice(desk, f"r{n}") is None
    assert desk.mailer.mails == []
    assert await queued(database_url, "notice") == 0


async def test_without_a_mailbox_nothing_is_queued(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = furnished(office(store, clock))
        await desk.bring("tap")
        assert await notice(desk) is None
    assert await queued(database_url, "notice") == 0


async def test_the_addresses_are_those_of_before_the_act(desk: Office) -> None:
    await desk.bring("tap")
    desk.directory.accounts["ann"] = replace(desk.directory.accounts["ann"], mails=("mallory@evil.example",))
    assert await sends(desk) == list(ANN)


# -- what stands in it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NOTICED)
async def test_no_secret_no_reason_and_no_approver_is_in_a_mail(desk: Office, database_url: str, kind: str) -> None:
    await desk.ask(kind=kind, reason="other", text="My dog ate the phone")
    await desk.prove_all()
    await desk.act()
    with capture_logs() as logs:
        await sends(desk)
    for mail in desk.mailer.mails:
        words = f"{mail.subject} {mail.text}"
        assert not any(secret in words for secret in desk.directory.secrets)
        assert "dog" not in words
        assert "Ben" not in words
    kept = await at_rest(database_url)
    secrets = [link(desk, n).partition(".")[2] for n in range(2)]
    assert len({*secrets}) == 2
    assert not any(secret in kept or secret in str(logs) for secret in secrets)
    assert not any(address in kept or address in str(logs) for address in ANN)


async def test_it_is_in_the_language_they_asked_in(desk: Office) -> None:
    greta = Actor(replace(person("ann"), language="de-DE"), private("ann"))
    await desk.desk.installed(greta.person, greta.chat)
    await desk.desk.handle(greta, Submit("risk", "r1", USUAL["risk"]))
    await desk.prove_all()
    await desk.act()
    await sends(desk)
    assert desk.mailer.mails[0].subject == cards.text("risk.notice.subject", "de")


# -- sending -----------------------------------------------------------------------------------------------------


async def test_what_passes_is_waited_for_and_who_heard_hears_no_second_time(desk: Office) -> None:
    await desk.bring("tap")
    desk.mailer.trouble = [Unavailable("asked too often", retry_after=30)]
    with pytest.raises(Unavailable):
        await sends(desk)
    assert await sends(desk) == list(ANN)
    assert await findings(desk) == []


async def test_a_lost_answer_is_sent_again_and_both_links_lock(desk: Office) -> None:
    await desk.bring("tap")
    desk.mailer.lost = 1
    with pytest.raises(AnswerLost):
        await sends(desk)
    assert await sends(desk) == [ANN[0], *ANN]
    one = await notice(desk)
    assert one is not None
    assert all(one.opens(link(desk, n).partition(".")[2], desk.clock.now()) for n in range(3))


@pytest.mark.parametrize("error", [NotGranted("no", code="no_permission"), Missing("no mailbox", code="x")])
async def test_a_mailbox_that_may_not_send_ends_it_and_security_hears_once_an_hour(
    desk: Office, error: DeskError
) -> None:
    for n, kind in enumerate(("tap", "risk")):
        await desk.bring(kind, request_id=f"r{n}")
        desk.mailer.trouble = [error]
        assert await sends(desk, f"r{n}") == []
        one = await notice(desk, f"r{n}")
        assert one is not None
        assert (one.phase, one.failed, one.to) == (Phase.FAILED, 2, ())
    assert len(await findings(desk)) == 1
    assert await heard(desk) == 1
    assert cards.text("finding.unsent", "en", count="1") in desk.messenger.shown(SECURITY)


async def test_one_address_that_is_none_keeps_no_other_from_hearing(desk: Office) -> None:
    await desk.bring("tap")
    desk.mailer.trouble = [GONE]
    assert await sends(desk) == [ANN[1]]
    assert [(e.data["sent"], e.data["failed"]) for e in await told(desk, "notice_failed")] == [("1", "1")]


@pytest.mark.parametrize("wanted", [False, True])
async def test_the_manager_hears_where_the_policy_says_so_and_can_lock_nothing(
    database_url: str, *, wanted: bool
) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = furnished(office(store, clock, own={"tap": {TELL_MANAGER.name: wanted}}, noticed=True))
        desk.directory.managers["ann"] = Manager("mo", "Mo")
        desk.directory.add("mo", mails=("mo@contoso.example", "mo@home.example"))
        await desk.bring("tap")
        assert await sends(desk) == [*ANN, *(["mo@contoso.example"] if wanted else [])]
        if wanted:
            assert PAGE not in desk.mailer.mails[-1].text
            assert cards.text("tap.notice.line", "en", name="Ann") in desk.mailer.mails[-1].text


@pytest.mark.parametrize("who", ["nobody", "disabled", "guest", "herself", "her other account", "unknown"])
async def test_who_is_no_manager_now_hears_nothing(database_url: str, who: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = furnished(office(store, clock, own={"tap": {TELL_MANAGER.name: True}}, noticed=True))
        mine = {"nobody": {}, "unknown": {"ann": Manager("zed", "Zed")}, "herself": {"ann": Manager("ann", "Ann")}}
        desk.directory.managers |= mine.get(who, {"ann": Manager("mo", "Mo")})
        desk.directory.add("mo", mails=("mo@x.example",), enabled=who != "disabled", guest=who == "guest", human="7")
        desk.directory.accounts["ann"] = replace(
            desk.directory.accounts["ann"], human="7" if who == "her other account" else ""
        )
        await desk.bring("tap")
        assert await sends(desk) == list(ANN)
        one = await notice(desk)
        assert one is not None
        assert one.phase is Phase.SENT


# -- security's line ---------------------------------------------------------------------------------------------


async def test_security_reads_a_line_of_each_act_below_one_message_of_the_day(desk: Office) -> None:
    for n, kind in enumerate(("tap", "risk")):
        await desk.bring(kind, request_id=f"r{n}")
        await sends(desk, f"r{n}")
        for _ in range(2):
            await desk.job("notice_line", ActNotice.named(f"r{n}"))
    shown = desk.messenger.shown(SECURITY)
    assert [shown.count(cards.text(f"{kind}.notice.line", "en", name="Ann")) for kind in ("tap", "risk")] == [2, 2]
    assert len({chat for chat, _ in desk.messenger.messages if chat.startswith(SECURITY)}) == 1
    desk.clock.advance(days=1)
    await desk.bring("password", request_id="r9")
    await sends(desk, "r9")
    await desk.job("notice_line", ActNotice.named("r9"))
    assert len({chat for chat, _ in desk.messenger.messages if chat.startswith(SECURITY)}) == 2


@pytest.mark.parametrize("lines", [False, True])
async def test_a_tenant_may_leave_the_lines_out(desk: Office, database_url: str, *, lines: bool) -> None:
    await desk.bring("tap")
    await replace(desk.notices, lines=lines).tell(Job("notice", ActNotice.named("r1")))
    assert await queued(database_url, "notice_line") == lines


# -- the link ----------------------------------------------------------------------------------------------------


async def test_looking_changes_nothing_and_one_press_locks(desk: Office, database_url: str) -> None:
    await desk.bring("tap")
    await sends(desk)
    async with Served(application(desk)) as server, ClientSession() as session:
        await scanned(desk, database_url, server, session)
        address = server.make_url(f"/desk/report?t={link(desk)}")
        shown = await session.get(address)
        form = {"t": link(desk), "check": shown.cookies[CHECK].value}
        kept = {"Cookie": f"{CHECK}={form['check']}"}
        assert (await session.post(address.with_query({}), data=form, headers=kept)).status == 200
        again = await session.post(address.with_query({}), data=form, headers=kept)
        made_up = await session.post(address.with_query({}), data=form | {"t": "r1." + "x" * 43}, headers=kept)
        assert (again.status, await again.text()) == (made_up.status, await made_up.text())
    request = await desk.load("r1")
    assert request.reported
    await desk.job("revoke")
    assert desk.directory.live == {}
    assert "revoke ann" in desk.directory.writes
    await desk.job("cards")
    assert cards.text("alert.title", "en", name="Ann") in desk.messenger.shown(SECURITY)
    assert [e.data["by"] for e in await told(desk, "reported")] == ["ann"]
    assert len(await told(desk, "notice_disowned")) == 1


async def scanned(desk: Office, url: str, server: BaseTestServer, session: ClientSession) -> None:
    """Look at the page as programs do that open what is in a mail, and press without having looked."""
    before = (await desk.load("r1"), await at_rest(url, but=("procrastinate_events",)))
    address = server.make_url(f"/desk/report?t={link(desk)}")
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        answer = await session.request(method, address, headers={"Accept-Language": "de"})
        text = await answer.text()
        assert not any(word in text for word in ("Ann", "ann@", "pass", "TAP"))
    for check in ("", "made-up-check-of-theirs"):
        pressed = await session.post(address.with_query({}), data={"t": link(desk), "check": check})
        assert pressed.status == 403
    assert (await desk.load("r1"), await at_rest(url, but=("procrastinate_events",))) == before


@pytest.mark.parametrize("kind", NOTICED)
async def test_a_link_does_what_the_persons_own_button_does(desk: Office, kind: str) -> None:
    await desk.bring(kind)
    await sends(desk)
    assert await desk.notices.disowned(link(desk, 1))
    request = await desk.load("r1")
    assert (request.status, request.reported, request.frozen_at) == (Status.REVOKING, True, desk.clock.now())
    assert not await desk.notices.disowned(link(desk, 1))
    assert not await desk.notices.disowned(link(desk, 0))  # of one act, one link locks once


async def test_many_presses_at_once_lock_once(desk: Office) -> None:
    await desk.bring("tap")
    await sends(desk)
    pressed = await asyncio.gather(*(desk.notices.disowned(link(desk, n % 2)) for n in range(6)))
    assert pressed.count(True) == 1
    assert len(await told(desk, "reported")) == 1


async def test_a_link_locks_for_a_week_and_takes_nothing_back_after_a_day(desk: Office) -> None:
    await desk.bring("password")
    await sends(desk)
    desk.clock.advance(seconds=REPORTED_WITHIN.total_seconds())
    before = list(desk.directory.writes)
    assert await desk.notices.disowned(link(desk))
    async with desk.store.unit() as unit:
        (alarm,) = await unit.locked(TENANT)
    assert KINDS[alarm.kind].alarm
    assert (alarm.subject.id, alarm.reported) == ("ann", True)
    assert not (await desk.load("r1")).reported
    assert desk.directory.writes == before
    assert not await desk.notices.disowned(link(desk))


async def test_an_old_link_a_used_one_and_one_nobody_made_are_the_same_to_whoever_has_it(desk: Office) -> None:
    await desk.bring("tap")
    await sends(desk)
    old = link(desk)
    desk.clock.advance(seconds=LIFE.total_seconds())
    for told_ in (old, "r1." + "x" * 43, "r2." + "x" * 43, "", ".", "no such thing"):
        assert not await desk.notices.disowned(told_)
    assert not (await desk.load("r1")).reported
    async with desk.store.unit() as unit:
        assert list(await unit.locked(TENANT)) == []


async def test_who_tries_links_by_the_score_is_heard_of(desk: Office) -> None:
    for n in range(20):
        assert not await desk.notices.disowned(f"r{n}." + "x" * 43)
    assert [e.data["sort"] for e in await told(desk, "found")] == ["stranger"]


async def test_after_their_own_button_the_link_has_nothing_left_to_do(desk: Office) -> None:
    await desk.bring("tap")
    await sends(desk)
    request = await desk.load("r1")
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", request.version)))
    assert not await desk.notices.disowned(link(desk))
