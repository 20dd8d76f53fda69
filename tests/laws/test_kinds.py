"""The laws over every kind there is: walls, presses, one act, secrets, and a trial that touches nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.core.actions import (
    Approve,
    Begin,
    Deny,
    Hide,
    Home,
    Own,
    Prove,
    Ref,
    Replace,
    Report,
    RevokeIt,
    Show,
    SignInAgain,
    Submit,
    Withdraw,
)
from bot.core.answers import Entered, HomeCard, PasswordCheck, RequestCard, SecretShown
from bot.core.audit import verify
from bot.core.directory import Standing
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.events import ShowFailed
from bot.core.model import Mode, Receipt, Status, Way
from bot.core.reasons import Reason
from bot.desk.ledger import happened
from bot.kinds import KINDS
from cards.texts import text
from tests.entra import TENANT, FakeClock
from tests.fakes import TYPED, Office, at_home, in_channel, office, person, private
from tests.laws.seen import at_rest, touched, why
from tests.stores import patient

every_kind = pytest.mark.parametrize("kind", KINDS)
QUIET = [name for name, kind in KINDS.items() if not kind.alarm]
ALARMS = [name for name, kind in KINDS.items() if kind.alarm]
OVER = {Status.DONE, Status.ENDED, Status.EVALUATED}
WALLS: list[tuple[str, Reason]] = [
    ("guest", Reason.GUEST),
    ("disabled", Reason.DISABLED),
    ("restricted", Reason.RESTRICTED),
    ("privileged", Reason.PRIVILEGED),
    ("guarded", Reason.PRIVILEGED),
    ("unknown", Reason.UNKNOWN),
    ("outsider", Reason.NOT_ALLOWED),
]
PASSED_BY_LOCKS = {"disabled", "restricted", "privileged", "guarded", "unknown"}
BEFORE = [(kind, *wall) for kind in KINDS for wall in WALLS if not (KINDS[kind].locks and wall[0] in PASSED_BY_LOCKS)]


def wall(desk: Office, which: str, name: str = "ann") -> None:
    match which:
        case "privileged":
            desk.directory.privileged[name] = Standing(("global-administrator",), ())
        case "guarded":
            desk.directory.privileged[name] = Standing((), ("vault-operators",))
        case "unknown":
            desk.directory.trouble["standing"] = Unavailable("throttled")
        case "outsider":
            desk.directory.members["employees"].discard(name)
        case _:
            changed: dict[str, Any] = {"enabled": False} if which == "disabled" else {which: True}
            desk.directory.accounts[name] = replace(desk.directory.accounts[name], **changed)


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, mode=Mode.EVALUATE)


@pytest.fixture
async def made_up(database_url: str) -> AsyncIterator[Office]:
    """An office where new passwords are made up, and shown once."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, own={"password": {"generate": True}})


@every_kind
async def test_every_kind_comes_about(desk: Office, kind: str) -> None:
    """What the tests below say of each kind is worth something only if each acts when nothing is in its way."""
    done = await desk.bring(kind)
    assert done.status in OVER
    assert touched(desk)
    assert (done.attempts, done.mode) == (1, Mode.ENFORCE)


# 3. Decide again, with fresh facts.


@pytest.mark.parametrize(("kind", "which", "reason"), BEFORE)
async def test_what_changed_since_it_was_asked_counts_at_the_act(
    desk: Office, kind: str, which: str, reason: Reason
) -> None:
    await desk.ask(kind=kind)
    ready = await desk.prove_all()
    assert ready.status is Status.READY
    cookie = await desk.open_page() if ready.way is Way.ENTER else ""
    wall(desk, which)
    if ready.way is Way.ENTER:
        await desk.enter(cookie)
    else:
        await desk.act()
    assert touched(desk) == []
    after = await desk.load("r1")
    if reason is Reason.UNKNOWN:
        assert after.status is Status.READY
    else:
        assert after.status is Status.REFUSED
        assert after.ending is not None
        assert after.ending.refusal is not None
        assert after.ending.refusal.reason == reason


# 4. Every press is authorised on the server.

PRESSES: list[type[Own]] = [Show, Replace, Withdraw, RevokeIt, Report, SignInAgain, Prove, Hide]


@every_kind
@pytest.mark.parametrize("press", PRESSES)
async def test_nobody_presses_anothers_button_and_nobody_in_a_channel(
    desk: Office, kind: str, press: type[Own]
) -> None:
    await desk.ask(kind=kind)
    for going_on in (desk.prove_all, desk.act):
        before, writes = await going_on(), touched(desk)
        pressed = press(Ref("r1", before.version))
        assert why(await desk.desk.handle(at_home("ben"), pressed)) == Reason.NOT_YOURS
        assert why(await desk.desk.handle(in_channel("ann"), pressed)) == Reason.NOT_PRIVATE
        assert await desk.load("r1") == before
        assert touched(desk) == writes


@every_kind
async def test_asking_is_private(desk: Office, kind: str) -> None:
    for action in (Begin(kind), Submit(kind, "r1", {})):
        assert why(await desk.desk.handle(in_channel("ann"), action)) == Reason.NOT_PRIVATE
    assert await desk.ledger.load("r1") is None


# 6. An act happens at most once.


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.way(kind.policy) is Way.ALONE])
async def test_a_job_that_runs_twice_at_once_acts_once(desk: Office, kind: str) -> None:
    await desk.ask(kind=kind)
    assert (await desk.prove_all()).status is Status.READY
    await asyncio.gather(*(desk.job("act") for _ in range(6)))
    assert len(touched(desk)) == 1
    assert (await desk.load("r1")).attempts == 1
    await desk.job("act")
    assert len(touched(desk)) == 1


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.way(kind.policy) is not Way.ALONE])
async def test_a_job_makes_nothing_that_its_person_must_press_or_enter(desk: Office, kind: str) -> None:
    await desk.ask(kind=kind)
    ready = await desk.prove_all()
    if ready.way is Way.ENTER:
        await desk.open_page()
    before = await desk.load("r1")
    assert before.status is Status.READY
    await desk.job("act")
    assert await desk.load("r1") == before
    assert touched(desk) == []


async def test_a_page_that_is_sent_many_times_at_once_acts_once(desk: Office) -> None:
    await desk.ask(kind="password")
    cookie = await desk.open_page()
    answers = await asyncio.gather(*(desk.enter(cookie, f"{TYPED}-{number}") for number in range(6)))
    assert len(desk.directory.secrets) == 1
    done = [a for a in answers if isinstance(a, Entered) and a.refusal is None]
    assert len(done) == 1
    assert (await desk.load("r1")).status is Status.DONE


@every_kind
async def test_a_lost_answer_is_looked_for_and_never_repeated(desk: Office, kind: str) -> None:
    desk.directory.lose_answers = True
    desk.verifier.trouble = AnswerLost("cut")
    lost = await desk.bring(kind)
    assert lost.status is Status.UNKNOWN
    writes = list(desk.directory.writes)
    await desk.job("act")
    await desk.job("look")
    found = await desk.load("r1")
    assert desk.directory.writes == writes
    assert (found.status is Status.DONE) == (found.way is not Way.SHOW and found.receipt is not None)
    if kind != "verify":  # a request whose answer was lost is nothing anybody could find
        assert isinstance(found.receipt, Receipt)


@every_kind
async def test_what_breaks_after_the_claim_is_looked_after_and_not_repeated(
    desk: Office, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    for call in ("issue_pass", "revoke_sessions", "dismiss_risk", "set_password", "remove_method"):
        monkeypatch.setattr(desk.directory, call, broken)
    monkeypatch.setattr(desk.verifier, "begin", broken)
    assert (await desk.bring(kind)).status is Status.UNKNOWN
    await desk.job("act")
    assert (await desk.load("r1")).attempts == 1


@every_kind
async def test_a_no_of_entras_is_told_and_nothing_is_tried_again(desk: Office, kind: str) -> None:
    for call in ("issue_pass", "revoke_sessions", "dismiss_risk", "set_password", "remove_method"):
        desk.directory.trouble[call] = Rejected("no", code="Authorization_RequestDenied")
    desk.verifier.trouble = Rejected("no", code="anything")
    failed = await desk.bring(kind)
    assert failed.status is Status.FAILED
    assert failed.ending is not None
    assert failed.ending.refusal is not None
    assert "RequestDenied" not in failed.ending.refusal.reason
    assert touched(desk) == []


# 7. Distinct people.

APPROVED = [name for name, kind in KINDS.items() if kind.policy.approvals]


@pytest.mark.parametrize("kind", APPROVED)
async def test_nobody_decides_about_their_own_request(desk: Office, kind: str) -> None:
    await desk.ask("kim", kind=kind)
    await desk.sign_in("kim")
    desk.directory.members["helpdesk"].add("kim")
    before = await desk.load("r1")
    assert before.status is Status.APPROVAL
    ref = Ref("r1", before.version)
    for action in (Approve(ref), Approve(ref, "safe"), Deny(ref, "no", "compromised"), Deny(ref, "no")):
        for where in (in_channel("kim"), at_home("kim")):
            assert why(await desk.desk.handle(where, action)) == Reason.OWN_REQUEST
    assert await desk.load("r1") == before
    await desk.job("follow")
    assert touched(desk) == []


async def test_an_outsiders_verdict_counts_nothing(desk: Office) -> None:
    await desk.ask(kind="risk")
    await desk.sign_in()
    before = await desk.load("r1")
    ref = Ref("r1", before.version)
    for action in (Approve(ref, "safe"), Deny(ref, "no", "compromised")):
        assert why(await desk.desk.handle(in_channel("mo"), action)) == Reason.NOT_APPROVER
    assert await desk.load("r1") == before


async def test_a_verdict_is_one_of_the_kinds_or_none(desk: Office) -> None:
    await desk.ask(kind="risk")
    await desk.sign_in()
    ref = Ref("r1", (await desk.load("r1")).version)
    denied = await desk.desk.handle(in_channel("ben"), Deny(ref, "no", "delete_account"))
    assert isinstance(denied, RequestCard)
    ending = denied.request.ending
    assert ending is not None
    assert ending.choice == ""
    await desk.job("follow")
    assert touched(desk) == []


async def test_a_verdict_that_the_account_is_taken_over_is_carried_out(desk: Office) -> None:
    await desk.ask(kind="risk")
    await desk.sign_in()
    await desk.job("cards")
    ref = Ref("r1", (await desk.load("r1")).version)
    await desk.desk.installed(person("ben"), private("ben"))
    await desk.desk.handle(in_channel("ben"), Deny(ref, "that is not Ann", "compromised"))
    await desk.sign_in("ben")
    await desk.job("follow")
    assert sorted(desk.directory.writes) == ["confirm_compromised ann", "revoke ann"]
    await desk.job("follow")
    assert len(desk.directory.writes) == 2
    await desk.job("cards")
    assert text("risk.alert.compromised.done", "en", name="Ann") in desk.messenger.shown("19:security")
    assert text("risk.verdict.compromised", "en") in desk.messenger.shown("19:helpdesk")


# 9. Privileged people are walled off.


@pytest.mark.parametrize(("kind", "which", "reason"), [one for one in BEFORE if one[0] in QUIET])
async def test_the_walls_stand_before_every_kind(desk: Office, kind: str, which: str, reason: Reason) -> None:
    wall(desk, which)
    assert why(await desk.ask(kind=kind)) == reason
    await desk.job("act")
    assert touched(desk) == []
    assert (await desk.load("r1")).status is Status.REFUSED


@every_kind
async def test_an_emergency_account_is_refused_and_security_hears_of_it(desk: Office, kind: str) -> None:
    await desk.ask("emma", kind=kind)
    await desk.job("act")
    await desk.job("cards")
    assert touched(desk) == []
    refused = await desk.load("r1")
    assert refused.ending is not None
    assert refused.ending.refusal is not None
    assert refused.ending.refusal.reason == Reason.DENY_LIST
    assert "Emma" in desk.messenger.shown("19:security")


@pytest.mark.parametrize("call", ["account", "standing", "groups", "guarded_contexts"])
@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.harmless])
async def test_what_entra_does_not_say_is_a_no_for_every_kind(desk: Office, kind: str, call: str) -> None:
    desk.directory.trouble[call] = Rejected("a hole")
    assert why(await desk.ask(kind=kind)) == Reason.ENTRA_REFUSED
    assert touched(desk) == []


@pytest.mark.parametrize("which", [which for which, _ in WALLS])
async def test_home_says_why_not(desk: Office, which: str) -> None:
    wall(desk, which)
    answer = await desk.desk.handle(at_home("ann"), Home())
    assert isinstance(answer, HomeCard)
    offered = {offer.kind: offer.refusal.reason if offer.refusal is not None else "" for offer in answer.offers}
    walled = {kind: reason for kind, wall, reason in BEFORE if wall == which and not KINDS[kind].alarm}
    assert offered == {name: walled.get(name, "") for name in KINDS}


async def test_home_offers_everything_to_somebody_who_may(desk: Office) -> None:
    answer = await desk.desk.handle(at_home("ann"), Home())
    assert isinstance(answer, HomeCard)
    assert {offer.kind for offer in answer.offers if offer.refusal is None} == set(KINDS)
    assert [offer.kind for offer in answer.offers if offer.alarm] == ALARMS
    assert touched(desk) == []


# 10. Evaluate touches nothing.


@every_kind
async def test_a_trial_goes_all_the_way_but_the_act(trial: Office, kind: str) -> None:
    done = await trial.bring(kind)
    assert (done.status, done.attempts) == (Status.EVALUATED, 0)
    await trial.desk.handle(at_home("ann"), Report(Ref("r1", done.version)))
    for job in ("act", "look", "follow", "watch", "revoke", "cards"):
        await trial.job(job)
    assert touched(trial) == []
    assert {entry.mode async for entry in trial.store.audit_entries(TENANT)} == {"evaluate"}


async def test_a_verdict_in_a_trial_touches_nothing(trial: Office) -> None:
    await trial.ask(kind="risk")
    await trial.sign_in()
    ref = Ref("r1", (await trial.load("r1")).version)
    await trial.desk.installed(person("ben"), private("ben"))
    await trial.desk.handle(in_channel("ben"), Deny(ref, "not Ann", "compromised"))
    await trial.sign_in("ben")
    assert (await trial.load("r1")).status is Status.DENIED
    await trial.job("follow")
    assert touched(trial) == []
    await trial.job("cards")  # somebody may be in the account all the same
    assert text("risk.alert.compromised.trial", "en", name="Ann") in trial.messenger.shown("19:security")


async def test_a_plain_no_is_no_alarm(desk: Office) -> None:
    await desk.ask(kind="risk")
    await desk.sign_in()
    ref = Ref("r1", (await desk.load("r1")).version)
    await desk.desk.handle(in_channel("ben"), Deny(ref, "call me first", "none"))
    await desk.job("follow")
    await desk.job("cards")
    assert touched(desk) == []
    assert desk.messenger.shown("19:security") == ""


async def test_a_group_may_try_what_is_in_earnest_for_everybody_else(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"sessions": {"variants": {"group:pilots": {"mode": Mode.EVALUATE}}}})
        desk.directory.members["pilots"] = {"ann"}
        assert (await desk.bring("sessions")).status is Status.EVALUATED
        assert touched(desk) == []
        assert (await desk.bring("sessions", "ben", "r2")).status is Status.DONE
        assert desk.directory.writes == ["revoke ben"]


# 1. A secret has no rest.


async def nowhere(desk: Office, url: str, printed: str, *answers: object) -> None:
    """No table, message, line or answer's print holds what was made or entered."""
    for job in ("cards", "follow", "watch", "due", "revoke", "cards"):
        await desk.job(job)
    places = [await at_rest(url), *desk.messenger.bodies, printed, *map(repr, answers)]
    places += [repr(entry) async for entry in desk.store.audit_entries(TENANT)]
    for secret in (*desk.directory.secrets, *(s["key"] for s in desk.verifier.asked)):
        assert not [place for place in places if secret in place]


@pytest.mark.parametrize("how", ["taken", "banned", "rejected", "lost", "broken", "away", "reported"])
async def test_what_was_entered_is_nowhere_afterwards(
    desk: Office,
    database_url: str,
    how: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    troubles: dict[str, Exception] = {
        "rejected": Rejected("no"),
        "lost": AnswerLost("cut"),
        "broken": ZeroDivisionError("broke"),
        "away": Unavailable("away"),
    }
    if how in troubles:
        desk.directory.trouble["set_password"] = troubles[how]
    desk.directory.banned = frozenset({TYPED} if how == "banned" else ())
    await desk.ask(kind="password")
    cookie = await desk.open_page()
    checked = await desk.entry.checked(cookie, TYPED)
    answer = await desk.enter(cookie)
    assert isinstance(checked, PasswordCheck)
    assert isinstance(answer, Entered)
    desk.directory.trouble.clear()
    if how == "reported":
        await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    desk.directory.secrets.append(TYPED)
    out, err = capsys.readouterr()
    await nowhere(desk, database_url, caplog.text + out + err, checked, answer)


async def test_a_password_that_was_made_up_is_shown_once_and_nowhere_afterwards(
    made_up: Office, database_url: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    await made_up.ask(kind="password")
    await made_up.sign_in()
    answer = await made_up.show()
    assert isinstance(answer, SecretShown)
    assert [answer.secret.reveal()] == made_up.directory.secrets
    out, err = capsys.readouterr()
    await nowhere(made_up, database_url, caplog.text + out + err, answer)


async def test_the_secrets_of_a_proof_are_kept_as_hashes_only(desk: Office, database_url: str) -> None:
    await desk.bring("verify")
    [asked] = desk.verifier.asked
    held = await at_rest(database_url)
    assert asked["key"] not in held
    assert asked["state"] not in held
    assert not [body for body in desk.messenger.bodies if asked["key"] in body or asked["state"] in body]


# 5. The trail of every kind holds.


@every_kind
async def test_the_trail_of_every_kind_is_whole(desk: Office, kind: str) -> None:
    await desk.bring(kind)
    for job in ("follow", "cards"):
        await desk.job(job)
    entries = [entry async for entry in desk.store.audit_entries(TENANT)]
    assert verify(entries, await desk.store.head(TENANT)) is None
    deeds = [entry.deed for entry in entries]
    assert deeds.index("asked") < deeds.index("ready") < deeds.index("claimed") < deeds.index("shown")
    assert {entry.kind for entry in entries} == {kind}


async def test_a_password_that_could_not_be_shown_signs_its_person_out_all_the_same(made_up: Office) -> None:
    """It was set: whoever is in with the old one must not stay in while its person decides."""
    await made_up.ask(kind="password")
    await made_up.prove_all()
    await made_up.show()
    await made_up.ledger.change("r1", happened(ShowFailed()))
    assert (await made_up.load("r1")).status is Status.UNKNOWN
    await made_up.job("follow")
    assert "revoke ann" in made_up.directory.writes
