"""Law 12: an alarm freezes. Nothing that changes a credential happens to that person until somebody entitled lifts it;
what was on its way is stopped, what was under way is taken back, and locking passes the walls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.core.actions import Begin, Deny, Lift, Ref, Replace, Report
from bot.core.answers import Answer, Refused, RequestCard, SecretShown
from bot.core.decide import Refuse, decide
from bot.core.errors import Unavailable
from bot.core.events import Lifted
from bot.core.facts import Moment
from bot.core.model import Actor, Chat, Request, Status
from bot.core.ports import Urgency
from bot.core.reasons import Reason
from bot.desk.alarms import SETTLED
from bot.desk.ledger import happened
from bot.kinds import KINDS
from bot.process.service import FOREVER
from tests.entra import TENANT, FakeClock
from tests.fakes import Office, at_home, in_channel, office, person, private
from tests.laws.seen import why
from tests.stores import patient

CREDENTIALS = sorted(name for name, kind in KINDS.items() if not kind.harmless)
LOCKS = sorted(name for name, kind in KINDS.items() if kind.locks)


async def alarm(desk: Office, name: str = "ann") -> Request:
    """Somebody is in my account."""
    await desk.desk.installed(person(name), private(name))
    answer = await desk.desk.handle(at_home(name), Begin("compromised"))
    assert isinstance(answer, RequestCard), answer
    return answer.request


async def lock(desk: Office, alarm_id: str) -> None:
    """Do what follows an alarm, as the worker does: it comes again."""
    with suppress(Unavailable):
        await desk.job("lock", alarm_id)


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
    under_way, go_on = asyncio.Event(), asyncio.Event()
    issue = desk.directory.issue_pass

    async def slow(*args: object, **kwargs: object) -> object:
        made = await issue(*args, **kwargs)  # type: ignore[arg-type]  # as given
        under_way.set()
        await go_on.wait()
        return made

    desk.directory.issue_pass = slow  # type: ignore[method-assign,assignment]  # the wire is slow
    showing = asyncio.create_task(desk.show())
    await under_way.wait()
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


async def test_the_lock_comes_again_until_nothing_can_be_under_way(desk: Office) -> None:
    first = await alarm(desk)
    with pytest.raises(Unavailable) as wait:
        await desk.job("lock", first.id)
    assert wait.value.retry_after == pytest.approx(SETTLED.total_seconds())
    desk.clock.advance(seconds=SETTLED.total_seconds())
    await desk.job("lock", first.id)
    assert {"lock", "alert", "revoke"} <= FOREVER


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


async def test_lifted_it_goes_on(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    await desk.ledger.change(first.id, happened(Lifted(person("ben"), "she rang back")))
    assert isinstance(await desk.ask(), RequestCard)
    assert (await desk.load("r1")).status is Status.STEP_UP
    assert "lifted" in await desk.deeds()


async def test_each_alarm_has_to_be_lifted(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    await alarm(desk)
    await desk.ledger.change(first.id, happened(Lifted(person("ben"), "")))
    assert why(await desk.ask()) == Reason.FROZEN


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


# Lifting: by somebody entitled, with a sign-in, on record.

SECURITY = "19:security@thread.tacv2"


def in_security(name: str) -> Actor:
    return Actor(person(name), Chat(TENANT, SECURITY, "https://connector.example/", personal=False))


def in_another_channel(name: str) -> Actor:
    return Actor(person(name), Chat(TENANT, "19:else@thread.tacv2", "https://connector.example/", personal=False))


async def press_lift(desk: Office, alarm_id: str, name: str = "ben", why: str = "She rang back") -> Answer:
    await desk.desk.installed(person(name), private(name))
    version = (await desk.load(alarm_id)).version
    return await desk.desk.handle(in_security(name), Lift(Ref(alarm_id, version), why))


async def test_an_approver_lifts_it_with_a_sign_in_and_it_is_on_record(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    await desk.job("cards", first.id)
    assert '"lift"' in desk.messenger.shown("19:security")
    await press_lift(desk, first.id)
    assert why(await desk.ask(request_id="too-soon")) == Reason.FROZEN  # a press alone lifts nothing
    await desk.job("cards", first.id)
    assert "Lift the lock of Ann" in desk.messenger.shown("a:ben")
    await desk.sign_in("ben", first.id)
    assert isinstance(await desk.ask(), RequestCard)
    await desk.job("cards", first.id)
    assert "Ben lifted the lock" in desk.messenger.shown("19:security")
    assert '"lift"' not in desk.messenger.shown("19:security")
    assert "you can ask me for things again" in desk.messenger.shown("a:ann")
    lifted = [e async for e in desk.store.audit_entries(TENANT) if e.deed in {"lift_intended", "lifted"}]
    assert [(e.deed, e.data["by"], e.data.get("reason"), e.data.get("strength")) for e in lifted] == [
        ("lift_intended", "ben", None, None),
        ("lifted", "ben", "She rang back", "c1"),
    ]


@pytest.mark.parametrize(
    ("who", "where", "said", "reason"),
    [
        ("kim", in_security, "I know her", Reason.NOT_APPROVER),
        ("ann", at_home, "It is me", Reason.OWN_LOCK),
        ("ben", at_home, "  ", Reason.LIFT_REASON),
        ("ben", in_another_channel, "She rang back", Reason.LIFT_ELSEWHERE),
    ],
)
async def test_nobody_else_lifts_it(
    desk: Office, who: str, where: Callable[[str], Actor], said: str, reason: str
) -> None:
    first = await alarm(desk)
    await desk.desk.installed(person(who), private(who))
    answer = await desk.desk.handle(where(who), Lift(Ref(first.id, first.version), said))
    assert why(answer) == reason
    assert (await desk.load(first.id)).frozen_at is not None


async def test_who_is_no_approver_by_the_sign_in_lifts_nothing(desk: Office) -> None:
    first = await alarm(desk)
    await press_lift(desk, first.id)
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await desk.sign_in("ben", first.id)) == Reason.NOT_APPROVER
    assert (await desk.load(first.id)).frozen_at is not None


async def test_one_lift_ends_every_alarm_that_was_there_and_none_that_came_later(desk: Office) -> None:
    first = await alarm(desk)
    await desk.job("act", first.id)
    second = await alarm(desk)
    await desk.job("act", second.id)
    desk.clock.advance(seconds=1)
    await press_lift(desk, first.id)
    desk.clock.advance(seconds=1)
    third = await alarm(desk)
    await desk.sign_in("ben", first.id)
    assert [(await desk.load(one.id)).frozen_at is None for one in (first, second, third)] == [True, True, False]
    assert why(await desk.ask()) == Reason.FROZEN


async def test_a_lift_ends_no_lock_that_its_approver_could_not_lift_by_itself(database_url: str) -> None:
    """Who approves passes need not be one who may lift an alarm about the whole account."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"compromised": {"approvers_group": "wardens"}})
        await desk.ask()
        await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
        second = await alarm(desk)
        clock.advance(seconds=1)
        assert why(await press_lift(desk, second.id)) == Reason.NOT_APPROVER
        await press_lift(desk, "r1")
        await desk.sign_in("ben", "r1")
        assert (await desk.load("r1")).frozen_at is None
        assert (await desk.load(second.id)).frozen_at is not None
        assert why(await desk.ask(request_id="r2", kind="methods")) == Reason.FROZEN


async def test_a_sign_in_that_lifted_serves_nothing_else(desk: Office) -> None:
    first = await alarm(desk)
    await desk.ask("kim", "kims")
    await desk.sign_in("kim", "kims")
    await press_lift(desk, first.id)
    desk.entra.kept = desk.clock.now()
    await desk.sign_in("ben", first.id)
    with pytest.raises(AssertionError, match=Reason.USED_SIGN_IN):
        await desk.approve(request_id="kims")


async def test_lifted_twice_is_lifted_once(desk: Office) -> None:
    first = await alarm(desk)
    await press_lift(desk, first.id)
    await desk.sign_in("ben", first.id)
    assert why(await press_lift(desk, first.id)) == Reason.CLOSED


# Taking back: only what the desk did, only while it is still what it did, and for a day.


async def test_not_me_half_a_year_later_takes_nothing_back(desk: Office) -> None:
    done = await desk.bring("password")
    await desk.job("cards")
    assert '"report"' in desk.messenger.shown("a:ann")
    desk.clock.advance(days=1)
    await desk.job("due")
    await desk.job("cards")
    assert '"report"' not in desk.messenger.shown("a:ann")
    writes = list(desk.directory.writes)
    late = await desk.desk.handle(at_home("ann"), Report(Ref("r1", done.version)))
    assert why(late) == Reason.TOO_LATE
    assert desk.directory.writes == writes
    assert not isinstance(await desk.ask(request_id="r2", kind="methods"), Refused)


async def test_a_password_chosen_since_stays(desk: Office) -> None:
    done = await desk.bring("password")
    desk.clock.advance(hours=2)
    desk.directory.change_password("ann")
    writes = list(desk.directory.writes)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load(done.id)).version)))
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert desk.directory.writes[len(writes) :] == ["revoke ann"]


async def test_a_password_that_is_still_the_desks_is_made_useless(desk: Office) -> None:
    done = await desk.bring("password")
    desk.clock.advance(hours=2)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load(done.id)).version)))
    await desk.job("revoke")
    assert [w for w in desk.directory.writes if w.startswith("password")] == ["password ann False", "password ann True"]
