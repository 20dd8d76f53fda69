"""Microsoft's schema of the app manifest, fetched by npm once in a pinned version, beside the playground's scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft4Validator

from playground import npm

PACKAGE: Final = "@microsoft/app-manifest@1.1.2"
SHA512: Final = "uXdmYzhIcchi3Tc9Sh3pTDMe55zy7ge19bnYCGB1gzuyha85Ii7wfdTruwEhqseaX9pwsWDRB5Ot/ltv0rCONw=="
FOLDER: Final = Path(__file__).parents[2] / ".playground" / "npm"
INSIDE: Final = "package/build/json-schemas/teams/v{version}/{name}"


@cache
def validator(schema: str) -> Draft4Validator:
    """Return what checks a document that names this schema; a test that needs one npm cannot fetch is left out."""
    *_, version, name = schema.split("/")
    with tarfile.open(_package()) as packed:
        found = packed.extractfile(INSIDE.format(version=version.removeprefix("v"), name=name))
        assert found is not None
        described: dict[str, Any] = json.load(found)
    return Draft4Validator(described)  # unchecked: some patterns of it, for what we have none of, are not Python's


@cache
def _package() -> Path:
    file = FOLDER / f"{PACKAGE.removeprefix('@').replace('/', '-').replace('@', '-')}.tgz"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [npm.program(), "pack", "--silent", PACKAGE, "--pack-destination", str(FOLDER)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=90, cwd=FOLDER)
        except subprocess.SubprocessError:
            pytest.skip(f"NO SCHEMA: npm could not fetch {PACKAGE}, so the app manifest was not held against it")
    assert base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode() == SHA512
    return file
