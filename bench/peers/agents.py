"""The Microsoft 365 Agents SDK's echo agent for Python, as its quick start writes it, on aiohttp."""

from __future__ import annotations

import os

from aiohttp.web import Application, Request, Response, run_app
from microsoft_agents.activity import load_configuration_from_env
from microsoft_agents.authentication.msal import MsalConnectionManager
from microsoft_agents.hosting.aiohttp import CloudAdapter, jwt_authorization_middleware, start_agent_process
from microsoft_agents.hosting.core import AgentApplication, Authorization, MemoryStorage, TurnContext, TurnState

SETTINGS = "CONNECTIONS__SERVICE_CONNECTION__SETTINGS__"
CONFIGURATION = load_configuration_from_env(
    {
        f"{SETTINGS}CLIENTID": os.environ["BENCH_APP"],
        f"{SETTINGS}CLIENTSECRET": os.environ["BENCH_SECRET"],
        f"{SETTINGS}TENANTID": os.environ["BENCH_TENANT"],
    }
)
STORAGE = MemoryStorage()
CONNECTIONS = MsalConnectionManager(**CONFIGURATION)
ADAPTER = CloudAdapter(connection_manager=CONNECTIONS)
AUTHORIZATION = Authorization(STORAGE, CONNECTIONS, **CONFIGURATION)
AGENT = AgentApplication[TurnState](storage=STORAGE, adapter=ADAPTER, authorization=AUTHORIZATION, **CONFIGURATION)


@AGENT.activity("message")
async def echo(context: TurnContext, _: TurnState) -> None:
    await context.send_activity(f"Echo: {context.activity.text}")


async def messages(request: Request) -> Response | None:
    answer: Response | None = await start_agent_process(request, AGENT, ADAPTER)
    return answer


APP = Application(middlewares=[jwt_authorization_middleware])
APP.router.add_post("/api/messages", messages)
APP["agent_configuration"] = CONNECTIONS.get_default_connection_configuration()
APP["agent_app"] = AGENT
APP["adapter"] = ADAPTER
run_app(APP, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
