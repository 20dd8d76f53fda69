"""What stands around the code is so: one version, one licence, one build, and hooks that are the build's own."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from bot import __version__
from tests.package.conftest import ROOT, sources

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SAID = re.compile(r"""^\s*(?:__version__|VERSION|version)\b[^=\n]*=\s*f?["']\d+\.\d+\.\d+["']""", flags=re.MULTILINE)


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_said_once() -> None:
    ours = [Path(name) for name in sources() if name.suffix in {".py", ".toml"} and name.parts[0] != "tests"]
    assert [str(name) for name in ours if SAID.search(_read(str(name)))] == ["bot/__init__.py"]
    assert "version" in PROJECT["dynamic"]


def test_the_version_is_one_that_teams_takes_and_the_changelog_knows() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    newest = re.search(r"^## \[(.+?)\] - (?:Unreleased|\d{4}-\d\d-\d\d)$", _read("CHANGELOG.md"), flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__


def test_everybody_names_the_licence_that_is_there() -> None:
    assert _read("LICENSE").split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert PROJECT["license"] == "Apache-2.0"
    assert "[Apache License 2.0](LICENSE)" in _read("README.md")
    assert "[Apache License 2.0](LICENSE)" in _read("CONTRIBUTING.md")


def test_the_workflow_runs_what_a_build_runs_and_nothing_of_its_own() -> None:
    (workflow,) = (ROOT / ".github" / "workflows").iterdir()
    text = workflow.read_text(encoding="utf-8")
    assert re.findall(r"^[ -]*run: *(\S.*)$", text, flags=re.MULTILINE) == [".ci/run"]
    steps = text.split("    steps:\n")[1]
    assert steps.count("      - ") == len(re.findall(r"^      - (?:uses|run): ", steps, flags=re.MULTILINE)) == 3


def test_the_workflow_may_do_nothing_and_uses_what_cannot_change() -> None:
    text = _read(".github/workflows/ci.yml")
    assert re.findall(r"^permissions:\n((?:  .*\n)+)", text, flags=re.MULTILINE) == ["  contents: read\n"]
    assert text.count("permissions:") == 1
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert "persist-credentials: false" in text
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", one) for one in used)


def test_the_workflow_tries_each_python_that_the_project_says_it_runs_on() -> None:
    told = re.search(r"python: \[(.*)\]", _read(".github/workflows/ci.yml"))
    assert told is not None
    tried = re.findall(r'"(.*?)"', told[1])
    said = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert tried == said
    assert PROJECT["requires-python"] == f">={tried[0]}"


def test_the_hooks_are_the_lint_of_the_build_and_fetch_nothing() -> None:
    hooks = _read(".pre-commit-config.yaml")
    assert re.findall(r"repo: (.*)", hooks) == ["local"]
    assert set(re.findall(r"language: (.*)", hooks)) == {"system"}
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", _read("Makefile"), flags=re.MULTILINE)
    assert lint is not None
    wanted = [line.removeprefix("\t@").replace("$(BIN)", ".venv/bin") for line in lint[1].splitlines()]
    assert re.findall(r"entry: (.*)", hooks) == wanted


def test_every_path_and_target_that_is_named_is_there() -> None:
    for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        text = _read(name)
        paths = re.findall(r"`((?:\.?[\w-]+/)+[\w.-]*|[\w.-]+\.(?:py|toml|md|lock|yaml))`", text)
        assert [path for path in paths if not (ROOT / path).exists()] == [], name
        targets = set(re.findall(r"`make (\w+)", text)) | set(re.findall(r"^ {4}make (\w+)", text, flags=re.MULTILINE))
        assert targets <= set(re.findall(r"^([a-z]+):", _read("Makefile"), flags=re.MULTILINE)), name
    assert re.findall(r"`((?:\.?[\w-]+/)+[\w.-]*)`", _read("CONTRIBUTING.md"))


def test_nobody_made_up_an_address_to_report_to() -> None:
    assert re.findall(r"[\w.]+@[\w.]+\.\w+|mailto:", _read("SECURITY.md") + _read("CONTRIBUTING.md")) == []
