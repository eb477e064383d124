"""Names results by what they were made of: the code of the function and its inputs."""

from __future__ import annotations

import hashlib
import inspect
import types
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from eflows_nb.engine import kept_files
from eflows_nb.engine.packing import Packed, pack
from eflows_nb.errors import ClusterError
from eflows_nb.runtime.files import FileAccess
from eflows_nb.runtime.future import pickling
from eflows_nb.tasks.data import PENDING, Datum, Turn
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.task import Task

__all__ = ["Checkpoint", "digest_of_function"]

_OF_EVERY_CLASS = {
    "__annotations_cache__", "__dict__", "__doc__", "__firstlineno__", "__module__", "__slotnames__",
    "__static_attributes__", "__weakref__",
}  # fmt: skip
_DEPTH = 8


class Checkpoint:
    """A folder of results that later sessions find again.

    Parameters
    ----------
    folder
        Where they are; made when it is not there.

    Raises
    ------
    ClusterError
        When the folder cannot be made or written to.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).absolute()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n")
        except OSError as error:
            raise ClusterError(
                f"checkpoint={str(folder)!r} is not a folder that can be written to: {error}."
            ) from error
        self._names: weakref.WeakKeyDictionary[Datum, str] = weakref.WeakKeyDictionary()

    def name(self, datum: Datum, packed: Packed) -> None:
        """Name a value that no task has made by its content."""
        self._names[datum] = _digest_of(packed)

    def inputs(self, pack_arguments: Callable[[], bytes], files: FileAccess | None = None) -> bytes | None:
        """Return the arguments of a call with the data that they refer to by name, and what is in its files.

        It is None when one of them has no name: it was made before there was a folder, or by a task whose
        results have no names themselves, such as one that writes to a file beside others.
        """
        pickling.names = self._names
        try:
            packed = pack_arguments()
        except TypeError:
            return None
        finally:
            pickling.names = None
        if not files:
            return packed
        try:
            contents = [self._name_of_file(path, versions) for path, versions in files.contents()]
        except OSError:
            return None
        return None if None in contents else packed + repr(contents).encode()

    def _name_of_file(self, path: str, versions: Sequence[Datum] | None) -> str | None:
        """Return a name for what is in a file when the task of a call reads it."""
        if versions is None or len(versions) > 1:
            return None
        version = versions[0] if versions else None
        if version is None or version.value is not PENDING:
            made = type(version) is Datum and version.value and version.value == kept_files.stamp(path)
            return (self._names.get(version) if made and version else None) or kept_files.digest(path)
        return None if type(version) is Turn else self._names.get(version)

    def place(self, task: Task, function: TaskFunction[Any, Any], inputs: bytes | None) -> str:
        """Return the file for the results of a task, empty for none, and name the data that it makes.

        Those have no names where a failure would be ignored: then nobody knows beforehand what they are.
        """
        if inputs is None:
            return ""
        digest = hashlib.blake2b(digest_of_function(function.function), digest_size=20)
        digest.update(inputs)
        digest.update(repr((function.returns, task.code.policy.on_failure)).encode())
        key = digest.hexdigest()
        if task.code.policy.on_failure is not OnFailure.IGNORE:  # else it may be None, or the result
            for place, datum in enumerate(task.outputs):
                self._names[datum] = f"{key}-{place}"
        return str(self.folder / key[:2] / key)


def _digest_of(packed: Packed) -> str:
    digest = hashlib.blake2b(packed.head, digest_size=20)
    for buffer in packed.buffers:
        digest.update(buffer)
    return digest.hexdigest()


def digest_of_function(function: Any) -> bytes:
    """Return a digest of what a function computes: its code, defaults, closure, and the names it uses.

    Functions and classes of its own module are followed; those of other modules count by name and version. A
    class is digested as a function is. A callable
    object may have a method ``__eflows_code__`` that returns the function and the value it is made of.
    """
    digest = hashlib.blake2b(digest_size=20)
    _feed(digest, function, getattr(function, "__module__", None), set())
    return digest.digest()


def _feed(digest: Any, thing: Any, module: str | None, seen: set[int]) -> None:
    if isinstance(thing, TaskFunction):
        thing = thing.function
    if id(thing) in seen:
        return
    parts = getattr(thing, "__eflows_code__", None)
    if parts is not None and not isinstance(thing, (type, types.ModuleType)):
        seen.add(id(thing))
        function, value = parts()
        _feed(digest, function, getattr(function, "__module__", None), seen)
        _feed_value(digest, value)
    elif isinstance(thing, types.FunctionType) and thing.__module__ in (module, "__main__"):
        seen.add(id(thing))
        _feed_code(digest, thing.__code__)
        for value in (thing.__defaults__, thing.__kwdefaults__):
            _feed_value(digest, value)
        cells = [cell.cell_contents for cell in thing.__closure__ or ()]
        used = [thing.__globals__[n] for n in _names(thing.__code__) if n in thing.__globals__]
        for value in [*cells, *used]:
            _feed(digest, value, module, seen)
    elif isinstance(thing, type) and thing.__module__ in (module, "__main__"):
        seen.add(id(thing))
        _feed_class(digest, thing, module, seen)
    elif isinstance(thing, types.ModuleType) or callable(thing):
        owner = thing if isinstance(thing, types.ModuleType) else inspect.getmodule(thing)
        root = getattr(owner, "__name__", "").partition(".")[0]
        version = getattr(__import__(root), "__version__", "") if root and root != "__main__" else ""
        name = getattr(thing, "__qualname__", getattr(thing, "__name__", type(thing).__qualname__))
        digest.update(f"{getattr(owner, '__name__', '')}.{name} {version};".encode())
    else:
        _feed_value(digest, thing)


def _feed_class(digest: Any, kind: type, module: str | None, seen: set[int]) -> None:
    digest.update(kind.__qualname__.encode())
    for base in kind.__bases__:
        _feed(digest, base, module, seen)
    for name, value in sorted(vars(kind).items()):
        if name in _OF_EVERY_CLASS:
            continue
        digest.update(name.encode())
        inners = _functions_of(value)
        for inner in inners:
            _feed(digest, inner, module, seen)
        if not inners and not hasattr(value, "__get__"):
            digest.update(_text_of(value).encode())


def _functions_of(value: Any) -> list[Any]:
    """Return the functions that an attribute of a class consists of, such as those of a property."""
    if isinstance(value, (types.FunctionType, type, TaskFunction)):
        return [value]
    parts = (getattr(value, name, None) for name in ("__func__", "fget", "fset", "fdel", "func"))
    return [part for part in parts if isinstance(part, (types.FunctionType, type))]


def _text_of(value: Any, depth: int = 0) -> str:
    """Return a text of a value that is the same in each process; a question mark stands for what has none."""
    if isinstance(value, (str, bytes, int, float, complex, bool, type(None))):
        return repr(value)
    kind, below = type(value), partial(_text_of, depth=depth + 1)
    if depth > _DEPTH:
        return "?"
    if kind in (list, tuple):
        return f"({','.join(map(below, value))})"
    if kind in (set, frozenset):
        return f"{{{','.join(sorted(map(below, value)))}}}"
    if kind in (dict, types.MappingProxyType):
        return f"{{{','.join(f'{below(key)}:{below(item)}' for key, item in value.items())}}}"
    if kind.__module__ == "numpy" and hasattr(value, "dtype") and not value.dtype.hasobject:
        return _digest_of(pack(value))
    return "?"


def _feed_value(digest: Any, value: Any) -> None:
    packed = pack(value)
    digest.update(packed.head)
    for buffer in packed.buffers:
        digest.update(buffer)


def _feed_code(digest: Any, code: types.CodeType) -> None:
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _feed_code(digest, constant)
        elif isinstance(constant, frozenset):
            digest.update(repr(sorted(map(repr, constant))).encode())
        else:
            digest.update(repr(constant).encode())


def _names(code: types.CodeType) -> list[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _names(constant)
    return names
