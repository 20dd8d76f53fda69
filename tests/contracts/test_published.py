"""The published descriptions themselves, what the desk asks to be granted, and whom the playground lets in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from playground.graph import routes
from playground.world import create
from tests.contracts import unlisted
from tests.contracts.call import Contract, published
from tests.contracts.permits import READS, WRITES, Permits
from tests.contracts.small import ANN
from tests.contracts.witness import OURS

pytestmark = pytest.mark.published

USER = "/users/{user-id}"
NONE: Mapping[str, frozenset[str]] = {}
SAMPLES = {"{cast}": "graph.group", "{user}": ANN, "{role}": ANN}


@pytest.fixture
def contract() -> Contract:
    return published()


def permits(contract: Contract) -> Permits:
    assert contract.permits is not None
    return contract.permits


def test_the_descriptions_are_those_of_graph(contract: Contract) -> None:
    assert contract.template(f"/users/{ANN}/authentication/temporaryAccessPassMethods")
    assert "displayName" in contract.shape.properties("microsoft.graph.user")
    assert "UserAuthMethod-TAP.ReadWrite.All" in permits(contract).application()


def test_every_permission_asked_for_opens_something_to_an_app(contract: Contract) -> None:
    assert permits(contract).application() >= OURS


def test_every_permission_asked_for_opens_something_the_suite_can_try(tmp_path: Path) -> None:
    opened = frozenset().union(*(route.permissions for route in routes(create("http://127.0.0.1:1", tmp_path))))
    assert opened >= OURS


def test_what_is_let_by_has_its_reason_and_its_page(contract: Contract) -> None:
    assert unlisted.PATHS.keys() == unlisted.REASONS.keys()
    assert all("https://learn.microsoft.com/graph/api/" in reason for reason in unlisted.REASONS.values())
    for template, item in unlisted.PATHS.items():
        for method in item:
            path = re.sub(r"\{[^}]*\}", ANN, template)
            first = permits(contract).demanded(method.upper(), template, path, body=None, select="", delegated=False)[0]
            assert first, f"nobody may {method} {template}"


def test_the_playground_opens_no_door_that_graph_keeps_shut(contract: Contract, tmp_path: Path) -> None:
    lax = {}
    for route in routes(create("http://127.0.0.1:1", tmp_path)):
        path = re.sub(r"\{[^}]*\}", lambda found: SAMPLES.get(found[0], "TemporaryAccessPass"), route.path)
        found = contract.template(path)
        assert found, f"Graph has no {path}"
        assert route.method.lower() in contract.paths[found], f"{found} knows no {route.method}"
        demanded = permits(contract).demanded(route.method, found, path, body=None, select="", delegated=False)
        own = {("PATCH", USER): WRITES, ("GET", USER): READS}.get((route.method, found), NONE)
        if beyond := route.permissions - frozenset().union(*demanded, *own.values()):
            lax[f"{route.method} {found}"] = sorted(beyond)
    assert lax == {}
