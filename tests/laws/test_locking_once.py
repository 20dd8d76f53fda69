"""So many locks, and no doubles: an hour's limit, one form at a time, and what comes twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import ReturnCode
from bot.core.answers import Done, Said
from bot.core.errors import AnswerLost, Unavailable
from bot.core.interventions import BY_AGENT, Intervention, LockStand, wanted
from bot.core.model import Refusal, Status
from bot.core.ports import Purpose
from bot.core.reasons import Reason
from tests.core.samples import NOW
from tests.fakes import (
    EMPLOYEES,
    Office,
    at_home,
    person,
)
from tests.laws.locked import ALARM, SESSIONS, WHY, intervention, locks, opened, requests, sends, signs
from tests.laws.seen import why
from tests.laws.test_record import told


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
