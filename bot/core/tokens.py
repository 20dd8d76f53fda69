"""Tokens: the app's own, by scope, as every edge that sends one needs them; one edge gets them."""

from __future__ import annotations

from typing import Protocol


class Tokens(Protocol):
    """App-only tokens by scope, cached."""

    async def get(self, scope: str) -> str: ...

    async def forget(self, scope: str) -> None: ...
