"""What a person wrote stands apart, quoted, under their name: never among what the desk itself says."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.answers import RequestCard
from bot.core.model import Ending, Request, Status
from bot.core.ports import Slot
from cards import View, show
from cards.texts import LANGUAGES, SIGN, mixed, plain
from playground.gallery.people import ANN, BEN
from playground.gallery.requests import at, told
from playground.gallery.stories import NOW, STORIES
from tests.cards.walk import pieces, texts

LIE: Final = "Account: verified by Security \u2705 Pre-approved by the CISO"
MARK: Final = "Qx7"
FREE: Final = ("text", "ticket", "label", "unheard")
SIGNS: Final = (
    "\u2705\u2713\u2714\u2611\U0001f5f8\u221a\u26a0\U0001f512\U0001f6e1\U0001f44d\U0001f3fb\u20e3\u25cf\u27a1"
)
SLOTS: Final = (Slot.REQUESTER, Slot.APPROVERS, Slot.CONFIRM, Slot.SECURITY, Slot.REMINDER)
ODD: Final = "\u202e\u2066\u200b\n\t\u201d\u201c\u201e*_[](){}|#>`~<&\u0430\u0435\U0001d400" + SIGNS
WRITTEN: Final = st.text(st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8")), max_size=60)


def said(request: Request, words: str) -> Request:
    """The same request with `words` wherever somebody can write what they like."""
    ending = Ending(BEN.id, BEN.name, words) if request.status is Status.DENIED else request.ending
    return replace(request, details={**request.details, **dict.fromkeys(FREE, words)}, ending=ending)


@cache
def requests() -> tuple[Request, ...]:
    held = [told(kind, status) for kind in STORIES for status in (Status.APPROVAL, Status.DENIED, Status.DONE)]
    return tuple(replace(one, reported=reported) for one in held for reported in (False, True))


def outside(piece: Any, *, quoted: bool = False) -> Iterator[str]:
    """Yield every text of a card that does not stand in a quote."""
    if isinstance(piece, Mapping):
        quoted = quoted or (piece.get("type") == "TextRun" and piece.get("italic") is True and _marked(piece["text"]))
        yield from (v for k, v in piece.items() if isinstance(v, str) and not (quoted and k == "text"))
        for part in piece.values():
            if not isinstance(part, str):
                yield from outside(part, quoted=quoted)
    elif isinstance(piece, list):
        for part in piece:
            yield from outside(part, quoted=quoted)


def _marked(text: str) -> bool:
    """In the marks of a language, which nothing within closes."""
    return text[0] + text[-1] in {"\u201c\u201d", "\u201e\u201c"} and not set(text[1:-1]) & set("\u201c\u201d\u201e")


def view(person: str = "", language: str = "en") -> View:
    return View(language, NOW, "the helpdesk", person=person, facts={"account": "enabled, member"})


@settings(max_examples=150, deadline=None)
@given(WRITTEN, st.sampled_from(SLOTS), st.integers(0, 200), st.sampled_from(LANGUAGES))
def test_nothing_of_a_person_stands_outside_a_quote(written: str, slot: Slot, which: int, language: str) -> None:
    request = said(requests()[which % len(requests())], f"{MARK}{written}{MARK}")
    card = show(RequestCard(request, slot), view(language=language))
    assert not [text for text in outside(card) if MARK in text]


@pytest.mark.parametrize("slot", [Slot.APPROVERS, Slot.CONFIRM, Slot.SECURITY])
def test_a_reason_that_speaks_like_the_desk_stands_below_all_the_desk_says(slot: Slot) -> None:
    request = replace(at(Status.APPROVAL), details={"reason": "other", "text": LIE, "minutes": "60"})
    card = show(RequestCard(request, slot), view())
    [facts] = [number for number, piece in enumerate(card["body"]) if piece["type"] == "FactSet"]
    [quote] = [number for number, piece in enumerate(card["body"]) if "Pre-approved" in texts(piece)]
    assert facts < quote == len(card["body"]) - 1
    assert texts(card["body"][quote]).startswith("In Ann Archer's words\n")
    assert "\u2705" not in texts(card)


def test_what_was_said_with_a_no_stands_under_the_name_of_who_said_it() -> None:
    card = show(RequestCard(said(at(Status.DENIED), "call me"), Slot.SECURITY), view())
    assert "In Ben Bishop's words\nReason given\n\u201ccall me\u201d" in texts(card)


def test_who_wrote_it_reads_in_their_own_words() -> None:
    mine = show(RequestCard(said(at(Status.APPROVAL), "lost"), Slot.REQUESTER), view(ANN.id))
    assert "In your words" in texts(mine)


@pytest.mark.parametrize("sign", SIGNS)
def test_no_name_and_no_reason_carries_a_sign_like_the_desks(sign: str) -> None:
    ann = replace(ANN, name=f"Ann {sign} Verified")
    request = replace(said(at(Status.APPROVAL), f"{sign} checked"), requester=ann, subject=ann)
    for slot in (Slot.APPROVERS, Slot.SECURITY):
        read = texts(show(RequestCard(request, slot), view()))
        assert sign not in read
        assert f"Ann {SIGN} Verified" in read


def test_a_time_somebody_typed_is_no_time_of_the_desks() -> None:
    card = show(RequestCard(said(at(Status.APPROVAL), NOW.isoformat()), Slot.APPROVERS), view())
    assert NOW.isoformat() in texts(card)


def test_a_name_is_no_longer_than_a_name() -> None:
    ann = replace(ANN, name="Ann " * 300)
    card = show(RequestCard(replace(at(Status.APPROVAL), requester=ann, subject=ann), Slot.APPROVERS), view())
    assert max(len(text) for text in texts(card).splitlines()) < 200


@pytest.mark.parametrize("odd", ["p\u0430ypal", "\u0410nn", "\U0001d400nn", "\uff21nn", "Bo\u03bf"])
def test_letters_that_look_like_others_are_told_of(odd: str) -> None:
    assert mixed(f"see {odd}")
    card = show(RequestCard(said(at(Status.APPROVAL), odd), Slot.APPROVERS), view())
    assert "only look like others" in texts(card)


USUAL: Final = (
    "Zo\u00eb M\u00fcller-L\u00fcdenscheidt",
    "\u0410\u043d\u043d\u0430",
    "INC0012",
    "Anna \u0410\u043d\u043d\u0430",
    "",
)


@pytest.mark.parametrize("usual", USUAL)
def test_words_of_one_alphabet_are_not(usual: str) -> None:
    assert not mixed(usual)


def test_a_known_sign_stays() -> None:
    assert plain("20 \u00b0C \u00a9 Contoso\u2122") == "20 \u00b0C \u00a9 Contoso\u2122"


def test_the_reader_of_these_tests_sees_what_stands_outside() -> None:
    card = show(RequestCard(said(at(Status.APPROVAL), MARK), Slot.APPROVERS), view())
    loose = {**card, "body": [*card["body"], {"type": "TextBlock", "text": MARK}]}
    assert [text for text in outside(loose) if MARK in text] == [MARK]
    assert any(MARK in str(piece.get("text", "")) for piece in pieces(card))
