"""Headers: what every page of ours asks the browser to hold it to; a policy begins at 'none'."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from bot.config.cloud import Cloud

HELD: Final = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        # The popup must keep its opener: Teams' own script hands the outcome over through it.
        "Cross-Origin-Opener-Policy": "unsafe-none",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
# For whatever is no page: it does nothing, leads nowhere and stands in no frame, even where somebody shows it.
NOTHING: Final = "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
NO_SCRIPT: Final = MappingProxyType({**HELD, "Content-Security-Policy": NOTHING})


class Reach(StrEnum):
    """Whom a page may talk to."""

    ENTRA = "entra"  # its form leads to the sign-in
    TEAMS = "teams"  # besides, Teams' script runs on it
    SELF = "self"  # nobody but us, and no frame holds it: something secret is typed here, or it leads elsewhere


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def policy(cloud: Cloud, reach: Reach) -> str:
    """Return the Content-Security-Policy of a page."""
    scripts, alone = origin(cloud.teams_js), reach is Reach.SELF
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {scripts}" if reach is Reach.TEAMS else "'self'",
        # Teams' script looks up which origins are Teams'.
        "connect-src": {Reach.TEAMS: scripts, Reach.SELF: "'self'", Reach.ENTRA: "'none'"}[reach],
        "style-src": "'self'",
        # Browsers hold the redirects that follow a form to this as well, and a federated tenant's go on from
        # Entra to an address of its own.
        "form-action": "'self'" if alone else f"'self' {origin(cloud.login)} https:",
        "frame-ancestors": "'none'" if alone else " ".join(cloud.frame_origins) or "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
