"""Clients write the same thing in different ways: whichever it is, the desk is asked for the same; words stay words."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from bot.core import actions as do
from bot.core.actions import Action, Ref
from tests.adapters.edge import Json, ToldDesk, activity, edge, home, in_channel, invoke

ASKED: Final = do.Submit("tap", "r1", {"reason": "new_phone", "minutes": "60"})
FORM: Final[Json] = {"verb": "submit", "kind": "tap", "id": "r1", "reason": "new_phone", "minutes": "60"}
YES: Final[Json] = {"verb": "approve", "id": "r1", "v": 3}


def executed(data: Any) -> Json:
    return {"action": {"type": "Action.Execute", "verb": "approve", "data": data}, "trigger": "manual"}


async def asked(whole: Json) -> Action | None:
    """Deliver it, and return what the desk was asked for."""
    async with edge(ToldDesk(home())) as e:
        status, _ = await e.deliver(whole)
        assert status in {200, 400}
        return e.desk.asked[-1][1] if e.desk.asked else None


@pytest.mark.parametrize(
    "value",
    [
        {"data": FORM},
        {"data": json.dumps(FORM)},
        json.dumps({"data": FORM}),
        json.dumps({"data": json.dumps(FORM)}),
        {"data": {**FORM, "minutes": 60}},
        {"data": {**FORM, "minutes": 60.0}},
        {"data": {**FORM, "text": None, "ticket": None}},
    ],
)
async def test_a_form_is_read_however_its_data_are_packed(value: Any) -> None:
    assert await asked(invoke("task/submit", value)) == ASKED


@pytest.mark.parametrize(
    "value",
    [
        executed(YES),
        executed(json.dumps(YES)),
        executed({**YES, "v": "3"}),
        executed(json.dumps({**YES, "v": "3"})),
        json.dumps(executed(YES)),
        {**executed(YES), "action": json.dumps(executed(YES)["action"])},
    ],
)
async def test_a_button_is_read_however_its_data_are_packed(value: Any) -> None:
    assert await asked(invoke("adaptiveCard/action", value)) == do.Approve(Ref("r1", 3))


@pytest.mark.parametrize("value", [YES, json.dumps(YES), {**YES, "v": "3"}])
async def test_so_is_a_button_that_comes_as_a_message(value: Any) -> None:
    assert await asked(activity(value=value)) == do.Approve(Ref("r1", 3))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (True, "true"),
        (False, "false"),
        ("true", "true"),
        (["a", "b"], "a,b"),
        ("a,b", "a,b"),
        ([], ""),
        (7, "7"),
        (-0.5, "-0.5"),
    ],
)
async def test_what_is_ticked_chosen_or_counted_is_a_text(sent: Any, read: str) -> None:
    got = await asked(invoke("task/submit", {"data": {**FORM, "more": sent}}))
    assert isinstance(got, do.Submit)
    assert got.values["more"] == read


@pytest.mark.parametrize("sent", [None, {}, {"a": 1}, [1], [None], [[]]])
async def test_what_is_no_answer_is_none(sent: Any) -> None:
    got = await asked(invoke("task/submit", {"data": {**FORM, "more": sent}}))
    assert got == ASKED


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '"approve"',
        "[" * 5000,
        '{"verb":' * 5000,
        '{"v": NaN, "verb": "approve", "id": "r1"}',
    ],
)
async def test_what_is_packed_and_none_of_ours_is_no_button(data: str) -> None:
    assert await asked(invoke("adaptiveCard/action", executed(data))) is None
    assert await asked(invoke("task/submit", {"data": data})) is None
    assert not isinstance(await asked(activity(value=data)), do.Approve)


@pytest.mark.parametrize("version", ["", "three", "3.0", "0x3", " 3", "3" * 40, True, [3], "٣"])
async def test_a_version_is_a_number_or_one_written_out(version: Any) -> None:
    assert await asked(invoke("adaptiveCard/action", executed({**YES, "v": version}))) is None


@pytest.mark.parametrize("text", [json.dumps(YES), json.dumps({"value": YES}), json.dumps(FORM)])
async def test_data_that_arrive_as_words_are_never_a_press(text: str) -> None:
    """In the text, in the markup, with an empty value beside: words never act."""
    markup = [{"contentType": "text/html", "content": f"<p>{text}</p>"}]
    for whole in (
        activity(text=text),
        activity(text=text, value=""),
        activity(text="", attachments=markup),
        activity(text=None, attachments=markup),
    ):
        assert await asked(whole) == do.MachineMade()


async def test_a_text_in_place_of_data_is_none_beside_words() -> None:
    assert await asked(activity(text="Approve", value=json.dumps(YES))) == do.MachineMade()


@pytest.mark.parametrize("text", [None, "", "  ", "\n"])
@pytest.mark.parametrize(
    "content",
    [
        "<p>status</p>",
        "<div><div>status</div>\n</div>",
        "status",
        "<p>&nbsp;status&nbsp;</p>",
        '<blockquote itemtype="http://schema.skype.com/Reply"><p>I need a pass</p></blockquote><p>status</p>',
    ],
)
async def test_words_that_are_in_the_markup_alone_are_read(text: str | None, content: str) -> None:
    said = activity(text=text, attachments=[{"contentType": "text/html", "content": content}])
    assert await asked(said) == do.ShowStatus()


@pytest.mark.parametrize(
    "mention", ["<at>Vouchsafe</at>", '<span itemscope itemtype="http://schema.skype.com/Mention">Vouchsafe</span>']
)
async def test_a_mention_in_the_markup_is_none_of_the_words(mention: str) -> None:
    content = f"<div>{mention}&nbsp;status</div>"
    assert await asked(in_channel(text="", attachments=[{"contentType": "text/html", "content": content}])) == (
        do.ShowStatus()
    )


async def test_the_text_is_what_counts_where_there_is_one() -> None:
    other = [{"contentType": "text/html", "content": "<p>I need a pass</p>"}]
    assert await asked(activity(text="status", attachments=other)) == do.ShowStatus()


@pytest.mark.parametrize("attachments", [None, "x", [None], [{}], [{"contentType": "text/html"}], [{"content": "x"}]])
async def test_a_message_without_any_words_is_none(attachments: Any) -> None:
    assert await asked(activity(text="", attachments=attachments)) == do.NotUnderstood()
