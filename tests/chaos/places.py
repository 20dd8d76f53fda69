"""Places: where everything about a request was sent or shown, and where it may be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from bot.core.audit import Deed, Entry
from bot.core.callers import Verification
from bot.core.calling import Verb
from bot.core.model import Request
from playground.journal import Call
from playground.teams.chats import HELPDESK_CHANNEL, SECURITY_CHANNEL, personal_id
from playground.teams.presses import buttons
from playground.world import World
from tests.chaos.eyes import about, data_of

OWN: Final = frozenset(
    {
        "show",
        "replace",
        "hide",
        "revoke",
        "report",
        "withdraw",
        "withdraw-listed",
        "sign-in",
        "prove",
        "consent",
        "no-consent",
    }
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One card or prompt: to which conversation, about which requests, and what can be pressed on it."""

    conversation: str
    requests: frozenset[str]
    verbs: frozenset[str]
    where: str


def sent(call: Call, sign_ins: Mapping[str, str]) -> Sent | None:
    """What the bot sent through the connector, or nothing where it sent nothing about a request."""
    body = call.body if isinstance(call.body, dict) else {}
    activity = body.get("activity") or body
    prompts = {one for one in _prompts(activity) if one}
    requests = frozenset({*about(activity), *(sign_ins[one] for one in prompts if one in sign_ins)})
    if call.method not in {"POST", "PUT"} or not requests:
        return None
    channel = ((body.get("channelData") or {}).get("channel") or {}).get("id", "")
    path = unquote(call.path).partition("/conversations/")[2]
    place = channel or path.partition("/")[0].partition(";messageid=")[0]
    return Sent(place, requests, _pressable(activity), f"{call.method} at {call.at}")


def shown(body: Any, conversation: str, where: str) -> Sent | None:
    """What the bot answered to somebody's press."""
    requests = frozenset(about(body))
    return Sent(conversation.partition(";messageid=")[0], requests, _pressable(body), where) if requests else None


def _prompts(activity: Any) -> Iterator[str]:
    for attachment in activity.get("attachments") or ():
        content = attachment.get("content") or {}
        yield str((content.get("tokenExchangeResource") or {}).get("id", "")) if isinstance(content, dict) else ""


def _pressable(node: Any) -> frozenset[str]:
    cards = list(_cards(node))
    return frozenset(str(data_of(button).get("verb", "")) for card in cards for button in buttons(card))


def _cards(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _cards(item)
    elif isinstance(node, dict):
        if node.get("type") == "AdaptiveCard":
            yield node
        else:
            for value in node.values():
                yield from _cards(value)


class Map:
    """Who may read about what: the two it is about, whoever meant to approve it, and the channels' people.

    `opened` are the keys of those approvers who have asked for a request of the line themselves; `calls` are
    verifications, by what their buttons carry.
    """

    def __init__(
        self,
        world: World,
        requests: Mapping[str, Request],
        entries: Mapping[str, list[Entry]],
        opened: Mapping[str, Collection[str]] | None = None,
        calls: Mapping[str, Verification] | None = None,
    ) -> None:
        self._calls = calls or {}
        self._opened = {request: {world.people[key].id for key in keys} for request, keys in (opened or {}).items()}
        self._homes = {person.id: personal_id(person) for person in world.people}
        self._requests = requests
        self._entries = entries

    def wrong(self, one: Sent) -> Iterator[str]:
        for name in one.requests:
            request = self._requests.get(name)
            if (call := self._calls.get(name)) is not None:
                yield from self._of_a_call(one, call)
            if request is None:  # a form that was never sent
                continue
            own = {self._homes[request.subject.id], self._homes[request.requester.id]}
            if one.conversation not in own | self._others(request):
                yield f"{one.where}: {request.kind} {name} was sent to {one.conversation}"
            elif one.conversation not in own and one.verbs & OWN:
                pressed = ", ".join(sorted(one.verbs & OWN))
                yield f"{one.where}: {one.conversation} may press {pressed} for {request.kind} {name}"

    def _of_a_call(self, one: Sent, call: Verification) -> Iterator[str]:
        """A call is between two, each in private; who is asked answers, and who asks opens."""
        theirs, mine = self._homes[call.about.id], self._homes[call.by.id]
        if one.conversation not in {theirs, mine}:
            yield f"{one.where}: call {call.key} was sent to {one.conversation}"
        elif one.conversation == mine and one.verbs & {Verb.TYPE, Verb.DENY}:
            yield f"{one.where}: {mine} may answer call {call.key} of their own"
        elif one.conversation == theirs and one.verbs & {Verb.END, Verb.OPEN, Verb.SEND}:
            yield f"{one.where}: {theirs} may go on with call {call.key} about themselves"

    def _others(self, request: Request) -> set[str]:
        confirmed = {Deed.APPROVAL_INTENDED, Deed.DENIAL_INTENDED}
        meant = {e.data.get("by", "") for e in self._entries.get(request.id, ()) if e.deed in confirmed}
        meant |= self._opened.get(request.id, set())
        security = {SECURITY_CHANNEL} if request.reported else set()
        opener = {self._homes[request.opened_by.id]} if request.opened_by is not None else set[str]()
        return {HELPDESK_CHANNEL, *opener, *(self._homes[by] for by in meant if by in self._homes)} | security
