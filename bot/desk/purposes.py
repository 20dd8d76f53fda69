"""Purposes: what a sign-in is for, and what follows when it is through; one purpose knows nothing of another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.core.answers import Answer, SignInPage
from bot.core.model import Request
from bot.core.ports import SignIn, Unit

Close = Callable[[Unit, object], Awaitable[None]]  # closes the transaction, in the commit of what it proves
Finish = Callable[[SignIn, Close, Request | None], Awaitable[Answer]]
Again = Callable[[Unit, SignIn], Awaitable[bool]]
Tells = Callable[[SignIn], Awaitable[SignInPage | None]]


@dataclass(frozen=True, slots=True)
class Use:
    """What one purpose makes of a sign-in.

    `finish` lets what was proved count, and runs what it is handed in the same commit; the request is what has just
    been read beside the sign-in, if it was. With `silent`, a token Teams
    offers may prove it; with `page`, it serves in the very browser that signed in, and nothing comes back by Teams.
    `again`, of what is for no request, says whether one that came to nothing may be begun anew, and tells its card;
    `tells` what it allows.
    """

    finish: Finish
    silent: bool = False
    page: bool = False
    again: Again | None = None
    tells: Tells | None = None
