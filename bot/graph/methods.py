"""Sign-in methods: listed with a number nobody could call, and removed by the collection of their own type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.authentication_method import AuthenticationMethod
from msgraph.generated.models.email_authentication_method import EmailAuthenticationMethod
from msgraph.generated.models.external_authentication_method import ExternalAuthenticationMethod
from msgraph.generated.models.fido2_authentication_method import Fido2AuthenticationMethod
from msgraph.generated.models.microsoft_authenticator_authentication_method import (
    MicrosoftAuthenticatorAuthenticationMethod,
)
from msgraph.generated.models.phone_authentication_method import PhoneAuthenticationMethod
from msgraph.generated.models.platform_credential_authentication_method import PlatformCredentialAuthenticationMethod
from msgraph.generated.models.temporary_access_pass_authentication_method import TemporaryAccessPassAuthenticationMethod
from msgraph.generated.models.windows_hello_for_business_authentication_method import (
    WindowsHelloForBusinessAuthenticationMethod,
)
from msgraph.generated.users.item.authentication.authentication_request_builder import AuthenticationRequestBuilder

from bot.core.errors import Missing, Rejected
from bot.core.methods import Method, MethodKind
from bot.graph.calls import Calls
from bot.graph.pages import every
from bot.graph.readings import needed, perhaps

NOT_REMOVABLE: Final = "not_removable"
_HIDDEN: Final = "•••••"
_PHONE: Final = re.compile(
    r"(\+\d{1,3}) (\d[\d -]*)(?:x\d+)?", re.ASCII
)  # "+49 15112345612x7": country, rest, extension
_ID: Final = re.compile(r"[\w+/=~-][\w+/=.~-]{0,511}", re.ASCII)
_KINDS: Final = MappingProxyType({kind.value.casefold(): kind for kind in MethodKind})


class Removable(Protocol):
    async def delete(self) -> None: ...

    def to_delete_request_information(self) -> RequestInformation: ...


_At = Callable[[AuthenticationRequestBuilder, str], Removable]

_REMOVABLE: Final[Mapping[MethodKind, _At]] = MappingProxyType(
    {
        MethodKind.PASSKEY: lambda of, id_: of.fido2_methods.by_fido2_authentication_method_id(id_),
        MethodKind.AUTHENTICATOR: lambda of, id_: (
            of.microsoft_authenticator_methods.by_microsoft_authenticator_authentication_method_id(id_)
        ),
        MethodKind.HELLO: lambda of, id_: (
            of.windows_hello_for_business_methods.by_windows_hello_for_business_authentication_method_id(id_)
        ),
        MethodKind.PLATFORM: lambda of, id_: (
            of.platform_credential_methods.by_platform_credential_authentication_method_id(id_)
        ),
        MethodKind.PHONE: lambda of, id_: of.phone_methods.by_phone_authentication_method_id(id_),
        MethodKind.OATH: lambda of, id_: of.software_oath_methods.by_software_oath_authentication_method_id(id_),
        MethodKind.EXTERNAL: lambda of, id_: of.external_authentication_methods.by_external_authentication_method_id(
            id_
        ),
        MethodKind.EMAIL: lambda of, id_: of.email_methods.by_email_authentication_method_id(id_),
        MethodKind.PASS: lambda of, id_: (
            of.temporary_access_pass_methods.by_temporary_access_pass_authentication_method_id(id_)
        ),
    }
)


class Methods:
    """https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls) -> None:
        self._users = graph.users
        self._calls = calls

    async def of(self, person: str) -> tuple[Method, ...]:
        methods = self._of(person).methods
        found = await every(self._calls, "methods", methods.get, lambda link: methods.with_url(link).get())
        return tuple(_method(one) for one in found)

    async def passkeys(self, person: str) -> tuple[Method, ...]:
        keys = self._of(person).fido2_methods
        found = await every(self._calls, "passkeys", keys.get, lambda link: keys.with_url(link).get())
        return tuple(_method(one) for one in found)

    async def remove(self, person: str, method: Method) -> None:
        if not _ID.fullmatch(method.id):  # it becomes part of an address
            raise Rejected("remove_method: not an id", code="bad_id")
        item = removable(self._of(person), method.kind, method.id)
        if item is None:
            raise Rejected(f"remove_method: {method.kind} stays", code=NOT_REMOVABLE)

        async def act() -> bool:
            await item.delete()
            return True

        try:
            await self._calls.write("remove_method", act)
        except Missing:
            return

    def _of(self, person: str) -> AuthenticationRequestBuilder:
        return self._users.by_user_id(person).authentication


def removable(of: AuthenticationRequestBuilder, kind: MethodKind, method_id: str) -> Removable | None:
    """Return where a method is deleted; None for a kind that stays."""
    at = _REMOVABLE.get(kind)
    return at(of, method_id) if at is not None else None


def _method(found: AuthenticationMethod) -> Method:
    sort = (found.odata_type or "").removeprefix("#microsoft.graph.").removesuffix("AuthenticationMethod")
    kind = _KINDS.get(sort.casefold(), MethodKind.OTHER)
    name, detail = _called(found)
    return Method(
        kind=kind,
        id=needed(found.id, "id"),
        name=name,
        detail=sort if kind is MethodKind.OTHER else detail,
        created_at=perhaps(found.created_date_time),
        usable=bool(found.is_usable) if isinstance(found, TemporaryAccessPassAuthenticationMethod) else True,
    )


def _called(found: AuthenticationMethod) -> tuple[str, str]:
    """Return what a method is called and Graph's word for its sort."""
    match found:
        case Fido2AuthenticationMethod():
            name, model = found.display_name or "", found.model or ""
            both = f"{name} ({model})" if name and model and model.casefold() not in name.casefold() else name or model
            return both, str(found.passkey_type.value) if found.passkey_type else ""
        case PhoneAuthenticationMethod():
            return _phone(found.phone_number or ""), str(found.phone_type.value) if found.phone_type else ""
        case EmailAuthenticationMethod():
            return _address(found.email_address or ""), ""
        case (
            MicrosoftAuthenticatorAuthenticationMethod()
            | WindowsHelloForBusinessAuthenticationMethod()
            | PlatformCredentialAuthenticationMethod()
            | ExternalAuthenticationMethod()
        ):
            return found.display_name or "", ""
        case _:
            return "", ""


def _phone(number: str) -> str:
    """Leave the country code and the last two digits; where it is not plain which these are, nothing."""
    known = _PHONE.fullmatch(number.strip())
    digits = re.sub(r"\D", "", known[2]) if known else ""
    if known is None or len(digits) < 6:  # noqa: PLR2004 - two digits of fewer would be too much of it
        return _HIDDEN if number else ""
    return f"{known[1]} {_HIDDEN} {digits[-2:]}"


def _address(address: str) -> str:
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}{_HIDDEN}@{domain}" if name else _HIDDEN if address else ""
