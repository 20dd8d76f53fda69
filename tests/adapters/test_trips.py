"""What a turn costs at the database, counted on the wire: a round trip is the price of every distance."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.actions import Approve, Begin, Home, Ref, Show
from bot.core.answers import Form, HomeCard, RequestCard, SecretShown
from bot.core.model import Status
from bot.core.ports import Job
from playground.wire import Wire, wire
from tests.entra import FakeClock
from tests.fakes import Office, at_home, in_channel, office, person, private
from tests.stores import patient

AN_ASK = 6  # what the desk promises; the limits are what it does
LIMITS = {"chat": 3, "home": 2, "form": 1, "ask": 6, "cards": 3, "sign-in": 10, "approve": 5, "yes": 11, "show": 7}


@dataclass
class Counted:
    office: Office
    wire: Wire

    def cost(self) -> int:
        """Return the round trips since it was asked last."""
        trips, self.wire.trips = self.wire.trips, 0
        return trips


@pytest.fixture
async def counted(database_url: str) -> AsyncIterator[Counted]:
    clock = FakeClock()
    with tempfile.TemporaryDirectory(prefix="wire") as folder:
        async with (
            wire(database_url, Path(folder)) as laid,
            patient(laid.url(database_url), clock, size=1) as store,
        ):
            await store.ping()
            laid.trips = 0
            yield Counted(office(store, clock), laid)


async def test_what_each_turn_of_a_request_costs(counted: Counted) -> None:
    """From the first message to the secret: through the desk's one door, and the jobs that follow."""
    desk, cost = counted.office.desk, counted.cost
    costs: dict[str, int] = {}

    await desk.installed(person("ann"), private("ann"))
    costs["chat"] = cost()
    assert isinstance(await desk.handle(at_home("ann"), Home()), HomeCard)
    costs["home"] = cost()
    assert isinstance(await desk.handle(at_home("ann"), Begin("tap")), Form)
    costs["form"] = cost()
    assert isinstance(await counted.office.ask("ann"), RequestCard)
    costs["ask"] = cost()  # with the chat that is new to this process
    await counted.office.delivery.cards(Job("cards", "r1"))
    costs["cards"] = cost()
    await counted.office.sign_in("ann")
    costs["sign-in"] = cost()  # four requests: begun, gone to Entra, back, and the code through Teams
    request = await counted.office.load("r1")
    assert request.status is Status.APPROVAL
    cost()
    await desk.installed(person("ben"), private("ben"))
    cost()
    await desk.handle(in_channel("ben"), Approve(Ref("r1", request.version)))
    costs["approve"] = cost()
    await counted.office.sign_in("ben")
    costs["yes"] = cost()
    request = await counted.office.load("r1")
    assert request.status is Status.READY
    cost()
    assert isinstance(await desk.handle(at_home("ann"), Show(Ref("r1", request.version))), SecretShown)
    costs["show"] = cost()

    assert costs["ask"] <= AN_ASK
    assert {turn: trips for turn, trips in costs.items() if trips > LIMITS[turn]} == {}
