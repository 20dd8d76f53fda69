"""Calling: what an agent and a colleague can do about a call, and how a button says it: a verb, an id and a version.

The number and whom the agent means are inputs; who presses is no part of it, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ShowCaller:
    """Show an agent the way to ask a colleague whether it is really them who rings: no button says it."""


@dataclass(frozen=True, slots=True)
class AboutOthers:
    """Words that seem to be about somebody else, whom the desk does not serve for them, and an agent may.

    `kind` is what it is about; `person` and `name` are who is named, as the client and the writer say.
    """

    kind: str = ""
    person: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class BeginCaller:
    """Open the form in which an agent says who rings; `kind` is what they want to open for them, if they said so."""

    kind: str = ""


@dataclass(frozen=True, slots=True)
class FindCaller:
    """Look a colleague up: the one the client's picker found, or by what was typed. `form` is the form's id."""

    form: str
    person: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class AskCaller:
    """Ask this colleague in their own chat; a form sent twice asks once."""

    form: str
    person: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class TypeNumber:
    """The colleague types what they hear on the telephone."""

    verification: str
    version: int
    number: str


@dataclass(frozen=True, slots=True)
class ProveCall:
    """The colleague wants to prove it with their face."""

    verification: str
    version: int


@dataclass(frozen=True, slots=True)
class DenyCall:
    """The colleague says that it is not them."""

    verification: str
    version: int


@dataclass(frozen=True, slots=True)
class EndCall:
    """The agent takes the question back."""

    verification: str
    version: int


@dataclass(frozen=True, slots=True)
class AskManager:
    """Have the manager asked of a colleague who cannot be."""

    verification: str
    version: int


@dataclass(frozen=True, slots=True)
class DenyVouch:
    """The manager has not heard or seen them; or it was not the manager who said so."""

    verification: str
    version: int


@dataclass(frozen=True, slots=True)
class SeeCaller:
    """A client brought a card of a verification into view and asks for its present state."""

    verification: str
    version: int


@dataclass(frozen=True, slots=True)
class MuteCalls:
    """The colleague wants to be asked by nobody for a day."""

    verification: str
    version: int


@dataclass(frozen=True, slots=True)
class ResumeCalls:
    """They may be asked again, whichever card had said that they may not."""


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Open the form of a kind for the colleague whom a verification is about."""

    verification: str
    version: int
    kind: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Send that form. `request` is its id, so that a form sent twice is one request."""

    verification: str
    version: int
    kind: str
    request: str
    values: Mapping[str, str]


Asking = BeginCaller | FindCaller | AskCaller
Quieting = MuteCalls | ResumeCalls
Answering = TypeNumber | DenyCall | EndCall | SeeCaller | AskManager | DenyVouch | Quieting
Opening = OpenForm | OpenRequest
Calling = Asking | Answering | Opening | ProveCall


class Verb(StrEnum):
    """What a button of these says it does."""

    BEGIN = "call"
    FIND = "call-find"
    ASK = "call-ask"
    TYPE = "call-type"
    PROVE = "call-prove"
    DENY = "call-no"
    END = "call-end"
    MANAGER = "call-manager"
    NOT_VOUCHED = "call-not-vouched"
    SEE = "call-see"
    MUTE = "call-mute"
    RESUME = "call-resume"
    OPEN = "call-open"
    SEND = "call-send"


VERBS: Final = frozenset(Verb)
# What says no more than which verification it is about.
Plain = ProveCall | DenyCall | EndCall | AskManager | DenyVouch | SeeCaller | MuteCalls
PLAIN: Final[Mapping[Verb, type[Plain]]] = MappingProxyType(
    {
        Verb.PROVE: ProveCall,
        Verb.DENY: DenyCall,
        Verb.END: EndCall,
        Verb.MANAGER: AskManager,
        Verb.NOT_VOUCHED: DenyVouch,
        Verb.SEE: SeeCaller,
        Verb.MUTE: MuteCalls,
    }
)
FORM: Final = "form"  # the id of a form that is filled in for a colleague
PICKED, TYPED, NUMBER = "picked", "typed", "number"  # inputs: whom a picker found, a name, what was heard

_VERBS: Final = MappingProxyType({sort: verb for verb, sort in PLAIN.items()})


def pack(action: Calling) -> dict[str, str | int]:
    """Return the data of the button that does `action`."""
    match action:
        case BeginCaller(kind):
            return {"verb": Verb.BEGIN.value, **_about(kind)}
        case ResumeCalls():
            return {"verb": Verb.RESUME.value}
        case FindCaller(form, _, _, kind):
            return {"verb": Verb.FIND.value, "id": form, **_about(kind)}
        case AskCaller(form, person, kind):
            return {"verb": Verb.ASK.value, "id": form, PICKED: person, **_about(kind)}
        case OpenForm(verification, version, kind):
            return {"verb": Verb.OPEN.value, "id": verification, "v": version, "kind": kind}
        case OpenRequest(verification, version, kind, request, _):
            return {"verb": Verb.SEND.value, "id": verification, "v": version, "kind": kind, FORM: request}
        case TypeNumber(verification, version):
            return {"verb": Verb.TYPE.value, "id": verification, "v": version}
        case _:
            return {"verb": _VERBS[type(action)].value, "id": action.verification, "v": action.version}


def unpack(verb: str, data: Mapping[str, object], inputs: Mapping[str, str]) -> Calling | None:
    """Read the data of one of these buttons; None when it is not whole."""
    key, version = data.get("id"), data.get("v")
    match verb:
        case Verb.BEGIN:
            return BeginCaller(_text(data, "kind"))
        case Verb.RESUME:
            return ResumeCalls()
        case Verb.FIND if isinstance(key, str):
            return FindCaller(key, inputs.get(PICKED, ""), inputs.get(TYPED, ""), _text(data, "kind"))
        case Verb.ASK if isinstance(key, str):
            return AskCaller(key, inputs.get(PICKED, ""), _text(data, "kind"))
        case _ if not isinstance(key, str) or not isinstance(version, int) or isinstance(version, bool):
            return None
        case Verb.OPEN:
            return OpenForm(key, version, _text(data, "kind"))
        case Verb.SEND:
            values = {name: value for name, value in inputs.items() if name != FORM}
            return OpenRequest(key, version, _text(data, "kind"), inputs.get(FORM, ""), values)
        case Verb.TYPE:
            return TypeNumber(key, version, inputs.get(NUMBER, ""))
        case _:
            return PLAIN[Verb(verb)](key, version)


def _about(kind: str) -> dict[str, str]:
    return {"kind": kind} if kind else {}


def _text(data: Mapping[str, object], name: str) -> str:
    found = data.get(name)
    return found if isinstance(found, str) else ""
