"""Briefing: what approvers are told besides what was asked: the account, the proofs, the person's last days."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import cards
from bot.core.evidence import face_checked
from bot.core.facts import Facts
from bot.core.model import VERIFIED, Mode, Request, Status
from bot.desk.facts import Inquiry
from cards.view import View


async def informed(inquiry: Inquiry, request: Request, view: View) -> View:
    """Add what is known of the person just now, for those who must decide."""
    if request.status is not Status.APPROVAL:
        return view
    known, past = await asyncio.gather(inquiry.about_account(request), inquiry.lately(request))
    who = {"upn": known.upn, "work": known.work, "manager": known.manager}
    facts = {**{name: said for name, said in who.items() if said}, "account": _account(known, view.language)}
    if (proof := _proof(inquiry, request, past)) is not None:
        facts["proof"] = cards.text(f"proof.{proof}", view.language)
    return replace(view, facts=facts, past=tuple(past))


def _proof(inquiry: Inquiry, request: Request, past: Sequence[Request]) -> str | None:
    """Say whether there is a proof of who they are, and never how good it is; None where nobody gives one here."""
    policy, prover = inquiry.policy(request), inquiry.prover
    if policy.evidence:
        return "there" if face_checked(policy, request, inquiry.clock.now()) else "missing"
    if prover is None or inquiry.policies[prover.name].mode is Mode.OFF:
        return None
    return "lately" if any(_proved(one, prover.name) for one in past) else "none_lately"


def _proved(one: Request, by: str) -> bool:
    return one.kind == by and one.status is Status.ENDED and one.stage == VERIFIED and not one.reported


def _account(facts: Facts, language: str) -> str:
    """Say in words what Entra says about an account; what could not be found out is said too."""
    if facts.enabled is None or facts.guest is None or facts.roles is None or facts.guarded_groups is None:
        return cards.text("account.unknown", language)
    standing = "privileged" if facts.roles else "guarded" if facts.guarded_groups else "ordinary"
    said = ("enabled" if facts.enabled else "disabled", "guest" if facts.guest else "member", standing)
    return ", ".join(cards.text(f"account.{word}", language) for word in said)
