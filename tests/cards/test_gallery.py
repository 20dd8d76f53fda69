"""Every card there is, held to the official schema and to what no card may ever do."""

import itertools
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.core.actions import Choose, NotUnderstood
from bot.core.answers import Form, RequestCard
from bot.core.escalating import ESCALATES
from bot.core.forms import check, clean
from bot.core.kind import Kind
from bot.core.methods import Method, MethodKind
from bot.core.model import Status
from bot.core.packing import unpack
from bot.core.ports import Slot
from bot.core.presentations import Doubt
from bot.kinds import KINDS
from cards import View, show, text
from cards.form import MOST
from cards.texts import FOLDER, LANGUAGES
from playground.gallery.cards import PASS, every
from playground.gallery.locks import ALARM
from playground.gallery.people import ANN
from playground.gallery.requests import told
from playground.gallery.sheets import Found, sheet
from playground.gallery.stories import DOT, NOW, OPENS, STORIES
from tests.cards.schema import faults
from tests.cards.test_texts import catalogue
from tests.cards.walk import actions, pieces, texts

NAMED = list(every())
CARDS = dict(NAMED)
# A list is no request's message; a secret goes by its own time.
UNASKED = (
    *("list/some", "secret/message", "call/opens/form"),
    *(f"queue/{name}" for name in ("channel", "few", "board", "mine", "last")),
)
# What a kind has its own words for is drawn with those, so that the common ones may be nowhere.
OF_A_REQUEST = re.compile(
    rf"(?:{'|'.join(KINDS)})\.(?:request|alert|approvers|badge|verdict|status|step)\.|(?:alert|lift|confirm|past|queue)\.(?!taken|in_private)"
)
LONGEST_BUTTON = 30
LARGEST = 25_000  # bytes; Teams takes more, but not everywhere

# What a button beside a line of a form says besides: which line.
ROWS = {
    one.rows.name
    for kind in KINDS.values()
    for found in STORIES[kind.name].scenes.values()
    if (one := sheet(kind, ANN, found, NOW)).rows is not None
}
TAG = re.compile(r"[\w:=-]{1,64}")

GROUPS = sorted({tuple(name.split("/")[:2]) for name in CARDS})


def every_card(holds: Callable[[Mapping[str, Any]], None]) -> Callable[[str, str], None]:
    """Hold every card to it, those of one language and kind in one test; what fails says which card it was."""

    @pytest.mark.parametrize(("language", "kind"), GROUPS)
    def held(language: str, kind: str) -> None:
        for name, card in CARDS.items():
            if name.startswith(f"{language}/{kind}/"):
                try:
                    holds(card)
                except BaseException as fault:
                    fault.add_note(name)
                    raise

    return held


@every_card
def test_it_is_valid_by_the_official_schema(card: Mapping[str, Any]) -> None:
    assert faults(card) == []


@every_card
def test_it_is_small(card: Mapping[str, Any]) -> None:
    assert len(json.dumps(card).encode()) < LARGEST


def test_no_card_is_in_the_gallery_twice() -> None:
    assert len(NAMED) == len(CARDS)


@every_card
def test_what_has_an_id_shares_it_with_nothing_on_the_card_and_all_it_unfolds(card: Mapping[str, Any]) -> None:
    """One of Teams' clients draws nothing at all of a card that says an id twice."""
    ids = [piece["id"] for piece in pieces(_drawn(card)) if "type" in piece and "id" in piece]
    assert sorted(ids) == sorted(set(ids))


def _drawn(node: Any) -> Any:
    """A card as a client draws it: what stands in for something else, and what is sent, is no part of it."""
    if isinstance(node, Mapping):
        return {key: _drawn(part) for key, part in node.items() if key not in {"fallback", "data", "refresh"}}
    return [_drawn(part) for part in node] if isinstance(node, list) else node


@every_card
def test_every_button_is_an_action_of_the_desk(card: Mapping[str, Any]) -> None:
    for action in actions(card):
        if action["type"] in {"Action.ShowCard", "Action.OpenUrl", "Action.ToggleVisibility"}:
            continue
        data = action["data"]
        if data.get("msteams", {}).get("type") == "signin":
            assert data["msteams"]["value"].startswith("https://")
            continue
        assert not isinstance(unpack(data), NotUnderstood | None)
        lines = data.keys() - {"verb", "id", "v", "kind", "msteams", "lang", "picked", "behind", "kept", "said", "form"}
        assert not lines or (data["verb"] in {"choose", "submit"} and lines <= ROWS and TAG.fullmatch(data[min(lines)]))
        if action["type"] == "Action.Execute" and "title" in action:
            assert action["verb"] == data["verb"]
            assert action["fallback"]["data"] == data


def test_only_the_card_that_shows_it_holds_the_secret() -> None:
    holding = {name.split("/", 1)[1] for name, card in CARDS.items() if PASS in texts(card)}
    assert holding == {"secret/dialog", "secret/message"}


@every_card
def test_what_offers_a_press_about_a_request_asks_after_it_when_it_is_seen(card: Mapping[str, Any]) -> None:
    """Of a message that was posted twice, nothing else tells the desk."""
    told = [action.get("data", {}) for action in actions(card)]
    about = {data["id"] for data in told if "id" in data and ("v" in data or data["verb"] in ESCALATES)}
    kept_elsewhere = any(card == CARDS[f"{language}/{name}"] for language in LANGUAGES for name in UNASKED)
    assert not about or "refresh" in card or kept_elsewhere


@every_card
def test_nothing_is_left_to_fill_in(card: Mapping[str, Any]) -> None:
    said = re.sub(r"\{\{(DATE|TIME)\([^)]*\)\}\}", "", texts(card))
    assert "{" not in said
    assert "…" not in said


@every_card
def test_it_can_be_read_without_seeing_it(card: Mapping[str, Any]) -> None:
    for piece in pieces(card):
        kind = str(piece.get("type", ""))
        if kind.startswith("Input."):
            assert piece["label"]
        if kind == "TextBlock" or piece.get("style") == "expanded":  # what a choice means is read to its end
            assert piece["wrap"] is True
        if kind in {"Action.Execute", "Action.Submit"} and "verb" not in piece:
            assert piece["title"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("place", ["requester", "approvers"])
@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_card(language: str, place: str, status: Status) -> None:
    assert f"{language}/{place}/{status}" in CARDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["requester", "approvers", "security"])
def test_every_kind_has_its_card_in_every_status(kind: str, place: str) -> None:
    wanted = {f"{language}/{kind}/{place}/{status}" for language in LANGUAGES for status in Status}
    assert wanted <= CARDS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_said_of_a_request_stands_on_a_card_of_the_gallery(language: str) -> None:
    """But for a way that no kind of ours goes by its own policy, which is seen through the kinds that go it."""
    drawn = "\n".join({texts(card) for name, card in CARDS.items() if name.startswith(f"{language}/")})
    said = {k: w for k, w in catalogue(language).items() if isinstance(w, str) and OF_A_REQUEST.match(k)}
    assert len(said) > 200
    pattern = {key: re.sub(r"\\\{\w+\\\}", ".*?", re.escape(words)) for key, words in said.items()}
    assert [key for key, words in pattern.items() if not re.search(words, drawn)] == []


def test_the_stories_are_those_of_the_kinds() -> None:
    assert STORIES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_a_story_filled_in_is_what_its_kind_asks_for(kind: Kind) -> None:
    opened = [sheet(kind, ANN, found, NOW) for found in STORIES[kind.name].scenes.values()]
    asked = next((one.fields for one in opened if not one.closed), ())
    details = STORIES[kind.name].details
    assert check(asked, clean(asked, details)) == {}
    labels = {choice.title for field in asked for choice in field.choices}
    assert details.get("label") in {None, *labels}


@pytest.mark.parametrize("kind", KINDS)
def test_every_stage_there_are_words_for_has_its_card(kind: str) -> None:
    """`<kind>.request.<status>.<stage>.text` in the catalogue, and a story that shows it."""
    keys = tomllib.loads((FOLDER / "en" / f"{kind}.toml").read_text("utf-8"))[kind].get("request", {})
    said = {
        (status, stage) for status, texts in keys.items() for stage, text in texts.items() if isinstance(text, dict)
    }
    assert said == {(str(status), stage) for status, stage, _ in STORIES[kind].stages}


def test_every_doubt_about_a_proof_is_told() -> None:
    for doubt in Doubt:
        assert f"en/verify/requester/ended_failed_{doubt}" in CARDS


def test_no_card_but_its_owners_and_the_one_who_may_look_shows_a_score() -> None:
    request = told("verify", Status.ENDED, "verified", {"at": NOW.isoformat(), "score": "86"})
    reported = replace(request, reported=True)
    view = View("en", NOW, "the helpdesk", facts={"account": "enabled"}, looks=True)
    for status in Status:
        for slot in (Slot.APPROVERS, Slot.REMINDER, Slot.CONFIRM, Slot.SECURITY, Slot.SECRET, Slot.PROMPT):
            for of in (request, reported):
                assert "86" not in texts(show(RequestCard(replace(of, status=status), slot), view)), (status, slot)
    assert "86" in texts(CARDS["en/verify/requester/ended_verified"])
    assert "86" in texts(CARDS["en/proof/kept"])


def test_what_opens_a_wallet_is_on_its_owners_card_alone_and_only_while_it_may() -> None:
    for name, card in CARDS.items():
        begun = ("verify/requester/done", "verify/requester/done_not_followed", "face/proof_done", "face/call_done")
        open_now = name.endswith(begun)
        assert (DOT in json.dumps(card)) is open_now, name
        assert OPENS not in json.dumps(card), name
        assert ("Image" in {piece.get("type") for piece in pieces(card)}) is open_now, name
        urls = [action["url"] for action in actions(card) if action["type"] == "Action.OpenUrl"]
        assert bool(urls) is open_now, name


def test_the_alarm_is_on_every_card_of_somebodys_own_until_it_was_sounded() -> None:
    for kind in KINDS:
        places = {n: c for n, c in CARDS.items() if f"/{kind}/" in n and n.split("/")[2] != "form"}
        for name, card in places.items():
            pressed = [a for a in actions(card) if a.get("data", {}).get("kind") == ALARM]
            heard = KINDS[kind].alarm or name.endswith("_reported")
            assert bool(pressed) is ("/requester/" in name and not heard), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_closed_sheet_is_only_read(language: str) -> None:
    for name in ("risk/form/clear", "risk/form/processing", "risk/form/no_premium", "methods/form/nothing"):
        card = CARDS[f"{language}/{name}"]
        assert actions(card) == []
        assert not [p for p in pieces(card) if str(p.get("type", "")).startswith("Input.")]
        assert len(texts(card)) > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_security_is_told_what_became_of_an_alarm(language: str) -> None:
    said = {texts(CARDS[f"{language}/compromised/security/{status}"]) for status in Status}
    assert len(said) >= 8  # each state that can be reached has words of its own


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [Status.EVALUATED, Status.EXPIRED])
def test_who_raised_an_alarm_and_is_not_locked_reads_that_and_whom_to_call(language: str, status: Status) -> None:
    said = texts(CARDS[f"{language}/compromised/requester/{status}"])
    assert "4357" in said
    assert {"en": "**not** signed out", "de": "**nicht** abgemeldet"}[language] in said


@pytest.mark.parametrize("name", [name for name in CARDS if "/requester/" in name])
def test_whoever_asked_reads_whom_to_call_on_every_card_of_theirs(name: str) -> None:
    assert "4357" in texts(CARDS[name])


@pytest.mark.parametrize("status", [Status.STEP_UP, Status.PROOF, Status.APPROVAL])
def test_whoever_waits_for_somebody_reads_until_when(status: Status) -> None:
    waits = [name for name in CARDS if name.endswith(f"/requester/{status}")]
    assert len(waits) == len(LANGUAGES) * (len(KINDS) + 1)
    until = told("tap", status).expires_at
    assert until is not None
    assert [name for name in waits if f"{until:%H:%M}:00Z" not in texts(CARDS[name])] == []


def test_cards_in_two_languages_have_the_same_shape() -> None:
    for name, card in CARDS.items():
        if name.startswith("en/"):
            other = CARDS[name.replace("en/", "de/", 1)]
            assert [p.get("type") for p in pieces(card)] == [p.get("type") for p in pieces(other)], name


@every_card
def test_one_button_is_red_and_it_is_the_last(card: Mapping[str, Any]) -> None:
    seen = [action for action in card.get("actions", ()) if action.get("mode") != "secondary"]
    styles = [action.get("style") for action in seen]
    assert "destructive" not in styles[:-1]


@every_card
def test_at_most_one_button_is_the_one_to_press(card: Mapping[str, Any]) -> None:
    assert [action.get("style") for action in card.get("actions", ())].count("positive") <= 1


@every_card
def test_no_button_is_too_long_for_a_phone(card: Mapping[str, Any]) -> None:
    """Clients cut it off: a card is about 300 pixels wide there."""
    assert [a["title"] for a in actions(card) if len(a.get("title", "")) > LONGEST_BUTTON] == []


@every_card
def test_no_line_is_drawn_right_below_the_title(card: Mapping[str, Any]) -> None:
    """A title has a ground of its own: what follows it is apart."""
    below = [piece for above, piece in itertools.pairwise(card["body"]) if above.get("bleed")]
    assert [piece for piece in below if piece.get("separator")] == []


@every_card
def test_what_only_some_clients_draw_has_something_in_its_place(card: Mapping[str, Any]) -> None:
    """An icon or a picture says nothing that no text says; a badge is a word in its colour where there are none."""
    for piece in pieces(card):
        if piece.get("type") == "Icon":
            assert piece["fallback"] == "drop"
        if piece.get("type") == "Component":
            called = piece["properties"]["displayName"]
            assert called in (texts(card) if piece["fallback"] == "drop" else piece["fallback"]["text"])
        if piece.get("type") == "Badge":
            assert re.sub(r"[\\*]", "", piece["fallback"]["text"]) == piece["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_line_that_can_be_chosen_has_a_button_that_says_which_and_the_others_have_none(language: str) -> None:
    card = CARDS[f"{language}/methods/form/several"]
    rows = [piece for piece in card["body"] if piece.get("type") == "ColumnSet"]
    beside = {texts(row).splitlines()[0]: actions(row) for row in rows}
    assert [len(found) for found in beside.values()] == [1, 1, 0]  # a key, a phone, and the password
    for said, found in beside.items():
        for action in found:
            assert said.strip("*\u200b") in action["tooltip"]
            assert action["associatedInputs"] == "none"
    assert [a["style"] for a in actions(card["actions"]) if "style" in a] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_line_that_was_chosen_stands_alone_with_what_is_asked_and_the_way_back(language: str) -> None:
    card = CARDS[f"{language}/methods/form/several_chosen"]
    assert [piece["id"] for piece in pieces(card) if str(piece.get("type", "")).startswith("Input.")] == ["why"]
    assert "YubiKey 5C" in texts(card)
    assert "•••" not in texts(card)
    back, send = card["actions"]
    assert unpack(back["data"]) == Choose("methods", "f1", {})
    assert send["style"] == "destructive"
    assert send["data"]["method"] in {
        a["data"].get("method") for a in actions(CARDS[f"{language}/methods/form/several"])
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_many_lines_some_are_behind_a_button_and_all_are_there(language: str) -> None:
    card = CARDS[f"{language}/methods/form/many"]
    (hidden,) = [piece for piece in pieces(card) if piece.get("isVisible") is False]
    every = [a for a in actions(card) if a.get("data", {}).get("verb") == "choose"]
    assert (len(every), len({a["data"]["method"] for a in every}), len(actions(hidden))) == (22, 22, 14)
    assert "00000000" not in json.dumps(card)  # the id of a method is for Entra


@pytest.mark.parametrize("language", LANGUAGES)
def test_however_many_lines_there_are_all_are_told_and_the_card_stays_small(language: str) -> None:
    held = tuple(Method(MethodKind.HELLO, f"{n:036}", f"LAPTOP-{n:02}-" + "漢" * 70) for n in range(60))
    opened = sheet(KINDS["methods"], ANN, Found(held=held), NOW)
    card = show(Form("methods", "f1", opened), View(language, NOW, "the helpdesk"))
    assert len(json.dumps(card, ensure_ascii=False)) < 40_000  # Teams counts two bytes for each
    assert [n for n in range(60) if f"LAPTOP-{n:02}-" not in texts(card)] == []
    assert len([a for a in actions(card) if a.get("data", {}).get("verb") == "choose"]) == MOST
    assert text("methods.form.rest", language) in texts(card)


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_most_three_offers_are_seen_at_once(language: str) -> None:
    card = CARDS[f"{language}/home/all"]
    hidden = [piece for piece in pieces(card) if piece.get("isVisible") is False]
    seen = [a["data"]["kind"] for a in actions(card["body"]) if a.get("data", {}).get("verb") == "begin"]
    behind = [a["data"]["kind"] for a in actions(hidden) if a.get("data", {}).get("verb") == "begin"]
    (more,) = [a for a in actions(card) if a["type"] == "Action.ToggleVisibility"]
    assert (len(seen) - len(behind), len(hidden)) == (3, 1)
    assert more["targetElements"] == [hidden[0]["id"]]
