"""Settings: the environment as one frozen value; each value says itself what it must look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.config.trail import keyed, keys_of
from bot.config.values import each, guid, network, split
from bot.core.audit import Keys
from bot.core.watch import Thresholds

PREFIX = "VOUCHSAFE_"
LAST_PORT: Final = 65535
_DID: Final = re.compile(r"did:[a-z0-9]{1,32}:[A-Za-z0-9.:%_-]{1,2000}")
_PERSON: Final = re.compile(r"employeeId|extensionAttribute([1-9]|1[0-5])")
_MAILBOX: Final = re.compile(r"[A-Za-z0-9._'-]{1,64}@[A-Za-z0-9.-]{1,255}")
_NAME: Final = re.compile(r"[A-Za-z0-9]{1,32}")
_LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_ORIGIN: Final = re.compile(rf"https?://({_LABEL}(\.{_LABEL})*|\[::1\])(:(?P<port>[1-9]\d{{0,4}}))?")
Ids = Annotated[frozenset[str], NoDecode]


class Settings(BaseSettings):
    """Each field is the environment variable `VOUCHSAFE_<NAME>`; the description is what the reference's table says."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", str_strip_whitespace=True)

    app_id: str = Field(description="Application (client) id of the bot's app registration.")
    app_secret: SecretStr = Field(description="Its client secret.")
    tenant_id: str = Field(description="The one Entra tenant the desk serves.")
    public_url: str = Field(description="Where people's browsers reach the bot, https, without a path.")
    database_url: SecretStr = Field(description="PostgreSQL; off this machine with `?sslmode=verify-full`.")
    database_owner_url: SecretStr = Field(
        default=SecretStr(""),
        description="The same database by the role that owns its tables, for `migrate` and `grant` alone; "
        "without it they use the other.",
    )
    audit_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Keys of the audit trail, `name:key`, comma-separated: the first writes, all of them verify. "
        "`vouchsafe audit key` makes one; `serve` and `audit verify` need it.",
    )
    approvers_group: str = Field(description="Object id of the Entra group whose members approve.")
    allowed_groups: Ids = Field(description="Object ids of the groups whose members may ask, comma-separated.")
    helpdesk_channel: str = Field(
        description="Id of the standard Teams channel where approvals are asked for (`19:…@thread.tacv2`)."
    )
    security_channel: str = Field(description="Id of the standard Teams channel that hears of alarms.")
    helpdesk_contact: str = Field(description="How to reach the helpdesk, as said in refusals.")
    channel_language: Literal["en", "de"] = Field(default="en", description="Language of what is posted in channels.")
    agents_group: str = Field(
        default="",
        description="Object id of the group that asks callers who they are, locks colleagues' accounts and looks at "
        "proofs, if any.",
    )
    agent_step_up: str = Field(
        default="c1", description="Authentication context of the sign-in by which they lock a colleague's account."
    )
    caller_step_up: str = Field(
        default="c1", description="Authentication context of the sign-in by which a caller proves who they are."
    )
    leads_group: str = Field(
        default="",
        description="Object id of the group of leads, if any, who read histories and are asked.",
    )
    approvers_see_history: bool = Field(default=False, description="Whether approvers do, of what they decide about.")
    catalog_app: str = Field(
        default="",
        description="Id of this app in the tenant's catalogue, to install it for callers who do not have it.",
    )
    security_group: str = Field(
        default="",
        description="Object id of the group that sets the threat level, locks anybody's account and looks at proofs, "
        "if any.",
    )
    security_step_up: str = Field(default="c1", description="Authentication context of the sign-in by which they do.")
    mail_sender: str = Field(
        default="",
        description="Object id or user principal name of the mailbox that notices of acts are sent from; "
        "without it none are.",
    )
    notice_lines: bool = Field(
        default=True, description="With notices: whether security's channel has one line of each act, too."
    )
    mail_pace: int = Field(
        default=25,
        ge=1,
        le=600,
        description="Notices a minute; Exchange Online takes 30 of a mailbox, and refuses the others.",
    )
    deny_list: Ids = Field(default=frozenset(), description="Object ids of emergency accounts nobody may ask for.")
    ticket_pattern: str = Field(
        default=r"[A-Z]{2,8}-?\d{1,10}", description="What a ticket number looks like (regular expression)."
    )
    ticket_example: str = Field(
        default="INC0012345", description="A ticket number that forms show as an example, where the pattern takes it."
    )
    policies: str = Field(default="", description="Path of `policies.toml`; without it each kind's own policy holds.")
    verified_id_authority: str = Field(
        default="",
        description="DID of the tenant's Verified ID (`did:web:…`); without it no identity is proved.",
    )
    verified_id_type: str = Field(default="VerifiedEmployee", description="Type of the credential that is asked for.")
    verified_id_photo: str = Field(default="photo", description="Its claim with the photo a face is compared to.")
    person_attribute: str = Field(
        default="employeeId",
        description="Attribute by which two accounts of one human are known: `employeeId` or "
        "`extensionAttribute1` to `15`; empty for none.",
    )
    attribute_set: str = Field(
        default="Vouchsafe", description="Custom security attribute set where a proof of identity is recorded."
    )
    attribute_verified_at: str = Field(default="LastVerifiedAt", description="Its attribute for when.")
    attribute_score: str = Field(default="LastVerifiedScore", description="Its attribute for the score of the face.")
    attribute_request: str = Field(default="LastVerifiedRequest", description="Its attribute for the request's id.")
    alert_failed: int = Field(
        default=5, ge=1, description="Security hears of somebody from so many failed proofs within an hour on."
    )
    alert_refused: int = Field(
        default=3, ge=1, description="And of an approver whose yes or no did not count so often within an hour."
    )
    alert_yes_minute: int = Field(default=4, ge=1, description="And of one who approved so often within a minute,")
    alert_yes_hour: int = Field(default=15, ge=1, description="within an hour,")
    alert_yes_day: int = Field(default=50, ge=1, description="or within a day.")
    alert_strangers: int = Field(
        default=20, ge=1, description="And of so many proofs within an hour that nobody known brought for nothing."
    )
    cloud: Literal["public", "gcch", "dod"] = Field(
        default="public", description="Which Microsoft cloud: `public`, `gcch` or `dod`."
    )
    host: str = Field(default="0.0.0.0", description="Address to listen on.")  # noqa: S104 - a service in a container
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    proxies: Ids = Field(
        default=frozenset(),
        description="Networks of the proxies in front of it, comma-separated, whose `X-Forwarded-For` is believed.",
    )
    workers: int = Field(default=8, ge=1, le=64, description="Jobs carried out at once by one process.")
    drain: float = Field(
        default=1,
        ge=0,
        le=60,
        description="Seconds it still takes work once told to stop, until the balancer has noticed.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )

    @property
    def thresholds(self) -> Thresholds:
        """From how many on security hears of what somebody tried or allowed."""
        return Thresholds(
            failed=self.alert_failed,
            refused=self.alert_refused,
            yes_minute=self.alert_yes_minute,
            yes_hour=self.alert_yes_hour,
            yes_day=self.alert_yes_day,
            strangers=self.alert_strangers,
        )

    @property
    def owner_url(self) -> str:
        """How the tables' owner gets into the database."""
        return self.database_owner_url.get_secret_value() or self.database_url.get_secret_value()

    @property
    def keys(self) -> Keys:
        """The keys of the audit trail."""
        return keys_of(self.audit_keys.get_secret_value())

    @property
    def attribute_names(self) -> Mapping[str, str]:
        """What the tenant calls the parts of a proof of identity, by the desk's own words."""
        return {"at": self.attribute_verified_at, "score": self.attribute_score, "request": self.attribute_request}

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies' networks."""
        return tuple(ip_network(network) for network in sorted(self.proxies))

    @field_validator("allowed_groups", "deny_list", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return each(value, guid)

    @field_validator("proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        return each(value, network)

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
            return guid(value)
        return frozenset(guid(one) for one in value)

    @field_validator("agents_group", "catalog_app", "security_group", "leads_group")
    @classmethod
    def _agents(cls, value: str) -> str:
        return guid(value) if value else value

    @field_validator("mail_sender")
    @classmethod
    def _mailbox(cls, value: str) -> str:
        if value and "@" not in value:
            return guid(value)
        if value and not _MAILBOX.fullmatch(value):
            raise ValueError("must be a mailbox's object id, or its user principal name such as desk@contoso.com")
        return value

    @field_validator("app_secret", "database_url", "helpdesk_contact", "helpdesk_channel", "security_channel")
    @classmethod
    def _there(cls, value: SecretStr | str) -> SecretStr | str:
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value).strip():
            raise ValueError("must not be empty")
        return value

    @field_validator("audit_keys")
    @classmethod
    def _keys(cls, value: SecretStr) -> SecretStr:
        """What is wrong is not quoted."""
        keys = [keyed(one, f"number {n}") for n, one in enumerate(split(value.get_secret_value()), 1)]
        if len({one.partition(":")[0] for one in keys}) < len(keys):
            raise ValueError("has two keys of one name")
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

    @field_validator("person_attribute")
    @classmethod
    def _of_person(cls, value: str) -> str:
        if value and not _PERSON.fullmatch(value):
            raise ValueError("must be employeeId, one of extensionAttribute1 to extensionAttribute15, or empty")
        return value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        origin = value.lower().removesuffix("/")
        found = _ORIGIN.fullmatch(origin)
        if found is None or int(found["port"] or 0) > LAST_PORT:
            raise ValueError("must be an address such as https://desk.contoso.com, without a path or anything else")
        return origin

    @property
    def ticket_shown(self) -> str:
        """The example of a ticket number, or nothing where it would be a wrong one."""
        return self.ticket_example if re.fullmatch(self.ticket_pattern, self.ticket_example) else ""
