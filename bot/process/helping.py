"""Helping: puts together what agents and security do for others, and what tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.config.settings import Settings
from bot.core.callers import Verification
from bot.core.directory import Directory
from bot.core.doubts import CallDoubt
from bot.core.escalations import Escalation
from bot.core.interventions import Intervention
from bot.core.lookups import Lookup
from bot.core.ports import Messenger
from bot.core.reasons import Reason
from bot.core.threat import Threat
from bot.core.unusual import LOOK
from bot.desk.agents import Agents
from bot.desk.behalf import Behalf
from bot.desk.callers import Callers
from bot.desk.callface import CallFace
from bot.desk.colleagues import Colleagues
from bot.desk.doubts import DOUBT, FOUND, Doubts
from bot.desk.escalations import Escalations
from bot.desk.homes import Homes
from bot.desk.interventions import Interventions
from bot.desk.newcomers import Newcomers
from bot.desk.others import Others
from bot.desk.proving import Proving
from bot.desk.reception import Reception
from bot.desk.register import MATTER, WARN, Register
from bot.desk.threat import Threats
from bot.desk.unusual import Unusual
from bot.process.jobs import Handler, by_sort
from bot.teams.calling import CallMessages
from bot.teams.doubting import DoubtMessages
from bot.teams.escalations import EscalationMessages
from bot.teams.interventions import InterventionMessages
from bot.teams.lookups import LookupMessages
from bot.teams.threats import ThreatMessages
from bot.teams.views import Addresses


@dataclass(frozen=True, slots=True)
class Staff:
    """Whose members are agents, and whose are security, and with which contexts they and callers sign in.

    `app` is the desk's in the tenant's catalogue, and `leads` who leads the helpdesk, where that is named.
    """

    agents: str
    agent_step_up: str
    security: str
    security_step_up: str
    caller_step_up: str
    app: str = ""
    leads: str = ""

    @property
    def contexts(self) -> frozenset[str]:
        """Return every authentication context that somebody may have to sign in under here."""
        helpdesk = {self.agent_step_up, self.caller_step_up} if self.agents else set()
        return frozenset(helpdesk | ({self.security_step_up} if self.security else set()))


def groups(settings: Settings) -> Staff:
    agents = (settings.agents_group, settings.agent_step_up)
    security = (settings.security_group, settings.security_step_up)
    return Staff(*agents, *security, settings.caller_step_up, settings.catalog_app, settings.leads_group)


def others(reception: Reception, homes: Homes, directory: Directory, groups: Staff, where: Addresses) -> Others:
    ledger, policies = reception.ledger, reception.inquiry.policies
    register = Register(ledger.store, ledger.clock)
    agents = Agents(directory, groups.agents)
    colleagues = Colleagues(reception.inquiry.accounts, agents, policies)
    leads = Agents(directory, groups.leads, otherwise=Reason.NOT_LEAD)
    newcomers = Newcomers(homes, directory, groups.app)
    watched = Register(ledger.store, ledger.clock, watches=LOOK)
    callers = Callers(ledger, agents, colleagues, homes, newcomers, watched, groups.caller_step_up, leads)
    doubts = Doubts(ledger, agents, newcomers, Register(ledger.store, ledger.clock, DOUBT))
    security = Agents(directory, groups.security, groups.security_step_up, Reason.NOT_SECURITY)
    threats = Threats(ledger, security, homes, register, where.security)
    lockers = (
        Agents(directory, groups.agents, groups.agent_step_up, Reason.NOT_LOCKER),
        Agents(directory, groups.security, groups.security_step_up, Reason.NOT_LOCKER),
    )
    interventions = Interventions(reception, *lockers, homes, register, where.helpdesk, where.security)
    faces, escalations = CallFace(Proving(reception), callers), Escalations(callers, callers.leads, register)
    return Others(callers, doubts, Behalf(reception, callers), threats, interventions, faces, escalations)


@dataclass(frozen=True, slots=True)
class Announcers:
    """The messages of what is no request."""

    calls: CallMessages
    doubts: DoubtMessages
    threats: ThreatMessages
    interventions: InterventionMessages
    looks: LookupMessages
    unusual: Unusual
    escalations: EscalationMessages

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {
            MATTER: by_sort(
                {
                    Verification.SORT: self.calls.bring,
                    CallDoubt.SORT: self.doubts.look,
                    Threat.SORT: self.threats.look,
                    Intervention.SORT: self.interventions.look,
                    Lookup.SORT: self.looks.bring,
                    Escalation.SORT: self.escalations.bring,
                }
            ),
            WARN: self.calls.warn,
            LOOK: self.unusual.look,
            DOUBT: self.doubts.bring,
            FOUND: self.doubts.find,
            CallDoubt.SIREN: self.doubts.warn,
            Threat.SIREN: self.threats.tell,
            Intervention.SIREN: self.interventions.tell,
        }


def messages(made: Others, homes: Homes, messenger: Messenger, siren: Messenger, where: Addresses) -> Announcers:
    """`siren` brings what security must hear before anything else."""
    unusual = Unusual(homes.ledger.record, made.behalf.reception.inquiry.limits)
    calls = CallMessages(homes, made.callers, messenger, siren, where)
    threats = ThreatMessages(homes, made.threats.due, siren, where)
    locks = InterventionMessages(homes, made.interventions, siren, where)
    doubts = DoubtMessages(homes, made.doubts, messenger, siren, where)
    escalations = EscalationMessages(homes, made.escalations, messenger, where)
    looks = LookupMessages(homes, messenger, where)
    return Announcers(calls, doubts, threats, locks, looks, unusual, escalations)
