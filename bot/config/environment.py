"""The environment, read once: all that is wrong with it is told together, with the variable and the fix."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from pydantic import ValidationError

from bot.config import checks, outgoing
from bot.config.settings import PREFIX, Settings
from bot.core.errors import Misconfigured

_NAMES: Final = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}


def load(*, keyed: bool = False) -> Settings:
    """Read the environment; raise `Misconfigured` naming every variable that is missing, wrong or none of ours.

    `keyed` is for what writes or checks the audit trail: its key must be there. Whoever migrates must not hold it.
    """
    ours = [name for name in os.environ if name.upper().startswith(PREFIX)]
    faults = [(name, "is not a setting of Vouchsafe") for name in sorted(set(ours) - set(_NAMES))]
    try:
        found = Settings()  # pydantic reads the fields from the environment
    except ValidationError as error:
        faults += [(_variable(*e["loc"]), _fix(e["type"], e["msg"])) for e in error.errors(include_input=False)]
    else:
        faults += [(_variable(name), fault) for name, fault in checks.faults(found, keyed=keyed)]
        faults += outgoing.faults()
        if not faults:
            return found
    raise _incomplete(faults) from None


def app() -> tuple[str, str]:
    """Read the app's id and its public URL, for what needs no more of it; raise `Misconfigured` as `load` does."""
    found = {name: os.environ.get(_variable(name), "").strip() for name in ("app_id", "public_url")}
    faults = [(name, "is missing; set it") for name, value in found.items() if not value]
    if faults := faults or list(checks.app(**found)):
        raise _incomplete((_variable(name), fault) for name, fault in faults)
    return found["app_id"], found["public_url"]


def _incomplete(faults: Iterable[tuple[str, str]]) -> Misconfigured:
    return Misconfigured("The settings are not complete:" + "".join(f"\n  {name}: {fault}" for name, fault in faults))


def _variable(*names: object) -> str:
    return f"{PREFIX}{'_'.join(map(str, names))}".upper()


def _fix(sort: str, message: str) -> str:
    return "is missing; set it" if sort == "missing" else message.removeprefix("Value error, ")
