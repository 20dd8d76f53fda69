"""Who decides sees who it is; what only tells that decides nothing, holds nothing up, and is for nobody else."""

from __future__ import annotations

import asyncio
import json
from typing import Never

import pytest

from bot.core.actions import Approve, Ref, Refresh
from bot.core.directory import Manager
from bot.core.errors import NotGranted, Rejected, Unavailable
from bot.core.model import Status
from cards import text
from tests.entra import FakeDirectory
from tests.fakes import Office, at_home, in_channel, person

CHANNEL = "19:helpdesk@thread.tacv2"
OVER = "Paula Purchase"


async def asked(desk: Office) -> str:
    """Let Ann ask and sign in, and return what the approvers' channel shows then."""
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    return desk.messenger.shown(CHANNEL)


def row(said: str, name: str) -> str:
    """Return what stands beside one of the desk's own words."""
    title = json.dumps({"title": text(f"fact.{name}", "en")})[1:-1]
    return said.partition(f'{title}, "value": "')[2].partition('"')[0]


async def test_who_decides_reads_who_the_manager_is_in_the_channel_and_in_private(desk: Office) -> None:
    desk.directory.managers["ann"] = Manager("paula", OVER)
    assert row(await asked(desk), "manager") == OVER
    await desk.desk.installed(person("ben"), at_home("ben").chat)
    await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("cards")
    assert row(desk.messenger.shown("a:ben"), "manager") == OVER


async def test_who_decides_sees_the_picture_that_their_own_client_gets(desk: Office) -> None:
    """The card names the account; no byte of a picture is in it."""
    person = {"id": "ann", "displayName": "Ann", "userPrincipalName": "ann@contoso.example"}
    shown = f'"name": "graph.microsoft.com/user", "properties": {json.dumps(person)}'
    assert shown in await asked(desk)
    assert "graph.microsoft.com" not in desk.messenger.shown("a:ann")
    desk.directory.trouble = {"account": Unavailable("away")}
    await desk.job("cards")
    assert "graph.microsoft.com" not in desk.messenger.shown(CHANNEL)


async def test_its_person_is_never_shown_it_and_a_decided_card_says_it_no_more(desk: Office) -> None:
    desk.directory.managers["ann"] = Manager("paula", OVER)
    await asked(desk)
    await desk.approve()
    await desk.job("cards")
    assert (await desk.load("r1")).status is Status.READY
    assert OVER not in desk.messenger.shown(CHANNEL)
    assert OVER not in desk.messenger.shown("a:ann")
    assert OVER not in repr(await desk.load("r1"))
    assert OVER not in "".join([repr(entry) async for entry in desk.store.audit_entries(person("ann").tenant)])


@pytest.mark.parametrize("told", [None, Manager("hidden", "")])
async def test_of_no_manager_nothing_is_said(desk: Office, told: Manager | None) -> None:
    if told is not None:
        desk.directory.managers["ann"] = told
    said = await asked(desk)
    assert row(said, "upn") == "ann@contoso.example"
    assert text("fact.manager", "en") not in said


@pytest.mark.parametrize("fault", [Unavailable("away"), NotGranted("no right", code="no_permission"), Rejected("no")])
async def test_where_it_is_not_told_everything_goes_on_without_it(desk: Office, fault: Exception) -> None:
    desk.directory.trouble = {"acquainted": Rejected("not in one"), "manager": fault}
    said = await asked(desk)
    assert row(said, "upn") == "ann@contoso.example"
    assert text("fact.manager", "en") not in said
    await desk.approve()
    await desk.show()
    assert len(desk.directory.secrets) == 1


async def test_asked_apart_it_is_told_all_the_same(desk: Office) -> None:
    desk.directory.managers["ann"] = Manager("paula", OVER)
    desk.directory.trouble = {"acquainted": Rejected("not in one")}
    assert row(await asked(desk), "manager") == OVER


async def test_no_decision_waits_for_it(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: FakeDirectory, person: str) -> Never:  # noqa: ARG001 - the port's shape
        await asyncio.Event().wait()
        raise AssertionError

    desk.directory.trouble = {"acquainted": Rejected("not in one")}
    monkeypatch.setattr(FakeDirectory, "manager", never)
    async with asyncio.timeout(1.5):
        await desk.ask()
        await desk.sign_in()
        assert (await desk.load("r1")).status is Status.APPROVAL
        await desk.job("cards")
    assert row(desk.messenger.shown(CHANNEL), "upn") == "ann@contoso.example"
    await desk.approve()
    assert (await desk.load("r1")).status is Status.READY


async def test_it_is_asked_anew_for_each_card_that_follows_no_decision(desk: Office) -> None:
    desk.directory.managers["ann"] = Manager("paula", OVER)
    await asked(desk)
    desk.directory.managers["ann"] = Manager("otto", "Otto Other")
    await desk.job("cards")
    assert row(desk.messenger.shown(CHANNEL), "manager") == "Otto Other"


async def test_whoever_is_no_approver_gets_no_card_that_tells_it(desk: Office) -> None:
    desk.directory.managers["ann"] = Manager("paula", OVER)
    await asked(desk)
    answer = await desk.desk.handle(at_home("kim"), Refresh(Ref("r1", (await desk.load("r1")).version)))
    view = await desk.delivery.views.answered(answer, at_home("kim"))
    assert view.facts == {}
