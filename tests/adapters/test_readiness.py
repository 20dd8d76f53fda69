"""What an administrator reads where proof of identity is not offered: each reason with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.config.cloud import PUBLIC
from bot.core.directory import ApproversGroup
from bot.core.errors import Missing, Unavailable
from bot.core.model import Mode
from bot.kinds import KINDS
from bot.process.clock import SystemClock
from bot.process.connections import Outside
from bot.process.helping import Staff
from bot.process.readiness import checks, warn
from bot.web.health import Check, Health
from tests.entra import FakeClock, FakeDirectory


@dataclass
class Service:
    """Verified ID, which may have a reason; it counts how often it was asked in earnest."""

    reason: str
    probes: int = 0

    async def probe(self) -> str:
        self.probes += 1
        return self.reason

    async def unavailable(self) -> str:
        return self.reason


@dataclass
class Around:
    verifier: Service
    directory: None = None


async def told(service: Service, mode: Mode = Mode.ENFORCE) -> str:
    policies = {"verify": replace(KINDS["verify"].policy, mode=mode)}
    asked = checks(PUBLIC, cast("Outside", Around(service)), KINDS, policies, SystemClock())
    report = await Health({"verified_id": asked["verified_id"]}).report()
    assert report.failed == {}  # the process takes work all the same
    return report.warned.get("verified_id", "")


@pytest.mark.parametrize(
    ("reason", "does"),
    [
        ("not_set_up", "VOUCHSAFE_VERIFIED_ID_AUTHORITY"),
        ("no_billing", "link a subscription"),
        ("not_permitted", "grant VerifiableCredential.Create.PresentRequest"),
    ],
)
async def test_each_reason_has_its_sentence_and_what_to_do(reason: str, does: str) -> None:
    said = await told(Service(reason))
    assert said.startswith(f"{reason} (")
    assert does in said
    assert 'or write [verify] mode = "off"' in said


async def test_a_reason_nobody_has_words_for_is_told_as_it_is() -> None:
    assert (await told(Service("odd"))).startswith("odd: nobody is offered proof of identity")


async def test_what_nobody_gets_without_a_face_is_named() -> None:
    policies = {kind: KINDS[kind].policy for kind in ("verify", "methods", "tap", "risk")}
    policies["tap"] = replace(policies["tap"], evidence="face_check")
    policies["methods"] = replace(policies["methods"], variants={"group:g": {"evidence": "face_check"}})
    policies["risk"] = replace(policies["risk"], evidence="face_check", mode=Mode.OFF, variants={})
    around = cast("Outside", Around(Service("no_billing")))
    asked = checks(PUBLIC, around, KINDS, policies, SystemClock())
    report = await Health({"verified_id": asked["verified_id"]}).report()
    assert "nobody gets methods, tap, which demand a face" in report.warned["verified_id"]


async def test_what_is_well_or_off_is_not_spoken_of() -> None:
    off = Service("no_billing")
    assert await told(Service("")) == ""
    assert await told(off, Mode.OFF) == ""
    assert off.probes == 0


async def test_what_costs_something_to_find_out_is_asked_rarely() -> None:
    service, clock = Service("no_billing"), FakeClock()
    policies = {"verify": KINDS["verify"].policy}
    check = checks(PUBLIC, cast("Outside", Around(service)), KINDS, policies, clock)["verified_id"]
    for minutes, probes in ((0, 1), (9, 1), (1, 2)):
        clock.advance(minutes=minutes)
        assert "link a subscription" in await check.run()  # in between it is what was found out last
        assert service.probes == probes


TWO = frozenset({"ben", "cleo"})
SOUND = ApproversGroup(False, False, frozenset({"ben"}), TWO, guests=0, usable=TWO, unnamed=0)


@dataclass
class Entra:
    """What the directory says of a group of approvers."""

    group: ApproversGroup | None

    async def approvers_group(self, group: str) -> ApproversGroup:
        assert group == "helpdesk"
        if self.group is None:
            raise Missing("no such group")
        return self.group


@dataclass
class Tenant:
    directory: Entra


async def warned(group: ApproversGroup | None, **policy: Any) -> str:
    policies = {"tap": replace(KINDS["tap"].policy, **{"approvers_group": "helpdesk", **policy})}
    asked = checks(PUBLIC, cast("Outside", Tenant(Entra(group))), KINDS, policies, SystemClock())
    report = await Health({"approvers": asked["approvers"]}).report()
    assert report.failed == {}
    return report.warned.get("approvers", "")


@pytest.mark.parametrize(
    ("changed", "fix"),
    [
        ({"public": True}, "make it private"),
        ({"dynamic": True}, "use assigned members"),
        ({"owners": frozenset({"ben", "mo"})}, "let only approvers own it"),
        ({"guests": 1}, "remove them"),
        ({"usable": frozenset({"ben"})}, "have two at least"),
        ({"hidden": True}, "Group.Read.All"),
        ({"unnamed": 1}, "fill in VOUCHSAFE_PERSON_ATTRIBUTE"),
    ],
)
async def test_how_somebody_could_get_among_the_approvers_is_told(changed: dict[str, Any], fix: str) -> None:
    said = await warned(replace(SOUND, **changed))
    assert said.startswith("helpdesk: ")
    assert fix in said
    assert "; " not in said  # and nothing else is


async def test_a_group_that_is_sound_or_not_used_is_not_spoken_of() -> None:
    assert await warned(SOUND) == ""
    assert await warned(replace(SOUND, guests=1), guest_approvers=True) == ""
    assert await warned(None, mode=Mode.OFF) == ""
    assert "name another" in await warned(None)


async def test_contexts_of_sign_ins_that_are_for_no_request_are_looked_at_too() -> None:
    all_well = Staff("agents", "c1", "", "c8", "c1")
    around = cast("Outside", Tenant(cast("Entra", FakeDirectory(FakeClock()))))
    for held, lacks in (
        (all_well, ""),
        (replace(all_well, caller_step_up="c2"), "c2"),
        (replace(all_well, agent_step_up="c3"), "c3"),
        (replace(all_well, security="g"), "c8"),
    ):
        asked = checks(PUBLIC, around, KINDS, {}, SystemClock(), contexts=held.contexts)
        assert await asked["step_up"].run() == (f"{lacks}: no enabled policy guards it" if lacks else "")


@dataclass
class Sparing(Entra):
    """Says besides why some of whom it names are not asked for a context; it counts how often it was asked."""

    why: dict[str, dict[str, int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    away: bool = False

    async def spared(self, approvers: frozenset[str], context: str) -> dict[str, int]:
        assert approvers == TWO
        self.asked.append(context)
        if self.away:
            raise Unavailable("away")
        return self.why.get(context, {})


def asking(entra: Sparing, clock: FakeClock, **policy: Any) -> Check:
    policies = {"tap": replace(KINDS["tap"].policy, **{"approvers_group": "helpdesk", **policy})}
    return checks(PUBLIC, cast("Outside", Tenant(entra)), KINDS, policies, clock)["approver_contexts"]


async def test_approvers_whom_the_policy_of_their_context_spares_are_told_with_what_to_do() -> None:
    """Every yes stopped, closed and rightly so, while /readyz said that all was well."""
    entra, clock = Sparing(SOUND, why={"c1": {"its policy excludes roles (name accounts)": 2}}), FakeClock()
    check = asking(entra, clock, variants={"level:high": {"approver_step_up": "c2"}})
    report = await Health({"approver_contexts": check}).report()
    assert report.failed == {}
    assert report.warned["approver_contexts"] == (
        "helpdesk: c1 does not count for 2 of 2 who could approve: its policy excludes roles (name accounts): "
        "until then their yes is not taken"
    )
    assert entra.asked == ["c1", "c2"]
    entra.why.clear()
    assert "c1" in await check.run()
    clock.advance(minutes=1)  # soon where something is wrong: somebody may be at it just now
    assert await check.run() == ""
    clock.advance(minutes=9)
    await check.run()
    assert len(entra.asked) == 4


async def test_what_nobody_answers_is_asked_again_and_not_forgotten() -> None:
    entra, clock = Sparing(SOUND, away=True, why={"c1": {"excluded": 1}}), FakeClock()
    check = asking(entra, clock)
    with pytest.raises(Unavailable):
        await check.run()
    entra.away = False
    assert "c1 does not count for 1 of 2" in await check.run()


@pytest.mark.parametrize(
    "policy", [{"mode": Mode.OFF}, {"approvals": 0}, {"approver_step_up": ""}, {"approvers_group": ""}], ids=str
)
async def test_contexts_that_no_approver_is_asked_for_are_not_looked_at(policy: dict[str, Any]) -> None:
    entra = Sparing(SOUND, why={"c1": {"excluded": 2}})
    assert await asking(entra, FakeClock(), **policy).run() == ""
    assert entra.asked == []


async def test_a_group_of_approvers_that_is_not_there_is_told_once() -> None:
    assert await asking(Sparing(None), FakeClock()).run() == ""


@dataclass
class Hiding:
    """What the directory says of groups that hide what they are; it counts how often it was asked."""

    groups: tuple[str, ...]
    asked: int = 0

    async def hidden_groups(self) -> tuple[str, ...]:
        self.asked += 1
        return self.groups


@dataclass
class Quiet:
    directory: Hiding


async def test_groups_that_hide_what_they_are_are_named_with_what_to_grant() -> None:
    """Their members were refused for ever, and nobody was told which group it was."""
    entra, clock = Hiding(("g1", "g2")), FakeClock()
    check = checks(PUBLIC, cast("Outside", Quiet(entra)), KINDS, {}, clock)["hidden_groups"]
    report = await Health({"hidden_groups": check}).report()
    assert report.failed == {}
    said = report.warned["hidden_groups"]
    assert said.startswith("g1, g2: whoever is in one or owns it gets nothing")
    assert "Group.Read.All" in said
    assert "Member.Read.Hidden" in said
    entra.groups = ()
    assert await check.run() != ""
    assert entra.asked == 1
    clock.advance(minutes=1)
    assert await check.run() == ""


async def clicks(**policy: Any) -> str:
    policies = {"tap": replace(KINDS["tap"].policy, **policy), "methods": KINDS["methods"].policy}
    asked = checks(PUBLIC, cast("Outside", None), KINDS, policies, SystemClock())
    report = await Health({"approver_sign_in": asked["approver_sign_in"]}).report()
    assert report.failed == {}
    with capture_logs() as told:
        warn(policies)
    assert [f"{entry['told']}: {entry['fix']}" for entry in told] == list(report.warned.values())
    return report.warned.get("approver_sign_in", "")


@pytest.mark.parametrize(
    "policy",
    [
        {"approver_step_up": ""},
        {"variants": {"group:a": {"approver_step_up": ""}}},
        {"approvals": 0, "approver_step_up": "", "variants": {"group:a": {"approvals": 1}}},
    ],
)
async def test_a_yes_without_a_sign_in_is_warned_of(policy: dict[str, Any]) -> None:
    said = await clicks(**policy)
    assert said.startswith("tap: a yes counts without a sign-in")
    assert "set approver_step_up" in said


@pytest.mark.parametrize(
    "policy",
    [{}, {"approver_step_up": "", "approvals": 0}, {"approver_step_up": "", "mode": Mode.OFF}],
)
async def test_where_every_yes_is_signed_for_or_none_is_asked_nothing_is_said(policy: dict[str, Any]) -> None:
    assert await clicks(**policy) == ""


@dataclass
class Siren:
    gone: set[str]
    asked: list[str] = field(default_factory=list)
    tenants: set[str] = field(default_factory=lambda: {"tenant"})

    async def channel_there(self, tenant: str, channel: str) -> frozenset[str]:
        assert tenant == "tenant"
        self.asked.append(channel)
        if channel in self.gone:
            raise Missing("the conversation is not there")
        return frozenset(self.tenants)


@dataclass
class Teams:
    siren: Siren


async def test_a_channel_that_is_not_there_is_told_until_it_is_and_locking_goes_on_without_it() -> None:
    siren, clock = Siren({"19:b"}), FakeClock()
    channels = {"HELPDESK": "19:a", "SECURITY": "19:b"}
    outside = cast("Outside", Teams(siren))
    check = checks(PUBLIC, outside, KINDS, {}, clock, tenant="tenant", channels=channels)["channels"]
    report = await Health({"channels": check}).report()
    assert report.failed == {}
    assert report.warned["channels"].startswith("SECURITY: the conversation is not there: put the app into that team")
    siren.gone.clear()
    assert [await check.run(), await check.run()] == ["", ""]
    assert siren.asked == ["19:a", "19:b"] * 2  # while one is lost, every time; else rarely
    clock.advance(minutes=10)
    siren.gone.add("19:a")
    assert "HELPDESK" in await check.run()


@dataclass
class Lacking:
    """What the directory says of permissions; it counts how often it was asked."""

    found: dict[str, str]
    asked: list[frozenset[str]] = field(default_factory=list)

    async def lacking(self, permissions: Mapping[str, object]) -> dict[str, str]:
        self.asked.append(frozenset(permissions))
        return {name: why for name, why in self.found.items() if name in permissions}


@dataclass
class Ungranted:
    directory: Lacking


async def test_what_is_not_granted_is_named_with_what_stops_by_it_and_asked_rarely() -> None:
    entra, clock = Lacking({"User.Read.All": "gone", "Organization.Read.All": "gone"}), FakeClock()
    policies = {"password": KINDS["password"].policy, "tap": replace(KINDS["tap"].policy, mode=Mode.OFF)}
    check = checks(PUBLIC, cast("Outside", Ungranted(entra)), KINDS, policies, clock)["permissions"]
    assert check.warning
    told = "User.Read.All (everything): gone; Organization.Read.All (password): gone"
    assert await check.run() == told
    assert "UserAuthMethod-TAP.ReadWrite.All" not in entra.asked[0]  # nobody is offered what needs it
    assert await check.run() == told
    assert len(entra.asked) == 1
    entra.found.clear()
    clock.advance(minutes=1)  # soon where something is lacking: somebody may be at it just now
    assert await check.run() == ""
    clock.advance(minutes=9)
    assert await check.run() == ""
    assert len(entra.asked) == 2
    clock.advance(minutes=1)
    await check.run()
    assert len(entra.asked) == 3


async def test_a_channel_that_is_not_a_standard_one_is_named() -> None:
    """It takes nothing of ours, which its name says the likely cause of; or people of another tenant are in it."""
    siren = Siren({"19:b"}, tenants={"tenant", "fabrikam"})
    channels = {"HELPDESK": "19:a", "SECURITY": "19:b"}
    outside = cast("Outside", Teams(siren))
    check = checks(PUBLIC, outside, KINDS, {}, FakeClock(), tenant="tenant", channels=channels)["channels"]
    told = (await Health({"channels": check}).report()).warned["channels"]
    assert "HELPDESK: people of another tenant are in it" in told
    assert "SECURITY: the conversation is not there" in told
    assert "use a standard one" in told
