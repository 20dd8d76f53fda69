"""The connector answers as Teams documents it, its refusals above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from playground.faults import Fault
from playground.teams.activities import mentions, split
from playground.teams.chats import FALCON, GENERAL, HELPDESK_CHANNEL, mri, personal_id
from playground.teams.views import ADAPTIVE

if TYPE_CHECKING:
    from tests.playground.stage import Stage

pytest_plugins = ["tests.playground.stage"]

CARD = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [
        {"type": "TextBlock", "text": "A pass for *Ann*?"},
        {"type": "Input.Text", "id": "why", "label": "Why", "isRequired": True, "errorMessage": "Say why"},
    ],
    "actions": [
        {"type": "Action.Execute", "title": "Approve", "verb": "approve", "data": {"request": "r1"}},
        {
            "type": "Action.Execute",
            "title": "Withdraw",
            "verb": "withdraw",
            "data": {"request": "r1"},
            "associatedInputs": "none",
        },
    ],
}


def posted(text: str = "hello") -> dict[str, Any]:
    return {"type": "message", "text": text}


def card(content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "attachments": [{"contentType": ADAPTIVE, "content": content}]}


def conversation(stage: Stage, key: str) -> str:
    return f"/v3/conversations/{quote(personal_id(stage.world.people[key]), safe='')}"


async def test_a_message_of_the_bot_reaches_the_person(stage: Stage) -> None:
    status, body = await stage.connector("POST", conversation(stage, "ann") + "/activities", posted())
    assert status == 201
    seen = stage.teams.last("ann")
    assert (seen.id, seen.text) == (body["id"], "hello")
    assert stage.teams.chats.unread(stage.teams.chat("ann"), "ann") == 1


async def test_what_is_taken_stands_there_and_has_no_name(stage: Stage) -> None:
    """Accepted, with an empty answer; a refusal stays one."""
    stage.world.faults.add(Fault(where="connector", kind="taken"))
    status, body = await stage.connector("POST", conversation(stage, "ann") + "/activities", posted())
    assert (status, body) == (202, None)
    assert stage.teams.last("ann").text == "hello"
    status, body = await stage.connector("POST", "/v3/conversations/a%3Anobody/activities", posted())
    assert (status, body["error"]["code"]) == (404, "ConversationNotFound")


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_without_a_token_nothing_is_taken(stage: Stage, token: str) -> None:
    status, body = await stage.connector("POST", conversation(stage, "ann") + "/activities", posted(), token=token)
    assert status == 401
    assert body["error"]["message"]


async def test_a_conversation_needs_the_app_installed(stage: Stage) -> None:
    tenant = {"channelData": {"tenant": {"id": stage.world.tenant}}}
    for key, wanted in (("ann", 201), ("dan", 403)):
        person = stage.world.people[key]
        body = {"bot": {"id": "28:x"}, "members": [{"id": person.id}], "isGroup": False, **tenant}
        status, answer = await stage.connector("POST", "/v3/conversations", body)
        assert status == wanted
        if status == 201:
            assert answer["id"] == personal_id(person)
        else:
            assert answer["error"]["code"] == "ForbiddenOperationException"


async def test_a_conversation_in_another_tenant_is_refused(stage: Stage) -> None:
    body = {"members": [{"id": stage.world.people["ann"].id}], "tenantId": "another"}
    status, answer = await stage.connector("POST", "/v3/conversations", body)
    assert (status, answer["error"]["code"]) == (400, "BadArgument")


async def test_a_new_thread_and_a_reply_in_it(stage: Stage) -> None:
    data = {"tenant": {"id": stage.world.tenant}, "channel": {"id": HELPDESK_CHANNEL}}
    begun = {"isGroup": True, "channelData": data, "activity": posted("a request")}
    status, created = await stage.connector("POST", "/v3/conversations", begun)
    assert status == 201
    chat, thread = split(created["id"])
    assert (chat, thread) == (HELPDESK_CHANNEL, created["activityId"])
    await stage.connector("POST", f"/v3/conversations/{quote(created['id'])}/activities", posted("more"))
    assert [m.thread for m in stage.teams.messages("ben", "helpdesk")] == [thread, thread]


async def test_update_and_delete(stage: Stage) -> None:
    place = conversation(stage, "ann") + "/activities"
    _, body = await stage.connector("POST", place, posted("one"))
    status, _ = await stage.connector("PUT", f"{place}/{body['id']}", posted("two"))
    assert (status, stage.teams.last("ann").text, stage.teams.last("ann").version) == (200, "two", 2)
    status, _ = await stage.connector("DELETE", f"{place}/{body['id']}")
    assert status == 200
    assert stage.teams.messages("ann") == []
    status, answer = await stage.connector("PUT", f"{place}/{body['id']}", posted("three"))
    assert (status, answer["error"]["code"]) == (404, "ActivityNotFoundInConversation")


async def test_errors_say_what_was_wrong(stage: Stage) -> None:
    unknown = "/v3/conversations/a%3Anobody/activities"
    status, answer = await stage.connector("POST", unknown, posted())
    assert (status, answer["error"]["code"]) == (404, "ConversationNotFound")
    place = conversation(stage, "ann") + "/activities"
    status, answer = await stage.connector("POST", place, {"type": "message"})
    assert (status, answer["error"]["code"]) == (400, "BadSyntax")
    status, answer = await stage.connector("POST", place, posted("x" * 110_000))
    assert (status, answer["error"]["code"]) == (413, "MessageSizeTooBig")
    status, answer = await stage.connector("POST", conversation(stage, "dan") + "/activities", posted())
    assert (status, answer["error"]["code"]) == (403, "BotNotInConversationRoster")


async def test_text_with_an_attachment_becomes_two_messages_and_no_id(stage: Stage) -> None:
    status, body = await stage.connector(
        "POST", conversation(stage, "ann") + "/activities", posted("both") | card(CARD)
    )
    assert (status, body) == (201, {})
    assert [bool(m.text) for m in stage.teams.messages("ann")] == [True, False]


async def test_seven_messages_a_second_and_then_wait(stage: Stage) -> None:
    place = conversation(stage, "ann") + "/activities"
    answers = [(await stage.connector("POST", place, posted(str(n))))[0] for n in range(8)]
    assert answers == [201] * 7 + [429]
    stage.teams.limits.relaxed = True
    status, _ = await stage.connector("POST", place, posted())
    assert status == 201


async def test_members_by_both_ids_and_in_pages(stage: Stage) -> None:
    place = f"/v3/conversations/{quote(GENERAL)}"
    ann = stage.world.people["ann"]
    for name in (ann.id, mri(ann)):
        status, member = await stage.connector("GET", f"{place}/members/{quote(name)}")
        assert (status, member["aadObjectId"], member["tenantId"]) == (200, ann.id, stage.world.tenant)
    status, roster = await stage.connector("GET", f"{place}/members")
    _, page = await stage.connector("GET", f"{place}/pagedmembers?pageSize=500")
    assert page["members"] == roster
    status, answer = await stage.connector(
        "GET", f"/v3/conversations/{quote(FALCON)}/members/{stage.world.people['cleo'].id}"
    )
    assert (status, answer["error"]["code"]) == (404, "MemberNotFoundInConversation")


async def test_a_lost_answer_leaves_the_message(stage: Stage) -> None:
    stage.world.faults.add(Fault(where="connector", match="POST", kind="lost", times=1))
    with pytest.raises(Exception, match=r"disconnected|reset|closed|payload"):
        await stage.connector("POST", conversation(stage, "ann") + "/activities", posted("still"))
    assert stage.teams.last("ann").text == "still"


async def test_requests_are_journaled_without_their_token(stage: Stage) -> None:
    await stage.connector("POST", conversation(stage, "ann") + "/activities", posted("noted"))
    (entry,) = stage.world.journal.of("connector")
    assert entry.body == posted("noted")
    assert "Authorization" not in entry.headers


def test_people_are_mentioned_by_their_whole_name_and_the_id_they_have_for_the_bot() -> None:
    named = [("Vouchsafe", "28:bot"), ("Ann", "29:short"), ("Ann Archer", "29:ann"), ("Ann Archer", "29:other")]
    said, who = mentions("@vouchsafe for @Ann Archer: new phone, not @Annie <b>", named)
    assert said == "<at>Vouchsafe</at> for <at>Ann Archer</at>: new phone, not @Annie &lt;b&gt;"
    assert who == [("Vouchsafe", "28:bot"), ("Ann Archer", "29:ann")]
