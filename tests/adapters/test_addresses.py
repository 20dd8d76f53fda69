"""Addresses are what the SDK's own library makes of its templates, whatever is put into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import product
from typing import Any

import pytest
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from stduritemplate import StdUriTemplate

from bot.config.cloud import PUBLIC
from bot.graph import addresses, client, warmup
from tests.adapters.answers import Counting

BASE = "https://graph.microsoft.com/v1.0"
NASTY = (
    "6f1967b7-15e8-4935-ac26-d50770ed07a7",
    "principalId eq 'x'",
    'o\'neill & "sons" = 100 % + ~1',
    "../../users?$select=id#frag",
    "Jörg Müßig, 東京 \U0001f511",
    "%2F%zz%",
    "a\r\nHost: evil",
    "{user%2Did}",
    "-._~!*()[]@:;,/\\|^`<>",
    "",
)


class Word(Enum):
    ONE = "one"


@pytest.fixture
async def templates(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every template that is in use."""
    seen = set[str]()
    made = RequestInformation.__init__

    def noted(self: RequestInformation, method: Any = None, url_template: str | None = None, *rest: Any) -> None:
        seen.add(url_template or "")
        made(self, method, url_template, *rest)

    monkeypatch.setattr(RequestInformation, "__init__", noted)
    graph, session = client.connect(PUBLIC, Counting())
    async with session:
        warmup.load(BaseGraphServiceClient(graph.request_adapter))
    monkeypatch.undo()
    return seen


def names_in(template: str) -> list[str]:
    inside = [piece.partition("}")[0] for piece in template.split("{")[1:]]
    return [name for names in inside for name in names.lstrip("+?").split(",") if name != addresses.BASE]


def asked(template: str, path: Mapping[str, Any], query: Mapping[str, Any]) -> RequestInformation:
    made = RequestInformation(None, template, {"base_url": BASE, **path})
    made.query_parameters.update(query)
    return made


def theirs(template: str, path: Mapping[str, Any], query: Mapping[str, Any]) -> str:
    made = asked(template, {addresses.BASE: BASE, **path}, query)
    return addresses.documented(made.url)


def fillings(template: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The same parameters with one value after the other, in a path, in a query, alone, together and in lists."""
    names = names_in(template)
    path = [name for name in names if not name.startswith("%24")]
    query = [name for name in names if name.startswith("%24")]
    yield dict.fromkeys(path, "x"), {}
    for value in NASTY:
        yield dict.fromkeys(path, value), {}
        yield dict.fromkeys(path, value), dict.fromkeys(query, value)
        yield dict.fromkeys(path, "x"), {name: [value, "id", value] for name in query[1:2]}
    for odd, name in product((True, False, 0, 999, 1.5, None, [], Word.ONE, [Word.ONE], ["a", 1]), query[:2]):
        yield dict.fromkeys(path, "x"), {name: odd}


async def test_every_template_in_use_is_expanded_as_the_library_expands_it(templates: set[str]) -> None:
    assert len(templates) > 30
    for template in templates:
        assert addresses.read(template) is not None, template
        for path, query in fillings(template):
            assert addresses.address(asked(template, path, query), BASE) == theirs(template, path, query)


@pytest.mark.parametrize(
    "template",
    [
        "{+baseurl}/users{/user%2Did}",
        "{+baseurl}/users/{user%2Did:4}",
        "{+baseurl}/users/{+user%2Did}",
        "{+baseurl}/users{?%24select*}",
        "{+baseurl}/users{?%24select}{&%24top}",
        "{+baseurl}/reports(period='{user%2Did}'){?%24select}",
        "{+baseurl}/usérs/{user%2Did}",
        "https://graph.microsoft.com/users/{user%2Did}",
    ],
)
def test_what_is_not_known_here_is_left_to_the_library(template: str) -> None:
    path, query = {"user%2Did": "o'neill / 7"}, {"%24select": ["id", "é"], "%24top": 9}
    assert addresses.address(asked(template, path, query), BASE) == theirs(template, path, query)


def test_a_template_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> str:
        raise AssertionError("the library is asked again")

    template = "{+baseurl}/users/{user%2Did}{?%24expand,%24select}"
    monkeypatch.setattr(StdUriTemplate, "expand", never)
    for person in ("ann", "ben"):
        made = asked(template, {"user%2Did": person}, {"%24select": ["id", "displayName"]})
        assert addresses.address(made, BASE) == f"{BASE}/users/{person}?$select=id,displayName"
    assert addresses.read(template) is addresses.read(template)


def test_an_address_that_was_given_stays(templates: set[str]) -> None:
    for template in templates:
        made = asked(template, {}, {})
        made.url = f"{BASE}/elsewhere?%24top=1"
        assert addresses.address(made, BASE) == f"{BASE}/elsewhere?$top=1"
