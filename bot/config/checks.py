"""Checks: what a desk that serves people must not be set to; on loopback nobody is served, and nothing is asked.

What is told here quotes nothing: a secret that was put into the wrong variable must not end up on a screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from bot.config.cloud import loopback
from bot.config.settings import Settings

Fault = tuple[str, str]  # the name of a setting, and what is wrong with it and what to do

_SHORTEST: Final = 16  # characters of a client secret; Entra's have 40
_DIFFERENT: Final = 8  # of them
_DIGITS: Final = 7  # different digits an id has at least; Entra's are random and have about fourteen
_SAMPLES: Final = re.compile(r"^(01234567|12345678|deadbeef)|(\d)\2{6,}")
_LEFT_IN: Final = re.compile(
    r"(?i)change[-_ ]?(me|this|it)|replace[-_ ]?(me|this|it)|your[-_ ]|placeholder|example|dummy|secret|pass(word|wort)"
    r"|^(to-?do|tbd|none|null)$|x{6,}|[<>{}$]"
)
_UNSAID: Final = re.compile(r"(?i)change[-_ ]?me|replace[-_ ]?me|placeholder|^(to-?do|tbd|none|null|x+)$|<.*>|\.\.\.|…")
_CHANNEL: Final = re.compile(r"19:[A-Za-z0-9_.-]{1,200}@thread\.(tacv2|skype)")
_GUID: Final = re.compile(r"(?i)\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?")
# Names that lead nowhere, or only on this machine or in this house: https://www.rfc-editor.org/rfc/rfc6761
_NOWHERE: Final = re.compile(r"(^|\.)(test|example|invalid|localhost|local|internal|lan|home|example\.(com|net|org))$")
_CHECKED: Final = frozenset({"verify-ca", "verify-full"})


def faults(settings: Settings, *, keyed: bool) -> Iterator[Fault]:
    """Name whatever is missing, weak or only an example; the trail's key is missed where something is `keyed`."""
    public = urlsplit(settings.public_url)
    if loopback(public.hostname or ""):
        return
    yield from (("public_url", fault) for fault in _address(public.scheme, public.hostname or ""))
    yield from (("app_secret", fault) for fault in _secret(settings.app_secret.get_secret_value()))
    yield from (("database_url", fault) for fault in _database(settings.database_url.get_secret_value()))
    if settings.database_owner_url:
        yield from (("database_owner_url", fault) for fault in _database(settings.owner_url))
    if keyed and not settings.audit_keys:
        yield "audit_keys", "is missing; `vouchsafe audit key` makes one: keep it where the database's owner is not"
    yield from _ids(settings)
    for name in ("helpdesk_channel", "security_channel"):
        if not _CHANNEL.fullmatch(getattr(settings, name)):
            yield name, "must be the id of a standard Teams channel: of the link to it, the part 19:...@thread.tacv2"
    if _UNSAID.search(settings.helpdesk_contact):
        yield "helpdesk_contact", "is only an example; say whom people can really reach"


def app(app_id: str, public_url: str) -> Iterator[Fault]:
    """Name what is wrong with the two settings by which Teams knows the app."""
    public = urlsplit(public_url)
    yield from (("public_url", fault) for fault in _address(public.scheme, public.hostname or ""))
    if _sample(app_id):
        yield "app_id", "is only an example; use the id that Entra shows"


def _address(scheme: str, host: str) -> Iterator[str]:
    if scheme != "https":
        yield "must be https; plain http is for loopback only"
    if "." not in host or host.rpartition(".")[2].isdecimal() or ":" in host:
        yield "must have a name of the public internet, such as desk.contoso.com: Teams takes no other"
    elif _NOWHERE.search(host):
        yield "leads nowhere: that name is kept for examples or for one's own network"


def _secret(secret: str) -> Iterator[str]:
    if _GUID.fullmatch(secret):
        yield "is the id of a secret, not the secret: Entra shows its value only once, when it is made"
    elif len(secret) < _SHORTEST or len(set(secret)) < _DIFFERENT:
        yield "is too short or too simple to be a client secret of Entra's"
    elif _LEFT_IN.search(secret):
        yield "is only an example; make a client secret in the app registration"


def _ids(settings: Settings) -> Iterator[Fault]:
    single = {name: str(getattr(settings, name)) for name in ("app_id", "tenant_id", "approvers_group")}
    several = ((name, one) for name in ("allowed_groups", "deny_list") for one in sorted(getattr(settings, name)))
    for name, value in (*single.items(), *several):
        if _sample(value):
            yield name, "is only an example; use the id that Entra shows"
    if len(set(single.values())) < len(single):
        yield "tenant_id", "is the same id as another; the app, the tenant and the approvers' group each have their own"


def _sample(value: str) -> bool:
    return len(set(value) - {"-"}) < _DIGITS or _SAMPLES.search(value) is not None


def _database(url: str) -> Iterator[str]:
    """Approvals and sign-ins are kept there: who can sit in between could write their own."""
    try:
        told = conninfo_to_dict(url)
    except ProgrammingError:  # without its cause: that one quotes
        yield "cannot be read; write it as postgresql://user:password@host/name?sslmode=verify-full"
        return
    usual = {
        option.keyword.decode(): (option.val or b"").decode(errors="replace") for option in Conninfo.get_defaults()
    }
    held = {**usual, **{name: str(value) for name, value in told.items() if value is not None}}
    if held.get("service"):
        yield "must name the database itself, not a service"
    hosts = [host for name in ("host", "hostaddr") for host in held.get(name, "").split(",") if host]
    away = [host for host in hosts if not host.startswith(("/", "@")) and not loopback(host)]
    if away and held.get("sslmode") not in _CHECKED:
        yield "must be reached by TLS with its certificate checked: add ?sslmode=verify-full&sslrootcert=system"
    if away and _LEFT_IN.search(held.get("password", "")):
        yield "has a password that is only an example"
