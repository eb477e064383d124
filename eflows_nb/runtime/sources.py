"""The code of the user's own modules as it is in their files, with that of the modules which they import."""

from __future__ import annotations

import dis
import hashlib
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any, NamedTuple

from eflows_nb.runtime.modules import is_local_file

__all__ = ["NoDigestError", "closure", "codes_of", "digest_of_code", "imported"]


class NoDigestError(Exception):
    """Nobody can tell whether something computes the same as before; the text says what, and why."""


class _Source(NamedTuple):
    """What a file has when it is looked at: a digest, and the compiled code, None where it is not Python."""

    digest: bytes
    code: types.CodeType | None


_read: dict[str, tuple[tuple[int, int, int], _Source]] = {}


def closure(names: Sequence[str]) -> dict[str, bytes]:
    """Return a digest of each local module among these, and of all that they import in turn.

    Parameters
    ----------
    names
        Names of modules, also of such as are not there.

    Raises
    ------
    NoDigestError
        When a file cannot be read, or a module that was imported is not that of its file.
    """
    found: dict[str, bytes] = {}
    waiting = list(names)
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        spec = _spec_of(name)
        if spec is None or not spec.has_location or not is_local_file(name, str(spec.origin)):
            continue
        path = str(spec.origin)
        source = _source_of(name, path)
        found[name] = source.digest
        if source.code is None:
            continue
        if name in sys.modules and type(spec.loader) is SourceFileLoader:  # others compile in their own way
            _check(sys.modules[name], source.code, path)
        package = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
        new = set(imported(source.code, package)) - seen
        seen |= new
        waiting += sorted(new)
    return dict(sorted(found.items()))


def imported(code: types.CodeType, package: str) -> Iterator[str]:
    """Return the names of what code imports: modules, the packages around them, and what may be either."""
    for part in codes_of(code):
        values: list[Any] = []
        for step in dis.get_instructions(part):
            if step.opname == "IMPORT_NAME":
                level, names = (values[-2], values[-1]) if len(values) > 1 else (0, None)
                yield from _candidates(str(step.argval), int(level or 0), names or (), package)
            if step.opname != "EXTENDED_ARG":
                values.append(step.argval)


def _candidates(name: str, level: int, names: Sequence[str], package: str) -> Iterator[str]:
    if level:
        try:
            name = importlib.util.resolve_name("." * level + name, package)
        except ImportError:
            return
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])
    for inner in names:
        yield f"{name}.{inner}"


def codes_of(code: types.CodeType) -> Iterator[types.CodeType]:
    """Return a code and all those of the functions and classes within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_of(constant)


def digest_of_code(digest: Any, code: types.CodeType) -> None:
    """Add what code does to a digest, not where its lines are."""
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            digest_of_code(digest, constant)
        elif isinstance(constant, frozenset):
            digest.update(repr(sorted(map(repr, constant))).encode())
        else:
            digest.update(repr(constant).encode())


def _spec_of(name: str) -> ModuleSpec | None:
    """Return where a module is, without importing anything."""
    module = sys.modules.get(name)
    if module is not None:
        return getattr(module, "__spec__", None)
    parent, _, _ = name.rpartition(".")
    above = _spec_of(parent) if parent else None
    if parent and (above is None or above.submodule_search_locations is None):
        return None
    where = list(above.submodule_search_locations or ()) if above is not None else None
    try:
        return PathFinder.find_spec(name, where)
    except (ImportError, ValueError):
        return None


def _source_of(name: str, path: str) -> _Source:
    try:
        told = os.stat(path)  # noqa: PTH116
        key = (told.st_mtime_ns, told.st_size, told.st_ino)
        known = _read.get(path)
        if known is not None and known[0] == key:
            return known[1]
        content = Path(path).read_bytes()
        digest = hashlib.blake2b(digest_size=20)
        code = None
        if path.endswith(".py"):
            code = compile(content, path, "exec", dont_inherit=True)
            digest_of_code(digest, code)
        else:
            digest.update(content)
    except (OSError, SyntaxError, ValueError) as error:
        raise NoDigestError(f"the module '{name}' cannot be read: {error}") from error
    source = _Source(digest.digest(), code)
    _read[path] = key, source
    return source


def _check(module: types.ModuleType, code: types.CodeType, path: str) -> None:
    """Make sure that the functions of a module are those of its file."""
    there = set(codes_of(code))
    for function in _functions_of(module):
        if function.__code__.co_filename == path and function.__code__ not in there:
            raise NoDigestError(
                f"'{module.__name__}.{function.__qualname__}' is not what is in '{path}', which was changed "
                "after it was imported; importlib.reload brings it here"
            )


def _functions_of(module: types.ModuleType) -> Iterator[types.FunctionType]:
    for value in list(vars(module).values()):
        held = list(vars(value).values()) if isinstance(value, type) else [value]
        if isinstance(value, type) and value.__module__ != module.__name__:
            continue
        for one in held:
            plain = getattr(one, "__func__", one)
            if isinstance(plain, types.FunctionType) and plain.__module__ == module.__name__:
                yield plain
