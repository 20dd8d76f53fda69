"""Locked for somebody else: by whoever may, signed in for, at once, told to whom it is; and by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import Ref, Report, ReturnCode, Withdraw
from bot.core.answers import Answer, Done, Said
from bot.core.behalf import unsigned
from bot.core.decide import Go, decide
from bot.core.directory import Manager, Standing
from bot.core.errors import AnswerLost, Unavailable
from bot.core.facts import Facts, Moment
from bot.core.interventions import BY_AGENT, Intervention, LockStand, wanted
from bot.core.lockcards import LockDoor, LockForm
from bot.core.locking import BeginLock, ChooseLock, FindLock, SendLock, ShowLocking
from bot.core.model import Actor, EvidenceType, Mode, Refusal, Request, Status
from bot.core.options import TELL_MANAGER
from bot.core.ports import Purpose
from bot.core.reasons import Reason
from tests.core.samples import NOW
from tests.fakes import (
    EMPLOYEES,
    HELPDESK,
    POLICY,
    SECURITY,
    FakeClock,
    Office,
    at_home,
    in_channel,
    office,
    person,
    private,
)
from tests.laws.raised import lock as freeze
from tests.laws.seen import why
from tests.laws.test_record import told
from tests.laws.test_threat import in_security, rise
from tests.stores import patient

WHY = "Her phone rings with prompts she did not start"
ALARM, SESSIONS = "compromised", "sessions"


@pytest.fixture
async def trying(database_url: str) -> AsyncIterator[Office]:
    """An office that only tries, and would tell managers."""
    clock, tells = FakeClock(), {TELL_MANAGER.name: True}
    async with patient(database_url, clock) as store:
        yield office(store, clock, mode=Mode.EVALUATE, own={ALARM: tells, SESSIONS: tells})


async def sends(
    desk: Office,
    about: str = "ann",
    kind: str = ALARM,
    *,
    by: str = "ben",
    form: str = "f1",
    actor: Actor | None = None,
) -> Answer:
    await desk.desk.installed(person(by), private(by))
    return await desk.desk.handle(actor or at_home(by), SendLock(form, about, kind, WHY))


async def signs(desk: Office, form: str = "f1", by: str = "ben") -> Answer:
    desk.clock.advance(seconds=1)  # another sign-in than the one before
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Intervention.named(form), by, Purpose.LOCK)
    assert sign_in is not None
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str), code
    return await desk.desk.handle(at_home(by), ReturnCode(code))


async def intervention(desk: Office, form: str = "f1") -> Intervention:
    async with desk.store.unit() as unit:
        found = await unit.matter(Intervention, Intervention.named(form))
    assert found is not None
    return found


async def opened(desk: Office, form: str = "f1") -> Request:
    return await desk.load((await intervention(desk, form)).request)


async def locks(desk: Office, about: str = "ann", kind: str = ALARM, *, by: str = "ben", form: str = "f1") -> Request:
    """Press, sign in, and let it be carried out, as the worker does."""
    assert isinstance(await sends(desk, about, kind, by=by, form=form), Said)
    assert isinstance(await signs(desk, form, by), Done)
    request = await opened(desk, form)
    await desk.job("act", request.id)
    return await desk.load(request.id)


async def requests(desk: Office, about: str = "ann") -> list[Request]:
    async with desk.store.unit() as unit:
        return list(await unit.latest(person(about).tenant, about, 20))


# -- the way it should go --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ALARM, SESSIONS])
@pytest.mark.parametrize("by", ["ben", "sofia"])
async def test_it_is_the_colleagues_request_and_done_at_once(desk: Office, kind: str, by: str) -> None:
    await desk.desk.installed(person("ann"), private("ann"))
    request = await locks(desk, kind=kind, by=by)
    assert request.status is Status.DONE
    assert (request.requester.id, request.subject.id) == ("ann", "ann")
    assert request.opened_by is not None
    assert request.opened_by.id == by
    assert desk.directory.writes == ["revoke ann"]
    await desk.job("cards", request.id)
    hers = desk.messenger.shown(private("ann").id)
    assert person(by).name in hers
    assert WHY in hers
    assert "contact the helpdesk" in hers
    theirs = desk.messenger.shown(private(by).id)
    assert "It is done." in theirs
    (entry,) = await told(desk, "asked")
    assert (entry.data["opened_by"], entry.data["intervention"]) == (by, Intervention.named("f1"))


async def test_an_alarm_for_somebody_freezes_their_account_and_security_reads_whose_it_was(desk: Office) -> None:
    request = await locks(desk)
    assert request.frozen_at is not None
    await desk.job("cards", request.id)
    await desk.job("intervention", Intervention.named("f1"))
    posts = [body for body in desk.messenger.bodies if "somebody is in the account of Ann" in body]
    card = desk.messenger.shown("19:security")
    assert "Ben says: somebody is in the account of Ann" in card
    assert WHY in card
    assert "Ann says" not in card
    assert len(posts) == 1
    assert why(await desk.ask(kind="tap")) == Reason.FROZEN


async def test_what_only_ends_sessions_is_one_line_for_security(desk: Office) -> None:
    request = await locks(desk, kind=SESSIONS)
    for _ in range(2):
        await desk.job("intervention", Intervention.named("f1"))
        await desk.job("cards", request.id)
    lines = [body for (chat, _), body in desk.messenger.messages.items() if chat.startswith("19:security")]
    assert len(lines) == 1
    assert "Ben has Ann signed out everywhere" in str(lines[0])
    assert "rights of an administrator" not in str(lines[0])


@pytest.mark.parametrize("about", ["cleo", "sofia"])
async def test_who_decides_about_others_or_has_rights_is_locked_too_and_security_hears_it_loudly(
    desk: Office, about: str
) -> None:
    if about == "sofia":
        desk.directory.privileged["sofia"] = Standing(("Global Administrator",), ())
    request = await locks(desk, about)
    assert request.status is Status.DONE
    assert (await intervention(desk)).grave
    await desk.job("intervention", Intervention.named("f1"))
    assert "rights of an administrator" in desk.messenger.shown("19:security")


@pytest.mark.parametrize("what", ["standing", "acquainted"])
async def test_of_whom_it_is_not_known_security_hears_it_as_loudly(desk: Office, what: str) -> None:
    await sends(desk, kind=SESSIONS)
    real, ann = getattr(desk.directory, what), []

    async def away(who: str, *more: Any, **how: Any) -> object:
        if who == "ann":
            ann.append(who)
            raise Unavailable("away")
        return await real(who, *more, **how)

    setattr(desk.directory, what, away)
    assert isinstance(await signs(desk), Done)
    assert ann
    assert (await intervention(desk)).grave
    await desk.job("intervention", Intervention.named("f1"))
    assert "rights of an administrator" in desk.messenger.shown("19:security")


async def test_nobody_has_to_be_known_to_the_desk_or_allowed_to_ask_to_be_locked(desk: Office) -> None:
    """Mo may ask for nothing here, and his account is switched off."""
    desk.directory.accounts["mo"] = replace(desk.directory.accounts["mo"], enabled=False)
    assert (await locks(desk, "mo", SESSIONS)).status is Status.DONE


async def test_what_the_policy_asks_of_people_for_themselves_stops_no_lock_for_them(desk: Office) -> None:
    stricter = desk.ledger.policies[SESSIONS].changed({"step_up": "c1", "approvals": 2})
    desk.desk.reception.inquiry.policies[SESSIONS] = desk.ledger.policies[SESSIONS] = stricter  # type: ignore[index]  # a dict in tests
    assert (await locks(desk, kind=SESSIONS)).status is Status.DONE


async def test_a_colleague_without_the_app_is_locked_and_the_agent_told_to_call(desk: Office) -> None:
    desk.messenger.strangers.add("ann")
    request = await locks(desk)
    assert request.status is Status.DONE
    await desk.job("intervention", Intervention.named("f1"))
    assert "I cannot write to Ann" in desk.messenger.shown(private("ben").id)


async def test_a_colleague_who_never_met_the_bot_is_written_to(desk: Office) -> None:
    request = await locks(desk)
    await desk.job("intervention", Intervention.named("f1"))
    await desk.job("cards", request.id)
    assert WHY in desk.messenger.shown(private("ann").id)


@pytest.mark.parametrize("tells", [True, False])
async def test_a_manager_hears_of_it_once_and_only_where_the_policy_says_so(desk: Office, *, tells: bool) -> None:
    told = desk.ledger.policies[SESSIONS].changed({TELL_MANAGER.name: tells})
    desk.ledger.policies[SESSIONS] = told  # type: ignore[index]  # a dict in tests
    desk.directory.managers["ann"] = Manager("kim", "Kim")
    await locks(desk, kind=SESSIONS)
    for _ in range(2):
        await desk.job("intervention", Intervention.named("f1"))
    read = desk.messenger.shown(private("kim").id)
    assert ("Ben has Ann signed out everywhere" in read) is tells
    assert WHY not in read
    desk.directory.managers["ann"] = Manager("cleo", "Cleo")
    await desk.job("intervention", Intervention.named("f1"))
    assert "as the manager of" not in desk.messenger.shown(private("cleo").id)


@pytest.mark.parametrize("kind", [ALARM, SESSIONS])
async def test_what_is_only_tried_is_told_as_that_and_no_manager_hears_of_it(trying: Office, kind: str) -> None:
    trying.directory.managers["ann"] = Manager("kim", "Kim")
    trying.directory.privileged["ann"] = Standing(("Helpdesk Administrator",), ())
    await trying.desk.installed(person("kim"), private("kim"))
    assert isinstance(await sends(trying, kind=kind), Said)
    await trying.job("intervention", Intervention.named("f1"))
    assert "nothing is really done" in trying.messenger.shown(private("ben").id)
    assert isinstance(await signs(trying), Done)
    await trying.job("act", (await opened(trying)).id)
    await trying.job("intervention", Intervention.named("f1"))
    assert trying.directory.writes == []
    assert "nothing is done to the account of Ann" in trying.messenger.shown(private("ben").id)
    assert "wanted the account of Ann locked" in trying.messenger.shown("19:security")
    assert "locked. This is a trial run" in trying.messenger.shown("19:security")
    assert "as the manager of" not in "".join(trying.messenger.bodies)
    (entry,) = await told(trying, "lock_opened")
    assert entry.data["trial"] == "true"


async def test_what_is_tried_for_their_group_alone_is_told_as_that_once_it_is_known(database_url: str) -> None:
    """Which groups somebody is in is read at the sign-in: before, nobody can say that it is one that only tries."""
    clock = FakeClock()
    own = {ALARM: {"variants": {f"group:{EMPLOYEES}": {"mode": Mode.EVALUATE}}}}
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own=own)
        desk.directory.privileged["ann"] = Standing(("Helpdesk Administrator",), ())
        request = await locks(desk)
        assert (await intervention(desk)).trial
        await desk.job("intervention", Intervention.named("f1"))
        assert (request.mode, desk.directory.writes) == (Mode.EVALUATE, [])
        assert "nothing is done to the account of Ann" in desk.messenger.shown(private("ben").id)
        assert "locked. This is a trial run" in desk.messenger.shown("19:security")


@pytest.mark.parametrize(
    ("manager", "what"),
    [("ben", {}), ("kim", {"guest": True}), ("kim", {"enabled": False}), ("kim", {"human": "7"})],
    ids=["ben", "guest", "disabled", "bens other account"],
)
async def test_no_manager_is_told_who_locked_it_or_is_none_of_ours(
    desk: Office, manager: str, what: dict[str, Any]
) -> None:
    told = desk.ledger.policies[SESSIONS].changed({TELL_MANAGER.name: True})
    desk.ledger.policies[SESSIONS] = told  # type: ignore[index]  # a dict in tests
    desk.directory.managers["ann"] = Manager(manager, manager.title())
    desk.directory.add("kim", **what)
    desk.directory.accounts["ben"] = replace(desk.directory.accounts["ben"], human="7")
    await locks(desk, kind=SESSIONS)
    await desk.job("intervention", Intervention.named("f1"))
    assert "as the manager of" not in "".join(desk.messenger.bodies)


async def test_a_lockdown_stops_no_lock(desk: Office) -> None:
    await rise(desk, "lockdown")
    assert (await locks(desk)).status is Status.DONE


async def test_homonyms_are_both_shown_and_the_form_is_filled_in_for_one(desk: Office) -> None:
    desk.directory.accounts["kim"] = replace(desk.directory.accounts["kim"], name="Ann")
    form = await desk.desk.handle(at_home("ben"), BeginLock())
    assert isinstance(form, LockForm)
    found = await desk.desk.handle(at_home("ben"), FindLock(form.form, "ann", ""))
    assert isinstance(found, LockForm)
    assert {one.id for one in found.found} == {"ann", "kim"}
    chosen = await desk.desk.handle(at_home("ben"), ChooseLock(form.form, "kim"))
    assert isinstance(chosen, LockForm)
    assert chosen.chosen is not None
    assert (chosen.chosen.id, chosen.kinds) == ("kim", (SESSIONS, ALARM))


@pytest.mark.parametrize(
    ("kind", "reason", "faults"),
    [("tap", WHY, ("what",)), ("", "", ("what", "reason")), (ALARM, " ", ("reason",)), (ALARM, "x" * 501, ("reason",))],
)
async def test_what_is_filled_in_is_checked_whoever_sends_it(
    desk: Office, kind: str, reason: str, faults: tuple[str, ...]
) -> None:
    answer = await desk.desk.handle(at_home("ben"), SendLock("f1", "ann", kind, reason))
    assert isinstance(answer, LockForm)
    assert answer.faults == faults


# -- who may, and where ----------------------------------------------------------------------------------------

EVERY = (BeginLock(), FindLock("f1", "ann", ""), ChooseLock("f1", "ann"), SendLock("f1", "ann", ALARM, WHY))


@pytest.mark.parametrize("name", ["ann", "kim", "mo"])
async def test_nobody_else_may_whatever_they_press(desk: Office, name: str) -> None:
    for action in EVERY:
        assert why(await desk.desk.handle(at_home(name), action)) == Reason.NOT_LOCKER
    assert isinstance(await desk.desk.handle(at_home(name), ShowLocking()), Said)
    assert isinstance(await desk.desk.handle(at_home("ben"), ShowLocking()), LockDoor)
    assert isinstance(await desk.desk.handle(at_home("sofia"), ShowLocking()), LockDoor)


@pytest.mark.parametrize("name", ["ben", "sofia"])
@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"guest": True}, Reason.NOT_LOCKER),
        ({"enabled": False}, Reason.NOT_LOCKER),
        ({"restricted": True}, Reason.APPROVER_IN_DOUBT),
    ],
)
async def test_who_may_is_walled_like_an_approver(
    desk: Office, name: str, what: Mapping[str, Any], reason: Reason
) -> None:
    desk.directory.accounts[name] = replace(desk.directory.accounts[name], **what)
    assert why(await sends(desk, by=name)) == reason


async def test_who_signs_in_by_what_nobody_guards_for_them_locks_nothing(desk: Office) -> None:
    desk.directory.guarded["ben"] = frozenset()
    assert why(await sends(desk)) == Reason.STEP_UP_UNGUARDED


async def test_agents_may_in_their_channel_security_in_theirs_and_both_in_private(desk: Office) -> None:
    assert isinstance(await sends(desk, actor=in_channel("ben")), Said)
    assert isinstance(await sends(desk, by="sofia", form="f2", actor=in_security("sofia")), Said)
    assert why(await sends(desk, form="f3", actor=in_security("ben"))) == Reason.NOT_LOCKER
    assert why(await sends(desk, by="sofia", form="f4", actor=in_channel("sofia"))) == Reason.NOT_LOCKER
    elsewhere = replace(in_channel("ben"), chat=replace(in_channel("ben").chat, id="19:lunch@thread.tacv2"))
    assert why(await sends(desk, form="f5", actor=elsewhere)) == Reason.LOCK_ELSEWHERE


async def test_the_deny_list_is_refused_in_the_words_of_any_wall_and_security_hears(desk: Office) -> None:
    desk.directory.accounts["kim"] = replace(desk.directory.accounts["kim"], guest=True)
    answers = [await sends(desk, name, form=f"f{n}") for n, name in enumerate(("emma", "kim"))]
    assert answers[0] == answers[1]
    assert why(answers[0]) == Reason.LOCK_WALLED
    assert why(await desk.desk.handle(at_home("ben"), ChooseLock("f9", "emma"))) == Reason.LOCK_WALLED
    (found,) = await told(desk, "found")
    assert (found.data["sort"], found.data["person"]) == ("named_lock", "ben")
    assert desk.directory.writes == []


async def test_nobody_locks_themselves_this_way_by_whichever_account(desk: Office) -> None:
    assert why(await sends(desk, "ben")) == Reason.OWN_ACCOUNT
    for name in ("ben", "kim"):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")
    assert why(await sends(desk, "kim")) == Reason.OWN_ACCOUNT


# -- the sign-in -----------------------------------------------------------------------------------------------


async def test_a_press_alone_locks_nobody(desk: Office) -> None:
    await sends(desk)
    assert await requests(desk) == []
    desk.clock.advance(minutes=5)
    await desk.job("matter", Intervention.named("f1"))
    assert (await intervention(desk)).status is LockStand.LAPSED
    assert desk.directory.writes == []


async def test_a_sign_in_that_comes_too_late_locks_nobody(desk: Office) -> None:
    await sends(desk)
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Intervention.named("f1"), "ben", Purpose.LOCK)
    assert sign_in is not None
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    desk.clock.advance(minutes=5)
    assert isinstance(code, str)
    assert why(await desk.desk.handle(at_home("ben"), ReturnCode(code))) == Reason.SIGN_IN_EXPIRED
    assert await requests(desk) == []


@pytest.mark.parametrize(("by", "group"), [("ben", HELPDESK), ("sofia", SECURITY)])
async def test_who_is_none_of_them_any_more_at_the_sign_in_gets_nothing(desk: Office, by: str, group: str) -> None:
    await sends(desk, by=by)
    desk.directory.members[group].discard(by)
    assert why(await signs(desk, by=by)) == Reason.NOT_LOCKER
    assert await requests(desk) == []
    assert desk.directory.writes == []


async def test_what_is_not_known_about_them_at_the_sign_in_is_a_no_for_now(desk: Office) -> None:
    await sends(desk)
    desk.directory.trouble["groups"] = Unavailable("away")
    assert why(await signs(desk)) == Reason.UNKNOWN
    assert await requests(desk) == []


async def test_a_sign_in_serves_one_lock_and_no_other(desk: Office) -> None:
    request = await locks(desk)
    (given,) = request.evidence_of(EvidenceType.OPENING)
    async with desk.store.unit() as unit:
        assert await unit.used_for(request.tenant, "ben", given.at) == Intervention.named("f1")
    desk.entra.kept = given.at
    await sends(desk, "kim", form="f2")
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Intervention.named("f2"), "ben", Purpose.LOCK)
    assert sign_in is not None
    await desk.step_up.start(sign_in.id, f"{sign_in.id}.browser")
    assert why(await desk.step_up.returned(f"{sign_in.id}.browser", {"code": "x"})) == Reason.USED_SIGN_IN
    assert await requests(desk, "kim") == []


async def test_once_it_has_begun_it_waits_for_nothing_more(desk: Office) -> None:
    await sends(desk)
    await signs(desk)
    desk.directory.members[HELPDESK].discard("ben")
    desk.directory.trouble["account"] = Unavailable("away")
    request = await opened(desk)
    await desk.job("act", request.id)
    assert (await desk.load(request.id)).status is Status.DONE


async def test_without_the_openers_own_sign_in_for_it_the_core_lets_no_lock_through(desk: Office) -> None:
    request, policy = await locks(desk), desk.ledger.policies[ALARM]
    facts, at = Facts(guest=False, locks=True, opener="none"), request.created_at
    assert isinstance(decide(policy, facts, request, Moment.ASK, at), Go)
    (given,) = request.evidence_of(EvidenceType.OPENING)
    for wrong in (
        replace(given, by="ann"),
        replace(given, strength=""),
        replace(given, request="r9"),
        replace(given, type=EvidenceType.STEP_UP),
        replace(given, at=at - timedelta(minutes=20)),
        replace(given, at=at + timedelta(minutes=20)),
    ):
        for moment in (Moment.ASK, Moment.ACT):
            no = unsigned(facts, replace(request, evidence=(wrong,)), moment)
            assert no == Refusal(Reason.EVIDENCE_MISSING), wrong
    assert unsigned(replace(facts, opener=None), request, Moment.ASK) == Refusal(Reason.UNKNOWN)
    own = replace(request, opened_by=request.subject)
    assert unsigned(facts, own, Moment.ACT) == Refusal(Reason.OWN_ACCOUNT)


# -- so many, and no doubles -----------------------------------------------------------------------------------


async def test_an_agent_locks_so_many_within_an_hour_and_is_sent_to_security(desk: Office) -> None:
    for n in range(BY_AGENT):
        desk.directory.add(f"p{n}", EMPLOYEES)
        assert isinstance(await sends(desk, f"p{n}", SESSIONS, form=f"f{n}"), Said)
        assert isinstance(await signs(desk, f"f{n}"), Done)
    assert why(await sends(desk, "kim", form="more")) == Reason.LOCKS_OFTEN
    assert isinstance(await sends(desk, "kim", by="sofia", form="theirs"), Said)
    assert [(await intervention(desk, form)).security for form in ("f0", "theirs")] == [False, True]
    desk.clock.advance(hours=1)
    assert isinstance(await sends(desk, "kim", form="later"), Said)


@pytest.mark.parametrize(("security", "many"), [(False, 10), (True, 60)])
def test_each_has_a_limit_and_what_nobody_signed_in_for_is_none_of_it(many: int, *, security: bool) -> None:
    one = Intervention(
        id="f", by=person("sofia"), about=person("ann"), created_at=NOW, kind=ALARM, reason=WHY, security=security
    )

    def refused(*others: Intervention) -> bool:
        refusal = wanted(one, others).refusal
        assert refusal in (None, Refusal(Reason.LOCKS_OFTEN))
        return refusal is not None

    before = replace(one, status=LockStand.OPENED, created_at=NOW - timedelta(minutes=59, seconds=59))
    old, none = replace(before, created_at=NOW - timedelta(hours=1)), replace(before, status=LockStand.DECLINED)
    assert refused(*[before] * many)
    assert not refused(*[before] * (many - 1), *[old] * many, *[none] * many)


async def test_one_press_at_a_time_waits_for_its_sign_in(desk: Office) -> None:
    await sends(desk)
    await sends(desk, "kim", form="f2")
    assert (await intervention(desk)).status is LockStand.REPLACED
    async with desk.store.unit() as unit:
        assert await unit.sign_in_for(Intervention.named("f1"), "ben", Purpose.LOCK) is None
    assert isinstance(await signs(desk, "f2"), Done)
    assert await requests(desk) == []


async def test_an_old_form_sent_again_takes_nothings_place(desk: Office) -> None:
    await sends(desk)
    await sends(desk, "kim", form="f2")
    assert why(await sends(desk)) == Reason.CHANGED
    assert (await intervention(desk, "f2")).status is LockStand.WANTED
    assert why(await sends(desk, "mo", form="f2")) == Reason.CHANGED  # nor does it become another
    assert isinstance(await signs(desk, "f2"), Done)
    assert (await opened(desk, "f2")).subject.id == "kim"


async def test_what_whoever_sits_at_their_teams_has_begun_and_left_makes_way(desk: Office) -> None:
    signed = desk.ledger.policies[SESSIONS].changed({"step_up": "c1"})
    desk.desk.reception.inquiry.policies[SESSIONS] = desk.ledger.policies[SESSIONS] = signed  # type: ignore[index]  # a dict in tests
    await desk.ask(kind=SESSIONS)
    assert (await desk.load("r1")).status is Status.STEP_UP
    assert (await locks(desk, kind=SESSIONS)).status is Status.DONE
    assert (await desk.load("r1")).status is Status.WITHDRAWN
    (stopped,) = await told(desk, "stopped")
    assert stopped.data["by"] == "ben"


async def test_a_no_at_the_sign_in_ends_it_and_uses_that_up(desk: Office) -> None:
    await sends(desk)
    desk.directory.accounts["ann"] = replace(desk.directory.accounts["ann"], guest=True)
    desk.entra.kept = desk.clock.now()
    assert why(await signs(desk)) == Reason.LOCK_WALLED
    one = await intervention(desk)
    assert (one.status, one.why) == (LockStand.DECLINED, Reason.LOCK_WALLED)
    async with desk.store.unit() as unit:
        assert await unit.sign_in_for(one.id, "ben", Purpose.LOCK) is None
        assert await unit.used_for(one.tenant, "ben", desk.entra.kept) == one.id


async def test_but_what_could_not_be_found_out_does_not(desk: Office) -> None:
    await sends(desk)
    desk.directory.trouble["groups"] = Unavailable("away")
    assert why(await signs(desk)) == Reason.UNKNOWN
    assert (await intervention(desk)).status is LockStand.WANTED
    desk.directory.trouble.clear()
    assert isinstance(await signs(desk), Done)


async def test_what_is_under_way_already_is_told_and_not_begun_twice(desk: Office) -> None:
    await sends(desk)
    await signs(desk)
    await sends(desk, by="sofia", form="f2")
    assert why(await signs(desk, "f2", "sofia")) == Reason.LOCK_UNDER_WAY
    assert len(await requests(desk)) == 1
    assert (await intervention(desk, "f2")).status is LockStand.DECLINED


async def test_a_form_sent_twice_is_one_and_two_codes_at_once_open_one(desk: Office) -> None:
    await sends(desk)
    assert isinstance(await sends(desk), Said)
    desk.clock.advance(seconds=1)
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Intervention.named("f1"), "ben", Purpose.LOCK)
    assert sign_in is not None
    await desk.step_up.start(sign_in.id, f"{sign_in.id}.browser")
    code = await desk.step_up.returned(f"{sign_in.id}.browser", {"code": "x"})
    assert isinstance(code, str)
    both = (desk.desk.handle(at_home("ben"), ReturnCode(code)) for _ in range(2))
    answers = await asyncio.gather(*both)
    assert any(isinstance(answer, Done) for answer in answers)
    assert len(await requests(desk)) == 1
    assert (await told(desk, "lock_opened"))[1:] == []


async def test_a_lost_answer_is_looked_for_as_any_and_the_agent_reads_no_more(desk: Office) -> None:
    await sends(desk, kind=SESSIONS)
    await signs(desk)
    desk.directory.trouble["revoke_sessions"] = AnswerLost("cut")
    request = await opened(desk)
    await desk.job("act", request.id)
    assert (await desk.load(request.id)).status is Status.UNKNOWN


# -- whose it is -----------------------------------------------------------------------------------------------


async def test_whoever_sits_at_their_teams_does_not_take_it_back(desk: Office) -> None:
    await sends(desk)
    await signs(desk)
    request = await opened(desk)
    assert request.status is Status.READY
    answer = await desk.desk.handle(at_home("ann"), Withdraw(Ref(request.id, request.version)))
    assert why(answer) == Reason.OTHERS_LOCK
    await desk.job("cards", request.id)
    assert "Withdraw" not in desk.messenger.shown(private("ann").id)
    await desk.job("act", request.id)
    assert (await desk.load(request.id)).status is Status.DONE


async def test_who_opened_it_does_not_lift_what_it_froze(desk: Office) -> None:
    request = await locks(desk)
    objection = await desk.desk.alarms._objection("ben", request)
    assert objection == Refusal(Reason.OWN_LOCK)
    assert await desk.desk.alarms._objection("cleo", request) is None


async def test_what_others_lock_uses_up_nothing_of_their_own(desk: Office) -> None:
    for n in range(POLICY.per_day + 10):
        await locks(desk, kind=SESSIONS, by="sofia", form=f"f{n}")
    own = await desk.bring(SESSIONS, "ann")
    assert own.status is Status.DONE


async def test_what_its_owner_says_of_it_is_in_their_own_name(desk: Office) -> None:
    request = await locks(desk, kind=SESSIONS)
    await desk.ask(kind="tap")
    await desk.desk.handle(at_home("ann"), Report(Ref(request.id, request.version)))
    await freeze(desk, request.id)
    (stopped,) = await told(desk, "stopped")
    assert stopped.data["by"] == "ann"


async def test_the_alarm_stops_what_waits_in_the_name_of_who_raised_it(desk: Office) -> None:
    await desk.ask(kind="tap")
    request = await locks(desk)
    await freeze(desk, request.id)
    (stopped,) = await told(desk, "stopped")
    assert stopped.data["by"] == "ben"
    assert (await desk.load("r1")).status is Status.WITHDRAWN
