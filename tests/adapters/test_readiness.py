"""What an administrator reads where proof of identity is not offered: each reason with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import pytest

from bot.config.cloud import PUBLIC
from bot.core.model import Mode
from bot.kinds import KINDS
from bot.process.clock import SystemClock
from bot.process.connections import Outside
from bot.process.readiness import checks
from bot.web.health import Health


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


async def told(service: Service, mode: Mode = Mode.ENFORCE) -> str:
    policies = {"verify": replace(KINDS["verify"].policy, mode=mode)}
    asked = checks(PUBLIC, cast("Outside", Around(service)), policies, SystemClock())
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
