"""How far off a moment is: said where it is read as soon as it is drawn; anywhere else it would soon be untrue."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.core.answers import Refused, RequestCard
from bot.core.model import LIVE, Refusal, Status
from bot.core.ports import Slot
from bot.kinds import KINDS
from bot.teams.replies import asks_anew
from cards import View, sentence, show
from cards.texts import LANGUAGES
from cards.words import ahead, until
from playground.gallery.cards import every
from playground.gallery.requests import told
from tests.cards.walk import NO_REQUESTS, texts

NOW = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)
VIEW = View("en", NOW, "the helpdesk", user="29:ann", person="ann", fresh=True)
MINUTE, HOUR, DAY = 60, 3600, 86400
FAR_OFF = re.compile(
    r"\(in [\w ]*(?:minute|hour|Minute|Stunde)|\bin (?:about |etwa )?\d+ (?:minutes|hours|Minuten|Stunden), "
)


@pytest.mark.parametrize(
    ("seconds", "ends", "begins", "german"),
    [
        (1, "in less than a minute", "in less than a minute", "in weniger als einer Minute"),
        (59, "in less than a minute", "in less than a minute", "in weniger als einer Minute"),
        (MINUTE, "in a minute", "in a minute", "in einer Minute"),
        (MINUTE + 1, "in a minute", "in 2 minutes", "in einer Minute"),
        (12 * MINUTE, "in 12 minutes", "in 12 minutes", "in 12 Minuten"),
        (13 * MINUTE - 1, "in 12 minutes", "in 13 minutes", "in 12 Minuten"),
        (59 * MINUTE, "in 59 minutes", "in 59 minutes", "in 59 Minuten"),
        (2 * HOUR - 1, "in 119 minutes", "in 120 minutes", "in 119 Minuten"),
        (2 * HOUR, "in about 2 hours", "in about 2 hours", "in etwa 2 Stunden"),
        (DAY - 1, "in about 24 hours", "in about 24 hours", "in etwa 24 Stunden"),
    ],
)
def test_what_is_near_is_told_in_minutes_or_hours(seconds: int, ends: str, begins: str, german: str) -> None:
    """What ends is not told later than it is, and what begins not earlier."""
    moment = NOW + timedelta(seconds=seconds)
    assert ahead(moment, VIEW) == ends
    assert ahead(moment, VIEW, begins=True) == begins
    assert ahead(moment, replace(VIEW, language="de")) == german
    assert ahead(moment.astimezone(timezone(timedelta(hours=-7))), VIEW) == ends
    assert ahead(moment, replace(VIEW, fresh=False)) == ""
    assert until(moment, VIEW) == f"{{{{TIME({moment:%Y-%m-%dT%H:%M:%SZ})}}}} ({ends})"


@pytest.mark.parametrize("seconds", [0, -1, -DAY, DAY, DAY + 1, 30 * DAY])
def test_what_is_over_or_a_day_off_is_told_as_its_day_and_time(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    assert ahead(moment, VIEW) == ahead(moment, VIEW, begins=True) == ""
    assert until(moment, VIEW) == f"{{{{DATE({stamp},SHORT)}}}} {{{{TIME({stamp})}}}}"
    assert until(None, VIEW) == "…"


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_looks_at_their_own_card_reads_how_long_it_waits_and_until_when(language: str) -> None:
    request = replace(told("tap", Status.STEP_UP), expires_at=NOW + timedelta(minutes=12))
    card = show(RequestCard(request, Slot.REQUESTER), replace(VIEW, language=language))
    near = {"en": "(in 12 minutes)", "de": "(in 12 Minuten)"}[language]
    assert f"{{{{TIME(2026-03-12T23:42:00Z)}}}} {near}" in texts(card)


def test_a_line_that_answers_a_press_says_it_too() -> None:
    refusal = Refused(Refusal("tap.live_pass", {"until": (NOW + timedelta(minutes=12)).isoformat()}))
    assert "23:42 UTC (in 12 minutes)" in sentence(refusal, VIEW)
    assert "2026-03-12 23:42 UTC," in sentence(refusal, replace(VIEW, fresh=False))


def test_no_card_that_stays_says_how_far_off_anything_is() -> None:
    said = {name for name, card in every() if FAR_OFF.search(texts(card))}
    assert {name for name in said if not name.endswith("_fresh")} == set()
    assert {name.split("/", 1)[1] for name in said} >= {f"{kind}/requester/step_up_fresh" for kind in KINDS}


# Where a request has a card; the others are a call's and the threat level's.
@pytest.mark.parametrize("slot", sorted({*Slot} - NO_REQUESTS))
@pytest.mark.parametrize("status", Status)
def test_what_is_fetched_anew_by_one_person_is_what_says_it(slot: Slot, status: Status) -> None:
    """The rule by which answers are drawn (`replies`), held to what cards ask of clients."""
    answer = RequestCard(told("tap", status), slot)
    card = show(answer, VIEW)
    if asks_anew(answer, VIEW):
        assert status in LIVE
        assert card["refresh"]["userIds"] == ["29:ann"]
    assert not asks_anew(answer, replace(VIEW, user=""))
