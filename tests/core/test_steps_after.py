"""What each step makes of a request after its act, to the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit import Deed, Note
from bot.core.events import (
    Changed,
    Event,
    Followed,
    FollowUp,
    Freeze,
    Hid,
    Progressed,
    Reported,
    Revoke,
    RevokeChosen,
    RevokeDone,
    TimePassed,
    Watch,
)
from bot.core.life.advance import advance
from bot.core.life.ended import REPORTED_WITHIN, next_look
from bot.core.life.step import LOOK_AGAIN, Step
from bot.core.model import Ending, Follow, Mode, Progress, Request, Status, Way
from bot.core.reasons import Reason
from tests.core.samples import ANN, NOW, POLICY, REQUEST
from tests.core.steps import (
    BUSY,
    BY_ANN,
    DONE,
    LATER,
    LOST,
    PASS,
    PLAIN,
    REVOKING,
    SECOND,
    USED,
    no,
    over,
    revoked,
)

ENDS: dict[str, tuple[Request, Event, Step]] = {
    "chosen to be taken back": (DONE, RevokeChosen(ANN), revoked(DONE, Note(Deed.REVOKE_CHOSEN, BY_ANN))),
    "chosen to be taken back, what was found": (
        replace(LOST, receipt=PASS),
        RevokeChosen(ANN),
        revoked(replace(LOST, receipt=PASS), Note(Deed.REVOKE_CHOSEN, BY_ANN)),
    ),
    "nothing to take back": (
        replace(DONE, receipt=PLAIN),
        RevokeChosen(ANN),
        no(replace(DONE, receipt=PLAIN), Reason.CLOSED),
    ),
    "nothing was found to take back": (LOST, RevokeChosen(ANN), no(LOST, Reason.CLOSED)),
    "not me": (
        DONE,
        Reported(ANN),
        Step(
            replace(revoked(DONE, reported=True).request, frozen_at=LATER, alarmed_at=LATER),
            (Changed(), Revoke(), Freeze()),
            (Note(Deed.REPORTED, BY_ANN), Note(Deed.FROZEN)),
        ),
    ),
    "not me, in a trial": (
        replace(DONE, mode=Mode.EVALUATE),
        Reported(ANN),
        revoked(replace(DONE, mode=Mode.EVALUATE), Note(Deed.REPORTED, BY_ANN), reported=True),
    ),
    "not me, a second time": (
        replace(DONE, reported=True),
        Reported(ANN),
        no(replace(DONE, reported=True), Reason.CLOSED),
    ),
    "not me, too late": (
        replace(DONE, acted_at=LATER - REPORTED_WITHIN),
        Reported(ANN),
        no(replace(DONE, acted_at=LATER - REPORTED_WITHIN), Reason.TOO_LATE),
    ),
    "taken back": (
        replace(REVOKING, ending=Ending("ben", "Ben", "no", BUSY, "compromised", NOW)),
        RevokeDone(signed_out=True),
        Step(
            over(REVOKING, Status.REVOKED, Ending("ben", "Ben", refusal=BUSY, choice="compromised")),
            (Changed(),),
            (Note(Deed.REVOKED),),
        ),
    ),
    "taken back, nothing else to say": (
        REVOKING,
        RevokeDone(signed_out=True),
        Step(over(REVOKING, Status.REVOKED), (Changed(),), (Note(Deed.REVOKED),)),
    ),
    "nothing was being taken back": (DONE, RevokeDone(signed_out=True), no(DONE, Reason.CLOSED)),
    "still to be taken back": (
        replace(REVOKING, reported=True),
        TimePassed(),
        Step(replace(REVOKING, reported=True, due_at=LATER + LOOK_AGAIN), (Revoke(again=True),)),
    ),
    "run out": (
        replace(DONE, expires_at=LATER),
        TimePassed(),
        Step(over(DONE, Status.ENDED), (Changed(),), (Note(Deed.ENDED),)),
    ),
    "looked at": (
        replace(DONE, expires_at=LATER + SECOND),
        TimePassed(),
        Step(replace(DONE, expires_at=LATER + SECOND, due_at=LATER + SECOND), (Watch(),)),
    ),
    "nobody can report it any more": (
        replace(DONE, receipt=PLAIN, expires_at=None, acted_at=LATER - REPORTED_WITHIN),
        TimePassed(),
        Step(
            replace(DONE, receipt=PLAIN, expires_at=None, acted_at=LATER - REPORTED_WITHIN, due_at=None),
            (Changed(),),
        ),
    ),
    "hidden": (DONE, Hid(ANN), Step(replace(DONE, hidden=True), (Changed(),), (Note(Deed.HIDDEN, BY_ANN),))),
    "nothing to hide": (
        replace(DONE, way=Way.ALONE),
        Hid(ANN),
        no(replace(DONE, way=Way.ALONE), Reason.CLOSED),
    ),
    "too early to hide": (LOST, Hid(ANN), no(LOST, Reason.CLOSED)),
    "used": (
        DONE,
        Progressed(Progress("used")),
        Step(replace(DONE, stage="used", due_at=LATER + timedelta(minutes=1)), (Changed(),), (USED,)),
    ),
    "used, and it lasts longer now": (
        DONE,
        Progressed(Progress("used", receipt=replace(PASS, expires_at=LATER + SECOND))),
        Step(
            replace(
                DONE,
                stage="used",
                receipt=replace(PASS, expires_at=LATER + SECOND),
                expires_at=LATER + SECOND,
                due_at=LATER + SECOND,
            ),
            (Changed(),),
            (USED,),
        ),
    ),
    "used, which is no news": (
        replace(DONE, stage="used"),
        Progressed(Progress("used")),
        Step(replace(DONE, stage="used")),
    ),
    "used up": (
        replace(DONE, stage="used"),
        Progressed(Progress("used", over=True)),
        Step(over(replace(DONE, stage="used"), Status.ENDED), (Changed(),), (USED, Note(Deed.ENDED))),
    ),
    "used up, and something follows": (
        DONE,
        Progressed(Progress("used", over=True, receipt=replace(PLAIN, follow=True))),
        Step(
            replace(over(DONE, Status.ENDED), stage="used", receipt=replace(PLAIN, follow=True), follow=Follow.DUE),
            (Changed(), FollowUp()),
            (USED, Note(Deed.ENDED)),
        ),
    ),
    "used up, and nothing follows": (
        DONE,
        Progressed(Progress("used", over=True, receipt=PLAIN)),
        Step(replace(over(DONE, Status.ENDED), stage="used", receipt=PLAIN), (Changed(),), (USED, Note(Deed.ENDED))),
    ),
    "followed": (
        replace(DONE, follow=Follow.DUE),
        Followed(done=True),
        Step(replace(DONE, follow=Follow.DONE), (Changed(),), (Note(Deed.FOLLOWED),)),
    ),
    "followed by a no for good": (
        replace(DONE, follow=Follow.DUE),
        Followed(done=False),
        Step(replace(DONE, follow=Follow.FAILED), (Changed(),), (Note(Deed.FOLLOW_FAILED),)),
    ),
    "nothing was to follow": (DONE, Followed(done=True), no(DONE, Reason.CLOSED)),
}


@pytest.mark.parametrize(("before", "event", "after"), ENDS.values(), ids=ENDS)
def test_a_step_after_the_act_is_this_and_nothing_else(before: Request, event: Event, after: Step) -> None:
    assert advance(before, event, POLICY, LATER) == after


def test_the_next_look_is_the_first_of_all_that_can_come() -> None:
    minute, until = timedelta(minutes=1), NOW + REPORTED_WITHIN
    assert next_look(DONE, LATER) == LATER + minute
    assert next_look(replace(DONE, expires_at=LATER + SECOND), LATER) == LATER + SECOND
    assert next_look(DONE, until - SECOND) == PASS.expires_at  # past or not: then it is over
    quiet = replace(DONE, receipt=PLAIN, expires_at=None)
    assert [next_look(quiet, now) for now in (until - SECOND, until)] == [until, None]
    unheard = replace(REQUEST, acted_at=None)
    assert next_look(unheard, LATER) == until
