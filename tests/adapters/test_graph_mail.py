"""Mail by Graph, against the playground's over real HTTP: as text, once, and what its noes mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.errors import AnswerLost, Missing, NotGranted, Rejected, Unavailable
from bot.core.notices import Letter
from bot.graph.directory import GraphDirectory
from playground.faults import Fault
from playground.tenant.mails import DESK
from playground.world import World
from tests.adapters.tenant import contoso, directory_of

LETTER = Letter("ann@home.example", "Your <pass>", "Line & line\n\nhttps://desk.example/desk/report?t=x.y\n")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


async def test_a_mail_arrives_as_it_was_written(world: World, directory: GraphDirectory) -> None:
    await directory.mailbox(DESK).send(LETTER)
    (mail,) = world.graph.mails.taken
    assert (mail.sender, mail.to, mail.subject, mail.text) == (DESK, (LETTER.to,), LETTER.subject, LETTER.text)


async def test_a_mailbox_may_be_named_by_its_id(world: World, directory: GraphDirectory) -> None:
    await directory.mailbox(world.people["dora"].id).send(LETTER)
    assert len(world.graph.mails.taken) == 1


async def test_what_lasts_is_told_from_what_passes(world: World, directory: GraphDirectory) -> None:
    with pytest.raises(Missing):
        await directory.mailbox("nobody@contoso.example").send(LETTER)
    with pytest.raises(Rejected) as caught:
        await directory.mailbox(DESK).send(Letter("no address", "x", "x"))
    assert (type(caught.value), caught.value.code) == (Rejected, "ErrorInvalidRecipients")
    world.graph.granted.discard("Mail.Send")
    with pytest.raises(NotGranted):
        await directory.mailbox(DESK).send(LETTER)
    assert world.graph.mails.taken == []


async def test_a_busy_mailbox_says_when_to_come_back_and_a_lost_answer_is_one(
    world: World, directory: GraphDirectory
) -> None:
    world.faults.add(Fault(where="graph", match="sendMail", kind="throttle", seconds=7, times=1))
    with pytest.raises(Unavailable) as caught:
        await directory.mailbox(DESK).send(LETTER)
    assert caught.value.retry_after == 7
    world.faults.add(Fault(where="graph", match="sendMail", kind="lost", times=1))
    with pytest.raises(AnswerLost):
        await directory.mailbox(DESK).send(LETTER)
    assert len(world.graph.mails.taken) == 1  # sent once, whatever became of its answer


async def test_where_somebody_is_written_to_is_read_once_each(world: World, directory: GraphDirectory) -> None:
    world.people.change("ann", others=("ANN@home.example", " ann@home.example", "no address", "b@home.example"))
    ann = await directory.account(world.people["ann"].id)
    assert ann.mails == (world.people["ann"].mail, "ANN@home.example", "b@home.example")
