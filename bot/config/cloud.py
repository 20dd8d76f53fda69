"""Cloud: the trust anchors, one frozen value chosen by name; a file of them is taken on loopback only."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from bot.core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Cloud:
    """Whom the bot believes and whom it talks to.

    Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
    and https://learn.microsoft.com/graph/deployments. `service_urls` are prefixes a connector's address may
    begin with; the first is where a conversation is begun when no address is known. `frame_origins` may embed
    our pages; `verified_id` is the Request Service of Verified ID, "" where there is none; `time_file`, for a
    loopback cloud only, holds seconds to add to the clock.
    """

    name: str
    login: str
    graph: str
    graph_scope: str
    bot_issuer: str
    bot_openid: str
    bot_scope: str
    service_urls: tuple[str, ...]
    teams_js: str
    teams_js_integrity: str = ""
    frame_origins: tuple[str, ...] = ()
    verified_id: str = ""
    verified_id_scope: str = ""
    time_file: str = ""

    def authority(self, tenant: str) -> str:
        """Return the tenant's authority, the base of its OpenID Connect metadata."""
        return f"{self.login}/{tenant}"


_TEAMS_ORIGINS: Final = (
    "https://teams.microsoft.com",
    "https://*.teams.microsoft.com",
    "https://teams.cloud.microsoft",
    "https://*.cloud.microsoft",
)
# https://www.npmjs.com/package/@microsoft/teams-js names the address and the hash of each version.
_TEAMS_JS: Final = "https://res.cdn.office.net/teams-js/2.58.0/js/MicrosoftTeams.min.js"
_TEAMS_JS_HASH: Final = "sha384-sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"

PUBLIC: Final = Cloud(
    name="public",
    login="https://login.microsoftonline.com",
    graph="https://graph.microsoft.com",
    graph_scope="https://graph.microsoft.com/.default",
    bot_issuer="https://api.botframework.com",
    bot_openid="https://login.botframework.com/v1/.well-known/openidconfiguration",
    bot_scope="https://api.botframework.com/.default",
    service_urls=(
        "https://smba.trafficmanager.net/teams/",
        "https://smba.trafficmanager.net/",
        "https://smba.infra.gcc.teams.microsoft.com/",  # GCC tenants live in the public cloud
    ),
    teams_js=_TEAMS_JS,
    teams_js_integrity=_TEAMS_JS_HASH,
    frame_origins=_TEAMS_ORIGINS,
    # https://learn.microsoft.com/entra/verified-id/presentation-request-api; no host is published for the others.
    verified_id="https://verifiedid.did.msidentity.com",
    verified_id_scope="3db474b9-6a0c-4840-96ac-1fceb342124f/.default",
)
GCCH: Final = Cloud(
    name="gcch",
    login="https://login.microsoftonline.us",
    graph="https://graph.microsoft.us",
    graph_scope="https://graph.microsoft.us/.default",
    bot_issuer="https://api.botframework.us",
    bot_openid="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    bot_scope="https://api.botframework.us/.default",
    service_urls=("https://smba.infra.gov.teams.microsoft.us/teams/", "https://smba.infra.gov.teams.microsoft.us/"),
    teams_js=_TEAMS_JS,
    teams_js_integrity=_TEAMS_JS_HASH,
    frame_origins=("https://gov.teams.microsoft.us", "https://*.gov.teams.microsoft.us"),
)
DOD: Final = Cloud(
    name="dod",
    login="https://login.microsoftonline.us",
    graph="https://dod-graph.microsoft.us",
    graph_scope="https://dod-graph.microsoft.us/.default",
    bot_issuer="https://api.botframework.us",
    bot_openid="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    bot_scope="https://api.botframework.us/.default",
    service_urls=("https://smba.infra.dod.teams.microsoft.us/teams/", "https://smba.infra.dod.teams.microsoft.us/"),
    teams_js=_TEAMS_JS,
    teams_js_integrity=_TEAMS_JS_HASH,
    frame_origins=("https://dod.teams.microsoft.us", "https://*.dod.teams.microsoft.us"),
)
CLOUDS: Final = MappingProxyType({cloud.name: cloud for cloud in (PUBLIC, GCCH, DOD)})


def loopback(host: str) -> bool:
    """Say whether `host` is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _here(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and loopback(parts.hostname or "")


def _fits(name: str, value: object) -> bool:
    several = name in {"service_urls", "frame_origins"}
    texts = value if several and isinstance(value, list) else None if several else [value]
    return texts is not None and all(isinstance(text, str) for text in texts)


def from_file(path: Path, *, host: str) -> Cloud:
    """Read a cloud file; raise `Misconfigured` unless the bot and every address in it are on loopback."""
    if not loopback(host):
        raise Misconfigured(f"--cloud FILE works on loopback only, and HOST is {host}: set VOUCHSAFE_HOST=127.0.0.1")
    try:
        raw = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Misconfigured(f"--cloud {path}: cannot be read as JSON ({type(error).__name__})") from error
    known = {f.name for f in fields(Cloud)}
    if not isinstance(raw, dict) or set(raw) - known or not all(map(_fits, raw, raw.values())):
        raise Misconfigured(f"--cloud {path}: the keys are {', '.join(sorted(known))}, all text or lists of it")
    lists = {key: tuple(value) for key, value in raw.items() if isinstance(value, list)}
    try:
        cloud = Cloud(**{**raw, **lists})
    except TypeError as error:
        raise Misconfigured(f"--cloud {path}: a key is missing ({error})") from error
    single = (cloud.login, cloud.graph, cloud.bot_openid, cloud.teams_js, *filter(None, [cloud.verified_id]))
    for url in (*single, *cloud.service_urls, *cloud.frame_origins):
        if not _here(url):
            raise Misconfigured(f"--cloud {path}: {url} is not on loopback")
    return cloud
