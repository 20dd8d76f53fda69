"""Locked for somebody else: by whoever may, signed in for, at once, told to whom it is; and by nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.core.actions import Ref, Report, Withdraw
from bot.core.answers import Done, Said
from bot.core.directory import Manager, Standing
from bot.core.errors import Unavailable
from bot.core.interventions import Intervention
from bot.core.lockcards import LockForm
from bot.core.locking import BeginLock, ChooseLock, FindLock, SendLock
from bot.core.model import Mode, Refusal, Status
from bot.core.options import TELL_MANAGER
from bot.core.reasons import Reason
from tests.fakes import (
    EMPLOYEES,
    POLICY,
    FakeClock,
    Office,
    at_home,
    office,
    person,
    private,
)
from tests.laws.locked import ALARM, SESSIONS, WHY, intervention, locks, opened, sends, signs
from tests.laws.raised import lock as freeze
from tests.laws.seen import why
from tests.laws.test_record import told
from tests.laws.test_threat import rise
from tests.stores import patient


@pytest.fixture
async def trying(database_url: str) -> AsyncIterator[Office]:
    """An office that only tries, and would tell managers."""
    clock, tells = FakeClock(), {TELL_MANAGER.name: True}
    async with patient(database_url, clock) as store:
        yield office(store, clock, mode=Mode.EVALUATE, own={ALARM: tells, SESSIONS: tells})


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


async def test_from_the_card_about_somebody_it_is_their_account_and_nobody_elses_of_that_name(desk: Office) -> None:
    desk.directory.accounts["kim"] = replace(desk.directory.accounts["kim"], name="Ann")
    forms = [await desk.desk.handle(at_home("ben"), BeginLock("kim")) for _ in range(2)]
    assert all(isinstance(form, LockForm) and form.chosen is not None and form.chosen.id == "kim" for form in forms)
    assert len({form.form for form in forms if isinstance(form, LockForm)}) == 2  # each press is a form of its own


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
