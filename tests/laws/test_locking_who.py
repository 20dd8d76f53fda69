"""Who may have somebody locked, from where, and by which sign-in; everybody else is told no and nothing happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import ReturnCode
from bot.core.answers import Said
from bot.core.behalf import unsigned
from bot.core.decide import Go, decide
from bot.core.errors import Unavailable
from bot.core.facts import Facts, Moment
from bot.core.interventions import Intervention, LockStand
from bot.core.lockcards import LockDoor
from bot.core.locking import BeginLock, ChooseLock, FindLock, SendLock, ShowLocking
from bot.core.model import EvidenceType, Refusal, Status
from bot.core.ports import Purpose
from bot.core.reasons import Reason
from tests.fakes import (
    HELPDESK,
    SECURITY,
    Office,
    at_home,
    in_channel,
)
from tests.laws.locked import ALARM, WHY, intervention, locks, opened, requests, sends, signs
from tests.laws.seen import why
from tests.laws.test_record import told
from tests.laws.test_threat import in_security

EVERY = (
    *(BeginLock(), BeginLock("ann")),
    *(FindLock("f1", "ann", ""), ChooseLock("f1", "ann"), SendLock("f1", "ann", ALARM, WHY)),
)


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
    for named in (ChooseLock("f9", "emma"), BeginLock("emma")):
        assert why(await desk.desk.handle(at_home("ben"), named)) == Reason.LOCK_WALLED
    (found,) = await told(desk, "found")
    assert (found.data["sort"], found.data["person"]) == ("named_lock", "ben")
    assert desk.directory.writes == []


async def test_nobody_locks_themselves_this_way_by_whichever_account(desk: Office) -> None:
    assert why(await sends(desk, "ben")) == Reason.OWN_ACCOUNT
    for name in ("ben", "kim"):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")
    assert why(await sends(desk, "kim")) == Reason.OWN_ACCOUNT


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
