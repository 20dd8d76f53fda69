"""Noticing: puts together what tells people by mail what was done, and security by a line, where a mailbox is named."""

from __future__ import annotations

from functools import partial
from typing import Final

import cards
from bot.config.settings import Settings
from bot.core.notices import follows
from bot.core.ports import Clock
from bot.desk.ledger import Listener
from bot.desk.notices import Notices
from bot.desk.reception import Reception
from bot.desk.strangers import Strangers
from bot.kinds import KINDS
from bot.process.connections import Outside
from bot.teams.findings import Findings
from bot.teams.tidings import Tidings
from bot.web.middleware import REPORT

NOTICING: Final[Listener] = partial(follows, KINDS)
# Of a mailbox Exchange takes four messages at a time:
# https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
AT_ONCE: Final = 3  # after a rest


def notices(settings: Settings, outside: Outside, reception: Reception, strangers: Strangers) -> Notices:
    mailbox = outside.directory.mailbox(settings.mail_sender)
    turns = outside.store.budget("mail", 60 / settings.mail_pace, AT_ONCE)
    compose = partial(cards.letter, contact=settings.helpdesk_contact)
    sending = (outside.directory, mailbox, turns, compose, f"{settings.public_url}{REPORT}?t=")
    return Notices(reception, strangers, *sending, on=bool(settings.mail_sender), lines=settings.notice_lines)


def to_security(settings: Settings, outside: Outside, clock: Clock) -> tuple[Findings, Tidings]:
    """Return what security reads: what is out of the ordinary goes first, and lines of acts wait their turn."""
    where = (settings.security_channel, settings.channel_language, settings.helpdesk_contact)
    return Findings(outside.store, clock, outside.siren, *where), Tidings(outside.store, clock, outside.herald, *where)
