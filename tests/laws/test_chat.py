"""In a client without dialogs the form stands in the chat: checked as in a dialog, answered in place, and no secret."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

import cards
from bot.core import actions as do
from bot.core import packing
from bot.core.actions import Ref
from bot.core.model import Status
from bot.core.ports import Slot
from bot.kinds import KINDS
from tests.adapters.edge import activity
from tests.cards.walk import actions, pieces, texts
from tests.entra import TENANT, FakeClock
from tests.fakes import EMPLOYEES, HELPDESK, POLICY, USUAL, Office, at_home, office
from tests.hostile.door import Door, door
from tests.laws.seen import touched
from tests.stores import patient

Json = dict[str, Any]

ANN, BEN = "aaaaaaaa-0000-4000-8000-000000000000", "aaaaaaaa-0000-4000-8000-000000000003"
CHAT = f"a:{ANN}"
FORMS = tuple(kind for kind in KINDS if not KINDS[kind].alarm)
ASKING = tuple(kind for kind in FORMS if kind != "verify")  # whose form has fields that must be filled in
WRONG: Mapping[str, Mapping[str, str]] = {kind: {"reason": "made up", "why": "made up"} for kind in ASKING}


@dataclass
class Client:
    """Ann's client: it opens no windows, so that each button of a card goes out as Microsoft's own such client does it.

    That is: `Action.Submit` is a message with its data and what was typed, whatever `msteams` in it asks for.
    """

    desk: Office
    door: Door
    ids: count[int] = field(default_factory=lambda: count(1))

    @property
    def there(self) -> Mapping[str, Json]:
        """What stands in the chat, by id."""
        return {one: dict(m) for (chat, one), m in self.desk.messenger.messages.items() if chat == CHAT}

    @property
    def newest(self) -> str:
        return max(self.there, key=int)

    def reads(self, message: str) -> str:
        return texts(self.there[message])

    async def says(self, text: str) -> str:
        await self._sends(text=text)
        return self.newest

    async def press(self, message: str, verb: str, **typed: str) -> str:
        """Press a message's button with what was typed beside it; return the newest message then."""
        pressed = next(a for a in actions(self.there[message]) if a.get("data", {}).get("verb") == verb)
        await self.send(dict(pressed["data"]) | typed, message)
        return self.newest

    async def execute(self, message: str, verb: str) -> Json:
        """Press a button of `Action.Execute`, and put the card that comes back into its place."""
        pressed = next(
            a for a in actions(self.there[message]) if a["type"] == "Action.Execute" and a.get("verb") == verb
        )
        value = {"action": {name: pressed[name] for name in ("type", "title", "verb", "data")}}
        answer = await self._sends(type="invoke", name="adaptiveCard/action", value=value, replyToId=message)
        assert answer["type"] == "application/vnd.microsoft.card.adaptive"
        self.desk.messenger.messages[(CHAT, message)] = cards.message(answer["value"], "")
        return answer

    async def send(self, data: Json, message: str = "") -> None:
        await self._sends(value=data, **({"replyToId": message} if message else {}))

    async def decides(self, data: Json) -> None:
        """Ben presses a button on the card in the approvers' channel, in such a client too."""
        thread = "19:helpdesk@thread.tacv2;messageid=1"
        where = {"id": thread, "conversationType": "channel", "tenantId": TENANT, "isGroup": True}
        ben = {"id": f"29:{BEN}", "name": "Ben", "aadObjectId": BEN}
        await self._sends(value=data, replyToId="1", conversation=where, **{"from": ben})

    async def _sends(self, **what: Any) -> Json:
        ann = {"id": f"29:{ANN}", "name": "Ann Archer", "aadObjectId": ANN}
        where = {"id": CHAT, "conversationType": "personal", "tenantId": TENANT}
        sent = {"id": str(next(self.ids)), "from": ann, "conversation": where, **what}
        status, body = await self.door.deliver(activity(channelData={"tenant": {"id": TENANT}}, **sent))
        assert status == 200, body
        answer: Json = body or {}
        return answer


@pytest.fixture
def reveal() -> str:
    return "dialog"


@pytest.fixture
async def client(database_url: str, reveal: str) -> AsyncIterator[Client]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, replace(POLICY, reveal=reveal))  # type: ignore[arg-type]  # one of the two it may be
        desk.directory.add(ANN, EMPLOYEES)
        desk.directory.add(BEN, HELPDESK)
        desk.directory.members[HELPDESK].add(BEN)
        desk.directory.registered[ANN] = desk.directory.registered["ann"]
        desk.directory.risks[ANN] = desk.directory.risks["ann"]
        views = desk.delivery.views.answered
        async with door(
            desk.desk, post=desk.messenger, clock=clock, kinds=KINDS, tenant=TENANT, viewer=views
        ) as opened:
            yield Client(desk, opened)


async def form(client: Client, kind: str) -> str:
    """Open the form of a kind from what was said, and choose the first line where it has lines to choose from."""
    message = await client.press(await client.says(kind), packing.BEGIN)
    if packing.CHOOSE in verbs(client, message):
        assert await client.press(message, packing.CHOOSE) == message, "what is asked next stands in the form's place"
    return message


def verbs(client: Client, message: str) -> list[str]:
    return [action.get("data", {}).get("verb", "") for action in actions(client.there[message])]


def sent(client: Client, message: str) -> Json:
    """What the form's own button sends."""
    return dict(next(a["data"] for a in actions(client.there[message]) if a["data"].get("verb") == packing.SUBMIT))


def inputs(message: Mapping[str, Any]) -> dict[str, str]:
    """What is in the fields of a message, by name."""
    found = (piece for piece in pieces(message) if str(piece.get("type", "")).startswith("Input."))
    return {piece["id"]: str(piece.get("value", "")) for piece in found}


@pytest.mark.parametrize("kind", FORMS)
async def test_the_form_of_every_kind_comes_into_the_chat_and_goes_where_a_dialogs_goes(
    client: Client, kind: str
) -> None:
    message = await form(client, kind)
    request = sent(client, message)["id"]
    assert await client.desk.ledger.load(request) is None, "nothing is begun before the form is sent"
    before = set(client.there)
    await client.press(message, packing.SUBMIT, **USUAL.get(kind, {}))
    there = await client.desk.load(request)
    assert (there.kind, there.subject.id) == (kind, ANN)
    assert dict(USUAL.get(kind, {})).items() <= dict(there.details).items()
    assert set(client.there) == before, "what came of it stands in the form's place"
    assert actions(client.there[message]) == [], "and nothing of it can be sent again"
    assert inputs(client.there[message]) == {}
    assert cards.text("said.filled_in", "en", what=cards.text(f"{kind}.title", "en")) in client.reads(message)


@pytest.mark.parametrize("kind", ASKING)
async def test_what_is_wrong_is_told_on_the_form_itself_with_what_was_typed(client: Client, kind: str) -> None:
    message = await form(client, kind)
    request, empty = sent(client, message)["id"], client.reads(message)
    before = set(client.there)
    for typed in ({}, WRONG[kind]):
        await client.press(message, packing.SUBMIT, **typed)
        assert set(client.there) == before
        assert await client.desk.ledger.load(request) is None
        assert client.reads(message) != empty, "the card says what is wrong"
    assert sent(client, message)["id"] == request
    fields = inputs(client.there[message])
    assert {name: fields[name] for name in WRONG[kind] if name in fields} == {
        name: value for name, value in WRONG[kind].items() if name in fields
    }
    await client.press(message, packing.SUBMIT, **USUAL[kind])
    assert (await client.desk.load(request)).kind == kind


async def test_a_line_is_chosen_in_its_place_and_so_is_the_way_back(client: Client) -> None:
    message = await client.press(await client.says("methods"), packing.BEGIN)
    lines, before = client.reads(message), set(client.there)
    assert packing.SUBMIT not in verbs(client, message)
    await client.press(message, packing.CHOOSE)
    assert inputs(client.there[message]) == {"why": ""}
    assert "YubiKey 5C" in client.reads(message)
    assert "LAPTOP-7" in lines
    assert "LAPTOP-7" not in client.reads(message)
    chosen = sent(client, message)
    assert verbs(client, message) == [packing.CHOOSE, packing.SUBMIT]
    await client.press(message, packing.CHOOSE)  # which leads back
    assert client.reads(message) == lines
    assert set(client.there) == before
    await client.send({**chosen, "method": "made up", "why": "lost"}, message)
    assert cards.text("methods.error.method.choice", "en") in client.reads(message)
    assert await client.desk.ledger.load(chosen["id"]) is None


async def test_where_the_button_of_a_dialog_does_nothing_another_brings_the_form_in_its_place(client: Client) -> None:
    """Microsoft's Agents Playground 0.2.28 fails at any button that asks for a dialog, and sends nothing."""
    message = await client.says("tap")
    await client.execute(message, packing.BEGIN)
    assert cards.text("tap.title", "en") in client.reads(message)
    request = sent(client, message)["id"]
    assert await client.desk.ledger.load(request) is None
    await client.press(message, packing.SUBMIT, **USUAL["tap"])
    assert (await client.desk.load(request)).details["reason"] == USUAL["tap"]["reason"]
    assert set(client.there) == {message}
    assert actions(client.there[message]) == []


async def test_a_form_that_was_sent_long_ago_is_answered_and_asks_for_nothing_more(client: Client) -> None:
    message = await form(client, "tap")
    old = {**sent(client, message), **USUAL["tap"]}
    await client.send(old, message)
    request = await client.desk.load(old["id"])
    await client.desk.desk.handle(at_home(ANN), do.Withdraw(Ref(request.id, request.version)))
    before = set(client.there)
    await client.send(old)  # by a client that names no message
    assert set(client.there) > before
    assert cards.text("said.filled_in", "en", what="Temporary Access Pass") in client.reads(client.newest)
    assert (await client.desk.load(old["id"])).status is Status.WITHDRAWN


async def test_a_no_stands_in_the_forms_place(client: Client) -> None:
    message = await form(client, "tap")
    client.desk.directory.members[EMPLOYEES].discard(ANN)
    before = set(client.there)
    await client.press(message, packing.SUBMIT, **USUAL["tap"])
    assert set(client.there) == before
    assert cards.text("refusal.not_allowed", "en", contact="the helpdesk") in client.reads(message)


async def test_a_form_writes_over_no_card_of_a_request_whichever_message_it_names(client: Client) -> None:
    """Whoever sits at somebody's Teams must not take the card away that says *it wasn't me*."""
    first = await form(client, "tap")
    request = sent(client, first)["id"]
    await client.press(first, packing.SUBMIT, **USUAL["tap"])
    await client.desk.job("cards", request)
    async with client.desk.store.unit() as unit:
        own = next(p.activity for p in await unit.posted(request) if p.slot is Slot.REQUESTER)
    card = client.there[own]
    second = await form(client, "password")
    for typed in ({}, USUAL["password"]):
        before = set(client.there)
        await client.send({**sent(client, second), **typed}, own)
        assert client.there[own] == card
        assert len(set(client.there) - before) == 1, "it is answered in a message of its own"


async def test_a_form_in_a_message_that_is_gone_is_answered_below(client: Client) -> None:
    message = await form(client, "tap")
    data = sent(client, message)
    del client.desk.messenger.messages[(CHAT, message)]
    await client.send(data, message)
    assert packing.SUBMIT in json.dumps(client.there[client.newest])


async def ready(client: Client) -> str:
    """Ann asks in the chat, and has signed in and been approved since; return her request."""
    message = await form(client, "tap")
    request = sent(client, message)["id"]
    await client.press(message, packing.SUBMIT, **USUAL["tap"])
    await client.desk.sign_in(ANN, request)
    await client.desk.approve("ben", request)
    await client.desk.job("cards", request)
    return str(request)


@pytest.mark.parametrize("verb", ["show", "replace"])
async def test_no_secret_comes_into_the_chat_where_no_policy_says_so(client: Client, verb: str) -> None:
    request = await client.desk.load(await ready(client))
    await client.send({"verb": verb, "id": request.id, "v": request.version, "msteams": {"type": "task/fetch"}}, "5")
    assert touched(client.desk) == [], "and none is made"
    assert cards.text("refusal.no_dialog", "en") in client.reads(client.newest)
    assert (await client.desk.load(request.id)).status is Status.READY


@pytest.mark.parametrize("reveal", ["message"])
async def test_where_a_policy_reveals_by_message_it_comes_into_the_private_chat(client: Client) -> None:
    request = await client.desk.load(await ready(client))
    await client.send(packing.pack(do.Show(Ref(request.id, request.version))), "5")
    (made,) = client.desk.directory.secrets
    assert [chat for (chat, _), m in client.desk.messenger.messages.items() if made in json.dumps(m)] == [CHAT]


async def test_an_approver_says_no_there_and_why(client: Client) -> None:
    message = await form(client, "tap")
    request = sent(client, message)["id"]
    await client.press(message, packing.SUBMIT, **USUAL["tap"])
    await client.desk.sign_in(ANN, request)
    no = dict(packing.pack(do.Deny(Ref(request, (await client.desk.load(request)).version), "")))
    await client.decides(no)
    assert (await client.desk.load(request)).status is Status.APPROVAL
    assert cards.text("refusal.reason_required", "en") in client.desk.messenger.shown(f"a:{BEN}")
    await client.decides(no | {"reason": "could not say her manager's name"})
    ending = (await client.desk.load(request)).ending
    assert ending is not None
    assert (ending.by, ending.reason) == (BEN, "could not say her manager's name")


@pytest.mark.parametrize(("verb", "becomes"), [("withdraw", Status.WITHDRAWN), ("report", Status.REVOKING)])
async def test_what_needs_no_window_works_as_anywhere(client: Client, verb: str, becomes: Status) -> None:
    request = await client.desk.load(await ready(client))
    await client.send({"verb": verb, "id": request.id, "v": request.version}, "5")
    assert (await client.desk.load(request.id)).status is becomes


async def test_a_button_that_opens_a_sign_in_window_says_where_one_opens(client: Client) -> None:
    await client.send({"msteams": {"type": "signin", "value": "https://desk.example/step-up/start?t=1"}}, "5")
    assert client.reads(client.newest) == cards.text("said.no_window", "en")
