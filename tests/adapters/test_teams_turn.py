"""The door itself: what is no activity, answers in time, failures with a number, and what is said in a channel."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.core import actions as do
from bot.core.actions import Action, Ref
from bot.core.answers import Answer, Form, HomeCard, RequestCard, Said, SecretShown
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.forms import Sheet
from bot.core.model import Actor, Secret
from bot.core.ports import Slot
from tests.adapters.edge import ANN, TENANT, Edge, ToldDesk, activity, edge, home, in_channel, invoke, press, request

SECRET = "Xy7+*_#q"


async def raw(e: Edge, body: bytes, kind: str = "application/json", method: str = "POST") -> int:
    headers = {"Authorization": f"Bearer {e.token()}", "Content-Type": kind}
    async with e.client.request(method, "/api/messages", data=body, headers=headers) as response:
        await response.read()
        return response.status


async def test_only_post_is_answered() -> None:
    async with edge() as e:
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            async with e.client.request(method, "/api/messages") as response:
                assert response.status == 405
                assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "application/x-www-form-urlencoded", ""])
async def test_only_json_is_read(kind: str) -> None:
    async with edge() as e:
        assert await raw(e, json.dumps(activity(text="hi")).encode(), kind) == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"5",
        b"null",
        b"{}",
        b'{"type": ""}',
        b'{"type": 5}',
        b'{"type": "message", "x": NaN}',
        b'{"type": "message", "x": "\xff"}',
        json.dumps({"type": "message"}).encode("utf-16"),
        b'{"type": "message", "x": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"type": "message", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"type": "message", "x": ' + b'{"a":' * 30_000 + b"1" + b"}" * 30_000 + b"}",
        b'{"type": "message", "x": ' + b"9" * 10_000 + b"}",
    ],
)
async def test_a_body_that_is_no_activity_is_400(body: bytes) -> None:
    async with edge() as e:
        assert await raw(e, body) == 400


async def test_a_large_body_is_413_and_so_is_one_that_does_not_say_so() -> None:
    async with edge() as e:
        large = json.dumps(activity(text="x" * 300_000)).encode()
        assert await raw(e, large) == 413

        async def pieces() -> Any:
            for at in range(0, len(large), 10_000):
                yield large[at : at + 10_000]

        headers = {"Authorization": f"Bearer {e.token()}", "Content-Type": "application/json"}
        async with e.client.post("/api/messages", data=pieces(), headers=headers) as response:
            assert response.status == 413


async def test_an_invoke_with_a_body_is_answered() -> None:
    async with edge(ToldDesk(RequestCard(request(), Slot.REQUESTER))) as e:
        status, body = await e.deliver(press({"verb": "approve", "id": "r1", "v": 1}))
        assert (status, body["statusCode"]) == (200, 200)
        assert e.desk.action == do.Approve(Ref("r1", 1))
        assert e.desk.asked[0][2] == "17"


async def test_unknown_invokes_are_501_and_malformed_ones_are_said_to_be() -> None:
    async with edge() as e:
        assert (await e.deliver(invoke("composeExtension/query", {})))[0] == 501
        status, body = await e.deliver(press({"verb": "nonsense"}))
        assert (status, body["statusCode"]) == (200, 400)
        assert (await e.deliver(invoke("signin/tokenExchange", {})))[0] == 400
        assert e.desk.asked == []


async def test_edits_and_reactions_are_taken_and_do_nothing() -> None:
    async with edge() as e:
        for kind in ("messageUpdate", "messageReaction", "typing", "messageDelete", "event", "trace", "madeUp"):
            assert (await e.deliver(activity(kind, text="cancel")))[0] == 200
        assert e.desk.asked == []


async def test_expecting_replies_changes_nothing() -> None:
    async with edge(ToldDesk(home())) as e:
        status, body = await e.deliver(activity(text="hi", deliveryMode="expectReplies"))
        assert (status, body) == (200, None)
        assert len(e.post.sent) == 1


async def test_a_message_is_answered_in_its_chat() -> None:
    async with edge(ToldDesk(home())) as e:
        status, body = await e.deliver(activity(text="hi"))
        assert (status, body) == (200, None)
        chat, message = e.post.sent[0]
        assert chat.id == "a:ann"
        assert message["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"


async def test_a_message_delivered_twice_is_answered_once() -> None:
    async with edge(ToldDesk(home())) as e:
        for _ in range(2):
            assert (await e.deliver(activity(text="hi")))[0] == 200
        assert len(e.desk.asked) == len(e.post.sent) == 1
        assert (await e.deliver(activity(text="hi", id="1700000000002")))[0] == 200
        assert len(e.desk.asked) == 2


async def test_the_private_chat_is_remembered_once_and_when_it_changes() -> None:
    async with edge(ToldDesk(home())) as e:
        await e.deliver(activity(text="hi", id="1"))
        await e.deliver(activity(text="hi", id="2"))
        assert [chat.id for _, chat in e.desk.homes] == ["a:ann"]
        moved = {"id": "a:new", "conversationType": "personal", "tenantId": e.desk.homes[0][1].tenant}
        await e.deliver(activity(text="hi", id="3", conversation=moved))
        assert [chat.id for _, chat in e.desk.homes] == ["a:ann", "a:new"]


async def test_a_channel_is_not_remembered_as_a_private_chat() -> None:
    async with edge() as e:
        await e.deliver({**in_channel("invoke"), **{k: press({"verb": "home"})[k] for k in ("name", "value")}})
        assert e.desk.homes == []


@pytest.mark.parametrize(
    "place",
    [
        {"conversation": {"id": "19:meeting_TVRn@thread.v2", "conversationType": "personal", "tenantId": TENANT}},
        {"conversation": {"id": "19:falcon@thread.v2", "conversationType": "groupChat", "tenantId": TENANT}},
        {"conversation": {"id": "19:x@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}},
        {"conversation": {"id": "a:ann", "tenantId": TENANT}},
        {"conversation": {"id": "a:x", "conversationType": "personal", "isGroup": True, "tenantId": TENANT}},
        {"channelData": {"tenant": {"id": TENANT}, "meeting": {"id": "TVRn"}}},
        {"channelData": {"tenant": {"id": TENANT}, "team": {"id": "19:t@thread.tacv2"}}},
    ],
    ids=["meeting", "group", "channel", "untold", "many", "in_a_meeting", "in_a_team"],
)
async def test_only_a_true_private_chat_is_remembered(place: Any) -> None:
    """Whatever comes from a meeting, a group or a channel: results would go there, and nobody would hear of them."""
    async with edge(ToldDesk(home())) as e:
        await e.deliver(activity("installationUpdate", action="add", id="1", **place))
        added = [{"id": activity()["recipient"]["id"]}]
        await e.deliver(activity("conversationUpdate", membersAdded=added, id="2", **place))
        await e.deliver({**press({"verb": "home"}), **place})
        await e.deliver(activity("installationUpdate", action="remove", id="3", **place))
        assert e.desk.homes == []
        assert e.desk.gone == []


async def test_who_installs_it_is_welcomed_once() -> None:
    async with edge(ToldDesk(home())) as e:
        for _ in range(2):
            assert (await e.deliver(activity("installationUpdate", action="add")))[0] == 200
        await e.deliver(activity("conversationUpdate", membersAdded=[{"id": activity()["recipient"]["id"]}]))
        assert [chat.id for _, chat in e.desk.homes] == ["a:ann"]
        assert len(e.post.sent) == 1
        assert "identity desk" in json.dumps(e.post.sent[0][1])
        await e.deliver(activity("installationUpdate", action="remove", id="2"))
        assert [person.id for person in e.desk.gone] == [ANN]
        await e.deliver(activity(text="hi", id="3"))
        assert len(e.desk.homes) == 2


# -- channels ---------------------------------------------------------------------------------------------------------


async def test_what_is_asked_in_a_channel_is_answered_in_private() -> None:
    async with edge(ToldDesk(home())) as e:
        await e.deliver(in_channel(text="<at>Vouchsafe</at> status"))
        (private, card), (channel, line) = e.post.sent
        assert (private.id, private.personal) == (f"a:{ANN}", True)
        assert card["attachments"]
        assert channel.id == "19:general@thread.tacv2;messageid=17"
        assert line["text"] == "I have written to you in our private chat."
        assert "attachments" not in line
        assert e.desk.asked[0][0].chat.id == f"a:{ANN}"


async def test_without_the_app_the_channel_hears_only_how_to_add_it() -> None:
    async with edge(ToldDesk(home())) as e:
        e.post.closed = Rejected("not installed", code="ForbiddenOperationException")
        await e.deliver(in_channel(text="I need a TAP"))
        assert [chat.personal for chat, _ in e.post.sent] == [False]
        assert "add me" in e.post.texts()[0]
        assert e.desk.asked == []


async def test_a_button_in_a_channel_stays_in_the_channel_for_the_desk() -> None:
    async with edge(ToldDesk(Said("said.begun"))) as e:
        await e.deliver(in_channel(value={"verb": "approve", "id": "r1", "v": 1}))
        assert not e.desk.asked[0][0].chat.personal
        assert [chat.personal for chat, _ in e.post.sent] == [True]


# -- secrets ----------------------------------------------------------------------------------------------------------


def shown() -> SecretShown:
    return SecretShown(request(), Secret(SECRET), None)


async def test_a_secret_goes_out_in_the_dialog_of_its_subject() -> None:
    async with edge(ToldDesk(shown())) as e:
        _, body = await e.deliver(invoke("task/fetch", {"data": {"verb": "show", "id": "r1", "v": 1}}))
        assert SECRET in json.dumps(body)
        assert e.post.sent == []


@pytest.mark.parametrize("way", ["channel dialog", "channel card", "channel button", "button", "sign-in"])
async def test_a_secret_goes_out_no_other_way_whatever_the_desk_says(way: str) -> None:
    data = {"verb": "show", "id": "r1", "v": 1}
    fetch, card = invoke("task/fetch", {"data": data}), press(data)
    ways: dict[str, dict[str, Any]] = {
        "channel dialog": in_channel("invoke", name=fetch["name"], value=fetch["value"]),
        "channel card": in_channel("invoke", name=card["name"], value=card["value"]),
        "channel button": in_channel(value=data),
        "button": activity(value=data),
        "sign-in": invoke("signin/verifyState", {"state": "s1.x"}),
    }
    async with edge(ToldDesk(shown())) as e:
        with capture_logs() as logs:
            _, body = await e.deliver(ways[way])
        assert SECRET not in json.dumps([body, [message for _, message in e.post.sent]])
        assert SECRET not in repr(logs)
        assert [entry["error"] for entry in logs if entry["event"] == "turn_failed"] == ["NotPrivate"]


# -- time and failure -------------------------------------------------------------------------------------------------


class Broken(Exception):
    pass


async def broken(_: Actor, __: Action) -> Answer:
    raise Broken("the text of an error\x1b[31m is for the log")


INVOKES = {
    "card": press({"verb": "approve", "id": "r1", "v": 1}),
    "fetch": invoke("task/fetch", {"data": {"verb": "begin", "kind": "tap"}}),
    "submit": invoke("task/submit", {"data": {"verb": "submit", "kind": "tap", "id": "r1"}}),
    "exchange": invoke("signin/tokenExchange", {"id": "s1", "connectionName": "vouchsafe", "token": "eyJ.tok.en"}),
    "verify": invoke("signin/verifyState", {"state": "s1.code"}),
}


def told(body: Any) -> str:
    if "task" in body:
        return str(body["task"]["value"])
    value = body.get("value")
    return str(value["message"] if isinstance(value, dict) else value or body["failureDetail"])


@pytest.mark.parametrize("name", INVOKES)
async def test_an_error_is_a_well_formed_answer_with_the_number_that_is_in_the_log(name: str) -> None:
    async with edge(ToldDesk(broken)) as e:
        with capture_logs() as logs:
            status, body = await e.deliver(INVOKES[name])
        assert status == (412 if name in {"exchange", "verify"} else 200)
        failures = [entry for entry in logs if entry["event"] == "turn_failed"]
        assert len(failures) == 1
        assert failures[0]["reference"] in told(body)
        assert "extension 4357" in told(body)
        assert "text of an error" not in json.dumps(body)
        assert "eyJ.tok.en" not in repr(logs)


async def test_a_message_that_fails_is_answered_with_the_number() -> None:
    async with edge(ToldDesk(broken)) as e:
        with capture_logs() as logs:
            status, _ = await e.deliver(activity(text="status"))
        reference = next(entry["reference"] for entry in logs if entry["event"] == "turn_failed")
        assert status == 200
        assert reference in e.post.texts()[0]


async def test_when_not_even_the_failure_can_be_told_teams_hears_it() -> None:
    async with edge(ToldDesk(broken)) as e:
        e.post.troubles = [Unavailable("down", retry_after=30)]
        assert (await e.deliver(activity(text="status")))[0] == 500


async def test_a_reply_waits_a_moment_for_a_busy_connector() -> None:
    async with edge(ToldDesk(home())) as e:
        e.post.troubles = [Unavailable("busy", retry_after=0.01)]
        await e.deliver(activity(text="hi"))
        assert len(e.post.sent) == 1
        assert e.post.sent[0][1]["attachments"]


async def test_a_reply_that_may_have_arrived_is_not_said_twice() -> None:
    async with edge(ToldDesk(home())) as e:
        e.post.troubles = [AnswerLost("cut")]
        assert (await e.deliver(activity(text="hi")))[0] == 200
        assert e.post.sent == []


@pytest.mark.parametrize("name", INVOKES)
async def test_a_slow_desk_is_answered_in_time_and_finishes(name: str) -> None:
    released, finished = asyncio.Event(), asyncio.Event()

    async def slow(_: Actor, __: Action) -> Answer:
        await released.wait()
        finished.set()
        return Said("said.begun")

    async with edge(ToldDesk(slow), patience=0.05) as e:
        async with asyncio.timeout(10):
            status, body = await e.deliver(INVOKES[name])
            assert status in {200, 412}
            assert body is None or "working" in told(body)
            assert not finished.is_set()
            released.set()
            await finished.wait()


async def test_what_fails_after_the_answer_is_still_in_the_log() -> None:

    async def slowly_broken(_: Actor, __: Action) -> Answer:
        await asyncio.sleep(0.1)
        raise Broken

    with capture_logs() as logs:
        async with edge(ToldDesk(slowly_broken), patience=0.02) as e:
            assert (await e.deliver(INVOKES["card"]))[0] == 200
    assert [entry["error"] for entry in logs if entry["event"] == "turn_failed"] == ["Broken"]


async def test_a_timeout_inside_the_desk_is_a_failure_not_a_promise() -> None:
    async def impatient(_: Actor, __: Action) -> Answer:
        raise TimeoutError

    async with edge(ToldDesk(impatient)) as e:
        _, body = await e.deliver(INVOKES["card"])
        assert body["statusCode"] == 500


async def test_going_down_waits_for_the_work_under_way() -> None:
    done = asyncio.Event()

    async def slow(_: Actor, __: Action) -> Answer:
        await asyncio.sleep(0.2)
        done.set()
        return Said("said.begun")

    async with edge(ToldDesk(slow), patience=0.02) as e:
        await e.deliver(INVOKES["card"])
        assert not done.is_set()
    assert done.is_set()


async def test_no_body_is_ever_logged() -> None:
    async with edge(ToldDesk(home())) as e:
        with capture_logs() as logs:
            await e.deliver(activity(text="my password is hunter2"))
            await e.deliver(activity(text="my password is hunter2", channelId="webchat"))
            await e.deliver(invoke("signin/tokenExchange", {"id": "s1", "token": "hunter2"}))
        assert "hunter2" not in repr(logs)


async def test_a_form_filled_in_by_writing_is_a_card_in_the_chat() -> None:
    async with edge(ToldDesk(Form("tap", "r1", Sheet()))) as e:
        await e.deliver(activity(text="tap: my phone drowned"))
        assert e.desk.action == do.OfferKind("tap", "my phone drowned")
        assert '"verb": "submit"' in json.dumps(e.post.sent[0][1]["attachments"])


async def test_a_form_sent_from_the_chat_is_changed_where_it_stands() -> None:
    sent = {"verb": "submit", "kind": "tap", "id": "r1", "reason": "other"}
    async with edge(ToldDesk(Form("tap", "r1", Sheet()))) as e:
        await e.deliver(activity(value=sent, replyToId="17"))
        assert [(chat.id, place) for chat, place, _ in e.post.changed] == [("a:ann", "17")]
        assert e.post.sent == []


async def test_a_form_that_says_no_message_or_a_requests_own_is_answered_below() -> None:
    sent = {"verb": "submit", "kind": "tap", "id": "r1", "reason": "other"}
    async with edge(ToldDesk(Form("tap", "r1", Sheet()), cards={"a:ann 18"})) as e:
        for number, place in enumerate(({}, {"replyToId": "18"}), start=1):
            await e.deliver(activity(id=f"19{number}", value=sent, **place))
            assert len(e.post.sent) == number
        assert e.post.changed == []


async def test_a_form_whose_change_may_have_arrived_is_not_answered_twice() -> None:
    sent = {"verb": "submit", "kind": "tap", "id": "r1", "reason": "other"}
    async with edge(ToldDesk(Form("tap", "r1", Sheet()))) as e:
        e.post.troubles = [AnswerLost("cut")]
        assert (await e.deliver(activity(value=sent, replyToId="17")))[0] == 200
        assert (e.post.sent, e.post.changed) == ([], [])


async def test_a_home_card_in_german() -> None:
    async with edge(ToldDesk(home())) as e:
        await e.deliver(activity(text="hallo", locale="de-DE"))
        assert isinstance(e.desk.says, HomeCard)
        assert "Identitäts" in json.dumps(e.post.sent[0][1], ensure_ascii=False) or "brauchen" in json.dumps(
            e.post.sent
        )
