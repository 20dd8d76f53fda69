"""True words: what waits says by when, nobody is said to be at it, and "try again" stands only where that heals."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest

from bot.core.answers import Refused, RequestCard
from bot.core.model import Refusal, Status
from bot.core.ports import Slot
from bot.core.presentations import Doubt
from bot.core.reasons import Reason
from bot.kinds import KINDS
from cards import View, sentence, show, summary
from cards.texts import LANGUAGES, text
from playground.gallery.cards import every
from playground.gallery.people import ANN
from playground.gallery.requests import told
from playground.gallery.sheets import sheet
from playground.gallery.stories import NOW, STORIES
from tests.cards.test_texts import catalogue
from tests.cards.walk import actions, buttons, pieces, texts

CARDS: Final = dict(every())
OWN: Final = [name for name in CARDS if "/requester/" in name]
WAITING: Final = (Status.STEP_UP, Status.PROOF, Status.APPROVAL, Status.READY)
# What sends somebody to the same press again, and what says that this changes nothing.
AGAIN: Final = {
    "en": re.compile(r"\btry (?:\w+ )?(?:again|once more)|\bask again\b", re.IGNORECASE),
    "de": re.compile(
        r"\b(?:noch einmal|erneut|wieder|neu) (?:zu )?(?:versuchen|fragen|anfragen)"
        r"|\b(?:versuchen|fragen) Sie\b[^.:]{0,40}\b(?:noch einmal|erneut|wieder|neu)\b",
        re.IGNORECASE,
    ),
}
IN_VAIN: Final = re.compile(r"Trying again changes nothing|Noch einmal zu versuchen ändert nichts")
# What says that a person is at it just now, which the desk cannot know.
AT_IT: Final = {
    "en": re.compile(
        r"\b(?:somebody|someone|a colleague|the helpdesk[^.]{0,20}|security|they) (?:is|are) "
        r"(?:already |just )?(?:looking|checking|working|reviewing|on it)",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(?:jemand|der Helpdesk|die Sicherheit) (?:sieht|schaut|prüft|arbeitet|kümmert)\b[^.]{0,30}"
        r"\b(?:gerade|bereits|schon|derzeit)",
        re.IGNORECASE,
    ),
}
# What neither time nor the same press changes: somebody else has to put it right.
LASTING: Final = (
    *(Reason.OFF, Reason.DENY_LIST, Reason.DISABLED, Reason.GUEST, Reason.GUEST_OF, Reason.RESTRICTED),
    *(Reason.PRIVILEGED, Reason.APPROVER, Reason.FROZEN, Reason.OWN_LOCK, Reason.NOT_ALLOWED, Reason.NO_PROOF),
    *(Reason.STEP_UP_UNGUARDED, Reason.NOT_PERMITTED, Reason.ENTRA_REFUSED, Reason.UNCLEAR, Reason.NO_FACE_CHECK),
    *(Reason.REPLACED_ALREADY, Reason.UNAVAILABLE, Reason.OWN_REQUEST, Reason.SAME_PERSON, Reason.GUEST_APPROVER),
    *("tap.off_in_tenant", "tap.out_of_policy", "tap.unusable", "risk.no_premium", "risk.not_alone"),
    *("verify.not_set_up", "verify.not_taken", "methods.stays", "what.nobody.has.words.for"),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", WAITING)
def test_what_waits_says_by_when(language: str, kind: str, status: Status) -> None:
    """Until when it waits for somebody, or for Entra, or at what time it is its turn."""
    request, said = told(kind, status), texts(CARDS[f"{language}/{kind}/requester/{status}"])
    assert [at for at in (request.expires_at, request.due_at) if at and f"{at:%H:%M}:00Z" in said]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_said_to_be_at_it(language: str) -> None:
    said = {name: AT_IT[language].search(texts(CARDS[name])) for name in OWN if name.startswith(f"{language}/")}
    assert {name: found[0] for name, found in said.items() if found} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", LASTING, ids=str)
def test_what_lasts_sends_nobody_to_the_same_press(language: str, reason: str) -> None:
    said = sentence(Refused(Refusal(reason)), View(language, NOW, "HELPDESK"))
    assert AGAIN[language].search(IN_VAIN.sub("", said)) is None, said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("doubt", Doubt)
def test_each_proof_that_did_not_hold_says_whether_another_may(language: str, doubt: Doubt) -> None:
    """Of all of them, only where a credential comes from is for administrators to put right."""
    said = CARDS[f"{language}/verify/requester/ended_failed_{doubt}"]["body"]
    assert bool(AGAIN[language].search(texts(said))) is (doubt is not Doubt.UNLINKED), texts(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_reads_that_they_may_ask_again_has_the_button(language: str) -> None:
    """But of what never runs out, because nothing is left behind that could."""
    over = {str(s) for s in (Status.EXPIRED, Status.WITHDRAWN, Status.REVOKED, Status.ENDED, Status.DENIED)}
    never = {f"{language}/{kind}/requester/{Status.ENDED}" for kind, story in STORIES.items() if not story.lives}
    for name in (name for name in OWN if name.startswith(f"{language}/") and name.rpartition("/")[2] in over):
        if name not in never and AGAIN[language].search(texts(CARDS[name]["body"])):
            assert buttons(CARDS[name]), name


def _flat(language: str) -> dict[str, str]:
    return {key: words for key, words in catalogue(language).items() if isinstance(words, str)}


def _titles(language: str) -> set[str]:
    """What any button is called, and the kinds' own ones."""
    return {words for key, words in _flat(language).items() if re.search(r"(?:^|\.)button\.", key)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_button_a_card_says_to_press_is_on_it(language: str) -> None:
    """But where a bold word names a kind of request: one kind has the name of its button."""
    titles, missing, kinds = _titles(language), {}, {text(f"{kind}.title", language) for kind in KINDS}
    for name in (name for name in CARDS if name.startswith(f"{language}/")):
        card, there = CARDS[name], {action.get("title") for action in actions(CARDS[name])}
        there |= kinds if "/lookup/history" in name else set()
        said = {bold for piece in pieces(card) for bold in re.findall(r"\*\*([^*]+)\*\*", str(piece.get("text", "")))}
        if absent := (said & titles) - there:
            missing[name] = absent
    assert missing == {}


# Cards that others read than whose request it is.
THEIRS: Final = re.compile(r"/(?:approvers|security|reminder|confirm|finding)/|/queue/")
# Whose words they are is said just before: somebody says something.
SPEECH: Final = re.compile(r"\b(?:says|sagt): .*")
FIRST_PERSON: Final = re.compile(
    r"\b(?:I|me|my|mine|we|us|our|ich|mir|mich|mein(?:e[mnrs]?)?|wir|uns|unser(?:e[mnrs]?)?)\b", re.IGNORECASE
)


@pytest.mark.parametrize("name", [name for name in CARDS if THEIRS.search(name)])
def test_what_others_read_does_not_speak_as_somebody(name: str) -> None:
    """Neither the desk as one of them, nor in the words in which its person asked."""
    said = [str(piece["text"]) for piece in pieces(CARDS[name]) if piece.get("type") == "TextBlock"]
    assert [words for words in said if FIRST_PERSON.search(SPEECH.sub("", words))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_a_request_stands_is_true_for_whoever_reads_it(language: str) -> None:
    """The same word stands on its person's card, in the channel and in the list."""
    words = {key: word for key, word in _flat(language).items() if re.search(r"(?:^|\.)status\.", key)}
    assert len(words) > len(Status)
    assert {k: w for k, w in words.items() if re.search(r"\byou|\bSie\b|\bIhre?n?\b", w)} == {}


def test_a_german_card_quotes_as_german_does() -> None:
    assert [name for name in CARDS if name.startswith("de/") and re.search(r"“\w", texts(CARDS[name]))] == []
    assert any("„It fell into the harbour this morning.“" in texts(card) for card in CARDS.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_used_up_is_said_to_be(language: str) -> None:
    used = [name for name in CARDS if name.startswith(f"{language}/tap/") and name.endswith("done_used")]
    assert len(used) == 2
    revoke, works = text("tap.button.revoke", language), {"en": "works until", "de": "funktioniert bis"}[language]
    for name in used:
        assert revoke not in buttons(CARDS[name]), name
        assert works not in texts(CARDS[name]), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_choice_is_read_by_others_in_the_words_in_which_it_was_made(kind: str, language: str) -> None:
    """Also those that nobody in the gallery has made."""
    request, view = told(kind, Status.APPROVAL), View(language, NOW, "the helpdesk")
    for scene in STORIES[kind].scenes.values():
        for name, value in [(f.name, c.value) for f in sheet(KINDS[kind], ANN, scene, NOW).fields for c in f.choices]:
            for slot in (Slot.APPROVERS, Slot.SECURITY):
                body = show(RequestCard(replace(request, details={name: value}), slot), view)["body"]
                read = [str(piece["value"]) for piece in pieces(body) if {"title", "value"} <= piece.keys()]
                assert [words for words in read if FIRST_PERSON.search(words)] == []


@pytest.mark.parametrize("slot", [Slot.APPROVERS, Slot.SECURITY, Slot.CONFIRM])
@pytest.mark.parametrize("kind", KINDS)
def test_a_notification_of_what_others_read_does_not_speak_as_its_person(kind: str, slot: Slot) -> None:
    for language in LANGUAGES:
        said = summary(told(kind, Status.APPROVAL), slot, View(language, NOW, "the helpdesk"))
        assert not FIRST_PERSON.search(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_badge_calls_somebody_verified_by_a_number_alone_or_says_that_what_is_over_goes_on(language: str) -> None:
    held = {"verified_presence": "presence", "past": "past", "vouched_past": "past", "late": "unanswered"}
    held["vouching_late"] = "unanswered"
    for name, key in held.items():
        for place in ("agent", "caller", "voucher"):
            card = CARDS.get(f"{language}/call/{place}/{name}")
            badges = [piece["text"] for piece in pieces(card or {}) if piece.get("type") == "Badge"]
            assert badges in ([text(f"call.status.{key}", language)], [] if card is None else None), name
