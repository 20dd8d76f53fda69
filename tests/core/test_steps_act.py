"""What each step makes of a request whose act is under way, to the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit import Deed, Note
from bot.core.decide import Go
from bot.core.events import (
    ActDone,
    ActFailed,
    ActLost,
    ActPostponed,
    ActWanted,
    AskSignIn,
    Changed,
    Event,
    FollowUp,
    Look,
    Looked,
    ShowFailed,
    TimePassed,
)
from bot.core.life.acting import FIRST, LONGEST, TRIES
from bot.core.life.advance import advance
from bot.core.life.ended import REPORTED_WITHIN
from bot.core.life.step import LOOK_AGAIN, Step
from bot.core.model import Ending, Follow, Request, Status, Way
from bot.core.pauses import postponed
from bot.core.reasons import Reason
from tests.core.samples import NOW, POLICY
from tests.core.steps import (
    ACTING,
    BUSY,
    BY_ITSELF,
    BY_PAGE,
    DONE,
    LATE,
    LATER,
    LOOKED,
    LOOKED_FOR_NOTHING,
    LOST,
    PASS,
    PLAIN,
    READY,
    REVOKING,
    SECOND,
    SHOWN,
    SIGN_OUT,
    claimed,
    done,
    lost,
    no,
    over,
    refused,
    revoked,
    shown,
    waits,
)

# The pauses are a request's own, and grow with each try.
SOON = LATER + postponed(2, "r1", 20 * SECOND, first=FIRST, longest=LONGEST)
LONG = LATER + postponed(TRIES - 1, "r1", 0 * SECOND, first=FIRST, longest=LONGEST)
ACTS: dict[str, tuple[Request, Event, Step]] = {
    "claimed": (READY, ActWanted(Go()), claimed(READY)),
    "claimed once more": (LOST, ActWanted(Go(), again=True), claimed(LOST, again=True)),
    "answered": (ACTING, ActDone(PASS, 2), Step(done(ACTING), (Changed(),), (SHOWN,))),
    "answered, and something follows": (
        ACTING,
        ActDone(replace(PASS, follow=True), 2),
        Step(replace(done(ACTING, replace(PASS, follow=True)), follow=Follow.DUE), (Changed(), FollowUp()), (SHOWN,)),
    ),
    "answered by what does not run out": (
        ACTING,
        ActDone(PLAIN, 2),
        Step(done(ACTING, PLAIN, LATER + REPORTED_WITHIN), (Changed(),), (Note(Deed.SHOWN, {"object": "ann"}),)),
    ),
    "answered to an earlier claim": (ACTING, ActDone(PASS, 1), no(ACTING, Reason.CLOSED)),
    "answered after an alarm": (
        ACTING,
        ActDone(PASS, 2, frozen=True),
        revoked(replace(ACTING, receipt=PASS, acted_at=LATER), LATE),
    ),
    "answered after it was given up": (
        replace(LOST, attempts=2, acted_at=NOW),
        ActDone(PASS, 2),
        revoked(replace(LOST, attempts=2, acted_at=NOW, receipt=PASS), LATE),
    ),
    "answered after it was given up, with nothing to see": (
        replace(BY_PAGE, attempts=2),
        ActDone(PASS, 2),
        Step(done(replace(BY_PAGE, attempts=2)), (Changed(),), (SHOWN,)),
    ),
    "answered after it was found": (
        replace(DONE, way=Way.ALONE, attempts=2),
        ActDone(PASS, 2),
        Step(replace(DONE, way=Way.ALONE, attempts=2)),
    ),
    "answered after it was found, and after an alarm": (
        replace(DONE, way=Way.ALONE, attempts=2),
        ActDone(PASS, 2, frozen=True),
        revoked(replace(DONE, way=Way.ALONE, attempts=2), LATE),
    ),
    "answered after it was taken back": (
        replace(REVOKING, way=Way.ALONE, attempts=2, reported=True, acted_at=NOW),
        ActDone(PASS, 2),
        revoked(replace(REVOKING, way=Way.ALONE, attempts=2, receipt=PASS, acted_at=NOW), LATE, reported=True),
    ),
    "refused for good": (
        ACTING,
        ActFailed(BUSY, 2),
        Step(over(ACTING, Status.FAILED, Ending(refusal=BUSY)), (Changed(),), (Note(Deed.FAILED, {"reason": "busy"}),)),
    ),
    "refused for good, too late": (LOST, ActFailed(BUSY, 0), no(LOST, Reason.CLOSED)),
    "lost": (ACTING, ActLost(2), lost(ACTING)),
    "lost, to an earlier claim": (ACTING, ActLost(1), no(ACTING, Reason.CLOSED)),
    "no answer in time": (replace(ACTING, due_at=LATER), TimePassed(), lost(ACTING)),
    "not begun": (
        ACTING,
        ActPostponed(BUSY, 2),
        Step(waits(ACTING, Status.READY, POLICY.show_wait), (Changed(),), (refused(BUSY),), BUSY),
    ),
    "not begun, by itself": (
        replace(ACTING, way=Way.ALONE),
        ActPostponed(BUSY, 2, timedelta(seconds=20)),
        Step(
            replace(waits(replace(ACTING, way=Way.ALONE), Status.READY, POLICY.show_wait), due_at=SOON),
            (Changed(),),
            (Note(Deed.POSTPONED, {"until": SOON.isoformat()}),),
        ),
    ),
    "not begun, by itself, and at once": (
        replace(ACTING, way=Way.ALONE, attempts=TRIES - 1),
        ActPostponed(BUSY, TRIES - 1),
        Step(
            replace(
                waits(replace(ACTING, way=Way.ALONE, attempts=TRIES - 1), Status.READY, POLICY.show_wait),
                due_at=LONG,
            ),
            (Changed(),),
            (Note(Deed.POSTPONED, {"until": LONG.isoformat()}),),
        ),
    ),
    "not begun, by itself, too often": (
        replace(ACTING, way=Way.ALONE, attempts=TRIES),
        ActPostponed(BUSY, TRIES),
        Step(
            over(replace(ACTING, way=Way.ALONE, attempts=TRIES), Status.FAILED, Ending(refusal=BUSY)),
            (Changed(),),
            (refused(BUSY),),
        ),
    ),
    "a second try that was not begun": (
        replace(ACTING, replaced=True),
        ActPostponed(BUSY, 2),
        Step(shown(ACTING), (Changed(),), (refused(BUSY),), BUSY),
    ),
    "not shown": (DONE, ShowFailed(), Step(shown(DONE), (Changed(),), (Note(Deed.LOST),))),
    "not shown, with nothing to see": (
        replace(DONE, way=Way.ENTER),
        ShowFailed(),
        no(replace(DONE, way=Way.ENTER), Reason.CLOSED),
    ),
    "looked, found": (LOST, Looked(PASS), Step(replace(shown(LOST), receipt=PASS), (Changed(),), (LOOKED,))),
    "looked, found what needs no showing": (
        BY_ITSELF,
        Looked(PASS),
        Step(done(BY_ITSELF), (Changed(),), (LOOKED, SHOWN)),
    ),
    "looked, found nothing": (LOST, Looked(None), Step(shown(LOST), (Changed(),), (LOOKED_FOR_NOTHING,))),
    "looked, found nothing, and a page opens": (
        BY_PAGE,
        Looked(None),
        Step(shown(BY_PAGE), (Changed(), AskSignIn("c1", enter=True)), (LOOKED_FOR_NOTHING,)),
    ),
    "looked, found nothing, and no page opens twice": (
        replace(BY_PAGE, replaced=True),
        Looked(None),
        Step(shown(replace(BY_PAGE, replaced=True)), (Changed(),), (LOOKED_FOR_NOTHING,)),
    ),
    "looked after an alarm, found": (
        LOST,
        Looked(PASS, frozen=True),
        revoked(replace(LOST, receipt=PASS), LOOKED, LATE),
    ),
    "looked after an alarm, found nothing": (
        replace(LOST, receipt=PASS),
        Looked(None, frozen=True),
        revoked(replace(LOST, receipt=PASS), LOOKED_FOR_NOTHING, Note(Deed.LATE, {"object": ""})),
    ),
    "looked for what is not lost": (DONE, Looked(PASS), no(DONE, Reason.CLOSED)),
    "looked for in vain so far": (
        replace(LOST, expires_at=None, due_at=LATER),
        TimePassed(),
        Step(replace(LOST, expires_at=None, due_at=LATER + LOOK_AGAIN), (Look(),)),
    ),
    "nobody has decided what becomes of it": (replace(LOST, due_at=LATER), TimePassed(), Step(LOST)),
    "nobody has decided what becomes of it, and its page has run out": (
        replace(BY_PAGE, due_at=LATER),
        TimePassed(),
        Step(BY_PAGE, (Changed(),)),
    ),
}


@pytest.mark.parametrize(("before", "event", "after"), ACTS.values(), ids=ACTS)
def test_a_step_of_an_act_is_this_and_nothing_else(before: Request, event: Event, after: Step) -> None:
    assert advance(before, event, POLICY, LATER) == after


def test_everybody_is_signed_out_where_the_policy_says_so() -> None:
    step = advance(ACTING, ActDone(PASS, 2), replace(POLICY, options=SIGN_OUT), LATER)
    assert step == Step(replace(done(ACTING), follow=Follow.DUE), (Changed(), FollowUp()), (SHOWN,))
