"""Every card there is, held to the official schema and to what no card may ever do."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.core.actions import NotUnderstood, unpack
from bot.core.model import Status
from cards.gallery import PASS, every
from tests.cards.schema import validator
from tests.cards.walk import actions, pieces, texts

CARDS = dict(every())
LARGEST = 25_000  # bytes; Teams takes more, but not everywhere

every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())


@every_card
def test_it_is_valid_by_the_official_schema(card: Mapping[str, Any]) -> None:
    errors = [f"{list(e.absolute_path)}: {e.message}" for e in validator().iter_errors(card)]
    assert errors == []


@every_card
def test_it_is_small(card: Mapping[str, Any]) -> None:
    assert len(json.dumps(card).encode()) < LARGEST


@every_card
def test_every_button_is_an_action_of_the_desk(card: Mapping[str, Any]) -> None:
    for action in actions(card):
        if action["type"] in {"Action.ShowCard", "Action.OpenUrl"}:
            continue
        data = action["data"]
        if data.get("msteams", {}).get("type") == "signin":
            assert data["msteams"]["value"].startswith("https://")
            continue
        assert not isinstance(unpack(data), NotUnderstood | None)
        assert data.keys() <= {"verb", "id", "v", "kind", "msteams"}
        if action["type"] == "Action.Execute" and "title" in action:
            assert action["verb"] == data["verb"]
            assert action["fallback"]["data"] == data


@pytest.mark.parametrize("name", CARDS)
def test_only_the_card_that_shows_it_holds_the_secret(name: str) -> None:
    shows_it = name.split("/", 1)[1] in {"secret/dialog", "secret/message"}
    assert (PASS in texts(CARDS[name])) is shows_it


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
        if kind == "TextBlock":
            assert piece["wrap"] is True
        if kind in {"Action.Execute", "Action.Submit"} and "verb" not in piece:
            assert piece["title"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("place", ["requester", "approvers"])
@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_card(language: str, place: str, status: Status) -> None:
    assert f"{language}/{place}/{status}" in CARDS


def test_cards_in_two_languages_have_the_same_shape() -> None:
    for name, card in CARDS.items():
        if name.startswith("en/"):
            other = CARDS[name.replace("en/", "de/", 1)]
            assert [p.get("type") for p in pieces(card)] == [p.get("type") for p in pieces(other)], name
