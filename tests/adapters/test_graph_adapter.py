"""What sends the SDK's requests and reads its models, held against the SDK itself: each request, each field."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.request_information import RequestInformation
from kiota_http.kiota_client_factory import KiotaClientFactory
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient

from bot.config.cloud import PUBLIC, Cloud
from bot.core.directory import Directory
from bot.core.errors import DeskError, Rejected
from bot.core.tokens import Tokens
from bot.graph import client, definitions, warmup
from bot.graph.directory import GraphDirectory
from bot.graph.nodes import Node, learn
from tests.adapters.answers import Counting, Free
from tests.adapters.asking import ASKED, everything
from tests.fakes import FakeClock

TELLING = ("authorization", "content-type", "accept", "consistencylevel", "prefer")
PLACES = {
    "bot.graph.directory.connect": "connect",
    "bot.graph.definitions.connect": "connect",
    "bot.graph.attributes.sender": "sender",
}


@dataclass
class Recorder:
    """Answers with one page that leads to another, and keeps what was asked as it came over the wire."""

    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in TELLING if name in request.headers}
        self.asked.append((request.method, request.raw_path, headers, await request.read()))
        if "$skiptoken" in request.query:
            return web.json_response({"value": []})
        link = f"{request.url.origin()}{request.path}?$skiptoken=a%20b%2Bc'd(e)~&%24count=true"
        status = 404 if "customSecurityAttributeDefinitions/" in request.path else 200
        return web.json_response({"value": [], "@odata.nextLink": link}, status=status)


@asynccontextmanager
async def recorded() -> AsyncIterator[tuple[Recorder, Cloud]]:
    recorder, app = Recorder(), web.Application()
    app.router.add_route("*", "/{path:.*}", recorder.answer)
    async with TestServer(app, host="127.0.0.1") as real:
        yield recorder, replace(PUBLIC, graph=str(real.make_url("")).rstrip("/"))


class Bearer(AuthenticationProvider):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def authenticate_request(self, request: RequestInformation, *_: object, **__: object) -> None:
        request.headers.try_add("Authorization", f"Bearer {await self._tokens.get(PUBLIC.graph_scope)}")


class Shipped:
    """The SDK with its own adapter, its own HTTP client and all its middleware."""

    def __init__(self) -> None:
        self._wires: list[httpx.AsyncHTTPTransport] = []

    def sender(self, cloud: Cloud, tokens: Tokens, _: object) -> GraphRequestAdapter:
        self._wires.append(httpx.AsyncHTTPTransport())
        http = httpx.AsyncClient(transport=self._wires[-1], follow_redirects=False)
        KiotaClientFactory.create_with_custom_middleware(KiotaClientFactory.get_default_middleware(options), http)
        adapter = GraphRequestAdapter(Bearer(tokens), http)
        adapter.base_url = f"{cloud.graph}/v1.0"
        return adapter

    def connect(self, cloud: Cloud, tokens: Tokens) -> tuple[GraphServiceClient, Shipped]:
        return GraphServiceClient(request_adapter=self.sender(cloud, tokens, None)), self

    async def close(self) -> None:
        """Close what the SDK's client would leave to the garbage collector."""
        for wire in self._wires:
            await wire.aclose()


async def _asked() -> list[tuple[str, str, dict[str, str], bytes]]:
    async with recorded() as (recorder, cloud):
        made = GraphDirectory(
            cloud=cloud, tokens=Counting(), clock=FakeClock(), budget=Free(), reports=Free(), attribute_set="Vouchsafe"
        )
        await everything(made)
        await made.close()
        with suppress(DeskError):
            names: dict[str, type[str | int]] = {"verifiedAt": str, "score": int}
            await definitions.define(cloud=cloud, tokens=Counting(), attribute_set="Vouchsafe", names=names)
        said = [
            (*one[:3], re.sub(rb"127\.0\.0\.1:\d+", b"graph", one[3])) for one in recorder.asked
        ]  # another each time
        return sorted(said, key=lambda one: (one[1], one[0], one[3]))


def test_everything_a_directory_can_be_asked_is_asked_here() -> None:
    assert set(ASKED) == {name for name in vars(Directory) if not name.startswith("_")}


async def test_each_request_is_the_one_the_sdk_would_send(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = await _asked()
    shipped = Shipped()
    for place, what in PLACES.items():
        monkeypatch.setattr(place, getattr(shipped, what))
    theirs = await _asked()
    assert ours == theirs
    assert {method for method, *_ in ours} == {"GET", "POST", "PATCH", "DELETE"}
    assert len(ours) > 35


VALUES: dict[str, Callable[..., Any]] = {
    "get_str_value": lambda: "text",
    "get_bool_value": lambda: True,
    "get_int_value": lambda: 7,
    "get_float_value": lambda: 1.5,
    "get_uuid_value": lambda: "6f1967b7-15e8-4935-ac26-d50770ed07a7",
    "get_datetime_value": lambda: "2026-11-24T09:00:00.1234567Z",
    "get_date_value": lambda: "2026-11-24",
    "get_time_value": lambda: "09:00:00",
    "get_timedelta_value": lambda: "PT1H",
    "get_bytes_value": lambda: "AAEC",
    "get_enum_value": lambda kind: next(iter(kind)).value,
    "get_collection_of_enum_values": lambda kind: [one.value for one in kind],
    "get_collection_of_primitive_values": lambda kind: [{"str": "a", "int": 1, "bool": True}.get(kind.__name__)],
}


def _whole(model: Any, depth: int = 1) -> dict[str, Any]:
    """An answer with every field the model has, and with one that it has not."""
    whole: dict[str, Any] = {"somethingNew": {"at": "2026-11-24", "list": [1, None, "x"]}}
    for name, step in learn(model).steps.items():
        if name == "@odata.type":
            continue
        if step.question == "get_object_value" and depth:
            whole[name] = _whole(step.about[0], depth - 1)
        elif step.question == "get_collection_of_object_values" and depth:
            whole[name] = [_whole(step.about[0], depth - 1), {}]
        elif step.question in VALUES:
            whole[name] = VALUES[step.question](*step.about)
    return whole


def _plain(found: Any) -> Any:
    """What a model says, in values that can be compared: its class and all of its fields but the SDK's own store."""
    if isinstance(found, list):
        return [_plain(one) for one in found]
    if is_dataclass(found):
        told = {one.name: _plain(getattr(found, one.name)) for one in fields(found) if one.name != "backing_store"}
        return type(found).__qualname__, told
    return found


@pytest.mark.parametrize(("model", "answer"), warmup.ANSWERS)
def test_each_answer_is_read_as_the_sdk_reads_it(model: Any, answer: str) -> None:
    nodes = JsonParseNodeFactory()
    kind = type(nodes.get_root_parse_node("application/json", answer.encode()).get_object_value(model))
    assert set(learn(kind).steps) == set(kind().get_field_deserializers())
    whole = {**_whole(kind), **{k: v for k, v in json.loads(answer).items() if k == "@odata.type"}}
    for body in (json.dumps(whole).encode(), answer.encode()):
        theirs = nodes.get_root_parse_node("application/json", body).get_object_value(model)
        assert _plain(Node.root(body).get_object_value(model)) == _plain(theirs)


def test_a_field_that_is_read_in_another_way_is_found_out_at_the_start() -> None:
    class Odd:
        def get_field_deserializers(self) -> dict[str, Callable[[Any], None]]:
            return {"both": lambda node: setattr(self, "both", f"{node.get_str_value()}!")}

    with pytest.raises(TypeError, match="both"):
        learn(Odd)


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com.evil.example/v1.0/users",
        "https://graph.microsoft.com@evil.example/v1.0/users",
        "//evil.example/v1.0/users",
        "https://graph.microsoft.com/v1.0",
        "https://graph.microsoft.com/beta/users",
        "HTTP://graph.microsoft.com/v1.0/users",
    ],
)
async def test_no_token_is_made_for_a_request_that_leads_elsewhere(link: str) -> None:
    tokens = Untouched()
    graph, session = client.connect(PUBLIC, tokens)
    async with session:
        with pytest.raises(Rejected) as caught:
            await graph.users.with_url(link).get()
    assert caught.value.code == "foreign_link"


async def test_a_link_with_what_is_in_no_url_is_written_as_one() -> None:
    graph, session = client.connect(PUBLIC, Counting())
    async with session:
        asked = graph.users.with_url("https://graph.microsoft.com/v1.0/users?$skiptoken=a b\r\nHost: x|é")
        sent = await client.sender(PUBLIC, Counting(), session).convert_to_native_async(
            asked.to_get_request_information()
        )
    assert sent.url == "https://graph.microsoft.com/v1.0/users?$skiptoken=a%20b%0D%0AHost:%20x%7C%C3%A9"


class Untouched:
    async def get(self, scope: str) -> str:
        raise AssertionError(f"nobody needs a token for this ({scope})")

    async def forget(self, scope: str) -> None:
        raise AssertionError(f"there was none ({scope})")
