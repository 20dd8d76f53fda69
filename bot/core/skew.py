"""Skew: how far another clock may be from ours before what it says is not believed."""

from datetime import timedelta
from typing import Final

CLOCK_SKEW: Final = timedelta(minutes=5)  # what the protocols allow, and what Entra itself allows
