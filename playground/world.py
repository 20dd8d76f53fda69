"""World: everything outside the bot in one value; the ids never change, the keys are new on every start."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playground.clock import Clock
from playground.faults import Faults
from playground.journal import Journal
from playground.keys import Keys
from playground.people import TENANT, People, contoso, guid
from playground.tenant.access import EntraState
from playground.tenant.directory import GraphState
from playground.verified.state import Verified

BOT_ID: Final = guid("app/vouchsafe")
BOT_SECRET: Final = "made-up-and-good-for-loopback-only"
GRAPH: Final = "https://graph.microsoft.com"
BOT_FRAMEWORK: Final = "https://api.botframework.com"
VERIFIED_ID: Final = "3db474b9-6a0c-4840-96ac-1fceb342124f"  # the Request Service, the same in every tenant


@dataclass(slots=True)
class World:
    """`origin` is where everything is served, `public_url` where a browser finds the bot's own pages."""

    origin: str
    tenant: str
    bot_id: str
    bot_secret: str
    audit_key: str
    public_url: str
    people: People
    clock: Clock
    faults: Faults
    journal: Journal
    keys: Keys
    graph: GraphState
    entra: EntraState
    verified: Verified

    @property
    def issuer(self) -> str:
        return f"{self.origin}/entra/{self.tenant}/v2.0"

    @property
    def redirect(self) -> str:
        """The one redirect URI of the bot's app registration."""
        return f"{self.public_url}/step-up/callback"

    def cloud(self) -> dict[str, Any]:
        """Describe this world as the cloud file the bot is started with."""
        return {
            "name": "playground",
            "login": f"{self.origin}/entra",
            "graph": f"{self.origin}/graph",
            "graph_scope": f"{GRAPH}/.default",
            "verified_id": f"{self.origin}/verified-id",
            "verified_id_scope": f"{VERIFIED_ID}/.default",
            "bot_issuer": BOT_FRAMEWORK,
            "bot_openid": f"{self.origin}/botframework/v1/.well-known/openidconfiguration",
            "bot_scope": f"{BOT_FRAMEWORK}/.default",
            "service_urls": [f"{self.origin}/connector/"],
            "teams_js": f"{self.origin}/npm/teams-js/MicrosoftTeams.min.js",
            "frame_origins": [self.origin],
            "time_file": str(self.clock.file.absolute()),
        }


def create(origin: str, folder: Path, record: Path | None = None, *, extras: int = 0) -> World:
    """Make a world served at `origin`; its clock's file goes into `folder`, its journal into `record`.

    `extras` is how many people there are besides the cast.
    """
    clock, people, journal = Clock(folder / "clock"), contoso(extras), Journal(record)
    return World(
        origin=origin.rstrip("/"),
        tenant=TENANT,
        bot_id=BOT_ID,
        bot_secret=BOT_SECRET,
        audit_key=f"playground:{secrets.token_urlsafe(32)}",
        public_url=origin.rstrip("/"),
        people=people,
        clock=clock,
        faults=Faults(),
        journal=journal,
        keys=Keys(),
        graph=GraphState(people=people, clock=clock),
        entra=EntraState(clock, people),
        verified=Verified(people=people, clock=clock, journal=journal),
    )
