"""The name ``pycompss``: it stands for this package where the real one is absent."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["activate", "is_active"]

_NAME = "pycompss"
_OURS = __name__.rpartition(".")[0]


class _Finder(MetaPathFinder, Loader):
    """Finds ``pycompss`` and ``pycompss.x`` at the place of our own ``x``.

    Parameters
    ----------
    of_root
        Whether it finds the package itself, or what is in it. The first is asked after all others, so that
        the real package comes first; the second before them, as they would load our modules once more.
    """

    def __init__(self, *, of_root: bool) -> None:
        self._of_root = of_root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of ours is."""
        root, _, rest = fullname.partition(".")
        if root != _NAME or self._of_root is bool(rest) or (rest and not is_active()):
            return None
        if rest and importlib.util.find_spec(_ours(fullname)) is None:
            raise ModuleNotFoundError(
                f"No module named '{fullname}': eflows-nb stands for PyCOMPSs here, and docs/pycompss.md "
                "says what of it there is. The real package comes first where it is installed.",
                name=fullname,
            )
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return our own module: one module with two names."""
        module = importlib.import_module(_ours(spec.name))
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave it as it is; it was run under its own name."""
        module.__spec__ = importlib.util.find_spec(module.__name__) if module.__spec__ is None else self._spec


def _ours(name: str) -> str:
    return _OURS + name[len(_NAME) :]


def activate() -> None:
    """Let ``import pycompss`` find this package, unless the real one is installed; may be called twice."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(of_root=False))
        sys.meta_path.append(_Finder(of_root=True))


def is_active() -> bool:
    """Return whether ``pycompss`` is this package, or would be if it were imported."""
    module = sys.modules.get(_NAME)
    if module is not None:
        return module.__name__ == _OURS
    return any(isinstance(finder, _Finder) for finder in sys.meta_path) and not _is_installed()


def _is_installed() -> bool:
    return importlib.machinery.PathFinder.find_spec(_NAME) is not None
