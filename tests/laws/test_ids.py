"""Ids: a client may choose the id of a request, and the key of what is none, but never one that means another thing."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bot.core.actions import ReturnCode
from bot.core.answers import RequestCard, Said
from bot.core.callcards import CallerCard
from bot.core.callers import Verification
from bot.core.calling import AskCaller
from bot.core.model import Status
from bot.core.notices import ActNotice
from bot.core.ports import Purpose
from bot.core.queue import BOARD, LINE_ID
from bot.core.reasons import Reason
from bot.core.threat import Threat
from bot.teams.inbound import ID
from bot.teams.tidings import day_of
from tests.fakes import Office, at_home, person, private
from tests.laws.seen import why

DAY = day_of(datetime(2026, 3, 12, tzinfo=UTC))


async def rings(desk: Office, form: str) -> str:
    """Have Ben ask Ann whether it is her, and Ann sign in for that; return why it did not count, "" when it did."""
    async with desk.store.unit() as unit:
        await unit.remember(person("ben"), private("ben"))
    assert isinstance(await desk.desk.handle(at_home("ben"), AskCaller(form, "ann")), Said)
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Verification.named(form), "ann", Purpose.CALL)
    assert sign_in is not None
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "from-entra", "state": "s"})
    if not isinstance(code, str):
        return str(getattr(code, "reason", ""))
    answer = await desk.desk.handle(at_home("ann"), ReturnCode(code))
    return "" if isinstance(answer, CallerCard) else why(answer)


async def test_one_sign_in_serves_no_call_and_request_of_one_id(desk: Office) -> None:
    desk.entra.kept = desk.clock.now()
    await desk.ask()
    assert isinstance(await desk.sign_in(), RequestCard)
    assert await rings(desk, "r1") == Reason.USED_SIGN_IN


async def test_nor_the_other_way_round(desk: Office) -> None:
    desk.entra.kept = desk.clock.now()
    await desk.ask()
    assert await rings(desk, "r1") == ""
    with pytest.raises(AssertionError, match=Reason.USED_SIGN_IN):
        await desk.sign_in()
    assert (await desk.load("r1")).status is Status.STEP_UP


async def test_a_call_of_a_requests_id_takes_none_of_its_messages(desk: Office) -> None:
    await desk.ask()
    await desk.job("cards")
    before = desk.messenger.shown(private("ann").id)
    assert await rings(desk, "r1") == ""
    await desk.job("matter", Verification.named("r1"))
    async with desk.store.unit() as unit:
        of_request, of_call = await unit.posted("r1"), await unit.posted(Verification.named("r1"))
    assert not {p.activity for p in of_request} & {p.activity for p in of_call}
    assert len(of_call) == 2
    assert before
    assert await desk.load("r1") is not None


async def test_a_request_named_like_the_line_has_no_share_in_it(desk: Office) -> None:
    await desk.ask(request_id=BOARD)
    await desk.job("cards", BOARD)
    async with desk.store.unit() as unit:
        assert await unit.posted(BOARD)
        assert await unit.posted(LINE_ID) == ()


@pytest.mark.parametrize(
    "own",
    [
        Verification.named("f1"),
        Threat.named("f1"),
        ActNotice.named("r1"),
        LINE_ID,
        DAY,
    ],
)
def test_no_client_sends_an_id_of_the_desks_own(own: str) -> None:
    assert ID.fullmatch(own) is None


def test_what_is_no_request_is_kept_by_its_sort_and_key() -> None:
    every = {sort.named("x") for sort in (Verification, Threat, ActNotice)}
    assert len(every) == 3
    assert all(re.fullmatch(r"[a-z]+:x", one) for one in every)
