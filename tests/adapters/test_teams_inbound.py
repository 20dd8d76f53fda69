"""What activities mean, and what people write."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import actions as do
from bot.core.actions import Ref, Written
from bot.core.callers import Verification
from bot.core.calling import AboutOthers
from bot.core.model import Chat
from bot.core.packing import pack
from bot.kinds import KINDS
from bot.teams.inbound import Command, Ignored, Installed, Malformed, Meaning, Removed, Unknown, Via, read, tidy
from bot.teams.phrases import Heard, heard, listening, written
from bot.understanding.rules import Meaning as Said
from bot.understanding.sentences import plain
from bot.understanding.understanding import understanding
from tests.adapters.edge import ANN, APP, SERVICE, TENANT, activity, in_channel, invoke, press

EARS = listening({"tap": KINDS["tap"]})


def hear(text: str, language: str) -> Heard:
    return heard(EARS.of(text, language))


def understand(text: str) -> Written:
    return hear(text, "en").action


def meaning(raw: dict[str, Any]) -> Meaning:
    return read(raw, tenant=TENANT, understand=hear)


def command(raw: dict[str, Any]) -> Command:
    found = meaning(raw)
    assert isinstance(found, Command)
    return found


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("help", do.Help()),
        ("Hilfe!", do.Help()),
        ("?", do.Help()),
        ("can you help me", do.Help()),
        ("hi", do.Home()),
        ("Guten Morgen zusammen", do.Home()),
        ("Moin", do.Home()),
        ("status", do.ShowStatus()),
        ("what is the status of my access pass", do.ShowStatus()),
        ("Wie ist der Stand?", do.ShowStatus()),
        ("cancel", do.ShowStatus()),
        ("Cancel my TAP request please", do.ShowStatus()),
        ("bitte stornieren", do.ShowStatus()),
        ("zurückziehen", do.ShowStatus()),
        ("zurueckziehen", do.ShowStatus()),
        ("please do not cancel", do.NotWanted()),
        ("I need a TAP", do.OfferKind("tap")),
        ("tap", do.OfferKind("tap")),
        ("Temporary Access Pass", do.OfferKind("tap")),
        ("I lost my phone", do.OfferKind("tap")),
        ("Ich habe ein NEUES Handy", do.OfferKind("tap")),
        ("i can\u2019t sign in", do.OfferKind("tap")),
        ("help, I lost my phone", do.OfferKind("tap")),
        ("tap:", do.OfferKind("tap")),
        ("what is the meaning of life", do.NotUnderstood()),
        ("it starts at 12:30", do.NotUnderstood()),
        ("tapestry", do.NotUnderstood()),
        ("", do.NotUnderstood()),
        ('{"verb": "begin", "kind": "tap"}', do.MachineMade()),
        ("[tap]", do.MachineMade()),
        ("<tap/>", do.MachineMade()),
        ("a pass {quickly}", do.OfferKind("tap")),
    ],
)
def test_ordinary_phrases(text: str, action: Written) -> None:
    assert understand(text) == action


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "tap: my phone is broken, ticket INC0012345, 60 minutes",
            {"reason": "other", "text": "my phone is broken", "ticket": "INC0012345", "minutes": "60"},
        ),
        ("I need a TAP because my phone drowned", {"reason": "other", "text": "my phone drowned"}),
        (
            "TAP, weil mein Handy kaputt ist, 2 Stunden",
            {"reason": "other", "text": "mein Handy kaputt ist", "minutes": "120"},
        ),
        (
            "Zugriffspass: Ticketnummer inc-77; neues Gerät",
            {"reason": "other", "text": "neues Gerät", "ticket": "INC-77"},
        ),
    ],
)
def test_a_whole_request_in_one_line(text: str, values: dict[str, str]) -> None:
    offered = understand(text)
    assert isinstance(offered, do.OfferKind)
    assert (offered.kind, KINDS["tap"].heard(offered.said)) == ("tap", values)


def test_what_a_kind_has_no_field_for_stays_in_the_reason() -> None:
    told = {"reason": "other", "text": "I forgot it, ticket INC-77, 2 hours"}
    assert KINDS["password"].heard(" I forgot it, ticket INC-77; 2 hours. ") == told


def test_two_kinds_that_claim_the_same_words_are_not_guessed() -> None:
    claims = {"tap": Said(["lost phone"]), "reset": Said(["lost phone"])}
    assert understanding({"en": {}}, claims, tuple(claims)).of("lost phone").door == "none"


@given(st.text(st.characters(codec="ascii"), max_size=100))
def test_plain_ascii_is_read_as_everything_else_is(text: str) -> None:
    """It takes a short cut; something that is dropped again, and is not ASCII, takes the long way."""
    assert plain(text) == plain(f"{text} \u0301")
    assert written(activity(text=text)) == written(activity(text=f"{text}\u00a0"))
    assert tidy(text) == tidy(f"{text}\u200b")


@given(st.text(max_size=300))
def test_anything_at_all_can_be_written(text: str) -> None:
    found = meaning(activity(text=text))
    assert isinstance(found, Command)
    found.actor.person.name.encode()


def test_a_mention_is_taken_out_by_its_entity_only() -> None:
    raw = activity(
        text="<at>A</at>&nbsp;I need a <b>TAP</b>\u200b",
        entities=[{"type": "mention", "text": "<at>A</at>", "mentioned": {"id": f"28:{APP}"}}],
    )
    assert written(raw) == "I need a TAP"


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("<p>I need a <b>TAP</b></p>", "I need a TAP"),
        ("<div>tap</div>", "tap"),
        ('<invoke verb="begin">tap</invoke>', '<invoke verb="begin">tap</invoke>'),
        ("&lt;b&gt;tap", "<b>tap"),
        ("\u200b {", "{"),
    ],
)
def test_only_the_tags_that_clients_write_around_words_are_taken_out(text: str, read_as: str) -> None:
    assert written(activity(text=text)) == read_as


def test_another_persons_mention_stays_as_their_name() -> None:
    raw = activity(
        text="tell <at>Ben</at>", entities=[{"type": "mention", "text": "<at>Ben</at>", "mentioned": {"id": "29:b"}}]
    )
    assert written(raw) == "tell @Ben"


@pytest.mark.parametrize(
    ("mentioned", "who"),
    [
        ({"id": "29:b", "name": "Ann  Archer"}, ("", "Ann Archer")),
        ({"id": "29:b", "name": "Ann", "aadObjectId": ANN.upper()}, (ANN, "Ann")),
        ({"id": "29:b", "name": "Ann", "aadObjectId": "../me"}, ("", "Ann")),
        ({"id": "29:b", "name": 5, "aadObjectId": {}}, ("", "Ann")),
        ({"id": f"28:{APP}", "name": "Vouchsafe"}, ("", "Ann")),
    ],
)
def test_whom_a_client_mentions_goes_along_with_what_is_about_somebody_else(
    mentioned: dict[str, Any], who: tuple[str, str]
) -> None:
    entity = {"type": "mention", "text": "<at>Ann</at>", "mentioned": mentioned}
    for text in ("for <at>Ann</at>: new phone", "für <at>Ann</at>: neues Handy"):
        said = command(
            activity(
                text=text if mentioned["name"] not in {5, "Vouchsafe"} else "for @Ann: new phone", entities=[entity]
            )
        ).action
        assert said == AboutOthers(kind="tap", person=who[0], name=who[1])
    assert command(activity(text="new phone", entities=[entity])).action == do.OfferKind("tap", "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("open a pass for Ann Archer, please", "Ann Archer"),
        ("for @Greta Groß: new phone", "Greta Groß"),  # of which a part is a word
        ("für Jürgen Müller: neues Handy", "Jürgen Müller"),
        ("for @: new phone", ""),
    ],
)
def test_a_name_that_is_written_out_goes_along_as_it_is_written(text: str, name: str) -> None:
    assert command(activity(text=text)).action == AboutOthers(kind="tap", name=name)
    assert command(activity(text="for my new phone: a pass")).action == do.OfferKind("tap", "a pass")


@pytest.mark.parametrize("entities", [None, "x", [None], [{"type": "mention"}], [{"type": "mention", "mentioned": 5}]])
def test_odd_entities_do_no_harm(entities: Any) -> None:
    assert written(activity(text="hi", entities=entities)) == "hi"


def test_who_and_where_come_from_the_envelope() -> None:
    found = command(press({"verb": "approve", "id": "r1", "v": 2, "from": "x", "aadObjectId": "y"}))
    assert found.actor.person.id == ANN
    assert found.actor.person.language == "en-GB"
    assert found.actor.chat == Chat(TENANT, "a:ann", SERVICE, personal=True, user="29:ann")
    assert (found.action, found.via, found.card) == (do.Approve(Ref("r1", 2)), Via.CARD, "17")


@pytest.mark.parametrize(
    "where",
    [
        {"conversation": {"id": "a:x", "conversationType": "Personal"}},
        {"conversation": {"id": "a:x"}},
        {"conversation": {"id": "a:x", "conversationType": "personal", "isGroup": True}},
        {"conversation": {"id": "a:x", "conversationType": "groupChat"}},
        {"channelData": {"tenant": {"id": TENANT}, "team": {"id": "19:t"}}},
        {"channelData": {"tenant": {"id": TENANT}, "channel": {"id": "19:c"}}},
    ],
)
def test_only_personal_is_personal(where: dict[str, Any]) -> None:
    assert not command(activity(text="hi", **where)).actor.chat.personal


@pytest.mark.parametrize("locale", [None, 5, "", "x" * 50, "en; DROP", "../../etc"])
def test_a_language_that_is_none_is_english(locale: Any) -> None:
    assert command(activity(text="hi", locale=locale)).actor.person.language == "en"


def test_names_lose_control_and_bidi_characters() -> None:
    raw = activity(text="hi", **{"from": {"id": "29:a", "aadObjectId": ANN, "name": "Ann\x00\u202e\ud800 Archer"}})
    assert command(raw).actor.person.name == "Ann Archer"


def test_a_submit_button_arrives_as_a_message() -> None:
    found = command(activity(value={"verb": "withdraw", "id": "r1", "v": 1}, replyToId="99"))
    assert (found.action, found.via, found.card) == (do.Withdraw(Ref("r1", 1)), Via.PRESS, "99")


@pytest.mark.parametrize("verb", ["show", "replace"])
def test_a_show_that_comes_as_a_message_is_answered_in_no_place_that_may_hold_a_secret(verb: str) -> None:
    found = meaning(activity(value={"verb": verb, "id": "r1", "v": 3}))
    shown = [found.action] if isinstance(found, Command) and isinstance(found.action, do.Show | do.Replace) else []
    assert [action for action in shown if action.in_place] == []


@pytest.mark.parametrize("value", [{"verb": "withdraw"}, {"verb": "begin", "kind": ["tap"]}, {}, [], "tap", 0, False])
def test_a_press_that_is_none_of_ours_is_not_read_by_its_title(value: Any) -> None:
    found = command(activity(text="I need a TAP", value=value, replyToId="99"))
    assert (found.action, found.via) == (do.MachineMade(), Via.MESSAGE)


@pytest.mark.parametrize(
    "special", [{"type": "signin"}, {"type": "imBack"}, {"type": "task/fetch"}, {}, "signin", None]
)
def test_only_a_button_for_a_sign_in_window_is_told_as_one(special: Any) -> None:
    """Teams keeps that press to itself; from a client that has no such window it comes as any other."""
    found = command(activity(value={"msteams": special}, replyToId="99"))
    assert found.via is Via.MESSAGE
    assert found.action == (do.NoWindow() if special == {"type": "signin"} else do.MachineMade())


def test_the_verb_may_be_the_actions_own() -> None:
    raw = invoke(
        "adaptiveCard/action", {"action": {"type": "Action.Execute", "verb": "show", "data": {"id": "r1", "v": 1}}}
    )
    assert command(raw).action == do.Show(Ref("r1", 1))


def test_dialogs() -> None:
    fetch = command(invoke("task/fetch", {"data": {"verb": "begin", "kind": "tap", "msteams": {"type": "task/fetch"}}}))
    assert (fetch.action, fetch.via) == (do.Begin("tap"), Via.FETCH)
    data = {"verb": "submit", "kind": "tap", "id": "r1", "reason": " other ", "text": "x\x00y"}
    submit = command(invoke("task/submit", {"data": data}))
    assert submit.action == do.Submit("tap", "r1", {"reason": "other", "text": "xy"})


def test_what_a_client_sends_by_itself_may_only_refresh() -> None:
    def automatic(verb: str) -> dict[str, Any]:
        action = {"type": "Action.Execute", "verb": verb, "data": {"verb": verb, "id": "r1", "v": 1}}
        return invoke("adaptiveCard/action", {"action": action, "trigger": "automatic"})

    assert command(automatic("refresh")).action == do.Refresh(Ref("r1", 1))
    assert meaning(automatic("approve")) == Malformed(Via.CARD)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "x",
        [],
        {},
        {"action": None},
        {"action": {"type": "Action.Submit", "data": {"verb": "home"}}},
        {"action": {"type": "Action.Execute", "data": "x"}},
        {"action": {"type": "Action.Execute", "data": {"verb": "nonsense", "id": "r1", "v": 1}}},
        {"action": {"type": "Action.Execute", "data": {"verb": "approve", "id": "r 1'", "v": 1}}},
        {"action": {"type": "Action.Execute", "data": {"verb": "approve", "id": "r" * 65, "v": 1}}},
        {"action": {"type": "Action.Execute", "data": {"verb": "approve", "id": ["r1"], "v": 1}}},
        {"action": {"type": "Action.Execute", "data": {"verb": "approve", "id": "r1", "v": "one"}}},
        {"action": {"type": "Action.Execute", "data": {"verb": ["approve"], "id": "r1", "v": 1}}},
    ],
)
def test_buttons_that_are_not_ours(value: Any) -> None:
    assert meaning(invoke("adaptiveCard/action", value)) == Malformed(Via.CARD)


def test_sign_ins() -> None:
    value = {"id": "s1", "connectionName": "vouchsafe", "token": "eyJ"}
    offered = command(invoke("signin/tokenExchange", value))
    assert (offered.action, offered.connection) == (do.OfferToken("s1", "eyJ"), "vouchsafe")
    returned = command(invoke("signin/verifyState", {"state": "s1.code"}))
    assert returned.action == do.ReturnCode("s1.code")
    assert meaning(invoke("signin/tokenExchange", {"id": "s1"})) == Malformed(Via.EXCHANGE)
    assert meaning(invoke("signin/verifyState", {"state": "CancelledByUser"})) == Ignored("closed")
    assert meaning(invoke("signin/verifyState", {})) == Ignored("closed")
    assert isinstance(meaning(invoke("signin/failure", {"code": "resourcematchfailed"})), Ignored)


@pytest.mark.parametrize("name", ["composeExtension/query", "", None, 5, ["task/fetch"], {"a": 1}])
def test_unknown_invokes(name: Any) -> None:
    assert meaning(invoke(name, {})) == Unknown()


@pytest.mark.parametrize("kind", ["messageUpdate", "messageReaction", "typing", "event", "nonsense"])
def test_these_are_never_commands(kind: str) -> None:
    raw = activity(kind, text="cancel", value={"verb": "approve", "id": "r1", "v": 1})
    assert isinstance(meaning(raw), Ignored)


def test_another_bot_is_not_a_person() -> None:
    assert isinstance(meaning(activity(text="hi", **{"from": {"id": "28:other", "aadObjectId": ANN}})), Ignored)


def test_installing_and_removing() -> None:
    added = meaning(activity("installationUpdate", action="add"))
    assert isinstance(added, Installed)
    assert added.new
    upgraded = meaning(activity("installationUpdate", action="add-upgrade"))
    assert isinstance(upgraded, Installed)
    assert not upgraded.new
    assert isinstance(meaning(activity("installationUpdate", action="remove")), Removed)
    assert isinstance(meaning(activity("installationUpdate", action="remove-upgrade")), Ignored)
    assert isinstance(meaning(in_channel("installationUpdate", action="add")), Ignored)
    joined = activity("conversationUpdate", membersAdded=[{"id": f"28:{APP}"}])
    assert isinstance(meaning(joined), Installed)
    assert isinstance(meaning(activity("conversationUpdate", membersAdded=[{"id": "29:b"}, 5])), Ignored)
    assert isinstance(meaning(in_channel("conversationUpdate", membersAdded=[{"id": f"28:{APP}"}])), Ignored)


@pytest.mark.parametrize("message", [None, 5, "", "../x", "a b", "x" * 101])
def test_a_message_id_that_is_none_is_none(message: Any) -> None:
    assert not command(activity(value={"verb": "home"}, replyToId=message)).card


# What a client fills in besides ids: what is typed or chosen, whom it means (who is looked up), a kind, a filter.
FILLED_IN = frozenset({"kind", "text", "person", "number", "reason", "choice", "level", "hours", "which"})
OF_THE_DESK = Verification.named("f1")
ON_BUTTONS = sorted(
    {*get_args(do.Action)} - {*get_args(do.Written), do.OfferToken, do.ReturnCode}, key=lambda action: action.__name__
)


def sample(hint: Any) -> Any:
    """Something that may stand in a field of an action."""
    some = {str: "f1", int: 1, bool: True, Ref: Ref("r1", 1), Mapping[str, str]: {}}
    if hint in some:
        return some[hint]
    return next(iter(hint)) if isinstance(hint, type) and issubclass(hint, Enum) else filled(get_args(hint)[0])


def filled(action: type, **otherwise: object) -> Any:
    hints = get_type_hints(action)
    return action(**{field.name: sample(hints[field.name]) for field in dataclasses.fields(action)} | otherwise)


def forged(action: type) -> Iterator[Any]:
    """The action with an id of the desk's own in place of each of its ids: every text is one that is not filled in."""
    for name, value in ((field.name, getattr(filled(action), field.name)) for field in dataclasses.fields(action)):
        if isinstance(value, Ref):
            yield filled(action, **{name: Ref(OF_THE_DESK, 1)})
        elif isinstance(value, str) and not isinstance(value, Enum) and name not in FILLED_IN:
            yield filled(action, **{name: OF_THE_DESK})
        elif dataclasses.is_dataclass(value):
            yield from (filled(action, **{name: within}) for within in forged(type(value)))


@pytest.mark.parametrize("action", ON_BUTTONS, ids=lambda action: action.__name__)
def test_no_button_brings_an_id_of_the_desks_own_wherever_it_stands(action: type) -> None:
    assert isinstance(command(invoke("task/submit", {"data": pack(filled(action))})).action, action)
    for wrong in forged(action):
        assert isinstance(meaning(invoke("task/submit", {"data": pack(wrong)})), Malformed), wrong
