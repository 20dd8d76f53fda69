"""Permits: which permissions open a call, by Graph's own map; a call that the map does not know is open to nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

Json = dict[str, Any]
_CAST: Final = re.compile(r"/(?:microsoft\.)?graph\.\w+")
_HOLE: Final = re.compile(r"\{[^}]*\}")

# A property of a user may need a permission of its own, which the map, being by address, cannot say. That for a
# password is not User.ReadWrite.All: https://learn.microsoft.com/graph/api/user-update#permissions
WRITES: Final = MappingProxyType(
    {
        "passwordProfile": frozenset({"User-PasswordProfile.ReadWrite.All"}),
        "customSecurityAttributes": frozenset({"CustomSecAttributeAssignment.ReadWrite.All"}),
    }
)
READS: Final = MappingProxyType(
    {
        "customSecurityAttributes": frozenset(
            {"CustomSecAttributeAssignment.Read.All", "CustomSecAttributeAssignment.ReadWrite.All"}
        )
    }
)
_USER: Final = "/users/{user-id}"


@dataclass(frozen=True, slots=True)
class Permits:
    """`opens` is the map: "METHOD /path/{id}" in small letters to the permissions of each kind of token."""

    opens: Mapping[str, Json]

    def demanded(
        self, method: str, template: str, path: str, *, body: Any, select: str, delegated: bool
    ) -> list[frozenset[str]]:
        """Return what a token must hold: at least one of each set. An empty set is one nobody can meet."""
        names, special = self._special(method, template, body, select)
        if names and not names - special.keys() - {"id"}:
            return list(special.values())  # it is about nothing else
        return [self._by_address(method, template, path, delegated=delegated), *special.values()]

    def application(self) -> frozenset[str]:
        """Return every permission an app may be granted that opens anything here."""
        by_map = {name for entry in self.opens.values() for name in _of(entry, "Application")}
        return frozenset(by_map).union(*WRITES.values(), *READS.values())

    def _by_address(self, method: str, template: str, path: str, *, delegated: bool) -> frozenset[str]:
        plain = _HOLE.sub("{id}", _CAST.sub("", template))
        last = path.rpartition("/")[2]
        exact = f"{plain.removesuffix('{id}')}{last}" if plain.endswith("{id}") else plain
        for one in (exact, plain):  # some addresses stand in the map by their full name
            if entry := self.opens.get(f"{method} {one.lower()}"):
                return _of(entry, "DelegatedWork" if delegated else "Application")
        return frozenset()

    def _special(
        self, method: str, template: str, body: Any, select: str
    ) -> tuple[set[str], dict[str, frozenset[str]]]:
        if template != _USER:
            return set(), {}
        match method, body:
            case "PATCH", dict():
                names, own = set(body), WRITES
            case "GET", _:
                names, own = set(filter(None, select.split(","))), READS
            case _:
                return set(), {}
        return names, {name: own[name] for name in names & own.keys()}


def _of(entry: Json, token: str) -> frozenset[str]:
    found = entry.get(token, {"least": [], "also": []})
    return frozenset(found["least"]) | frozenset(found["also"])
