"""Everything the directory can be asked, so that what it sends can be looked at call by call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from bot.core.directory import Directory
from bot.core.errors import DeskError
from bot.core.methods import Method, MethodKind
from bot.core.model import Secret
from tests.adapters.answers import ANN, PASS

HOUR = timedelta(hours=1)
GROUPS = frozenset({ANN, PASS})
PROOF: Mapping[str, str | int] = {"at": "2026-11-24T09:00:00Z", "score": 92, "request": "r1"}


def methods() -> tuple[Method, ...]:
    return tuple(Method(kind, PASS, "", "", None, usable=True) for kind in MethodKind)


async def _remove(directory: Directory) -> None:
    for method in methods():
        with suppress(DeskError):
            await directory.remove_method(ANN, method)


async def _password(directory: Directory) -> None:
    for change_next in (True, False):
        await directory.set_password(ANN, Secret('Grüße, 東京 "\\ \u2028'), change_next=change_next)


ASKED: Mapping[str, Callable[[Directory], Awaitable[object]]] = {
    "once": lambda d: d.once().account(ANN),
    "account": lambda d: d.account(ANN),
    "manager": lambda d: d.manager(ANN),
    "people": lambda d: d.people('Ann "A"', 8),
    "standing": lambda d: d.standing(ANN),
    "groups": lambda d: d.groups(ANN, GROUPS),
    "within": lambda d: d.within(GROUPS),
    "approvers_group": lambda d: d.approvers_group(PASS),
    "hidden_groups": lambda d: d.hidden_groups(),
    "guarded_contexts": lambda d: d.guarded_contexts(ANN),
    "unguarded": lambda d: d.unguarded(frozenset({"c1"})),
    "spared": lambda d: d.spared(GROUPS, "c1"),
    "pass_policy": lambda d: d.pass_policy(),
    "passes": lambda d: d.passes(ANN),
    "issue_pass": lambda d: d.issue_pass(ANN, HOUR, one_time=True),
    "delete_pass": lambda d: d.delete_pass(ANN, PASS),
    "revoke_sessions": lambda d: d.revoke_sessions(ANN),
    "risk": lambda d: d.risk(ANN),
    "at_risk": lambda d: d.at_risk(ANN),
    "detections": lambda d: d.detections(ANN, 5),
    "dismiss_risk": lambda d: d.dismiss_risk(ANN),
    "confirm_safe": lambda d: d.confirm_safe(ANN),
    "confirm_compromised": lambda d: d.confirm_compromised(ANN),
    "federated": lambda d: d.federated("ann@contoso.example"),
    "set_password": _password,
    "methods": lambda d: d.methods(ANN),
    "passkeys": lambda d: d.passkeys(ANN),
    "remove_method": _remove,
    "keep_proof": lambda d: d.keep_proof(ANN, PROOF),
    "changes": lambda d: d.changes(ANN, HOUR),
    "changes_now": lambda d: d.changes_now(ANN, HOUR),
    "install_app": lambda d: d.install_app(ANN, PASS),
    "proof_of": lambda d: d.proof_of(ANN, Secret("theirs")),
}


async def everything(directory: Directory) -> None:
    for ask in ASKED.values():
        with suppress(DeskError):
            await ask(directory)
