"""Words on a card: the catalogue with everything from outside made plain, and times each client shows as its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bot.core.answers import Refused, Said
from bot.core.approval import outgrown
from bot.core.behalf import WHY_OPENED
from bot.core.face import FOR, NEEDED_BY
from bot.core.forms import Line
from bot.core.model import AGAIN, Evidence, EvidenceType, Refusal, Request
from cards.texts import NAME, Markup, known, plain, text, wanted
from cards.view import View

MISSING: Final = "…"
AGAIN_AT: Final = "again"  # the parameter of a refusal that says when it ends
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
SHORT: Final = 2 * HOUR  # that is said in minutes
_ADDRESS: Final = re.compile(r"https://([\w./-]*\w)", re.ASCII)  # one that somebody typed was broken before


def say(view: View, key: str, /, **params: object) -> Markup:
    """Return a text for a card; what is in `params` stays plain text unless it is `Markup`."""
    given = {"contact": view.contact, **params}
    used = ((name, given[name]) for name in wanted(key) if name in given)
    ready = {name: value if isinstance(value, Markup) else plain(str(value)) for name, value in used}
    return Markup(text(key, view.language, **ready))


def bare(view: View, key: str, /, **params: object) -> str:
    """Return a text for a place no client reads as Markdown: a button, a label, a list, an error."""
    return text(key, view.language, **{"contact": view.contact, **params})


def own(kind: str, key: str) -> str:
    """Return the key of a kind's own words where it has some, else the common one."""
    return f"{kind}.{key}" if known(f"{kind}.{key}") else key


def called(kind: str) -> str:
    """Return the key of what somebody else's request is called: its title, unless that speaks as its person does."""
    return f"{kind}.theirs" if known(f"{kind}.theirs") else f"{kind}.title"


def worded(request: Request, key: str) -> str:
    """Return the key of the words for `request`: its kind's own, those of its way, or the common ones."""
    candidates = (f"{request.kind}.{key}", f"{request.way}.{key}")
    return next((found for found in candidates if known(found)), key)


def staged(request: Request, part: str) -> str:
    """Return the key of a part of a request's card: of its stage where its kind has words for that."""
    stage = f"request.{request.status}.{request.stage}.{part}"
    if request.stage and known(f"{request.kind}.{stage}"):
        return f"{request.kind}.{stage}"
    return worded(request, f"request.{request.status}.{part}")


def spelled(value: str, view: View) -> str:
    """Say it letter by letter, as on the telephone: a word in capitals is a capital letter."""
    return " · ".join(_sign(sign, view) for sign in value)


def _sign(sign: str, view: View) -> str:
    if not known(f"spell.{sign.lower()}"):
        return sign
    word = bare(view, f"spell.{sign.lower()}")
    return f"{sign} {word.upper() if sign.isupper() else word}"


def stands(request: Request) -> str:
    """Return the key of the one word for how a request stands: of its stage where its kind has one for that."""
    staged_word = f"{request.kind}.status.{request.status}.{request.stage}"
    return staged_word if request.stage and known(staged_word) else worded(request, f"status.{request.status}")


def when(moment: datetime | None) -> Markup:
    """Return a time as a card's function: each client shows it in its own zone and language."""
    if moment is None:
        return Markup(MISSING)
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup(f"{{{{DATE({stamp},SHORT)}}}} {{{{TIME({stamp})}}}}")


def until(moment: datetime | None, view: View, *, begins: bool = False) -> Markup:
    """Return a time as `when` does, and behind it how far off it is, where that is near and read as soon as drawn."""
    far = ahead(moment, view, begins=begins) if moment is not None else ""
    return say(view, "time.near", at=_clock(moment), ahead=far) if moment is not None and far else when(moment)


def ahead(moment: datetime, view: View, *, begins: bool = False) -> Markup:
    """Say how far off a moment is, as in "in 12 minutes"; "" where it is not for a day, or over.

    So it is where a view is not fresh: on a card that stays, it would soon be untrue. Of what `begins` then, a minute
    under way counts whole, so that nobody comes too early; of what ends, not at all.
    """
    left = (moment - view.now).total_seconds()
    if not view.fresh or not 0 < left < DAY:
        return Markup("")
    if left < MINUTE:
        return say(view, "time.at_once")
    if left >= SHORT:
        return say(view, "time.hours", count=round(left / HOUR))
    minutes = int(-(-left // MINUTE) if begins else left // MINUTE)
    return say(view, "time.minute" if minutes == 1 else "time.minutes", count=minutes)


def _clock(moment: datetime) -> Markup:
    return Markup(f"{{{{TIME({moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ})}}}}")


def refused(refusal: Refusal, view: View) -> Markup:
    """Say a no on a card; a reason nobody has words for still says what to do. An address of ours can be pressed."""
    key = _key(refusal)
    given = refusal.params
    params = {
        name: soon(given, view) if name == AGAIN_AT else _param(given.get(name, MISSING), view) for name in _named(key)
    }
    return Markup(_ADDRESS.sub(r"[\1](https://\1)", say(view, key, **params)))


def came_to_nothing(view: View) -> str:
    """Say why the last sign-in of whoever this card is for came to nothing, where its button stands again."""
    return refused(Refusal(view.failed), view) if view.failed and view.link else ""


def counted(many: int, view: View) -> str:
    """Say how often an alarm was raised, where that is more than once."""
    return say(view, "alert.count", count=many) if many > 1 else ""


def reason(name: str) -> str:
    """Return the reason of a no as a report lists it, and how the sentence begins that people read."""
    key = f"refusal.{name}"
    if not known(key):
        return name
    begins = text(key, "en", **dict.fromkeys(wanted(key), MISSING)).partition(". ")[0]
    return f"{name} (“{begins.removesuffix('.')}.”)"


def stated(line: Line, view: View) -> Markup:
    """Say a line of a sheet; times in it are shown as each client's own."""
    return say(view, line.key, **{name: _param(value, view) for name, value in line.params.items()})


def sentence(answer: Said | Refused, view: View) -> str:
    """Say an answer where only a line of text goes, not a card: no Markdown, times in UTC."""
    key, params = (_key(answer.refusal), answer.refusal.params) if isinstance(answer, Refused) else _said(answer)
    ready = {
        name: soon(params, view, on_card=False) if name == AGAIN_AT else _spoken(params.get(name, MISSING), view)
        for name in _named(key)
    }
    return text(key, view.language, contact=view.contact, **ready)


def particulars(request: Request, view: View) -> dict[str, object]:
    """Return everything the text of a request's state may mention."""
    receipt, ending = request.receipt, request.ending
    return {
        "name": plain(request.subject.name, NAME),
        "kind": say(view, called(request.kind)),
        "until": until(request.expires_at, view),
        "works_until": until(receipt.expires_at if receipt else None, view),
        "by": plain(ending.name, NAME) if ending and ending.name else MISSING,
        "turn": until(request.due_at, view, begins=True),
        "opener": plain(request.opened_by.name, NAME) if request.opened_by else MISSING,
        **{
            name: _result(request.kind, name, value, view)
            for name, value in (receipt.params if receipt else {}).items()
        },
    }


def details(request: Request, view: View, *, theirs: bool = False) -> list[tuple[str, str]]:
    """Return what was chosen or found as label and value, in the desk's words; `theirs`: for others than its person."""
    said = ((name, _value(request.kind, name, value, view, theirs=theirs)) for name, value in _told(request))
    return [(_label(request.kind, name, view), value) for name, value in said if value is not None]


def typed(request: Request, view: View) -> list[tuple[str, str]]:
    """Return what the catalogue has no words for, as label and text: somebody's own words, as they are."""
    return [(_label(request.kind, n, view), v) for n, v in _told(request) if _value(request.kind, n, v, view) is None]


def _told(request: Request) -> list[tuple[str, str]]:
    """Return the details that say something of its person: neither the id of what a proof is for, nor others' words."""
    return [(name, value) for name, value in request.details.items() if value and name not in {FOR, WHY_OPENED}]


def names(evidence: tuple[Evidence, ...]) -> Markup:
    """Name the people behind approvals, each once."""
    return Markup(", ".join(dict.fromkeys(plain(e.name, NAME) for e in evidence)))


def verdict(request: Request) -> str:
    """Return what an approver added to their no."""
    return request.ending.choice if request.ending is not None else ""


def verdicts(request: Request, view: View) -> Markup:
    """Say what approvers added to their yes or no, each thing once."""
    added = [verdict(request), *(e.choice for e in request.evidence_of(EvidenceType.APPROVAL))]
    return Markup(" / ".join(say(view, f"{request.kind}.verdict.{word}") for word in dict.fromkeys(added) if word))


def upheld(request: Request, view: View) -> tuple[Evidence, ...]:
    """Return the approvals that were not given for a milder case."""
    gone = outgrown(request, view.levels)
    return tuple(e for e in request.evidence_of(EvidenceType.APPROVAL) if e not in gone)


def approvals(request: Request, view: View) -> Markup:
    """Say how many of the approvals are there and whose: people, not clicks."""
    given = upheld(request, view)
    count = len({e.by for e in given})
    needed = max(view.approvals, count)
    key = "approvers.count_by" if given else "approvers.count"
    return say(view, key, count=count, needed=needed, names=names(given))


def soon(params: Mapping[str, str], view: View, *, on_card: bool = True) -> Markup:
    """Say from when on one may ask again: in how many minutes where that is short, and exactly all the same."""
    moment = stamp(params.get(AGAIN_AT, ""))
    if moment is None:
        return say(view, "time.later")
    far = ahead(moment, view, begins=True)
    if not far:
        return say(view, "time.from", at=when(moment) if on_card else _spoken(moment.isoformat(), view))
    return say(view, "time.again", ahead=far, at=_clock(moment) if on_card else f"{moment.astimezone(UTC):%H:%M} UTC")


def _named(key: str) -> frozenset[str]:
    return wanted(key) - {"contact"}


def _key(refusal: Refusal) -> str:
    return f"refusal.{refusal.reason}" if known(f"refusal.{refusal.reason}") else "refusal.other"


def _said(answer: Said) -> tuple[str, Mapping[str, str]]:
    return answer.key, answer.params


def _param(value: str, view: View) -> str:
    moment = stamp(value)
    return until(moment, view) if moment else value


def _spoken(value: str, view: View) -> str:
    moment = stamp(value)
    if moment is None:
        return value
    at, far = moment.astimezone(UTC), ahead(moment, view)
    return say(view, "time.near", at=f"{at:%H:%M} UTC", ahead=far) if far else f"{at:%Y-%m-%d %H:%M} UTC"


def stamp(value: str) -> datetime | None:
    """Read a time as the core writes it into params; a date or a number alone is none."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _result(kind: str, name: str, value: str, view: View) -> Markup:
    """What an act left behind, in words: of the catalogue where it has some, else as it is."""
    choice, moment = f"{kind}.{name}.{value}", stamp(value)
    if known(choice):
        return say(view, choice)
    return until(moment, view) if moment else plain(value)


def _label(kind: str, name: str, view: View) -> Markup:
    if name.startswith(AGAIN):
        return say(view, "detail.again", label=_label(kind, name.removeprefix(AGAIN), view))
    key = f"{kind}.detail.{name}"
    return say(view, key) if known(key) else plain(name)


def _value(kind: str, name: str, value: str, view: View, *, theirs: bool = False) -> Markup | None:
    """Say a choice, or what has a sentence of its own; None for what nobody but its writer has words for."""
    name = name.removeprefix(AGAIN)
    choice, template = f"{kind}.{name}.{value}", f"{kind}.value.{name}"
    if name == NEEDED_BY and known(f"{value}.title"):
        return say(view, called(value) if theirs else f"{value}.title")
    if theirs and known(f"{kind}.about.{name}.{value}"):
        return say(view, f"{kind}.about.{name}.{value}")
    if known(choice):
        return say(view, choice)
    return say(view, template, value=_param(value, view)) if known(template) else None
