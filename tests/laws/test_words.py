"""Words never act: whatever is written, wherever and by whomever, nothing changes until something is pressed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain, count, cycle
from typing import Any, Final, get_args

import psycopg
import pytest

import cards
from bot.core import actions as do
from bot.core import packing
from bot.core.actions import Ref, Written
from bot.core.calling import AboutOthers, ShowCaller
from bot.core.doubting import ShowDoubt
from bot.core.locking import ShowLocking
from bot.core.model import Status
from bot.core.passes import Pass
from bot.core.raising import ShowThreat
from bot.kinds import KINDS
from cards.texts import LANGUAGES
from tests.adapters.edge import APP, activity
from tests.cards.walk import actions, pieces, texts
from tests.entra import TENANT, FakeClock
from tests.fakes import EMPLOYEES, HELPDESK, POLICY, Office, office
from tests.hostile.door import Door, door
from tests.laws.seen import touched
from tests.stores import patient

Json = dict[str, Any]

THREAD: Final = "19:helpdesk@thread.tacv2;messageid=17"
MENTION: Final = "<at>Vouchsafe</at>"
ANN, KIM, LEE, BEN, EMMA, GUS, MO, NOBODY = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in range(8))
NAMES: Final = {
    ANN: "Ann Archer",
    KIM: "Kim Kent",
    LEE: "Lee Lane",
    BEN: "Ben Baker",
    EMMA: "Emma",
    GUS: "Gus Guest",
    MO: "Mo Moss",
}
OPEN: Final = ("ready", "waiting", "asked")
ALARM: Final = next(kind for kind in KINDS if KINDS[kind].alarm)
HEARD: Final = frozenset({"private_chats", "seen"})  # where somebody's chat is, and which delivery has come

SAID: Final = (
    "What is phishing?", "my colleague was hacked", "I was not hacked", "das war ich nicht mit dem Kaffee",
    "Ann says her account was hacked", "was hacked in the news", "Is hacked spelled with a k?", "not me!",
    "Who was phished last year?", "we talked about being compromised", "Ben war es, nicht ich",
    "cancel", "abbrechen", "please cancel everything", "withdraw", "Bitte alles zurückziehen", "stornieren",
    "approve", "Approve r1", "yes", "ja", "ok", "I approve", "genehmigt", "deny", "show", "show my pass", "revoke it",
    "it wasn't me", "It wasn't me", "das war ich nicht", "Das war ich nicht!", "report", "submit", "send", "sign in",
    "tap: my phone is broken, ticket INC0012345, 60 minutes", "I need a pass because my phone broke",
    "TAP, weil mein Handy kaputt ist, 2 Stunden", "sign me out: because I left", "prove who I am: for the bank",
    "new password because I forgot it", "risk: it was me, I was travelling", "my sign-in methods: remove the key",
    "hello", "thanks", "Guten Morgen", "status", "help", "?", "...", "", "🙂", "tapestry", "x" * 3000,
)  # fmt: skip

FRAMES: Final = (
    "What is {}?", "How does {} work?", "Is it about {}, or not", "I do not mean {}", "I was not {}", "never {}",
    "My colleague asks for {}", "Ann says: {}", "Ben wrote “{}” to me yesterday", '"{}"', "> {}", "{}, because",
    "Please, {} now!!!", "{} because I say so", "{}: it is broken, ticket INC1, 60 minutes", "cancel {}", "thanks, {}",
    "Was ist {}?", "Wie geht {}?", "Ich meine nicht {}", "nicht {}", "Mein Kollege will {}", "Anna sagt: {}",
    "Ben schrieb gestern „{}“", "{}, weil ich es sage", "{}: kaputt, Ticket INC1, 2 Stunden", "{} abbrechen",
    "Danke, {}", "Das mit {} war nur ein Scherz",
)  # fmt: skip


def phrased() -> Iterator[str]:
    """What each kind listens for, alone, and some of it in every frame."""
    for kind in KINDS:
        said = dict.fromkeys((kind, *cards.phrases(kind)))
        yield from said
        words = cycle(said)
        for frame in FRAMES:
            yield from (frame.format(next(words)) for _ in range(3 if kind == ALARM else 1))


def wrapped(data: Mapping[str, object]) -> Iterator[str]:
    """A button's data as it may arrive in a text."""
    packed = json.dumps(data)
    yield packed
    yield f"  \n\u200b{packed}"
    yield json.dumps([data])
    yield packed.replace('"', "&quot;")
    yield f"<{data['verb']} kind='{data.get('kind', '')}'>{data.get('kind', '')}</{data['verb']}>"
    yield f"&lt;{data.get('kind', data['verb'])}/&gt;"
    yield f"`{packed}`"
    yield "&".join(f"{name}={value}" for name, value in data.items())


def buttons(refs: Mapping[str, Ref]) -> Iterator[Json]:
    """Every button there is, on every request there is."""
    yield dict(packing.pack(do.Home()))
    for kind in KINDS:
        yield dict(packing.pack(do.Begin(kind)))
        yield {
            **packing.pack(do.Submit(kind, f"n-{kind}", {})),
            "reason": "other",
            "text": "x",
            "minutes": "60",
            "why": "lost",
        }
        yield dict(packing.pack(do.Choose(kind, f"n-{kind}", {"method": "fido2:key-1"})))
    for ref in refs.values():
        yield from ({"verb": verb, "id": ref.request, "v": ref.version} for verb in packing.VERBS)
        yield dict(packing.pack(do.Approve(ref)))
        yield {**packing.pack(do.Deny(ref, "")), "reason": "no"}
        yield {**packing.pack(do.Lift(ref, "")), "reason": "no"}


@dataclass
class Room:
    """The desk behind its door, with something for every word to act on, and all that came of one."""

    desk: Office
    door: Door
    database: psycopg.AsyncConnection[Any]
    refs: Mapping[str, Ref]
    before: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ids: count[int] = field(default_factory=lambda: count(1))

    async def writes(self, by: str, text: str, *, mention: bool = False, **other: Any) -> list[Json]:
        """Somebody writes this; return what was sent, after nothing else was found to have come of it."""
        sent = len(self.desk.messenger.messages)
        await self.deliver(by, text=f"{MENTION} {text}" if mention else text, channel=mention, **other)
        said = list(self.desk.messenger.messages.items())[sent:]
        where = {"a:" + by, THREAD} if mention else {"a:" + by}
        assert {chat for (chat, _), _ in said} <= where, f"{text!r} was told to somebody else"
        public = [message for (chat, _), message in said if chat == THREAD]
        assert not [message for message in public if "attachments" in message], f"{text!r} is a card in the channel"
        assert touched(self.desk) == [], f"{text!r} did this in the directory"
        now = await self.rows()
        changed = [name for name in now if now[name] != self.before[name]]
        assert changed == [], f"{text!r} changed this in the database"
        return [dict(message) for (chat, _), message in said if chat != THREAD]

    async def deliver(self, by: str, *, channel: bool = False, **other: Any) -> Json:
        where: Json = {"id": f"a:{by}", "conversationType": "personal", "tenantId": TENANT}
        data: Json = {"tenant": {"id": TENANT}}
        entities: list[Json] = []
        if channel:
            where = {"id": THREAD, "conversationType": "channel", "tenantId": TENANT, "isGroup": True}
            data |= {"team": {"id": "19:t"}, "channel": {"id": THREAD.partition(";")[0]}}
            entities = [{"type": "mention", "text": MENTION, "mentioned": {"id": f"28:{APP}"}}]
        who = {"id": f"29:{by}", "name": NAMES.get(by, "Nobody"), "aadObjectId": by}
        sent = {"id": str(next(self.ids)), "from": who, "conversation": where, "entities": entities, **other}
        status, body = await self.door.deliver(activity(channelData=data, **sent))
        assert status == 200, body
        answered: Json = body or {}
        return answered

    async def rows(self) -> Mapping[str, frozenset[str]]:
        """All that every table holds, but where people's chats are and which deliveries came."""
        asked = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = [row[0] for row in await (await self.database.execute(asked)).fetchall() if row[0] not in HEARD]
        found = {}
        for name in names:
            cursor = await self.database.execute(f'SELECT t::text FROM "{name}" AS t')  # noqa: S608 - from the catalogue
            found[name] = frozenset(row[0] for row in await cursor.fetchall())
        return found


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    """Ann has a pass at hand and more open, Kim waits for Ben's yes; there is an emergency account, and a guest."""
    clock = FakeClock()
    async with patient(database_url, clock) as store, await connected(database_url) as database:
        desk = office(store, clock, replace(POLICY, deny_list=frozenset({EMMA})))
        furnish(desk)
        for person, request in ((ANN, "ready"), (KIM, "asked")):
            await desk.ask(person, request)
            await desk.sign_in(person, request)
        await desk.approve(BEN, "ready")
        await desk.ask(ANN, "waiting", kind="methods")
        assert [(await desk.load(one)).status for one in OPEN] == [Status.READY, Status.STEP_UP, Status.APPROVAL]
        assert touched(desk) == []
        refs = {one: Ref(one, (await desk.load(one)).version) for one in OPEN}
        views = desk.delivery.views.answered
        async with door(
            desk.desk, post=desk.messenger, clock=clock, kinds=KINDS, tenant=TENANT, viewer=views
        ) as opened:
            room = Room(desk, opened, database, refs)
            room.before = await room.rows()
            yield room


def furnish(desk: Office) -> None:
    """Something for every kind to act on."""
    directory, now = desk.directory, desk.clock.now()
    for person in (ANN, KIM, LEE, BEN, EMMA, GUS, MO):
        directory.add(person, *([EMPLOYEES] if person != MO else []), guest=person == GUS)
        directory.registered[person] = directory.registered["ann"]
        if person != BEN:
            directory.risks[person] = directory.risks["ann"]
            directory.live[person] = Pass(
                "old", now - timedelta(hours=2), now - timedelta(hours=1), usable=False, usability="Expired"
            )
    directory.members[HELPDESK].add(BEN)


async def connected(url: str) -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(url, autocommit=True)


# -- nothing comes of it ----------------------------------------------------------------------------------------------


async def test_nothing_written_in_private_does_anything(room: Room) -> None:
    for text in dict.fromkeys(chain(SAID, phrased())):
        assert await room.writes(ANN, text), f"{text!r} was not answered"


async def test_nothing_written_to_it_in_the_approvers_channel_does_anything(room: Room) -> None:
    """Neither to whom it is about nor to the approver who wrote it; and what it offers, it offers in private."""
    for text in dict.fromkeys(chain(SAID, *zip(*[phrased()] * 4, strict=False))):
        assert await room.writes(BEN, text, mention=True), f"{text!r} was not answered"


@pytest.mark.parametrize("by", [EMMA, GUS, MO, NOBODY])
async def test_nor_is_anybody_alarmed_by_who_wrote_it(room: Room, by: str) -> None:
    """An emergency account, a guest, somebody who may ask for nothing, somebody the directory does not know."""
    for text in dict.fromkeys(chain(SAID, KINDS, (cards.phrases(kind)[-1] for kind in KINDS))):
        assert await room.writes(by, text)


@pytest.mark.parametrize("by", [ANN, BEN])
async def test_machine_made_text_is_no_press_whichever_button_it_came_from(room: Room, by: str) -> None:
    for data in buttons(room.refs):
        for text in wrapped(data):
            await room.writes(by, text)


async def test_the_text_that_came_with_a_press_is_not_read_as_words(room: Room) -> None:
    """A press whose data is none of ours, or text instead of data, is not understood, whatever its title says."""
    begin = packing.pack(do.Begin(ALARM))
    odd: tuple[Any, ...] = (
        json.dumps(begin),
        [begin],
        {"verb": "constructor"},
        {**begin, "kind": 5},
        "x",
        5,
        True,
        {},
        {"data": begin},
    )
    for value in odd:
        (card,) = await room.writes(ANN, "Somebody is in my account", value=value, replyToId="5")
        assert not [button for button in actions(card) if "kind" in str(button.get("data"))]


async def test_a_press_acts_and_would_have_been_noticed(room: Room) -> None:
    """What the tests above look at does change when the same thing is pressed."""
    await room.deliver(ANN, value=dict(packing.pack(do.Begin(ALARM))))
    now = await room.rows()
    assert len(now["requests"]) == len(room.before["requests"]) + 1
    assert now["procrastinate_jobs"] != room.before["procrastinate_jobs"]


def test_what_is_understood_is_of_a_type_that_only_shows_and_offers() -> None:
    shows: set[type] = {do.Home, do.Help, do.ShowStatus, do.Human, do.Thanks, do.NotWanted}
    shows |= {do.NotUnderstood, do.MachineMade, do.NoWindow, do.OfferKind, ShowCaller, ShowThreat, ShowLocking}
    shows |= {do.ForSome, ShowDoubt, AboutOthers}
    assert set(get_args(Written)) == shows


def acting(ref: Ref) -> Iterator[Written]:
    """Nothing that acts is of that type: the type checker fails on a comment below that is not needed any more."""
    yield do.Begin(ALARM)  # type: ignore[misc]
    yield do.Submit(ALARM, "", {})  # type: ignore[misc]
    yield do.Choose(ALARM, "", {})  # type: ignore[misc]
    yield do.Report(ref)  # type: ignore[misc]
    yield do.Withdraw(ref)  # type: ignore[misc]
    yield do.WithdrawListed(ref)  # type: ignore[misc]
    yield do.RevokeIt(ref)  # type: ignore[misc]
    yield do.Show(ref)  # type: ignore[misc]
    yield do.Approve(ref)  # type: ignore[misc]
    yield do.Deny(ref, "")  # type: ignore[misc]
    yield do.Lift(ref, "")  # type: ignore[misc]
    yield do.ReturnCode("")  # type: ignore[misc]


# -- and it leads on --------------------------------------------------------------------------------------------------

DOORS: Final = {
    "home.lead": ("hello", "Guten Morgen", "start"),
    "home.help": ("help", "?", "was kannst du", "What is phishing?", "What is a passkey?"),
    "home.not_understood": (
        "good weather today",
        "approve",
        "yes",
        "ja",
        "show",
        "deny",
        "das war ich nicht mit dem Kaffee",
    ),
    "list.title": ("status", "cancel", "abbrechen", "please withdraw", "meine Anfragen", "Cancel my TAP request"),
    "said.human": ("can I talk to a human?", "Ich möchte mit einem Menschen sprechen"),
    "said.for_others": ("@Ben lost his phone",),
    "lock.for_others": ("my colleague was hacked", "Ann says her account was hacked", "lock @Ben"),
    "said.thanks": ("thanks", "Vielen Dank!"),
    "said.not_wanted": (
        "please do NOT sign me out",
        "I was not hacked",
        "please do not cancel",
        "ich wurde nicht gehackt",
    ),
    "said.machine_made": ('{"verb":"begin","kind":"compromised"}', " [1]", "<begin/>", "&lt;hacked&gt;", "\u200b{"),
    "home.begin": ("tap", "I lost my phone", "reset MFA", "sign me out", "Passwort vergessen"),
    "home.alarm": (
        *("hacked", "not me", "phished", "I was hacked", "gehackt", "das war ich nicht", "Jemand ist in meinem Konto!"),
        "I keep getting MFA prompts I did not request",
    ),
}


@pytest.mark.parametrize("door_", DOORS)
async def test_what_is_written_leads_to_this_door(room: Room, door_: str) -> None:
    lines = {cards.text(door_, language, contact="the helpdesk") for language in LANGUAGES}
    for text in DOORS[door_]:
        (message,) = await room.writes(LEE, text)
        assert any(line in said(message) for line in lines), text


async def test_the_answer_is_in_the_language_of_the_sentence_where_it_can_be_told(room: Room) -> None:
    for text, language in (("Guten Morgen zusammen", "de"), ("good morning", "en"), ("status", "en")):
        (message,) = await room.writes(LEE, text, locale="en-GB")
        assert cards.text("list.title" if text == "status" else "home.lead", language) in said(message)
    (message,) = await room.writes(LEE, "status", locale="de-AT")
    assert cards.text("list.title", "de") in said(message)


def keeps(card: Any) -> set[str]:
    """The languages that the buttons of a card keep to."""
    return {one["data"].get("lang", "") for one in actions(card) if "verb" in one.get("data", ())}


async def test_what_follows_from_the_answer_stays_in_the_language_of_the_sentence(room: Room) -> None:
    """The form, the request's own card, its buttons and what they answer, whatever the client's language is."""

    async def pressed(name: str, value: Json) -> Json:
        return await room.deliver(LEE, type="invoke", name=name, value=value, locale="en-GB")

    (offer,) = await room.writes(LEE, "Ich brauche einen Zugriffspass", locale="en-GB")
    (begin,) = (a["data"] for a in actions(offer) if a["data"].get("msteams", {}).get("type") == "task/fetch")
    task = (await pressed("task/fetch", {"data": begin}))["task"]["value"]
    assert task["title"] == cards.text("tap.title", "de")
    (send,) = (one["data"] for one in actions(task["card"]["content"]))
    assert keeps(offer) == keeps(task["card"]["content"]) == {"de"}
    await pressed("task/submit", {"data": {**send, "reason": "new_phone", "minutes": "60"}})
    asked = await room.desk.load(send["id"])
    assert (asked.requester.language, "lang" in asked.details) == ("de", False)
    assert (await room.desk.waiting(LEE, asked.id)).person.language == "de"
    await room.desk.job("cards", asked.id)
    card = next(
        m for (c, _), m in room.desk.messenger.messages.items() if c == f"a:{LEE}" and "Schritt" in json.dumps(m)
    )
    assert keeps(card) == {"de"}
    withdraw = next(one for one in actions(card) if one.get("verb") == "withdraw")
    body = await pressed("adaptiveCard/action", {"action": withdraw, "trigger": "manual"})
    assert cards.text("request.withdrawn.title", "de") in json.dumps(body, ensure_ascii=False)


async def test_a_card_in_the_clients_own_language_or_of_a_made_up_one_keeps_to_the_clients(room: Room) -> None:
    (offer,) = await room.writes(LEE, "I need an access pass", locale="en-GB")
    assert keeps(offer) == {""}
    for made_up in ("xx", "de-DE", "", "../de"):
        data = {**packing.pack(do.Begin("tap")), "lang": made_up}
        body = await room.deliver(LEE, type="invoke", name="task/fetch", value={"data": data}, locale="en-GB")
        assert body["task"]["value"]["title"] == cards.text("tap.title", "en")


async def test_what_is_not_understood_gets_a_line_and_three_doors(room: Room) -> None:
    (message,) = await room.writes(LEE, "good weather today")
    assert list(dict.fromkeys(one["data"]["verb"] for one in actions(message)))[:3] == [
        packing.HOME,
        packing.STATUS,
        packing.HUMAN,
    ]
    (message,) = await room.writes(LEE, "something about phones and methods perhaps")
    (near, *_), ways = [one["data"] for one in actions(message)], actions(message)
    assert near["verb"] == packing.BEGIN
    assert len({json.dumps(one["data"]) for one in ways if one["data"].get("kind") != ALARM}) == 3


async def test_what_is_not_wanted_and_what_is_somebody_elses_offers_nothing(room: Room) -> None:
    for text in (*DOORS["said.not_wanted"], *DOORS["said.for_others"], *DOORS["lock.for_others"]):
        (message,) = await room.writes(LEE, text)
        assert list(actions(message)) == [], text


async def test_words_of_alarm_lead_to_one_button_and_say_that_nothing_was_done(room: Room) -> None:
    (message,) = await room.writes(LEE, "das war ich nicht!", locale="de-DE")
    (button,) = {json.dumps(one["data"]) for one in actions(message)}
    assert json.loads(button) == packing.pack(do.Begin(ALARM))
    assert cards.text("home.alarm", "de", contact="the helpdesk") in said(message)


async def test_in_the_channel_they_lead_to_the_private_chat(room: Room) -> None:
    before = len(room.desk.messenger.messages)
    (private,) = await room.writes(BEN, "my account was hacked", mention=True)
    assert "Nothing has been done" in said(private)
    public = [m for (chat, _), m in list(room.desk.messenger.messages.items())[before:] if chat == THREAD]
    assert [message["text"] for message in public] == [cards.text("said.in_private", "en")]


async def test_a_request_in_one_line_leads_to_its_form_filled_in_and_the_form_sends_it(room: Room) -> None:
    text = "I need a pass because my phone broke, ticket INC0012345, 60 minutes"
    (form,) = await room.writes(LEE, text)
    filled = {piece["id"]: piece.get("value") for piece in pieces(form) if str(piece.get("type")).startswith("Input.")}
    assert filled == {"reason": "other", "text": "my phone broke", "ticket": "INC0012345", "minutes": "60"}
    (send,) = (one["data"] for one in actions(form) if one["data"]["verb"] == packing.SUBMIT)
    await room.deliver(LEE, value={**send, **filled})
    assert (await room.desk.load(send["id"])).details["text"] == "my phone broke"


async def test_cancel_leads_to_the_list_where_each_open_request_has_a_button_to_withdraw_it(room: Room) -> None:
    await room.desk.job("cards", "waiting")
    room.before = await room.rows()
    (listed,) = await room.writes(ANN, "cancel everything")
    assert listable(listed).keys() == {"ready", "waiting"}
    pressed = {"type": "Action.Execute", "verb": "withdraw-listed", "data": listable(listed)["waiting"]}
    value = {"action": pressed, "trigger": "manual"}
    body = await room.deliver(ANN, type="invoke", name="adaptiveCard/action", value=value, replyToId="77")
    assert [(await room.desk.load(one)).status for one in OPEN] == [Status.READY, Status.WITHDRAWN, Status.APPROVAL]
    assert listable(body["value"]).keys() == {"ready"}
    jobs = (await room.rows())["procrastinate_jobs"]
    assert not [job for job in jobs if "stray" in job], "the list was taken for a card posted twice"


async def test_nobody_withdraws_from_anothers_list(room: Room) -> None:
    for by in (BEN, LEE, KIM):
        data = packing.pack(do.WithdrawListed(room.refs["ready"]))
        await room.deliver(by, value=data)
        assert (await room.desk.load("ready")).status is Status.READY


def listable(card: object) -> Mapping[str, Json]:
    """The buttons of the list by the request they withdraw."""
    return {one["data"]["id"]: one["data"] for one in actions(card) if one["data"]["verb"] == "withdraw-listed"}


def said(message: Json) -> str:
    return texts(message) or str(message.get("text"))
