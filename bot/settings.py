"""The environment as one frozen value. All that is wrong with it is told together, with the variable and the fix."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.core.errors import Misconfigured

PREFIX = "VOUCHSAFE_"
_DID: Final = re.compile(r"did:[a-z0-9]{1,32}:[A-Za-z0-9.:%_-]{1,2000}")
_NAME: Final = re.compile(r"[A-Za-z0-9]{1,32}")
Ids = Annotated[frozenset[str], NoDecode]


class Settings(BaseSettings):
    """Each field is the environment variable `VOUCHSAFE_<NAME>`; the description is what the README's table says."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", str_strip_whitespace=True)

    app_id: str = Field(description="Application (client) id of the bot's app registration.")
    app_secret: SecretStr = Field(description="Its client secret.")
    tenant_id: str = Field(description="The one Entra tenant the desk serves.")
    public_url: str = Field(description="Where people's browsers reach the bot, https, without a path.")
    database_url: SecretStr = Field(description="PostgreSQL, e.g. `postgresql://vouchsafe@db/vouchsafe`.")
    approvers_group: str = Field(description="Object id of the Entra group whose members approve.")
    allowed_groups: Ids = Field(description="Object ids of the groups whose members may ask, comma-separated.")
    helpdesk_channel: str = Field(
        description="Id of the Teams channel where approvals are asked for (`19:…@thread.tacv2`)."
    )
    security_channel: str = Field(description="Id of the Teams channel that hears of alarms.")
    helpdesk_contact: str = Field(description="How to reach the helpdesk, as said in refusals.")
    channel_language: Literal["en", "de"] = Field(default="en", description="Language of what is posted in channels.")
    deny_list: Ids = Field(default=frozenset(), description="Object ids of emergency accounts nobody may ask for.")
    ticket_pattern: str = Field(
        default=r"[A-Z]{2,8}-?\d{1,10}", description="What a ticket number looks like (regular expression)."
    )
    policies: str = Field(default="", description="Path of `policies.toml`; without it each kind's own policy holds.")
    verified_id_authority: str = Field(
        default="",
        description="DID of the tenant's Verified ID (`did:web:…`); without it no identity is proved.",
    )
    verified_id_type: str = Field(default="VerifiedEmployee", description="Type of the credential that is asked for.")
    verified_id_photo: str = Field(default="photo", description="Its claim with the photo a face is compared to.")
    attribute_set: str = Field(
        default="Vouchsafe", description="Custom security attribute set where a proof of identity is recorded."
    )
    attribute_verified_at: str = Field(default="LastVerifiedAt", description="Its attribute for when.")
    attribute_score: str = Field(default="LastVerifiedScore", description="Its attribute for the score of the face.")
    attribute_request: str = Field(default="LastVerifiedRequest", description="Its attribute for the request's id.")
    cloud: Literal["public", "gcch", "dod"] = Field(
        default="public", description="Which Microsoft cloud: `public`, `gcch` or `dod`."
    )
    host: str = Field(default="0.0.0.0", description="Address to listen on.")  # noqa: S104 - a service in a container
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(default=8, ge=1, le=64, description="Jobs carried out at once by one process.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )

    @property
    def attribute_names(self) -> Mapping[str, str]:
        """What the tenant calls the parts of a proof of identity, by the desk's own words."""
        return {"at": self.attribute_verified_at, "score": self.attribute_score, "request": self.attribute_request}

    @field_validator("allowed_groups", "deny_list", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return frozenset(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @field_validator("allowed_groups")
    @classmethod
    def _some(cls, value: frozenset[str]) -> frozenset[str]:
        if not value:
            raise ValueError("name at least one group: nobody is allowed by default")
        return value

    @field_validator("app_id", "tenant_id", "approvers_group", "allowed_groups", "deny_list")
    @classmethod
    def _guids(cls, value: str | frozenset[str]) -> str | frozenset[str]:
        """Entra writes its ids in lower case; one typed otherwise must not slip past the deny-list."""
        if isinstance(value, str):
            return _guid(value)
        return frozenset(_guid(one) for one in value)

    @field_validator("app_secret", "database_url", "helpdesk_contact", "helpdesk_channel", "security_channel")
    @classmethod
    def _there(cls, value: SecretStr | str) -> SecretStr | str:
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value).strip():
            raise ValueError("must not be empty")
        return value

    @field_validator("ticket_pattern")
    @classmethod
    def _pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return value

    @field_validator("verified_id_authority")
    @classmethod
    def _did(cls, value: str) -> str:
        if value and not _DID.fullmatch(value):
            raise ValueError("must be a DID such as did:web:verifiedid.contoso.com, or empty")
        return value

    @field_validator(
        "verified_id_type",
        "verified_id_photo",
        "attribute_set",
        "attribute_verified_at",
        "attribute_score",
        "attribute_request",
    )
    @classmethod
    def _name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError("must be a name of at most 32 letters and digits")
        return value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be an address such as https://desk.contoso.com, without a path")
        return value.rstrip("/")


def _guid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(f"{text!r} is not an Entra object id (a GUID)") from None


_NAMES: Final = frozenset(Settings.model_fields)


def load() -> Settings:
    """Read the environment; raise `Misconfigured` naming every variable that is missing or wrong."""
    unknown = sorted(k for k in os.environ if k.startswith(PREFIX) and k.removeprefix(PREFIX).lower() not in _NAMES)
    if unknown:
        raise Misconfigured("Not a setting of Vouchsafe: " + ", ".join(unknown))
    try:
        return Settings()  # pydantic reads the fields from the environment
    except ValidationError as error:
        lines = [
            f"  {PREFIX}{'_'.join(map(str, e['loc'])).upper()}: {_fix(e['type'], e['msg'])}" for e in error.errors()
        ]
        raise Misconfigured("The settings are not complete:\n" + "\n".join(lines)) from None


def _fix(sort: str, message: str) -> str:
    return "is missing; set it" if sort == "missing" else message.removeprefix("Value error, ")
