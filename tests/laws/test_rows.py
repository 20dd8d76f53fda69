"""A line of a form is chosen by its button: that begins nothing, and what is sent is checked like what is typed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.core.actions import Begin, Choose, Submit
from bot.core.answers import Answer, Form, RequestCard
from bot.core.errors import Unavailable
from bot.core.forms import Choice, Fault
from bot.core.methods import Method, MethodKind
from bot.core.model import Status
from bot.core.packing import pack, unpack
from bot.core.reasons import Reason
from bot.kinds import KINDS
from tests.fakes import Office, at_home, in_channel
from tests.laws.seen import why
from tests.laws.test_record import told

KEY, PC = "fido2:key-1", "windowsHelloForBusiness:pc-1"
PASSWORD = Method(MethodKind.PASSWORD, "pw", "")


def tag(value: str) -> str:
    return Choice(value, "").tag


async def chooses(desk: Office, values: Mapping[str, str], name: str = "ann", kind: str = "methods") -> Form:
    answer = await desk.desk.handle(at_home(name), Choose(kind, "f1", values))
    assert isinstance(answer, Form)
    return answer


async def sends(desk: Office, values: Mapping[str, str], name: str = "ann") -> Answer:
    return await desk.desk.handle(at_home(name), Submit("methods", "f1", values))


async def test_a_line_is_chosen_and_nothing_begins_or_is_written_down(desk: Office) -> None:
    opened = await desk.desk.handle(at_home("ann"), Begin("methods"))
    assert isinstance(opened, Form)
    before = [e.deed for e in await told(desk)]
    chosen = await chooses(desk, {"method": tag(KEY)})
    assert (chosen.values["method"], chosen.errors, chosen.request) == (KEY, {}, "f1")
    assert chosen.sheet.chosen(chosen.values) is not None
    back = await chooses(desk, {})
    assert (back.values, back.errors, back.sheet) == ({}, {}, opened.sheet)
    assert await desk.ledger.load("f1") is None
    assert [e.deed for e in await told(desk)] == before
    assert desk.directory.writes == []


@pytest.mark.parametrize(
    "value",
    [
        *("", "made up", "fido2:nobodys", "password:pw", "phone:kims", tag("fido2:" + "x" * 900), "x" * 5000),
    ],
)
async def test_what_is_not_there_to_be_removed_is_neither_chosen_nor_sent(desk: Office, value: str) -> None:
    """Another person's, one that is gone, one that stays: whoever sends it, and whatever way."""
    desk.directory.registered["ann"].append(PASSWORD)
    desk.directory.registered["kim"].append(Method(MethodKind.PHONE, "kims", "+49 ••••• 12", "mobile"))
    chosen = await chooses(desk, {"method": value})
    assert chosen.sheet.chosen(chosen.values) is None
    assert set(chosen.errors) == ({"method"} if value else set())
    sent = await sends(desk, {"method": value, "why": "lost"})
    assert isinstance(sent, Form)
    assert sent.errors.keys() == {"method"}
    assert sent.sheet.chosen(sent.values) is None
    assert await desk.ledger.load("f1") is None


async def test_what_went_in_between_is_told_on_the_list_as_it_is_now(desk: Office) -> None:
    assert (await chooses(desk, {"method": tag(KEY)})).errors == {}
    desk.directory.registered["ann"] = [one for one in desk.directory.registered["ann"] if one.id != "key-1"]
    for late in (await chooses(desk, {"method": tag(KEY)}), await sends(desk, {"method": tag(KEY), "why": "lost"})):
        assert isinstance(late, Form)
        assert late.errors == {"method": Fault.CHOICE}
        assert KEY not in [line.choice for line in late.sheet.lines]


async def test_the_last_one_has_no_button_and_whoever_sends_it_all_the_same_gets_nothing(desk: Office) -> None:
    desk.directory.registered["ann"] = [PASSWORD, *(m for m in desk.directory.registered["ann"] if m.id == "key-1")]
    opened = await chooses(desk, {"method": tag(KEY)})
    assert (opened.sheet.closed, [line.choice for line in opened.sheet.lines if line.choice]) == (True, [])
    sent = await sends(desk, {"method": tag(KEY), "why": "lost"})
    assert isinstance(sent, Form)
    assert sent.sheet.closed
    assert await desk.ledger.load("f1") is None


async def test_what_is_missing_is_asked_of_the_line_that_was_chosen(desk: Office) -> None:
    asked = await sends(desk, {"method": tag(PC), "why": ""})
    assert isinstance(asked, Form)
    assert (asked.values["method"], asked.errors) == (PC, {"why": Fault.REQUIRED})


async def test_what_is_sent_is_the_method_itself_as_when_it_was_chosen_from_a_list(desk: Office) -> None:
    """One with a long id goes by its tag; a form that stood open while the desk was replaced sends it as it is."""
    long = Method(MethodKind.PASSKEY, "x" * 900, "Blue key")
    value = f"fido2:{long.id}"
    assert tag(value) != value
    for name, request, given in (("ann", "r1", tag(value)), ("kim", "r2", value)):
        desk.directory.registered[name].append(long)
        assert (await chooses(desk, {"method": given}, name)).values["method"] == value
        answer = await desk.ask(name, request, kind="methods", method=given)
        assert isinstance(answer, RequestCard), answer
        there = await desk.load(request)
        assert (there.details["method"], there.status) == (value, Status.STEP_UP)


async def test_it_is_chosen_in_private_and_only_where_the_kind_is_offered(desk: Office) -> None:
    action = Choose("methods", "f1", {"method": tag(KEY)})
    assert why(await desk.desk.handle(in_channel("ann"), action)) == Reason.NOT_PRIVATE
    assert why(await desk.desk.handle(at_home("ann"), Choose("nothing", "f1", {}))) == Reason.OFF
    desk.directory.trouble["methods"] = Unavailable("throttled", retry_after=7)
    assert why(await desk.desk.handle(at_home("ann"), action)) == Reason.BUSY


@pytest.mark.parametrize("kind", KINDS)
async def test_of_no_kind_does_a_choice_begin_anything(desk: Office, kind: str) -> None:
    values = {"method": tag(KEY), "reason": "other", "minutes": "60", "why": "lost"}
    answer = await desk.desk.handle(at_home("ann"), Choose(kind, "f1", values))
    assert not isinstance(answer, RequestCard)
    assert await desk.ledger.load("f1") is None


def test_a_button_says_which_line_it_stands_beside_and_nothing_it_says_else_is_moved_by_that() -> None:
    for action in (Choose("methods", "f1", {"method": "x"}), Submit("methods", "f1", {"method": "x"})):
        assert unpack(pack(action)) == action
    forged = {"verb": "approve", "kind": "tap", "id": "r9", "method": "x"}
    assert unpack(pack(Choose("methods", "f1", forged))) == Choose("methods", "f1", {"method": "x"})
