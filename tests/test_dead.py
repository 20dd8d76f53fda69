"""No name is left behind: what nothing of ours but a test asks for is deleted with what asked for it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SERVED = ("bot", "cards", "manifest")
ASKING = (*SERVED, "playground", "bench")
OFTEN = 50  # times: more than anything asks for itself

# Asked for by nobody here, and why it stays.
KEPT = {
    "OF_KINDS": "what each permission of a kind is for: the manual's table, which a test holds to the kinds",
    "OF_REPORTS": "what that of the tenant's log is for: the same table",
    "OF_APPS": "what that of installing the app is for: the same table",
    "OF_MAIL": "what that of notices is for: the same table",
    "down_revision": "Alembic reads it",
    "branch_labels": "Alembic reads it",
    "depends_on": "Alembic reads it",
    "get_retry_decision": "procrastinate calls it",
    "raise_for_status": "msal calls it of whatever answers like a response",
    "create_user_token_client": "the Bot Framework calls it",
    "create_connector_factory": "the Bot Framework calls it",
    "authenticate_request": "the Bot Framework calls it",
    "authenticate_streaming_request": "the Bot Framework calls it",
    "on_invoke_activity": "the Bot Framework calls it",
    "on_message_activity": "the Bot Framework calls it",
    "on_installation_update": "the Bot Framework calls it",
    "on_conversation_update_activity": "the Bot Framework calls it",
    "send_activities": "the Bot Framework calls it",
    "update_activity": "the Bot Framework calls it",
    "delete_activity": "the Bot Framework calls it",
    "get_serialization_writer_factory": "the Graph SDK calls it",
    "enable_backing_store": "the Graph SDK calls it",
    "send_async": "the Graph SDK calls it",
    "send_collection_async": "the Graph SDK calls it",
    "send_collection_of_primitive_async": "the Graph SDK calls it",
    "send_no_response_content_async": "the Graph SDK calls it",
    "_create_new_node": "the Graph SDK calls it",
    "get_command": "click calls it",
    "list_commands": "click calls it",
}


def _trees(*folders: str) -> dict[Path, ast.Module]:
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "peers" not in path.parts]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "app.py", *files)}


def _asked(node: ast.AST) -> Counter[str]:
    """How often each name is read in it, by itself, of something, or to be called otherwise."""
    found: Counter[str] = Counter()
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                found[name] += 1
            case ast.alias(name=name, asname=str(other)) if name != other:
                found[name] += 1
            case _:
                pass
    return found


def _made(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """What a module makes, and its classes: constants, classes, functions and methods, but for those handed on."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not _handed_on(node):
                yield name, node
            case ast.ClassDef(name=name):
                yield name, node
                yield from (made for made in _made(node.body) if not isinstance(made[1], ast.Assign | ast.AnnAssign))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, node
            case _:
                pass


def _handed_on(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A decorator that is a call takes it: a command's, a validator's."""
    return any(isinstance(one, ast.Call) for one in node.decorator_list)


def test_nothing_is_made_that_nobody_asks_for() -> None:
    trees = _trees(*ASKING)
    asked: Counter[str] = Counter()
    for tree in trees.values():
        asked.update(_asked(tree))
    dead: dict[str, str] = {}
    for path, tree in trees.items():
        if path.relative_to(ROOT).parts[0] not in {*SERVED, "app.py"}:
            continue
        for name, node in _made(tree.body):
            mine = not (name.startswith("__") or name == "_") and asked[name] < OFTEN
            if mine and asked[name] <= _asked(node)[name]:
                dead[name] = str(path.relative_to(ROOT))
    assert {name: where for name, where in dead.items() if name not in KEPT} == {}
    assert {*KEPT} - {*dead} == set()  # and nothing is kept that is asked for again
