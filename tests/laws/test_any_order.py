"""In whatever order they press, with an attacker among them: nothing for somebody else without all that it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.core.lately import Limits
from tests.fakes import FakeClock, Office
from tests.laws.parties import (
    FORMS,
    HELPERS,
    IMPOSTOR,
    KINDS,
    MANAGER,
    ON_CALLS,
    ON_REQUESTS,
    PEOPLE,
    REQUESTS,
    STORIES,
    Move,
    Scene,
    Story,
    opened,
)
from tests.laws.seen import at_rest
from tests.stores import patient

RUNS = count()
EVERYBODY = (*PEOPLE, IMPOSTOR)
ASKS, PROVES, OPENS, AGREES, SIGNS, APPROVES, SHOWS = range(7)  # the places of a story's moves
AWAY = [Move(what, who) for what in ("leaves", "disabled") for who in PEOPLE]
NOES = [
    Move("disowns", "ann", "f1"),
    Move("unvouches", MANAGER, "f1"),
    Move("refuses", "ann", "r1"),
    Move("withdraws", "ann", "r1"),
    Move("denies", "cleo", "r1"),
]
TURNS = [Move(what) for what in ("restarts", "dies", "again", "both", "works")]
TURNS += [Move("waits", of=minutes) for minutes in ("1", "6", "16", "31")]
TURNS += [Move("demands", of=said) for said in ("step_up:30", "face:30", "manager:5", "face:5")]  # another policy
ATTACKS = [Move(what, who, of) for what in ON_CALLS for who in EVERYBODY for of in FORMS]
ATTACKS += [Move(what, who, of) for what in ON_REQUESTS for who in EVERYBODY for of in REQUESTS]
ATTACKS += [Move("opens", who, of, by) for who in HELPERS for of in REQUESTS for by in FORMS]


def twisted(story: Story) -> Iterator[list[Move]]:
    """One thing is otherwise: who plays a part, who makes a move, whether it is made, or what goes before."""
    moves = list(story.moves)
    for was in (story.agent, story.colleague, story.approver):
        for other in EVERYBODY:
            yield [replace(move, who=other) if move.who == was else move for move in moves]
    for at, move in enumerate(moves):
        yield moves[:at] + moves[at + 1 :]
        yield from ([*moves[:at], replace(move, who=other), *moves[at + 1 :]] for other in EVERYBODY)
    weaker = ("types", "guesses")
    yield from ([*moves[:PROVES], Move(what, story.colleague, story.form), *moves[OPENS:]] for what in weaker)
    yield from ([*moves[:SHOWS], move, moves[SHOWS]] for move in (*AWAY, *NOES))


def by_word(story: Story) -> Iterator[list[Move]]:
    """The same, where a manager says who it is: somebody else does, nobody asked them, or they take it back."""
    moves = list(story.moves)
    at = next(n for n, move in enumerate(moves) if move.what == "vouches")
    yield from ([*moves[:at], replace(moves[at], who=other), *moves[at + 1 :]] for other in EVERYBODY)
    yield from (moves[:gone] + moves[gone + 1 :] for gone in range(at - 2, at + 1))
    for _ in KINDS:  # which take turns
        yield [replace(move, who=MANAGER) if move.what == "approves" else move for move in moves]
    yield from ([*moves[:-1], Move("unvouches", who, story.form), moves[-1]] for who in (MANAGER, story.colleague))


def reused(until: int) -> list[Move]:
    """What proved who Ann is serves one request: what goes on for another one with it has nothing."""
    first, second = STORIES[0], STORIES[1]
    other = replace(second, form=first.form, agent=first.agent, approver=first.approver)
    return [*first.moves[:until], Move("withdraws", "ann", first.request), *other.moves[OPENS:]]


@st.composite
def orders(draw: st.DrawFn) -> list[Move]:
    """One or two stories, mixed, with moves that others make, that are left out, and that are put in between."""
    told = draw(st.lists(st.sampled_from(STORIES), min_size=1, max_size=2, unique=True))
    left = [list(story.moves) for story in told]
    moves = []
    while any(left):
        which = draw(st.integers(0, len(left) - 1)) if all(left) else next(n for n, rest in enumerate(left) if rest)
        moves.append(left[which].pop(0))
    for at in draw(st.lists(st.integers(0, len(moves) - 1), max_size=2)):
        moves[at] = replace(moves[at], who=draw(st.sampled_from(EVERYBODY)))
    if draw(st.booleans()):
        del moves[draw(st.integers(0, len(moves) - 1))]
    for at, move in draw(
        st.lists(st.tuples(st.integers(0, 14), st.sampled_from([*ATTACKS, *AWAY, *NOES])), max_size=4)
    ):
        moves.insert(at, move)
    for at, move in draw(st.lists(st.tuples(st.integers(0, 14), st.sampled_from(TURNS)), max_size=3)):
        moves.insert(at, move)
    return moves


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield opened(store, clock)


async def played(desk: Office, kind: str, moves: list[Move], monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene, bodies = Scene(desk, f"-{next(RUNS)}", kind, monkeypatch), len(desk.messenger.bodies)
    await scene.begin()
    await scene.play(moves)
    assert scene.wrong == [], moves
    assert scene.told(desk.messenger.bodies[bodies:]) == []
    await scene.end()
    return scene


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.request)
async def test_as_it_should_go_it_goes(desk: Office, kind: str, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = await played(desk, kind, list(story.moves), monkeypatch)
    assert scene.acted == {story.request: kind}


async def test_nothing_comes_with_anything_otherwise(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [*twisted(STORIES[0]), *by_word(STORIES[2]), *map(reused, range(AGREES, SHOWS + 2))]
    came = [
        (KINDS[number % 2], moves)
        for number, moves in enumerate(runs)
        if (await played(desk, KINDS[number % 2], moves, monkeypatch)).acted
    ]
    assert len(came) < len(runs) / 3, came


@settings(
    max_examples=70,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # what fails is short enough to be read
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kind=st.sampled_from(KINDS), moves=orders())
async def test_in_whatever_order_they_press_nothing_comes_without_all_of_it(
    desk: Office, monkeypatch: pytest.MonkeyPatch, kind: str, moves: list[Move]
) -> None:
    await played(desk, kind, moves, monkeypatch)


async def test_with_the_brakes_on_a_second_takes_a_face_and_one_yes_more(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, (first, second, _) = FakeClock(), STORIES
    face = Move("faces", second.colleague, second.request)
    way = [*second.moves[:APPROVES], face, *second.moves[APPROVES:]]
    async with patient(database_url, clock) as store:
        desk = opened(store, clock, Limits())
        for left in (None, face, second.moves[APPROVES]):
            moves = [*first.moves, *(move for move in way if move != left)]
            scene = await played(desk, "password", moves, monkeypatch)  # which takes no yes as the first
            assert scene.acted.keys() == {first.request} | (set() if left else {second.request}), left


async def test_no_secret_of_theirs_is_at_rest(desk: Office, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, story in zip(KINDS, STORIES[1:], strict=True):
        await played(desk, kind, list(story.moves), monkeypatch)
    kept = await at_rest(database_url)
    assert len(desk.directory.secrets) == 2
    assert not [secret for secret in desk.directory.secrets if secret in kept]
