"""What is taken back after an alarm: what the desk did, while it still is; each half whatever becomes of the other."""

from __future__ import annotations

import pytest

from bot.core.actions import Deny, Ref, Replace, Report
from bot.core.answers import Refused
from bot.core.errors import AnswerLost, DeskError, NotGranted, Unavailable
from bot.core.events import ShowFailed
from bot.core.model import Follow, Status
from bot.core.reasons import Reason
from bot.desk.ledger import happened
from tests.fakes import Office, at_home, in_channel
from tests.laws.raised import alarm, flagged
from tests.laws.seen import why


async def test_not_me_half_a_year_later_takes_nothing_back(desk: Office) -> None:
    done = await desk.bring("password")
    await desk.job("cards")
    assert '"report"' in desk.messenger.shown("a:ann")
    desk.clock.advance(days=1)
    await desk.job("due")
    await desk.job("cards")
    assert '"report"' not in desk.messenger.shown("a:ann")
    writes = list(desk.directory.writes)
    late = await desk.desk.handle(at_home("ann"), Report(Ref("r1", done.version)))
    assert why(late) == Reason.TOO_LATE
    assert desk.directory.writes == writes
    assert not isinstance(await desk.ask(request_id="r2", kind="methods"), Refused)


async def test_a_password_chosen_since_stays(desk: Office) -> None:
    done = await desk.bring("password")
    desk.clock.advance(hours=2)
    desk.directory.change_password("ann")
    writes = list(desk.directory.writes)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load(done.id)).version)))
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert desk.directory.writes[len(writes) :] == ["revoke ann"]


async def test_a_password_that_is_still_the_desks_is_made_useless(desk: Office) -> None:
    done = await desk.bring("password")
    desk.clock.advance(hours=2)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load(done.id)).version)))
    await desk.job("revoke")
    assert [w for w in desk.directory.writes if w.startswith("password")] == ["password ann False", "password ann True"]


@pytest.mark.parametrize("no", [NotGranted("no", code="no_permission"), AnswerLost("cut"), Unavailable("down")])
async def test_sessions_end_whatever_becomes_of_what_is_taken_back(desk: Office, no: DeskError) -> None:
    await desk.ready()
    await desk.show()
    desk.directory.trouble["delete_pass"] = no
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    with pytest.raises(DeskError):
        await desk.job("revoke")
    assert "revoke ann" in desk.directory.writes
    assert (await desk.load("r1")).status is Status.REVOKING  # and it is tried on
    del desk.directory.trouble["delete_pass"]
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert desk.directory.writes[-1] == "revoke ann"  # whoever came in with what worked until now goes too


async def test_what_was_made_is_taken_back_where_sessions_cannot_be_ended(desk: Office) -> None:
    await desk.ready()
    await desk.show()
    desk.directory.trouble["revoke_sessions"] = NotGranted("no", code="no_permission")
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    with pytest.raises(NotGranted):
        await desk.job("revoke")
    assert "ann" not in desk.directory.live


async def test_a_pass_is_deleted_where_it_cannot_be_looked_whether_there_is_another(desk: Office) -> None:
    await desk.ready()
    await desk.show()
    await desk.ledger.change("r1", happened(ShowFailed()))
    await desk.desk.handle(at_home("ann"), Replace(Ref("r1", (await desk.load("r1")).version), in_place=True))
    made = await desk.load("r1")
    assert (made.attempts, made.status) == (2, Status.DONE)
    desk.directory.trouble["passes"] = Unavailable("down")
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", made.version)))
    with pytest.raises(Unavailable):
        await desk.job("revoke")
    assert "ann" not in desk.directory.live


async def test_an_alarm_deletes_passes_where_it_may_not_sign_anybody_out(desk: Office) -> None:
    await desk.ready()
    await desk.show()
    desk.directory.trouble["revoke_sessions"] = NotGranted("no", code="no_permission")
    first = await alarm(desk)
    await desk.job("act", first.id)
    assert "ann" not in desk.directory.live
    assert (await desk.load(first.id)).status is Status.FAILED  # which security is told


async def test_one_half_that_never_works_does_not_end_the_tries_of_the_other(desk: Office) -> None:
    ref = await flagged(desk)
    await desk.desk.handle(in_channel("ben"), Deny(ref, "That is not Ann", "compromised"))
    await desk.sign_in("ben")
    desk.directory.trouble["revoke_sessions"] = NotGranted("no", code="no_permission")
    desk.directory.trouble["confirm_compromised"] = Unavailable("down")
    with pytest.raises(Unavailable):
        await desk.job("follow")
    del desk.directory.trouble["confirm_compromised"]
    await desk.job("follow")
    assert desk.directory.writes == ["confirm_compromised ann"]
    assert (await desk.load("r1")).follow is Follow.FAILED
