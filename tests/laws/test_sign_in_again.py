"""The requester's own sign-in is asked for again where one is missing, in their own chat, and nowhere else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.actions import Ref, SignInAgain
from bot.core.answers import Answer, RequestCard
from bot.core.model import Status
from bot.core.ports import Purpose
from bot.core.reasons import Reason
from tests.fakes import Office, at_home, person
from tests.laws.faced import queued, worked_off
from tests.laws.seen import why
from tests.laws.test_delivery import queue
from tests.laws.test_fresh import approving


async def again(desk: Office) -> Answer:
    return await desk.desk.handle(at_home("ann"), SignInAgain(Ref("r1", (await desk.load("r1")).version)))


async def asked_for(desk: Office, purpose: Purpose) -> str:
    """The prompt that waits, if one does."""
    async with desk.store.unit() as unit:
        waiting = await unit.sign_in_for("r1", "ann", purpose)
    return waiting.id if waiting is not None else ""


async def lost(desk: Office) -> None:
    """The answer of the act was lost."""
    assert (await desk.load("r1")).status is Status.UNKNOWN


async def test_a_prompt_that_was_lost_is_sent_again(desk: Office) -> None:
    await desk.ask()
    first = await asked_for(desk, Purpose.STEP_UP)
    desk.clock.advance(seconds=1)
    assert isinstance(await again(desk), RequestCard)
    assert await asked_for(desk, Purpose.STEP_UP) not in {"", first}
    assert "cards:r1" in await queued(desk)


async def test_after_a_lost_answer_a_new_sign_in_may_be_needed(desk: Office) -> None:
    await desk.ready()
    desk.directory.lose_answers = True
    await desk.show()
    await lost(desk)
    assert isinstance(await again(desk), RequestCard)
    assert await asked_for(desk, Purpose.STEP_UP)


async def test_the_page_is_opened_again_by_a_sign_in_of_its_own_even_after_a_lost_answer(desk: Office) -> None:
    await desk.ask(kind="password")
    first = await asked_for(desk, Purpose.ENTER)
    desk.clock.advance(seconds=1)
    assert isinstance(await again(desk), RequestCard)
    second = await asked_for(desk, Purpose.ENTER)
    assert second not in {"", first}
    desk.directory.lose_answers = True
    await desk.enter(await desk.open_page())
    await lost(desk)
    assert isinstance(await again(desk), RequestCard)
    assert await asked_for(desk, Purpose.ENTER) not in {"", first, second}
    assert await asked_for(desk, Purpose.STEP_UP) == ""


async def test_what_is_proved_wants_no_other_sign_in(desk: Office) -> None:
    await desk.ready()
    assert why(await again(desk)) == Reason.CLOSED
    assert (await asked_for(desk, Purpose.STEP_UP), await asked_for(desk, Purpose.ENTER)) == ("", "")


async def test_what_is_done_wants_no_other_sign_in(desk: Office) -> None:
    await desk.ask(kind="password")
    await desk.enter(await desk.open_page())
    assert why(await again(desk)) == Reason.CLOSED
    assert (await asked_for(desk, Purpose.STEP_UP), await asked_for(desk, Purpose.ENTER)) == ("", "")


async def test_whose_chat_is_gone_is_told_so(desk: Office) -> None:
    await desk.ask()
    await desk.desk.removed(person("ann"))
    first = await asked_for(desk, Purpose.STEP_UP)
    assert why(await again(desk)) == Reason.NO_PRIVATE_CHAT
    assert await asked_for(desk, Purpose.STEP_UP) == first


@pytest.mark.parametrize(("kind", "purpose"), [("tap", Purpose.STEP_UP), ("password", Purpose.ENTER)])
async def test_ones_own_sign_in_may_begin_as_long_as_the_request_waits_for_it(
    desk: Office, kind: str, purpose: Purpose
) -> None:
    """Its button is on the request's own card, which says until when."""
    await desk.ask(kind=kind)
    async with desk.store.unit() as unit:
        waiting = await unit.sign_in_for("r1", "ann", purpose)
    assert waiting is not None
    assert waiting.expires_at == (await desk.load("r1")).expires_at
    assert "step_up_begun" in await desk.deeds()


async def test_an_approvers_sign_in_is_for_five_minutes(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    assert (await approving(desk, "r1")).expires_at == desk.clock.now() + timedelta(minutes=5)


async def test_who_waits_for_a_sign_in_is_served_before_news(desk: Office, database_url: str) -> None:
    await desk.ask("kim", "r2", kind="risk")
    await desk.ask()
    await desk.sign_in()
    await worked_off(desk)
    await desk.ask("mo", "r3", kind="compromised")
    await desk.desk.handle(at_home("kim"), SignInAgain(Ref("r2", (await desk.load("r2")).version)))
    order = [request for name, request in await queue(database_url) if name == "cards"]
    assert order.index("r2") < order.index("r3")
