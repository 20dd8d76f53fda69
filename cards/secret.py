"""The one card that holds a secret: shown exactly as it is, to its subject, and built nowhere else."""

from __future__ import annotations

from typing import Final

from bot.core.actions import Hide, Report, RevokeIt
from bot.core.answers import SecretShown
from bot.core.model import Request, Status
from cards import elements as e
from cards.buttons import press, ref
from cards.parts import card, header, lines
from cards.texts import known
from cards.view import View
from cards.words import bare, own, say, spelled, when

COMING: Final = frozenset({Status.READY, Status.ACTING, Status.UNKNOWN})


def secret(answer: SecretShown, view: View) -> e.Card:
    """Return the card for a dialog: when it is closed, nothing of it stays in the chat."""
    return card(view, [*_shown(answer, view), *lines(_once(answer, view), subtle=True)])


def secret_in_chat(answer: SecretShown, view: View) -> e.Card:
    """Return the card for a message of its own, which the person hides when done."""
    at, kind = ref(answer.request), answer.request.kind
    buttons = [
        press(view, "button.hide", Hide(at), style="positive"),
        press(view, own(kind, "button.revoke"), RevokeIt(at)),
        press(view, "button.report", Report(at), style="destructive", tooltip=bare(view, "button.report_hint")),
    ]
    return card(view, _shown(answer, view), buttons)


def curtain(request: Request, view: View) -> e.Card:
    """Return what stands in the secret's place before it comes and after it is hidden."""
    key = "secret.coming" if request.status in COMING else "secret.hidden"
    return card(view, lines(say(view, own(request.kind, key)), subtle=True))


def _shown(answer: SecretShown, view: View) -> list[e.Piece]:
    """A text run is the only text no client reads as Markdown, and it can be selected as a whole."""
    kind = answer.request.kind
    run = e.TextRun(text=answer.secret.reveal(), font_type="Monospace", size="ExtraLarge", weight="Bolder")
    until = say(view, own(kind, "secret.until"), until=when(answer.until))
    following = f"{kind}.next"
    return [
        header(say(view, "app.name"), say(view, own(kind, "secret.title"))),
        e.Container(style="accent", items=[e.RichTextBlock(inlines=[run], horizontalAlignment="Center")]),
        e.RichTextBlock(inlines=[e.TextRun(text=spelled(answer.secret.reveal(), view), size="Small")], spacing="Small"),
        e.TextBlock(text=until, weight="Bolder", spacing="Medium"),
        *lines(say(view, following) if known(following) else ""),
        *lines(say(view, own(kind, "secret.lead")), subtle=True),
    ]


def _once(answer: SecretShown, view: View) -> str:
    return say(view, own(answer.request.kind, "secret.once"))
