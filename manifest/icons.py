"""The app's icons, drawn: a shield with a tick. `python -m manifest.icons` writes them; standard library only."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
COLOR, OUTLINE = 192, 32  # pixels, as Teams demands them
UNITS: Final = 64.0  # the drawing's own measure
FINE: Final = 4  # samples a pixel and direction, for smooth edges

TOP, SHOULDER, WAIST, FOOT, HALF = 12.0, 18.0, 31.0, 53.0, 17.0
TICK: Final = ((23.5, 32.5), (29.8, 38.8), (41.5, 27.0))
LIGHT, DARK = (0x7B, 0x83, 0xEB), (0x3F, 0x3F, 0xA3)
WHITE: Final = (255, 255, 255)

Shape = Callable[[float, float], bool]
Pixel = tuple[int, int, int, int]


def color() -> list[list[Pixel]]:
    """Full bleed: Teams rounds the corners itself."""
    return [[_colored(x, y) for x in range(COLOR)] for y in range(COLOR)]


def outline() -> list[list[Pixel]]:
    """White on nothing: Teams lays it over its own bar."""
    return [[(*WHITE, round(255 * _share(_outlined, x, y, OUTLINE))) for x in range(OUTLINE)] for y in range(OUTLINE)]


def png(rows: list[list[Pixel]]) -> bytes:
    """Return rows of pixels as a PNG, 8 bits and alpha (https://www.w3.org/TR/png/)."""
    head = struct.pack(">2I5B", len(rows[0]), len(rows), 8, 6, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(part for pixel in row for part in pixel) for row in rows)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _colored(x: int, y: int) -> Pixel:
    along = (x + y) / (2 * (COLOR - 1))
    back = _mix(LIGHT, DARK, along)
    shield = _mix(back, WHITE, _share(_shield, x, y, COLOR))
    return (*_mix(shield, DARK, _share(lambda u, v: _tick(u, v, 2.6), x, y, COLOR)), 255)


def _outlined(u: float, v: float) -> bool:
    """The shield's edge and the tick, drawn larger and bolder: there are only 32 pixels."""
    u, v = 32 + (u - 32) / 1.3, 32.5 + (v - 32) / 1.3
    return (_shield(u, v) and not _shield(u, v, inset=3.1)) or _tick(u, v, 1.9)


def _share(shape: Shape, x: int, y: int, size: int) -> float:
    """Return how much of a pixel lies inside a shape."""
    step = UNITS / size / FINE
    hits = sum(shape(u, v) for v in _samples(y, step) for u in _samples(x, step))
    return hits / FINE**2


def _samples(pixel: int, step: float) -> Iterator[float]:
    return ((pixel * FINE + n + 0.5) * step for n in range(FINE))


def _shield(u: float, v: float, inset: float = 0.0) -> bool:
    scale = (HALF - inset) / HALF
    return abs(u - 32) <= scale * _half(32.5 + (v - 32.5) / scale)


def _half(v: float) -> float:
    """Return half the shield's width at a height."""
    if not TOP <= v <= FOOT:
        return -1.0
    if v <= SHOULDER:
        return HALF * (v - TOP) / (SHOULDER - TOP)
    return HALF if v <= WAIST else HALF * (1 - ((v - WAIST) / (FOOT - WAIST)) ** 2.6)


def _tick(u: float, v: float, thick: float) -> bool:
    return any(_near(u, v, a, b) <= thick for a, b in pairwise(TICK))


def _near(u: float, v: float, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance of a point from the line between two others; its ends are round."""
    (ax, ay), (bx, by) = a, b
    along = ((u - ax) * (bx - ax) + (v - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    along = min(1.0, max(0.0, along))
    return float(((u - ax - along * (bx - ax)) ** 2 + (v - ay - along * (by - ay)) ** 2) ** 0.5)


def _mix(one: tuple[int, int, int], other: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


if __name__ == "__main__":
    (FOLDER / "color.png").write_bytes(png(color()))
    (FOLDER / "outline.png").write_bytes(png(outline()))
