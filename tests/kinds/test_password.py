"""The kind for a new password against a directory in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.core.directory import Account, Directory
from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable, Unfit
from bot.core.facts import Moment
from bot.core.forms import Fault, check, clean
from bot.core.kind import Tools
from bot.core.model import Evidence, EvidenceType, Finding, Mode, Person, Receipt, Refusal, Request, Secret, Status, Way
from bot.core.options import OPENED, REVOKE_SESSIONS, TELL_MANAGER
from bot.core.passwords import MADE, broken
from bot.core.policy import Policy
from bot.core.verifier import Verifier
from bot.kinds import KINDS
from bot.kinds.password import GENERATE, KIND, OWN_CHANGE, PasswordReason

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann Archer")
TYPED = "Kettle-7-Harbour"


class Noon:
    def now(self) -> datetime:
        return NOW


@dataclass
class Safe:
    """A directory with one person's password in it, which can lose its answer or say no."""

    synced: bool = False
    elsewhere: bool = False
    changed: datetime | None = None
    fault: Exception | None = None
    loses: bool = False
    held: list[tuple[str, bool]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def account(self, person: str) -> Account:
        assert person == ANN.id
        self.asked.append("account")
        upn = "ann@contoso.example"
        return Account("ann", ANN.name, upn, True, False, False, self.synced, password_changed_at=self.changed)

    async def federated(self, upn: str) -> bool:
        assert upn == "ann@contoso.example"
        self.asked.append("federated")
        return self.elsewhere

    async def set_password(self, person: str, password: Secret, *, change_next: bool) -> None:
        assert person == ANN.id
        if self.fault is not None:
            raise self.fault
        self.held.append((password.reveal(), change_next))
        self.changed = NOW
        if self.loses:
            raise AnswerLost("set_password")


def tools(safe: Safe, *, entered: str | None = None, moment: Moment = Moment.ACT, **policy: Any) -> Tools:
    return Tools(
        directory=cast("Directory", safe),
        verifier=cast("Verifier", None),
        clock=Noon(),
        policy=KIND.policy.changed(policy),
        ticket_pattern="",
        moment=moment,
        entered=Secret(entered) if entered is not None else None,
    )


def request(way: Way = Way.ENTER, **more: Any) -> Request:
    whole = Request(
        id="r1",
        kind="password",
        requester=ANN,
        subject=ANN,
        details={"reason": "forgotten"},
        mode=Mode.ENFORCE,
        status=Status.ACTING,
        version=3,
        created_at=NOW,
        way=way,
        attempts=1,
    )
    return replace(whole, **more)


def signed_in(at: datetime) -> Evidence:
    return Evidence(EvidenceType.STEP_UP, "ann", "Ann", at, "c1", "r1")


def test_what_it_demands_by_itself() -> None:
    policy = KIND.policy
    assert (policy.approvals, policy.step_up, policy.option(REVOKE_SESSIONS), policy.option(GENERATE)) == (
        0,
        "c1",
        True,
        False,
    )
    assert set(policy.options) == {*OPENED, GENERATE, REVOKE_SESSIONS, TELL_MANAGER}
    assert not KIND.harmless


def test_it_is_entered_unless_the_policy_has_it_made() -> None:
    assert KIND.way(Policy()) is Way.ENTER
    assert KIND.way(KIND.policy.changed({"generate": True})) is Way.SHOW


async def test_the_sheet_asks_why_and_says_what_will_happen() -> None:
    sheet = await KIND.sheet(ANN, tools(Safe()))
    assert [f.name for f in sheet.fields] == ["reason", "text"]
    assert [c.value for c in sheet.fields[0].choices] == ["forgotten", "known", "expired", "other"]
    assert [line.key for line in sheet.lines] == ["password.sheet.entered", "password.sheet.sessions"]
    assert not sheet.closed
    made = await KIND.sheet(ANN, tools(Safe(), generate=True, revoke_sessions=False))
    assert [line.key for line in made.lines] == ["password.sheet.shown"]


async def test_words_are_wanted_only_where_the_list_has_none() -> None:
    fields = (await KIND.sheet(ANN, tools(Safe()))).fields
    assert check(fields, clean(fields, {"reason": "known"})) == {}
    assert check(fields, clean(fields, {"reason": "other"})) == {"text": Fault.REQUIRED}
    assert check(fields, clean(fields, {"reason": "because"})) == {"reason": Fault.CHOICE}


@pytest.mark.parametrize("moment", [Moment.ASK, Moment.WAY, Moment.ACT])
async def test_where_the_password_is_elsewhere_none_is_set_here(moment: Moment) -> None:
    assert await KIND.examine(request(), tools(Safe(), moment=moment)) == Finding()
    synced = await KIND.examine(request(), tools(Safe(synced=True), moment=moment))
    assert synced.objection == Refusal(PasswordReason.SYNCED)
    federated = await KIND.examine(request(), tools(Safe(elsewhere=True), moment=moment))
    assert federated.objection == Refusal(PasswordReason.FEDERATED)


async def test_the_home_card_reads_the_account_alone() -> None:
    safe = Safe(elsewhere=True)
    assert await KIND.examine(request(), tools(safe, moment=Moment.HOME)) == Finding()
    assert safe.asked == ["account"]
    synced = await KIND.examine(request(), tools(Safe(synced=True), moment=Moment.HOME))
    assert synced.objection == Refusal(PasswordReason.SYNCED)


SET = Receipt("ann", params={"set_at": NOW.isoformat()})


async def test_what_was_entered_is_set_once_and_is_nobodys_to_show() -> None:
    safe = Safe()
    outcome = await KIND.carry_out(request(), tools(safe, entered=TYPED))
    assert safe.held == [(TYPED, False)]
    assert outcome.secret is None
    assert outcome.receipt == SET
    assert TYPED not in repr(outcome)


async def test_a_made_one_is_shown_and_must_be_changed() -> None:
    safe = Safe()
    outcome = await KIND.carry_out(request(Way.SHOW), tools(safe, generate=True))
    [(password, change_next)] = safe.held
    assert change_next
    assert outcome.secret is not None
    assert outcome.secret.reveal() == password
    assert outcome.receipt == SET
    assert len(password) == MADE
    assert broken(password, ()) == ()
    assert password not in repr(outcome)


async def test_the_way_of_the_request_counts_whatever_the_policy_says_by_now() -> None:
    safe = Safe()
    outcome = await KIND.carry_out(request(Way.ENTER), tools(safe, entered=TYPED, generate=True))
    assert (outcome.secret, safe.held) == (None, [(TYPED, False)])
    shown = await KIND.carry_out(request(Way.SHOW), tools(safe, entered=TYPED))
    assert shown.secret is not None
    assert shown.secret.reveal() != TYPED


async def test_without_anything_entered_nothing_is_set() -> None:
    safe = Safe()
    with pytest.raises(Unfit):
        await KIND.carry_out(request(), tools(safe, generate=True))
    assert safe.held == []


async def test_one_that_is_not_taken_may_be_chosen_anew() -> None:
    safe = Safe(fault=Rejected("set_password: 400", code="password_rule"))
    with pytest.raises(Unfit) as caught:
        await KIND.carry_out(request(), tools(safe, entered=TYPED))
    assert caught.value.code == PasswordReason.RULE
    assert TYPED not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


async def test_a_made_one_that_is_not_taken_is_the_end_of_it() -> None:
    safe = Safe(fault=Rejected("set_password: 400", code="password_rule"))
    with pytest.raises(Rejected) as caught:
        await KIND.carry_out(request(Way.SHOW), tools(safe))
    assert not isinstance(caught.value, Unfit)
    assert caught.value.code == PasswordReason.RULE_MADE


@pytest.mark.parametrize("way", [Way.ENTER, Way.SHOW])
@pytest.mark.parametrize(
    "fault", [AnswerLost("x"), Unavailable("x"), Rejected("x", code="Authorization_RequestDenied"), Missing("x")]
)
async def test_any_other_fault_goes_through_as_it_is(fault: Exception, way: Way) -> None:
    with pytest.raises(type(fault)) as caught:
        await KIND.carry_out(request(way), tools(Safe(fault=fault), entered=TYPED))
    assert caught.value is fault


@pytest.mark.parametrize("way", [Way.ENTER, Way.SHOW])
async def test_a_look_finds_what_a_lost_act_has_set(way: Way) -> None:
    safe = Safe(changed=NOW - timedelta(days=30), loses=True)
    assert await KIND.look(request(way), tools(safe)) is None
    with pytest.raises(AnswerLost):
        await KIND.carry_out(request(way), tools(safe, entered=TYPED))
    assert await KIND.look(request(way), tools(safe)) == SET


@pytest.mark.parametrize(
    ("changed", "ours"),
    [
        (None, False),
        (NOW - OWN_CHANGE - timedelta(seconds=1), False),
        (NOW - OWN_CHANGE, True),
        (NOW, True),
        (NOW + timedelta(minutes=5), True),
    ],
)
async def test_an_earlier_change_is_not_taken_for_ours(changed: datetime | None, ours: bool) -> None:
    found = await KIND.look(request(), tools(Safe(changed=changed)))
    assert (found is not None) is ours


async def test_a_change_before_the_sign_in_on_the_page_is_not_ours() -> None:
    later = request(evidence=(signed_in(NOW + timedelta(minutes=20)), signed_in(NOW + timedelta(minutes=3))))
    assert await KIND.look(later, tools(Safe(changed=NOW + timedelta(minutes=10)))) is None
    assert await KIND.look(later, tools(Safe(changed=NOW + timedelta(minutes=20)))) is not None
    earlier = request(evidence=(signed_in(NOW - timedelta(minutes=10)),))
    assert await KIND.look(earlier, tools(Safe(changed=NOW - timedelta(minutes=5)))) is None


async def test_what_was_set_is_taken_back_by_one_nobody_has_seen() -> None:
    safe = Safe(held=[(TYPED, False)])
    for _ in range(2):
        await KIND.undo(request(receipt=Receipt("ann")), tools(safe))
    first, second = (password for password, _ in safe.held[1:])
    assert len({TYPED, first, second}) == 3
    assert broken(second, ()) == ()


@pytest.mark.parametrize(("later", "left"), [(OWN_CHANGE, False), (OWN_CHANGE + timedelta(seconds=1), True)])
async def test_one_that_was_chosen_since_is_not_ours_to_take_back(later: timedelta, left: bool) -> None:
    safe = Safe(changed=NOW + later)
    await KIND.undo(request(receipt=SET), tools(safe))
    assert (safe.held == []) is left


async def test_a_lost_one_is_taken_back_where_it_was_set_and_nothing_is_locked_where_it_was_not() -> None:
    untouched = Safe(changed=NOW - timedelta(days=30))
    await KIND.undo(request(), tools(untouched))
    assert untouched.held == []
    lost = Safe(changed=NOW)
    await KIND.undo(request(), tools(lost))
    assert len(lost.held) == 1


async def test_what_cannot_be_found_out_is_not_taken_for_done() -> None:
    class Blind(Safe):
        async def account(self, person: str) -> Account:  # noqa: ARG002 - the port's shape
            raise Unavailable("graph")

    for call in (KIND.look, KIND.undo, KIND.examine):
        with pytest.raises(Unavailable):
            await call(request(), tools(Blind()))


def test_the_kind_is_listed_under_its_name() -> None:
    assert KINDS["password"] is KIND
    assert all(re.fullmatch(r"password\.[a-z_]+", reason) for reason in PasswordReason)
