"""Photo: a portrait as a real JPEG, drawn here so that nobody's face is needed; a credential carries one as text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import quote

_BLOCKS = 60  # of 8 pixels: a picture of 480 by 480
_EVERY = bytes([8]) * 64  # with this table the first coefficient of a plain block is its shade itself
# Two Huffman tables: the shades may differ by 0 to 7 bits, and nothing follows within a block.
_SHADES = bytes([0x00, *([1] * 8), *([0] * 8), *range(8)])
_NOTHING = bytes([0x10, 1, *([0] * 15), 0])


def portrait(name: str) -> bytes:
    """Draw head and shoulders; who it is decides how light they are."""
    seed = hashlib.sha256(name.encode()).digest()
    shades = {"back": 64 + seed[0] % 40, "body": -40 - seed[1] % 40, "head": 10 + seed[2] % 30}
    size = (_BLOCKS * 8).to_bytes(2, "big")
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            _segment(0xDB, b"\0" + _EVERY),
            _segment(0xC0, b"\x08" + size + size + b"\x01\x01\x11\0"),
            _segment(0xC4, _SHADES),
            _segment(0xC4, _NOTHING),
            _segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            _scan(shades),
            b"\xff\xd9",
        )
    )


def written(picture: bytes) -> str:
    """Write a picture as a credential does: https://learn.microsoft.com/entra/verified-id/using-facecheck."""
    return quote(base64.b64encode(picture).decode(), safe="")


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _scan(shades: dict[str, int]) -> bytes:
    bits, before = [], 0
    for shade in _shades(shades):
        difference = max(-127, min(127, shade - before))
        before += difference
        length = abs(difference).bit_length()
        raw = difference if difference > 0 else difference + (1 << length) - 1
        bits.append("1" * length + "0" + (f"{raw:0{length}b}" if length else "") + "0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def _shades(shades: dict[str, int]) -> Iterator[int]:
    middle = (_BLOCKS - 1) / 2
    for row in range(_BLOCKS):
        for column in range(_BLOCKS):
            across = column - middle
            head = (across / 11) ** 2 + ((row - 23) / 14) ** 2 < 1
            body = (across / 24) ** 2 + ((row - 62) / 22) ** 2 < 1
            yield shades["head" if head else "body" if body else "back"]
