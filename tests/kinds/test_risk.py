"""The risk kind against an ID Protection in memory."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.core.decide import ApprovalFirst, Decision, Go, Refuse, decide
from bot.core.directory import Account, Directory
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.facts import Facts, Moment
from bot.core.forms import Fault, Line, Sheet, check, clean
from bot.core.kind import Tools
from bot.core.lately import Lately
from bot.core.methods import Method, MethodKind
from bot.core.model import Ending, Evidence, EvidenceType, Finding, Mode, Person, Receipt, Refusal, Request, Status, Way
from bot.core.options import REVOKE_SESSIONS
from bot.core.policy import Policy
from bot.core.risk import Detection, Risk
from bot.core.threat import USUAL_DAY
from bot.core.verifier import Verifier
from bot.kinds import KINDS
from bot.kinds.risk import KIND, LEVELS, SECURE_FIRST, RiskReason
from cards.texts import known, wanted
from cards.view import View
from cards.words import details
from tests.core.samples import HELPER

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(hours=3), NOW - timedelta(hours=1)
FLAGGED = Risk("atRisk", "medium", "none", NOW - timedelta(hours=2))
ANN = Person("tenant", "ann", "Ann Archer")
ACCOUNT = Account("ann", "Ann Archer", "ann@contoso.example", True, False, False, False)
GROUP = frozenset({"employees"})
POLICY = replace(KIND.policy, allowed_groups=GROUP, approvers_group="helpdesk")


class Noon:
    def now(self) -> datetime:
        return NOW


@dataclass
class Watch:
    """ID Protection about one person; `asked` and `told` are what was read and written."""

    flag: Risk | None = FLAGGED
    seen: tuple[Detection, ...] = ()
    account_is: Account = ACCOUNT
    keys: tuple[datetime | None, ...] = ()
    fault: Exception | None = None
    blind: Exception | None = None
    slow: float = 0.0
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    broken: Mapping[str, Exception] = field(default_factory=dict)

    def _asked(self, what: str, person: str) -> None:
        assert person == ANN.id
        self.asked.append(what)

    async def risk(self, person: str) -> Risk | None:
        self._asked("risk", person)
        if self.fault is not None:
            raise self.fault
        return self.flag

    async def detections(self, person: str, limit: int) -> tuple[Detection, ...]:
        self._asked("detections", person)
        await asyncio.sleep(self.slow)
        if self.blind is not None:
            raise self.blind
        return self.seen[: limit + 1]  # Graph may send more than it was asked for

    async def account(self, person: str) -> Account:
        self._asked("account", person)
        return self.account_is

    async def passkeys(self, person: str) -> tuple[Method, ...]:
        self._asked("passkeys", person)
        return tuple(Method(MethodKind.PASSKEY, str(n), "Key", created_at=at) for n, at in enumerate(self.keys))

    async def _tell(self, what: str, person: str) -> None:
        assert person == ANN.id
        await asyncio.sleep(0 if what in self.broken else self.slow)
        self.told.append(what)
        if what in self.broken:
            raise self.broken[what]

    async def dismiss_risk(self, person: str) -> None:
        await self._tell("dismiss", person)

    async def confirm_safe(self, person: str) -> None:
        await self._tell("safe", person)

    async def confirm_compromised(self, person: str) -> None:
        await self._tell("compromised", person)

    async def revoke_sessions(self, person: str) -> None:
        await self._tell("sessions", person)


def tools(watch: Watch, *, moment: Moment = Moment.ACT, policy: Policy = POLICY) -> Tools:
    return Tools(cast("Directory", watch), cast("Verifier", None), Noon(), policy, "", moment)


def request(*choices: str, **changes: object) -> Request:
    """A request about Ann, approved by as many people as there are choices."""
    evidence = (
        Evidence(EvidenceType.STEP_UP, ANN.id, ANN.name, NOW, "c1", "r1"),
        *(Evidence(EvidenceType.APPROVAL, f"ben{n}", "Ben", NOW, "c1", "r1", c) for n, c in enumerate(choices)),
    )
    made = Request(
        id="r1",
        kind="risk",
        requester=ANN,
        subject=ANN,
        details={"reason": "travel"},
        mode=Mode.ENFORCE,
        status=Status.READY,
        version=3,
        created_at=NOW,
        way=Way.ALONE,
        evidence=evidence,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test may change any field


def keys(sheet: Sheet) -> list[str]:
    return [line.key for line in sheet.lines]


async def sheet_of(watch: Watch) -> Sheet:
    sheet = await KIND.sheet(ANN, tools(watch, moment=Moment.HOME))
    for line in sheet.lines:  # what is told has its words and whatever they need
        assert known(line.key), line.key
        assert wanted(line.key) - {"contact"} <= set(line.params), line.key
    return sheet


async def decided(watch: Watch, made: Request, policy: Policy = POLICY) -> Decision:
    found: Finding = await KIND.examine(made, tools(watch, policy=policy))
    facts = Facts(
        enabled=True,
        guest=False,
        restricted=False,
        roles=(),
        guarded_groups=(),
        groups=GROUP,
        recent=(),
        shown=(),
        denied={},
        guarded_contexts=frozenset({"c1"}),
        approvers={"ben0": HELPER, "ben1": HELPER},
        approves=frozenset(),
        frozen_at="never",
        threat=USUAL_DAY,
        lately=Lately(),
        changed=False,
        objection="none" if found.objection is None else found.objection,
        where=found.where,
        level=found.level,
    )
    return decide(policy, facts, made, Moment.ACT, NOW)


@pytest.mark.parametrize("flag", [None, Risk("none", "none", "none", NOW), Risk("brandNew", "high", "", NOW)])
async def test_who_is_not_flagged_reads_so_and_has_nothing_to_ask(flag: Risk | None) -> None:
    watch = Watch(flag)
    sheet = await sheet_of(watch)
    assert sheet.closed
    assert sheet.fields == ()
    assert keys(sheet) == ["risk.told.clear"]
    assert watch.asked == ["risk"]


@pytest.mark.parametrize("state", ["dismissed", "remediated", "confirmedSafe"])
async def test_what_became_of_a_flag_lately_is_told_with_its_time(state: str) -> None:
    sheet = await sheet_of(Watch(Risk(state, "none", "none", BEFORE)))
    assert sheet.closed
    assert sheet.lines[1] == Line(f"risk.cleared.{state}", {"at": BEFORE.isoformat()})
    old = await sheet_of(Watch(Risk(state, "none", "none", NOW - timedelta(days=8))))
    assert keys(old) == ["risk.told.clear"]
    assert keys(await sheet_of(Watch(Risk(state, "none", "none", None)))) == ["risk.told.clear"]


@pytest.mark.parametrize(
    ("detail", "note"),
    [
        ("userPerformedSecuredPasswordReset", "password"),
        ("userPassedMFADrivenByRiskBasedPolicy", "proved"),
        ("microsoftRevokedSessions", "signed_out"),
        ("adminDismissedAllRiskForUser", "admin_dismissed"),
        ("somethingNewOfGraphs", "other"),
        ("hidden", "other"),
    ],
)
async def test_the_detail_is_told_in_plain_words(detail: str, note: str) -> None:
    sheet = await sheet_of(Watch(Risk("remediated", "none", detail, BEFORE)))
    assert keys(sheet)[-1] == f"risk.note.{note}"
    assert detail not in str(sheet)


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("hidden", "hidden"),
        ("none", "unknown"),
        ("x", "unknown"),
    ],
)
async def test_who_is_flagged_reads_how_grave_it_is_since_when_and_the_better_way(level: str, told: str) -> None:
    sheet = await sheet_of(Watch(replace(FLAGGED, level=level)))
    assert not sheet.closed
    first = ["risk.told.secure_first"] if told == "high" else []
    assert keys(sheet) == [f"risk.flag.{told}", "risk.told.since", "risk.told.remedy", *first]
    assert sheet.lines[1].params == {"since": "2026-03-02T07:00:00+00:00"}
    assert [f.name for f in sheet.fields] == ["reason", "text"]


async def test_a_confirmed_compromise_reads_as_one_whatever_its_level() -> None:
    sheet = await sheet_of(Watch(Risk("confirmedCompromised", "low", "adminConfirmedUserCompromised", None)))
    told = ["risk.flag.compromised", "risk.note.admin_compromised", "risk.told.remedy", "risk.told.secure_first"]
    assert keys(sheet) == told


@pytest.mark.parametrize(("level", "demanded"), [("medium", True), ("high", False)])
async def test_what_must_come_first_is_told_as_the_policy_says(level: str, *, demanded: bool) -> None:
    policy = replace(POLICY, variants={f"level:{level}": {"secure_first": demanded}})
    sheet = await KIND.sheet(ANN, tools(Watch(replace(FLAGGED, level=level)), moment=Moment.HOME, policy=policy))
    assert ("risk.told.secure_first" in keys(sheet)) is demanded


async def test_what_was_noticed_is_told_with_time_and_place() -> None:
    seen = (
        Detection("unlikelyTravel", "high", AFTER, "Lima, PE"),
        Detection("attemptedPRTAccess", "high", BEFORE),
        Detection("neverHeardOf", "low", None, "Oslo, NO"),
    )
    sheet = await sheet_of(Watch(seen=seen))
    assert list(sheet.lines[2:-1]) == [
        Line("risk.seen.travel", {"at": AFTER.isoformat()}, "GlobeLocation", "Attention", _place("Lima, PE")),
        Line("risk.seen.session", {"at": BEFORE.isoformat()}, "Eye", "Attention"),
        Line("risk.seen.other", {"at": "…"}, "Eye", "Accent", _place("Oslo, NO")),
    ]


def _place(name: str) -> Line:
    return Line("risk.told.place", {"place": name})


async def test_no_more_than_five_are_told() -> None:
    seen = tuple(Detection("leakedCredentials", "high", NOW) for _ in range(9))
    assert keys(await sheet_of(Watch(seen=seen))).count("risk.seen.leaked") == 5


@pytest.mark.parametrize(
    "kind",
    """adminConfirmedUserCompromised anomalousToken anomalousUserActivity anonymizedIPAddress attackerinTheMiddle
    attemptedPrtAccess investigationsThreatIntelligence investigationsThreatIntelligenceSigninLinked leakedCredentials
    maliciousIPAddress maliciousIPAddressValidCredentialsBlockedIP malwareInfectedIPAddress mcasFinSuspiciousFileAccess
    mcasImpossibleTravel mcasSuspiciousInboxManipulationRules nationStateIP newCountry passwordSpray riskyIPAddress
    suspiciousAPITraffic suspiciousBrowser suspiciousInboxForwarding suspiciousIPAddress suspiciousSendingPatterns
    tokenIssuerAnomaly unfamiliarFeatures unlikelyTravel userReportedSuspiciousActivity""".split(),  # noqa: SIM905 - one a line is a page
)
async def test_each_published_detection_has_words_of_its_own(kind: str) -> None:
    sheet = await sheet_of(Watch(seen=(Detection(kind, "low", NOW),)))
    assert "risk.seen.other" not in keys(sheet)


@pytest.mark.parametrize(
    "watch", [Watch(blind=Unavailable("busy", retry_after=9)), Watch(blind=Rejected("403")), Watch(slow=30)]
)
async def test_what_was_noticed_may_stay_unread(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.kinds.risk.SEEING", 0.05)
    sheet = await sheet_of(watch)
    assert keys(sheet) == ["risk.flag.medium", "risk.told.since", "risk.told.unseen", "risk.told.remedy"]
    assert sheet.fields


async def test_while_it_is_worked_out_there_is_nothing_to_ask() -> None:
    watch = Watch(replace(FLAGGED, processing=True))
    sheet = await sheet_of(watch)
    assert sheet.closed
    assert keys(sheet)[-1] == "risk.told.processing"
    assert (await KIND.examine(request(), tools(watch))).objection == Refusal(RiskReason.PROCESSING)


async def test_a_tenant_without_the_licence_says_so() -> None:
    watch = Watch(fault=Rejected("risk: 403", code="no_premium"))
    sheet = await sheet_of(watch)
    assert sheet.closed
    assert keys(sheet) == ["risk.told.no_premium"]
    assert (await KIND.examine(request(), tools(watch))).objection == Refusal(RiskReason.NO_PREMIUM)


@pytest.mark.parametrize("fault", [Unavailable("busy"), Rejected("403", code="accessDenied")])
async def test_what_cannot_be_found_out_is_not_made_up(fault: Exception) -> None:
    for call in (KIND.sheet(ANN, tools(Watch(fault=fault))), KIND.examine(request(), tools(Watch(fault=fault)))):
        with pytest.raises(type(fault)) as caught:
            await call
        assert caught.value is fault


async def test_the_form_asks_for_words_only_where_the_list_has_none() -> None:
    fields = (await sheet_of(Watch())).fields
    for values, faults in (
        ({"reason": "travel"}, {}),
        ({"reason": "other"}, {"text": Fault.REQUIRED}),
        ({"reason": "other", "text": "It was my twin"}, {}),
        ({}, {"reason": Fault.REQUIRED}),
        ({"reason": "because"}, {"reason": Fault.CHOICE}),
    ):
        assert check(fields, clean(fields, values)) == faults
    assert all(known(choice.title) for f in fields for choice in f.choices)


async def test_at_home_no_turn_is_taken() -> None:
    watch = Watch()
    assert await KIND.examine(request(), tools(watch, moment=Moment.HOME)) == Finding()
    assert watch.asked == []


@pytest.mark.parametrize("moment", [Moment.ASK, Moment.WAY, Moment.ACT])
@pytest.mark.parametrize("flag", [None, Risk("remediated", "none", "none", NOW), Risk("dismissed", "none", "", NOW)])
async def test_who_is_not_flagged_any_more_is_told_at_every_step(flag: Risk | None, moment: Moment) -> None:
    finding = await KIND.examine(request(), tools(Watch(flag), moment=moment))
    assert finding.objection == Refusal(RiskReason.NOT_FLAGGED)


@pytest.mark.parametrize(
    ("flag", "level"),
    [
        (FLAGGED, "medium"),
        (replace(FLAGGED, level="hidden"), "hidden"),
        (replace(FLAGGED, level="none"), "unknown"),
        (replace(FLAGGED, level="veryHigh"), "unknown"),
        (replace(FLAGGED, level="compromised"), "unknown"),
        (replace(FLAGGED, state="confirmedCompromised", level="none"), "compromised"),
    ],
)
async def test_what_was_found_goes_to_the_approvers(flag: Risk, level: str) -> None:
    finding = await KIND.examine(request(), tools(Watch(flag)))
    assert finding.objection is None
    assert finding.level == level
    assert finding.level in KIND.levels
    assert finding.found == {"level": level, "state": flag.state, "since": "2026-03-02T07:00:00+00:00"}
    assert known(f"risk.level.{level}")
    assert known(f"risk.state.{flag.state}")


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_approvers_read_it_in_words_and_local_time(language: str) -> None:
    found = (await KIND.examine(request(), tools(Watch(replace(FLAGGED, level="high"))))).found
    shown = dict(details(request(details=found), View(language, NOW, "Help")))
    assert "{{DATE(2026-03-02T07:00:00Z,SHORT)}} {{TIME(2026-03-02T07:00:00Z)}}" in shown.values()
    assert not {*found, *found.values()} & {*shown, *shown.values()} - {"high"}


async def test_a_low_risk_goes_by_itself_and_a_medium_one_is_looked_at() -> None:
    watch = Watch(replace(FLAGGED, level="low"))
    assert await decided(watch, request()) == Go(("level:low",))
    assert watch.asked == ["risk"]
    assert await decided(Watch(), request()) == ApprovalFirst(1, ())
    assert await decided(Watch(), request("")) == Go(())


@pytest.mark.parametrize(("state", "level"), [("atRisk", "hidden"), ("atRisk", "new"), ("confirmedCompromised", "low")])
async def test_what_is_grave_or_unknown_never_goes_alone(state: str, level: str) -> None:
    alone = replace(POLICY, approvals=0, variants={})
    watch = Watch(replace(FLAGGED, state=state, level=level))
    assert await decided(watch, request(), alone) == Refuse(Refusal(RiskReason.NOT_ALONE), ())
    assert await decided(watch, request(""), replace(alone, approvals=1)) == Go(())


@pytest.mark.parametrize(("state", "level"), [("atRisk", "high"), ("confirmedCompromised", "high")])
@pytest.mark.parametrize(
    ("changed", "added", "secured"),
    [
        (None, (), False),
        (BEFORE, (BEFORE, None), False),
        (FLAGGED.at, (FLAGGED.at,), False),
        (AFTER, (), True),
        (BEFORE, (BEFORE, AFTER), True),
        (None, (AFTER,), True),
    ],
)
async def test_a_grave_flag_needs_a_newer_password_or_passkey(
    state: str, level: str, changed: datetime | None, added: tuple[datetime | None, ...], *, secured: bool
) -> None:
    account = replace(ACCOUNT, password_changed_at=changed)
    watch = Watch(replace(FLAGGED, state=state, level=level), account_is=account, keys=added)
    term = ("level:compromised",) if state == "confirmedCompromised" else ("level:high",)
    refused = Refuse(Refusal(RiskReason.SECURE_FIRST), term)
    assert await decided(watch, request("")) == (Go(term) if secured else refused)


async def test_a_flag_nobody_knows_the_age_of_is_newer_than_anything() -> None:
    account = replace(ACCOUNT, password_changed_at=AFTER)
    watch = Watch(replace(FLAGGED, level="high", at=None), account_is=account, keys=(AFTER,))
    assert await decided(watch, request("")) == Refuse(Refusal(RiskReason.SECURE_FIRST), ("level:high",))


async def test_a_policy_may_demand_it_of_everybody_or_of_a_group() -> None:
    strict = POLICY.changed({"secure_first": True})
    assert await decided(Watch(), request(""), strict) == Refuse(Refusal(RiskReason.SECURE_FIRST), ())
    group = replace(POLICY, variants={"group:employees": {"secure_first": True}})
    assert await decided(Watch(), request(""), group) == Refuse(Refusal(RiskReason.SECURE_FIRST), ("group:employees",))


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ((), "dismiss"),
        (("",), "dismiss"),
        (("dismissed",), "dismiss"),
        (("safe",), "safe"),
        (("safe", "safe"), "safe"),
        (("safe", "dismissed"), "dismiss"),
        (("", "safe"), "dismiss"),
    ],
)
async def test_entra_is_told_once_what_the_approvers_agree_on(choices: tuple[str, ...], told: str) -> None:
    watch = Watch()
    outcome = await KIND.carry_out(request(*choices), tools(watch))
    assert watch.told == [told]
    assert outcome.secret is None
    assert outcome.receipt == Receipt("ann", params={"told": {"dismiss": "dismissed"}.get(told, told)})


async def test_a_verdict_for_another_request_is_none() -> None:
    watch = Watch()
    made = request("safe")
    await KIND.carry_out(replace(made, evidence=tuple(replace(e, request="r2") for e in made.evidence)), tools(watch))
    assert watch.told == ["dismiss"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Rejected("403", code="no_premium"), RiskReason.NO_PREMIUM),
        (Rejected("403", code="accessDenied"), "accessDenied"),
        (Unavailable("busy"), None),
        (AnswerLost("cut"), None),
    ],
)
async def test_a_no_becomes_a_reason_and_anything_else_goes_through(fault: Exception, code: str | None) -> None:
    watch = Watch(broken={"dismiss": fault})
    with pytest.raises(type(fault)) as caught:
        await KIND.carry_out(request(), tools(watch))
    assert getattr(caught.value, "code", None) == code
    assert watch.told == ["dismiss"]


@pytest.mark.parametrize(
    ("flag", "found"),
    [
        (Risk("dismissed", "none", "", NOW), True),
        (Risk("confirmedSafe", "none", "", NOW - timedelta(minutes=4)), True),
        (Risk("remediated", "none", "", NOW), True),
        (Risk("none", "none", "", NOW), True),
        (Risk("dismissed", "none", "", NOW - timedelta(minutes=6)), False),
        (Risk("dismissed", "none", "", None), False),
        (FLAGGED, False),
        (replace(FLAGGED, at=NOW), False),
        (Risk("confirmedCompromised", "high", "", NOW), False),
        (Risk("brandNew", "none", "", NOW), False),
        (None, False),
    ],
)
async def test_a_look_finds_a_flag_that_went_since(flag: Risk | None, *, found: bool) -> None:
    receipt = await KIND.look(request("safe"), tools(Watch(flag)))
    assert receipt == (Receipt("ann", params={"told": "safe"}) if found else None)


async def test_it_was_not_me_makes_it_a_compromise_and_may_be_repeated() -> None:
    watch = Watch()
    for _ in range(2):
        await KIND.undo(request(status=Status.REVOKING, reported=True), tools(watch))
    assert watch.told == ["compromised", "compromised"]


async def test_a_late_answer_accuses_nobody() -> None:
    watch = Watch()
    await KIND.undo(request(status=Status.REVOKING), tools(watch))
    assert watch.told == []


async def test_a_no_for_a_stranger_in_the_account_locks_it() -> None:
    watch = Watch()
    await KIND.follow(request(status=Status.DENIED, ending=Ending("ben", choice="compromised")), tools(watch))
    assert sorted(watch.told) == ["compromised", "sessions"]


@pytest.mark.parametrize("ending", [None, Ending("ben"), Ending("ben", choice="none")])
async def test_any_other_end_tells_entra_nothing(ending: Ending | None) -> None:
    watch = Watch()
    await KIND.follow(request(status=Status.DENIED, ending=ending), tools(watch))
    assert watch.told == []


@pytest.mark.parametrize("half", ["compromised", "sessions"])
async def test_each_half_is_tried_whatever_becomes_of_the_other(half: str) -> None:
    watch = Watch(broken={half: Unavailable("busy")}, slow=0.01)
    with pytest.raises(Unavailable):
        await KIND.follow(request(status=Status.DENIED, ending=Ending("ben", choice="compromised")), tools(watch))
    assert sorted(watch.told) == ["compromised", "sessions"]


def test_the_kind_is_listed_with_words_for_all_it_says() -> None:
    assert KINDS["risk"] is KIND
    assert KIND.way(POLICY) is Way.ALONE
    assert KIND.levels == LEVELS
    assert (POLICY.approvals, POLICY.step_up, POLICY.per_day) == (1, "c1", 3)
    assert POLICY.option(REVOKE_SESSIONS)
    assert not POLICY.option(SECURE_FIRST)
    assert all(re.fullmatch(r"risk\.[a-z_]+", reason) for reason in RiskReason)
    verdicts = [*KIND.verdicts.yes, *KIND.verdicts.no, "lead_yes", "lead_no"]
    assert KIND.verdicts.yes == ("dismissed", "safe")
    assert KIND.verdicts.no == ("none", "compromised")
    assert all(known(f"risk.verdict.{word}") for word in verdicts)
    assert all(known(f"risk.level.{level}") and known(f"risk.flag.{level}") for level in LEVELS)
