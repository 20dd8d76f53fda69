"""What each kind's requests look like, with made-up people: the gallery shows every one of them in every state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.core.methods import Method, MethodKind
from bot.core.model import Status
from bot.core.presentations import Doubt
from bot.core.risk import AT_RISK, Detection, Risk
from playground.gallery.people import UPN
from playground.gallery.sheets import Found

NOW: Final = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
# A white dot: what a phone scans is a picture as any other here.
DOT: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
OPENS: Final = "openid-vc://?request_uri=https://vid.contoso.example/1"
EARLIER: Final = NOW - timedelta(days=2)

Params = Mapping[str, str]

# What the sentences of refusals are filled in with.
FILLED_IN: Final[Params] = {
    "limit": "3",
    "name": "Ben Bishop",
    "again": (NOW + timedelta(minutes=12)).isoformat(),
    "home": "fabrikam.example",
    "context": "c1",
    "until": NOW.isoformat(),
    "minimum": "10",
    "maximum": "480",
    "seconds": "20",
    "most": "500",
}


@dataclass(frozen=True, slots=True)
class Story:
    """A request of one kind: what was filled in and found, what its act leaves behind, and what becomes of that.

    What its kind says of itself is asked of the kind. `scenes` are what is found when its form is opened, by name;
    `stages` are its kind's words for what becomes of it, by status, with what the receipt says then.
    """

    details: Params
    failed: str
    scenes: Mapping[str, Found] = field(default_factory=lambda: {"empty": Found()})
    lives: bool = True  # the act leaves something behind that works until a certain time
    receipt: Params = field(default_factory=dict)
    stages: tuple[tuple[Status, str, Params], ...] = ()


_KEY: Final = Method(MethodKind.PASSKEY, "key-1", "YubiKey 5C", "deviceBound", EARLIER)
_APP: Final = Method(MethodKind.AUTHENTICATOR, "app-1", "Pixel 8")
_PHONE: Final = Method(MethodKind.PHONE, "phone-1", "+49 ••••• 12", "mobile")
_PASSWORD: Final = Method(MethodKind.PASSWORD, "password-1", "", created_at=EARLIER)
# As much as a person can have of what is as long as it can be.
_MANY: Final = (
    *(Method(MethodKind.PASSKEY, f"{n:01000}", f"Key {n:02} " + "x" * 73, "deviceBound", EARLIER) for n in range(10)),
    *(Method(MethodKind.HELLO, f"{n:01000}", f"LAPTOP-{n:02}" + "x" * 71, "", EARLIER) for n in range(10)),
    *(_APP, _PHONE, _PASSWORD),
)
_FLAG: Final = Risk(AT_RISK, "high", "none", EARLIER)
_TRAVEL: Final = Detection("unlikelyTravel", "high", EARLIER, "Lyon, FR")

STORIES: Final[Mapping[str, Story]] = {
    "tap": Story(
        details={
            "reason": "lost_phone",
            "text": "It fell into the harbour this morning.",
            "ticket": "INC0012345",
            "minutes": "60",
        },
        failed="tap.unusable",
        receipt={"minutes": "60", "one_time": "yes"},
        stages=(
            (Status.DONE, "used", {"used": NOW.isoformat(), "spent": "yes"}),
            (Status.ENDED, "used", {"used": NOW.isoformat()}),
            (Status.ENDED, "registered", {"used": NOW.isoformat()}),
            (Status.ENDED, "equipped", {"used": NOW.isoformat()}),
        ),
    ),
    "sessions": Story(
        details={"reason": "lost_device"},
        failed="not_permitted",
        lives=False,
    ),
    "compromised": Story(
        details={},
        failed="not_permitted",
        lives=False,
    ),
    "password": Story(
        details={"reason": "known", "text": "I typed it into the wrong window."},
        scenes={"entered": Found(policy={"revoke_sessions": True}), "shown": Found(policy={"generate": True})},
        failed="password.federated",
        lives=False,
    ),
    "verify": Story(
        details={},
        failed="verify.not_set_up",
        receipt={
            "url": "openid-vc://?request_uri=https://vid.contoso.example/1",
            "qr": DOT,
            "upn": UPN,
        },
        stages=(
            (Status.DONE, "scanned", {"url": OPENS, "qr": DOT}),
            (Status.ENDED, "scanned", {}),
            (Status.ENDED, "verified", {"at": NOW.isoformat(), "score": "86"}),
            *((Status.ENDED, "failed", {"why": doubt}) for doubt in Doubt),
        ),
    ),
    "risk": Story(
        details={"reason": "travel", "level": _FLAG.level, "state": _FLAG.state, "since": EARLIER.isoformat()},
        scenes={
            "flagged": Found(flag=_FLAG, noticed=(_TRAVEL,)),
            "clear": Found(flag=replace(_FLAG, state="dismissed")),
            "processing": Found(flag=replace(_FLAG, processing=True)),
            "no_premium": Found(premium=False),
        },
        failed="risk.no_premium",
        lives=False,
        receipt={"told": "dismissed"},
    ),
    "methods": Story(
        details={"method": "fido2:key-1", "why": "not_mine", "label": "Passkey: YubiKey 5C"},
        scenes={
            "several": Found(held=(_KEY, _PHONE, _PASSWORD)),
            "one": Found(held=(_APP, _PASSWORD)),
            "many": Found(held=_MANY),
            "nothing": Found(held=(_PASSWORD,)),
        },
        failed="methods.default",
        lives=False,
        receipt={"type": "fido2"},
        stages=((Status.DONE, "not_mine", {"type": "fido2"}),),
    ),
}
