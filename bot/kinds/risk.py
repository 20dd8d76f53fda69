"""Risk: have a flag of Entra ID Protection cleared; never alone where it is grave, or not known how grave it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.each import each
from bot.core.errors import DeskError, Rejected, giving
from bot.core.facts import Moment
from bot.core.forms import Choice, Field, Line, Sheet
from bot.core.kind import Kind, Tools, Verdicts
from bot.core.life.alarmed import stopped
from bot.core.model import EvidenceType, Finding, Outcome, Person, Receipt, Refusal, Request, Way
from bot.core.options import REVOKE_SESSIONS, TELL_MANAGER, Option, yes_or_no
from bot.core.policy import ALONE, LEVEL, Policy
from bot.core.risk import COMPROMISED, Detection, Risk
from bot.core.skew import CLOCK_SKEW

SECURE_FIRST: Final = Option("secure_first", usual=False, parse=yes_or_no, stricter=max)  # a new password or passkey
WHY: Final = ("travel", "new_device", "changed_password", "other")
LEVELS: Final = ("low", "medium", "high", "hidden", "unknown", "compromised")
NEVER_ALONE: Final = frozenset({"hidden", "unknown", "compromised"})
CLEARED: Final = frozenset({"dismissed", "remediated", "confirmedSafe"})
LATELY: Final = timedelta(days=7)
SEEN: Final = 5
SEEING: Final = 3.3  # seconds for all that is read: what was noticed is good to know, not needed

# Entra's words, folded, by our sentences for them; one we do not know gets the general sentence. riskEventType:
# https://learn.microsoft.com/entra/id-protection/concept-identity-protection-risks
_SEEN: Final = {
    "travel": "unlikelytravel mcasimpossibletravel impossibletravel",
    "country": "newcountry",
    "hidden_address": "anonymizedipaddress riskyipaddress",
    "bad_address": "maliciousipaddress maliciousipaddressvalidcredentialsblockedip suspiciousipaddress",
    "malware": "malwareinfectedipaddress",
    "unfamiliar": "unfamiliarfeatures suspiciousbrowser",
    "leaked": "leakedcredentials",
    "guessed": "passwordspray",
    "session": "anomaloustoken tokenissueranomaly attemptedprtaccess",
    "between": "attackerinthemiddle",
    "mailbox": "mcassuspiciousinboxmanipulationrules suspiciousinboxforwarding",
    "sending": "suspicioussendingpatterns",
    "activity": "anomaloususeractivity suspiciousapitraffic mcasfinsuspiciousfileaccess",
    "attackers": "investigationsthreatintelligence investigationsthreatintelligencesigninlinked nationstateip",
    "admin": "adminconfirmedusercompromised",
    "reported": "userreportedsuspiciousactivity",
}
_ICONS: Final = {
    **dict.fromkeys(("travel", "country"), "GlobeLocation"),
    **dict.fromkeys(("hidden_address", "bad_address"), "Globe"),
    **dict.fromkeys(("malware", "between"), "Bug"),
    **dict.fromkeys(("leaked", "guessed"), "Password"),
    **dict.fromkeys(("mailbox", "sending"), "Mail"),
    **dict.fromkeys(("admin", "reported"), "PersonVoice"),
    "attackers": "Warning",
}
_TONES: Final = {"low": "Accent", "medium": "Warning", "high": "Attention"}
# riskDetail: https://learn.microsoft.com/graph/api/resources/riskyuser
_NOTES: Final = {
    "password": "userperformedsecuredpasswordchange userperformedsecuredpasswordreset userchangedpasswordonpremises",
    "temporary": "admingeneratedtemporarypassword",
    "proved": "userpassedmfadrivenbyriskbasedpolicy",
    "admin_safe": "adminconfirmedsigninsafe adminconfirmedaccountsafe",
    "system_safe": "aiconfirmedsigninsafe",
    "admin_dismissed": "admindismissedallriskforuser admindismissedriskforsignin m365dadmindismisseddetection",
    "admin_compromised": "adminconfirmedsignincompromised adminconfirmedusercompromised",
    "signed_out": "microsoftrevokedsessions",
}


class RiskReason(StrEnum):
    """Why a flag is not cleared now."""

    NOT_FLAGGED = "risk.not_flagged"
    PROCESSING = "risk.processing"
    NOT_ALONE = "risk.not_alone"
    SECURE_FIRST = "risk.secure_first"
    NO_PREMIUM = "risk.no_premium"


# What the directory says no with, as reasons a person is told.
REFUSED: Final = {"no_premium": RiskReason.NO_PREMIUM}
FIELDS: Final = (
    Field("reason", required=True, choices=tuple(Choice(why, f"risk.reason.{why}") for why in WHY)),
    Field("text", required_if=("reason", "other"), longest=300, multiline=True),
)


async def sheet(asker: Person, tools: Tools) -> Sheet:
    if tools.moment is Moment.ASK:  # it was read already, and the tenant's turns are few; what holds now is examined
        return Sheet(FIELDS)
    until = asyncio.get_running_loop().time() + SEEING
    try:
        risk = await tools.directory.risk(asker.id)
    except Rejected as error:
        if error.code not in REFUSED:
            raise
        return Sheet(lines=(Line("risk.told.no_premium"),), closed=True)
    if risk is None or not risk.flagged:
        return Sheet(lines=_clear(risk, tools.clock.now()), closed=True)
    if risk.processing:
        return Sheet(lines=(*_flag(risk), Line("risk.told.processing")), closed=True)
    first = (Line("risk.told.secure_first"),) if _first(tools.policy, _level(risk)) else ()
    return Sheet(FIELDS, (*_flag(risk), *await _noticed(asker.id, tools, until), Line("risk.told.remedy"), *first))


async def examine(request: Request, tools: Tools) -> Finding:
    """Not at home: each look takes one of the tenant's few turns."""
    if tools.moment is Moment.HOME:
        return Finding()
    try:
        risk = await tools.directory.risk(request.subject.id)
    except Rejected as error:
        if error.code not in REFUSED:
            raise
        return Finding(Refusal(REFUSED[error.code]))
    if risk is None or not risk.flagged:
        return Finding(Refusal(RiskReason.NOT_FLAGGED))
    level = _level(risk)
    found = {"level": level, "state": risk.state, "since": risk.at.isoformat() if risk.at else ""}
    if risk.processing:
        return Finding(Refusal(RiskReason.PROCESSING), level=level, found=found)
    return Finding(where=await _where(request.subject.id, risk, level, tools), level=level, found=found)


async def carry_out(request: Request, tools: Tools) -> Outcome:
    told = _verdict(request)
    tell = tools.directory.confirm_safe if told == "safe" else tools.directory.dismiss_risk
    with giving(REFUSED):
        await tell(request.subject.id)
    return Outcome(_receipt(request))


async def look(request: Request, tools: Tools) -> Receipt | None:
    """The flag stood when the act was claimed: one that went since then went by us, or needs us no more."""
    risk = await tools.directory.risk(request.subject.id)
    if risk is None or risk.state not in {*CLEARED, "none"} or risk.at is None:
        return None
    return _receipt(request) if risk.at >= request.created_at - CLOCK_SKEW else None


async def undo(request: Request, tools: Tools) -> None:
    """A flag cannot be put back; word that it was somebody else, or an alarm about the account, makes a graver one."""
    if request.reported or stopped(request):
        await tools.directory.confirm_compromised(request.subject.id)


async def follow(request: Request, tools: Tools) -> None:
    """An approver found that the account is in strange hands: each half is tried, whatever becomes of the other."""
    if request.ending is None or request.ending.choice != "compromised":
        return
    person = request.subject.id
    await each(
        lambda: tools.directory.revoke_sessions(person),
        lambda: tools.directory.confirm_compromised(person),
    )


def _level(risk: Risk) -> str:
    if risk.state == COMPROMISED:
        return "compromised"
    return risk.level if risk.level in {"low", "medium", "high", "hidden"} else "unknown"


async def _where(person: str, risk: Risk, level: str, tools: Tools) -> Mapping[str, Refusal]:
    where = {ALONE: Refusal(RiskReason.NOT_ALONE)} if level in NEVER_ALONE else {}
    if _demanded(tools.policy, level) and not await _secured(person, risk, tools):
        where[SECURE_FIRST.name] = Refusal(RiskReason.SECURE_FIRST)
    return where


def _first(policy: Policy, level: str) -> bool:
    """Whether everybody with a flag of this level has to secure their account first, as far as the policy says so."""
    return policy.under((f"{LEVEL}{level}",)).option(SECURE_FIRST)


def _demanded(policy: Policy, level: str) -> bool:
    """Whether anybody with a flag of this level might have to secure their account first: else nothing is read."""
    terms = [name for name in policy.variants if not name.startswith(LEVEL) or name == f"{LEVEL}{level}"]
    return policy.option(SECURE_FIRST) or any(policy.under((term,)).option(SECURE_FIRST) for term in terms)


async def _secured(person: str, risk: Risk, tools: Tools) -> bool:
    """Whether there is a password or a passkey that is newer than the flag."""
    account, keys = await asyncio.gather(tools.directory.account(person), tools.directory.passkeys(person))
    since, news = risk.at, (account.password_changed_at, *(key.created_at for key in keys))
    return since is not None and any(at > since for at in news if at is not None)


def _verdict(request: Request) -> str:
    """What the approvers want Entra to be told; only when all say so is it more than the plain dismissal."""
    chosen = {evidence.choice for evidence in request.evidence_of(EvidenceType.APPROVAL)}
    return "safe" if chosen == {"safe"} else "dismissed"


def _receipt(request: Request) -> Receipt:
    return Receipt(request.subject.id, params=MappingProxyType({"told": _verdict(request)}))


def _clear(risk: Risk | None, now: datetime) -> tuple[Line, ...]:
    """Say that there is no flag, and where there was one lately, what became of it."""
    if risk is None or risk.at is None or risk.state not in CLEARED or now - risk.at > LATELY:
        return (Line("risk.told.clear"),)
    return (Line("risk.told.clear"), _line(f"risk.cleared.{risk.state}", at=risk.at.isoformat()), *_note(risk))


def _flag(risk: Risk) -> tuple[Line, ...]:
    level = _level(risk)
    since = (_line("risk.told.since", since=risk.at.isoformat()),) if risk.at else ()
    return (Line(f"risk.flag.{level}", icon="ShieldError", tone=_TONES.get(level, "Attention")), *_note(risk), *since)


def _note(risk: Risk) -> tuple[Line, ...]:
    return () if risk.detail in {"", "none"} else (Line(f"risk.note.{_sentence(_NOTES, risk.detail)}"),)


async def _noticed(person: str, tools: Tools, until: float) -> tuple[Line, ...]:
    try:
        async with asyncio.timeout_at(until):
            seen = await tools.directory.detections(person, SEEN)
    except (DeskError, TimeoutError):
        return (Line("risk.told.unseen"),)
    return tuple(_detection(one) for one in seen[:SEEN])


def _detection(one: Detection) -> Line:
    """What was noticed and when, by its sort's icon and its level's colour; below it, where that came from."""
    sort = _sentence(_SEEN, one.kind)
    said = _line(f"risk.seen.{sort}", at=one.at.isoformat() if one.at else "…")
    place = _line("risk.told.place", place=one.place) if one.place else None
    return replace(said, icon=_ICONS.get(sort, "Eye"), tone=_TONES.get(one.level, "Default"), below=place)


def _sentence(table: Mapping[str, str], word: str) -> str:
    return next((sentence for sentence, words in table.items() if word.casefold() in words.split()), "other")


def _line(key: str, **params: str) -> Line:
    return Line(key, MappingProxyType(params))


KIND: Final = Kind(
    name="risk",
    icon="ShieldCheckmark",
    permissions=(
        "IdentityRiskyUser.Read.All",
        "IdentityRiskyUser.ReadWrite.All",
        "IdentityRiskEvent.Read.All",
        "UserAuthMethod-Passkey.Read.All",
    ),
    policy=Policy(
        options={REVOKE_SESSIONS: True, SECURE_FIRST: False, TELL_MANAGER: False},
        variants=MappingProxyType(
            {
                "level:low": {"approvals": 0},
                "level:high": {"approvals": 1, SECURE_FIRST.name: True},
                "level:compromised": {"approvals": 1, SECURE_FIRST.name: True},
            }
        ),
    ),
    way=lambda _: Way.ALONE,
    sheet=sheet,
    examine=examine,
    carry_out=carry_out,
    look=look,
    undo=undo,
    follow=follow,
    verdicts=Verdicts(yes=("dismissed", "safe"), no=("none", "compromised"), alarms=frozenset({"compromised"})),
    levels=LEVELS,
    noticed=True,
)
