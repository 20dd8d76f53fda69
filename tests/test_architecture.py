"""The shape of the code, held: who may import whom, how long things may get, and what must not exist."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.core import options
from bot.core.ports import Purpose
from bot.kinds import KINDS

ROOT = Path(__file__).parent.parent
OURS = ("bench", "bot", "cards", "manifest", "playground")
PEERS = ROOT / "bench" / "peers"  # written as their SDKs' samples are, on packages of their own
LONGEST_MODULE, LONGEST_FUNCTION, MEDIAN = 300, 30, 100

# Rooms from the ground up: a part imports itself and what lies below it. The more exact name of a part counts.
BELIEVED = {"bot.core", "bot.config.cloud", "bot.config.outgoing"}  # whom it believes, and the way out to them
CONFIG = {*BELIEVED, "bot.config.settings"}
OUTSIDE = {"playground.clock", "playground.people", "playground.faults", "playground.journal"}
WIRE = {*OUTSIDE, "playground.tenant", "playground.world"}
MAY: dict[str, set[str]] = {
    "app": {"bot", "cards", "manifest", "playground"},
    "bot": set(),
    "bot.core": set(),
    "bot.config.cloud": {"bot.core"},
    "bot.config.outgoing": {"bot.config.cloud"},
    "bot.config.settings": {"bot.core", "bot.config.trail", "bot.config.values"},
    "bot.config.trail": {"bot.core", "bot.config.values"},
    "bot.config.values": set(),
    "bot.config": {"bot.core"},
    "bot.kinds": {"bot.core"},
    "bot.desk": {"bot.core"},
    # The edges: each over the core, and none of them knows another.
    "bot.graph": BELIEVED,
    "bot.entra": CONFIG,
    "bot.store": {"bot.core"},
    "bot.verified": BELIEVED,
    "bot.web": BELIEVED,
    "bot.understanding": set(),  # words come in and the name of a door goes out: it reaches nothing else
    "bot.teams": {
        *(*CONFIG, "bot.entra", "bot.understanding", "cards"),
        *("bot.desk.facts", "bot.desk.homes", "bot.desk.ledger"),
    },
    # A process puts them together, and nobody else does; what it says of itself knows nobody.
    "bot.process.clock": {"bot.core"},
    "bot.process.logs": {"bot.core", "bot.process.metrics", "bot.process.sink"},
    "bot.process.metrics": {"bot.core"},
    "bot.process.jobs": {"bot.core"},
    "bot.process.lifetime": {"bot.core"},
    "bot.process.report": {"bot.core"},
    "bot.process.sink": set(),
    "bot.process": {"bot", "cards", "manifest"},
    "cards": {"bot.core"},
    "manifest": set(),
    # The outside world: what the tenant holds, the world around it, and each wire over both.
    "playground.clock": set(),
    "playground.people": set(),
    "playground.keys": set(),
    "playground.faults": {"playground.clock"},
    "playground.journal": {"playground.clock", "playground.faults"},
    "playground.tenant": {"playground.clock", "playground.people"},
    "playground.world": {*OUTSIDE, "playground.keys", "playground.tenant", "playground.verified"},
    "playground.entra": WIRE,
    "playground.graph": {*WIRE, "playground.entra"},
    "playground.verified": OUTSIDE,
    "playground.inbox": WIRE,
    "playground.wallet": {*WIRE, "playground.entra", "playground.verified"},
    "playground.teams": {*WIRE, "playground.entra"},
    "playground.gallery": {"bot.core", "bot.kinds", "bot.config.settings", "cards", "playground.people"},
    "playground": set(),
    "bench": {"bot", "cards", "manifest", "playground"},  # measures all of it, and nothing of it knows
}


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (file for file in sorted((ROOT / folder).rglob("*.py")) if PEERS not in file.parents)


def _all() -> list[Path]:
    return [ROOT / "app.py", *_files(*OURS)]


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def _imports(file: Path) -> set[str]:
    """Every name a module imports, at its top or inside a function, as it is written."""
    found: set[str] = set()
    for node in ast.walk(_tree(file)):
        match node:
            case ast.Import(names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found |= {_meant(module, alias.name) for alias in names}
            case ast.ImportFrom():
                found.add("a relative import")
            case _:
                pass
    return found


def _meant(module: str, name: str) -> str:
    """What `from module import name` brings in: a module of ours by that name, or something in `module`."""
    path = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if path.is_dir() or path.with_suffix(".py").exists() else module


def _under(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _part(module: str) -> str:
    return max((part for part in MAY if _under(module, part)), key=len)


def _forbidden(file: Path) -> list[str]:
    module = _name(file)
    part = _part(module)
    allowed = MAY[part] | {part}
    return [
        name
        for name in sorted(_imports(file) - ({"bot"} if _under(part, "bot") else set()))  # there is only the version
        if name == "a relative import" or (name.split(".")[0] in OURS and not any(_under(name, one) for one in allowed))
    ]


def test_everybody_imports_in_the_directions_of_the_design() -> None:
    wrong = {_name(file): found for file in _all() if (found := _forbidden(file))}
    assert wrong == {}


def test_no_import_comes_back_to_where_it_began() -> None:
    """All are counted, inside functions and for annotations too, and that a module brings its packages in with it."""
    left = {_name(file): _brings_in(file) for file in _all()}
    while ends := [module for module, wanted in left.items() if not wanted & left.keys()]:
        for module in ends:
            del left[module]
    assert sorted(left) == []


def _brings_in(file: Path) -> set[str]:
    """The modules that have to be there before this one; the packages it lies in are being imported already."""
    named = _imports(file)
    around = {name[:end] for name in named for end, sign in enumerate(name) if sign == "."}
    return named | {name for name in around if not _under(_name(file), name)}


def test_the_core_needs_nothing_but_the_standard_library() -> None:
    for file in _files("bot/core"):
        foreign = {n.split(".")[0] for n in _imports(file)} - sys.stdlib_module_names - {"bot"}
        assert foreign == set(), file


def test_the_bot_never_knows_the_playground() -> None:
    for file in _files("bot", "cards", "manifest"):
        assert not any(_under(name, "playground") for name in _imports(file)), file


def test_cards_make_nobody_up() -> None:
    """They say what they are given; who is on the gallery's cards is made up in the playground."""
    people = {"Person", "Request", "Secret", "Evidence", "Receipt"}
    for file in _files("cards"):
        calls = {ast.unparse(n.func) for n in ast.walk(_tree(file)) if isinstance(n, ast.Call)}
        assert not calls & people, file


def test_the_gallery_makes_nobody_up() -> None:
    """On its cards are the people of the playground, whoever and whatever they are there."""
    for file in _files("playground/gallery"):
        calls = {ast.unparse(n.func) for n in ast.walk(_tree(file)) if isinstance(n, ast.Call)}
        assert "Person" not in calls or _name(file) == "playground.gallery.people", file


def test_only_the_teams_edge_knows_the_bot_framework() -> None:
    for file in [*_all(), *_files("tests")]:
        if not _under(_name(file), "bot.teams"):
            told = [n for n in _imports(file) if n.split(".")[0] in {"botbuilder", "botframework"}]
            assert told == [] or _under(_name(file), "tests.adapters"), file


def test_nobody_but_the_kinds_asks_which_kind_it_is() -> None:
    """A kind carries its own behaviour; a comparison elsewhere would be the first of many."""
    for file in _files("bot", "cards", "manifest"):
        if not _under(_name(file), "bot.kinds"):
            assert list(_comparisons_of_kind(_tree(file))) == [], file


def _comparisons_of_kind(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            named = any(_is_kind(side) for side in sides)
            literal = any(
                isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value for side in sides
            )
            if named and literal:
                yield node.lineno


def _is_kind(node: ast.expr) -> bool:
    match node:
        case ast.Name(id="kind") | ast.Attribute(attr="kind"):
            return True
        case _:
            return False


def test_every_match_covers_all_there_is() -> None:
    """Mypy says so of each, when it is asked and nobody is let off: a new event or answer is forgotten nowhere."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert "exhaustive-match" in asked["enable_error_code"]
    assert asked["strict"]
    let_off = re.compile(r"# (?:type: ignore\[[^\]]*exhaustive-match|mypy:)")
    assert [file for file in _all() if let_off.search(file.read_text(encoding="utf-8"))] == []


def test_values_are_frozen_and_slotted() -> None:
    for file in _files("bot/core", "bot/kinds", "bot/desk", "bot/config", "cards", "manifest"):
        loose = [n.name for n in ast.walk(_tree(file)) if isinstance(n, ast.ClassDef) and not _frozen(n)]
        assert loose == [], file


def _frozen(node: ast.ClassDef) -> bool:
    """Whether a class is no dataclass, or one whose values stay as they were made."""
    made = [ast.unparse(d) for d in node.decorator_list if "dataclass" in ast.unparse(d)]
    return all("frozen=True" in one and "slots=True" in one for one in made)


# What a kind is called, and what only it has, is named in its own module and its texts, nowhere else in what is served.
# Words that mean something else where they stand: Entra's, PostgreSQL's, HTML's, a unit's, what a receipt keeps.
OTHERWISE = {
    "bot.config.checks": {"password"},  # a part of a database's address
    "bot.core.options": {"minutes"},  # a unit of time
    "bot.core.methods": {"password"},  # Entra's type of a sign-in method
    "bot.desk.identity": {"threshold", "why"},  # what the receipt of a proof keeps, and the trail says of a doubt
    "bot.graph.refusals": {
        "password",
        "risk",
        "confirm_compromised",
    },  # Graph's words, and its operations
    "bot.graph.protection": {"risk", "confirm_compromised"},  # operations of Graph, as metrics count them
    "bot.graph.methods": {"methods"},
    "bot.process.logs": {"method", "password"},  # HTTP's, in an access line; a name that a secret goes by
    "bot.web.entry": {"password"},  # a field of an HTML form
}


def test_nobody_but_the_kinds_names_one_or_anything_of_its_own() -> None:
    """A new kind is its module, its texts and its place in the list: nothing else has to hear of it."""
    own = {*KINDS, *_own_options(), *_own_fields()}
    texts = re.compile(rf"({'|'.join(KINDS)})\.\w*")
    wrong = {}
    for file in (file for file in [ROOT / "app.py", *_files("bot", "cards", "manifest")] if not _of_kinds(file)):
        said = {word for word in _said(_tree(file)) if word in own or texts.match(word)}
        if told := said - OTHERWISE.get(_name(file), set()):
            wrong[_name(file)] = sorted(told)
    assert wrong == {}
    unused = {module: words - _said(_tree(_file(module))) for module, words in OTHERWISE.items()}
    assert {module: words for module, words in unused.items() if words} == {}


def test_nobody_knows_more_of_the_kinds_than_their_list() -> None:
    for file in (file for file in _all() if not _of_kinds(file)):
        assert [name for name in _imports(file) if _under(name, "bot.kinds") and name != "bot.kinds"] == [], file


def _of_kinds(file: Path) -> bool:
    return _under(_name(file), "bot.kinds")


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _own_options() -> set[str]:
    shared = {value.name for value in vars(options).values() if isinstance(value, options.Option)}
    return {option.name for kind in KINDS.values() for option in kind.policy.options} - shared


def _own_fields() -> set[str]:
    """What only one kind asks in its form; what several do is the desk's own word."""
    asked = [{field for n in ast.walk(_tree(file)) for field in _field(n)} for file in _files("bot/kinds")]
    return {name for names in asked for name in names if sum(name in others for others in asked) == 1}


def _field(node: ast.AST) -> list[str]:
    match node:
        case ast.Call(func=ast.Name(id="Field"), args=[ast.Constant(value=str(name)), *_]):
            return [name]
        case _:
            return []


def _said(tree: ast.Module) -> set[str]:
    """Every text in a module but its docstrings, parts of f-strings too."""
    bodies = [
        n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    told = {id(n.value) for body in bodies for n in body.body if isinstance(n, ast.Expr)}
    return {
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in told
    }


def test_modules_and_functions_stay_short() -> None:
    long = {_name(f): n for f in [*_all(), *_files("tests")] if (n := _length(f)) > LONGEST_MODULE and not _test(f)}
    assert long == {}
    written = [_written(file) for file in _files("bot")]
    assert statistics.median(filter(None, written)) <= MEDIAN
    functions = {f"{_name(f)}:{name}": n for f in _all() for name, n in _functions(f) if n > LONGEST_FUNCTION}
    assert functions == {}


def test_scripts_and_styles_stay_short() -> None:
    for kind in ("*.js", "*.css"):
        for file in (f for folder in ("bot", "playground") for f in (ROOT / folder).rglob(kind)):
            assert _length(file) <= LONGEST_MODULE, file


def _test(file: Path) -> bool:
    """A table of cases may be as long as its cases; the code it tests may not."""
    return _under(_name(file), "tests")


def _length(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def _written(file: Path) -> int:
    """Lines that say something: blank ones are there to help."""
    return sum(1 for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


def _functions(file: Path) -> Iterator[tuple[str, int]]:
    """Each function with its lines: its signature and its docstring are not what makes it long."""
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body:
                yield node.name, (node.end_lineno or 0) - body[0].lineno + 1


def test_every_module_says_what_it_is() -> None:
    for file in _all():
        if file.name == "__init__.py" and not _tree(file).body:
            continue
        told = ast.get_docstring(_tree(file))
        assert told, f"{file} has no docstring"
        assert told.splitlines()[0].endswith((".", "?", "!")), f"{file}: its docstring begins with no whole sentence"


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "common", "manager", "managers", "base", "helper", "helpers", "misc"}
    assert [file for file in _all() if file.stem in drawers or drawers & set(file.relative_to(ROOT).parent.parts)] == []


def test_nobody_mocks() -> None:
    for file in [*_all(), *_files("tests")]:
        names = _imports(file)
        assert not any(_under(n, "unittest") or n.split(".")[0] in {"mock", "pytest_mock"} for n in names), file


@pytest.mark.parametrize("tree", ["bot", "cards", "playground", "bench"])
def test_no_two_classes_have_one_name(tree: str) -> None:
    """One word, one thing; what a tree plays or shows of another may be called as it is there."""
    named: dict[str, list[str]] = {}
    for file in _files(tree):
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.ClassDef):
                named.setdefault(node.name, []).append(_name(file))
    assert {name: places for name, places in named.items() if len(places) > 1} == {}


def test_nobody_but_a_process_knows_who_listens_to_changes() -> None:
    """What follows a change is handed in: cards now, others later; the desk names none of them."""
    for file in _files("bot/core", "bot/kinds", "bot/desk"):
        named = {n.value for n in ast.walk(_tree(file)) if isinstance(n, ast.Constant)}
        assert not named & {"alert", "cards"}, file


def test_sign_ins_know_no_consumers() -> None:
    """What a finished sign-in is for is handed in by purpose; the transaction itself names none of them."""
    file = ROOT / "bot" / "desk" / "stepup.py"
    named = {n.attr for n in ast.walk(_tree(file)) if isinstance(n, ast.Attribute)} & set(Purpose.__members__)
    assert named == set()
    assert not {n for n in _imports(file) if _under(n, "bot.desk.approvals") or _under(n, "bot.desk.requester")}


def test_nobody_prints() -> None:
    """Output is the log's, or the command line's by click."""
    for file in _files("bot", "cards", "manifest"):
        calls = [n for n in ast.walk(_tree(file)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        assert "print" not in {n.func.id for n in calls if isinstance(n.func, ast.Name)}, file


@pytest.mark.slow
def test_importing_the_command_line_does_nothing() -> None:
    """No setting is read, no part of ours is imported, nothing is said."""
    script = (
        "import sys, os\n"
        "os.environ.clear()\n"
        "import app\n"
        f"print([name for name in sys.modules if name.split('.')[0] in {OURS!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
