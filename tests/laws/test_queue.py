"""The approvers' line: who may open what stands in it, what they see, and that a yes there counts as everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.actions import Approve, Deny, Ref, Refresh, Report, Withdraw
from bot.core.answers import QueueCard, RequestCard, Said
from bot.core.errors import AnswerLost, Closed, Rejected, Unavailable
from bot.core.limits import SHOWN
from bot.core.model import Chat, Mode, Status
from bot.core.ports import Job, Posted, Slot
from bot.core.queue import BOARD, FEW, LINE_ID, STOOD
from bot.core.queueing import SeeQueue, Take
from bot.core.reasons import Reason
from bot.core.risk import Risk
from bot.teams.signboard import NEWS, ROWS, SHUT
from tests.fakes import (
    EMPLOYEES,
    HELPDESK,
    POLICY,
    TENANT,
    FakeClock,
    Office,
    at_home,
    in_channel,
    office,
    person,
    private,
)
from tests.laws.faced import queued, worked_off
from tests.laws.seen import touched, why
from tests.stores import patient

CHANNEL = "19:helpdesk@thread.tacv2"
ANN = FEW + 1  # where she stands behind a few others


async def others(desk: Office, many: int = FEW, *, kind: str = "tap") -> list[str]:
    """So many others asked before her and wait for an approver."""
    names = [f"p{number}" for number in range(many)]
    for name in names:
        desk.directory.add(name, EMPLOYEES)
        await desk.ask(name, f"r-{name}", kind=kind)
        await desk.sign_in(name, f"r-{name}")
        desk.clock.time += timedelta(seconds=1)
    return names


async def in_line(desk: Office, *, others_first: int = FEW) -> None:
    """Ann asks for a pass, and stands in the line behind a few others."""
    await others(desk, others_first)
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    for name in ("ben", "cleo"):
        await desk.desk.installed(person(name), private(name))


async def takes(desk: Office, name: str = "ben", *, request: str = "r1", home: bool = False) -> object:
    actor = at_home(name) if home else in_channel(name)
    return await desk.desk.handle(actor, Take(Ref(request, (await desk.load(request)).version)))


async def kept(desk: Office, request: str = "r1") -> list[Posted]:
    async with desk.store.unit() as unit:
        return list(await unit.posted(request))


def message(desk: Office, chat: str, has: str = "") -> Mapping[str, Any]:
    """The newest message there that says this."""
    found = [m for (c, _), m in desk.messenger.messages.items() if c.partition(";")[0] == chat and has in str(m)]
    assert found, f"nothing in {chat} says {has!r}"
    return dict(found[-1])


def verbs(shown: object) -> list[str]:
    """What the buttons of a message send, in their order."""
    if isinstance(shown, Mapping):
        own = [shown["verb"]] if shown.get("type") == "Action.Execute" and "fallback" in shown else []
        return own + [verb for name, part in shown.items() if name != "fallback" for verb in verbs(part)]
    return [verb for part in shown for verb in verbs(part)] if isinstance(shown, list | tuple) else []


async def test_a_few_have_their_threads_as_ever_and_no_line(desk: Office) -> None:
    names = await others(desk)
    for name in names:
        await desk.job("cards", f"r-{name}")
    await desk.signboard.look()
    assert BOARD not in str(await queued(desk))
    assert len([c for c, _ in desk.messenger.messages if c.startswith(CHANNEL)]) == FEW


async def test_who_stands_behind_a_few_has_no_thread_and_reads_their_place(desk: Office) -> None:
    await in_line(desk)
    assert not [c for c, _ in desk.messenger.messages if c.startswith(CHANNEL)]
    assert f"number **{ANN}** in the line" in desk.messenger.shown(private("ann").id)


async def test_the_place_is_true_each_time_she_looks(desk: Office) -> None:
    await in_line(desk, others_first=FEW + 2)
    assert f"number **{FEW + 3}**" in desk.messenger.shown(private("ann").id)
    first = await desk.load("r-p0")
    await desk.desk.handle(at_home("p0"), Withdraw(Ref(first.id, first.version)))
    ref = Ref("r1", (await desk.load("r1")).version)
    answer = await desk.desk.handle(at_home("ann"), Refresh(ref))
    view = await desk.delivery.views.answered(answer, at_home("ann"))
    assert view.place == FEW + 2


async def test_who_has_a_thread_stands_in_no_line(desk: Office) -> None:
    await in_line(desk)
    for name in ("p0", "p1"):
        await desk.job("cards", f"r-{name}")
    await desk.job("cards")
    assert "in the line" not in desk.messenger.shown(private("ann").id)
    assert [c for c, _ in desk.messenger.messages if c.startswith(CHANNEL)]


async def test_who_waits_in_the_line_asks_the_directory_nothing_and_takes_no_turn(desk: Office) -> None:
    await in_line(desk)
    desk.messenger.crowded.add(CHANNEL)  # a turn that is asked for would be refused, and the job would come again

    class AskedError(Exception):
        """The directory was asked about somebody whose card nobody draws."""

    for call in ("account", "standing", "groups", "guarded_contexts"):
        desk.directory.trouble[call] = AskedError(call)
    await desk.job("cards")


async def test_it_is_drawn_again_without_a_message_too_many(desk: Office) -> None:
    await in_line(desk)
    sent = len(desk.messenger.bodies)
    await desk.job("cards")
    assert len(desk.messenger.bodies) == sent


@pytest.mark.parametrize("home", [False, True])
async def test_an_approver_opens_it_and_has_all_that_the_channel_would_show(desk: Office, *, home: bool) -> None:
    await in_line(desk)
    answer = await takes(desk, home=home)
    assert answer == Said("queue.taken")
    await desk.job("cards")
    mine = message(desk, private("ben").id, "Ann")
    for name in ("p0", "p1"):
        await desk.job("cards", f"r-{name}")
    await desk.job("cards")
    theirs = message(desk, CHANNEL, "Ann asks")
    assert mine["attachments"][0]["content"]["body"] == theirs["attachments"][0]["content"]["body"]
    assert verbs(mine) == verbs(theirs)
    assert verbs(mine)[:2] == ["approve", "deny"]


async def test_the_yes_from_there_counts_only_with_a_sign_in(desk: Office) -> None:
    await in_line(desk)
    await takes(desk)
    await desk.job("cards")
    answer = await desk.desk.handle(at_home("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
    assert isinstance(answer, RequestCard)
    assert answer.slot is Slot.CONFIRM
    assert (await desk.load("r1")).status is Status.APPROVAL
    await desk.job("cards")
    assert "Sign in and approve" in desk.messenger.shown(private("ben").id)
    await desk.sign_in("ben")
    assert (await desk.load("r1")).status is Status.READY
    await desk.job("cards")
    assert "Your approval counts" in desk.messenger.shown(private("ben").id)
    assert not [c for c, _ in desk.messenger.messages if c.startswith(CHANNEL)], "decided: no thread comes any more"


async def test_whose_sign_in_ran_out_presses_again_on_the_same_card(desk: Office) -> None:
    await in_line(desk)
    await takes(desk)
    await desk.desk.handle(at_home("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
    desk.clock.time += timedelta(minutes=6)
    await desk.job("cards")
    assert verbs(message(desk, private("ben").id, "run out"))[:2] == ["approve", "deny"]
    await desk.desk.handle(at_home("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
    await desk.sign_in("ben")
    assert (await desk.load("r1")).status is Status.READY


async def test_a_no_from_there_needs_its_reason_as_everywhere(desk: Office) -> None:
    await in_line(desk)
    await takes(desk)
    ref = Ref("r1", (await desk.load("r1")).version)
    assert why(await desk.desk.handle(at_home("ben"), Deny(ref, ""))) == Reason.REASON_REQUIRED
    await desk.desk.handle(at_home("ben"), Deny(ref, "knew no floor"))
    assert (await desk.load("r1")).status is Status.DENIED


async def test_two_open_the_same_and_one_decides(desk: Office) -> None:
    await in_line(desk)
    assert await takes(desk) == await takes(desk, "cleo") == Said("queue.taken")
    await desk.job("cards")
    for name in ("ben", "cleo"):
        assert "Ann asks" in desk.messenger.shown(private(name).id)
    ref = Ref("r1", (await desk.load("r1")).version)
    await desk.desk.handle(at_home("ben"), Deny(ref, "knew no floor"))
    await desk.job("cards")
    assert why(await desk.desk.handle(at_home("cleo"), Approve(ref))) == Reason.CLOSED
    assert verbs(message(desk, private("cleo").id)) == []


async def test_who_opens_it_once_more_has_it_as_their_newest_message_and_only_once(desk: Office) -> None:
    await in_line(desk)
    await takes(desk)
    await desk.job("cards")
    await takes(desk)
    await desk.job("cards")
    cards = [str(m) for (c, _), m in desk.messenger.messages.items() if c == private("ben").id]
    assert len([one for one in cards if "Ann asks" in one]) == 1
    assert "Ann asks" in cards[-1]
    assert "this goes on in a newer message" in cards[-2]
    sent = len(desk.messenger.bodies)
    await desk.job("cards")
    assert len(desk.messenger.bodies) == sent


async def test_a_card_opened_twice_at_once_stands_there_once(desk: Office) -> None:
    await in_line(desk)
    await takes(desk)
    await takes(desk)
    await desk.job("cards")
    assert desk.messenger.shown(private("ben").id).count("Ann asks") == 1


async def test_whose_private_chat_is_another_one_by_now_has_it_there(desk: Office) -> None:
    await in_line(desk)
    await takes(desk)
    desk.messenger.gone.add(private("ben").id)
    desk.messenger.moved["ben"] = "a:ben-2"
    await desk.job("cards")
    assert "Ann asks" in desk.messenger.shown("a:ben-2")


async def test_who_takes_the_app_away_leaves_no_card_behind_that_is_waited_for(desk: Office) -> None:
    await in_line(desk)
    await takes(desk)
    await desk.job("cards")
    await desk.desk.removed(person("ben"))
    await desk.job("cards")
    assert all(p.deleted for p in await kept(desk) if p.slot is Slot.CONFIRM)


REFUSED: Mapping[str, str] = {
    "kim": Reason.NOT_APPROVER,  # a stranger to it
    "ann": Reason.OWN_REQUEST,
    "restricted": Reason.APPROVER_IN_DOUBT,
    "flagged": Reason.APPROVER_IN_DOUBT,
    "unguarded": Reason.STEP_UP_UNGUARDED,
    "left": Reason.NOT_APPROVER,
    "same": Reason.SAME_PERSON,
}


@pytest.mark.parametrize("who", REFUSED)
async def test_who_may_not_decide_opens_nothing(desk: Office, who: str) -> None:
    await in_line(desk)
    name = who if who in {"kim", "ann"} else "ben"
    await desk.desk.installed(person(name), private(name))
    _unfit(desk, who)
    assert why(await takes(desk, name, home=True)) == REFUSED[who]
    assert why(await takes(desk, name)) == REFUSED[who]
    await desk.job("cards")
    assert not [p for p in await kept(desk) if p.slot is Slot.CONFIRM]


def _unfit(desk: Office, who: str) -> None:
    match who:
        case "restricted":
            desk.directory.accounts["ben"] = replace(desk.directory.accounts["ben"], restricted=True)
        case "flagged":
            desk.directory.risks["ben"] = Risk("atRisk", "high", "none", desk.clock.time)
        case "unguarded":
            desk.directory.guarded["ben"] = frozenset()
        case "left":
            desk.directory.members[HELPDESK].remove("ben")
        case "same":
            for name in ("ann", "ben"):
                desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="e1")
        case _:
            pass


async def test_nobody_opens_anything_anywhere_else(desk: Office) -> None:
    await in_line(desk)
    elsewhere = replace(in_channel("ben"), chat=replace(in_channel("ben").chat, id="19:other@thread.tacv2"))
    ref = Ref("r1", (await desk.load("r1")).version)
    assert why(await desk.desk.handle(elsewhere, Take(ref))) == Reason.NOT_HERE
    assert why(await desk.desk.handle(elsewhere, SeeQueue())) == Reason.NOT_HERE


async def _withdrawn(desk: Office, request: str = "r1") -> None:
    await desk.desk.handle(at_home("ann"), Withdraw(Ref(request, (await desk.load(request)).version)))


async def _denied(desk: Office) -> None:
    await desk.desk.handle(in_channel("cleo"), Deny(Ref("r1", (await desk.load("r1")).version), "knew no floor"))


async def _expired(desk: Office) -> None:
    desk.clock.time = (await desk.load("r1")).expires_at or desk.clock.time


async def _reported(desk: Office) -> None:
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))


@pytest.mark.parametrize("over", [_withdrawn, _denied, _expired, _reported])
async def test_what_is_over_is_not_opened_and_one_is_told(desk: Office, over: Any) -> None:
    await in_line(desk)
    await over(desk)
    assert why(await takes(desk)) == Reason.CLOSED
    assert not [p for p in await kept(desk) if p.slot is Slot.CONFIRM]


async def test_what_an_alarm_has_frozen_is_not_opened_before_it_is_stopped(desk: Office) -> None:
    await in_line(desk)
    await desk.ask("ann", "r9", kind="compromised")
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert why(await takes(desk)) == Reason.FROZEN


async def test_in_a_trial_it_is_the_same_and_nothing_is_done(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, mode=Mode.EVALUATE)
        await in_line(desk)
        await takes(desk)
        await desk.job("cards")
        assert "Trial run" in desk.messenger.shown(private("ben").id)
        await desk.desk.handle(at_home("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
        await desk.sign_in("ben")
        await desk.show()
        assert (await desk.load("r1")).status is Status.EVALUATED
        assert touched(desk) == []


async def test_who_asks_and_withdraws_again_and_again_is_stopped_in_the_line_too(desk: Office) -> None:
    """What approvers could open stood before them, whether it had a thread of its own or not."""
    await others(desk)
    for number in range(SHOWN * POLICY.per_day):
        await desk.ask(request_id=f"r{number}")
        await desk.sign_in(request_id=f"r{number}")
        await desk.job("cards", f"r{number}")
        assert [p.person for p in await kept(desk, f"r{number}") if p.slot is Slot.APPROVERS] == [STOOD]
        await _withdrawn(desk, f"r{number}")
    assert why(await desk.ask(request_id="more")) == Reason.TOO_MANY_SHOWN


# The message in the channel.


async def looks(desk: Office) -> list[str]:
    """A look at the line, and what is to be done because of it."""
    await worked_off(desk)
    await desk.signboard.look()
    found = await queued(desk)
    await worked_off(desk)
    return sorted(found)


def board(desk: Office) -> list[tuple[str, str]]:
    """Where the line stands in the channel."""
    return [
        at
        for at, m in desk.messenger.messages.items()
        if at[0].startswith(CHANNEL) and "Waiting for an approver" in str(m)
    ]


async def drawn(desk: Office) -> None:
    await desk.signboard.draw(Job(BOARD, LINE_ID))


async def test_more_than_a_few_are_one_message_with_a_button_each(desk: Office) -> None:
    await in_line(desk, others_first=ROWS + 1)
    assert f"{BOARD}:{LINE_ID}" in await looks(desk)
    await drawn(desk)
    (at,) = board(desk)
    shown = desk.messenger.messages[at]
    assert verbs(shown) == ["take"] * ROWS + ["queue"]
    assert f"Waiting for an approver: {ROWS + 2}" in str(shown)
    assert "P0" in str(shown)
    assert "Ann" not in str(shown)


async def test_it_changes_in_place_and_only_when_there_is_something_to_change(desk: Office) -> None:
    await in_line(desk)
    await drawn(desk)
    (at,), sent = board(desk), len(desk.messenger.bodies)
    await drawn(desk)
    assert len(desk.messenger.bodies) == sent
    await takes(desk)
    await drawn(desk)
    assert board(desk) == [at]
    assert "Opened by Ben" in str(desk.messenger.messages[at])


async def test_a_few_that_are_left_stay_on_it_and_nobody_leaves_a_line_behind(desk: Office) -> None:
    await in_line(desk)
    await drawn(desk)
    await _withdrawn(desk)
    await drawn(desk)
    (at,) = board(desk)
    assert f"Waiting for an approver: {FEW}" in str(desk.messenger.messages[at])
    for name in (f"p{n}" for n in range(FEW)):
        await desk.job("cards", f"r-{name}")
    await drawn(desk)
    assert board(desk) == []
    assert "Nobody waits in the line any more" in str(desk.messenger.messages[at])
    sent = len(desk.messenger.bodies)
    await drawn(desk)
    assert len(desk.messenger.bodies) == sent
    assert f"{BOARD}:{LINE_ID}" not in await looks(desk)


async def test_the_next_rush_has_a_message_of_its_own(desk: Office) -> None:
    await test_a_few_that_are_left_stay_on_it_and_nobody_leaves_a_line_behind(desk)
    for name in (f"q{n}" for n in range(FEW + 1)):
        desk.directory.add(name, EMPLOYEES)
        await desk.ask(name, f"r-{name}")
        await desk.sign_in(name, f"r-{name}")
    await drawn(desk)
    assert len(board(desk)) == 1


async def test_who_comes_to_the_front_has_a_thread_and_leaves_the_line(desk: Office) -> None:
    await in_line(desk)
    assert "cards:r1" not in await looks(desk)
    first = await desk.load("r-p0")
    await desk.desk.handle(at_home("p0"), Withdraw(Ref(first.id, first.version)))
    desk.signboard = replace(desk.signboard, turns=desk.store.budget("another", 0.001))
    assert "cards:r1" in await looks(desk)
    await desk.job("cards")
    assert "Ann asks" in desk.messenger.shown(CHANNEL)
    assert "cards:r1" not in await looks(desk)


async def test_replicas_together_look_no_more_often_than_one(desk: Office) -> None:
    await in_line(desk)
    assert f"{BOARD}:{LINE_ID}" in await looks(desk)
    assert await looks(desk) == []  # another, in the same moment


async def test_it_is_news_again_when_threads_have_pushed_it_out_of_sight(desk: Office) -> None:
    await in_line(desk)
    await drawn(desk)
    (first,) = board(desk)
    desk.clock.time += NEWS
    await drawn(desk)
    (second,) = board(desk)
    assert second != first
    assert "goes on in a newer message" in str(desk.messenger.messages[first])


async def test_one_that_somebody_deleted_comes_again_once_there_is_something_new(desk: Office) -> None:
    await in_line(desk)
    await drawn(desk)
    desk.messenger.messages.pop(board(desk)[0])
    await takes(desk)
    await drawn(desk)
    assert len(board(desk)) == 1


async def test_an_answer_that_gets_lost_is_asked_for_again_and_the_twin_goes_when_it_is_pressed(desk: Office) -> None:
    await in_line(desk)
    desk.messenger.trouble.append(AnswerLost("cut"))
    with pytest.raises(Unavailable):
        await drawn(desk)
    await drawn(desk)
    (known,) = board(desk)
    twin, number = await desk.messenger.post_in_channel(TENANT, CHANNEL, {"text": "Waiting for an approver: 1"})
    await worked_off(desk)
    ref = Ref("r1", (await desk.load("r1")).version)
    for place, pressed, gone in ((known[0], known[1], False), (twin.id, number, True)):
        at = replace(in_channel("ben"), chat=replace(twin, id=place))
        assert await desk.desk.handle(at, Take(ref), card=pressed) == Said("queue.taken")
        assert (f"stray:{LINE_ID}" in await queued(desk)) is gone
    await desk.delivery.stray(Job("stray", LINE_ID, slot=number, person=twin.id))
    assert board(desk) == [known]


async def test_no_press_on_the_line_takes_a_requests_own_card_away(desk: Office) -> None:
    await in_line(desk)
    await drawn(desk)
    await desk.job("cards", "r-p0")
    (thread,) = [at for at, m in desk.messenger.messages.items() if "P0 asks" in str(m) and at[0].startswith(CHANNEL)]
    at = replace(in_channel("ben"), chat=Chat(TENANT, thread[0], "https://connector.example/", personal=False))
    await desk.desk.handle(at, Take(Ref("r1", (await desk.load("r1")).version)), card=thread[1])
    await desk.delivery.stray(Job("stray", LINE_ID, slot=thread[1], person=thread[0]))
    assert thread in desk.messenger.messages


async def test_a_message_taken_without_an_id_is_sent(desk: Office) -> None:
    await in_line(desk)
    desk.messenger.nameless = {CHANNEL}
    await drawn(desk)
    await takes(desk)
    await drawn(desk)
    assert len(board(desk)) == 1
    desk.clock.time += NEWS
    await drawn(desk)
    assert len(board(desk)) == 2


@pytest.mark.parametrize("stands", [False, True])
async def test_a_channel_that_takes_nothing_is_tried_again_after_a_while(desk: Office, *, stands: bool) -> None:
    await in_line(desk)
    if stands:
        await drawn(desk)
        await takes(desk)
    desk.messenger.trouble.append(Closed("gone", code="ConversationNotFound"))
    await drawn(desk)
    desk.messenger.trouble.append(Rejected("asked too soon"))
    await drawn(desk)
    assert desk.messenger.trouble, "nothing was sent"
    desk.messenger.trouble.clear()
    desk.clock.time += SHUT
    before = board(desk)
    await drawn(desk)
    assert len(board(desk)) == len(before) + 1


async def test_another_channel_has_the_line_and_the_old_one_does_not(desk: Office) -> None:
    await in_line(desk)
    await drawn(desk)
    (old,) = board(desk)
    desk.signboard = replace(desk.signboard, channel="19:new@thread.tacv2")
    await drawn(desk)
    assert "Waiting for" in desk.messenger.shown("19:new@thread.tacv2")
    assert "newer message" in str(desk.messenger.messages[old])


async def test_the_line_waits_for_the_next_turn_before_all_others(desk: Office) -> None:
    """A refused turn leaves the message that stands as it is, and the job comes again."""
    await in_line(desk)
    desk.messenger.crowded.add(CHANNEL)
    with pytest.raises(Unavailable):
        await drawn(desk)
    async with desk.store.unit() as unit:
        assert await unit.posted(LINE_ID) == ()


# The whole line, page by page, for whoever decides.


async def test_asked_for_in_the_channel_the_line_goes_to_their_private_chat(desk: Office) -> None:
    await in_line(desk)
    answer = await desk.desk.handle(in_channel("ben"), SeeQueue())
    assert isinstance(answer, QueueCard)
    assert answer.home is not None
    assert answer.home.id == private("ben").id


async def test_every_request_is_reached_page_by_page(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.desk.queue.PAGE", 3)
    await in_line(desk, others_first=7)
    seen, after = [], ""
    while True:
        page = await desk.desk.handle(at_home("ben"), SeeQueue(after))
        assert isinstance(page, QueueCard)
        assert page.line.count == 8
        seen += [one.id for one in page.line.some]
        if not page.after:
            break
        after = page.after
    assert seen == [*(f"r-p{n}" for n in range(7)), "r1"]


@pytest.mark.parametrize("who", [who for who in REFUSED if who not in {"ann", "same"}])
async def test_who_decides_about_nothing_sees_no_line(desk: Office, who: str) -> None:
    await in_line(desk)
    name = who if who == "kim" else "ben"
    await desk.desk.installed(person(name), private(name))
    _unfit(desk, who)
    answer = await desk.desk.handle(at_home(name), SeeQueue())
    assert why(answer) == REFUSED[who]


@pytest.mark.parametrize("first", ["gone", "herself"])
async def test_who_stands_first_keeps_nobody_from_the_line(desk: Office, first: str) -> None:
    """An account that was deleted meanwhile, or another one of the approver's own: each request is asked by itself."""
    await in_line(desk)
    if first == "gone":
        del desk.directory.accounts["p0"]
    for name in ("p0", "ben") if first == "herself" else ():
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="e1")
    answer = await desk.desk.handle(at_home("ben"), SeeQueue())
    assert isinstance(answer, QueueCard)
    assert len(answer.line.some) == FEW + 1
    assert why(await takes(desk, request="r-p0")) == (Reason.UNKNOWN if first == "gone" else Reason.SAME_PERSON)


async def test_of_the_line_one_sees_what_one_decides_about(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"risk": {"approvers_group": "security"}})
        await in_line(desk, others_first=3)
        desk.directory.risks["p0"] = desk.directory.risks["ann"]
        await desk.ask("p0", "r-risk", kind="risk")
        await desk.sign_in("p0", "r-risk")
        assert (await desk.load("r-risk")).status is Status.APPROVAL
        answer = await desk.desk.handle(at_home("ben"), SeeQueue())
        assert isinstance(answer, QueueCard)
        assert {one.kind for one in answer.line.some} == {"tap"}
