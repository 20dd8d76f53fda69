"""Who signs in without being phished does not get out of that alone: the last such method goes with a second yes."""

from __future__ import annotations

from bot.core.methods import Method, MethodKind
from bot.core.model import Status
from cards import text
from tests.fakes import LONG_AGO, Office
from tests.laws.seen import touched

KEY = Method(MethodKind.PASSKEY, "key-1", "YubiKey 5C", "deviceBound", LONG_AGO)
OTHER = Method(MethodKind.HELLO, "pc-1", "LAPTOP-7", "", LONG_AGO)
PHONE = Method(MethodKind.PHONE, "phone-1", "+49 ••••• 12", "mobile", LONG_AGO)


async def removing(desk: Office, *left: Method) -> None:
    """Ann asks to remove her key, signs in for it, and her request goes on by itself as far as it may."""
    desk.directory.registered["ann"] = [KEY, *left]
    await desk.ask(kind="methods")
    await desk.sign_in()
    await desk.job("act")


async def test_the_last_one_needs_a_second_person(desk: Office) -> None:
    await removing(desk, PHONE)
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert touched(desk) == []
    await desk.job("cards")
    assert text("methods.level.last_resistant", "en") in desk.messenger.shown("19:helpdesk")
    await desk.approve()
    await desk.job("act")
    assert (await desk.load("r1")).status is Status.DONE


async def test_one_of_two_goes_without(desk: Office) -> None:
    await removing(desk, OTHER, PHONE)
    assert (await desk.load("r1")).status is Status.DONE


async def test_what_became_the_last_meanwhile_waits_for_one(desk: Office) -> None:
    desk.directory.registered["ann"] = [KEY, OTHER, PHONE]
    await desk.ask(kind="methods")
    await desk.sign_in()
    desk.directory.registered["ann"] = [KEY, PHONE]  # the other one was removed elsewhere
    await desk.job("act")
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert touched(desk) == []


async def test_nobody_is_let_off_by_removing_one_after_the_other(desk: Office) -> None:
    await removing(desk, OTHER, PHONE)
    desk.directory.registered["ann"] = [OTHER, PHONE]
    await desk.ask("ann", "r2", kind="methods", method="windowsHelloForBusiness:pc-1")
    desk.clock.advance(minutes=1)
    await desk.sign_in("ann", "r2")
    await desk.job("act", "r2")
    assert (await desk.load("r2")).status is Status.APPROVAL
