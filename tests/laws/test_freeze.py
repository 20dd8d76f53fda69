"""Law 12: an alarm freezes. Nothing that changes a credential happens to that person until somebody entitled lifts it;
what was on its way is stopped, what was under way is taken back, and locking passes the walls."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from bot.core.actions import Deny, Ref, Replace, Report, RevokeIt
from bot.core.answers import Refused, RequestCard, SecretShown
from bot.core.decide import Refuse, decide
from bot.core.errors import Unavailable
from bot.core.events import Lifted
from bot.core.facts import Moment
from bot.core.model import Status
from bot.core.ports import Urgency
from bot.core.reasons import Reason
from bot.desk.alarms import SETTLED
from bot.desk.ledger import happened
from bot.kinds import KINDS
from bot.process.service import FOREVER
from tests.fakes import Office, at_home, in_channel, person, private
from tests.laws.raised import alarm, lock, under_way
from tests.laws.seen import why

CREDENTIALS = sorted(name for name, kind in KINDS.items() if not kind.harmless)
LOCKS = sorted(name for name, kind in KINDS.items() if kind.locks)


@pytest.mark.parametrize("kind", CREDENTIALS)
async def test_after_an_alarm_nothing_is_given_out(desk: Office, kind: str) -> None:
    await alarm(desk)
    refused = await desk.ask(request_id="after", kind=kind)
    assert why(refused) == Reason.FROZEN
    home = await desk.desk.reception.home(person("ann"))
    assert {o.kind: o.refusal.reason for o in home.offers if o.refusal is not None} == dict.fromkeys(
        CREDENTIALS, Reason.FROZEN
    )


@pytest.mark.parametrize("kind", LOCKS)
async def test_what_locks_goes_on(desk: Office, kind: str) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    assert not isinstance(await desk.ask(request_id="again", kind=kind), Refused)
    assert (await desk.act("again")).status is Status.DONE  # and none of it is taken back


async def test_the_others_are_served(desk: Office) -> None:
    await alarm(desk, "kim")
    assert isinstance(await desk.ask(), RequestCard)


@pytest.mark.parametrize("kind", CREDENTIALS)
async def test_what_was_ready_is_stopped_and_cannot_be_shown(desk: Office, kind: str) -> None:
    await desk.ask(kind=kind)
    request = await desk.prove_all()
    assert request.status in {Status.READY, Status.DONE}
    first = await alarm(desk)
    writes = list(desk.directory.writes)
    answer = await desk.show()  # before any job ran
    assert not isinstance(answer, SecretShown)
    assert desk.directory.writes == writes
    await lock(desk, first.id)
    assert (await desk.load("r1")).status in {Status.WITHDRAWN, Status.REFUSED, Status.DONE}


async def test_an_approval_after_an_alarm_brings_nothing(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    await alarm(desk)
    await desk.approve()
    assert (await desk.load("r1")).status is Status.REFUSED


async def test_a_lost_pass_cannot_be_replaced(desk: Office) -> None:
    await desk.ready()
    desk.directory.lose_answers = True
    await desk.show()
    desk.directory.lose_answers = False
    await desk.job("look")
    lost = await desk.load("r1")
    assert lost.status is Status.UNKNOWN
    first = await alarm(desk)
    answer = await desk.desk.handle(at_home("ann"), Replace(Ref("r1", lost.version)))
    assert not isinstance(answer, SecretShown)
    await lock(desk, first.id)
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert "ann" not in desk.directory.live


async def test_a_live_pass_is_taken_back(desk: Office) -> None:
    await desk.ready()
    await desk.show()
    first = await alarm(desk)
    await lock(desk, first.id)
    assert (await desk.load("r1")).status is Status.REVOKING
    await desk.job("revoke")
    assert "ann" not in desk.directory.live
    await desk.job("cards")
    assert "Stopped by an alarm" in desk.messenger.shown("a:ann")


@pytest.mark.parametrize("sooner", ["the answer", "the lock"])
async def test_what_is_under_way_is_taken_back_and_never_shown(desk: Office, sooner: str) -> None:
    """The act is claimed and on the wire when the alarm comes; its answer comes later."""
    await desk.ready()
    showing, go_on = await under_way(desk)
    first = await alarm(desk)
    if sooner == "the lock":
        await lock(desk, first.id)
    go_on.set()
    answer = await showing
    assert not isinstance(answer, SecretShown), answer
    assert (await desk.load("r1")).status in {Status.REVOKING, Status.REVOKED}
    await desk.job("revoke")
    assert "ann" not in desk.directory.live


async def test_what_an_answer_lost_left_behind_is_taken_back_when_found(desk: Office) -> None:
    await desk.ask(kind="password")
    cookie = await desk.open_page()
    desk.directory.lose_answers = True
    await desk.enter(cookie)
    desk.directory.lose_answers = False
    await alarm(desk)
    await desk.job("look")
    assert (await desk.load("r1")).status is Status.REVOKING


async def test_an_act_that_answers_after_the_lift_is_taken_back_all_the_same(desk: Office) -> None:
    """It was on the wire at the alarm: whoever was in the account had asked for it."""
    await desk.ready()
    showing, go_on = await under_way(desk)
    first = await alarm(desk)
    await desk.lift(first.id)
    go_on.set()
    assert not isinstance(await showing, SecretShown)
    assert (await desk.load("r1")).status in {Status.REVOKING, Status.REVOKED}
    await desk.job("revoke")
    assert "ann" not in desk.directory.live


async def test_the_last_look_is_taken_however_soon_the_lock_is_lifted(desk: Office) -> None:
    """The lock's job comes late, or for the second time, and finds it lifted: what it is there for is there still."""
    await desk.ready()
    await desk.show()
    await desk.ask(request_id="waits", kind="methods")
    first = await alarm(desk)
    await desk.lift(first.id)
    with pytest.raises(Unavailable) as wait:
        await desk.job("lock", first.id)
    assert wait.value.retry_after == pytest.approx(SETTLED.total_seconds())
    assert (await desk.load("r1")).status is Status.REVOKING
    assert (await desk.load("waits")).status is Status.WITHDRAWN
    desk.clock.advance(seconds=SETTLED.total_seconds())
    await desk.job("lock", first.id)


async def test_what_waited_at_the_alarm_does_not_go_on_when_it_is_lifted(desk: Office) -> None:
    """Even where the lock's job has not come yet."""
    await desk.ready()
    await desk.ask(request_id="waits", kind="methods")
    desk.clock.advance(seconds=1)
    first = await alarm(desk)
    desk.clock.advance(seconds=1)
    await desk.lift(first.id)
    assert why(await desk.show()) == Reason.FROZEN
    await desk.sign_in(request_id="waits")
    assert (await desk.load("waits")).status is Status.REFUSED
    assert "ann" not in desk.directory.live


async def test_what_is_asked_after_the_lift_is_nothing_the_last_look_takes(desk: Office) -> None:
    first = await alarm(desk)
    with suppress(Unavailable):
        await desk.job("lock", first.id)
    await desk.lift(first.id)
    desk.clock.advance(seconds=1)
    await desk.ready()
    await desk.show()
    desk.clock.advance(seconds=SETTLED.total_seconds())
    await desk.job("lock", first.id)
    assert (await desk.load("r1")).status is Status.DONE
    assert "ann" in desk.directory.live


async def test_the_lock_comes_again_until_nothing_can_be_under_way(desk: Office) -> None:
    first = await alarm(desk)
    with pytest.raises(Unavailable) as wait:
        await desk.job("lock", first.id)
    assert wait.value.retry_after == pytest.approx(SETTLED.total_seconds())
    desk.clock.advance(seconds=SETTLED.total_seconds())
    await desk.job("lock", first.id)
    assert {"lock", "alert", "revoke"} <= FOREVER


async def test_an_alarm_hurries_what_is_being_taken_back_and_looking_again_does_not(desk: Office) -> None:
    """Taking a pass back was to be tried in ten minutes, and an alarm about the account left it at that."""
    await desk.ready()
    await desk.show()
    made = await desk.load("r1")
    await desk.desk.handle(at_home("ann"), RevokeIt(Ref("r1", made.version)))
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:

        async def waiting() -> int:
            asked = "SELECT FROM procrastinate_jobs WHERE queue_name = 'revoke' AND scheduled_at > now()"
            return (await connection.execute(asked)).rowcount

        later = "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour', queueing_lock = NULL"
        await connection.execute(f"{later} WHERE queue_name = 'revoke'")  # it was fetched, and told to wait
        await connection.commit()
        desk.clock.advance(minutes=1)
        await desk.job("due")
        assert await waiting() == 1
        first = await alarm(desk)
        await lock(desk, first.id)
        assert await waiting() == 0
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED


async def test_the_lock_is_a_job_in_the_transaction_of_the_alarm(desk: Office) -> None:
    """A process that dies right behind the alarm leaves nothing open."""
    first = await alarm(desk)
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        rows = await connection.execute(
            "SELECT priority FROM procrastinate_jobs WHERE args ->> 'name' = 'lock' AND args ->> 'request' = %s",
            (first.id,),
        )
        assert [row["priority"] for row in await rows.fetchall()] == [Urgency.ALARM]


async def test_not_me_freezes_too(desk: Office) -> None:
    await desk.ask()
    asked = await desk.load("r1")
    await desk.ask(kind="password", request_id="p")
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", asked.version)))
    await lock(desk, "r1")
    assert (await desk.load("p")).status is Status.WITHDRAWN
    assert why(await desk.ask(request_id="r2", kind="methods")) == Reason.FROZEN


async def test_unknown_whether_frozen_is_a_no(desk: Office) -> None:
    facts = desk.desk.reception.inquiry
    await desk.ask()
    request = await desk.load("r1")
    known = await facts.about(request, Moment.WAY)
    decision = decide(facts.policies["tap"], replace(known, frozen_at=None), request, Moment.WAY, desk.clock.now())
    assert isinstance(decision, Refuse)
    assert decision.refusal.reason == Reason.UNKNOWN


async def test_security_is_told_that_the_desk_is_locked(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("cards", first.id)
    assert "gives out nothing for this account" in desk.messenger.shown("19:security")
    await desk.ledger.change(first.id, happened(Lifted(person("ben"), "")))
    await desk.job("cards", first.id)
    assert "Ben lifted the lock" in desk.messenger.shown("19:security")


async def test_an_approvers_no_for_an_intruder_freezes(desk: Office) -> None:
    await desk.ask(kind="risk")
    await desk.sign_in()
    request = await desk.load("r1")
    await desk.desk.installed(person("ben"), private("ben"))
    await desk.desk.handle(in_channel("ben"), Deny(Ref("r1", request.version), "She is on holiday", "compromised"))
    if (await desk.load("r1")).status is not Status.DENIED:  # it takes a sign-in
        await desk.sign_in("ben")
    assert (await desk.load("r1")).status is Status.DENIED
    assert why(await desk.ask(request_id="r2")) == Reason.FROZEN
