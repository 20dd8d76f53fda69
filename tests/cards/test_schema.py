"""What holds the cards: a card that a client would not know what to do with is told, by where and what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cards.schema import faults


@pytest.mark.parametrize(
    ("piece", "fault"),
    [
        ({"type": "TextBlock", "text": "x", "colour": "Good"}, "TextBlock has no colour"),
        ({"type": "TextBlok", "text": "x"}, "Teams knows no TextBlok"),
        ({"type": "TextBlock", "text": 5}, "Input should be a valid string"),
        ({"type": "TextBlock", "text": "x", "color": "Purple"}, "Input should be 'Default'"),
        ({"type": "Container", "items": [{"type": "Image", "uri": "https://x"}]}, "Image has no uri"),
        ({"type": "ActionSet", "actions": [{"type": "Action.Open"}]}, "Teams knows no Action.Open"),
    ],
)
def test_what_no_client_knows_is_told(piece: dict[str, Any], fault: str) -> None:
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [piece]}
    assert [told for told in faults(card) if told.startswith("card.body[0]") and fault in told]


def test_a_right_card_is_let_by_and_what_is_sent_back_is_ours() -> None:
    action = {"type": "Action.Execute", "verb": "x", "title": "y", "data": {"type": "of our own"}}
    assert faults({"type": "AdaptiveCard", "version": "1.5", "body": [], "actions": [action]}) == []
