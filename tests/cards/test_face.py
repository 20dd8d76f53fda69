"""What somebody reads and may press while their request waits for their face, and on the card of the proof itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import cards
from bot.core.answers import RequestCard
from bot.core.face import begun_for
from bot.core.model import Ending, Evidence, EvidenceType, Refusal, Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from playground.gallery.people import ANN
from playground.gallery.requests import at, told
from playground.gallery.stories import NOW
from tests.cards.test_cards import VIEW, own, verbs
from tests.cards.walk import texts

FACE = Evidence(EvidenceType.FACE, ANN.id, ANN.name, NOW, "", at(Status.PROOF).id, source="v1")


def test_who_proved_themselves_is_not_asked_to_while_the_desk_looks_again() -> None:
    soon = own(Status.PROOF, evidence=(FACE,), due_at=NOW + timedelta(seconds=30))
    assert verbs(soon) == ["withdraw", "report"]
    assert cards.text("request.proof.checked", "en") in texts(soon)
    end = at(Status.PROOF).expires_at
    assert "prove" in verbs(own(Status.PROOF, evidence=(FACE,), due_at=end))  # too old: once more


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_waits_for_a_face_names_the_button_that_begins_it(language: str) -> None:
    card = cards.show(RequestCard(at(Status.PROOF), Slot.REQUESTER), replace(VIEW, language=language))
    (button,) = [a for a in card["actions"] if a["data"]["verb"] == "prove"]
    assert f"**{button['title']}**" in texts(card)


def test_what_ran_out_while_it_waited_for_a_face_says_so() -> None:
    late = own(Status.EXPIRED, ending=Ending(refusal=Refusal(Reason.EVIDENCE_MISSING)))
    assert cards.text("refusal.evidence_missing", "en") in texts(late)
    assert verbs(late) == ["begin"]


def proof(status: Status, stage: str, **changes: Any) -> dict[str, Any]:
    """The card of a proof, for a request that waits for it."""
    params = {"why": "spoof"} if stage == "failed" else {"at": NOW.isoformat(), "score": "86"}
    request = replace(told("verify", status, stage, params), **{"details": begun_for(at(Status.PROOF)), **changes})
    return cards.show(RequestCard(request, Slot.REQUESTER), VIEW)


@pytest.mark.parametrize(
    ("status", "stage"), [(Status.ENDED, "failed"), (Status.ENDED, "scanned"), (Status.ENDED, ""), (Status.EXPIRED, "")]
)
def test_a_proof_that_came_to_nothing_is_begun_again_for_the_same_request(status: Status, stage: str) -> None:
    (again,) = [a for a in proof(status, stage)["actions"] if a["data"]["verb"] in {"prove", "begin"}]
    assert (again["data"]["verb"], again["data"]["id"]) == ("prove", at(Status.PROOF).id)
    by_itself = proof(status, stage, details={})
    assert [verb for verb in verbs(by_itself) if verb in {"prove", "begin"}] == ["begin"]


def test_a_proof_that_holds_says_what_becomes_of_it() -> None:
    served, alone = proof(Status.ENDED, "verified"), proof(Status.ENDED, "verified", details={})
    assert cards.text("verify.served", "en") in texts(served)
    assert "begin" not in verbs(served)
    assert cards.text("verify.unserved", "en") in texts(alone)


def test_a_proof_names_what_it_is_needed_for_and_no_id() -> None:
    said = texts(proof(Status.DONE, "scanned"))
    assert cards.text("verify.detail.needed_by", "en") in said
    assert cards.text("tap.title", "en") in said
    assert at(Status.PROOF).id not in said


def test_steps_count_the_face_where_the_policy_wants_one() -> None:
    faced = replace(VIEW, face=True)
    for status, step in ((Status.STEP_UP, "Step 2 of 5"), (Status.PROOF, "Step 3 of 5")):
        assert step in texts(cards.show(RequestCard(at(status), Slot.REQUESTER), faced))
    assert "Step 2 of 4" in texts(cards.show(RequestCard(at(Status.STEP_UP), Slot.REQUESTER), VIEW))
