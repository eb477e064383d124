"""The user's own modules: those that are not installed, and may be edited and run again."""

from __future__ import annotations

import os
import sys
import sysconfig
import types
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path

from eflows_nb.engine.imports import Imports

__all__ = ["LocalModules", "is_local", "is_local_file"]

_INSTALLED = tuple(
    os.path.realpath(sysconfig.get_path(name)) + os.sep
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_PACKAGES = frozenset({"site-packages", "dist-packages"})
_NEVER = ModuleSpec("", None)
_NOT_IMPORTED = frozenset({"__main__", "__mp_main__"})


class LocalModules:
    """Knows the user's own modules, and in which state they were last run."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[ModuleSpec | None, tuple[int, int]]] = {}
        self._judged: dict[str, bool] = {}
        self._local: list[str] = []
        self._looked_at = 0

    def imports(self) -> Imports:
        """Return what engines need to import the same modules as this process."""
        if len(sys.modules) != self._looked_at:
            self._looked_at = len(sys.modules)
            for name in sys.modules.keys() - self._judged.keys():
                self._judged[name] = is_local(sys.modules.get(name))
            # A module is put to the end once it has run, after those that it imports.
            self._local = [name for name in list(sys.modules) if self._judged.get(name)]
        found = [(name, sys.modules[name]) for name in self._local if name in sys.modules]
        return Imports(
            tuple(str(Path(path).absolute()) for path in sys.path),
            tuple((name, self._state(name, module)) for name, module in found),
        )

    def _state(self, name: str, module: types.ModuleType) -> tuple[int, int]:
        spec, (age, runs) = self._known.get(name, (_NEVER, (0, -1)))
        if spec is not module.__spec__:  # a reload gives it another one
            with suppress(OSError):
                age = Path(str(module.__file__)).stat().st_mtime_ns
            self._known[name] = module.__spec__, (age, runs + 1)
        return self._known[name][1]


def is_local(module: object) -> bool:
    """Return whether a module is the user's own: it lies in a file that was not installed."""
    if not isinstance(module, types.ModuleType) or module.__name__ in _NOT_IMPORTED:
        return False
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and is_local_file(module.__name__, file)


def is_local_file(name: str, file: str) -> bool:
    """Return whether the file of a module of this name is the user's own."""
    if name.partition(".")[0] in ("eflows_nb", "eflows_kernels"):
        return False
    return not _is_installed(file) and not _is_installed(os.path.realpath(file))


def _is_installed(path: str) -> bool:
    return path.startswith(_INSTALLED) or not _PACKAGES.isdisjoint(Path(path).parts)
