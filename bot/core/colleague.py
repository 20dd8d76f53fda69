"""Colleague: who somebody is, as an agent reads it before they do anything about them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colleague:
    """Who somebody is, as an agent reads it before they ask: what tells two of one name apart, and nothing else."""

    id: str
    name: str
    upn: str
    work: str
    manager: str = ""
