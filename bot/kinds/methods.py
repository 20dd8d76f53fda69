"""Methods: what its owner can sign in with, and the end of one of them; the last ones are not for them alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.errors import Rejected, giving
from bot.core.facts import Moment
from bot.core.forms import Choice, Field, Line, Sheet
from bot.core.kind import Kind, Tools
from bot.core.methods import LONGEST, REMOVABLE, RESISTANT, SIGN_IN, Method, MethodKind, last, last_resistant, means
from bot.core.model import Finding, Outcome, Person, Progress, Receipt, Refusal, Request, Way
from bot.core.options import REVOKE_SESSIONS, TELL_MANAGER
from bot.core.policy import LEVEL, Policy

LOST: Final = "lost"
NOT_MINE: Final = "not_mine"
WHY: Final = (LOST, "old", NOT_MINE, "other")
SEVERAL: Final = "several"  # of what is not theirs: all of it is one finding
LAST_RESISTANT: Final = "last_resistant"  # what would be left can be phished: somebody else must agree
LEVELS: Final = ("usual", LAST_RESISTANT)
ORDER: Final = (
    MethodKind.PASSKEY,
    MethodKind.HELLO,
    MethodKind.PLATFORM,
    MethodKind.AUTHENTICATOR,
    MethodKind.EXTERNAL,
    MethodKind.OATH,
    MethodKind.PHONE,
    MethodKind.EMAIL,
    MethodKind.PASS,
    MethodKind.OTHER,
    MethodKind.PASSWORD,
)
# What the makers call them, in every language.
BRANDS: Final = {
    MethodKind.PASSKEY: "Passkey",
    MethodKind.HELLO: "Windows Hello",
    MethodKind.PLATFORM: "Platform Credential",
    MethodKind.AUTHENTICATOR: "Microsoft Authenticator",
    MethodKind.OATH: "OATH",
    MethodKind.PASS: "Temporary Access Pass",
}
ICONS: Final = {
    MethodKind.PASSKEY: "Fingerprint",
    MethodKind.HELLO: "Laptop",
    MethodKind.PLATFORM: "Laptop",
    MethodKind.AUTHENTICATOR: "PhoneKey",
    MethodKind.EXTERNAL: "Apps",
    MethodKind.OATH: "Timer",
    MethodKind.PHONE: "Call",
    MethodKind.EMAIL: "Mail",
    MethodKind.PASS: "Key",
    MethodKind.OTHER: "QuestionCircle",
    MethodKind.PASSWORD: "Password",
}
# Those whose type is told in our words where they have no name of their own.
NAMELESS: Final = frozenset(
    {MethodKind.EXTERNAL, MethodKind.PHONE, MethodKind.EMAIL, MethodKind.PASS, MethodKind.PASSWORD, MethodKind.OTHER}
)
# The sorts of one type that have a sentence of their own.
SORTS: Final = frozenset(
    {"fido2_deviceBound", "fido2_synced", "phone_mobile", "phone_alternateMobile", "phone_office"}
    | {"temporaryAccessPass_unusable"}
)


class MethodsReason(StrEnum):
    """Why a method is not removed now."""

    GONE = "methods.gone"
    STAYS = "methods.stays"
    LAST = "methods.last"
    DEFAULT = "methods.default"


# What the directory says no with, as reasons a person is told.
REFUSED: Final = {"default_method": MethodsReason.DEFAULT, "not_removable": MethodsReason.STAYS}


@dataclass(frozen=True, slots=True)
class _Listed:
    """A method as its owner reads it: `label` is its name in a list, or its type where it has none.

    `number` tells it from others of that label.
    """

    method: Method
    name: str
    label: str
    number: str = ""

    @property
    def value(self) -> str:
        return _value(self.method)

    @property
    def title(self) -> str:
        return f"methods.label.{self.label}" if self.label in set(MethodKind) else self.label


async def sheet(asker: Person, tools: Tools) -> Sheet:
    listed = _listed(await tools.directory.methods(asker.id))
    methods, not_mine = [one.method for one in listed], _not_mine(listed)
    lines = (*(_line(one, methods) for one in listed), *_advice(methods))
    removable = tuple(Choice(one.value, one.title) for one in listed if _removable(one.method, methods))
    if not removable:
        return Sheet(lines=lines, closed=True, disowns=not_mine)
    reasons = tuple(Choice(why, f"methods.why.{why}") for why in WHY)
    fields = (
        Field("method", required=True, choices=removable, longest=1000, rows=True),  # the id of a passkey is long
        Field("why", required=True, choices=reasons),
    )
    return Sheet(fields, lines, disowns=not_mine, removes=True)


def _removable(method: Method, methods: Sequence[Method]) -> bool:
    return method.kind in REMOVABLE and not last(method, methods)


def _not_mine(listed: Sequence[_Listed]) -> Field | None:
    """Ask which one somebody does not know: any but the password, be it one that can be removed here or not."""
    known = tuple(Choice(one.value, one.title) for one in listed if one.method.kind is not MethodKind.PASSWORD)
    if not known:
        return None
    several = (Choice(SEVERAL, f"methods.{SEVERAL}"),) if len(known) > 1 else ()
    return Field("not_known", required=True, choices=(*known, *several), longest=1000)


async def examine(request: Request, tools: Tools) -> Finding:
    if tools.moment is Moment.HOME:
        return Finding()
    listed = _listed(await tools.directory.methods(request.subject.id))
    chosen = next((one for one in listed if one.value == request.details.get("method")), None)
    if chosen is None:
        return Finding(Refusal(MethodsReason.GONE))
    if chosen.method.kind not in REMOVABLE:
        return Finding(Refusal(MethodsReason.STAYS))
    methods = [one.method for one in listed]
    level = LAST_RESISTANT if last_resistant(chosen.method, methods) else "usual"
    found = {"label": chosen.label, **({"level": level} if level == LAST_RESISTANT else {})}
    if last(chosen.method, methods):
        return Finding(Refusal(MethodsReason.LAST), level=level, found=found)
    gone = chosen.method if request.details.get("why") == LOST else None
    return Finding(level=level, found=found, means=means(methods, lambda one: one == gone))


async def carry_out(request: Request, tools: Tools) -> Outcome:
    kind, _, method_id = request.details.get("method", "").partition(":")
    if kind not in REMOVABLE or not method_id:
        raise Rejected("remove_method: not one that can be removed", code=MethodsReason.STAYS)
    with giving(REFUSED):
        await tools.directory.remove_method(request.subject.id, Method(MethodKind(kind), method_id, ""))
    return Outcome(_receipt(request))


async def look(request: Request, tools: Tools) -> Receipt | None:
    there = {_value(method) for method in await tools.directory.methods(request.subject.id)}
    return None if request.details.get("method") in there else _receipt(request)


async def watch(request: Request, _tools: Tools) -> Progress | None:
    """What was somebody else's method is told apart from one its owner gave up: there is more to do then."""
    if request.receipt is None or request.details.get("why") != NOT_MINE:
        return None
    return Progress(NOT_MINE, receipt=replace(request.receipt, watch=None))


def _value(method: Method) -> str:
    return f"{method.kind}:{method.id}"


def _listed(methods: Sequence[Method]) -> Sequence[_Listed]:
    """Put the best first; where two would read alike they are numbered."""
    ordered = sorted(methods, key=_rank)
    alike, counted, found = Counter(_label(method) for method in ordered), Counter[str](), []
    for method in ordered:
        label, name = _label(method), _name(method)
        counted[label] += 1
        if alike[label] > 1:
            number = f" #{counted[label]}"
            found.append(_Listed(method, name + number, (label if method.name else name) + number, number))
        else:
            found.append(_Listed(method, name, label))
    return found


def _rank(method: Method) -> tuple[int, float, str]:
    return ORDER.index(method.kind), method.created_at.timestamp() if method.created_at else math.inf, method.id


def _label(method: Method) -> str:
    if not method.name:
        return str(method.kind)
    brand = BRANDS.get(method.kind)
    return f"{brand}: {_name(method)}" if brand else _name(method)


def _name(method: Method) -> str:
    return (_called(method) or BRANDS.get(method.kind, str(method.kind)))[:LONGEST]


def _called(method: Method) -> str:
    return method.name or (method.detail if method.kind is MethodKind.OTHER else "")


def _line(one: _Listed, methods: Sequence[Method]) -> Line:
    """What it is called, below that what it is and since when, and below that what to know before it is removed."""
    method = one.method
    icon, tone = ICONS[method.kind], "Good" if method.kind in RESISTANT and method.usable else "Default"
    choice = one.value if _removable(method, methods) else ""
    key = f"methods.row.{method.kind}" if method.kind in NAMELESS and not _called(method) else "methods.row.named"
    params = MappingProxyType({"name": one.name, "number": one.number})
    return Line(key, params, icon, tone, below=_sort(method, _note(method, methods)), choice=choice)


def _sort(method: Method, note: Line | None) -> Line | None:
    sort = f"{method.kind}_{method.detail if method.usable else 'unusable'}"
    sort = sort if sort in SORTS else str(method.kind)
    if method.created_at is not None:
        return Line(f"methods.since.{sort}", MappingProxyType({"since": method.created_at.isoformat()}), below=note)
    return note if method.kind is MethodKind.PASSWORD else Line(f"methods.is.{sort}", below=note)


def _note(method: Method, methods: Sequence[Method]) -> Line | None:
    """Say why it has no button, or what else its removal asks for."""
    if last(method, methods):
        return Line("methods.note.last")
    return Line("methods.note.last_resistant") if last_resistant(method, methods) else None


def _advice(methods: Sequence[Method]) -> tuple[Line, ...]:
    """Say what is missing."""
    count = sum(method.kind in SIGN_IN and method.usable for method in methods)
    number = {0: ("methods.told.none",), 1: ("methods.told.only_one",)}.get(count, ())
    keys = any(method.kind is MethodKind.PASSKEY for method in methods)
    nothing = not any(method.kind in SIGN_IN or _removable(method, methods) for method in methods)
    told = (*number, *(() if keys else ("methods.told.no_passkey",)), *(("methods.told.nothing",) if nothing else ()))
    return tuple(Line(key) for key in told)


def _receipt(request: Request) -> Receipt:
    """Where it was not theirs, the card soon says what else to do: see `watch`."""
    kind, _, method_id = request.details.get("method", "").partition(":")
    soon = timedelta(seconds=1) if request.details.get("why") == NOT_MINE else None
    return Receipt(method_id, params=MappingProxyType({"type": kind}), watch=soon)


KIND: Final = Kind(
    name="methods",
    icon="PhoneKey",
    reasons=frozenset(),  # a reason is for the one method it was given with
    permissions=(
        "UserAuthenticationMethod.Read.All",
        "UserAuthMethod-Passkey.ReadWrite.All",
        "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All",
        "UserAuthMethod-Phone.ReadWrite.All",
        "UserAuthMethod-SoftwareOATH.ReadWrite.All",
        "UserAuthMethod-WindowsHello.ReadWrite.All",
        "UserAuthMethod-PlatformCred.ReadWrite.All",
        "UserAuthMethod-Email.ReadWrite.All",
        "UserAuthMethod-External.ReadWrite.All",
        "UserAuthMethod-TAP.ReadWrite.All",
    ),
    policy=Policy(
        approvals=0,
        variants=MappingProxyType({f"{LEVEL}{LAST_RESISTANT}": {"approvals": 1}}),
        options={REVOKE_SESSIONS: False, TELL_MANAGER: False},
    ),
    way=lambda _: Way.ALONE,
    sheet=sheet,
    examine=examine,
    carry_out=carry_out,
    look=look,
    watch=watch,
    levels=LEVELS,
    gives_access=True,
    noticed=True,
)
