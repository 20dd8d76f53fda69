"""Jobs that come late, twice, or for what is not there: each does only what is still due and asks nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Ref, Report, RevokeIt
from bot.core.errors import AnswerLost, Unavailable
from bot.core.matters import Matter
from bot.core.model import Follow, Status
from bot.core.notices import ActNotice
from bot.core.options import REVOKE_SESSIONS
from bot.core.ports import Job
from bot.desk.register import MATTER
from bot.kinds.tap import USED
from bot.process.jobs import Handler, UnknownJob, by_sort
from tests.fakes import FakeClock, Office, at_home, office
from tests.laws.wallet import proved
from tests.stores import patient

LATER = ("due", "look", "watch", "follow", "revoke")


class TurnedToEntraError(Exception):
    """A job asked Entra although there was nothing left to do."""


def nothing_more(desk: Office) -> None:
    for call in ("account", "passes", "methods", "passkeys", "delete_pass", "set_password", "revoke_sessions"):
        desk.directory.trouble[call] = TurnedToEntraError(call)


@pytest.mark.parametrize("job", LATER)
async def test_a_job_for_what_is_not_there_does_nothing(desk: Office, job: str) -> None:
    await desk.job(job, "gone")
    assert await desk.deeds() == []


@pytest.mark.parametrize("kind", ["tap", "password"])
async def test_what_was_done_is_neither_looked_for_nor_taken_back_nor_followed_once_more(
    desk: Office, kind: str
) -> None:
    await desk.bring(kind)
    await desk.job("follow")
    before = await desk.load("r1")
    assert before.status is Status.DONE
    assert before.follow is not Follow.DUE
    nothing_more(desk)
    for job in ("due", "look", "follow", "revoke"):
        await desk.job(job)
    assert await desk.load("r1") == before


@pytest.mark.parametrize("stands", [Status.STEP_UP, Status.READY])
async def test_what_waits_for_its_person_is_not_decided_again_nor_watched(desk: Office, stands: Status) -> None:
    await (desk.ask() if stands is Status.STEP_UP else desk.ready())
    before = await desk.load("r1")
    assert before.status is stands
    nothing_more(desk)
    for job in LATER:
        await desk.job(job)
    assert await desk.load("r1") == before


async def test_what_was_taken_back_is_not_watched(desk: Office) -> None:
    await desk.bring("tap")
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("revoke")
    before = await desk.load("r1")
    assert before.status is Status.REVOKED
    nothing_more(desk)
    for job in LATER:
        await desk.job(job)
    assert await desk.load("r1") == before


async def test_a_pass_that_was_used_is_watched_until_it_is_known(desk: Office) -> None:
    await desk.bring("tap")
    desk.directory.live["ann"] = replace(desk.directory.live["ann"], usable=False, usability="OneTimeUsed")
    await desk.job("watch")
    assert (await desk.load("r1")).stage == USED


async def test_what_comes_after_an_act_is_due_until_its_answer_came(desk: Office) -> None:
    await desk.bring("password")
    desk.directory.trouble["revoke_sessions"] = AnswerLost("cut")
    with pytest.raises(Unavailable):
        await desk.job("follow")
    assert (await desk.load("r1")).follow is Follow.DUE


@pytest.mark.parametrize("signed_out", [False, True])
async def test_an_act_signs_its_person_out_where_the_policy_says_so(database_url: str, *, signed_out: bool) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"password": {REVOKE_SESSIONS.name: signed_out}})
        await desk.bring("password")
        await desk.job("follow")
        assert ("revoke ann" in desk.directory.writes) is signed_out


async def test_who_proves_who_they_are_is_not_signed_out_by_it(desk: Office) -> None:
    await proved(desk)
    await desk.job("follow", "v1")
    assert desk.directory.writes == ["proof ann"]


async def test_who_takes_back_what_they_asked_for_is_not_signed_out(desk: Office) -> None:
    await desk.bring("tap")
    await desk.desk.handle(at_home("ann"), RevokeIt(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert "revoke ann" not in desk.directory.writes


async def test_an_alarm_before_the_act_deletes_no_pass_that_somebody_else_made(desk: Office) -> None:
    ready = await desk.ready()
    await desk.directory.issue_pass("ann", timedelta(hours=1), one_time=True)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", ready.version)))
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert "ann" in desk.directory.live


async def test_every_sort_of_matter_has_somebody_who_looks_after_it(desk: Office) -> None:
    for sort in Matter.__subclasses__():
        if sort.SORT != ActNotice.SORT:  # a job of its own sends it
            await desk.job(MATTER, sort.named("no such"))
    with pytest.raises(UnknownJob):
        await desk.job(MATTER, "stranger:1")


async def test_a_matter_goes_to_whom_it_is_one_of() -> None:
    seen: list[tuple[str, str]] = []

    def named(name: str) -> Handler:
        async def handled(job: Job) -> None:
            seen.append((name, job.request))

        return handled

    handled = by_sort({sort: named(sort) for sort in ("caller", "threat")})
    for key in ("threat:1", "caller:2", "threat:caller:3"):
        await handled(Job(MATTER, key))
    assert seen == [("threat", "threat:1"), ("caller", "caller:2"), ("threat", "threat:caller:3")]
