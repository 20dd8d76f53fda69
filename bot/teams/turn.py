"""Turn: one activity from what it means to what goes back, in time; work under way is never cut off halfway."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

import structlog

import cards
from bot.core.actions import Action, ForSome, Home
from bot.core.answers import Answer, HomeCard, QueueCard
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.model import Actor, Chat, Person
from bot.core.ports import Messenger
from bot.teams import replies
from bot.teams.inbound import Command, Ignored, Installed, Json, Malformed, Meaning, Removed, Unknown, Via
from bot.teams.patience import done, patiently
from bot.teams.replies import Reply
from bot.teams.throttle import Throttle
from cards.view import View

T = TypeVar("T")
Viewer = Callable[[Answer, Actor], Awaitable[View]]

PATIENCE: Final = 7.5  # seconds until a person is told to wait; Teams itself gives up after ten to fifteen
KNOWN_CHATS: Final = 10_000

log = structlog.get_logger(__name__)


class DeskPort(Protocol):
    """The desk as this edge needs it."""

    async def handle(self, actor: Actor, action: Action, *, card: str = "") -> Answer: ...

    async def installed(self, person: Person, chat: Chat) -> None: ...

    async def removed(self, person: Person) -> None: ...

    async def owned(self, chat: Chat, card: str) -> bool: ...

    async def first_time(self, tenant: str, key: str) -> bool: ...


class Unanswered(Exception):
    """A turn failed and not even that could be said; it is in the log already."""


class Turn:
    """Carries meanings to the desk and its answers back."""

    def __init__(
        self,
        *,
        desk: DeskPort,
        messenger: Messenger,
        viewer: Viewer,
        contact: str,
        patience: float = PATIENCE,
        pace: Throttle | None = None,
    ) -> None:
        self._desk = desk
        self._messenger = messenger
        self._viewer = viewer
        self._contact = contact
        self._patience = patience
        self._pace = pace
        self._running: set[asyncio.Task[Any]] = set()
        self._homes: OrderedDict[str, tuple[Person, Chat]] = OrderedDict()

    async def invoke(self, meaning: Meaning, *, language: str) -> Reply:
        """Answer an invoke: always, in time and well-formed."""
        match meaning:
            case Unknown():
                return Reply(status=replies.NOT_IMPLEMENTED)
            case Malformed(via):
                return replies.malformed(via, cards.text("refusal.changed", language))
            case Command(actor, action, via) if self._held_back(actor, action):
                return replies.said(via, cards.text("said.too_often", language, contact=self._contact), failed=True)
            case Command(via=via):
                return await self._invoked(meaning, via, language)
            case _:
                if isinstance(meaning, Ignored):
                    log.info("invoke_ignored", reason=meaning.reason)
                return Reply()

    async def take(self, meaning: Meaning, *, key: str) -> None:
        """Deal with anything that is not an invoke; `key` names the delivery. Raises `Unanswered`."""
        match meaning:
            case Command(actor, action) if self._held_back(actor, action):
                if self._pace is not None and self._pace.tells(actor):
                    await self._guarded(self._say(actor, "said.too_often"), actor)
            case Command(actor=actor):
                await self._guarded(self._once(actor, key, lambda: self._message(meaning)), actor)
            case Installed(actor, new):
                await self._guarded(self._installed(actor, key, new=new), actor)
            case Removed(person):
                self._homes.pop(person.id, None)
                await self._guarded(self._desk.removed(person), None)
            case _:
                return

    def _held_back(self, actor: Actor, action: Action) -> bool:
        return self._pace is not None and not self._pace.admits(actor, action)

    async def close(self, patience: float) -> None:
        """Wait for the work under way, so long."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=patience)

    async def _invoked(self, command: Command, via: Via, language: str) -> Reply:
        try:
            return await self._bounded(self._command(command))
        except TimeoutError:
            return replies.said(via, cards.text("said.working", language))
        except Exception as error:  # noqa: BLE001 - the surface: the person gets a number, the log the error
            return replies.said(via, self._failure(error, language), failed=True)

    async def _command(self, command: Command) -> Reply:
        if command.actor.chat.personal:
            await self._remember(command.actor)
        answer = await self._desk.handle(_speaker(command), command.action, card=command.card)
        reply = replies.reply(answer, command, await self._seen(answer, command))
        home = answer.home if isinstance(answer, QueueCard) else None  # asked for in the channel
        await self._post(home or command.actor.chat, reply)
        return reply

    async def _message(self, command: Command) -> None:
        if command.actor.chat.personal:
            await self._command(command)
            return
        if isinstance(command.action, ForSome) and await self._said_here(command):
            return
        home = await self._home(command.actor)
        if home is None:
            await self._say(_speaker(command), "said.add_me")
            return
        # A button belongs to where it was pressed; what is written goes on in private.
        actor = command.actor if command.via is Via.PRESS else replace(command.actor, chat=home)
        private = replace(command, actor=actor)
        answer = await self._desk.handle(_speaker(private), command.action, card=command.card)
        reply = replies.reply(answer, private, await self._seen(answer, private))
        try:
            await self._post(home, reply)
        except Rejected:
            await self._say(_speaker(command), "said.add_me")
            return
        if command.via is Via.MESSAGE:
            await self._say(_speaker(command), "said.in_private")

    async def _said_here(self, command: Command) -> bool:
        """Answer where it was written what all who sit there may see; say whether that was all."""
        answer = await self._desk.handle(_speaker(command), command.action, card=command.card)
        shown = isinstance(answer, QueueCard) and answer.board
        if shown:
            await self._post(command.actor.chat, replies.reply(answer, command, await self._seen(answer, command)))
        return shown

    async def _seen(self, answer: Answer, command: Command) -> View:
        """Say how an answer looks to who gets it: in the language they wrote in, and so does what follows from it."""
        speaker = _speaker(command)
        return replace(await self._viewer(answer, speaker), spoken=speaker is not command.actor)

    async def _home(self, actor: Actor) -> Chat | None:
        """Return this person's private chat with the bot, or None where they do not have the app."""
        try:
            home = await self._messenger.open_private(actor.person.tenant, actor.person.id)
        except Rejected:
            return None
        home = replace(home, user=actor.chat.user)
        await self._remember(Actor(actor.person, home))
        return home

    async def _installed(self, actor: Actor, key: str, *, new: bool) -> None:
        fresh = new and await self._desk.first_time(actor.person.tenant, key)
        if fresh:
            self._homes.pop(actor.person.id, None)  # that it was removed in between, another process may have heard
        await self._remember(actor)
        if not fresh:
            return
        answer = await self._desk.handle(actor, Home())
        if isinstance(answer, HomeCard):
            answer = replace(answer, lead="home.welcome")
        welcome = Command(actor, Home(), Via.MESSAGE)
        await self._post(actor.chat, replies.reply(answer, welcome, await self._viewer(answer, actor)))

    async def _once(self, actor: Actor, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if await self._desk.first_time(actor.person.tenant, key):
            await work()

    async def _remember(self, actor: Actor) -> None:
        """Tell the desk of a private chat that is new to this process, or whose address changed."""
        known = (actor.person, actor.chat)
        if self._homes.get(actor.person.id) == known:
            return
        await self._desk.installed(actor.person, actor.chat)
        self._homes[actor.person.id] = known
        if len(self._homes) > KNOWN_CHATS:
            self._homes.popitem(last=False)

    async def _guarded(self, work: Coroutine[Any, Any, None], actor: Actor | None) -> None:
        """Do the work; when it fails, say so where it was asked for."""
        language = actor.person.language if actor is not None else "en"
        try:
            await self._bounded(work)
        except TimeoutError:
            log.info("turn_goes_on")  # its messages come when they are ready
        except Exception as error:  # noqa: BLE001 - the surface: the person gets a number, the log the error
            words = self._failure(error, language)
            if actor is None:
                raise Unanswered from None
            try:
                async with asyncio.timeout(self._patience):
                    await self._messenger.post(actor.chat, cards.line(words))
            except Exception:  # noqa: BLE001 - whatever it is, the first error is in the log
                log.warning("failure_not_told")
                raise Unanswered from None

    async def _bounded(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for `work` so long, and let it go on after that. Raises `TimeoutError` only when it does."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if not await done(task, self._patience):
            task.add_done_callback(self._late)
            raise TimeoutError
        error = task.exception()
        if isinstance(error, TimeoutError):
            raise Unavailable("a call inside the desk took too long") from error
        return task.result()

    def _late(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failure(error, "en")

    async def _post(self, chat: Chat, reply: Reply) -> None:
        for message in reply.messages:
            try:
                await self._put(chat, reply.place, message)
            except AnswerLost:  # it may be there: saying it twice, or that it failed, would be worse
                log.warning("reply_answer_lost")

    async def _put(self, chat: Chat, place: str, message: Json) -> None:
        """Put a message where another stands; what cannot be changed, or is a request's own card, stays as it is.

        Which message was pressed is the client's word: it must not write over a card with a warning on it.
        """
        if place and not await self._desk.owned(chat, place):
            try:
                return await patiently(lambda: self._messenger.update(chat, place, message))
            except Rejected:
                log.info("reply_not_in_place")
        await patiently(lambda: self._messenger.post(chat, message))
        return None

    async def _say(self, actor: Actor, key: str) -> None:
        words = cards.text(key, actor.person.language, contact=self._contact)
        await self._post(actor.chat, Reply(messages=(cards.line(words),)))

    def _failure(self, error: BaseException, language: str) -> str:
        """Log an error once, under a number, and return the sentence that tells the person the number."""
        reference = secrets.token_hex(4)
        log.error("turn_failed", reference=reference, error=type(error).__name__, exc_info=error)
        return cards.text("said.error", language, contact=self._contact, reference=reference)


def _speaker(command: Command) -> Actor:
    """Return who acts, as one who is answered in the language they wrote in, whatever their client's is."""
    person = command.actor.person
    if not command.language or cards.tongue(person.language) == command.language:
        return command.actor
    return replace(command.actor, person=replace(person, language=command.language))
