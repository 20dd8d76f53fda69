"""Deeds: what was really done in Graph, held against the claims in the audit: each claim is good for one act."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from bot.core.audit import Deed, Entry
from bot.kinds import KINDS
from playground.journal import Call
from playground.world import World

DONE: Final = frozenset({0, 200, 201, 202, 204})  # 0: it was done, and the answer got lost
_METHOD: Final = re.compile(r"/users/([^/]+)/authentication/(?!temporaryAccessPass)\w+Methods/([^/?]+)")
_USER: Final = re.compile(r"/users/([^/?]+)$")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happened to a person's account; `object` is what it left behind or took away."""

    kind: str
    subject: str
    object: str = ""


def acts(world: World) -> list[Act]:
    """All that was done, by what the playground's Graph and Request Service remember."""
    ids = {person.key: person.id for person in world.people}
    upns = {person.upn: person.id for person in world.people}
    passes = [Act("tap", ids[issued.person], issued.id) for issued in world.graph.issued]
    asked = [
        Act("verify", upns[value], one.id)
        for one in world.verified.requests.values()
        for constraint in one.asked.wanted.constraints
        if constraint.claim == "revocationId"
        for value in constraint.values
        if value in upns  # a process that looks whether it is set up asks about nobody
    ]
    out = [Act("sessions", ids[revoked.person]) for revoked in world.graph.revoked]
    return [*passes, *asked, *out, *(act for call in world.journal.of("graph") for act in _called(call))]


def _called(call: Call) -> Iterator[Act]:
    if call.status not in DONE or not isinstance(call.body, dict | None):
        return
    body, path = call.body or {}, unquote(call.path)
    if call.method == "POST" and re.search(r"riskyUsers/.*(dismiss|confirmSafe)$", path):
        yield from (Act("risk", subject) for subject in body.get("userIds", ()))
    if call.method == "DELETE" and (found := _METHOD.search(path)):
        yield Act("methods", found[1], found[2])
    if call.method == "PATCH" and (found := _USER.search(path)):
        profile = body.get("passwordProfile") or {}
        if profile and not profile.get("forceChangePasswordNextSignIn"):  # one that must be changed takes one back
            yield Act("password", found[1])


def excess(done: Sequence[Act], entries: Sequence[Entry]) -> Iterator[str]:
    """Say which acts no claim explains, which claims say they made what nobody made, and what was named twice."""
    claims = Counter((e.kind, e.subject) for e in entries if e.deed == Deed.CLAIMED)
    counted = Counter((act.kind, act.subject) for act in done)
    shown = Counter((e.kind, e.subject) for e in entries if e.deed == Deed.SHOWN)
    free = _following(entries)
    for (kind, subject), number in counted.items():
        allowed = claims[kind, subject] + (claims["compromised", subject] if kind == "sessions" else 0)
        if number > allowed and not (kind == "sessions" and subject in free):
            yield f"{kind} was done {number} times to {subject}, and claimed {allowed} times"
    for (kind, subject), number in shown.items():
        made = counted["sessions" if kind == "compromised" else kind, subject]
        if number > made and kind not in {"sessions", "compromised"}:
            yield f"{kind} was told as done {number} times to {subject}, and done {made} times"
    yield from _objects(done, entries)


def _following(entries: Sequence[Entry]) -> set[str]:
    """Whose sessions may have been ended for other reasons, which may be repeated."""
    why = {Deed.FOLLOWED, Deed.FOLLOW_FAILED, Deed.REPORTED, Deed.REVOKE_CHOSEN}
    return {entry.subject for entry in entries if entry.deed in why or entry.kind == "compromised"}


def _objects(done: Sequence[Act], entries: Sequence[Entry]) -> Iterator[str]:
    named: dict[str, set[str]] = {}
    for entry in entries:
        thing = entry.data.get("object") or entry.data.get("found")
        if entry.kind == "tap" and thing:
            named.setdefault(thing, set()).add(entry.request)
    yield from (f"the pass {thing} belongs to {len(who)} requests" for thing, who in named.items() if len(who) > 1)
    made = {act.object: act.subject for act in done if act.kind == "tap"}
    yield from (f"the audit names a pass {thing} that was never made" for thing in named.keys() - made.keys())
    lost = Counter(entry.subject for entry in entries if entry.kind == "tap" and entry.deed == Deed.LOST)
    for subject, number in Counter(made[thing] for thing in made.keys() - named.keys()).items():
        if number > lost[subject]:
            yield f"{number} passes of {subject} are in no entry, and {lost[subject]} answers were lost"
    once = Counter((act.subject, act.object) for act in done if act.kind == "methods")
    yield from (f"the method {thing[1]} of {thing[0]} was removed {n} times" for thing, n in once.items() if n > 1)


def thawed(entries: Sequence[Entry]) -> Iterator[str]:
    """Say what was given out while an alarm froze the account of whose it is, and was never taken back."""
    frozen: dict[str, set[str]] = {}
    back = {e.request for e in entries if e.deed in {Deed.STOPPED, Deed.LATE, Deed.REVOKED}}
    for entry in entries:
        alarms = frozen.setdefault(entry.subject, set())
        if entry.deed == Deed.FROZEN:
            alarms.add(entry.request)
        if entry.deed == Deed.LIFTED:
            alarms.discard(entry.request)
        if alarms and entry.deed == Deed.SHOWN and not KINDS[entry.kind].harmless and entry.request not in back:
            yield f"{entry.kind} {entry.request} was given out after an alarm"


def by_request(entries: Sequence[Entry]) -> Mapping[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.request, []).append(entry)
    return found


def unheard(entries: Sequence[Entry], told: Collection[str]) -> Iterator[str]:
    """Say of which alarms security was not told: somebody asked for one, reported, or said so in a no."""
    raised = {
        entry.request
        for entry in entries
        if (entry.kind == "compromised" and entry.deed == Deed.ASKED)
        or entry.deed == Deed.REPORTED
        or (entry.deed == Deed.DENIED and entry.data.get("choice") == "compromised")
    }
    yield from (f"nobody told security of {request}" for request in sorted(raised.difference(told)))
