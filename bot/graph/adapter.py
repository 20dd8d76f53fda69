"""The SDK's requests over aiohttp: one request is sent once, to Graph alone, and what is no answer raises."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

import aiohttp
from kiota_abstractions.api_error import APIError
from kiota_abstractions.request_adapter import RequestAdapter
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.serialization import Parsable, ParsableFactory
from kiota_abstractions.store import BackingStoreFactory
from kiota_serialization_json.json_serialization_writer_factory import JsonSerializationWriterFactory
from yarl import URL

from bot.core.errors import Rejected
from bot.core.tokens import Tokens
from bot.graph.addresses import address
from bot.graph.calls import CORRELATION
from bot.graph.nodes import Node

U = TypeVar("U", bound=Parsable)
P = TypeVar("P", bool, str, int, float, UUID, datetime, timedelta, date, time, bytes)
ErrorMap = dict[str, type[ParsableFactory[Any]]] | None

LARGEST: Final = 8 * 1024 * 1024  # bytes of an answer
_VALUES: Final = {"str", "int", "float", "bool", "datetime"}


class Redirected(aiohttp.ClientError):
    """Graph does not redirect these calls, and a token must not follow."""


class TooLarge(aiohttp.ClientError):
    """More than any answer of Graph's has."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it goes out."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    status: int
    headers: Any
    body: bytes

    @property
    def empty(self) -> bool:
        return self.status == HTTPStatus.NO_CONTENT or not self.body

    def node(self) -> Node | None:
        """Raises `ValueError` for what cannot be read."""
        sort = self.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        if self.empty or not sort:
            return None
        if sort != "application/json":
            raise ValueError("no JSON")
        return Node.root(self.body)


class GraphAdapter(RequestAdapter[Sent]):
    """Sends with these tokens over connections that are there already."""

    def __init__(self, session: aiohttp.ClientSession, tokens: Tokens, scope: str, base: str) -> None:
        self.base_url = base
        self._session = session
        self._tokens = tokens
        self._scope = scope
        self._writers = JsonSerializationWriterFactory()

    def get_serialization_writer_factory(self) -> JsonSerializationWriterFactory:
        return self._writers

    def enable_backing_store(self, backing_store_factory: BackingStoreFactory | None) -> None:
        """Models are written as they were made: nothing here tells what changed from what was."""

    async def send_async(
        self, request_info: RequestInformation, parsable_factory: ParsableFactory[U], error_map: ErrorMap
    ) -> U | None:
        node = (await self._answer(request_info, error_map)).node()
        return node.get_object_value(parsable_factory) if node is not None else None

    async def send_collection_async(
        self, request_info: RequestInformation, parsable_factory: ParsableFactory[U], error_map: ErrorMap
    ) -> list[U] | None:
        node = (await self._answer(request_info, error_map)).node()
        return node.get_collection_of_object_values(parsable_factory) if node is not None else None

    async def send_collection_of_primitive_async(
        self, request_info: RequestInformation, response_type: type[P], error_map: ErrorMap
    ) -> list[P] | None:
        node = (await self._answer(request_info, error_map)).node()
        return node.get_collection_of_primitive_values(response_type) if node is not None else None

    async def send_primitive_async(
        self, request_info: RequestInformation, response_type: str, error_map: ErrorMap
    ) -> Any:
        answer = await self._answer(request_info, error_map)
        if response_type == "bytes":
            return None if answer.empty else answer.body
        if response_type not in _VALUES:
            raise TypeError(f"no such value: {response_type}")
        node = answer.node()
        return getattr(node, f"get_{response_type}_value")() if node is not None else None

    async def send_no_response_content_async(self, request_info: RequestInformation, error_map: ErrorMap) -> None:
        await self._answer(request_info, error_map)

    async def convert_to_native_async(self, request_info: RequestInformation) -> Sent:
        """Put a request together, with a token if it leads to Graph; raise `Rejected` if it does not."""
        if request_info.http_method is None:
            raise ValueError("a request without a method")
        url = address(request_info, self.base_url)
        if not url.startswith(f"{self.base_url}/"):  # a nextLink comes from outside
            raise Rejected("a link that does not lead to Graph", code="foreign_link")
        headers = {name: ", ".join(sorted(values)) for name, values in request_info.headers.get_all().items()}
        headers["authorization"] = f"Bearer {await self._tokens.get(self._scope)}"
        headers["client-request-id"] = CORRELATION.get()
        return Sent(request_info.http_method.value, url, headers, request_info.content)

    async def _answer(self, asked: RequestInformation, error_map: ErrorMap) -> GraphAnswer:
        answer = await self._send(await self.convert_to_native_async(asked))
        if answer.status >= HTTPStatus.BAD_REQUEST:
            _fail(answer, error_map or {})
        return answer

    async def _send(self, sent: Sent) -> GraphAnswer:
        async with self._session.request(
            sent.method,
            URL(sent.url, encoded=True),
            headers=sent.headers,
            data=sent.body,
            skip_auto_headers=("Content-Type",),
            allow_redirects=False,
        ) as response:
            if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
                raise Redirected(str(response.status))
            return GraphAnswer(response.status, response.headers, await _body(response))


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > LARGEST:
            raise TooLarge(f"more than {LARGEST} bytes")
    return bytes(body)


def _fail(answer: GraphAnswer, error_map: dict[str, type[ParsableFactory[Any]]]) -> NoReturn:
    """Raise what Graph says is wrong, or only its status where it does not say it in words of its own."""
    keys = (str(answer.status), f"{answer.status // 100}XX", "XXX")
    sort = next((error_map[key] for key in keys if key in error_map), None)
    error = None
    if sort is not None:
        with suppress(ValueError):  # a gateway's page
            node = answer.node()
            error = node.get_object_value(sort) if node is not None else None
    if not isinstance(error, APIError):
        error = APIError("no error of Graph's own")
    error.response_status_code, error.response_headers = answer.status, answer.headers
    raise error
