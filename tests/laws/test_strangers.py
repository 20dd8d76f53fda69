"""A proof for what is not there is on record: by whom if that is known, else together; and a crowd costs little."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import pytest

from bot.core.actions import Approve, OfferToken, Ref, Refresh, ReturnCode, Show
from bot.core.errors import Unavailable
from bot.core.watch import BUDGET, USUAL, Sort
from bot.desk.strangers import AT_ONCE
from cards import text
from tests.fakes import Office, at_home, in_channel
from tests.laws.test_record import SECURITY, heard, told
from tests.laws.wallet import asked, credential

NOBODY = "0123456789abcdef0123456789abcdef"


async def a_sign_in_comes_back(desk: Office) -> None:
    await desk.step_up.returned(f"{NOBODY}.browser", {"code": "x", "state": "y"})


async def a_password_is_entered(desk: Office) -> None:
    await desk.entry.entered(f"{NOBODY}.browser", "Some-Password-1")


async def the_wallet_calls_back(desk: Office) -> None:
    assert await desk.desk.proofs.expects(f"{NOBODY}.made-up") is False


async def the_wallet_calls_back_without_a_key(desk: Office) -> None:
    assert await desk.desk.proofs.expects("") is False


DOORS: Mapping[Callable[[Office], Awaitable[None]], str] = {
    a_sign_in_comes_back: "browser",
    a_password_is_entered: "page",
    the_wallet_calls_back: "wallet",
    the_wallet_calls_back_without_a_key: "wallet",
}


@pytest.mark.parametrize("knock", DOORS, ids=lambda knock: knock.__name__)
async def test_a_strangers_proof_for_nothing_is_on_record(
    desk: Office, knock: Callable[[Office], Awaitable[None]]
) -> None:
    await knock(desk)
    (entry,) = await told(desk)
    assert (entry.deed, entry.request, entry.subject) == ("proof_failed", "", "")
    assert (entry.data["by"], entry.data["reason"], entry.data["door"]) == ("", "no_such", DOORS[knock])
    assert not any(what in str(entry) for what in (NOBODY, "made-up", "Some-Password"))


async def test_a_state_that_names_nothing_is_on_record_although_the_key_was_right(desk: Office) -> None:
    wallet = await asked(desk)
    await wallet.calls("presentation_verified", state=f"{NOBODY}.x", verifiedCredentialsData=[credential()])
    assert [(e.data["reason"], e.data["door"]) for e in await told(desk)] == [("no_such", "wallet")]


async def code_for_nothing(desk: Office) -> None:
    await desk.desk.handle(at_home("mo"), ReturnCode(f"{NOBODY}.guessed"))


async def token_for_nothing(desk: Office) -> None:
    await desk.desk.handle(at_home("mo"), OfferToken(NOBODY, "forged"))


async def card_for_nothing(desk: Office) -> None:
    await desk.desk.handle(at_home("mo"), Show(Ref(NOBODY, 1)))


async def approval_of_nothing(desk: Office) -> None:
    await desk.desk.handle(in_channel("mo"), Approve(Ref(NOBODY, 1)))


KNOWN: Mapping[Callable[[Office], Awaitable[None]], str] = {
    code_for_nothing: "code",
    token_for_nothing: "token",
    card_for_nothing: "card",
    approval_of_nothing: "card",
}


@pytest.mark.parametrize("trying", KNOWN, ids=lambda trying: trying.__name__)
async def test_a_proof_for_nothing_is_held_against_who_offers_it(
    desk: Office, trying: Callable[[Office], Awaitable[None]]
) -> None:
    for _ in range(USUAL.failed):
        await trying(desk)
    found = await told(desk, "proof_failed")
    assert [(e.data["by"], e.data["reason"], e.data["door"]) for e in found] == [
        ("mo", "no_such", KNOWN[trying])
    ] * USUAL.failed
    assert not any(what in str(entry) for entry in found for what in (NOBODY, "guessed", "forged"))
    assert await heard(desk) == 1
    assert text("finding.about_proof_by", "en", name="Mo") in desk.messenger.shown(SECURITY)
    assert "something that is not there, or not any more" in desk.messenger.shown(SECURITY)


async def test_a_card_that_is_only_looked_at_is_no_proof(desk: Office) -> None:
    """Teams refreshes cards by itself, those of a desk that was here before too."""
    await desk.desk.handle(at_home("mo"), Refresh(Ref(NOBODY, 1)))
    assert await told(desk) == []


async def crowd(desk: Office, size: int) -> None:
    for _ in range(size):
        await the_wallet_calls_back(desk)


async def counted(desk: Office) -> int:
    """How many of them are counted, within the hour."""
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        rows = await connection.execute(
            "SELECT coalesce(sum(count), 0) AS many FROM tries WHERE sort = %s", [Sort.STRANGER.value]
        )
        return int((await rows.fetchall())[0]["many"])


async def test_many_strangers_are_one_card_in_an_hour_and_fill_no_table(desk: Office) -> None:
    await crowd(desk, USUAL.strangers - 1)
    assert await heard(desk) == 0
    await crowd(desk, 300)
    assert await heard(desk) == await heard(desk) == 1
    shown = desk.messenger.shown(SECURITY)
    assert text("finding.about_stranger", "en") in shown
    assert text("finding.next_stranger", "en") in shown
    entries = await told(desk, "proof_failed")
    assert len(entries) == BUDGET
    assert [entry.data.get("further", "") for entry in entries] == [""] * (BUDGET - 1) + ["counted"]
    (found,) = await told(desk, "found")
    assert (found.subject, found.data["sort"], found.data["count"]) == ("", "stranger", str(USUAL.strangers))


async def test_a_crowd_costs_one_transaction_in_ten_seconds_and_none_of_it_is_lost(desk: Office) -> None:
    """Whoever has many addresses would make the desk write as often as they can call."""
    await crowd(desk, AT_ONCE + 500)
    assert await counted(desk) == AT_ONCE
    await crowd(desk, 50)
    assert await counted(desk) == AT_ONCE
    desk.clock.time += timedelta(seconds=10)
    await crowd(desk, 1)
    assert await counted(desk) == AT_ONCE + 551
    desk.clock.time -= timedelta(seconds=30)  # a clock that is set back
    await crowd(desk, 1)
    desk.clock.time += timedelta(seconds=20)
    await crowd(desk, 1)
    assert await counted(desk) == AT_ONCE + 553


async def test_a_long_calm_saves_up_no_more_turns_than_there_are_at_once(desk: Office) -> None:
    desk.clock.time += timedelta(days=1)
    await crowd(desk, AT_ONCE + 500)
    assert await counted(desk) == AT_ONCE


async def test_what_could_not_be_written_is_counted_with_the_next(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = desk.desk.proofs.strangers

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr("bot.desk.record.Record.knocked", away)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await record.knocked("wallet")
    await crowd(desk, 1)
    assert await counted(desk) == 4


async def test_strangers_of_all_doors_are_counted_together(desk: Office) -> None:
    """A desk behind which several processes stand counts in one place."""
    for knock in DOORS:
        await knock(desk)
    assert await counted(desk) == len(DOORS)
