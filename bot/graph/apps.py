"""Apps: installs the desk's own app in somebody's Teams, so that a chat with them can be opened.

https://learn.microsoft.com/graph/api/userteamwork-post-installedapps
"""

from __future__ import annotations

from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.user_scope_teams_app_installation import UserScopeTeamsAppInstallation

from bot.core.errors import Rejected
from bot.graph.calls import Calls
from bot.graph.refusals import APP_THERE


class Apps:
    """`graph_url` is where this cloud's Graph is: an app is named by its address there."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, graph_url: str) -> None:
        self._graph = graph
        self._calls = calls
        self._catalog = f"{graph_url}/v1.0/appCatalogs/teamsApps"

    async def install(self, person: str, app: str) -> None:
        """Install it; that it is there already is no error."""
        installed = self._graph.users.by_user_id(person).teamwork.installed_apps
        wish = UserScopeTeamsAppInstallation(additional_data={"teamsApp@odata.bind": f"{self._catalog}/{app}"})

        async def act() -> bool:
            await installed.post(wish)
            return True

        try:
            await self._calls.write("install_app", act)
        except Rejected as error:
            if error.code != APP_THERE:
                raise
