"""What a person does in Teams and what the bot gets of it on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jwt
import pytest
from yarl import URL

from playground.faults import Fault
from playground.teams.chats import GENERAL, Message, mri
from playground.teams.presses import NotThere
from playground.teams.views import ADAPTIVE, OAUTH

if TYPE_CHECKING:
    from tests.playground.stage import Stage

pytest_plugins = ["tests.playground.stage"]
Json = dict[str, Any]
INPUT = {"type": "Input.Text", "id": "why", "label": "Why", "isRequired": True, "errorMessage": "Say why"}
CARD: Json = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [{"type": "TextBlock", "text": "A pass for Ann?"}, INPUT],
    "actions": [
        {"type": "Action.Execute", "title": "Approve", "verb": "approve", "data": {"request": "r1"}},
        {"type": "Action.Execute", "title": "No", "verb": "deny", "associatedInputs": "none"},
        {"type": "Action.Submit", "title": "Send", "data": {"n": 1}},
        {"type": "Action.Submit", "title": "Ask", "data": {"msteams": {"type": "task/fetch"}, "kind": "tap"}},
        {
            "type": "Action.Submit",
            "title": "Enter",
            "data": {"msteams": {"type": "signin", "value": "https://x.test/"}},
        },
    ],
}


def put(stage: Stage, content: Json, *, key: str = "ann", kind: str = ADAPTIVE, chat: str = "vouchsafe") -> Message:
    """A message of the bot with that attachment, already in the chat."""
    activity = {"type": "message", "attachments": [{"contentType": kind, "content": content}]}
    return stage.teams.chats.post(chat=stage.teams.chat(key, chat), sender="bot", activity=activity)


def invoked(value: Any, *, kind: str = ADAPTIVE, status: int = 200) -> Any:
    body = {"statusCode": status, "type": kind, "value": value}
    return lambda _activity: (200, body)


async def test_a_typed_message_is_a_teams_activity(stage: Stage) -> None:
    await stage.teams.say("ann", "hello")
    await stage.teams.delivery.settled()
    (activity,) = stage.bot.heard
    ann = stage.world.people["ann"]
    assert activity["from"] == {"id": mri(ann), "name": ann.name, "aadObjectId": ann.id}
    assert activity["conversation"]["conversationType"] == "personal"
    assert activity["conversation"]["tenantId"] == activity["channelData"]["tenant"]["id"] == stage.world.tenant
    assert activity["recipient"]["id"] == f"28:{stage.world.bot_id}"
    claims = stage.world.keys.read(stage.bot.tokens[0].removeprefix("Bearer "), "botframework")
    assert claims is not None
    assert claims["serviceurl"] == activity["serviceUrl"] == f"{stage.world.origin}/connector/"


async def test_in_a_channel_the_bot_hears_only_what_mentions_it(stage: Stage) -> None:
    first = await stage.teams.say("ann", "hello all", "general")
    await stage.teams.say("ann", "@Vouchsafe a pass <please>", "general", thread=first.id)
    await stage.teams.delivery.settled()
    (activity,) = stage.bot.heard
    assert activity["conversation"]["id"] == f"{GENERAL};messageid={first.id}"
    assert activity["text"] == "<at>Vouchsafe</at> a pass &lt;please&gt;"
    assert activity["entities"][0]["mentioned"]["id"] == f"28:{stage.world.bot_id}"


async def test_an_edit_is_told_as_an_edit(stage: Stage) -> None:
    message = await stage.teams.say("ann", "helo")
    await stage.teams.edit("ann", message, "hello")
    await stage.teams.delivery.settled()
    assert stage.bot.of("messageUpdate")[0]["channelData"]["eventType"] == "editMessage"
    assert stage.teams.messages("ann")[0].text == "hello"
    with pytest.raises(NotThere):
        await stage.teams.edit("ben", message, "mine now")


async def test_a_press_sends_the_inputs_and_shows_the_card_to_that_person_only(stage: Stage) -> None:
    message = put(stage, CARD, chat="general")
    stage.bot.answers["adaptiveCard/action"] = invoked({"type": "AdaptiveCard", "body": []})
    outcome = await stage.teams.press("ben", message.id, "Approve", {"why": "INC-1"})
    value = stage.bot.heard[0]["value"]
    assert value["action"]["verb"] == "approve"
    assert value["action"]["data"] == {"request": "r1", "why": "INC-1"}
    assert value["trigger"] == "manual"
    assert outcome.kind == "card"
    assert stage.teams.now("ben", message.id).cards[0]["body"] == []
    assert stage.teams.now("ann", message.id).cards[0] == CARD


async def test_an_input_that_is_not_filled_is_not_sent(stage: Stage) -> None:
    message = put(stage, CARD)
    outcome = await stage.teams.press("ann", message.id, "Approve")
    assert (outcome.kind, outcome.text) == ("invalid", "Say why")
    assert (await stage.teams.press("ann", message.id, "No")).kind == "error"
    assert [a["value"]["action"]["verb"] for a in stage.bot.heard] == ["deny"]


async def test_every_other_press_leaves_the_trigger_out(stage: Stage) -> None:
    message = put(stage, CARD)
    stage.bot.answers["adaptiveCard/action"] = invoked("ok", kind="application/vnd.microsoft.activity.message")
    for _ in range(2):
        assert (await stage.teams.press("ann", message.id, "No")).text == "ok"
    assert ["trigger" in a["value"] for a in stage.bot.heard] == [True, False]


async def test_a_plain_submit_is_a_message_with_a_value(stage: Stage) -> None:
    message = put(stage, CARD)
    await stage.teams.press("ann", message.id, "Send", {"why": "so"})
    await stage.teams.delivery.settled()
    (activity,) = stage.bot.heard
    assert (activity["type"], activity["value"]) == ("message", {"n": 1, "why": "so"})
    assert activity["replyToId"] == message.id
    assert "text" not in activity


async def test_in_a_client_without_windows_each_button_is_a_message(stage: Stage) -> None:
    """What Microsoft's Agents Playground sends: the data as it stands on the card, with what was typed."""
    await stage.api("POST", "/panel/api/habits", {"windows": False})
    message = put(stage, CARD)
    for title in ("Ask", "Enter", "Send"):
        assert (await stage.teams.press("ann", message.id, title, {"why": "so"})).kind == "none"
    await stage.teams.delivery.settled()
    buttons = {button["title"]: button["data"] for button in CARD["actions"] if button["type"] == "Action.Submit"}
    assert [a["type"] for a in stage.bot.heard] == ["message"] * 3
    sent = [buttons[title] | {"why": "so"} for title in ("Ask", "Enter", "Send")]
    assert [a["value"] for a in stage.bot.heard] == sent
    assert {a["replyToId"] for a in stage.bot.heard} == {message.id}


async def test_a_dialog_opens_goes_on_and_ends(stage: Stage) -> None:
    form = {"type": "AdaptiveCard", "body": [INPUT], "actions": [{"type": "Action.Submit", "title": "Go"}]}
    page = {"title": "Ask", "card": {"contentType": ADAPTIVE, "content": form}}
    stage.bot.answers["task/fetch"] = lambda _: (200, {"task": {"type": "continue", "value": page}})
    stage.bot.answers["task/submit"] = lambda _: (200, {"task": {"type": "message", "value": "Thanks"}})
    message = put(stage, CARD | {"body": []})
    dialog = await stage.teams.open_dialog("ann", message.id, "Ask")
    assert stage.bot.of("task/fetch")[0]["value"]["data"]["kind"] == "tap"
    assert (await stage.teams.submit_dialog("ann", message.id, dialog, "Go")).kind == "invalid"
    done = await stage.teams.submit_dialog("ann", message.id, dialog, "Go", {"why": "new phone"})
    assert (done.kind, done.text) == ("toast", "Thanks")
    assert stage.bot.of("task/submit")[0]["value"]["data"] == {"why": "new phone"}
    stage.bot.answers["task/submit"] = lambda _: (200, None)
    again = await stage.teams.submit_dialog("ann", message.id, dialog, "Go", {"why": "x"})
    assert again.kind == "closed"
    stage.bot.answers["task/submit"] = lambda _: (500, None)
    assert (await stage.teams.submit_dialog("ann", message.id, dialog, "Go", {"why": "x"})).kind == "error"


async def test_a_card_refreshes_for_those_it_names_once_a_minute_and_version(stage: Stage) -> None:
    ben = stage.world.people["ben"]
    refresh = {"action": {"type": "Action.Execute", "verb": "look"}, "userIds": [mri(ben)]}
    stage.teams.chats.join("helpdesk", "ann")
    message = put(stage, CARD | {"refresh": refresh}, chat="helpdesk")
    stage.bot.answers["adaptiveCard/action"] = invoked(CARD | {"refresh": refresh, "body": []})
    for _ in range(2):
        await stage.teams.refresh("ben", message.id)
        await stage.teams.refresh("ann", message.id)
    (activity,) = stage.bot.heard
    assert activity["value"]["trigger"] == "automatic"
    assert activity["from"]["aadObjectId"] == ben.id
    assert stage.teams.now("ben", message.id).cards[0]["body"] == []


def oauth(stage: Stage, uri: str = "") -> Json:
    host = stage.world.origin.removeprefix("http://")
    resource = {"id": "x1", "uri": uri or f"api://{host}/botid-{stage.world.bot_id}"}
    button = {"type": "signin", "title": "Sign in", "value": f"{stage.world.origin}/step-up/start"}
    return {"text": "Sign in", "connectionName": "SSO", "tokenExchangeResource": resource, "buttons": [button]}


@pytest.mark.parametrize(("status", "kind", "state"), [(200, "signed", "done"), (412, "popup", "button")])
async def test_a_token_is_exchanged_silently_or_the_button_stays(
    stage: Stage, status: int, kind: str, state: str
) -> None:
    stage.bot.answers["signin/tokenExchange"] = lambda _: (status, {"id": "x1"})
    message = put(stage, oauth(stage), kind=OAUTH)
    outcome = await stage.teams.exchange("ann", message.id)
    assert (outcome.kind, stage.teams.now("ann", message.id).signin) == (kind, state)
    value = stage.bot.heard[0]["value"]
    assert (value["id"], value["connectionName"]) == ("x1", "SSO")
    claims = jwt.decode(value["token"], options={"verify_signature": False})
    assert (claims["oid"], claims["aud"]) == (stage.world.people["ann"].id, stage.world.bot_id)


async def test_another_resource_gets_no_token(stage: Stage) -> None:
    message = put(stage, oauth(stage, "api://elsewhere/botid-x"), kind=OAUTH)
    assert (await stage.teams.exchange("ann", message.id)).kind == "popup"
    (activity,) = stage.bot.heard
    assert (activity["name"], activity["value"]["code"]) == ("signin/failure", "resourcematchfailed")


async def test_an_unanswered_invoke_comes_again_and_then_under_a_new_id(stage: Stage) -> None:
    stage.world.faults.add(Fault(where="teams", match="adaptiveCard/action", kind="lost"))
    message = put(stage, CARD)
    outcome = await stage.teams.press("ann", message.id, "No")
    assert outcome.kind == "error"
    first, second, third = (activity["id"] for activity in stage.bot.heard)
    assert first == second != third


async def test_a_duplicate_arrives_twice(stage: Stage) -> None:
    stage.world.faults.add(Fault(where="teams", kind="duplicate", times=1))
    await stage.teams.say("ann", "once")
    await stage.teams.delivery.settled()
    assert [a["text"] for a in stage.bot.heard] == ["once", "once"]
    assert stage.bot.heard[0]["id"] == stage.bot.heard[1]["id"]


async def test_the_api_does_what_the_driver_does(stage: Stage) -> None:
    status, _ = await stage.api("POST", "/teams/api/say", {"as": "ann", "chat": "vouchsafe", "text": "hi"})
    assert status == 200
    status, chats = await stage.api("GET", "/teams/api/chats?as=ann")
    assert [chat["slug"] for chat in chats] == ["vouchsafe", "falcon", "general"]
    stage.teams.chats.join("helpdesk", "ann")
    _, chats = await stage.api("GET", "/teams/api/chats?as=ann")
    assert [chat["slug"] for chat in chats] == ["vouchsafe", "falcon", "general", "helpdesk"]
    _, messages = await stage.api("GET", "/teams/api/messages?as=ann&chat=vouchsafe")
    assert messages[0]["text"] == "hi"
    message = put(stage, CARD)
    body = {"as": "ben", "message": message.id, "action": {"type": "Action.Execute"}}
    status, refusal = await stage.api("POST", "/teams/api/act", body)
    assert (status, refusal["error"]) == (404, "ben sees no such message")
    status, refusal = await stage.api("POST", "/teams/api/act", {"as": "nobody"})
    assert status == 404
    status, refusal = await stage.api("POST", "/teams/api/say", {"as": "ann"})
    assert (status, refusal["error"]) == (400, "text is missing")


async def test_the_page_and_the_bots_pages_share_an_origin(stage: Stage) -> None:
    async with stage.session.get(URL(f"{stage.world.origin}/step-up/start?t=a%2Fb", encoded=True)) as answer:
        text = await answer.text()
    host = stage.world.origin.removeprefix("http://")
    assert text == f"GET /step-up/start?t=a%2Fb {host} "
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    async with stage.session.get(stage.world.origin, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403


async def test_the_panel_changes_the_world(stage: Stage) -> None:
    before = stage.world.clock.now()
    status, _ = await stage.api("POST", "/panel/api/clock", {"advance_seconds": 3600})
    assert status == 200
    assert (stage.world.clock.now() - before).total_seconds() > 3599
    fault = {"where": "graph", "kind": "unavailable", "times": 2}
    _, state = await stage.api("POST", "/panel/api/faults", fault)
    assert state["faults"][0]["kind"] == "unavailable"
    _, state = await stage.api("DELETE", "/panel/api/faults")
    assert state["faults"] == []
    await stage.api("POST", "/panel/api/people/ann", {"enabled": False})
    assert not stage.world.people["ann"].enabled
    await stage.api("POST", "/panel/api/installed", {"person": "ann", "installed": False})
    await stage.teams.delivery.settled()
    assert stage.bot.of("installationUpdate")[0]["action"] == "remove"
    status, refusal = await stage.api("POST", "/panel/api/faults", {"where": "moon", "kind": "slow"})
    assert (status, "where" in refusal["error"]) == (400, True)
    status, refusal = await stage.api("POST", "/panel/api/people/nobody", {})
    assert status == 400
    assert quote("nobody") in refusal["error"]


async def test_the_panel_flags_people(stage: Stage) -> None:
    async def told(key: str, risk: str) -> Any:
        status, state = await stage.api("POST", f"/panel/api/people/{key}", {"risk": risk})
        return next(p["risk"] for p in state["people"] if p["key"] == key) if status == 200 else status

    risks = stage.world.graph.risks
    assert (await told("ann", "high"), risks["ann"].state, risks["ann"].level) == ("high", "atRisk", "high")
    assert (await told("ann", "compromised"), risks["ann"].state) == ("compromised", "confirmedCompromised")
    assert (await told("ann", "low"), risks["ann"].level) == ("low", "low")
    assert (await told("ann", "none"), "ann" in risks) == ("none", False)
    assert [await told("ann", "extreme"), await told("gus", "low")] == [400, 400]
    risks.dismiss("rita")
    assert await told("rita", "medium") == "medium"
