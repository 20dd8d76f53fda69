"""The gallery's lookups: the way to a colleague's history or proof, what is shown of it, and what they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.core.answers import ProofShown, Said
from bot.core.colleague import Colleague
from bot.core.listed import StatusCard
from bot.core.lookups import Seen, Sight, episode
from bot.core.model import Status
from bot.core.sights import HistoryCard, LookDoor, LookForm
from bot.kinds import KINDS
from cards import Showable, View
from playground.gallery.people import ANN, BEN, CLEO, UPN
from playground.gallery.requests import at, told
from playground.gallery.stories import NOW

FOUND = (
    Colleague(ANN.id, ANN.name, UPN, "Buyer, Purchasing", "Max Moore"),
    Colleague("ann2", ANN.name, "ann.archer2@contoso.example", "Driver", ""),
)


def lookups(view: View) -> Iterator[tuple[str, Showable, View]]:
    cleo = replace(view, user="29:cleo", person=CLEO.id)
    for sight in Sight:
        yield f"lookup/{sight}/door", LookDoor(sight), cleo
        yield f"lookup/{sight}/form", LookForm(sight), cleo
    yield "lookup/found", LookForm(Sight.HISTORY, "ann archer", found=FOUND), cleo
    yield "lookup/no_match", LookForm(Sight.HISTORY, "zed", "no_match"), cleo
    every = [told(kind.name, status) for kind in KINDS.values() for status in (Status.DONE, Status.DENIED)]
    opened = replace(at(Status.ENDED), opened_by=BEN)
    episodes = tuple(episode(one, KINDS[one.kind].reasons) for one in [*every, opened])
    yield "lookup/history", HistoryCard(ANN, episodes), cleo
    yield "lookup/history/none", HistoryCard(ANN, ()), cleo
    yield "lookup/proof", ProofShown(ANN, {"at": NOW.isoformat()}), cleo
    yield "said/lookup.in_private", Said("lookup.in_private"), cleo
    yield "said/lookup.over", Said("lookup.over"), cleo
    looks = tuple(Seen(sight, who.name, NOW - timedelta(hours=n)) for n in range(4) for sight, who in _SEEN)
    yield "list/looked_at", StatusCard(ANN, (at(Status.ENDED),), looks), view


_SEEN = ((Sight.HISTORY, CLEO), (Sight.PROOF, BEN))
