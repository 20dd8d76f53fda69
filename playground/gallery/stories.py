"""What each kind's requests look like, with made-up people: the gallery shows every one of them in every state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.core.kind import Verdicts
from bot.core.model import Choice, Field, Line, Sheet, Status, Way

NOW: Final = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
# A white dot: what a phone scans is a picture as any other here.
DOT: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
OPENS: Final = "openid-vc://?request_uri=https://vid.contoso.example/1"
EARLIER: Final = (NOW - timedelta(days=2)).isoformat()

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """A request of one kind: what was filled in and found, what its act leaves behind, and what becomes of that.

    `stages` are its kind's words for that, by status, with what the receipt says then.
    """

    way: Way
    details: Params
    sheets: Mapping[str, Sheet]
    failed: str
    lives: bool = True  # the act leaves something behind that works until a certain time
    receipt: Params = field(default_factory=dict)
    stages: tuple[tuple[Status, str, Params], ...] = ()
    verdicts: Verdicts = Verdicts()  # noqa: RUF009 - it is frozen
    proof: bool = True  # it asks for a fresh sign-in
    alarm: bool = False  # security hears of it


def _choices(key: str, *values: str) -> tuple[Choice, ...]:
    return tuple(Choice(value, f"{key}.{value}") for value in values)


def _reasons(kind: str, *values: str) -> tuple[Field, ...]:
    return (
        Field("reason", required=True, choices=_choices(f"{kind}.reason", *values)),
        Field("text", required_if=("reason", "other"), longest=300, multiline=True),
    )


FIELDS: Final = (
    *_reasons("tap", "lost_phone", "other"),
    Field("ticket", pattern=r"[A-Z]{2,8}-?\d{1,10}", longest=40),
    Field("minutes", required=True, choices=(Choice("30", "30 min"), Choice("60", "1 h")), default="60"),
)
_KEY: Final = "Passkey: YubiKey 5C"
_METHODS: Final = (
    Line("methods.since.fido2_deviceBound", {"name": "YubiKey 5C", "since": EARLIER}),
    Line("methods.is.phone_mobile", {"name": "+49 ••••• 12"}),
    Line("methods.since.password", {"name": "password", "since": EARLIER}),
)
_FLAG: Final = (
    Line("risk.flag.high"),
    Line("risk.told.since", {"since": EARLIER}),
    Line("risk.seen.travel", {"at": EARLIER}),
    Line("risk.told.place", {"place": "Lyon, FR"}),
    Line("risk.told.remedy"),
)
_DOUBTS: Final = (
    *("none", "many", "wrong_issuer", "wrong_type", "wrong_person", "revoked", "expired", "unlinked", "no_face"),
    *("low_score", "spoof", "declined", "no_credential", "other"),
)

STORIES: Final[Mapping[str, Story]] = {
    "tap": Story(
        way=Way.SHOW,
        details={
            "reason": "lost_phone",
            "text": "It fell into the harbour this morning.",
            "ticket": "INC0012345",
            "minutes": "60",
        },
        sheets={"empty": Sheet(FIELDS)},
        failed="tap.unusable",
        receipt={"minutes": "60", "one_time": "yes"},
        stages=(
            (Status.DONE, "used", {"used": NOW.isoformat()}),
            (Status.ENDED, "used", {"used": NOW.isoformat()}),
            (Status.ENDED, "registered", {"used": NOW.isoformat()}),
        ),
    ),
    "sessions": Story(
        way=Way.ALONE,
        details={"reason": "lost_device"},
        sheets={"empty": Sheet((Field("reason", required=True, choices=_choices("sessions.reason", "strange")),))},
        failed="not_permitted",
        lives=False,
        proof=False,
    ),
    "compromised": Story(
        way=Way.ALONE,
        details={},
        sheets={},
        failed="not_permitted",
        lives=False,
        proof=False,
        alarm=True,
    ),
    "password": Story(
        way=Way.ENTER,
        details={"reason": "known", "text": "I typed it into the wrong window."},
        sheets={
            "entered": Sheet(
                _reasons("password", "forgotten", "known", "other"),
                (Line("password.sheet.entered"), Line("password.sheet.sessions")),
            ),
            "shown": Sheet(_reasons("password", "forgotten", "other"), (Line("password.sheet.shown"),)),
        },
        failed="password.federated",
        lives=False,
    ),
    "verify": Story(
        way=Way.ALONE,
        details={},
        sheets={"empty": Sheet(lines=tuple(Line(f"verify.sheet.{name}") for name in ("what", "needs", "kept")))},
        failed="verify.not_set_up",
        receipt={
            "url": "openid-vc://?request_uri=https://vid.contoso.example/1",
            "qr": DOT,
            "upn": "ann@contoso.example",
        },
        stages=(
            (Status.DONE, "scanned", {"url": OPENS, "qr": DOT}),
            (Status.ENDED, "scanned", {}),
            (Status.ENDED, "verified", {"at": NOW.isoformat(), "score": "86"}),
            *((Status.ENDED, "failed", {"why": doubt}) for doubt in _DOUBTS),
        ),
        proof=False,
    ),
    "risk": Story(
        way=Way.ALONE,
        details={"reason": "travel", "level": "high", "state": "atRisk", "since": EARLIER},
        sheets={
            "flagged": Sheet(_reasons("risk", "travel", "new_device", "other"), _FLAG),
            "clear": Sheet(
                lines=(Line("risk.told.clear"), Line("risk.cleared.dismissed", {"at": EARLIER})), closed=True
            ),
            "processing": Sheet(lines=(*_FLAG[:2], Line("risk.told.processing")), closed=True),
            "no_premium": Sheet(lines=(Line("risk.told.no_premium"),), closed=True),
        },
        failed="risk.no_premium",
        lives=False,
        receipt={"told": "dismissed"},
        verdicts=Verdicts(yes=("dismissed", "safe"), no=("none", "compromised"), alarms=frozenset({"compromised"})),
    ),
    "methods": Story(
        way=Way.ALONE,
        details={"method": "fido2:key-1", "why": "not_mine", "label": _KEY},
        sheets={
            "several": Sheet(
                (
                    Field("method", required=True, choices=(Choice("fido2:key-1", _KEY),), longest=1000),
                    Field("why", required=True, choices=_choices("methods.why", "lost", "not_mine")),
                ),
                (*_METHODS, Line("methods.told.only_one")),
            ),
            "nothing": Sheet(lines=(_METHODS[2], Line("methods.told.none"), Line("methods.told.nothing")), closed=True),
        },
        failed="methods.default",
        lives=False,
        receipt={"type": "fido2"},
        stages=((Status.DONE, "not_mine", {"type": "fido2"}),),
    ),
}
