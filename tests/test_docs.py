"""What the documents say is so: settings, permissions, policies, commands and links are held against the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

import app
from bot.config import policies
from bot.config.keys import KEYS
from bot.config.limits import LIMITS, TABLE, limited
from bot.config.settings import PREFIX, Settings
from bot.core.actions import OfferKind
from bot.core.kind import Kind
from bot.core.lately import USUAL_LIMITS
from bot.core.policy import GROUP
from bot.graph.permissions import BASE, OF_APPS, OF_KINDS, OF_MAIL, OF_REPORTS
from bot.kinds import KINDS
from bot.teams.phrases import heard, listening
from bot.web import health

SCREENS = 90  # lines of two screens
WIDE = 100  # columns
WORDS_FROM = 20  # where the words begin in the drawing of the house
ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def _table(heading: str, text: str = REFERENCE) -> list[tuple[str, ...]]:
    """The rows of the first table below a heading."""
    below = re.split(rf"^#+ {heading}$", text, flags=re.MULTILINE)[1]
    block = re.search(r"(?:^\|.*\n)+", below, flags=re.MULTILINE)
    assert block is not None
    rows = [tuple(cell.strip() for cell in line.strip("| \n").split(" | ")) for line in block[0].splitlines()]
    return rows[2:]


def test_the_ratios_are_those_that_were_measured() -> None:
    """The figures are written by what measured them; docs/scale.md quotes them."""
    figures = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    measured = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in figures.splitlines()]
    quoted = _table("How fast it is", (ROOT / "docs" / "scale.md").read_text(encoding="utf-8"))
    assert quoted
    for over, remembered, each in quoted:
        assert [(row[1], row[3]) for row in measured if row[0] == over and len(row) == 5] == [(remembered, each)], over


def _default(name: str) -> str:
    field = Settings.model_fields[name]
    if field.is_required():
        return "**required**"
    return f"`{field.default}`" if field.default else ""


def test_the_settings_table_is_the_settings() -> None:
    told = [(*row, "")[:3] for row in _table("Settings")]
    assert told == [
        (f"`{PREFIX}{name.upper()}`", field.description, _default(name))
        for name, field in Settings.model_fields.items()
    ]


def test_the_permissions_table_is_what_is_asked_for() -> None:
    always = [(f"`{name}`", why, "always") for name, why in BASE.items()]
    of_kinds = [
        (f"`{name}`", OF_KINDS[name], f"`{kind.name}`")
        for kind in KINDS.values()
        for name in kind.permissions
        if name not in BASE
    ]
    where = "notices, [for that mailbox alone](setup.md#notices-by-mail)"
    of_mail = [(f"`{name}`", why, where) for name, why in OF_MAIL.items()]
    better = "not needed: [what is not known without it](#what-changed-lately)"
    of_reports = [(f"`{name}`", why, better) for name, why in OF_REPORTS.items()]
    place = "setup.md#callers-locks-histories-and-the-threat-level"
    named = f"not needed: [where the app's id in the catalogue is named]({place})"
    of_apps = [(f"`{name}`", why, named) for name, why in OF_APPS.items()]
    assert _table("Permissions") == always + of_kinds + of_mail + of_reports + of_apps


def test_each_permission_of_a_kind_has_its_reason() -> None:
    assert {name for kind in KINDS.values() for name in kind.permissions} <= {*BASE, *OF_KINDS}


@dataclass(frozen=True)
class Known:
    """What a policy takes from the settings."""

    allowed_groups: frozenset[str] = frozenset()
    approvers_group: str = ""
    deny_list: frozenset[str] = frozenset()


def test_the_examples_of_policies_load_and_have_every_key(tmp_path: Path) -> None:
    examples = "\n".join(re.findall(r"```toml\n(.*?)```", REFERENCE, flags=re.DOTALL))
    (tmp_path / "policies.toml").write_text(examples, encoding="utf-8")
    loaded = policies.load(str(tmp_path / "policies.toml"), KINDS, Known())  # type: ignore[arg-type]  # all it takes from the settings
    assert any(name.startswith(GROUP) for policy in loaded.values() for name in policy.variants)
    said = tomllib.loads(examples)
    assert set(_keys(said)) >= set(KEYS).union(*(_options(kind) for kind in KINDS.values()))
    assert limited(said[TABLE], []) == USUAL_LIMITS
    assert set(said[TABLE]) == set(LIMITS)


def test_each_option_says_for_which_kinds_it_is() -> None:
    """On its line in the example, the kind's own where it stands under another's."""
    for option in {option for kind in KINDS.values() for option in kind.policy.options}:
        told = re.search(rf"^{option.name} = .*# .*; for ([\w, ]+)$", REFERENCE, flags=re.MULTILINE)
        assert told is not None, option.name
        assert set(told[1].split(", ")) == {kind.name for kind in KINDS.values() if option.name in _options(kind)}


def _options(kind: Kind) -> set[str]:
    return {option.name for option in kind.policy.options}


def _keys(table: dict[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        yield name
        if isinstance(value, dict):
            yield from _keys(value)


def test_the_levels_that_are_named_are_the_kinds() -> None:
    told = re.search(r"^\[risk\.levels\.low\]\s+# ([\w, ]+)$", REFERENCE, flags=re.MULTILINE)
    assert told is not None
    assert tuple(told[1].split(", ")) == KINDS["risk"].levels


def test_the_kinds_that_need_no_proof_are_named() -> None:
    told = re.search(r"unless it only locks or proves \(([^)]*)\)", REFERENCE)
    assert told is not None
    assert set(re.findall(r"`(\w+)`", told[1])) == {kind.name for kind in KINDS.values() if kind.harmless}


@pytest.mark.parametrize(
    ("text", "heading"), [(README, "Vouchsafe"), (REFERENCE, "Kinds")], ids=["README", "reference"]
)
def test_what_people_are_told_to_write_leads_to_each_kind(text: str, heading: str) -> None:
    ears = listening(KINDS)
    said = [heard(ears.of(row[0].strip("*"))).action for row in _table(heading, text)]
    assert sorted(one.kind for one in said if isinstance(one, OfferKind)) == sorted(KINDS)
    assert len(said) == len(KINDS)


def test_the_readme_fits_two_screens() -> None:
    lines = README.splitlines()
    assert len(lines) <= SCREENS
    assert [line for line in lines if len(line) > WIDE and not line.startswith("!")] == []


def _commands(group: click.Group, prefix: str) -> list[str]:
    found: list[str] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += _commands(command, f"{prefix} {name}") if isinstance(command, click.Group) else [f"{prefix} {name}"]
    return found


def test_every_command_is_told_and_no_other() -> None:
    told = {
        " ".join(word for word in row[0].strip("`").split() if word.islower() and "-" not in word)
        for row in _table("Commands")
    }
    assert told == set(_commands(app.cli, "vouchsafe"))


def test_every_command_helps() -> None:
    for path in _commands(app.cli, ""):
        command: click.Command = app.cli
        for name in path.split():
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), name)
            assert found is not None
            command = found
        assert command.help
        assert all(option.help for option in command.params if isinstance(option, click.Option)), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_does_what_the_documents_say(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    told = document.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^ {4})make ([a-z]+)", told, flags=re.MULTILINE)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_probes_are_where_the_documents_say(document: Path) -> None:
    source = Path(health.__file__).read_text(encoding="utf-8")
    for path in re.findall(r"`(/(?:healthz|readyz|metrics))`", document.read_text(encoding="utf-8")):
        assert f'"{path}"' in source


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target, place in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", document.read_text(encoding="utf-8")):
        if not re.match(r"https?:", target):
            there = document.parent / target if target else document
            assert there.exists(), target
            assert not place or place in _places(there), f"{target}#{place}"


def _places(document: Path) -> set[str]:
    """What a link may name in a document: its headings, as they are made into anchors."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:bot|cards|tests|docs|playground|manifest)/[\w/.-]+)`", text):
        assert any((ROOT / f"{name}{ending}").exists() for ending in ("", ".py")), name


def test_the_house_is_drawn_as_it_is() -> None:
    """Each folder and file of the drawing is where it is drawn, and no room of the bot or of the whole is left out."""
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    drawn = text.partition("one file for each kind.\n\n")[2].partition("\n\nDirections")[0]
    rooms: dict[int, Path] = {}  # the folder a line of this indentation lies in
    named: set[Path] = set()
    here = ROOT
    for line in drawn.splitlines():
        depth = len(line) - len(line.lstrip())
        if (room := re.match(r"\s+(\w+)/", line)) and depth < WORDS_FROM:
            here = rooms[depth] = next((r for d, r in sorted(rooms.items(), reverse=True) if d < depth), ROOT) / room[1]
            named.add(here)
        elif depth < WORDS_FROM:
            here = next((r for d, r in sorted(rooms.items(), reverse=True) if d < depth), ROOT)
        rooms = {d: r for d, r in rooms.items() if d <= depth}
        named |= {here / name for name in re.findall(r"\b\w+\.py\b", line)}
        named |= {here / name for name in re.findall(r"(\w+)/(?=[ :,])", line[WORDS_FROM:])}
    assert sorted(path for path in named if not path.exists()) == []
    inside = {path.parent for folder in ("", "bot") for path in (ROOT / folder).glob("*/__init__.py")}
    assert sorted(inside - named) == []


def test_the_lock_files_name_no_place_to_fetch_from() -> None:
    for lock in ("requirements.lock", "requirements-playground.lock", "requirements-dev.lock", ".ci/audit.lock"):
        lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "://" in line or line.startswith(("-i", "--index", "--find", "--extra"))]
        pinned = [line for line in lines if re.match(r"[a-z0-9]", line)]
        assert pinned
        assert all("==" in line for line in pinned)
