"""Briefing: what approvers are told besides what was asked: the account, the proofs, the person's last days."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import cards
from bot.core.evidence import face_checked
from bot.core.model import Request, Status
from bot.desk.facts import Inquiry
from bot.teams.scenes import account
from cards.view import View


async def informed(inquiry: Inquiry, request: Request, view: View) -> View:
    """Add what is known of the person just now, for those who must decide."""
    if request.status is not Status.APPROVAL:
        return view
    known, past = await asyncio.gather(inquiry.about_account(request), inquiry.lately(request))
    who = {"upn": known.upn, "work": known.work, "manager": known.manager}
    facts = {**{name: said for name, said in who.items() if said}, "account": account(known, view.language)}
    if inquiry.policy(request).evidence:
        there = face_checked(inquiry.policy(request), request, inquiry.clock.now())
        facts["proof"] = cards.text("proof.there" if there else "proof.missing", view.language)
    return replace(view, facts=facts, past=tuple(past))
