"""What an administrator reads where proof of identity is not offered: each reason with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.config.cloud import PUBLIC
from bot.core.directory import ApproversGroup
from bot.core.errors import Missing
from bot.core.model import Mode
from bot.kinds import KINDS
from bot.process.clock import SystemClock
from bot.process.connections import Outside
from bot.process.readiness import checks, warn
from bot.web.health import Health
from tests.entra import FakeClock


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


SOUND = ApproversGroup(False, False, frozenset({"ben"}), frozenset({"ben", "cleo"}), guests=0, usable=2, unnamed=0)


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
        ({"usable": 1}, "have two at least"),
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

    async def channel_there(self, tenant: str, channel: str) -> None:
        assert tenant == "tenant"
        self.asked.append(channel)
        if channel in self.gone:
            raise Missing("the conversation is not there")


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
