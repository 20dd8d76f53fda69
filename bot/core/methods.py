"""Sign-in methods as Entra lists them: what somebody can prove themselves with, never the means themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.core.model import Means

LONGEST: Final = 80  # of a name its owner, or whoever was in the account, gave to it


class MethodKind(StrEnum):
    """The types of Graph's authenticationMethod, by the middle of their names; one not known here is OTHER.

    https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview
    """

    PASSKEY = "fido2"
    AUTHENTICATOR = "microsoftAuthenticator"
    HELLO = "windowsHelloForBusiness"
    PLATFORM = "platformCredential"
    PHONE = "phone"
    OATH = "softwareOath"
    EXTERNAL = "external"
    EMAIL = "email"
    PASS = "temporaryAccessPass"  # noqa: S105 - a type of method
    PASSWORD = "password"  # noqa: S105 - a type of method
    OTHER = "other"


# Those that get somebody in, alone or after a password; an e-mail address only helps to reset one.
SIGN_IN: Final = frozenset(set(MethodKind) - {MethodKind.EMAIL, MethodKind.PASS, MethodKind.PASSWORD, MethodKind.OTHER})
# Those of them that make somebody's account one of two factors without a number that can be taken over.
STRONG: Final = SIGN_IN - {MethodKind.PHONE}
# Those whose answer works on the right page only, whatever their owner is talked into:
# https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths#built-in-authentication-strengths
RESISTANT: Final = frozenset({MethodKind.PASSKEY, MethodKind.HELLO, MethodKind.PLATFORM})
# What Entra may ask for at a sign-in: those, a pass that works, and what is too new to be known here.
ASKED: Final = SIGN_IN | {MethodKind.PASS, MethodKind.OTHER}
# Those that are gone with a phone; an office's number is none of them.
ON_A_PHONE: Final = frozenset({MethodKind.AUTHENTICATOR, MethodKind.OATH, MethodKind.PHONE})
OFFICE: Final = "office"
REMOVABLE: Final = frozenset(set(MethodKind) - {MethodKind.PASSWORD, MethodKind.OTHER})


@dataclass(frozen=True, slots=True)
class Method:
    """One method. `name` is what its owner or maker calls it (`YubiKey 5C`), `detail` Graph's word for its sort.

    A phone's number is masked before it gets here (`+49 ••••• 12`), its sort is `mobile`, `alternateMobile` or
    `office`; a passkey's is `deviceBound` or `synced`.
    """

    kind: MethodKind
    id: str
    name: str
    detail: str = ""
    created_at: datetime | None = None
    usable: bool = True


def means(methods: Iterable[Method], lost: Callable[[Method], bool]) -> tuple[Means, ...]:
    """Return what somebody could sign in with, in the same order; `lost`: by what they say they have it no more."""
    asked = (one for one in methods if one.kind in ASKED and one.usable)
    return tuple(Means(one.kind.value, one.name[:LONGEST], lost(one)) for one in asked)


def last(chosen: Method, methods: Sequence[Method]) -> bool:
    """Say whether nothing would be left to get in with; a pass that works now does."""
    others = [method for method in methods if method.usable and not _same(method, chosen)]
    if chosen.kind not in SIGN_IN:
        return False
    return not any(method.kind in SIGN_IN or method.kind is MethodKind.PASS for method in others)


def last_resistant(chosen: Method, methods: Sequence[Method]) -> bool:
    """Say whether nothing would be left that cannot be phished; a pass does not stay."""
    if chosen.kind not in RESISTANT:
        return False
    return not any(m.kind in RESISTANT and m.usable and not _same(m, chosen) for m in methods)


def _same(one: Method, other: Method) -> bool:
    return (one.kind, one.id) == (other.kind, other.id)
