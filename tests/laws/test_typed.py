"""What is typed is bounded by the desk itself, whatever a client lets through; what was typed is not lost over it."""

from __future__ import annotations

import pytest

from bot.core.actions import Begin, Deny, Lift, Ref, Submit
from bot.core.answers import Form, Refused, RequestCard, Said
from bot.core.forms import WHY, Fault
from bot.core.model import Status
from bot.core.packing import unpack
from bot.core.reasons import Reason
from bot.kinds import KINDS
from tests.fakes import Office, at_home, in_channel, person, private

FITS, LONG = "x" * WHY.longest, "x" * (WHY.longest + 1)


async def test_a_no_with_more_words_than_its_card_takes_is_not_taken(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    request = await desk.load("r1")
    for reason in (LONG, "x" * 3000, f"{LONG}\n\n"):
        answer = await desk.desk.handle(in_channel("ben"), Deny(Ref("r1", request.version), reason))
        assert isinstance(answer, Refused)
        assert (answer.refusal.reason, answer.refusal.params["most"]) == (Reason.REASON_TOO_LONG, "500")
        assert await desk.load("r1") == request
    answer = await desk.desk.handle(in_channel("ben"), Deny(Ref("r1", request.version), FITS))
    assert isinstance(answer, RequestCard)
    denied = await desk.load("r1")
    assert denied.status is Status.DENIED
    assert denied.ending is not None
    assert denied.ending.reason == FITS


async def test_a_lift_with_more_words_than_its_card_takes_is_not_taken(desk: Office) -> None:
    await desk.ask(kind="compromised")
    await desk.desk.installed(person("ben"), private("ben"))
    ref = Ref("r1", (await desk.load("r1")).version)
    answer = await desk.desk.handle(at_home("ben"), Lift(ref, LONG))
    assert isinstance(answer, Refused)
    assert answer.refusal.reason == Reason.REASON_TOO_LONG
    assert await desk.desk.handle(at_home("ben"), Lift(ref, FITS)) == Said("approve.continue_in_private")


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.alarm])
async def test_every_field_of_every_form_is_as_long_as_it_says(desk: Office, kind: str) -> None:
    """One too long is told beside it, and stays as it was typed, so that it can be made shorter."""
    opened = await desk.desk.handle(at_home("ann"), Begin(kind))
    typed = [f for f in opened.sheet.fields if not f.choices] if isinstance(opened, Form) else []
    for field in typed:
        long = "x" * (field.longest + 1)
        answer = await desk.desk.handle(at_home("ann"), Submit(kind, "r1", {field.name: long}))
        assert isinstance(answer, Form), field.name
        assert answer.errors[field.name] == Fault.TOO_LONG
        assert answer.values[field.name] == long
        assert await desk.ledger.load("r1") is None


def test_a_verdict_that_was_chosen_on_a_card_from_before_still_counts() -> None:
    """Its inputs had one name for a yes and a no; a no that locks must not become one that does not."""
    pressed = {"verb": "deny", "id": "r1", "v": 3, "reason": "not her"}
    for name in ("choice", "verdict_no"):
        assert unpack({**pressed, name: "compromised"}) == Deny(Ref("r1", 3), "not her", "compromised")
    assert unpack({**pressed, "verdict_yes": "safe"}) == Deny(Ref("r1", 3), "not her", "")
