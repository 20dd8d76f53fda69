"""Deliveries: what stands in Teams follows from the request, whatever was doubled, lost or seen too early."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import psycopg
import pytest

from bot.core.actions import Approve, Hide, Ref, Refresh, Withdraw
from bot.core.answers import Refused, Said
from bot.core.errors import AnswerLost, Closed, DeskError, NotGranted, Rejected, Unavailable
from bot.core.events import Withdrew
from bot.core.model import Status
from bot.core.ports import Job, Posted, Slot
from bot.core.watch import Notice, Sort
from bot.desk.ledger import happened
from bot.teams.scenes import Message, PlannedMessage
from tests.fakes import POLICY, TENANT, FakeClock, Office, at_home, in_channel, office, private
from tests.stores import patient


async def waiting(url: str, name: str) -> int:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        asked = "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'name' = %s"
        row = await (await connection.execute(asked, (name,))).fetchone()
        return int(row[0]) if row else 0


def refresh(desk: Office):  # type: ignore[no-untyped-def]  # noqa: ANN201
    async def seen(chat: str, activity: str) -> None:
        if chat != private("ann").id:
            return
        version = (await desk.load("r1")).version
        await desk.desk.handle(at_home("ann"), Refresh(Ref("r1", version)), card=activity)

    return seen


async def test_a_card_seen_before_its_id_is_kept_is_no_stray(desk: Office, database_url: str) -> None:
    """News is a new message: the client shows and refreshes it while the desk still holds the old one's id."""
    await desk.ask()
    await desk.job("cards")
    await desk.sign_in()
    await desk.approve()
    desk.messenger.seen = refresh(desk)
    await desk.job("cards")
    assert await waiting(database_url, "stray") == 0
    assert "Your pass is ready" in desk.messenger.shown("a:ann")


async def test_a_card_whose_posting_was_not_answered_is_found_out_when_seen(desk: Office, database_url: str) -> None:
    await desk.ask()
    desk.messenger.trouble.append(AnswerLost("cut"))
    with pytest.raises(Unavailable):
        await desk.job("cards")
    await desk.job("cards")
    await refresh(desk)(private("ann").id, "a-card-nobody-knows")
    assert await waiting(database_url, "stray") == 1


async def test_what_was_on_its_way_and_is_not_wanted_any_more_hides_no_twin(desk: Office, database_url: str) -> None:
    """The card's answer got lost, and before it was posted again its person had signed in."""
    await desk.ask()
    desk.messenger.trouble.append(AnswerLost("cut"))
    with pytest.raises(Unavailable):
        await desk.job("cards")
    await desk.sign_in()
    await desk.job("cards")
    desk.messenger.messages[private("ann").id, "twin"] = {"text": "Sign in again"}
    await refresh(desk)(private("ann").id, "twin")
    assert await waiting(database_url, "stray") == 1
    await desk.delivery.stray(Job("stray", "r1", slot="twin", person=private("ann").id))
    assert (private("ann").id, "twin") not in desk.messenger.messages


async def test_what_is_pressed_while_its_like_is_on_its_way_goes_once_that_is_known(
    desk: Office, database_url: str
) -> None:
    """The card's answer got lost, and its person withdraws on it: what it shows from then on never asks again."""
    await desk.ask()
    desk.messenger.trouble.append(AnswerLost("cut"))
    with pytest.raises(Unavailable):
        await desk.job("cards")
    desk.messenger.messages[private("ann").id, "twin"] = {"text": "Sign in"}
    version = (await desk.load("r1")).version
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", version)), card="twin")
    assert await waiting(database_url, "stray") == 1
    stray = Job("stray", "r1", slot="twin", person=private("ann").id)
    with pytest.raises(Unavailable):
        await desk.delivery.stray(stray)
    await desk.job("cards")
    await desk.delivery.stray(stray)
    assert (private("ann").id, "twin") not in desk.messenger.messages
    assert "Withdrawn" in desk.messenger.shown("a:ann")


async def test_what_is_pressed_before_its_id_is_kept_stays(desk: Office) -> None:
    await desk.ask()

    async def withdrawn(chat: str, activity: str) -> None:
        desk.messenger.seen = None
        await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", (await desk.load("r1")).version)), card=activity)
        stray.append(Job("stray", "r1", slot=activity, person=chat))

    stray: list[Job] = []
    desk.messenger.seen = withdrawn
    await desk.job("cards")
    await desk.delivery.stray(stray[0])
    assert (private("ann").id, stray[0].slot) in desk.messenger.messages


async def test_a_message_without_a_name_elsewhere_hides_no_twin_here(desk: Office, database_url: str) -> None:
    await desk.ask()
    await desk.job("cards")
    await desk.sign_in()
    desk.messenger.nameless = {"19:helpdesk@thread.tacv2"}
    await desk.job("cards")
    desk.messenger.messages[private("ann").id, "twin"] = {"text": "Sign in again"}
    await refresh(desk)(private("ann").id, "twin")
    assert await waiting(database_url, "stray") == 1


async def test_a_channel_that_is_gone_hides_no_twin_here(desk: Office, database_url: str) -> None:
    await desk.ask()
    await desk.sign_in()
    desk.messenger.gone = {"19:helpdesk@thread.tacv2"}
    await desk.job("cards")
    desk.messenger.messages[private("ann").id, "twin"] = {"text": "Sign in again"}
    await refresh(desk)(private("ann").id, "twin")
    assert await waiting(database_url, "stray") == 1


async def test_where_nothing_of_a_request_was_sent_nothing_is_taken_away(desk: Office, database_url: str) -> None:
    """A card of another's, or one carried there: no message of ours in that place says what is a copy."""
    await desk.ask()
    await refresh(desk)(private("ann").id, "carried")
    assert await waiting(database_url, "stray") == 0


async def test_what_teams_does_not_take_is_not_waited_for(desk: Office, database_url: str) -> None:
    """Somebody has blocked the bot, and what they had before is a twin like any other."""
    await desk.ask()
    await desk.job("cards")
    await desk.sign_in()
    await desk.approve()
    desk.messenger.trouble.append(Rejected("blocked", code="ConversationBlockedByUser"))
    await desk.job("cards")
    desk.messenger.messages[private("ann").id, "twin"] = {"text": "Sign in again"}
    await refresh(desk)(private("ann").id, "twin")
    assert await waiting(database_url, "stray") == 1


async def test_what_is_posted_twice_goes_and_the_other_stays_known(desk: Office, database_url: str) -> None:
    await desk.ask()
    await desk.job("cards")
    mine = [activity for chat, activity in desk.messenger.messages if chat == private("ann").id]
    twin = await desk.messenger.post(private("ann"), {"text": "the same, its answer was lost"})
    await desk.delivery.stray(Job("stray", "r1", slot=twin, person=private("ann").id))
    sent = len(desk.messenger.bodies)
    await desk.job("cards")
    assert len(desk.messenger.bodies) == sent
    for activity in mine:
        await refresh(desk)(private("ann").id, activity)
    assert await waiting(database_url, "stray") == 0


async def test_a_twin_in_a_chat_that_takes_nothing_is_no_job_given_up(desk: Office) -> None:
    """It stands until the chat takes something again and it is seen; what our own right is missing for is tried on."""
    await desk.ask()
    await desk.job("cards")
    twin = Job("stray", "r1", slot=await desk.messenger.post(private("ann"), {}), person=private("ann").id)
    desk.messenger.kept.append(Closed("blocked", code="ConversationBlockedByUser"))
    await desk.delivery.stray(twin)
    desk.messenger.kept.append(NotGranted("the bot's own token is refused"))
    with pytest.raises(NotGranted):
        await desk.delivery.stray(twin)
    await desk.delivery.stray(twin)
    assert (private("ann").id, twin.slot) not in desk.messenger.messages


async def test_what_was_posted_twice_in_the_channel_goes_when_it_is_pressed(desk: Office, database_url: str) -> None:
    """In a channel too large for clients to ask: whoever presses it is answered all the same."""
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    twin, _ = await desk.messenger.post_in_channel(TENANT, "19:helpdesk@thread.tacv2", {"text": "the same"})
    number = twin.id.rpartition("=")[2]
    ben = replace(in_channel("ben"), chat=twin)
    await desk.desk.installed(ben.person, private("ben"))
    version = (await desk.load("r1")).version
    answer = await desk.desk.handle(ben, Approve(Ref("r1", version)), card=number)
    assert answer == Said("approve.continue_in_private")
    assert await waiting(database_url, "stray") == 1
    await desk.delivery.stray(Job("stray", "r1", slot=number, person=twin.id))
    assert (twin.id, number) not in desk.messenger.messages
    (there,) = [(chat, activity) for chat, activity in desk.messenger.messages if chat.startswith("19:helpdesk")]
    known = replace(ben, chat=replace(twin, id=there[0]))
    await desk.desk.handle(known, Approve(Ref("r1", version)), card=there[1])
    assert await waiting(database_url, "stray") == 1  # the one from before


async def test_what_was_posted_twice_in_the_channel_goes_when_anybody_sees_it(desk: Office, database_url: str) -> None:
    """Whoever looks learns nothing, not even an approver who has a private card of it elsewhere."""
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    await desk.desk.installed(in_channel("ben").person, private("ben"))
    ref = Ref("r1", (await desk.load("r1")).version)
    await desk.desk.handle(in_channel("ben"), Approve(ref))
    await desk.job("cards")
    twin, number = await desk.messenger.post_in_channel(TENANT, "19:helpdesk@thread.tacv2", {"text": "the same"})
    [(place, first)] = [m for m in desk.messenger.messages if m[0].startswith("19:helpdesk") and m[0] != twin.id]
    for who in ("ann", "ben", "tess"):
        known = replace(in_channel(who), chat=replace(twin, id=place))
        seen = await desk.desk.handle(known, Refresh(ref), card=first)
        assert isinstance(seen, Refused)
        assert seen.request is None
    assert await waiting(database_url, "stray") == 0
    await desk.desk.handle(replace(in_channel("tess"), chat=twin), Refresh(ref), card=number)
    assert await waiting(database_url, "stray") == 1
    await desk.delivery.stray(Job("stray", "r1", slot=number, person=twin.id))
    assert (twin.id, number) not in desk.messenger.messages


async def test_no_press_has_the_card_of_another_request_taken_away(desk: Office) -> None:
    """Which request it is about is in a button's data, and those are in the hands of whoever presses."""
    for who, request in (("ann", "r1"), ("kim", "r2")):
        await desk.ask(who, request)
        await desk.sign_in(who, request)
        await desk.job("cards", request)
    (mine, first), (other, second) = [m for m in desk.messenger.messages if m[0].startswith("19:helpdesk")]
    ben = replace(in_channel("ben"), chat=replace(in_channel("ben").chat, id=other))
    await desk.desk.handle(ben, Refresh(Ref("r1", 1)), card=second)
    await desk.delivery.stray(Job("stray", "r1", slot=second, person=other))
    assert (other, second) in desk.messenger.messages
    assert (mine, first) in desk.messenger.messages


async def test_doing_it_again_changes_nothing(desk: Office) -> None:
    await desk.ready()
    await desk.job("cards")
    sent = len(desk.messenger.bodies)
    await desk.job("cards")
    assert len(desk.messenger.bodies) == sent


async def once(desk: Office, place: str) -> int:
    """Bring the cards about again and again, and say how many messages stand in a place then."""
    for _ in range(4):
        await desk.job("cards")
    return sum(chat.partition(";")[0] == place for chat, _ in desk.messenger.messages)


@pytest.mark.parametrize("place", ["a:ann", "19:helpdesk@thread.tacv2", "a:ben"])
async def test_what_was_sent_is_sent_though_teams_names_no_id(desk: Office, place: str) -> None:
    """Taken, with an empty answer: nothing is sent again until there is something new to say."""
    desk.messenger.nameless = {place}
    await desk.ask()
    first = {"a:ann": 1, "19:helpdesk@thread.tacv2": 0, "a:ben": 0}  # Ann's card
    assert await once(desk, place) == first[place]
    await desk.sign_in()
    assert await once(desk, place) == first[place] + (place.startswith("19:"))
    await desk.desk.installed(in_channel("ben").person, private("ben"))
    version = (await desk.load("r1")).version
    await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", version)))
    assert await once(desk, place) == first[place] + (place != "a:ann")
    await desk.sign_in("ben")
    assert (await desk.load("r1")).status is Status.READY
    assert await once(desk, place) == {"a:ann": 2}.get(place, 1)  # her pass is ready: that is news


async def test_a_reminder_goes_to_the_channel_where_its_thread_has_no_name(desk: Office) -> None:
    desk.messenger.nameless = {"19:helpdesk@thread.tacv2"}
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    request = await desk.load("r1")
    desk.clock.time = request.due_at or desk.clock.time
    await desk.job("due")
    assert (await desk.load("r1")).reminded
    assert await once(desk, "19:helpdesk@thread.tacv2") == 2


async def test_a_press_on_a_card_without_a_name_has_nothing_taken_away(desk: Office, database_url: str) -> None:
    """It may be the very one that stands there: whose name nobody knows cannot be told from a twin."""
    await desk.ask()
    desk.messenger.nameless = {"a:ann"}
    await desk.job("cards")
    await refresh(desk)(private("ann").id, "1")
    assert await waiting(database_url, "stray") == 0
    await desk.delivery.stray(Job("stray", "r1", slot="1", person="a:ann"))
    assert ("a:ann", "1") in desk.messenger.messages


async def test_an_alarm_and_a_finding_that_were_taken_are_told_once(desk: Office) -> None:
    desk.messenger.nameless = {"19:security@thread.tacv2"}
    await desk.ask(kind="compromised")
    for _ in range(3):
        await desk.job("alert")
    found = Notice("f1", in_channel("ben").person, Sort.REFUSED, "hour", 5, desk.clock.now(), "r1")
    async with desk.store.unit() as unit:
        await unit.found(found)
    for _ in range(3):
        await desk.job("finding", "f1")
    assert len(desk.messenger.messages) == 2


@pytest.mark.parametrize("gone", ["a:ann", "19:helpdesk@thread.tacv2"])
async def test_one_dead_address_silences_no_other(desk: Office, gone: str) -> None:
    """Each message is brought about by itself: what nobody can be told in one place is told in all others."""
    await desk.ask()
    await desk.sign_in()
    desk.messenger.gone = {gone}
    await desk.job("cards")
    there = {place for place in ("a:ann", "19:helpdesk@thread.tacv2") if desk.messenger.shown(place)}
    assert there == {"a:ann", "19:helpdesk@thread.tacv2"} - {gone}


async def test_security_hears_of_an_alarm_whatever_else_is_dead(desk: Office) -> None:
    await desk.ask(kind="compromised")
    desk.messenger.gone = {"a:ann", "19:helpdesk@thread.tacv2"}
    await desk.job("alert")
    assert "somebody is in my account" in desk.messenger.shown("19:security")


async def test_an_alarm_nobody_takes_is_told_again_until_somebody_does(desk: Office) -> None:
    await desk.ask(kind="compromised")
    desk.messenger.gone = {"19:security@thread.tacv2"}
    for _ in range(3):
        with pytest.raises(Unavailable):
            await desk.job("alert")
    desk.messenger.gone = set()
    await desk.job("alert")
    await desk.job("alert")
    assert desk.messenger.shown("19:security").count("somebody is in my account") == 1


async def test_a_channel_that_is_crowded_holds_up_only_what_goes_there(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    desk.messenger.crowded = {"19:helpdesk@thread.tacv2"}
    with pytest.raises(Unavailable) as held:
        await desk.job("cards")
    assert held.value.retry_after == 2
    assert desk.messenger.shown("a:ann")
    assert not desk.messenger.shown("19:helpdesk")
    desk.messenger.crowded = set()
    await desk.job("cards")
    assert desk.messenger.shown("19:helpdesk")


async def queue(url: str) -> list[tuple[str, str]]:
    """The jobs that wait, in the order in which they will be fetched."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        asked = "SELECT args ->> 'name', args ->> 'request' FROM procrastinate_jobs ORDER BY priority DESC, id"
        return await (await connection.execute(asked)).fetchall()


async def test_what_is_urgent_goes_first(desk: Office, database_url: str) -> None:
    """Locking and telling security, then whoever waits for a sign-in, then what goes on, and then the cards."""
    await desk.ask()
    await desk.sign_in()
    await desk.ask("kim", "r2", kind="risk")
    await desk.ask("ben", "r3", kind="compromised")
    waiting = [(name, request) for name, request in await queue(database_url) if name != "follow"]
    alarm = [("act", "r3"), ("alert", "r3"), ("lock", "r3")]
    assert waiting == [*alarm, ("cards", "r1"), ("cards", "r2"), ("cards", "r3")]


async def test_everybody_who_listens_hears_of_every_change(desk: Office, database_url: str) -> None:
    await desk.ask()
    ledger = replace(desk.ledger, listeners=(lambda r: [Job("tickets", r.id)], lambda r: [Job("feeds", r.id)]))
    assert (await waiting(database_url, "tickets"), await waiting(database_url, "feeds")) == (0, 0)
    await ledger.change("r1", happened(Withdrew(at_home("ann").person)))
    assert (await waiting(database_url, "tickets"), await waiting(database_url, "feeds")) == (1, 1)


async def test_what_the_desks_own_token_keeps_back_is_brought_once_there_is_one(desk: Office) -> None:
    """Its secret ran out: that is no message Teams refused, and not over when nobody changes anything."""
    await desk.ask()
    desk.messenger.trouble.append(NotGranted("Entra refused the bot a token", code="AADSTS7000222"))
    with pytest.raises(NotGranted):
        await desk.job("cards")
    await desk.job("cards")
    assert desk.messenger.shown("a:ann")


async def test_a_chat_that_cannot_be_opened_anew_just_now_is_opened_later(desk: Office) -> None:
    """The dead one was given up for good because Teams was away for a moment."""
    await desk.ask()
    desk.messenger.gone, desk.messenger.moved = {"a:ann"}, {"ann": "a:ann-2"}
    desk.messenger.shut.append(Unavailable("away", retry_after=2))
    with pytest.raises(Unavailable):
        await desk.job("cards")
    await desk.job("cards")
    assert desk.messenger.shown("a:ann-2")


@pytest.fixture
async def by_message(database_url: str) -> AsyncIterator[Office]:
    """An office that shows a pass in a message."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, replace(POLICY, reveal="message"))


async def hidden(desk: Office) -> str:
    """A pass that is shown in a message, and that its person wants to go."""
    await desk.ready()
    await desk.show()
    await desk.job("cards")
    (secret,) = desk.directory.secrets
    assert secret in desk.messenger.shown("a:ann")
    await desk.desk.handle(at_home("ann"), Hide(Ref("r1", (await desk.load("r1")).version)))
    return secret


@pytest.mark.parametrize("no", [Rejected("403"), Closed("not in the roster"), Unavailable("away")], ids=repr)
async def test_a_secret_teams_did_not_take_away_is_taken_away_later(by_message: Office, no: DeskError) -> None:
    """One refused delete ended the job, and the pass stood in the chat until something else changed."""
    desk = by_message
    secret = await hidden(desk)
    desk.messenger.kept.append(no)
    with pytest.raises(Unavailable):
        await desk.job("cards")
    stands = secret in desk.messenger.shown("a:ann")
    assert stands == isinstance(no, Unavailable), "what is not taken away for good is emptied meanwhile"
    messages = len(desk.messenger.messages)
    await desk.job("cards")
    assert secret not in desk.messenger.shown("")
    assert len(desk.messenger.messages) == messages - 1
    await desk.job("cards")


async def test_a_secret_that_can_be_neither_taken_away_nor_emptied_is_tried_again(by_message: Office) -> None:
    desk = by_message
    secret = await hidden(desk)
    desk.messenger.kept.append(Rejected("403"))
    desk.messenger.trouble.append(Rejected("403"))
    with pytest.raises(Unavailable):
        await desk.job("cards")
    await desk.job("cards")
    assert secret not in desk.messenger.shown("")


async def test_a_secret_that_stays_holds_up_nothing_else(by_message: Office) -> None:
    """Whose chat has died meanwhile has another one opened all the same."""
    desk = by_message
    await hidden(desk)
    desk.messenger.gone, desk.messenger.moved = {"a:ann"}, {"ann": "a:ann-2"}
    desk.messenger.kept += [Rejected("403")] * 3  # the secret, the card that moved, and the secret again
    with pytest.raises(Unavailable):
        await desk.job("cards")
    assert desk.messenger.shown("a:ann-2")


async def test_what_was_changed_is_changed_once(desk: Office) -> None:
    await desk.ask()
    await desk.job("cards")
    await desk.sign_in()
    await desk.job("cards")
    sent = len(desk.messenger.bodies)
    await desk.job("cards")
    assert len(desk.messenger.bodies) == sent


@dataclass(frozen=True)
class Told:
    """Whatever a board tells of."""

    id: str = "r1"
    tenant: str = TENANT

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        del slot, person
        return {"text": "moved" if moved else "over"}


async def own(desk: Office) -> Posted:
    async with desk.store.unit() as unit:
        return next(one for one in await unit.posted("r1") if one.slot is Slot.REQUESTER)


async def test_what_was_changed_is_kept_though_the_next_one_ends_it_all(desk: Office) -> None:
    await desk.ask()
    await desk.job("cards")
    there = await own(desk)
    should = PlannedMessage(Slot.REQUESTER, "", {"text": "news"}, chat=there.chat)

    async def told() -> None:
        async with desk.delivery.board as board:
            await board.converge(desk.messenger, Told(), there, should)
            raise NotGranted("no token")

    with pytest.raises(NotGranted):
        await told()
    assert (await own(desk)).shown == should.fingerprint


async def test_what_is_to_be_told_anew_is_known_where_it_stands_until_it_is(desk: Office) -> None:
    """Or, should nothing go from there on, it would stand there for ever, and nobody would take it away."""
    await desk.ask()
    await desk.job("cards")
    there = await own(desk)
    should = PlannedMessage(Slot.REQUESTER, "", {"text": "news"}, chat=there.chat, mark="another")
    assert should.anew(there)
    async with desk.delivery.board as board:
        await board.begin(Told(), [(there, should)])
    assert await own(desk) == there
