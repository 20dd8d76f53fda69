"""Who looks at a request is seen by all who may decide, gates nobody, ends by itself; and who may look at the queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Approve, Deny, ForSome, Ref, Retract, ShowStatus, Written
from bot.core.answers import Answer, MissCard, QueueCard, RequestCard
from bot.core.attention import LASTS
from bot.core.listed import StatusCard
from bot.core.model import Actor, Status
from bot.core.packing import pack, unpack
from bot.core.queue import looked_at
from bot.core.queueing import LATE, MINE, QUEUE, Attend, Attending, SeeQueue, Take
from bot.core.reasons import Reason
from tests.fakes import EMPLOYEES, POLICY, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.faced import queued
from tests.laws.seen import why
from tests.laws.test_queue import drawn, in_line
from tests.laws.test_record import told
from tests.stores import patient

CHANNEL = "19:helpdesk@thread.tacv2"
CARD = "Cleo is looking at it"


async def waits(desk: Office, name: str = "ann", request: str = "r1", kind: str = "tap") -> None:
    desk.directory.add(name, EMPLOYEES)
    await desk.ask(name, request, kind=kind)
    await desk.sign_in(name, request)
    assert (await desk.load(request)).status is Status.APPROVAL


async def looks(
    desk: Office, actor: Actor, how: Attending = Attending.BEGIN, page: SeeQueue | None = None, request: str = "r1"
) -> Answer:
    return await desk.desk.handle(actor, Attend(Ref(request, (await desk.load(request)).version), how, page))


async def holder(desk: Office, request: str = "r1") -> str:
    there = looked_at(await desk.load(request), desk.clock.now())
    return there.by if there is not None else ""


async def opened(desk: Office, name: str) -> None:
    await desk.desk.installed(person(name), private(name))
    await desk.desk.handle(at_home(name), Take(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("cards")


# -- looking at one ----------------------------------------------------------------------------------------------


async def test_who_looks_at_it_is_seen_on_every_approvers_card_and_on_nobody_elses(desk: Office) -> None:
    await waits(desk)
    await opened(desk, "ben")
    assert isinstance(await looks(desk, in_channel("cleo")), RequestCard)
    await desk.job("cards")
    for chat in (CHANNEL, private("ben").id):
        assert CARD in desk.messenger.shown(chat)
    assert "looking at it" not in desk.messenger.shown(private("ann").id)
    assert [e.data["by"] for e in await told(desk, "attended")] == ["cleo"]


async def test_it_keeps_nobody_from_a_yes_or_a_no(desk: Office) -> None:
    await waits(desk)
    await waits(desk, "kim", "r2")
    for request in ("r1", "r2"):
        await looks(desk, in_channel("cleo"), request=request)
    await desk.approve("ben")
    assert (await desk.load("r1")).status is Status.READY
    await desk.desk.handle(in_channel("ben"), Deny(Ref("r2", (await desk.load("r2")).version), "knew no floor"))
    assert (await desk.load("r2")).status is Status.DENIED


async def test_a_card_of_before_decides_as_if_nobody_had_said_that_they_look(desk: Office) -> None:
    await waits(desk)
    seen = Ref("r1", (await desk.load("r1")).version)
    await looks(desk, in_channel("cleo"))
    await desk.desk.installed(person("ben"), private("ben"))
    assert "continue_in_private" in str(await desk.desk.handle(in_channel("ben"), Approve(seen)))


async def test_another_takes_it_over_only_knowingly(desk: Office) -> None:
    await waits(desk)
    await looks(desk, in_channel("cleo"))
    assert why(await looks(desk, in_channel("ben"))) == Reason.ATTENDED_ALREADY
    assert await holder(desk) == "cleo"
    assert isinstance(await looks(desk, in_channel("ben"), Attending.OVER), RequestCard)
    assert await holder(desk) == "ben"
    (entry,) = await told(desk, "attended_over")
    assert (entry.data["by"], entry.data["from"]) == ("ben", "cleo")


async def test_only_who_looks_releases_it_and_may_whatever_became_of_them(desk: Office) -> None:
    await waits(desk)
    await looks(desk, in_channel("cleo"))
    assert why(await looks(desk, in_channel("ben"), Attending.END)) == Reason.NOT_ATTENDED
    assert await holder(desk) == "cleo"
    desk.directory.members["helpdesk"].discard("cleo")
    assert isinstance(await looks(desk, at_home("cleo"), Attending.END), RequestCard)
    assert await holder(desk) == ""
    assert "left" in await desk.deeds()


async def test_it_ends_by_itself_and_nothing_else_comes_earlier_or_later_by_it(desk: Office) -> None:
    await waits(desk)
    due = (await desk.load("r1")).due_at
    await looks(desk, in_channel("cleo"))
    await desk.job("cards")
    desk.clock.time += LASTS
    assert await holder(desk) == ""
    await desk.job("due")
    now = await desk.load("r1")
    assert (now.attention, now.due_at, now.reminded) == (None, due, False)
    await desk.job("cards")
    assert CARD not in desk.messenger.shown(CHANNEL)
    assert isinstance(await looks(desk, in_channel("ben")), RequestCard), "nobody is asked to take it over"


async def test_it_ends_at_its_time_although_the_desk_reminded_meanwhile(desk: Office) -> None:
    """The reminder comes at its own time, and moves on only when the desk looks next by itself."""
    await waits(desk)
    half = (await desk.load("r1")).due_at
    assert half is not None
    desk.clock.time = half - LASTS / 2
    await looks(desk, in_channel("cleo"))
    desk.clock.time = half
    await desk.job("due")
    reminded = await desk.load("r1")
    assert (reminded.reminded, reminded.due_at) == (True, half + LASTS / 2)
    assert await holder(desk) == "cleo"
    desk.clock.time = half + LASTS / 2
    await desk.job("due")
    now = await desk.load("r1")
    assert (now.attention, now.due_at) == (None, now.expires_at)
    assert [entry.data.get("ended") for entry in await told(desk, "left")] == ["time"]


async def test_let_go_what_is_due_when_it_would_have_ended_stays_due_then(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, replace(POLICY, approval_wait=LASTS))
        await waits(desk)
        await looks(desk, in_channel("cleo"))  # as long as it waits
        clock.time += LASTS / 2
        await desk.job("due")
        await looks(desk, in_channel("cleo"), Attending.END)
        now = await desk.load("r1")
        assert (now.attention, now.reminded, now.due_at) == (None, True, now.expires_at)


async def test_what_came_back_to_wait_is_looked_at_by_nobody(desk: Office) -> None:
    await waits(desk)
    due = (await desk.load("r1")).due_at
    await looks(desk, in_channel("cleo"))
    await desk.approve("ben")
    ready = await desk.load("r1")
    assert ready.due_at == ready.expires_at
    await desk.desk.handle(at_home("ben"), Retract(Ref("r1", ready.version)))
    again = await desk.load("r1")
    assert (again.status, again.attention) == (Status.APPROVAL, None)
    assert again.due_at == due


async def test_it_is_kept_with_the_request_and_outlives_the_process(desk: Office, database_url: str) -> None:
    await waits(desk)
    await looks(desk, in_channel("cleo"))
    async with patient(database_url, desk.clock) as store:
        again = office(store, desk.clock)
        assert await holder(again) == "cleo"


@pytest.mark.parametrize(
    ("name", "reason"), [("kim", Reason.NOT_APPROVER), ("ann", Reason.OWN_REQUEST), ("mo", Reason.NOT_APPROVER)]
)
@pytest.mark.parametrize("how", Attending)
async def test_who_may_not_decide_says_nothing_of_looking(
    desk: Office, name: str, reason: Reason, how: Attending
) -> None:
    await waits(desk)
    answer = await looks(desk, at_home(name), how)
    assert why(answer) == reason
    assert await holder(desk) == ""


async def test_who_presses_twice_leaves_one_entry(desk: Office) -> None:
    await waits(desk)
    for _ in range(2):
        await looks(desk, in_channel("cleo"))
    assert len(await told(desk, "attended")) == 1


async def test_what_is_decided_is_looked_at_by_nobody(desk: Office) -> None:
    await waits(desk)
    await looks(desk, in_channel("cleo"))
    await desk.approve("ben")
    assert await holder(desk) == ""
    assert why(await looks(desk, in_channel("cleo"))) == Reason.CLOSED


# -- the queue ---------------------------------------------------------------------------------------------------


async def says(desk: Office, actor: Actor, instead: Written | None = None) -> Answer:
    return await desk.desk.handle(actor, ForSome(QUEUE, instead or ShowStatus()))


async def test_an_approver_reads_what_waits_whether_it_has_a_thread_or_not(desk: Office) -> None:
    await waits(desk)
    await desk.job("cards")  # it has its thread in the channel
    desk.clock.time += timedelta(seconds=1)
    await waits(desk, "kim", "r2", "risk")
    answer = await says(desk, at_home("ben"))
    assert isinstance(answer, QueueCard)
    assert [(one.id, one.kind) for one in answer.line.some] == [("r1", "tap"), ("r2", "risk")]
    assert answer.line.count == 2


@pytest.mark.parametrize("name", ["kim", "mo", "emma"])
async def test_who_decides_about_nothing_gets_what_the_words_come_to_otherwise(desk: Office, name: str) -> None:
    await waits(desk)
    before = await desk.deeds()
    assert isinstance(await says(desk, at_home(name)), StatusCard)
    assert await desk.deeds() == before


async def test_in_the_channel_all_read_how_much_waits_and_how_long(desk: Office) -> None:
    await waits(desk)
    desk.clock.time += timedelta(minutes=3)
    await waits(desk, "kim", "r2")
    answer = await says(desk, in_channel("ben"))
    assert isinstance(answer, QueueCard)
    assert answer.board
    (passes,) = answer.line.kinds
    assert (passes.kind, passes.count, passes.oldest) == ("tap", 2, (await desk.load("r1")).created_at)


@pytest.mark.parametrize("where", ["not an approver", "another channel"])
async def test_elsewhere_or_said_by_anybody_else_the_channel_learns_nothing(desk: Office, where: str) -> None:
    await waits(desk)
    actor = in_channel("kim" if where == "not an approver" else "ben")
    if where == "another channel":
        actor = replace(actor, chat=replace(actor.chat, id="19:other@thread.tacv2"))
    assert not isinstance(await says(desk, actor), QueueCard | MissCard | StatusCard)


async def test_filters_show_what_one_looks_at_what_is_late_and_a_kind(desk: Office) -> None:
    await waits(desk)
    late = await desk.load("r1")
    assert late.due_at is not None
    desk.clock.time = late.due_at
    await desk.job("due")
    await waits(desk, "kim", "r2", "risk")
    await looks(desk, in_channel("cleo"), request="r1")
    await looks(desk, in_channel("ben"), request="r2")
    found = {}
    for which in ("", MINE, LATE, "tap", "risk", "no such"):
        answer = await desk.desk.handle(at_home("ben"), SeeQueue("", which))
        assert isinstance(answer, QueueCard)
        assert answer.line.count == 2
        found[which] = [one.id for one in answer.line.some]
    both = ["r1", "r2"]
    assert found == {"": both, MINE: ["r2"], LATE: ["r1"], "tap": ["r1"], "risk": ["r2"], "no such": both}


async def test_pressed_in_the_list_the_list_comes_back_and_no_message_goes(desk: Office) -> None:
    await waits(desk)
    await desk.job("cards")
    ref = Ref("r1", (await desk.load("r1")).version)
    answer = await desk.desk.handle(at_home("ben"), Attend(ref, Attending.BEGIN, SeeQueue("", "tap")), card="9999")
    assert isinstance(answer, QueueCard)
    assert answer.page == SeeQueue("", "tap")
    assert [one.attention.by for one in answer.line.some if one.attention] == ["ben"]


async def test_the_answer_to_words_is_no_twin_of_the_line(desk: Office) -> None:
    await in_line(desk)
    await drawn(desk)
    ref = Ref("r1", (await desk.load("r1")).version)
    for action in (Take(ref, said=True), SeeQueue(said=True)):
        await desk.desk.handle(in_channel("ben"), action, card="7777")
        assert unpack(pack(action)) == action
    assert not [job for job in await queued(desk) if job.startswith("stray")]


async def test_a_kind_that_somebody_else_decides_about_is_no_filter_of_theirs(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"risk": {"approvers_group": "security"}})
        await waits(desk)
        await desk.ask("kim", "r2", kind="risk")
        await desk.sign_in("kim", "r2")
        assert (await desk.load("r2")).status is Status.APPROVAL
        for which in ("", "risk"):
            answer = await desk.desk.handle(at_home("ben"), SeeQueue("", which))
            assert isinstance(answer, QueueCard)
            assert [one.id for one in answer.line.some] == ["r1"]
            assert answer.line.count == 1
            assert "risk" not in answer.kinds
