"""The playground's Entra: sign-in, tokens and keys; it never says that somebody signed in who did not."""

from playground.entra.routes import setup
from playground.entra.tokens import app_token, bearer, channel_token, id_token, sso_token

__all__ = ["app_token", "bearer", "channel_token", "id_token", "setup", "sso_token"]
