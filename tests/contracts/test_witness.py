"""The witness: a wrong call fails the test that made it, whatever else that test found right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from playground.people import guid
from playground.world import create
from tests.adapters.tenant import contoso
from tests.contracts.call import contracts, published
from tests.contracts.witness import WITNESS
from tests.playground.tenant import fresh

ROOT = Path(__file__).parents[2]
TESTS = """
import aiohttp
import pytest
from tests.adapters.tenant import contoso
from tests.playground.tenant import fresh

@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", "users/{ann}?$select=id", None),
    ("GET", "users/{ann}/friends", None),
    ("GET", "users/{ann}?$select=shoeSize", None),
    ("POST", "users/{ann}/authentication/temporaryAccessPassMethods", {"colour": "red"}),
    ("POST", "auditLogs/signIns/confirmSafe", {"requestIds": []}),
], ids=["right", "address", "option", "body", "permission"])
async def test_call(tmp_path, method, path, body):
    async with contoso(tmp_path) as world, aiohttp.ClientSession(headers=fresh(world)) as http:
        address = f"{world.origin}/graph/v1.0/" + path.format(ann=world.people["ann"].id)
        async with http.request(method, address, json=body) as answer:
            assert answer.status
"""


@pytest.mark.slow
def test_a_wrong_call_fails_its_test(tmp_path: Path) -> None:
    file = tmp_path / "test_calls.py"
    file.write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-vv", "-c"]
    done = subprocess.run(
        [*command, ROOT / "pyproject.toml", file], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False
    )
    ended = {line.partition("[")[2].partition("]")[0] for line in done.stdout.splitlines() if "ERROR  " in line}
    faults = {
        "address": "/friends: there is no such address in v1.0",
        "option": "$select: there is no property 'shoeSize'",
        "body": "temporaryAccessPassAuthenticationMethod has no property colour",
        "permission": "POST /auditLogs/signIns/confirmSafe: no permission: one of IdentityRiskEvent.ReadWrite.All",
    }
    if len(contracts()) == 1:  # nothing that is served says which permission a call needs
        del faults["permission"]
    assert ended == faults.keys(), done.stdout
    assert [fault for fault in faults.values() if fault not in done.stdout] == []


async def test_what_is_wrong_by_hand_may_be_refused(tmp_path: Path) -> None:
    async with (
        contoso(tmp_path) as world,
        aiohttp.ClientSession(headers=fresh(world)) as http,
        http.get(f"{world.origin}/graph/v1.0/users/{guid('x')}/friends") as answer,
    ):
        assert answer.status == 400
    assert WITNESS.faults(*contracts(), by_hand=True) == []
    (fault,) = WITNESS.faults(*contracts(), by_hand=False)
    assert fault.endswith("/friends: there is no such address in v1.0")
    WITNESS.forget()


async def test_a_graph_that_lies_is_found_out_whoever_asks(tmp_path: Path) -> None:
    world = create("http://127.0.0.1:1", tmp_path)
    world.graph.granted.clear()
    app = web.Application(middlewares=[WITNESS.of(world)])
    app.router.add_get("/graph/v1.0/users/{id}", _lies)
    app.router.add_get("/elsewhere/v1.0/users/{id}", _lies)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as http:
        for place in ("elsewhere", "graph"):
            async with http.get(f"{place}/v1.0/users/{guid('x')}") as answer:
                assert answer.status == 200
    assert len(WITNESS.seen) == 1
    told = [fault.partition(": ")[2] for fault in WITNESS.faults(*contracts(), by_hand=True)]
    WITNESS.forget()
    assert told[0] == "the answer: microsoft.graph.user has no property shoeSize"
    assert len(told) == len(contracts())
    assert all(fault.startswith("let in although there is no permission: one of ") for fault in told[1:])


async def _lies(request: web.Request) -> web.Response:
    return web.json_response({"id": request.match_info["id"], "shoeSize": 45})


@pytest.mark.published
async def test_a_token_of_a_person_is_held_to_what_it_says() -> None:
    app = web.Application(middlewares=[WITNESS.of(None)])
    app.router.add_get("/v1.0/users/{id}", _lies)
    signed = jwt.encode({"scp": "User.Read openid"}, "only to look at, by whoever looks on", algorithm="HS256")
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession(server.make_url("/v1.0/"), headers={"Authorization": f"Bearer {signed}"}) as http,
        http.get(f"users/{guid('x')}?$select=customSecurityAttributes") as answer,
    ):
        assert answer.status == 200
    (fault,) = WITNESS.faults(published(), by_hand=False)
    WITNESS.forget()
    assert "no permission: one of CustomSecAttributeAssignment.Read.All" in fault


async def test_a_page_is_followed_by_its_link_only(tmp_path: Path) -> None:
    async with contoso(tmp_path) as world, aiohttp.ClientSession(headers=fresh(world)) as http:
        world.graph.page_size = 1
        first = f"{world.origin}/graph/v1.0/identity/conditionalAccess/authenticationContextClassReferences"
        async with http.get(first) as answer:
            link = (await answer.json())["@odata.nextLink"]
        async with http.get(link) as answer:
            assert answer.status == 200
        assert WITNESS.faults(*contracts(), by_hand=False) == []
        async with http.get(f"{first}?$skiptoken=0") as answer:
            assert answer.status == 200
    (fault,) = WITNESS.faults(*contracts(), by_hand=False)
    assert fault.endswith("the query option $skiptoken is not known here")
    WITNESS.forget()
