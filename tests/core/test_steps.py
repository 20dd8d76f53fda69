"""What each step makes of a request before its act, to the letter: its state, what follows, and what the trail says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit import Deed, Note
from bot.core.decide import ApprovalFirst, Go, Refuse, StepUpFirst
from bot.core.events import (
    ActWanted,
    Approved,
    Asked,
    AskSignIn,
    CarryOut,
    Changed,
    Denied,
    Event,
    FollowUp,
    Freeze,
    SteppedUp,
    TimePassed,
    Withdrew,
)
from bot.core.life.advance import advance, past, within_life
from bot.core.life.step import AFTERWARDS, PAGE_LIFE, Step
from bot.core.model import PENDING, Ending, Follow, Mode, Refusal, Request, Status, Way
from bot.core.reasons import Reason
from tests.core.samples import ANN, BEN, NOW, POLICY, approval
from tests.core.steps import (
    AGAIN,
    ALARM,
    ANNS,
    APPROVED,
    ASKED,
    BENS,
    BY_ANN,
    BY_BEN,
    CLOSED,
    GIVEN,
    HOUR,
    LATER,
    NEVER,
    NEW,
    PRESSED,
    SECOND,
    SEEN,
    SIGN,
    SOON,
    STEPPED_UP,
    UNKNOWN,
    at,
    no,
    over,
    refused,
    refuses,
    waits,
    wants_approval,
)

LASTING = Refusal(Reason.NOT_PERMITTED, {"about": "roles"})
STEPS: dict[str, tuple[Request, Event, Step]] = {
    "asked: sign in first": (
        NEW,
        Asked(StepUpFirst("c2")),
        Step(waits(NEW, Status.STEP_UP, POLICY.step_up_wait), (Changed(), AskSignIn("c2")), (ASKED,)),
    ),
    "asked: somebody must say yes": (
        NEW,
        Asked(ApprovalFirst(1)),
        Step(wants_approval(NEW), (Changed(),), (ASKED, Note(Deed.APPROVAL_WANTED))),
    ),
    "asked: nothing in its way": (
        NEW,
        Asked(Go()),
        Step(waits(NEW, Status.READY, POLICY.show_wait), (Changed(),), (ASKED, Note(Deed.READY))),
    ),
    "asked: nothing in its way, by a page": (
        replace(NEW, way=Way.ENTER),
        Asked(Go()),
        Step(
            waits(replace(NEW, way=Way.ENTER), Status.READY, POLICY.show_wait),
            (Changed(), AskSignIn("c1", enter=True)),
            (ASKED, Note(Deed.READY)),
        ),
    ),
    "asked: nothing in its way, by itself": (
        replace(NEW, way=Way.ALONE),
        Asked(Go()),
        Step(
            replace(waits(replace(NEW, way=Way.ALONE), Status.READY, POLICY.show_wait), due_at=SOON),
            (Changed(), CarryOut()),
            (ASKED, Note(Deed.READY)),
        ),
    ),
    "asked: no": (NEW, Asked(Refuse(NEVER)), refuses(NEW, NEVER, ASKED)),
    "asked: nobody knows": (NEW, Asked(Refuse(UNKNOWN)), refuses(NEW, UNKNOWN, ASKED)),
    "an alarm counts though it is refused": (
        ALARM,
        Asked(Refuse(NEVER)),
        Step(
            replace(over(ALARM, Status.REFUSED, Ending(refusal=NEVER)), frozen_at=LATER, alarmed_at=LATER),
            (Changed(), Freeze()),
            (ASKED, refused(NEVER), Note(Deed.FROZEN)),
            NEVER,
        ),
    ),
    "signed in, all is there": (
        at(Status.STEP_UP),
        SIGN,
        Step(
            waits(replace(at(Status.STEP_UP), evidence=(ANNS,)), Status.READY, POLICY.show_wait),
            (Changed(),),
            (STEPPED_UP, Note(Deed.READY)),
        ),
    ),
    "signed in, and refused": (
        at(Status.STEP_UP),
        SteppedUp(ANNS, Refuse(NEVER)),
        refuses(replace(at(Status.STEP_UP), evidence=(ANNS,)), NEVER, STEPPED_UP),
    ),
    "signed in, and nobody knows": (
        at(Status.STEP_UP),
        SteppedUp(ANNS, Refuse(UNKNOWN)),
        Step(replace(at(Status.STEP_UP), evidence=(ANNS,), due_at=SOON), (Changed(),), (STEPPED_UP, refused(UNKNOWN))),
    ),
    "signed in, while somebody must say yes": (at(Status.APPROVAL), SIGN, no(at(Status.APPROVAL), Reason.CLOSED)),
    "signed in on the page": (
        at(Status.READY, Way.ENTER),
        SIGN,
        Step(
            replace(at(Status.READY, Way.ENTER), evidence=(ANNS,), due_at=LATER + PAGE_LIFE + AFTERWARDS),
            (Changed(),),
            (STEPPED_UP,),
        ),
    ),
    "signed in before it is replaced": (
        at(Status.UNKNOWN),
        SIGN,
        Step(replace(at(Status.UNKNOWN), evidence=(ANNS,)), (Changed(),), (STEPPED_UP,)),
    ),
    "a yes, the last": (
        at(Status.APPROVAL),
        Approved(BENS, Go()),
        Step(
            waits(replace(at(Status.APPROVAL), evidence=(BENS,)), Status.READY, POLICY.show_wait),
            (Changed(),),
            (APPROVED, Note(Deed.READY)),
        ),
    ),
    "a yes, and another is missing": (
        at(Status.APPROVAL),
        Approved(BENS, ApprovalFirst(1)),
        Step(replace(at(Status.APPROVAL), evidence=(BENS,)), (Changed(),), (APPROVED,)),
    ),
    "a yes without a sign-in says so": (
        at(Status.APPROVAL),
        Approved(approval(strength=""), ApprovalFirst(1)),
        Step(
            replace(at(Status.APPROVAL), evidence=(approval(strength=""),)),
            (Changed(),),
            (Note(Deed.APPROVED, GIVEN | {"strength": "", "sign_in": "none"}),),
        ),
    ),
    "a yes with a verdict, to what was seen": (
        at(Status.APPROVAL),
        Approved(replace(BENS, choice="safe", level="high"), ApprovalFirst(1)),
        Step(
            replace(at(Status.APPROVAL), evidence=(replace(BENS, choice="safe", level="high"),)),
            (Changed(),),
            (Note(Deed.APPROVED, GIVEN | {"choice": "safe", "level": "high"}),),
        ),
    ),
    "a yes, and nobody knows": (
        at(Status.APPROVAL),
        Approved(BENS, Refuse(UNKNOWN)),
        Step(replace(at(Status.APPROVAL), evidence=(BENS,), due_at=SOON), (Changed(),), (APPROVED, refused(UNKNOWN))),
    ),
    "a yes, and a no that lasts": (
        at(Status.APPROVAL),
        Approved(BENS, Refuse(LASTING, ("group:x",))),
        Step(
            replace(at(Status.APPROVAL), evidence=(BENS,), due_at=LATER + timedelta(minutes=2)),
            (Changed(),),
            (APPROVED, refused(LASTING)),
        ),
    ),
    "asked: a no that lasts": (NEW, Asked(Refuse(LASTING)), refuses(NEW, LASTING, ASKED)),
    "pressed: a no that lasts": (
        at(Status.READY),
        ActWanted(Refuse(LASTING)),
        Step(at(Status.READY), (), (PRESSED, refused(LASTING)), LASTING),
    ),
    "by itself, a no that lasts": (
        at(Status.READY, Way.ALONE),
        ActWanted(Refuse(LASTING)),
        Step(
            replace(at(Status.READY, Way.ALONE), due_at=LATER + timedelta(minutes=2)),
            (Changed(),),
            (PRESSED, refused(LASTING)),
        ),
    ),
    "a yes to what nobody must say yes to": (
        at(Status.READY),
        Approved(BENS, Go()),
        no(at(Status.READY), Reason.CLOSED),
    ),
    "a no": (
        at(Status.APPROVAL),
        Denied(BEN, "never seen her"),
        Step(
            over(at(Status.APPROVAL), Status.DENIED, Ending("ben", "Ben Bishop", "never seen her", at=LATER)),
            (Changed(),),
            (Note(Deed.DENIED, BY_BEN | {"reason": "never seen her"}),),
        ),
    ),
    "a no with a verdict and its sign-in": (
        at(Status.APPROVAL),
        Denied(BEN, "", "compromised", BENS, alarm=True),
        Step(
            replace(
                over(at(Status.APPROVAL), Status.DENIED, Ending("ben", "Ben Bishop", choice="compromised", at=LATER)),
                follow=Follow.DUE,
                frozen_at=LATER,
                alarmed_at=LATER,
            ),
            (Changed(), FollowUp(), Freeze()),
            (Note(Deed.DENIED, GIVEN | BY_BEN | {"reason": "", "choice": "compromised"}), Note(Deed.FROZEN)),
        ),
    ),
    "a no that comes too late": (at(Status.READY), Denied(BEN, "", "bad"), no(at(Status.READY), Reason.CLOSED)),
    "withdrawn": (
        at(Status.READY),
        Withdrew(ANN),
        Step(
            over(at(Status.READY), Status.WITHDRAWN, Ending("ann", "Ann Archer", at=LATER)),
            (Changed(),),
            (Note(Deed.WITHDRAWN, BY_ANN | {"reason": ""}),),
        ),
    ),
    "pressed: sign in again": (
        at(Status.READY),
        ActWanted(StepUpFirst("c1")),
        Step(waits(at(Status.READY), Status.STEP_UP, POLICY.step_up_wait), (Changed(), AskSignIn("c1")), (PRESSED,)),
    ),
    "pressed: a yes has gone, and they are reminded anew": (
        replace(at(Status.READY), reminded=True),
        ActWanted(ApprovalFirst(1)),
        Step(wants_approval(at(Status.READY)), (Changed(),), (PRESSED, Note(Deed.APPROVAL_WANTED))),
    ),
    "pressed: nobody knows": (
        at(Status.READY),
        ActWanted(Refuse(UNKNOWN)),
        Step(at(Status.READY), (), (PRESSED, refused(UNKNOWN)), UNKNOWN),
    ),
    "pressed: no": (at(Status.READY), ActWanted(Refuse(NEVER)), refuses(at(Status.READY), NEVER, PRESSED)),
    "pressed too early": (at(Status.STEP_UP), ActWanted(Go()), no(at(Status.STEP_UP), Reason.CLOSED)),
    "pressed again, though no answer was lost": (
        at(Status.READY),
        ActWanted(Go(), again=True),
        no(at(Status.READY), Reason.CLOSED),
    ),
    "pressed again, when it was replaced": (
        replace(at(Status.UNKNOWN), replaced=True),
        ActWanted(Go(), again=True),
        no(replace(at(Status.UNKNOWN), replaced=True), Reason.REPLACED_ALREADY),
    ),
    "pressed again, while it is looked for": (
        replace(at(Status.UNKNOWN), expires_at=None),
        ActWanted(Go(), again=True),
        no(replace(at(Status.UNKNOWN), expires_at=None), Reason.CHANGED),
    ),
    "pressed in a trial": (
        replace(at(Status.READY), mode=Mode.EVALUATE),
        ActWanted(Go()),
        Step(
            over(replace(at(Status.READY), mode=Mode.EVALUATE), Status.EVALUATED),
            (Changed(),),
            (Note(Deed.EVALUATED),),
        ),
    ),
    "by itself, nobody knows": (
        at(Status.READY, Way.ALONE),
        ActWanted(Refuse(UNKNOWN)),
        Step(replace(at(Status.READY, Way.ALONE), due_at=SOON), (Changed(),), (PRESSED, refused(UNKNOWN))),
    ),
}


@pytest.mark.parametrize(("before", "event", "after"), STEPS.values(), ids=STEPS)
def test_a_step_is_this_and_nothing_else(before: Request, event: Event, after: Step) -> None:
    assert advance(before, event, POLICY, LATER) == after


def due(status: Status, way: Way = Way.SHOW, *, reminded: bool = False) -> Request:
    return replace(at(status, way), due_at=LATER, reminded=reminded)


TIMES: dict[str, tuple[Request, TimePassed, Step]] = {
    "half the time to say yes is over": (
        due(Status.APPROVAL),
        TimePassed(),
        Step(replace(at(Status.APPROVAL), reminded=True), (Changed(),), (Note(Deed.REMINDED),)),
    ),
    "half the time is over, and a yes is missing": (
        due(Status.APPROVAL),
        TimePassed(ApprovalFirst(1)),
        Step(replace(at(Status.APPROVAL), reminded=True), (Changed(),), (AGAIN, Note(Deed.REMINDED))),
    ),
    "half the time is over, and nobody knows": (
        due(Status.APPROVAL),
        TimePassed(Refuse(UNKNOWN)),
        Step(
            replace(at(Status.APPROVAL), due_at=SOON, reminded=True),
            (Changed(),),
            (AGAIN, refused(UNKNOWN), Note(Deed.REMINDED)),
        ),
    ),
    "half the time is over, and nobody need be asked any more": (
        due(Status.APPROVAL),
        TimePassed(Go()),
        Step(waits(at(Status.APPROVAL), Status.READY, POLICY.show_wait), (Changed(),), (AGAIN, Note(Deed.READY))),
    ),
    "asked again, and a yes is missing": (
        due(Status.APPROVAL, reminded=True),
        TimePassed(ApprovalFirst(1)),
        Step(replace(at(Status.APPROVAL), reminded=True), (Changed(),), (AGAIN,)),
    ),
    "asked again, and all is there": (
        due(Status.STEP_UP),
        TimePassed(Go()),
        Step(waits(at(Status.STEP_UP), Status.READY, POLICY.show_wait), (Changed(),), (AGAIN, Note(Deed.READY))),
    ),
    "asked again, and nobody knows": (
        due(Status.STEP_UP),
        TimePassed(Refuse(UNKNOWN)),
        Step(replace(at(Status.STEP_UP), due_at=SOON), (Changed(),), (AGAIN, refused(UNKNOWN))),
    ),
    "asked again, and nobody knows until the end": (
        replace(due(Status.STEP_UP), expires_at=LATER + SECOND),
        TimePassed(Refuse(UNKNOWN)),
        Step(
            replace(at(Status.STEP_UP), expires_at=LATER + SECOND, due_at=LATER + SECOND),
            (Changed(),),
            (AGAIN, refused(UNKNOWN)),
        ),
    ),
    "asked again, and nobody knows, without an end": (
        replace(due(Status.STEP_UP), expires_at=None),
        TimePassed(Refuse(UNKNOWN)),
        Step(replace(at(Status.STEP_UP), expires_at=None, due_at=SOON), (Changed(),), (AGAIN, refused(UNKNOWN))),
    ),
    "nothing to ask": (due(Status.READY), TimePassed(), Step(at(Status.READY))),
    "nothing to ask, and a page has run out": (
        due(Status.READY, Way.ENTER),
        TimePassed(),
        Step(at(Status.READY, Way.ENTER), (Changed(),)),
    ),
    "its turn by itself": (
        due(Status.READY, Way.ALONE),
        TimePassed(),
        Step(replace(at(Status.READY, Way.ALONE), due_at=SOON), (CarryOut(),)),
    ),
    "not yet": (at(Status.READY, Way.ALONE), TimePassed(), Step(at(Status.READY, Way.ALONE))),
    "nothing is ever due": (
        replace(at(Status.APPROVAL), due_at=None),
        TimePassed(Go()),
        Step(replace(at(Status.APPROVAL), due_at=None)),
    ),
}


@pytest.mark.parametrize(("before", "event", "after"), TIMES.values(), ids=TIMES)
def test_a_look_of_the_desks_own_is_this_and_nothing_else(before: Request, event: TimePassed, after: Step) -> None:
    assert advance(before, event, POLICY, LATER) == after


def test_what_is_past_its_time_ends_and_says_so() -> None:
    waiting = replace(at(Status.APPROVAL), expires_at=LATER, due_at=LATER)
    ended = over(waiting, Status.EXPIRED)
    looked = advance(waiting, TimePassed(Go()), POLICY, LATER)
    assert looked == Step(ended, (Changed(),), (Note(Deed.EXPIRED),))
    pressed = advance(waiting, Approved(BENS, Go()), POLICY, LATER)
    assert pressed == Step(ended, (Changed(),), (Note(Deed.EXPIRED), refused(CLOSED)), CLOSED)


def test_only_what_waits_is_ever_past_its_time() -> None:
    ends = NOW + POLICY.life
    for status in Status:
        stays = replace(at(status), expires_at=ends + HOUR)
        waiting = status in PENDING | {Status.UNKNOWN}
        assert [past(stays, POLICY, now) for now in (ends - SECOND, ends)] == [False, waiting]
        soon = replace(stays, expires_at=LATER)
        assert [past(soon, POLICY, now) for now in (LATER - SECOND, LATER)] == [False, waiting]
        assert not past(replace(stays, expires_at=None), POLICY, ends)


def test_a_request_waits_no_longer_than_it_may_live() -> None:
    ends = NOW + POLICY.life
    long = replace(at(Status.READY), expires_at=ends + HOUR, due_at=ends + HOUR)
    assert within_life(Step(long), POLICY).request == replace(long, expires_at=ends, due_at=ends)
    assert within_life(Step(replace(long, due_at=LATER)), POLICY).request.due_at == LATER
    assert within_life(Step(replace(long, due_at=None)), POLICY).request.due_at is None
    for kept in (replace(long, status=Status.DONE), replace(long, expires_at=None), replace(long, expires_at=ends)):
        assert within_life(Step(kept), POLICY).request == kept


def test_what_was_decided_about_it_is_kept_for_those_who_are_to_say_yes() -> None:
    terms = ("group:pilots", "level:high")
    asked = advance(NEW, Asked(ApprovalFirst(2, terms, SEEN)), POLICY, LATER)
    assert asked.notes[0] == Note(Deed.ASKED, BY_ANN | {"terms": "group:pilots level:high"})
    details = {**NEW.details, "risk": "leaked"}
    seen = replace(wants_approval(NEW), terms=terms, level="high", level_from=1, more=1, details=details)
    assert asked.request == seen
    same = advance(replace(asked.request, version=7), Approved(BENS, ApprovalFirst(1, terms, SEEN)), POLICY, LATER)
    assert same.request.level_from == 1
    worse = Approved(BENS, ApprovalFirst(1, terms, replace(SEEN, level="gravest")))
    assert advance(replace(asked.request, version=7), worse, POLICY, LATER).request.level_from == 8
    unseen = advance(asked.request, Approved(BENS, ApprovalFirst(1)), POLICY, LATER).request
    assert (unseen.level, unseen.level_from, unseen.more, unseen.terms) == ("high", 1, 1, ())
