"""Vouchsafe: the desk, from its core to its edges; its version is said here and nowhere else."""

from typing import Final

__version__: Final = "0.1.0"
