"""The environment, read once: all that is wrong with it is told together, with the variable and the fix."""

from __future__ import annotations

import os
from typing import Final

from pydantic import ValidationError

from bot.config import checks
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
        if not faults:
            return found
    lines = "".join(f"\n  {name}: {fault}" for name, fault in faults)
    raise Misconfigured(f"The settings are not complete:{lines}") from None


def _variable(*names: object) -> str:
    return f"{PREFIX}{'_'.join(map(str, names))}".upper()


def _fix(sort: str, message: str) -> str:
    return "is missing; set it" if sort == "missing" else message.removeprefix("Value error, ")
