"""Law 7: an approver passes the walls that fit them, at the press and at the act; one human is one person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.actions import Approve, Deny, Ref, Refresh, SeeProof
from bot.core.answers import RequestCard
from bot.core.directory import Standing
from bot.core.errors import DeskError, Rejected, Unavailable
from bot.core.model import Actor, Chat, Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.risk import Risk
from bot.core.watch import Sort
from bot.desk.record import HARMLESS
from tests.fakes import POLICY, TENANT, FakeClock, Office, at_home, in_channel, office, person
from tests.laws.seen import touched, why
from tests.stores import patient

CHANGES: list[tuple[str, Reason]] = [
    ("guest", Reason.GUEST_APPROVER),
    ("restricted", Reason.APPROVER_IN_DOUBT),
    ("enabled", Reason.NOT_APPROVER),
    ("atRisk", Reason.APPROVER_IN_DOUBT),
    ("confirmedCompromised", Reason.APPROVER_IN_DOUBT),
    ("left", Reason.NOT_APPROVER),
    ("unguarded", Reason.STEP_UP_UNGUARDED),
    ("account", Reason.UNKNOWN),
    ("groups", Reason.UNKNOWN),
    ("at_risk", Reason.UNKNOWN),
    ("guarded_contexts", Reason.UNKNOWN),
]
every_change = pytest.mark.parametrize(("change", "reason"), CHANGES)


def becomes(desk: Office, change: str, name: str = "ben") -> None:
    """Something about an approver is not any more as it was, or cannot be found out."""
    entra = desk.directory
    match change:
        case "atRisk" | "confirmedCompromised":
            entra.risks[name] = Risk(change, "low", "none", None)
        case "left":
            entra.members["helpdesk"].discard(name)
        case "unguarded":
            entra.guarded[name] = frozenset()
        case "guest" | "restricted" | "enabled":
            changed: dict[str, Any] = {change: change != "enabled"}
            entra.accounts[name] = replace(entra.accounts[name], **changed)
        case _:
            entra.trouble[change] = Unavailable("away")


async def waiting(desk: Office) -> Ref:
    await desk.ask()
    await desk.sign_in()
    for name in ("ben", "cleo"):
        await desk.desk.installed(person(name), at_home(name).chat)
    return Ref("r1", (await desk.load("r1")).version)


async def refusals(desk: Office, name: str) -> int:
    """How often it was counted that somebody's yes or no was refused."""
    async with desk.store.unit() as unit:
        return (await unit.tried(person(name), Sort.REFUSED, desk.clock.now())).hour - 1


@every_change
async def test_no_press_counts_of_whom_no_wall_would_let_pass(desk: Office, change: str, reason: Reason) -> None:
    ref = await waiting(desk)
    becomes(desk, change)
    assert why(await desk.desk.handle(in_channel("ben"), Approve(ref))) == reason


@every_change
async def test_a_yes_on_its_way_counts_nothing_once_that_changed(desk: Office, change: str, reason: Reason) -> None:
    ref = await waiting(desk)
    await desk.desk.handle(in_channel("ben"), Approve(ref))
    becomes(desk, change)
    desk.entra.who = "ben"  # whose name Entra's page began with may not be known any more
    assert why(await desk.sign_in("ben", "r1")) == reason
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert await refusals(desk, "ben") == (0 if reason in HARMLESS else 1)  # an outage is held against nobody


@every_change
async def test_nothing_is_done_on_the_yes_of_whom_that_is_true_by_then(
    desk: Office, change: str, reason: Reason
) -> None:
    await desk.ready()
    becomes(desk, change)
    await desk.show()
    stands = (await desk.load("r1")).status
    assert stands is (Status.READY if reason is Reason.UNKNOWN else Status.APPROVAL)
    assert touched(desk) == []


async def test_a_flag_is_asked_about_only_of_who_could_approve(desk: Office) -> None:
    """The tenant's turns are few: whoever presses in a channel takes none of them."""
    ref = await waiting(desk)
    desk.directory.trouble["at_risk"] = AssertionError("a turn was taken")
    becomes(desk, "enabled", "cleo")
    for name in ("mo", "cleo"):
        assert why(await desk.desk.handle(in_channel(name), Approve(ref))) == Reason.NOT_APPROVER


@pytest.mark.parametrize("action", [Approve, Deny, SeeProof])
async def test_nobody_decides_from_any_other_chat(desk: Office, action: Any) -> None:
    ref = await waiting(desk)
    elsewhere = Chat(TENANT, "19:lunch@thread.tacv2;messageid=1", "https://connector.example/", personal=False)
    pressed = action(ref, "no") if action is Deny else action(ref)
    assert why(await desk.desk.handle(Actor(person("ben"), elsewhere), pressed)) == Reason.NOT_HERE
    assert (await desk.load("r1")).status is Status.APPROVAL


@pytest.mark.parametrize(("where", "told"), [(in_channel, "continue_in_private"), (at_home, "Slot.CONFIRM")])
async def test_from_the_channel_and_from_ones_own_chat_it_counts(desk: Office, where: Any, told: str) -> None:
    ref = await waiting(desk)
    assert told in str(await desk.desk.handle(where("ben"), Approve(ref)))
    await desk.sign_in("ben")
    assert (await desk.load("r1")).status is Status.READY


async def test_a_no_needs_no_context_that_guards(desk: Office) -> None:
    ref = await waiting(desk)
    becomes(desk, "unguarded")
    await desk.desk.handle(in_channel("ben"), Deny(ref, "I could not reach her"))
    assert (await desk.load("r1")).status is Status.DENIED


def human(desk: Office, number: str, *names: str) -> None:
    for name in names:
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human=number)


async def test_another_account_of_who_asks_does_not_approve(desk: Office) -> None:
    human(desk, "1001", "ann", "ben")
    ref = await waiting(desk)
    assert why(await desk.desk.handle(in_channel("ben"), Approve(ref))) == Reason.SAME_PERSON


async def test_while_nobody_can_say_which_human_asks_no_yes_counts(desk: Office) -> None:
    """Whoever presses might be the same one, by another account."""
    ref = await waiting(desk)
    del desk.directory.accounts["ann"]
    assert why(await desk.desk.handle(in_channel("ben"), Approve(ref))) == Reason.UNKNOWN


@pytest.fixture
async def two(database_url: str) -> Any:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, replace(POLICY, approvals=2))


async def test_two_accounts_of_one_human_are_one_yes(two: Office) -> None:
    human(two, "1002", "ben", "cleo")
    await waiting(two)
    await two.approve("ben")
    assert why(await two.approve("cleo")) == Reason.ALREADY_APPROVED
    assert (await two.load("r1")).status is Status.APPROVAL


async def test_two_people_are_two(two: Office) -> None:
    human(two, "1002", "ben")
    human(two, "1003", "cleo")
    await waiting(two)
    await two.approve("ben")
    await two.approve("cleo")
    assert (await two.load("r1")).status is Status.READY


async def test_the_second_account_that_became_known_later_does_not_count_at_the_act(two: Office) -> None:
    await waiting(two)
    await two.approve("ben")
    await two.approve("cleo")
    human(two, "1002", "ben", "cleo")
    await two.show()
    assert (await two.load("r1")).status is Status.APPROVAL
    assert touched(two) == []


@pytest.mark.parametrize("kind", ["tap", "password", "risk", "methods"])
@pytest.mark.parametrize("stands", ["member", "owner", "nested"])
async def test_no_colleague_gets_into_the_account_of_who_decides(desk: Office, kind: str, stands: str) -> None:
    match stands:
        case "member":
            desk.directory.members["helpdesk"].add("kim")
        case "owner":
            desk.directory.privileged["kim"] = Standing((), (), frozenset({"helpdesk"}))
        case _:
            desk.directory.nested["helpdesk"] = frozenset({"leads"})
            desk.directory.privileged["kim"] = Standing((), (), frozenset({"leads"}))
    assert why(await desk.ask("kim", kind=kind)) == Reason.APPROVER


@pytest.mark.parametrize("kind", ["sessions", "compromised", "verify"])
async def test_who_decides_may_lock_and_prove_for_themselves(desk: Office, kind: str) -> None:
    desk.directory.trouble["within"] = Unavailable("away")  # and needs nobody's word for it
    await desk.ask("ben", kind=kind)
    assert (await desk.load("r1")).status is not Status.REFUSED


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(Unavailable("away"), Reason.UNKNOWN), (Rejected("no", code="denied"), Reason.ENTRA_REFUSED)],
)
async def test_who_may_be_one_of_those_who_decide_is_refused(desk: Office, trouble: DeskError, reason: Reason) -> None:
    desk.directory.trouble["within"] = trouble
    assert why(await desk.ask("kim")) == reason


async def test_the_trail_names_who_approved_and_who_was_refused(desk: Office) -> None:
    await desk.ready()
    told = [e async for e in desk.store.audit_entries(TENANT)]
    approved = [e.data for e in told if e.deed == "approved"]
    assert [(data["by"], data["name"], data["strength"]) for data in approved] == [("ben", "Ben", "c1")]
    assert await refusals(desk, "ben") == 0
    becomes(desk, "guest", "cleo")
    ref = Ref("r1", (await desk.load("r1")).version)
    lunch = Chat(TENANT, "19:lunch@thread.tacv2", "https://connector.example/", personal=False)
    await desk.desk.handle(Actor(person("cleo"), lunch), Approve(ref))
    last = [e async for e in desk.store.audit_entries(TENANT)][-1]
    assert (last.deed, last.data["by"], last.data["reason"]) == ("refused", "cleo", Reason.NOT_HERE)


async def test_an_approvers_private_card_is_drawn_again_for_them_alone(desk: Office) -> None:
    """A refresh names a request by what stands in its button, and that is in the hands of whoever presses."""
    ref = await waiting(desk)
    await desk.desk.handle(in_channel("ben"), Approve(ref))
    await desk.job("cards")
    for name in ("cleo", "mo", "kim"):
        assert why(await desk.desk.handle(at_home(name), Refresh(ref))) == Reason.NOT_FOUND
    mine = await desk.desk.handle(at_home("ben"), Refresh(ref))
    assert isinstance(mine, RequestCard)
    assert mine.slot is Slot.CONFIRM
