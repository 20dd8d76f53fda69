"""Form: the page where a new password is entered, and those that say what came of it; none holds what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.core.answers import Entered, EntryPage, PasswordCheck
from bot.core.model import Refusal, Status
from bot.core.passwords import LONGEST, Rule
from bot.core.reasons import Reason
from bot.web.headers import Reach
from bot.web.page import Pages, fill, timed

_SCRIPTS: Final = ("step-up.js", "enter.js")
# What this page can speak of; whatever else became of the request meanwhile, its card tells.
_SPOKEN_OF: Final = frozenset(
    {
        Status.DONE,
        Status.ENDED,
        Status.EVALUATED,
        Status.ACTING,
        Status.UNKNOWN,
        Status.STEP_UP,
        Status.PROOF,
        Status.APPROVAL,
    }
)


def enter(
    pages: Pages, page: EntryPage, *, check: str, checked: PasswordCheck | None = None, refusal: Refusal | None = None
) -> web.Response:
    """Ask for a password; with what was wrong with the last one, all of it, or why it was not taken."""
    language = page.person.language
    say, words = pages.sayer(language), page.request.kind
    odd = checked is not None or refusal is not None
    body = fill(
        "enter.html",
        {
            **{key: say(f"web.enter.{key}") for key in ("rules", "unsure")},
            **{key: say(f"{words}.page.{key}") for key in ("lead", "field", "show", "button", "strength")},
            **{f"{row}_label": say(f"web.start.{row}") for row in ("whom", "until")},
            "whom": escape(page.request.subject.name),
            "until": timed(page.expires_at),
            "check": escape(check),
            "longest": str(LONGEST),
            "odd": 'aria-invalid="true"' if odd else "",
            "told": _errors(pages, language, checked, refusal),
            "items": "".join(_item(pages, page, rule, checked) for rule in Rule),
        },
    )
    marks = {word: pages.text(f"web.enter.{word}", language) for word in ("met", "unmet")}
    data = marks | {word: pages.text(f"{words}.page.{word}", language) for word in ("show", "hide")}
    title = f"{words}.page.title"
    return pages.render(language, title, body, look="enter", reach=Reach.SELF, data=data, scripts=_SCRIPTS)


def findings(pages: Pages, checked: PasswordCheck, language: str) -> Mapping[str, object]:
    """Say for the page's script what is wrong with what was typed so far; it shows all of it as text."""
    return {
        "faults": [{"key": key, "text": pages.text(f"{checked.kind}.rule.{key}", language)} for key in checked.faults],
        "met": list(checked.met),
        "strength": checked.strength,
        "word": pages.text(f"{checked.kind}.page.strength_{checked.strength}", language),
    }


def entered(pages: Pages, came: Entered) -> web.Response:
    """Say what came of it; Teams hears at once when all went well, else when the person has read it."""
    language, words = came.request.subject.language, came.request.kind
    say = pages.sayer(language)
    if came.refusal is not None or came.request.status not in _SPOKEN_OF:
        return _outcome(pages, came, "web.refused.title", escape(_why_not(pages, came)), look="refused")
    match came.request.status:
        case Status.DONE | Status.ENDED:
            body = fill("done.html", {"waiting": say(f"{words}.page.done"), "elsewhere": say("web.entered.elsewhere")})
            return pages.render(language, f"{words}.page.done_title", body, look="done", data={"code": came.code})
        case Status.EVALUATED:
            return _outcome(pages, came, "web.entered.trial_title", say(f"{words}.page.trial"))
        case Status.ACTING | Status.UNKNOWN:
            return _outcome(pages, came, "web.entered.lost_title", say("web.entered.lost"))
        case _:
            return _outcome(pages, came, "web.entered.more_title", say("web.entered.more"))


def _why_not(pages: Pages, came: Entered) -> str:
    """Say the desk's no, and that the old password holds where that is certain."""
    request, language = came.request, came.request.subject.language
    if came.refusal is None or came.refusal.reason == Reason.CLOSED:
        return pages.sentence(Reason.CLOSED, language)
    tried_before = request.attempts > (1 if request.status is Status.FAILED else 0)
    told = pages.objection(came.refusal, language)
    if tried_before or request.status not in {Status.FAILED, Status.REFUSED}:
        return told
    return f"{told} {pages.text(f'{request.kind}.page.failed', language)}"


def _outcome(pages: Pages, came: Entered, title: str, told: str, *, look: str = "told") -> web.Response:
    """Let it be read: the window closes when the person says so."""
    language = came.request.subject.language
    say = pages.sayer(language)
    instead = say("web.refused.over" if look == "refused" else "web.entered.close", contact=pages.contact)
    body = fill("refused.html", {"what": told, "instead": instead, "button": say("web.refused.button")})
    status = HTTPStatus.FORBIDDEN if look == "refused" else HTTPStatus.OK
    return pages.render(language, title, body, look=look, data={"code": came.code}, status=status)


def _errors(pages: Pages, language: str, checked: PasswordCheck | None, refusal: Refusal | None) -> str:
    """Say at the top what was wrong, for those who sent it without seeing it below."""
    if refusal is not None:
        return f'<div class="fault" id="told" role="alert"><p>{escape(pages.objection(refusal, language))}</p></div>'
    if checked is None:
        return ""
    say = pages.sayer(language)
    faults = "".join(f"<li>{say(f'{checked.kind}.rule.{key}')}</li>" for key in checked.faults)
    return f'<div class="fault" id="told" role="alert"><p>{say("web.enter.faults")}</p><ul>{faults}</ul></div>'


def _item(pages: Pages, page: EntryPage, rule: Rule, checked: PasswordCheck | None) -> str:
    """One rule; whether it is kept is a mark, a colour, and a word for those who hear the page."""
    say = pages.sayer(page.person.language)
    state = "" if checked is None else "met" if rule in checked.met else "unmet"
    word = say(f"web.enter.{state}") if state else ""
    text = say(f"{page.request.kind}.rule.{rule}")
    return f'<li data-rule="{rule}" class="{state}"><span class="word">{word}</span> {text}</li>'
