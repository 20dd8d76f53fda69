"""The kind that proves an identity against a verifier and a directory in memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

import cards
from bot.core.directory import Account, Directory
from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable
from bot.core.facts import Moment
from bot.core.kind import Tools
from bot.core.model import VERIFIED, Finding, Mode, Outcome, Person, Receipt, Request, Secret, Status, Way
from bot.core.presentations import Doubt
from bot.core.verifier import Presentation
from bot.kinds import KINDS
from bot.kinds.verify import KIND, THRESHOLD, VerifyReason
from cards.texts import LANGUAGES, known

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann Archer", "de-AT")
BEGUN = Presentation(
    "p-1", "openid-vc://?request_uri=x", "data:image/png;base64,iVBORw0KGgo=", NOW + timedelta(minutes=5)
)
PROVED = Receipt("p-1", None, {"at": "2026-03-02T09:01:02.123456+00:00", "score": "86"}, follow=True)


class Noon:
    def now(self) -> datetime:
        return NOW


@dataclass
class Wallets:
    """Verified ID: it remembers what it was asked, and can lose its answer or say no."""

    why: str = ""
    fault: Exception | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def unavailable(self) -> str:
        return self.why

    async def probe(self) -> str:
        return await self.unavailable()

    async def begin(self, *, upn: str, state: Secret, key: Secret, threshold: int, language: str) -> Presentation:
        asked = {"upn": upn, "state": state, "key": key, "threshold": threshold, "language": language}
        self.asked.append(asked)
        if self.fault is not None:
            raise self.fault
        return BEGUN


@dataclass
class People:
    fault: Exception | None = None
    kept: list[tuple[str, Mapping[str, str | int]]] = field(default_factory=list)

    async def account(self, person: str) -> Account:
        assert person == ANN.id
        if self.fault is not None:
            raise self.fault
        return Account("ann", ANN.name, "ann@contoso.example", True, False, False, False)

    async def keep_proof(self, person: str, proof: Mapping[str, str | int]) -> None:
        if self.fault is not None:
            raise self.fault
        self.kept.append((person, proof))


def tools(wallets: Wallets | None = None, people: People | None = None, **policy: Any) -> Tools:
    return Tools(
        directory=cast("Directory", people or People()),
        verifier=wallets or Wallets(),
        clock=Noon(),
        policy=KIND.policy.changed(policy),
        ticket_pattern="",
    )


def request(**more: Any) -> Request:
    whole = Request(
        id="r1",
        kind="verify",
        requester=ANN,
        subject=ANN,
        details={},
        mode=Mode.ENFORCE,
        status=Status.ACTING,
        version=3,
        created_at=NOW,
        way=Way.ALONE,
    )
    return replace(whole, **more)


async def begun(wallets: Wallets, **policy: Any) -> Outcome:
    return await KIND.carry_out(request(), tools(wallets, **policy))


def test_what_it_demands_by_itself() -> None:
    policy = KIND.policy
    assert (policy.step_up, policy.approvals, policy.per_day, policy.option(THRESHOLD)) == ("", 0, 5, 70)
    assert KIND.harmless
    assert not KIND.alarm
    assert set(policy.options) == {THRESHOLD}
    assert KIND.way(policy) is Way.ALONE


async def test_the_sheet_says_what_is_needed_and_asks_nothing() -> None:
    sheet = await KIND.sheet(ANN, tools())
    assert sheet.fields == ()
    assert not sheet.closed
    assert all(known(line.key) for line in sheet.lines)
    assert "verify.sheet.needs" in {line.key for line in sheet.lines}


@pytest.mark.parametrize("why", ["", "not_set_up", "no_billing", "not_permitted"])
async def test_what_the_service_lacks_is_missing(why: str) -> None:
    assert await KIND.missing(tools(Wallets(why=why))) == why


@pytest.mark.parametrize("moment", Moment)
async def test_nothing_is_objected_to_and_nothing_is_read(moment: Moment) -> None:
    silent = replace(tools(people=People(fault=Unavailable("x"))), moment=moment)
    assert await KIND.examine(request(), silent) == Finding()


async def test_exactly_this_person_is_asked_for_in_their_language_at_the_policys_threshold() -> None:
    wallets = Wallets()
    outcome = await begun(wallets, threshold=85)
    [asked] = wallets.asked
    assert (asked["upn"], asked["threshold"], asked["language"]) == ("ann@contoso.example", 85, "de-AT")
    assert outcome.secret is None
    receipt = outcome.receipt
    assert (receipt.object_id, receipt.expires_at) == (BEGUN.id, BEGUN.expires_at)
    assert not receipt.follow
    assert receipt.watch is None
    wanted = {"url": BEGUN.url, "qr": BEGUN.qr, "upn": "ann@contoso.example", "threshold": "85", "since": ""}
    assert {k: v for k, v in receipt.params.items() if k not in {"state", "key"}} == wanted


async def test_of_the_two_secrets_only_hashes_are_kept() -> None:
    wallets = Wallets()
    outcome = await begun(wallets)
    [asked] = wallets.asked
    for name in ("state", "key"):
        secret = asked[name].reveal()
        assert outcome.receipt.params[name] == hashlib.sha256(secret.encode()).hexdigest()
        assert secret not in repr(outcome)
        assert len(secret) >= 32
    assert asked["state"].reveal().startswith("r1.")
    assert asked["key"].reveal() not in asked["state"].reveal()


async def test_no_two_requests_have_a_secret_in_common() -> None:
    wallets = Wallets()
    for _ in range(50):
        await begun(wallets)
    secrets = [asked[name].reveal() for asked in wallets.asked for name in ("state", "key")]
    assert len(set(secrets)) == 100


@pytest.mark.parametrize("code", ["not_set_up", "no_billing", "not_permitted"])
async def test_what_only_an_administrator_can_change_is_said_so(code: str) -> None:
    with pytest.raises(Rejected) as caught:
        await begun(Wallets(fault=Rejected("Verified ID: 403", code=code)))
    assert caught.value.code == VerifyReason.NOT_SET_UP


@pytest.mark.parametrize("code", ["odd_answer", "badOrMissingField", "nameless", ""])
async def test_any_other_no_is_told_as_one(code: str) -> None:
    with pytest.raises(Rejected) as caught:
        await begun(Wallets(fault=Rejected("Verified ID: 400", code=code)))
    assert caught.value.code == VerifyReason.NOT_TAKEN


@pytest.mark.parametrize("fault", [AnswerLost("x"), Unavailable("x", retry_after=3)])
async def test_any_other_fault_goes_through_as_it_is(fault: Exception) -> None:
    with pytest.raises(type(fault)) as caught:
        await begun(Wallets(fault=fault))
    assert caught.value is fault


@pytest.mark.parametrize("fault", [Unavailable("x"), Missing("x")])
async def test_nobody_is_asked_for_while_their_name_is_not_known(fault: Exception) -> None:
    wallets = Wallets()
    with pytest.raises(type(fault)):
        await KIND.carry_out(request(), tools(wallets, People(fault=fault)))
    assert wallets.asked == []


async def test_a_lost_answer_leaves_nothing_to_be_found() -> None:
    assert await KIND.look(request(status=Status.UNKNOWN), tools()) is None


async def test_a_proof_is_written_down_on_the_person() -> None:
    people = People()
    done = request(status=Status.ENDED, stage=VERIFIED, receipt=PROVED)
    await KIND.follow(done, tools(people=people))
    await KIND.follow(done, tools(people=people))
    kept = {"at": "2026-03-02T09:01:02+00:00", "score": 86, "request": "r1"}
    assert people.kept == [("ann", kept), ("ann", kept)]


@pytest.mark.parametrize(
    "other",
    [
        {"stage": "failed"},
        {"stage": ""},
        {"receipt": None},
        {"status": Status.DONE},
        {"status": Status.REVOKING},
        {"reported": True},
    ],
)
async def test_what_proved_nothing_or_was_taken_back_is_not_written_down(other: dict[str, Any]) -> None:
    people = People()
    await KIND.follow(
        request(**{"status": Status.ENDED, "stage": VERIFIED, "receipt": PROVED, **other}), tools(people=people)
    )
    assert people.kept == []


@pytest.mark.parametrize("fault", [AnswerLost("x"), Rejected("x"), Unavailable("x")])
async def test_whether_it_was_written_down_is_for_others_to_judge(fault: Exception) -> None:
    done = request(status=Status.ENDED, stage=VERIFIED, receipt=PROVED)
    with pytest.raises(type(fault)):
        await KIND.follow(done, tools(people=People(fault=fault)))


async def test_undoing_it_touches_nothing() -> None:
    people, wallets = People(fault=Unavailable("x")), Wallets(fault=Unavailable("x"))
    await KIND.undo(request(status=Status.REVOKING, receipt=PROVED), tools(wallets, people))
    assert wallets.asked == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("doubt", Doubt)
def test_every_doubt_has_a_sentence(doubt: Doubt, language: str) -> None:
    assert cards.text(f"verify.why.{doubt}", language).endswith(".")


def test_the_kind_is_listed_under_its_name() -> None:
    assert KINDS["verify"] is KIND
    assert all(re.fullmatch(r"verify\.[a-z_]+", reason) for reason in VerifyReason)
