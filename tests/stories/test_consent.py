"""Ann's word for what Ben opened is given once, by her, for that: no press of it that is sent again counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

import pytest
from playwright.async_api import expect

from playground.server import Play
from tests.stories.conftest import Take
from tests.stories.seat import PATIENCE, Seat, words
from tests.stories.test_call import ANN, asks
from tests.stories.test_verify import policies
from tests.stories.wire import SENDING, Json, Wire, data

TITLE = words("request.consent.title")


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return policies(tmp_path_factory, "[tap]\nassisted = true\n")


async def opens(ann: Seat, ben: Seat) -> None:
    """Ben verifies Ann, who is really on the telephone, and opens a pass for her."""
    await asks(ben)
    await ann.sees(words("call.caller.title"))
    await ann.sign_in(words("call.button.prove"))
    await ben.press(words("tap.title"), on="has signed in to prove it")
    await ben.fill_form()
    await expect(ben.dialog.get_by_text(words("call.opened", name=ANN))).to_be_visible(timeout=PATIENCE)
    await ben.close()
    await ann.sees(TITLE)


@pytest.mark.browser
async def test_anns_word_is_hers_and_once_she_has_taken_it_back_nothing_brings_it_again(play: Play, take: Take) -> None:
    ann, ben, sofia = await take("ann"), await take("ben"), await take("sofia")
    await ann.page.set_viewport_size({"width": 390, "height": 844})
    wire, closed = Wire(play), words("refusal.closed")
    await opens(ann, ben)
    await ann.picture("consent-1-ann")
    word = button(play, "consent")
    for key, chat in (("ben", "vouchsafe"), ("ben", "helpdesk"), ("mo", "vouchsafe")):
        assert words("refusal.not_yours") in await wire.sends(key, word, chat=chat)
    assert words("refusal.not_private") in await wire.sends("ann", word, chat="falcon")
    await ben.sees("has to agree first")

    await ann.press(words("button.consent"), on=TITLE)
    await ann.sees(words("request.step_up.title"))
    given, sent = wire.press("consent"), wire.press("call-send")
    assert closed in await wire.again(given)
    await ben.sees("has to sign in again")
    await ann.press(words("button.withdraw"), on=words("request.step_up.title"))
    await ben.sees("does not want it")
    await ann.sees(words("request.withdrawn.title"))
    await ann.picture("consent-2-withdrawn")
    await ben.picture("consent-3-ben")
    for press in (given, given | {"id": f"f:{uuid.uuid4()}"}):
        assert closed in await wire.again(press)
    assert words("refusal.not_yours") in await wire.sends("ben", data(given))
    assert closed in await wire.again(sent)  # nobody is asked once more
    assert words("refusal.unverified") in await wire.sends("ben", data(sent) | {"form": "e" * 32}, name=SENDING)
    assert TITLE not in str([seen.words for seen in play.teams.messages("ann")])

    await sofia.open("security")
    await ann.press(words("call.button.not_me"), on=words("call.caller.title"))
    await ben.sees("End the call")
    told = await sofia.sees(words("call.security.title", name=ANN))
    await expect(told).to_contain_text("Ben Bishop")
    await sofia.picture("consent-4-security")
    assert words("tap.approvers.title", name=ANN) not in str([s.words for s in play.teams.messages("cleo", "helpdesk")])
    assert play.world.graph.issued == []


def button(play: Play, verb: str) -> Json:
    """What the button of this verb on one of Ann's cards says."""
    every = (data for seen in play.teams.messages("ann") for card in seen.cards for data in _said(card))
    return next(data for data in every if data["verb"] == verb)


def _said(node: object) -> Iterator[Json]:
    if isinstance(node, list):
        for item in node:
            yield from _said(item)
    elif isinstance(node, dict):
        found = node.get("data")
        if isinstance(found, dict) and "verb" in found:
            yield found
        for value in node.values():
            yield from _said(value)
