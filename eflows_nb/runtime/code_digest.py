"""A digest of what a function computes: another one whenever anything has changed that its code stands on."""

from __future__ import annotations

import builtins
import dis
import functools
import hashlib
import io
import pickle
import sys
import types
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from typing import Any

import cloudpickle

from eflows_nb.engine.packing import SCALARS
from eflows_nb.runtime.modules import is_local
from eflows_nb.runtime.sources import NoDigestError, closure, codes_of, digest_of_code, imported
from eflows_nb.tasks.function import TaskFunction

__all__ = ["digest_of_function", "digest_of_modules"]

_OF_EVERY_CLASS = {
    "__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__",
    "__dict__", "__doc__", "__firstlineno__", "__module__", "__slotnames__", "__static_attributes__",
    "__weakref__", "_abc_impl",
}  # fmt: skip
_PARTS = ("__func__", "fget", "fset", "fdel", "func", "__wrapped__")
_OF_PROGRAM = frozenset({"__main__", "__mp_main__"})


def digest_of_function(function: Any) -> bytes:
    """Return a digest of what a function computes: its code, defaults, closure, and all that it uses.

    Functions, classes and objects of the program and of the user's own modules are followed wherever they are
    found; own modules that are imported count with their files, and with those that they import. What is
    installed counts by name and version. A callable object may have a method ``__eflows_code__`` that returns
    the function and the value it is made of.

    Raises
    ------
    NoDigestError
        When it uses something of which nobody can tell whether it is the same in another session.
    """
    digester = _Digester(getattr(function, "__module__", None))
    digester.value(function)
    return digester.digest.digest() + digest_of_modules(digester.modules)


def digest_of_modules(names: Iterable[str]) -> bytes:
    """Return a digest of modules and all that they import, as far as it is the user's own.

    Of what is installed the version counts.

    Raises
    ------
    NoDigestError
        When a file cannot be read, or was changed after it was imported.
    """
    names = sorted(set(names))
    local = closure(names)
    roots = sorted({name.partition(".")[0] for name in names if name not in local})
    digest = hashlib.blake2b(repr(local).encode(), digest_size=20)
    digest.update(repr([(root, _installed_version(root)) for root in roots]).encode())
    return digest.digest()


@functools.cache
def _installed_version(root: str) -> str:
    if root in sys.stdlib_module_names:
        return ""
    try:
        return metadata.version(root)
    except (metadata.PackageNotFoundError, ValueError):
        return ""


class _Digester:
    """Goes through all that a function stands on.

    Parameters
    ----------
    home
        Module of the function; what is defined there is followed, also where it is installed.
    modules
        Takes the names of modules that count with their files.
    """

    def __init__(self, home: str | None, modules: set[str] | None = None) -> None:
        self.digest = hashlib.blake2b(digest_size=20)
        self.modules = set() if modules is None else modules
        self._home = home
        self._seen: dict[int, tuple[int, Any]] = {}
        self._looked: set[tuple[int, str]] = set()

    def value(self, value: Any) -> None:
        """Add a value: by its pickle, in which functions and classes stand for what they do."""
        if type(value) in SCALARS:
            self.digest.update(repr(value).encode())
            return
        buffers: list[pickle.PickleBuffer] = []
        file = io.BytesIO()
        try:
            _Pickler(file, self, buffers).dump(value)
        except NoDigestError:
            raise
        except Exception as error:
            text = f"{value!r:.60}" if isinstance(value, (list, dict, tuple)) else f"a {type(value).__name__}"
            raise NoDigestError(f"nobody can tell what {text} holds: {error}") from error
        self.digest.update(file.getvalue())
        for buffer in buffers:
            self.digest.update(buffer.raw())

    def is_followed(self, thing: Any) -> bool:
        """Return whether something stands for itself in a pickle; if so, it is added."""
        if isinstance(thing, TaskFunction):
            thing = thing.function
        is_type = isinstance(thing, type)
        if not is_type and not isinstance(thing, types.ModuleType) and hasattr(thing, "__eflows_code__"):
            if self._is_new(thing):
                function, value = thing.__eflows_code__()
                self.value(function)
                self.value(value)
        elif isinstance(thing, types.FunctionType):
            if self._is_new(thing):
                self._add_function(thing)
        elif is_type:
            if self._is_new(thing):
                self._add_class(thing)
        elif isinstance(thing, types.ModuleType):
            self._add_module(thing, ())
        elif isinstance(thing, types.BuiltinFunctionType) and _is_of_module(thing):
            self.add_name(thing.__module__, thing.__qualname__)
        else:
            return False
        return True

    def add_name(self, module: str | None, name: str) -> None:
        """Add something that is installed."""
        root = (module or "").partition(".")[0]
        version = getattr(sys.modules.get(root), "__version__", "")
        self.digest.update(f"{module}.{name} {version};".encode())
        if module is not None:
            self.modules.add(module)

    def add_set(self, items: Collection[Any]) -> list[bytes]:
        """Return digests of what is in a set, in an order that is the same in each process."""
        found = []
        for item in items:
            inner = _Digester(self._home, self.modules)
            inner.value(item)
            found.append(inner.digest.digest())
        return sorted(found)

    def is_own(self, module: str | None) -> bool:
        """Return whether what is defined in a module can change without another version."""
        if module is None or module in _OF_PROGRAM or module == self._home:
            return True
        found = sys.modules.get(module)
        return found is None or is_local(found)

    def _is_new(self, thing: Any) -> bool:
        known = self._seen.get(id(thing))
        if known is None:
            self._seen[id(thing)] = (len(self._seen), thing)
            return True
        self.digest.update(b"#%d;" % known[0])
        return False

    def _add_function(self, function: types.FunctionType) -> None:
        if not self.is_own(function.__module__):
            self.add_name(function.__module__, function.__qualname__)
            return
        imports_itself = self._comes_from_file(function.__module__)
        code = function.__code__
        digest_of_code(self.digest, code)
        self.value((function.__defaults__, function.__kwdefaults__))
        self.value(sorted((name, held) for name, held in vars(function).items() if name != "__wrapped__"))
        names = {name for part in codes_of(code) for name in part.co_names}
        for name in sorted(_global_names(code)):
            self.digest.update(f"{name}:".encode())
            if name in function.__globals__:
                self._add_used(function.__globals__[name], names, unless_unknown=imports_itself)
            elif not hasattr(builtins, name):
                self.digest.update(b"?")
        for cell in function.__closure__ or ():
            try:
                held = cell.cell_contents
            except ValueError:
                self.digest.update(b"?")
            else:
                self._add_used(held, names, unless_unknown=False)
        package = function.__globals__.get("__package__") or ""
        self.modules.update(imported(code, package))

    def _comes_from_file(self, module: str) -> bool:
        """Let a module count with its file; return whether it does, and engines import it themselves."""
        found = sys.modules.get(module)
        if found is None or not is_local(found):
            return False
        self.modules.add(module)
        return True

    def _add_used(self, value: Any, names: set[str], *, unless_unknown: bool) -> None:
        """Add what a name stands for; where engines import it themselves, it may have no digest."""
        if isinstance(value, types.ModuleType):
            self._add_module(value, names)
            return
        if not unless_unknown:
            self.value(value)
            return
        outer, seen = self.digest, dict(self._seen)
        self.digest = hashlib.blake2b(digest_size=20)
        try:
            self.value(value)
            outer.update(self.digest.digest())
        except NoDigestError:
            self._seen = seen
        finally:
            self.digest = outer

    def _add_module(self, module: types.ModuleType, names: Iterable[str]) -> None:
        """Add a module, and of an own one what code may use: whatever has one of these names."""
        name = module.__name__
        is_program = name in _OF_PROGRAM
        if not (is_program or self._comes_from_file(name) or _is_namespace(module)):
            self.add_name(name, "")
            return
        names = set(names)
        self.digest.update(f"{name}:".encode())
        for word in sorted(names & vars(module).keys()):
            if (id(module), word) not in self._looked:
                self._looked.add((id(module), word))
                self.digest.update(f"{word}:".encode())
                self._add_used(vars(module)[word], names, unless_unknown=not is_program)

    def _add_class(self, kind: type) -> None:
        if not self.is_own(kind.__module__):
            self.add_name(kind.__module__, kind.__qualname__)
            return
        imports_itself = self._comes_from_file(kind.__module__)
        self.digest.update(kind.__qualname__.encode())
        for part in (type(kind), *kind.__bases__):
            self.value(part)
        for name, value in sorted(vars(kind).items()):
            if name in _OF_EVERY_CLASS:
                continue
            self.digest.update(f"{name}:".encode())
            for part in _parts_of(value):
                self._add_used(part, set(), unless_unknown=imports_itself)


def _parts_of(value: Any) -> list[Any]:
    """Return what an attribute of a class consists of: the functions of a property, or just itself."""
    if isinstance(value, (types.FunctionType, type, TaskFunction)) or not hasattr(type(value), "__get__"):
        return [value]
    parts = [getattr(value, name, None) for name in _PARTS]
    found = [part for part in parts if part is not None]
    return found or [value]


def _is_of_module(function: types.BuiltinFunctionType) -> bool:
    return function.__self__ is None or isinstance(function.__self__, types.ModuleType)


def _is_namespace(module: types.ModuleType) -> bool:
    return getattr(module, "__file__", None) is None and hasattr(module, "__path__")


def _global_names(code: types.CodeType) -> Iterator[str]:
    for part in codes_of(code):
        for step in dis.get_instructions(part):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                yield step.argval


class _Pickler(pickle.Pickler):
    """Writes values so that functions, classes and modules stand for what they do, and sets have an order."""

    dispatch_table = cloudpickle.Pickler.dispatch_table

    def __init__(self, file: io.BytesIO, digester: _Digester, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(file, 5, buffer_callback=buffers.append)
        self._digester = digester

    def persistent_id(self, thing: Any) -> Any:
        """Return what is written in the place of something that is added by other means, else None."""
        if type(thing) in SCALARS:
            return None
        if type(thing) in (set, frozenset):
            return "set", self._digester.add_set(thing)
        return ("followed",) if self._digester.is_followed(thing) else None

    def reducer_override(self, thing: Any) -> Any:
        """Return how something is pickled; a mere name does not tell what stands behind it."""
        if isinstance(thing, types.MappingProxyType):
            return dict, (dict(thing),)
        reduce = self.dispatch_table.get(type(thing))
        reduced = reduce(thing) if reduce is not None else thing.__reduce_ex__(5)
        if not isinstance(reduced, str):
            return reduced
        module = pickle.whichmodule(thing, reduced)  # type: ignore[attr-defined]
        if not self._digester.is_own(module):
            self._digester.add_name(module, reduced)
        elif hasattr(thing, "__wrapped__"):
            self._digester.value(thing.__wrapped__)
        elif type(thing).__module__ != "typing":
            raise NoDigestError(
                f"nobody can tell what '{reduced}' in '{module}' does, a {type(thing).__name__}"
            )
        return str, (reduced,)
