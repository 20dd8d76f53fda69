"""The Temporary Access Pass kind against a directory in memory."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.core.directory import Directory
from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable, Unfit
from bot.core.facts import Moment
from bot.core.forms import Fault, check, clean
from bot.core.kind import Tools
from bot.core.methods import Method, MethodKind
from bot.core.model import Mode, Person, Receipt, Refusal, Request, Secret, Status
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.reasons import Reason
from bot.core.verifier import Verifier
from bot.kinds import KINDS
from bot.kinds.tap import EQUIPPED, EVERY, KIND, NUDGED, REGISTERED, UNHURRIED, USED, TapReason

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann Archer")
POLICY = PassPolicy(
    enabled=True,
    minimum=20,
    maximum=240,
    default=45,
    included=frozenset({"all_users"}),
    excluded=frozenset(),
)


@dataclass
class Noon:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Shelf:
    """A directory that keeps one person's passes in a list, and can lose its answer or say no."""

    policy: PassPolicy = POLICY
    found: list[Pass] = field(default_factory=list)
    member: frozenset[str] = frozenset()
    fault: Exception | None = None
    loses: bool = False
    one_time: bool | None = None
    keys: list[Method] = field(default_factory=list)
    unseen: Exception | None = None
    slow: float = 0.0

    async def pass_policy(self) -> PassPolicy:
        if self.fault is not None:
            raise self.fault
        return self.policy

    async def passes(self, person: str) -> tuple[Pass, ...]:
        assert person == ANN.id
        return tuple(self.found)

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]:
        assert person == ANN.id
        return among & self.member

    async def issue_pass(self, person: str, lifetime: timedelta, *, one_time: bool) -> IssuedPass:
        assert person == ANN.id
        if self.fault is not None:
            raise self.fault
        made = a_pass(f"pass-{len(self.found)}", minutes=int(lifetime.total_seconds() // 60))
        self.found, self.one_time = [made], one_time
        if self.loses:
            raise AnswerLost("issue_pass")
        return IssuedPass(made, Secret("+secret1"))

    async def delete_pass(self, person: str, pass_id: str) -> None:
        assert person == ANN.id
        self.found = [p for p in self.found if p.id != pass_id]

    async def methods(self, person: str) -> tuple[Method, ...]:
        assert person == ANN.id
        if self.unseen is not None:
            raise self.unseen
        await asyncio.sleep(self.slow)
        return tuple(self.keys)


def a_pass(pass_id: str, *, usability: str = "EnabledByPolicy", at: datetime = NOW, minutes: int = 60) -> Pass:
    usable = usability == "EnabledByPolicy"
    return Pass(pass_id, at, at + timedelta(minutes=minutes), usable=usable, usability=usability)


def tools(shelf: Shelf, now: datetime = NOW) -> Tools:
    return Tools(
        directory=cast("Directory", shelf),
        verifier=cast("Verifier", None),
        clock=Noon(now),
        policy=KIND.policy,
        ticket_pattern=r"INC\d+",
    )


async def objection(request: Request, tools: Tools) -> Refusal | None:
    return (await KIND.examine(request, tools)).objection


def request(**details: str) -> Request:
    return Request(
        id="r1",
        kind="tap",
        requester=ANN,
        subject=ANN,
        details={"reason": "lost_phone", "minutes": "60", **details},
        mode=Mode.ENFORCE,
        status=Status.READY,
        version=3,
        created_at=NOW,
    )


async def test_the_form_offers_the_lifetimes_the_tenant_allows() -> None:
    fields = {f.name: f for f in (await KIND.sheet(ANN, tools(Shelf()))).fields}
    assert [c.value for c in fields["minutes"].choices] == ["30", "45", "60", "120", "240"]
    assert [c.title for c in fields["minutes"].choices] == ["30 min", "45 min", "1 h", "2 h", "4 h"]
    assert fields["minutes"].default == "45"


@pytest.mark.parametrize(("minimum", "maximum", "default"), [(700, 800, 720), (700, 710, 60), (15, 15, 15)])
async def test_the_form_always_offers_a_lifetime(minimum: int, maximum: int, default: int) -> None:
    shelf = Shelf(replace(POLICY, minimum=minimum, maximum=maximum, default=default))
    [minutes] = [f for f in (await KIND.sheet(ANN, tools(shelf))).fields if f.name == "minutes"]
    assert minutes.default in {c.value for c in minutes.choices}
    assert minimum <= int(minutes.default) <= maximum


async def filled(values: Mapping[str, str]) -> dict[str, str]:
    fields = (await KIND.sheet(ANN, tools(Shelf()))).fields
    return check(fields, clean(fields, values))


async def test_the_form_asks_for_words_only_where_the_list_has_none() -> None:
    assert await filled({"reason": "new_phone"}) == {}
    assert await filled({"reason": "other"}) == {"text": Fault.REQUIRED}
    assert await filled({"reason": "new_phone", "ticket": "call me"}) == {"ticket": Fault.PATTERN}
    assert await filled({"reason": "other", "text": "It drowned", "ticket": "INC1", "minutes": "30"}) == {}


async def test_the_form_is_not_shown_when_the_policy_cannot_be_read() -> None:
    with pytest.raises(Unavailable):
        await KIND.sheet(ANN, tools(Shelf(fault=Unavailable("graph"))))


async def test_nothing_is_objected_to_in_the_ordinary_case() -> None:
    assert await objection(request(), tools(Shelf())) is None


@pytest.mark.parametrize(
    ("policy", "member"),
    [
        (replace(POLICY, included=frozenset({"staff"})), frozenset()),
        (replace(POLICY, included=frozenset()), frozenset()),
        (replace(POLICY, excluded=frozenset({"no-pass"})), frozenset({"no-pass"})),
        (
            replace(POLICY, included=frozenset({"staff"}), excluded=frozenset({"no-pass"})),
            frozenset({"staff", "no-pass"}),
        ),
        (replace(POLICY, excluded=frozenset({"all_users"})), frozenset()),
    ],
)
async def test_who_the_tenant_leaves_out_gets_none(policy: PassPolicy, member: frozenset[str]) -> None:
    refusal = await objection(request(), tools(Shelf(policy, member=member)))
    assert refusal is not None
    assert refusal.reason == TapReason.OUT_OF_POLICY


async def test_membership_of_an_included_group_is_enough() -> None:
    shelf = Shelf(replace(POLICY, included=frozenset({"staff"})), member=frozenset({"staff"}))
    assert await objection(request(), tools(shelf)) is None


async def test_a_tenant_without_passes_says_so_first() -> None:
    shelf = Shelf(replace(POLICY, enabled=False, included=frozenset()))
    assert await objection(request(), tools(shelf)) == Refusal(TapReason.OFF_IN_TENANT)


@pytest.mark.parametrize("minutes", ["19", "241", "0", "-60", "", "60.0", "an hour", "٦٠", "9" * 2000])
async def test_a_lifetime_outside_the_policy_is_refused(minutes: str) -> None:
    asking = replace(tools(Shelf()), moment=Moment.ASK)
    assert await objection(request(minutes=minutes), asking) == LIMITS


LIMITS = Refusal(TapReason.LIFETIME, {"minimum": "20", "maximum": "240"})


@pytest.mark.parametrize(("minutes", "refusal"), [("241", None), ("19", LIMITS), ("0", LIMITS), ("an hour", LIMITS)])
async def test_a_shorter_pass_than_was_asked_for_will_do_once_the_policy_changed(
    minutes: str, refusal: Refusal | None
) -> None:
    """It was a no that ended the request; a longer one than was approved is none all the same."""
    for moment in (Moment.WAY, Moment.ACT):
        assert await objection(request(minutes=minutes), replace(tools(Shelf()), moment=moment)) == refusal


class Strict(Shelf):
    """Entra, whose policy changed just now."""

    async def issue_pass(self, person: str, lifetime: timedelta, *, one_time: bool) -> IssuedPass:
        if not self.policy.allows(int(lifetime.total_seconds() // 60)):
            raise Rejected("issue_pass: 400", code="lifetime")
        return await super().issue_pass(person, lifetime, one_time=one_time)


async def test_a_lifetime_that_is_no_longer_allowed_is_cut_to_what_is() -> None:
    outcome = await KIND.carry_out(request(minutes="480"), tools(Strict()))
    assert outcome.receipt.params["minutes"] == "240"
    assert outcome.receipt.expires_at == NOW + timedelta(minutes=240)


async def test_a_pass_for_longer_than_was_asked_is_not_made_and_may_be_asked_anew() -> None:
    shelf = Strict()
    with pytest.raises(Unfit) as caught:
        await KIND.carry_out(request(minutes="10"), tools(shelf))
    assert caught.value.code == Reason.CHANGED
    assert shelf.found == []


@pytest.mark.parametrize("usability", ["EnabledByPolicy", "NotYetValid", "DisabledByPolicy", "SomethingNew", ""])
async def test_a_pass_that_may_still_work_is_never_replaced(usability: str) -> None:
    live = a_pass("helpdesk", usability=usability)
    refusal = await objection(request(), tools(Shelf(found=[live])))
    assert refusal == Refusal(TapReason.LIVE_PASS, {"until": "2026-03-02T10:00:00+00:00"})


@pytest.mark.parametrize("usability", ["Expired", "OneTimeUsed", "expired"])
async def test_a_spent_pass_is_in_nobodys_way(usability: str) -> None:
    assert await objection(request(), tools(Shelf(found=[a_pass("old", usability=usability)]))) is None


async def test_only_the_pass_a_lost_answer_left_may_be_replaced() -> None:
    lost = replace(request(), status=Status.UNKNOWN, receipt=Receipt("ours"))
    assert await objection(lost, tools(Shelf(found=[a_pass("ours")]))) is None
    other = await objection(lost, tools(Shelf(found=[a_pass("helpdesk")])))
    assert other is not None
    shown = replace(lost, status=Status.DONE)
    assert await objection(shown, tools(Shelf(found=[a_pass("ours")]))) is not None


async def test_a_pass_works_once_whatever_the_tenant_allows() -> None:
    shelf = Shelf(POLICY)
    outcome = await KIND.carry_out(request(), tools(shelf))
    assert shelf.one_time is True
    assert outcome.secret is not None
    assert outcome.secret.reveal() == "+secret1"
    params = {"minutes": "60", "one_time": "yes", "undated": ""}
    assert outcome.receipt == Receipt("pass-0", NOW + timedelta(minutes=60), params, watch=EVERY)
    assert "+secret1" not in repr(outcome)


@pytest.mark.parametrize(
    ("code", "reason"),
    [("out_of_policy", TapReason.OUT_OF_POLICY), ("guest", Reason.GUEST), ("unusable", TapReason.UNUSABLE)],
)
async def test_a_no_of_the_directory_becomes_a_reason(code: str, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        await KIND.carry_out(request(), tools(Shelf(fault=Rejected("issue_pass", code=code))))
    assert caught.value.code == reason


@pytest.mark.parametrize("fault", [AnswerLost("x"), Unavailable("x"), Rejected("x", code="accessDenied"), Missing("x")])
async def test_any_other_fault_goes_through_as_it_is(fault: Exception) -> None:
    with pytest.raises(type(fault)) as caught:
        await KIND.carry_out(request(), tools(Shelf(fault=fault)))
    assert caught.value is fault


async def test_a_look_finds_what_a_lost_act_left_behind() -> None:
    shelf = Shelf(loses=True)
    with pytest.raises(AnswerLost):
        await KIND.carry_out(request(), tools(shelf))
    found = await KIND.look(request(), tools(shelf))
    assert found is not None
    assert found.object_id == shelf.found[0].id


@pytest.mark.parametrize(
    "left", [[], [a_pass("x", usability="OneTimeUsed")], [a_pass("x", at=NOW - timedelta(hours=1), minutes=240)]]
)
async def test_a_look_finds_nothing_that_is_not_ours(left: list[Pass]) -> None:
    assert await KIND.look(request(), tools(Shelf(found=left))) is None


async def test_undo_deletes_what_the_receipt_names_and_may_be_repeated() -> None:
    shelf = Shelf(found=[a_pass("ours"), a_pass("helpdesk")])
    done = replace(request(), status=Status.REVOKING, receipt=Receipt("ours"), attempts=1)
    for _ in range(2):
        await KIND.undo(done, tools(shelf))
    assert [p.id for p in shelf.found] == ["helpdesk"]


@pytest.mark.parametrize(("receipt", "attempts"), [(None, 1), (Receipt("first"), 2)])
async def test_undo_finds_a_pass_nobody_has_a_receipt_for(receipt: Receipt | None, attempts: int) -> None:
    shelf = Shelf(found=[a_pass("second")])
    await KIND.undo(replace(request(), receipt=receipt, attempts=attempts), tools(shelf))
    assert shelf.found == []


def used(shelf: Shelf) -> None:
    shelf.found = [replace(p, usable=False, usability="OneTimeUsed") for p in shelf.found]


def a_passkey(at: datetime | None) -> Method:
    return Method(MethodKind.PASSKEY, "key-1", "YubiKey 5C", "deviceBound", at)


async def given(shelf: Shelf) -> Request:
    """Ann's request once her pass was shown to her."""
    outcome = await KIND.carry_out(request(), tools(shelf))
    return replace(request(), status=Status.DONE, receipt=outcome.receipt)


async def test_a_pass_nobody_used_yet_is_watched_on() -> None:
    shelf = Shelf()
    assert await KIND.watch(await given(shelf), tools(shelf)) is None


@pytest.mark.parametrize("usability", ["Expired", "NotYetValid", "SomethingNew"])
async def test_only_a_pass_that_was_used_counts_as_used(usability: str) -> None:
    shelf = Shelf()
    done = await given(shelf)
    shelf.found = [replace(p, usable=False, usability=usability) for p in shelf.found]
    assert await KIND.watch(done, tools(shelf)) is None


async def test_another_pass_that_was_used_is_not_this_one() -> None:
    shelf = Shelf()
    done = await given(shelf)
    shelf.found.append(a_pass("helpdesk", usability="OneTimeUsed"))
    assert await KIND.watch(done, tools(shelf)) is None


async def test_a_used_pass_is_told_at_once_and_a_passkey_is_waited_for() -> None:
    shelf = Shelf()
    done = await given(shelf)
    used(shelf)
    later = NOW + timedelta(minutes=7)
    progress = await KIND.watch(done, tools(shelf, later))
    assert progress is not None
    assert (progress.stage, progress.over) == (USED, False)
    assert progress.receipt is not None
    assert progress.receipt.params["used"] == later.isoformat()
    assert (progress.receipt.expires_at, progress.receipt.watch) == (later + NUDGED, UNHURRIED)
    assert progress.receipt.object_id == "pass-0"


@pytest.mark.parametrize(
    ("made", "over"),
    [(NOW + timedelta(minutes=9), True), (NOW - timedelta(days=90), False), (None, False)],
)
async def test_a_passkey_made_since_ends_it_well(made: datetime | None, over: bool) -> None:
    shelf = Shelf(keys=[a_passkey(made)])
    on = replace(await given(shelf), stage=USED)
    progress = await KIND.watch(on, tools(shelf, NOW + timedelta(minutes=10)))
    assert (progress is not None and progress.over and progress.stage == REGISTERED) is over


def an_app(id_: str, at: datetime | None = None) -> Method:
    return Method(MethodKind.AUTHENTICATOR, id_, "Pixel 8", "", at)


async def after(shelf: Shelf, *new: Method) -> str:
    """Return the stage that these methods lead to once the pass was used; "" for none."""
    on = replace(await given(shelf), stage=USED)
    shelf.keys.extend(new)
    progress = await KIND.watch(on, tools(shelf, NOW + timedelta(minutes=10)))
    if progress is None:
        return ""
    assert progress.over
    assert progress.receipt is not None
    assert progress.receipt.expires_at is None
    return progress.stage


@pytest.mark.parametrize("kind", sorted(MethodKind))
async def test_any_strong_method_made_since_ends_it_well(kind: MethodKind) -> None:
    """A new phone with the authenticator was waited past for a day, and its owner told that nothing had come."""
    resistant = {MethodKind.PASSKEY, MethodKind.HELLO, MethodKind.PLATFORM}
    strong = {MethodKind.AUTHENTICATOR, MethodKind.OATH, MethodKind.EXTERNAL}
    expected = REGISTERED if kind in resistant else EQUIPPED if kind in strong else ""
    assert await after(Shelf(), Method(kind, "new", "", "", NOW + timedelta(minutes=9))) == expected


async def test_a_passkey_beside_another_method_is_what_is_told() -> None:
    made = NOW + timedelta(minutes=9)
    assert await after(Shelf(), an_app("new", made), a_passkey(made)) == REGISTERED


async def test_an_app_without_a_date_is_new_if_it_was_not_there_before() -> None:
    """Entra dates an authenticator only where it signs in without a password."""
    assert await after(Shelf(keys=[an_app("old")])) == ""
    assert await after(Shelf(keys=[an_app("old")]), an_app("new")) == EQUIPPED
    assert await after(Shelf(), an_app("new")) == EQUIPPED


@pytest.mark.parametrize("trouble", [{"unseen": Rejected("methods")}, {"unseen": Unavailable("x")}, {"slow": 5.0}])
async def test_a_pass_is_made_though_nobody_says_what_there_is_and_then_only_dates_count(trouble: Any) -> None:
    shelf = Shelf(keys=[an_app("old")], **trouble)
    on = replace(await given(shelf), stage=USED)
    assert on.receipt is not None
    assert "undated" not in on.receipt.params
    shelf.unseen, shelf.slow = None, 0.0
    assert await KIND.watch(on, tools(shelf)) is None
    shelf.keys.append(an_app("new", NOW + timedelta(minutes=9)))
    progress = await KIND.watch(on, tools(shelf))
    assert progress is not None
    assert progress.stage == EQUIPPED


async def test_before_the_act_there_is_nothing_to_watch() -> None:
    assert await KIND.watch(request(), tools(Shelf())) is None


def test_the_kind_is_listed_under_its_name() -> None:
    assert KINDS["tap"] is KIND
    assert all(name == kind.name for name, kind in KINDS.items())


def test_every_reason_of_the_kind_stands_under_its_name() -> None:
    assert all(re.fullmatch(r"tap\.[a-z_]+", reason) for reason in TapReason)
