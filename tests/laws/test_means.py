"""What somebody has to sign in with is said before they press; who has lost all of it is told another way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

import cards
from bot.core.errors import Unavailable
from bot.core.methods import Method, MethodKind, means
from bot.core.model import Means, Status
from bot.kinds import tap
from tests.entra import FakeDirectory
from tests.fakes import Office

APP = Method(MethodKind.AUTHENTICATOR, "app-1", "Pixel 8")
CODES = Method(MethodKind.OATH, "oath-1", "")
MOBILE = Method(MethodKind.PHONE, "phone-1", "+49 ••••• 12", "mobile")
DESK = Method(MethodKind.PHONE, "phone-2", "+49 ••••• 77", "office")
KEY = Method(MethodKind.PASSKEY, "key-1", "YubiKey 5C")
NONE_OF_IT = (
    Method(MethodKind.PASSWORD, "p", ""),
    Method(MethodKind.EMAIL, "e", "a••@home.example"),
    Method(MethodKind.PASS, "t", "", usable=False),
)
HELPDESK = "contact the helpdesk"


async def card(desk: Office, held: tuple[Method, ...], reason: str) -> str:
    """The card on which somebody with these methods is asked to sign in, as it stands in their chat."""
    desk.directory.registered["ann"] = [*held, *NONE_OF_IT]
    await desk.ask(reason=reason)
    assert (await desk.load("r1")).status is Status.STEP_UP
    await desk.job("cards")
    return desk.messenger.shown("a:ann")


@pytest.mark.parametrize(
    ("held", "reason", "state", "named"),
    [
        ((), "new_phone", "none", ()),
        ((APP, MOBILE, CODES), "lost_phone", "lost", ("Pixel 8", "+49 ••••• 12", "app for one-time codes")),
        ((APP, MOBILE), "new_phone", "several", ("Pixel 8", "+49 ••••• 12")),
        ((KEY, APP), "lost_phone", "one", ("YubiKey 5C",)),
        ((APP, DESK), "lost_phone", "one", ("+49 ••••• 77",)),
        ((KEY,), "forgot_key", "one", ("YubiKey 5C",)),
        ((KEY, APP), "forgot_key", "several", ("YubiKey 5C", "Pixel 8")),
    ],
)
async def test_who_is_asked_to_sign_in_reads_with_what_and_whom_to_call_without_it(
    desk: Office, held: tuple[Method, ...], reason: str, state: str, named: tuple[str, ...]
) -> None:
    said = await card(desk, held, reason)
    begins = cards.text(f"means.{state}", "en", names="|", contact="", press="Sign in").partition("|")[0]
    assert begins[:20] in said
    assert "do not press **Sign in**" in said
    assert HELPDESK in said
    assert all(name in said for name in named)
    assert not [one.name for one in held if one.name and one.name not in named and one.name in said]
    assert said.index("do not press") < said.index('"signin"')  # before the button, on a phone too


async def test_where_it_cannot_be_found_out_they_may_ask_all_the_same(desk: Office) -> None:
    desk.directory.trouble["methods"] = Unavailable("busy")
    await desk.ask(reason="lost_phone")
    assert (await desk.load("r1")).means is None
    await desk.job("cards")
    assert cards.text("tap.means.unknown", "en", contact="the helpdesk", press="Sign in")[:80] in desk.messenger.shown(
        "a:ann"
    )


async def test_who_waits_for_no_answer_may_ask_all_the_same(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> tuple[Method, ...]:
        await asyncio.Event().wait()
        return ()

    monkeypatch.setattr(FakeDirectory, "methods", never)
    monkeypatch.setattr(tap, "LOOKING", 0.05)
    await desk.ask(reason="lost_phone")
    asked = await desk.load("r1")
    assert (asked.status, asked.means) == (Status.STEP_UP, None)


async def test_what_is_about_to_be_removed_because_it_is_lost_is_none_of_it(desk: Office) -> None:
    await desk.ask(kind="methods", why="lost")
    held = (await desk.load("r1")).means
    assert held is not None
    assert [one.lost for one in held] == [True, False, False]


async def test_once_they_have_signed_in_it_is_said_no_more_and_nobody_else_reads_it(desk: Office) -> None:
    await card(desk, (KEY, APP), "forgot_key")
    await desk.sign_in()
    await desk.job("cards")
    assert "Pixel 8" not in desk.messenger.shown("a:ann")
    assert "Pixel 8" not in desk.messenger.shown("19:helpdesk@thread.tacv2")


async def test_it_decides_nothing(desk: Office) -> None:
    await card(desk, (), "lost_phone")
    await desk.sign_in()
    assert (await desk.load("r1")).status is Status.APPROVAL


def test_a_name_is_cut_and_stays_a_name() -> None:
    long = replace(KEY, name="x" * 300)
    assert means((long,), lambda _: False) == (Means("fido2", "x" * 80),)
