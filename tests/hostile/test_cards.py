"""What people typed, on every card there is: it is read as it was written, and never as something of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.answers import Form, ProofShown, RequestCard
from bot.core.attention import Attention
from bot.core.colleague import Colleague
from bot.core.face import FOR
from bot.core.forms import Choice, Line
from bot.core.interventions import Intervention
from bot.core.lookups import Episode, Seen
from bot.core.model import Ending, Evidence, Means, Person, Receipt, Refusal, Request
from bot.core.queue import Queued
from bot.core.threat import Threat
from cards import View, show
from cards.texts import clean, plain
from playground.gallery import cards as gallery
from playground.gallery.people import ANN
from playground.gallery.stories import NOW
from tests.cards.walk import actions, pieces

HOSTILE: Final = (
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example //evil.example www.evil.example mailto:a@evil.example",
    "<at>Ben</at> <at id='1'>All</at>",
    "<b>now</b><script>alert(1)</script><!-- x --><br>",
    "&lt;at&gt;Ben&lt;/at&gt; &#60;b&#62; &#x5b;x&#x5d;(y)",
    "**now** __now__ *now* _now_ ~~now~~ ***now*** `now` ```now```",
    "# now",
    "- now",
    "+ now",
    "> now",
    "1. now",
    "1) now",
    "===",
    "---",
    "| a | b |",
    "{{DATE(2026-01-01T00:00:00Z)}} {{TIME(2026-01-01T00:00:00Z,LONG)}} {{{DATE(2026-01-01T00:00:00Z)}}}",
    "${$root} ${if(true, 'a', 'b')} $${x}",
    "\\[x](y) \\\\[x](y) \\*x*",
    '"}],"actions":[{"type":"Action.OpenUrl","url":"https://evil.example"}]',
    "Ann\nApproved by: the boss\r\n\r\nStatus: done\u2028x\u2029y\x0bz\x85w",
    "\u202eevil\u202c \u2066x\u2069 \u200bA\u200dn\u200cn\ufeff \u2060\u00ad\u180e",
    "\u3164\u115f\u1160\uffa0\u2800\ufe0f\U000e0101\u034f",
    "\ud800 \udfff \0 \x1b[31m \x07",
)
LIVE: Final = re.compile(  # what a card makes something of, once what is escaped is out of the way
    r"\[|\]|[*_~`<>|]|\{\{|\$\{|^[#+=-]|^\d+[.)]|(?<!\u200b)://|(?<!:)/(?=/)|www\.|mailto:|&#?\w{1,32};", re.IGNORECASE
)
UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200c-\u200f\u2028-\u2029\u2060\u3164\ud800-\udfff]"
)
PAYLOADS: Final = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from([*"[]()*_~`<>|{}$#+-=!&;:/\\.1 \n\t", "www", "at", "http", "{{DATE("]), max_size=30).map(
        "".join
    ),
    st.text(st.characters(codec=None), max_size=40),
)


def live(text: str) -> list[str]:
    """What is live in a text a client reads as Markdown; what is escaped parts what is around it, as no letter does."""
    return LIVE.findall(re.sub(r"\\[\\*_\[\]~<>|(]", "·", text))


def poisoned(value: Any, bad: str) -> Any:
    """The same answer with `bad` in every place a person's words, or a directory's names, get into."""
    match value:
        case Person():
            return replace(value, name=bad)
        case Evidence():
            return replace(value, name=bad)
        case Ending():
            return replace(value, name=bad, reason=bad, refusal=poisoned(value.refusal, bad))
        case Request():
            ours = {name: told for name, told in value.details.items() if name == FOR}  # no form has that
            return replace(_inside(value, bad), details={**dict.fromkeys(value.details, bad), **ours, "unheard": bad})
        case Receipt():
            return replace(value, params={k: v if k == "qr" else bad for k, v in value.params.items()})
        case Refusal() | Line():
            return replace(value, params=dict.fromkeys(value.params, bad))
        case Choice():
            return replace(value, title=bad)
        case Form():
            return replace(_inside(value, bad), values=dict.fromkeys(value.values, bad))
        case ProofShown():
            return replace(_inside(value, bad), proof=dict.fromkeys(value.proof, bad))
        case View():
            confirming = tuple((bad, until) for _, until in value.confirming)
            return replace(value, facts=dict.fromkeys(value.facts, bad), confirming=confirming)
        case _:
            return _of_a_matter(value, bad)


def _of_a_matter(value: Any, bad: str) -> Any:
    match value:
        case Episode():
            return replace(_inside(value, bad), opener=bad, decided=(bad, bad), why=dict.fromkeys(value.why, bad))
        case Queued():
            return replace(value, name=bad, takers=(bad, bad), attention=poisoned(value.attention, bad))
        case Attention() | Seen() | Means():
            return replace(value, name=bad)
        case Colleague():
            return replace(value, name=bad, upn=bad, work=bad, manager=bad)
        case Intervention() | Threat():
            return replace(_inside(value, bad), reason=bad)
        case _:
            return _inside(value, bad)


def _inside(value: Any, bad: str) -> Any:
    if isinstance(value, tuple):
        return tuple(poisoned(part, bad) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        nested = {n: poisoned(p, bad) for n, p in parts.items() if is_dataclass(p) or isinstance(p, tuple)}
        return replace(value, **nested)
    return value


@cache
def answers() -> tuple[tuple[str, Any, View], ...]:
    """Every answer of the gallery, in English."""
    view = View("en", NOW, gallery.CONTACT["en"], user="29:ann", person=ANN.id)
    found = gallery.answers(view)
    return tuple((name, answer, seen) for name, answer, seen in found if not name.startswith("secret/dialog"))


def read(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a client reads as Markdown, and what it reads as plain text with functions in it."""
    options = [option for piece in pieces(card) for option in piece.get("choices", ())]
    yield from (("plain", option["title"]) for option in options)  # of a compact list, which is all that names go into
    for piece in pieces(card):
        if any(piece is option for option in options):
            continue
        kind = (
            "plain"
            if piece.get("type") == "TextRun" or str(piece.get("type", "")).startswith("Action.")
            else "markdown"
        )
        if piece.get("type") == "Component":  # which clients draw without reading it as anything
            yield from (("plain", piece["properties"][name]) for name in ("displayName", "userPrincipalName"))
        for name in ("text", "title", "value", "label", "errorMessage", "tooltip", "altText"):
            if isinstance(piece.get(name), str) and not str(piece.get("type", "")).startswith("Input."):
                yield kind, piece[name]


def faults(card: Mapping[str, Any], innocent: Mapping[str, Any]) -> list[str]:
    """What hostile words made of a card that innocent ones did not."""
    usual = {tuple(live(text)) for _, text in read(innocent)} | {()}
    found = [text for kind, text in read(card) if kind == "markdown" and _more(live(text), usual)]
    found += [text for kind, text in read(card) if kind == "plain" and re.search(r"\{\{|\$\{", text)]
    found += [text for _, text in read(card) if UNSEEN.search(text)]
    if [_skeleton(a) for a in actions(card)] != [_skeleton(a) for a in actions(innocent)]:
        found.append("other actions")
    if {p.get("type") for p in pieces(card)} - {p.get("type") for p in pieces(innocent)} - {"RichTextBlock", "TextRun"}:
        found.append("other pieces")
    return found


def _more(found: list[str], usual: set[tuple[str, ...]]) -> bool:
    """More than functions of time, which are ours, and never more than some innocent text has."""
    return tuple(found) not in usual and bool(set(found) - {"{{"})


def _skeleton(action: Mapping[str, Any]) -> tuple[Any, ...]:
    return action.get("type"), action.get("verb"), repr(action.get("data")), action.get("url")


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_no_card_makes_anything_of_what_people_typed(bad: str) -> None:
    broken = {}
    first = HOSTILE.index(bad)
    for name, answer, view in answers()[first % 13 :: 13]:
        innocent = show(poisoned(answer, "Qx7"), poisoned(view, "Qx7"))
        card = show(poisoned(answer, bad), poisoned(view, bad))
        assert "msteams" not in card
        if found := faults(card, innocent):
            broken[name] = found
    assert broken == {}


@settings(max_examples=100, deadline=None)
@given(PAYLOADS, st.sampled_from(range(12)))
def test_nor_does_one_of_anything_at_all(bad: str, which: int) -> None:
    held = [entry for entry in answers() if isinstance(entry[1], RequestCard | ProofShown | Form)]
    for name, answer, view in held[which::12][:2]:
        innocent = show(poisoned(answer, "Qx7"), poisoned(view, "Qx7"))
        assert faults(show(poisoned(answer, bad), poisoned(view, bad)), innocent) == [], name


@settings(max_examples=100, deadline=None)
@given(PAYLOADS)
def test_a_text_made_plain_is_dead_and_stays_so(bad: str) -> None:
    assert live(plain(bad)) == []
    assert not UNSEEN.search(plain(bad))
    assert clean(clean(bad)) == clean(bad)
    assert "\n" not in plain(bad)


def test_what_is_dangerous_is_noticed() -> None:
    """The reader of these tests sees what it is to see."""
    assert all(live(bad) for bad in HOSTILE[:13])
    assert not live("Zoë Müller-Lüdenscheidt (Vertrieb), 60 minutes & more: a/b")
