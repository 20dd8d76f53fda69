"""Letter: the mail that tells somebody what was done to their account; text, without a reason, a secret or an approver.

A pure function, as those of the cards are.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.model import Request
from bot.core.notices import LIFE, ActNotice, Letter
from cards.texts import text


def letter(to: str, one: ActNotice, request: Request, link: str, contact: str) -> Letter:
    """Return the mail to one of a person's own addresses, or, without a link, to their manager."""
    language, kind, name = request.requester.language, one.kind, one.about.name
    done = one.done_at or one.created_at
    at = text("notice.when", language, at=_utc(done))
    unsure = [] if request.acted_at is not None else [text("notice.unsure", language)]
    never, help_ = (text(f"notice.{key}", language, contact=contact) for key in ("never", "help"))
    if not link:
        subject, said = (text(f"{kind}.notice.{key}", language, name=name) for key in ("line", "line"))
        manager = text("notice.manager", language, name=name, contact=contact)
        return Letter(to, subject, _joined(said, at, *unsure, manager))
    hello = text("notice.hello", language, name=name)
    said = text(f"{kind}.notice.done", language)
    locks = text("notice.locks", language, until=_utc(done + LIFE))
    not_me = f"{text('notice.not_me', language)}\n{link}"
    lines = (hello, said, at, *unsure, text("notice.mine", language), not_me, locks, never, help_)
    return Letter(to, text(f"{kind}.notice.subject", language), _joined(*lines))


def _joined(*lines: str) -> str:
    return "\n\n".join(lines) + "\n"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
