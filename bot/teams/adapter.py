"""TeamsAdapter: the Bot Framework SDK's turn around ours; it makes no clients and sends nothing, `outbound` does.

As shipped, the SDK makes credentials and two clients for each turn and cannot serialise an invoke's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationAccount
from botframework.connector.auth import BotFrameworkAuthentication, ClaimsIdentity
from botframework.connector.auth.authenticate_request_result import AuthenticateRequestResult
from botframework.connector.auth.connector_factory import ConnectorFactory

from bot.core.errors import DeskError
from bot.teams.auth import Claims
from bot.teams.inbound import LANGUAGE, Json, Understand, read
from bot.teams.turn import Turn

RAW: Final = "vouchsafe.activity"


class Silent(DeskError):
    """Something tried to send around `outbound`, past its checks."""


class NoClients(ConnectorFactory, BotFrameworkAuthentication):  # type: ignore[misc]  # the SDK brings no types
    """Makes nothing: who is admitted was decided before the SDK is asked, and messages do not go through it."""

    async def create(self, *_: object) -> object:
        return self

    async def create_user_token_client(self, *_: object) -> object:
        return self

    def create_connector_factory(self, *_: object) -> ConnectorFactory:
        return self

    async def authenticate_request(self, *_: object) -> NoReturn:
        raise Silent("activities are admitted by the gate, not here")

    async def authenticate_streaming_request(self, *_: object) -> NoReturn:
        raise Silent("there is no streaming endpoint")


class Handler(ActivityHandler):  # type: ignore[misc]  # the SDK brings no types
    """The SDK's sorting of activities, each sort carried to our turn."""

    def __init__(self, *, turn: Turn, tenant: str, understand: Understand) -> None:
        super().__init__()
        self._turn = turn
        self._tenant = tenant
        self._understand = understand

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        raw = turn_context.turn_state[RAW]
        locale = raw.get("locale")
        language = locale if isinstance(locale, str) and LANGUAGE.fullmatch(locale) else "en"
        meaning = read(raw, tenant=self._tenant, understand=self._understand)
        reply = await self._turn.invoke(meaning, language=language)
        response = InvokeResponse(status=reply.status, body=reply.body)
        # Put where the SDK looks for it: sending it through the SDK would copy it twice and then fail to serialise it.
        answered = Activity(type=ActivityTypes.invoke_response, value=response)
        turn_context.turn_state[CloudAdapterBase._INVOKE_RESPONSE_KEY] = answered  # noqa: SLF001 - as the SDK's own do

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self._take(turn_context.turn_state[RAW])

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        await self._take(turn_context.turn_state[RAW])

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        await self._take(turn_context.turn_state[RAW])

    async def _take(self, raw: Json) -> None:
        meaning = read(raw, tenant=self._tenant, understand=self._understand)
        await self._turn.take(meaning, key=delivery(raw))


class TeamsAdapter(CloudAdapterBase):  # type: ignore[misc]  # the SDK brings no types
    """Runs one admitted activity through the SDK."""

    def __init__(self, handler: Handler) -> None:
        self._clients = NoClients()
        super().__init__(self._clients)
        self._handler = handler

    async def process(self, raw: Json, claims: Claims, app_id: str) -> InvokeResponse | None:
        """Return the response to an invoke, or None for everything else. Raises `Unanswered`."""
        admitted = AuthenticateRequestResult()
        admitted.audience = app_id
        admitted.claims_identity = ClaimsIdentity({"aud": app_id, "serviceurl": claims.service_url}, True)
        admitted.connector_factory = self._clients

        async def logic(context: TurnContext) -> None:
            context.turn_state[RAW] = raw
            await self._handler.on_turn(context)

        return await self.process_activity(admitted, activity(raw), logic)

    async def send_activities(self, *_: object) -> NoReturn:
        raise Silent("messages go through outbound")

    async def update_activity(self, *_: object) -> NoReturn:
        raise Silent("messages go through outbound")

    async def delete_activity(self, *_: object) -> NoReturn:
        raise Silent("messages go through outbound")


def activity(raw: Json) -> Activity:
    """Return the SDK's activity: what it sorts by and who is in it. Our own reading is of the raw one."""
    sender, chat, bot = (_part(raw, name) for name in ("from", "conversation", "recipient"))
    return Activity(
        type=raw.get("type"),
        id=raw.get("id"),
        name=raw.get("name"),
        channel_id=raw.get("channelId"),
        service_url=raw.get("serviceUrl"),
        from_property=ChannelAccount(id=sender.get("id"), aad_object_id=sender.get("aadObjectId")),
        conversation=ConversationAccount(id=chat.get("id"), conversation_type=chat.get("conversationType")),
        recipient=ChannelAccount(id=bot.get("id")),
        value=raw.get("value"),
        reply_to_id=raw.get("replyToId"),
        locale=raw.get("locale"),
    )


def delivery(raw: Json) -> str:
    """Name a delivery: Teams sends some activities twice under one id."""
    return f"{_part(raw, 'conversation').get('id')} {raw.get('type')} {raw.get('id')}"[:500]


def _part(raw: Json, name: str) -> Mapping[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}
