"""What was tried is on record: each proof that fails, by whom, about whom; and security hears when there are many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Approve, Deny, OfferToken, Ref, ReturnCode, SeeProof, Show
from bot.core.audit import Entry
from bot.core.errors import Missing, Unavailable
from bot.core.model import Actor, Chat, Refusal, Status
from bot.core.ports import Job, Purpose, SignIn
from bot.core.reasons import Reason
from bot.core.watch import BUDGET, USUAL, Sort
from cards import text
from tests.entra import TENANT
from tests.fakes import Office, at_home, in_channel, person, private
from tests.laws.wallet import asked, credential

SECURITY = "19:security"
TOKEN = "forged.eyJ0b2tlbg.of-somebody-else"


async def told(desk: Office, *deeds: str) -> list[Entry]:
    """The entries that say that something was tried, or found."""
    wanted = deeds or ("proof_failed", "step_up_failed", "refused", "found")
    return [entry async for entry in desk.store.audit_entries(TENANT) if entry.deed in wanted]


async def prompt(desk: Office, name: str = "ann", purpose: Purpose = Purpose.STEP_UP) -> SignIn:
    async with desk.store.unit() as unit:
        waiting = await unit.sign_in_for("r1", name, purpose)
    assert waiting is not None
    return waiting


async def findings(desk: Office) -> list[str]:
    """The ids of what waits for security to be told."""
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        rows = await connection.execute("SELECT args FROM procrastinate_jobs WHERE args ->> 'name' = 'finding'")
        return [row["args"]["request"] for row in await rows.fetchall()]


async def heard(desk: Office) -> int:
    """Do what waits for security, and return how many cards stand in its channel."""
    for finding in await findings(desk):
        await desk.findings.tell(Job("finding", finding))
    return sum(chat.startswith(SECURITY) for chat, _ in desk.messenger.messages)


async def token_of_another(desk: Office) -> None:
    """Ann's client offers a token that is not hers."""
    await desk.desk.handle(at_home("ann"), OfferToken((await prompt(desk)).id, TOKEN))


async def transaction_of_another(desk: Office) -> None:
    """Mo's client answers Ann's prompt."""
    await desk.desk.handle(at_home("mo"), OfferToken((await prompt(desk)).id, TOKEN))


async def from_elsewhere(desk: Office) -> None:
    """Ann's prompt is answered from a chat it was not sent to."""
    elsewhere = Actor(person("ann"), replace(private("ann"), id="a:elsewhere"))
    await desk.desk.handle(elsewhere, OfferToken((await prompt(desk)).id, TOKEN))


async def code_of_another(desk: Office) -> None:
    await desk.desk.handle(at_home("mo"), ReturnCode(f"{(await prompt(desk)).id}.stolen"))


async def wrong_code(desk: Office) -> None:
    waiting = await prompt(desk)
    cookie = f"{waiting.id}.browser"
    await desk.step_up.start(waiting.id, cookie)
    assert isinstance(await desk.step_up.returned(cookie, {"code": "x"}), str)
    await desk.desk.handle(at_home("ann"), ReturnCode(f"{waiting.id}.guessed"))


async def somebody_else_signs_in(desk: Office) -> None:
    waiting = await prompt(desk)
    cookie = f"{waiting.id}.browser"
    await desk.step_up.start(waiting.id, cookie)
    desk.entra.who = "mo"
    await desk.step_up.returned(cookie, {"code": "x"})


async def another_browser_starts(desk: Office) -> None:
    waiting = await prompt(desk)
    await desk.step_up.start(waiting.id, f"{waiting.id}.browser")
    await desk.step_up.start(waiting.id, f"{waiting.id}.other")


async def another_browser_returns(desk: Office) -> None:
    waiting = await prompt(desk)
    await desk.step_up.start(waiting.id, f"{waiting.id}.browser")
    await desk.step_up.returned(f"{waiting.id}.other", {"code": "x"})


async def another_browser_enters(desk: Office) -> None:
    waiting = await prompt(desk)
    await desk.step_up.start(waiting.id, f"{waiting.id}.browser")
    await desk.entry.entered(f"{waiting.id}.other", "Some-Password-1")


async def card_of_another(desk: Office) -> None:
    request = await desk.load("r1")
    await desk.desk.handle(at_home("mo"), Show(Ref("r1", request.version)))


TRIED: Mapping[Callable[[Office], Awaitable[None]], tuple[str, str, str]] = {
    token_of_another: ("ann", "ann", "wrong_person"),
    transaction_of_another: ("mo", "ann", "not_theirs"),
    from_elsewhere: ("ann", "ann", "not_theirs"),
    code_of_another: ("mo", "ann", "not_theirs"),
    wrong_code: ("ann", "ann", "wrong_code"),
    somebody_else_signs_in: ("ann", "ann", "wrong_person"),
    another_browser_starts: ("", "ann", "another_browser"),
    another_browser_returns: ("", "ann", "another_browser"),
    another_browser_enters: ("", "ann", "another_browser"),
    card_of_another: ("mo", "ann", "not_yours"),
}


@pytest.mark.parametrize("trying", TRIED, ids=lambda trying: trying.__name__)
async def test_each_proof_that_fails_is_on_record(desk: Office, trying: Callable[[Office], Awaitable[None]]) -> None:
    """Who, about whom, which request and why; and never what was offered."""
    await desk.ask()
    await trying(desk)
    (entry,) = await told(desk)
    by, about, reason = TRIED[trying]
    assert (entry.request, entry.subject) == ("r1", about)
    assert (entry.data["by"], entry.data["reason"]) == (by, reason)
    assert not any(what in str(entry) for what in (TOKEN, "stolen", "guessed", "Some-Password", ".other"))


async def test_what_holds_is_no_failure(desk: Office) -> None:
    """Nor is what happens to everybody: a token that does not do by itself, a prompt that is answered twice."""
    await desk.ready()
    await desk.show()
    assert await told(desk) == []
    assert await heard(desk) == 0


async def test_who_speaks_for_the_wallet_without_its_secrets_is_on_record(desk: Office) -> None:
    wallet = await asked(desk)
    await desk.desk.proofs.expects("v1.made-up-by-somebody")
    await wallet.calls("presentation_verified", state="v1.made-up", verifiedCredentialsData=[credential()])
    found = await told(desk)
    assert [(e.request, e.data["about"], e.data["reason"]) for e in found] == [("v1", "ann", "wrong_secret")] * 2
    assert not any("made-up" in str(entry) for entry in found)


async def test_proofs_of_somebody_else_are_counted_for_who_shows_them(desk: Office) -> None:
    """A wallet holds another person's credential; a score that is too low is no proof either."""
    for number in range(3):
        wallet = await asked(desk, "ann", f"v{number}")
        await wallet.shows(verifiedCredentialsData=[credential("mo")])
    async with desk.store.unit() as unit:
        assert (await unit.tried(person("ann"), Sort.BY, desk.clock.now())).hour == 3 + 1


async def test_an_approver_who_looks_with_another_token_is_on_record(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    await desk.desk.installed(person("ben"), private("ben"))
    await desk.desk.handle(in_channel("ben"), SeeProof(Ref("r1", (await desk.load("r1")).version)))
    waiting = await prompt(desk, "ben", Purpose.LOOK)
    await desk.desk.handle(at_home("cleo"), OfferToken(waiting.id, "cleo"))
    await desk.desk.handle(at_home("ben"), OfferToken(waiting.id, "cleo"))
    found = await told(desk, "proof_failed")
    assert [(e.data["by"], e.data["about"], e.data["reason"]) for e in found] == [
        ("cleo", "ben", "not_theirs"),
        ("ben", "ben", "wrong_person"),
    ]


async def test_nobody_fills_the_trail_with_failures(desk: Office) -> None:
    """The last entry of an hour says that more are only counted; another person's are written all the same."""
    await desk.ask()
    for _ in range(BUDGET + 15):
        await transaction_of_another(desk)
    found = await told(desk, "proof_failed")
    assert len(found) == BUDGET
    assert [entry.data.get("further", "") for entry in found] == [""] * (BUDGET - 1) + ["counted"]
    await desk.desk.handle(at_home("kim"), OfferToken((await prompt(desk)).id, TOKEN))
    assert (await told(desk, "proof_failed"))[-1].data["by"] == "kim"
    desk.clock.time += timedelta(minutes=61)
    await card_of_another(desk)
    assert len(await told(desk)) > BUDGET + 1


async def test_nobody_fills_the_trail_with_presses(desk: Office) -> None:
    await desk.ask()
    for _ in range(BUDGET + 15):
        await card_of_another(desk)
    for _ in range(BUDGET + 15):
        await desk.desk.handle(in_channel("ann"), Show(Ref("r1", 1)))
    assert [e.data["by"] for e in await told(desk, "refused")] == ["mo"] * BUDGET + ["ann"] * BUDGET


async def test_many_failed_proofs_are_one_card_for_each_person(desk: Office) -> None:
    """Who offers them, and whom they are about: by one person about another, both are told of, once an hour."""
    await desk.ask()
    for _ in range(USUAL.failed - 1):
        await transaction_of_another(desk)
    assert await heard(desk) == 0
    for _ in range(30):
        await transaction_of_another(desk)
    assert await heard(desk) == await heard(desk) == 2
    shown = desk.messenger.shown(SECURITY)
    assert text("finding.about_proof_by", "en", name="Mo") in shown
    assert text("finding.about_proof_about", "en", name="Ann") in shown
    assert [(e.subject, e.data["sort"], e.data["count"]) for e in await told(desk, "found")] == [
        ("mo", "proof_by", str(USUAL.failed)),
        ("ann", "proof_about", str(USUAL.failed)),
    ]
    desk.clock.time += timedelta(hours=1)
    await card_of_another(desk)
    assert await heard(desk) == 2  # in the new hour there is one
    for _ in range(USUAL.failed):
        await card_of_another(desk)
    assert await heard(desk) == 4


async def test_one_person_tried_by_many_is_told(desk: Office) -> None:
    await desk.ask()
    waiting = await prompt(desk)
    for name in ("mo", "kim", "ben", "cleo", "emma"):
        await desk.desk.handle(at_home(name), OfferToken(waiting.id, TOKEN))
    assert await heard(desk) == 1
    assert text("finding.about_proof_about", "en", name="Ann") in desk.messenger.shown(SECURITY)


async def test_who_fails_to_prove_themselves_is_told_of_once(desk: Office) -> None:
    """It is about nobody else, so there is no second card that says somebody tries to be them."""
    await desk.ask()
    for _ in range(USUAL.failed):
        await from_elsewhere(desk)
    assert await heard(desk) == 1
    [found] = await told(desk, "found")
    assert (found.subject, found.data["sort"]) == ("ann", "proof_by")


async def test_a_finding_names_the_request_it_was_about(desk: Office) -> None:
    await desk.ask()
    for _ in range(USUAL.failed):
        await from_elsewhere(desk)
    [waiting] = await findings(desk)
    async with desk.store.unit() as unit:
        finding = await unit.finding(waiting)
    assert finding is not None
    assert finding.request == "r1"


async def test_what_nobody_chose_counts_for_whom_asked(desk: Office) -> None:
    """A sign-in that was refused by nobody known: the entry names nobody, and the budget is the requester's."""
    await desk.ask()
    request, refusal = await desk.load("r1"), Refusal(Reason.WEAK_SIGN_IN)
    for _ in range(USUAL.refused):
        await desk.ledger.record.refused(request, refusal, None, Sort.REFUSED)
    assert {entry.data["by"] for entry in await told(desk, "refused")} == {""}
    assert [entry.subject for entry in await told(desk, "found")] == ["ann"]


async def test_only_what_says_something_about_an_approver_counts_against_them(desk: Office) -> None:
    """Too late, twice, or while something was away is no sign; every other reason is, whichever is added."""
    await desk.ask()
    request = await desk.load("r1")
    for reason in Reason:
        for _ in range(USUAL.refused):
            await desk.ledger.record.refused(request, Refusal(reason), person(reason.value), Sort.REFUSED)
    counted = {entry.subject for entry in await told(desk, "found")}
    assert {reason.value for reason in Reason} - counted == {
        "already_approved",
        "approved_many",
        "asked_many",
        "busy",
        "changed",
        "closed",
        "entra_refused",
        "lockdown",
        "not_permitted",
        "no_private_chat",
        "opened_many",
        "reason_required",
        "step_up_unguarded",
        "threat_holds",
        "threat_second",
        "unavailable",
        "unknown",
        "used_sign_in",
    }


async def refused_yes(desk: Office, name: str) -> None:
    await desk.desk.handle(in_channel(name), Approve(Ref("r1", (await desk.load("r1")).version)))


async def refused_no(desk: Office, name: str) -> None:
    await desk.desk.handle(in_channel(name), Deny(Ref("r1", (await desk.load("r1")).version), "no"))


async def yes_from_elsewhere(desk: Office, name: str) -> None:
    chat = Chat(TENANT, "19:meeting@thread.v2", "https://connector.example/", personal=False)
    await desk.desk.handle(Actor(person(name), chat), Approve(Ref("r1", (await desk.load("r1")).version)))


@pytest.mark.parametrize(
    ("how", "name"), [(refused_yes, "mo"), (refused_no, "mo"), (refused_yes, "ann"), (yes_from_elsewhere, "ben")]
)
async def test_an_approver_who_is_refused_again_and_again_is_told(
    desk: Office, how: Callable[[Office, str], Awaitable[None]], name: str
) -> None:
    await desk.ask()
    await desk.sign_in()
    for _ in range(USUAL.refused - 1):
        await how(desk, name)
    assert await heard(desk) == 0
    await how(desk, name)
    assert await heard(desk) == 1
    assert text("finding.about_refused", "en", name=name.title()) in desk.messenger.shown(SECURITY)


async def test_a_yes_that_came_too_late_says_nothing_about_its_approver(desk: Office) -> None:
    await desk.ready()
    for _ in range(USUAL.refused + 2):
        await refused_yes(desk, "cleo")
    assert await heard(desk) == 0


async def test_a_yes_that_is_refused_when_it_is_counted_is_told_too(desk: Office) -> None:
    """At the press they might; when the sign-in came back they were no longer in the group."""
    await desk.ask()
    await desk.sign_in()
    for _ in range(USUAL.refused):
        await desk.desk.installed(person("ben"), private("ben"))
        desk.directory.members["helpdesk"].add("ben")
        await refused_yes(desk, "ben")
        desk.directory.members["helpdesk"].remove("ben")
        await desk.sign_in("ben")
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert await heard(desk) == 1
    async with desk.store.unit() as unit:  # and none of them was a yes
        assert (await unit.tried(person("ben"), Sort.YES, desk.clock.now())).day == 1


@pytest.mark.parametrize(
    ("apart", "many", "window"),
    [
        (timedelta(seconds=2), USUAL.yes_minute, "minute"),
        (timedelta(minutes=3), USUAL.yes_hour, "hour"),
        (timedelta(minutes=20), USUAL.yes_day, "day"),
    ],
)
async def test_more_yeses_than_usual_are_told(desk: Office, apart: timedelta, many: int, window: str) -> None:
    record = desk.ledger.record
    await desk.ready()
    request = await desk.load("r1")  # with Ben's first
    for _ in range(many - 2):
        desk.clock.time += apart
        async with desk.store.unit() as unit:
            await record.counted(unit, person("ben"), Sort.YES, request)
    assert await heard(desk) == 0
    desk.clock.time += apart
    await desk.ask("kim", "r2")
    await desk.sign_in("kim", "r2")
    await desk.approve("ben", "r2")
    assert await heard(desk) == 1
    assert text(f"finding.yes_{window}", "en", name="Ben", count=many) in desk.messenger.shown(SECURITY)


async def test_a_finding_is_told_until_it_stands_there_and_then_once(desk: Office) -> None:
    await desk.ask()
    for _ in range(USUAL.failed):
        await card_of_another(desk)
    desk.messenger.gone.add("19:security@thread.tacv2")
    with pytest.raises(Unavailable):
        await heard(desk)
    desk.messenger.gone.clear()
    desk.messenger.trouble = [Missing("gone", code="x")]
    with pytest.raises(Unavailable):
        await heard(desk)
    assert await heard(desk) == 2
    assert await heard(desk) == 2
