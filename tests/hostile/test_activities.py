"""Activities of every shape from somebody who may write to the bot: no error, and nothing of anybody else's."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.packing import APPROVE, BEGIN, DENY, HOME, SUBMIT, VERBS
from bot.core.queueing import ATTENDS, TAKE
from bot.kinds import KINDS
from bot.teams.inbound import INVOKES
from playground.teams.activities import Author
from playground.teams.chats import BOT_NAME, Chat, mri
from playground.world import create
from tests.adapters.edge import APP
from tests.entra import TENANT
from tests.hostile.siege import BEN, MALLORY, READY, SHOWN, VICTIMS, Json, Siege, text

BOUNDED: Final = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 2**63, 10**400, 1e308, "1e400", "", " ", "\0", "\ud800", "\udfff\ud800", "a\u202eb",
    "\u2028", "😀", "x" * 5000, "'; DROP TABLE requests; --", "{{7*7}}", "../../etc/passwd", "<at>Ben</at>",
    [], [[]], {}, {"id": None}, ["msteams"], {"$gt": ""},
)  # fmt: skip
odd: Final = st.sampled_from(ODD)
words: Final = st.text(st.characters(codec=None), max_size=40)
junk: Final = st.recursive(
    odd | words | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
ids: Final = st.sampled_from([*VICTIMS.values(), "x1", "", "R1", " r1", "r1\0", "r1' --"]) | junk
RETRACT: Final = "retract"
DECIDES: Final = (APPROVE, DENY, TAKE, *sorted(ATTENDS))
verbs: Final = st.sampled_from([*VERBS, *DECIDES, BEGIN, SUBMIT, HOME, "", "SHOW", "constructor"]) | odd
kinds: Final = st.sampled_from([*KINDS, "", "TAP", "__class__"]) | odd
pressed: Final = st.fixed_dictionaries(
    {"verb": verbs, "id": ids, "v": st.integers(-2, 12) | odd},
    optional={
        "kind": kinds,
        "reason": words | odd,
        "verdict_yes": st.sampled_from(["dismissed", "safe", "none"]) | odd,
        "verdict_no": st.sampled_from(["compromised", "none"]) | odd,
        "text": words | odd,
        "minutes": st.sampled_from(["60", "99999", "-1", "NaN", "٦٠"]) | odd,
        "method": words,
        "requester": st.sampled_from(list(VICTIMS)),
        "subject": st.sampled_from(list(VICTIMS)),
        "from": st.just({"aadObjectId": READY}),
        "tenant": st.just("*"),
        "msteams": junk,
        "__proto__": junk,
    },
)
names: Final = st.sampled_from([*INVOKES, "composeExtension/query", "fileConsent/invoke", "ADAPTIVECARD/ACTION"]) | odd


def executed(data: Any) -> Json:
    verb = data.get("verb") if isinstance(data, dict) else None
    return {"action": {"type": "Action.Execute", "verb": verb, "data": data}, "trigger": "manual"}


values: Final = st.one_of(
    pressed.map(executed),
    pressed.map(lambda data: {"data": data}),
    pressed,
    st.fixed_dictionaries({"id": ids, "connectionName": words | odd, "token": st.just("eyJ.a.b") | words | odd}),
    st.fixed_dictionaries({"state": st.sampled_from([f"{r}.x" for r in VICTIMS.values()]) | words | odd}),
    junk,
)
places: Final = st.sampled_from(
    [
        {},
        {
            "conversation": {
                "id": "19:helpdesk@thread.tacv2;messageid=1",
                "conversationType": "channel",
                "isGroup": True,
            }
        },
        {"conversation": {"id": "19:x@thread.v2", "conversationType": "groupChat", "isGroup": True}},
        {"conversation": {"id": "a:new", "conversationType": ["personal"]}},
    ]
)
activities: Final = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "invoke", "installationUpdate", "conversationUpdate", "event"]) | words},
    optional={
        "id": odd,
        "name": names,
        "value": values,
        "text": st.sampled_from(["I have a new phone", "status", "cancel", "sign me out: because", "hi"]) | words | odd,
        "locale": st.sampled_from(["de-DE", "xx", "en-GB-" + "a" * 99]) | odd,
        "replyToId": odd,
        "action": st.sampled_from(["add", "remove", "add-upgrade"]) | odd,
        "membersAdded": st.just([{"id": f"28:{APP}"}]) | odd,
        "entities": junk,
        "attachments": junk,
        "deliveryMode": st.sampled_from(["expectReplies", "stream"]) | odd,
        "callerId": st.just(f"urn:botframework:aadappid:{APP}"),
        "relatesTo": st.just({"user": {"aadObjectId": READY}, "conversation": {"id": f"a:{READY}"}}),
    },
)


def envelope(s: Siege, given_: Json, by: str = MALLORY) -> Json:
    """A delivery with a good envelope, and these parts of it."""
    kind = given_.get("type", "invoke")
    return {**s.activity("invoke", by), **given_, "type": kind}


def test_no_activity_of_any_shape_touches_what_is_somebody_elses(besieged: Siege) -> None:
    before = besieged.state()

    @BOUNDED
    @given(activities, places)
    def each(sent: Json, place: Json) -> None:
        besieged.deliver(text(envelope(besieged, {**place, **sent})))

    each()
    assert besieged.state() == before


def test_no_press_does_anything_for_who_may_not(besieged: Siege) -> None:
    before = besieged.state()

    @BOUNDED
    @given(st.sampled_from(["adaptiveCard/action", "task/fetch", "task/submit", ""]), pressed, places)
    def each(name: str, data: Json, place: Json) -> None:
        value = executed(data) if name.startswith("adaptive") else {"data": data} if name else data
        kind = "invoke" if name else "message"
        besieged.deliver(text(envelope(besieged, {**place, "type": kind, "name": name, "value": value})))

    each()
    assert besieged.state() == before


def test_every_verb_on_every_request_at_every_version_is_refused_to_a_stranger(besieged: Siege) -> None:
    """No chance here: all there are."""
    before = besieged.state()
    for request, now in zip(VICTIMS.values(), before[0], strict=True):
        for verb in (*VERBS, *DECIDES):
            for version in (now.version, now.version - 1, 0):
                data = {"verb": verb, "id": request, "v": version, "reason": "because"}
                for given_ in (
                    {"name": "adaptiveCard/action", "value": executed(data)},
                    {"name": "task/fetch", "value": {"data": data}},
                ):
                    besieged.deliver(envelope(besieged, given_))
    assert besieged.state() == before


def test_an_approver_may_decide_and_nothing_else(besieged: Siege) -> None:
    before = besieged.state()
    for request, now in zip(VICTIMS.values(), before[0], strict=True):
        own_yes = {RETRACT} if request == VICTIMS[READY] else set()  # which is theirs to take back
        for verb in VERBS.keys() - own_yes:
            data = {"verb": verb, "id": request, "v": now.version}
            for given_ in (
                {"name": "adaptiveCard/action", "value": executed(data)},
                {"name": "task/fetch", "value": {"data": data}},
                {"type": "message", "value": data},
            ):
                besieged.runner.run(besieged.knock(envelope(besieged, given_, BEN)))
    assert besieged.state() == before


# -- recorded ones, mutated ------------------------------------------------------------------------------------------


@cache
def recorded() -> tuple[str, ...]:
    """What Teams sends of somebody, of each sort, as the playground writes it; here it is Mallory who sends it."""
    world = create("https://smba.example/emea", Path("/nonexistent"))
    mallory = next(person for person in world.people if person.key == "ann")
    private = Chat("a:mallory", "bot", BOT_NAME, "personal", [mallory.key], installed=True)
    channel = Chat("19:general@thread.tacv2", "general", "General", "channel", [mallory.key], installed=True)
    found: list[Json] = []
    for author in (Author(world, mallory, private), Author(world, mallory, channel, "17")):
        for name, value in _values():
            found.append(author.invoke(name, value, reply_to="17"))
        found += [
            author.message("I have a new phone", message_id="1"),
            author.message(f"@{BOT_NAME} status, please", message_id="2"),
            author.edit("cancel", message_id="3"),
            author.submit({"verb": "show", "id": "r1", "v": 3}, reply_to="17"),
            author.message_back(text="hi", value={"verb": "home"}, reply_to="17", message_id="4"),
            author.installed("add"),
            author.bot_added(),
        ]
    whole = json.dumps(found)
    for old, new in ((mallory.id, MALLORY), (world.tenant, TENANT), (world.bot_id, APP), (mri(mallory), "29:mallory")):
        whole = whole.replace(old, new)
    return tuple(json.dumps(one) for one in json.loads(whole))


def _values() -> Iterator[tuple[str, Json]]:
    show = {"verb": "show", "id": VICTIMS[READY], "v": 3, "msteams": {"type": "task/fetch"}}
    yield "adaptiveCard/action", executed({"verb": "approve", "id": "a1", "v": 2})
    yield "adaptiveCard/action", executed({"verb": "withdraw", "id": VICTIMS[SHOWN], "v": 5})
    yield "task/fetch", {"data": show, "context": {"theme": "dark"}, "tabEntityContext": None}
    yield "task/submit", {"data": {"verb": "submit", "kind": "tap", "id": "x9", "reason": "new_phone", "minutes": "60"}}
    yield "signin/tokenExchange", {"id": "w1", "connectionName": "vouchsafe", "token": "eyJ.a.b"}
    yield "signin/verifyState", {"state": "w1.code"}
    yield "signin/failure", {"code": "resourcematchfailed", "message": "x"}


Path_ = tuple[Any, ...]
Change = Callable[[Any, Any], Any]


def paths(value: Any, here: Path_ = ()) -> Iterator[Path_]:
    """Every place in a piece of JSON."""
    if here:
        yield here
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from paths(part, (*here, name))


def nested(value: Any, _: Any) -> Any:
    for _ in range(60):
        value = [value]
    return value


CHANGES: Final[dict[str, Change]] = {
    "retyped": lambda _, other: other,
    "in a list": lambda value, _: [value],
    "in an object": lambda value, other: {"id": value, "value": other},
    "as text": lambda value, _: str(value),
    "twice": lambda value, _: [value, copy.deepcopy(value)],
    "deep": nested,
    "long": lambda value, _: str(value) * 2000 if len(str(value)) < 100 else value,
    "with a nought byte": lambda value, _: f"{value}\0",
    "with half a character": lambda value, _: f"\ud800{value}",
    "with control characters": lambda value, _: f"\x1b[31m{value}\r\n\u202e",
    "in upper case": lambda value, _: str(value).upper(),
    "out of range": lambda _, __: "1e400",
    "too large": lambda _, __: 10**400,
}


def changed(whole: Json, at: Path_, change: str, other: Any) -> None:
    here: Any = whole
    for name in at[:-1]:
        here = here[name]
    if change == "gone":
        del here[at[-1]]
    else:
        here[at[-1]] = CHANGES[change](here[at[-1]], other)


@st.composite
def mutants(draw: st.DrawFn) -> Json:
    """A real activity with one to three things wrong with it."""
    whole: Json = json.loads(draw(st.sampled_from(recorded())))
    for _ in range(draw(st.integers(1, 3))):
        found = sorted(paths(whole), key=repr)
        if not found:
            break
        at, change = draw(st.sampled_from(found)), draw(st.sampled_from([*CHANGES, "gone"]))
        changed(whole, at, change, copy.deepcopy(draw(odd)))  # or it could come to stand within itself
    if found := sorted(paths(whole), key=repr):  # and two things that changed places
        one, two = draw(st.sampled_from(found)), draw(st.sampled_from(found))
        if draw(st.booleans()) and one[: len(two)] != two and two[: len(one)] != one:
            first, second = (copy.deepcopy(_at(whole, path)) for path in (one, two))
            changed(whole, one, "retyped", second)
            changed(whole, two, "retyped", first)
    return whole


def _at(whole: Any, path: Path_) -> Any:
    for name in path:
        whole = whole[name]
    return whole


def test_real_activities_are_taken_as_they_are(besieged: Siege) -> None:
    """What is mutated below would be let in unmutated."""
    for one in recorded():
        sent = json.loads(one)
        assert besieged.deliver(sent)[0] in {200, 412}, sent


UNKEEPABLE: Final = ("\0", "\ud800", "\udc00\ud800", "x" * 3000, "\u202e\u200b")
WHERE: Final[tuple[Path_, ...]] = (
    ("id",),
    ("text",),
    ("locale",),
    ("replyToId",),
    ("conversation", "id"),
    ("from", "id"),
    ("from", "name"),
    ("value", "data", "id"),
    ("value", "data", "text"),
    ("value", "action", "data", "reason"),
    ("value", "state"),
)


def test_text_that_cannot_be_kept_is_no_error_anywhere(besieged: Siege) -> None:
    before = besieged.state()
    for sort in (
        {"type": "message", "text": "I have a new phone: because"},
        {"name": "task/submit", "value": {"data": {"verb": "submit", "kind": "tap", "id": "k1", "reason": "other"}}},
        {"name": "adaptiveCard/action", "value": executed({"verb": "deny", "id": "a1", "v": 2, "reason": ""})},
        {"name": "signin/verifyState", "value": {"state": "w1."}},
        {"type": "installationUpdate", "action": "add"},
    ):
        for path in WHERE:
            for bad in UNKEEPABLE:
                sent = copy.deepcopy(envelope(besieged, {"replyToId": "17", **sort}))
                here: Any = sent
                for name in path[:-1]:
                    here = here.get(name, {})
                here[path[-1]] = f"{here.get(path[-1], '')}{bad}"
                besieged.deliver(text(sent))
    assert besieged.state() == before


def test_real_activities_with_things_wrong_are_no_error_and_touch_nothing(besieged: Siege) -> None:
    before = besieged.state()
    token = besieged.door.token(serviceurl=json.loads(recorded()[0])["serviceUrl"])

    @settings(BOUNDED, max_examples=300)
    @given(mutants())
    def each(sent: Json) -> None:
        besieged.deliver(text(sent), token)

    each()
    assert besieged.state() == before


# -- replay ----------------------------------------------------------------------------------------------------------


def test_a_press_replayed_with_its_token_makes_one_pass_and_shows_it_once(fresh: Siege) -> None:
    """A token is good for an hour and for any activity: what a recording is worth is limited by what it asks for."""
    made = len(fresh.office.directory.secrets)
    now = fresh.state()[0][list(VICTIMS).index(READY)]
    data = {"verb": "show", "id": now.id, "v": now.version}
    sent = envelope(fresh, {"name": "task/fetch", "value": {"data": data}}, READY)
    token = fresh.door.token()

    async def at_once() -> list[tuple[int, str]]:
        return await asyncio.gather(*(fresh.knock(sent, token) for _ in range(5)))

    answers = fresh.runner.run(at_once()) + fresh.runner.run(at_once())
    (secret,) = fresh.office.directory.secrets[made:]
    assert [status for status, _ in answers] == [200] * 10
    assert sum(secret in body for _, body in answers) == 1


def test_a_message_replayed_with_its_token_is_one_and_with_another_id_still_one_request(fresh: Siege) -> None:
    sent = fresh.activity("message", READY, text="status")
    before = len(fresh.office.messenger.bodies)
    for _ in range(3):
        assert fresh.deliver(sent)[0] == 200
    assert len(fresh.office.messenger.bodies) == before + 1
    data = {"verb": "submit", "kind": "tap", "id": "m1", "reason": "new_phone", "minutes": "60"}
    for _ in range(3):
        fresh.deliver(envelope(fresh, {"name": "task/submit", "value": {"data": data}}))
    assert fresh.runner.run(fresh.office.load("m1")).subject.id == MALLORY


@pytest.mark.parametrize("person", [MALLORY, READY])
def test_whom_a_press_is_by_comes_from_its_envelope(fresh: Siege, person: str) -> None:
    data = {"verb": "submit", "kind": "tap", "id": "m2", "reason": "new_phone", "minutes": "60", "from": SHOWN}
    given_ = {"name": "task/submit", "value": {"data": {**data, "subject": SHOWN, "requester": SHOWN}}}
    assert fresh.runner.run(fresh.knock(envelope(fresh, given_, person)))[0] == 200
    made = fresh.runner.run(fresh.office.ledger.load("m2"))
    assert made is None or made.subject.id == made.requester.id == person
    assert (made is None) == (person == READY)  # who has one open already
