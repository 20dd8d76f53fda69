"""Passwords: set, never read. Only people who sign in with Entra itself have one here."""

from __future__ import annotations

from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.user import User

from bot.core.model import Secret
from bot.graph.calls import Calls


class Passwords:
    def __init__(self, graph: BaseGraphServiceClient, calls: Calls) -> None:
        self._users = graph.users
        self._calls = calls

    async def set(self, person: str, password: Secret, *, change_next: bool) -> None:
        """Set a password, with nothing else in the call: https://learn.microsoft.com/graph/api/user-update."""
        user = self._users.by_user_id(person)

        async def act() -> bool:
            profile = PasswordProfile(password=password.reveal(), force_change_password_next_sign_in=change_next)
            await user.patch(User(password_profile=profile))
            return True

        await self._calls.write("set_password", act)
