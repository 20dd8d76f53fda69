"""The app package an admin uploads to Teams; the same input gives the same bytes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

FOLDER: Final = Path(__file__).parent
TEXTS: Final = ("manifest.json", "de.json")
ICONS: Final = ("color.png", "outline.png")
THEN: Final = (1980, 1, 1, 0, 0, 0)  # the first day a zip knows: files carry no time of ours
BEGUN: Final = datetime(2026, 1, 1, tzinfo=UTC)
SHORT: Final = 30  # characters of an app's short name
VERSION: Final = re.compile(r"\d+\.\d+\.\d+")


def build(*, app_id: str, public_url: str, version: str, name: str) -> bytes:
    """Return the package as a zip; raises `ValueError` naming what Teams would not take."""
    given = _given(app_id, public_url, version, name)
    packed = BytesIO()
    with ZipFile(packed, "w") as package:
        for text in TEXTS:
            _add(package, text, _filled(text, given))
        for icon in ICONS:
            _add(package, icon, (FOLDER / icon).read_bytes())
    return packed.getvalue()


def numbered(version: str, at: datetime) -> str:
    """Return the version of a package made then: the first two numbers are the desk's, the third only ever grows.

    Whatever changes in a package, a text, a name, an address, its version must too, or a catalogue may not take it:
    https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema#version
    """
    return f"{version.rpartition('.')[0]}.{int((at - BEGUN).total_seconds())}"


def resource(app_id: str, public_url: str) -> str:
    """Return the URI under which Teams exchanges a token for the app; the app registration exposes the same.

    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/authentication/bot-sso-register-aad
    """
    return f"api://{urlsplit(public_url).netloc}/botid-{app_id}"


def _given(app_id: str, public_url: str, version: str, name: str) -> dict[str, str]:
    place = urlsplit(public_url)
    try:
        UUID(app_id)
    except ValueError:
        raise ValueError(f"the app id {app_id!r} is not a GUID") from None
    if place.scheme != "https" or not place.netloc or place.path.strip("/") or place.query:
        raise ValueError(f"the public URL {public_url!r} must be https and have no path: Teams opens nothing else")
    if not VERSION.fullmatch(version):
        raise ValueError(f"the version {version!r} is not of the form 1.2.3")
    if not name.strip() or len(name) > SHORT:
        raise ValueError(f"the name {name!r} must have between 1 and {SHORT} characters")
    return {
        "app_id": app_id,
        "public_url": public_url.rstrip("/"),
        "host": place.netloc,
        "resource": resource(app_id, public_url),
        "version": version,
        "name": name,
    }


def _filled(file: str, given: dict[str, str]) -> bytes:
    """Fill the values in after parsing, so that none of them can become structure."""
    parsed = json.loads((FOLDER / file).read_text("utf-8"))
    return json.dumps(_with(parsed, given), ensure_ascii=False, indent=2).encode() + b"\n"


def _with(value: Any, given: dict[str, str]) -> Any:
    match value:
        case str():
            return Template(value).substitute(given)
        case list():
            return [_with(part, given) for part in value]
        case dict():
            return {key: _with(part, given) for key, part in value.items()}
        case _:
            return value


def _add(package: ZipFile, name: str, content: bytes) -> None:
    entry = ZipInfo(name, THEN)
    entry.compress_type = ZIP_STORED  # compressed bytes differ between builds of zlib
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    package.writestr(entry, content)
