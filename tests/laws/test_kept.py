"""Nothing that was found out about a person is kept for the next decision; within one, each question is asked once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.core.actions import Begin, Home
from bot.core.answers import Form, RequestCard
from bot.core.directory import Standing
from bot.core.errors import Unavailable
from bot.core.methods import Method, MethodKind
from bot.core.model import Status
from bot.core.reasons import Reason
from bot.core.risk import Risk
from bot.desk import handed
from bot.desk.handed import Handed
from cards import text
from tests.entra import FakeDirectory
from tests.fakes import EMPLOYEES, HELPDESK, LONG_AGO, POLICY, Office, at_home
from tests.laws.seen import why

CHANNEL = "19:helpdesk@thread.tacv2"

# What may change about who asks, from one press to the next, and what each wall says then.
CHANGES: dict[str, tuple[Callable[[FakeDirectory], object], str]] = {
    "disabled": (lambda d: d.add("ann", enabled=False), Reason.DISABLED),
    "guest": (lambda d: d.add("ann", guest=True), Reason.GUEST),
    "restricted": (lambda d: d.add("ann", restricted=True), Reason.RESTRICTED),
    "role": (lambda d: d.privileged.update(ann=Standing(("admin",), ())), Reason.PRIVILEGED),
    "left": (lambda d: d.members[EMPLOYEES].discard("ann"), Reason.NOT_ALLOWED),
    "decides": (lambda d: d.members[HELPDESK].add("ann"), Reason.APPROVER),
    "spared": (lambda d: d.guarded.update(ann=frozenset()), Reason.STEP_UP_UNGUARDED),
    "pass": (lambda d: d.live.update(ann=d.live["kim"]), "tap.live_pass"),
    "off": (lambda d: setattr(d, "policy", replace(d.policy, enabled=False)), "tap.off_in_tenant"),
}


@pytest.fixture
async def live(desk: Office) -> Office:
    """Kim has a pass already, so that Ann may be given one like it."""
    await desk.bring("tap", "kim", "kims")
    desk.directory.secrets.clear()
    return desk


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("until", ["asked", "signed in", "approved"])
async def test_what_changes_about_a_person_is_seen_at_the_next_press(live: Office, until: str, change: str) -> None:
    becomes, reason = CHANGES[change]
    await live.ask()
    if until != "asked":
        await live.sign_in()
    if until == "approved":
        await live.approve()
    becomes(live.directory)
    answer = await {"asked": live.sign_in, "signed in": live.approve, "approved": live.show}[until]()
    ending = (await live.load("r1")).ending
    told = ending.refusal if ending is not None else None
    assert (why(answer) if told is None else told.reason) == reason
    assert live.directory.secrets == []


@pytest.mark.parametrize("change", CHANGES)
async def test_nothing_is_asked_for_on_what_a_form_was_shown_by(live: Office, change: str) -> None:
    becomes, reason = CHANGES[change]
    await live.desk.handle(at_home("ann"), Home())
    assert isinstance(await live.desk.handle(at_home("ann"), Begin("tap")), Form)
    becomes(live.directory)
    assert why(await live.ask()) == reason


@pytest.mark.parametrize("gone", ["left", "flagged"])
async def test_what_changes_about_an_approver_is_seen_at_the_act(desk: Office, gone: str) -> None:
    await desk.ready()
    if gone == "left":
        desk.directory.members[HELPDESK].discard("ben")
    else:
        desk.directory.risks["ben"] = Risk("atRisk", "low", "none", LONG_AGO)
    await desk.show()
    assert desk.directory.secrets == []


async def test_a_fault_is_the_fault_of_one_decision(desk: Office) -> None:
    desk.directory.trouble["standing"] = Unavailable("away")
    assert why(await desk.ask()) == Reason.UNKNOWN
    desk.directory.trouble.clear()
    assert isinstance(await desk.ask(request_id="r2"), RequestCard)


@pytest.mark.parametrize("kind", ["tap", "methods", "risk", "password", "sessions"])
async def test_within_a_press_the_same_question_is_asked_once(
    desk: Office, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form, asking, the sign-in, the click, the yes and the act: of each person, each thing, once."""
    asked = Counter[str]()
    for name in ("account", "standing", "groups", "passes", "methods", "risk"):
        monkeypatch.setattr(FakeDirectory, name, counting(asked, name, getattr(FakeDirectory, name)))
    monkeypatch.setattr(FakeDirectory, "pass_policy", counting(asked, "pass_policy", FakeDirectory.pass_policy))
    desk.directory.registered["ann"].append(Method(MethodKind.PHONE, "m", "", "", LONG_AGO))

    def most() -> int:
        counts = [*asked.values()]
        asked.clear()
        return max(counts)

    await desk.desk.handle(at_home("ann"), Begin(kind))
    assert most() == 1
    await desk.ask(kind=kind)
    assert most() == 1
    if (await desk.load("r1")).status is Status.STEP_UP:
        await desk.sign_in()
        asked["account of ann"] -= 1  # its window begins with her name
        assert most() == 1
    if (await desk.load("r1")).status is Status.APPROVAL:
        await desk.approve()
        asked.subtract({"account of ann": 1, "account of ben": 2, "groups of ben": 1})  # his press, his window's name
        assert most() == 1


def counting(asked: Counter[str], name: str, ask: Callable[..., object]) -> Callable[..., object]:
    def counted(directory: FakeDirectory, person: str = "tenant", *rest: object) -> object:
        asked[f"{name} of {person}"] += 1
        return ask(directory, *([] if person == "tenant" else [person]), *rest)

    return counted


async def test_who_decides_writes_nothing(desk: Office) -> None:
    view = desk.directory.once()
    with pytest.raises(TypeError, match="only reads"):
        await view.delete_pass("ann", "pass-1")
    with pytest.raises(TypeError, match="only reads"):
        await view.revoke_sessions("ann")
    assert view.once() is view
    assert desk.directory.writes == []


# Cards.


async def test_the_cards_that_follow_a_decision_draw_what_it_found_and_all_others_ask(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.ask()
    await desk.sign_in()
    asked = Counter[str]()
    monkeypatch.setattr(FakeDirectory, "standing", counting(asked, "standing", FakeDirectory.standing))
    await desk.job("cards")
    assert text("account.ordinary", "en") in desk.messenger.shown(CHANNEL)
    assert not asked
    desk.directory.privileged["ann"] = Standing(("admin",), ())
    await desk.job("cards")
    assert text("account.privileged", "en") in desk.messenger.shown(CHANNEL)
    assert asked == {"standing of ann": 1}


async def test_a_card_that_comes_later_asks(desk: Office) -> None:
    hurried = replace(desk.delivery, inquiry=replace(desk.delivery.inquiry, handed=Handed(0.0)))
    await desk.ask()
    await desk.sign_in()
    desk.directory.privileged["ann"] = Standing(("admin",), ())
    await replace(desk, delivery=hurried).job("cards")
    assert text("account.privileged", "en") in desk.messenger.shown(CHANNEL)


async def test_what_a_decision_could_not_find_out_is_asked_for_the_card(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    desk.directory.trouble["standing"] = Unavailable("away")
    desk.clock.advance(seconds=POLICY.approval_wait.total_seconds() / 2 + 1)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.APPROVAL
    desk.directory.trouble.clear()
    desk.directory.privileged["ann"] = Standing(("admin",), ())
    with suppress(Unavailable):  # the reminder has no thread yet
        await desk.job("cards")
    assert text("account.privileged", "en") in desk.messenger.shown(CHANNEL)


def test_what_is_handed_on_is_taken_once_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def held() -> list[int | None]:
        monkeypatch.setattr(handed, "MOST", 2)
        line: Handed[int] = Handed(60)
        late: Handed[int] = Handed(0)
        for number, key in enumerate("abca", 1):
            line.put(key, number)
        late.put("a", 1)
        return [line.take("b"), line.take("a"), line.take("a"), line.take("c"), late.take("a")]

    assert asyncio.run(held()) == [None, 4, None, 3, None]
