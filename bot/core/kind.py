"""Kind: everything one type of request says about itself; Tools: all that it may touch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.core.directory import Directory
from bot.core.facts import Moment
from bot.core.forms import Sheet, reason
from bot.core.model import Finding, Outcome, Person, Progress, Receipt, Request, Secret, Way
from bot.core.policy import Policy
from bot.core.ports import Clock
from bot.core.verifier import Verifier


@dataclass(frozen=True, slots=True)
class Tools:
    """What a kind may touch. `policy` is the one in force for it, under the terms of the request at hand.

    `ticket_pattern` is what a ticket number looks like, `ticket_example` such a one, or "". `moment` says what it is
    asked for; `entered` is what its subject entered on our page, for the act alone.
    """

    directory: Directory
    verifier: Verifier
    clock: Clock
    policy: Policy
    ticket_pattern: str
    moment: Moment = Moment.ACT
    entered: Secret | None = None
    ticket_example: str = ""


async def _nothing(_request: Request, _tools: Tools) -> None:
    """Nothing is to be done, and nothing comes of it."""


async def _no_progress(_request: Request, _tools: Tools) -> Progress | None:
    return None


async def _there(_tools: Tools) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Need:
    """What a kind cannot do without, as `/readyz` warns of it while there is a policy that offers the kind.

    `probe` finds out in earnest why it is lacking, or "": it may cost something, so it is asked rarely, and `missing`
    in between. `fix` says what to do; `fixes` what more to do by the reason.
    """

    name: str
    probe: Callable[[Tools], Awaitable[str]]
    fix: str
    fixes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What an approver may add to a yes or a no; the first is what a plain press means. Keys of the catalogue.

    `alarms` are those of a no that security hears of.
    """

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    alarms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of request.

    `sheet` is what a person reads and fills in before they ask (raises `Unavailable` when that cannot be found
    out); `examine` is what the kind itself finds, from facts gathered now; `carry_out` is the one act: it writes at
    most once and lets `AnswerLost` through; `look` finds what a lost act left behind; `undo` takes it back,
    `watch` looks what became of it, `follow` does what comes after it, and may say in a word of its own what came of
    that: these three may be repeated. `missing` says why the tenant cannot offer it at all, and `need` what an admin
    has to do about that. `heard` says what of somebody's reason fills in its form, which drops what it has no field
    for. The options in its `policy` are those a file may set for it. Texts, its page's too, come from the catalogue
    under the kind's name; `icon` is one of Fluent's, by its name.
    """

    name: str  # stored, and in policies.toml: never renamed
    permissions: tuple[str, ...]
    policy: Policy
    way: Callable[[Policy], Way]
    sheet: Callable[[Person, Tools], Awaitable[Sheet]]
    examine: Callable[[Request, Tools], Awaitable[Finding]]
    carry_out: Callable[[Request, Tools], Awaitable[Outcome]]
    look: Callable[[Request, Tools], Awaitable[Receipt | None]]
    undo: Callable[[Request, Tools], Awaitable[None]] = _nothing
    watch: Callable[[Request, Tools], Awaitable[Progress | None]] = _no_progress
    follow: Callable[[Request, Tools], Awaitable[str | None]] = _nothing
    missing: Callable[[Tools], Awaitable[str]] = _there
    need: Need | None = None
    icon: str = ""
    heard: Callable[[str], Mapping[str, str]] = reason
    verdicts: Verdicts = Verdicts()
    levels: tuple[str, ...] = ()  # what `examine` may call a case, mildest first
    reasons: frozenset[str] = frozenset({"reason", "text"})  # fields that say why, and ask for nothing
    harmless: bool = False  # it only locks or proves: a policy may let anybody ask without a proof
    locks: bool = False  # it only takes access away: no wall, and nothing that nobody knows, stands before it
    proves: bool = False  # by it somebody proves who they are, as a policy may demand for another request
    gives_access: bool = False  # to an account: a second one within a while takes the higher path
    noticed: bool = False  # whoever it is done for hears of it by mail, too
    alarm: bool = False  # one press asks for it, and security hears of it however it ends


Kinds = Mapping[str, Kind]
