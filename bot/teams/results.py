"""Results: the one way a secret leaves the desk; it looks at where it is going, not at where the request came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cards
from bot.core.answers import RequestCard, SecretShown
from bot.core.errors import DeskError
from bot.core.model import Chat, Person, Request, Secret
from bot.core.ports import Slot
from cards.view import View

Json = dict[str, Any]


class NotPrivate(DeskError):
    """A secret was about to go where its subject is not alone. Nothing went out."""


def reveal(answer: SecretShown, chat: Chat, person: Person, view: View) -> Json:
    """Return the card that shows a secret in the response to its subject. Raises `NotPrivate`."""
    return _out(answer, chat, person, lambda checked: cards.show(checked, view))


def carry(request: Request, secret: Secret | None, person: Person, chat: Chat, view: View) -> Json:
    """Return the message for a secret's place in the private chat kept for `person`; without a secret, the empty one.

    Raises `NotPrivate`.
    """
    own = replace(view, language=person.language)
    if secret is None:
        empty = cards.show(RequestCard(request, Slot.SECRET), own)
        return cards.message(empty, cards.summary(request, Slot.SECRET, own))
    until = request.receipt.expires_at if request.receipt is not None else None
    shown = SecretShown(request, secret, until)
    return _out(shown, chat, person, lambda checked: cards.secret_message(checked, own))


def _out(answer: SecretShown, chat: Chat, person: Person, write: Callable[[SecretShown], Json]) -> Json:
    """Write a secret out for `person` into `chat`, if that is its subject, alone, in the subject's tenant."""
    subject = answer.request.subject
    if not chat.alone:
        raise NotPrivate("a secret does not go to a channel or a group")
    if not subject.id or person.id != subject.id:
        raise NotPrivate("a secret goes to its subject only")
    if not subject.tenant or {chat.tenant, person.tenant} != {subject.tenant}:
        raise NotPrivate("a secret stays in its subject's tenant")
    return write(answer)
