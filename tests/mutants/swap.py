"""A mutant takes its module's place in a running process: the code of its functions, and what its names stand for."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

OPTIMIZED = 1  # of a function's code, and not of a module's or a class's


def swapped(path: Path, text: str) -> bool:
    """Put a mutant into what is loaded; say whether it could be: what a class says once cannot."""
    old = dict(_functions(compile(path.read_text(), str(path), "exec", dont_inherit=True)))
    new = dict(_functions(compile(text, str(path), "exec", dont_inherit=True)))
    changed = {name for name, code in new.items() if code != old.get(name)}
    loaded = [
        one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == str(path)
    ]
    there = [one for one in loaded if one.__code__.co_qualname in changed]
    for one in there:
        one.__code__ = new[one.__code__.co_qualname]
    return bool(there) or _renamed(path, text)


def _functions(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner.co_flags & OPTIMIZED:
            yield inner.co_qualname, inner
        elif isinstance(inner, CodeType):
            yield from _functions(inner)


def _renamed(path: Path, text: str) -> bool:
    """Let a name of the module stand for what the mutant makes of it, wherever it has been imported."""
    module = next(one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == str(path))
    before = {ast.dump(statement) for statement in ast.parse(path.read_text()).body}
    for statement in ast.parse(text).body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                if ast.dump(statement) not in before:
                    own = dict(vars(module))
                    exec(compile(ast.Module([statement], []), str(path), "exec"), own)  # noqa: S102 - our own module
                    return _everywhere(name, vars(module)[name], own[name])
            case _:
                pass
    return False


def _everywhere(name: str, old: object, new: object) -> bool:
    for module in list(sys.modules.values()):
        if vars(module).get(name) is old:
            setattr(module, name, new)
    return True
