"""What a turn costs at the database, counted on the wire: a round trip is the price of every distance."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.core.actions import Approve, Begin, Consent, Home, Ref, Show, Submit
from bot.core.answers import Form, HomeCard, RequestCard, Said, SecretShown
from bot.core.calling import OpenForm, OpenRequest
from bot.core.model import Status
from bot.core.options import ASSISTED
from bot.core.ports import Job
from playground.wire import Wire, wire
from tests.entra import FakeClock
from tests.fakes import EMPLOYEES, POLICY, USUAL, Office, at_home, in_channel, office, person, private
from tests.laws.test_callers import asked, signs_in
from tests.stores import patient

MORE = 8  # round trips that an errand opened for somebody else takes beyond one's own
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


@pytest.fixture
async def assisted(counted: Counted) -> Counted:
    """An office in which passes may be opened for somebody else, and everybody has a chat already."""
    store, clock = counted.office.store, counted.office.clock
    made = office(store, clock, replace(POLICY, options={ASSISTED: True}))
    async with store.unit() as unit:
        for name in ("ann", "ben", "cleo", "kim"):
            await unit.remember(person(name), private(name))
    return Counted(made, counted.wire)


async def _from_the_sign_in_on(desk: Office, name: str, request: str) -> None:
    """What is the same whoever asked, with the messages that follow each step."""
    await desk.delivery.cards(Job("cards", request))
    await desk.sign_in(name, request)
    await desk.delivery.cards(Job("cards", request))
    await desk.approve("cleo", request)
    await desk.delivery.cards(Job("cards", request))
    assert isinstance(await desk.show(name, request), SecretShown)
    await desk.delivery.cards(Job("cards", request))


async def test_an_errand_opened_for_somebody_else_costs_few_more(assisted: Counted) -> None:
    """From the form to the secret; the call that goes before, which proves who they are, opens nothing by itself."""
    desk, handle = assisted.office, assisted.office.desk.handle
    await asked(desk)
    await signs_in(desk)
    costs: list[int] = []
    for name in ("mo", "kim"):  # the first finds everything cold
        desk.directory.add(name, EMPLOYEES)
        await desk.desk.installed(person(name), private(name))
        assisted.cost()
        assert isinstance(await handle(at_home(name), Begin("tap")), Form)
        await handle(at_home(name), Submit("tap", f"r-{name}", USUAL["tap"]))
        await _from_the_sign_in_on(desk, name, f"r-{name}")
        costs.append(assisted.cost())

    assert isinstance(await handle(at_home("ben"), OpenForm("f1", 2, "tap")), Form)
    assert isinstance(await handle(at_home("ben"), OpenRequest("f1", 2, "tap", "r-ann", USUAL["tap"])), Said)
    await desk.delivery.cards(Job("cards", "r-ann"))
    assert isinstance(await handle(at_home("ann"), Consent(Ref("r-ann", 1))), RequestCard)
    await _from_the_sign_in_on(desk, "ann", "r-ann")
    assert assisted.cost() <= costs[-1] + MORE
