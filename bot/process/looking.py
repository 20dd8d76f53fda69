"""Looking: puts together proofs of identity, and who may look at what there is of a colleague."""

from __future__ import annotations

from bot.config.settings import Settings
from bot.core.reasons import Reason
from bot.core.signins import SignIns
from bot.desk.agents import Agents
from bot.desk.callers import Callers
from bot.desk.homes import Homes
from bot.desk.identity import Identity
from bot.desk.lookups import Lookups
from bot.desk.queue import ApproversQueue
from bot.desk.reception import Reception
from bot.desk.strangers import Strangers


def identity(
    settings: Settings, sign_ins: SignIns, reception: Reception, homes: Homes, strangers: Strangers
) -> Identity:
    """Nothing but our own credential proves anybody."""
    issuer, credential = settings.verified_id_authority, settings.verified_id_type
    inquiry = reception.inquiry
    return Identity(reception.ledger, inquiry, sign_ins, homes, strangers, issuer=issuer, type=credential)


def lookups(settings: Settings, queue: ApproversQueue, proofs: Identity, callers: Callers) -> Lookups:
    return readers(
        queue, proofs, callers, settings.leads_group, settings.security_group, settings.approvers_see_history
    )


def readers(
    queue: ApproversQueue, proofs: Identity, callers: Callers, leads: str, security: str, approvers: bool
) -> Lookups:
    """Leads read histories; the helpdesk and security ask for proofs, where there are any."""
    directory = callers.agents.directory
    lead = Agents(directory, leads, otherwise=Reason.NOT_ENTITLED)
    desks = (callers.agents, Agents(directory, security, otherwise=Reason.NOT_SECURITY)) if proofs.issuer else ()
    return Lookups(queue, proofs, callers.colleagues, callers.register, lead, desks, approvers)
