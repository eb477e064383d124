"""Figures of matplotlib in task cells: they look as in the notebook, and are shown at the end of the cell."""

from __future__ import annotations

import importlib.util
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["Look", "look_of_figures", "looking", "showing_figures"]

_BACKEND = "matplotlib_inline.backend_inline"
_SHOWING = ("inline", "ipympl", "widget", "nbagg", "notebook")
_last: tuple[list[Any], bytes] | None = None  # the settings when they were last looked at, and their pickle
_OF_PROCESS = ("backend", "interactive", "toolbar", "webagg.", "tk.", "date.epoch", "savefig.directory")


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How figures look in a notebook.

    Parameters
    ----------
    settings
        The pickle of those of matplotlib's ``rcParams`` that are not as matplotlib has them.
    printers
        The pickle of what makes images of a figure, by mime type; None where that is left as it is.
    shown
        Whether open figures are shown at the end of a cell.
    """

    settings: bytes
    printers: bytes | None
    shown: bool


def look_of_figures() -> Look | None:
    """Return how figures look in this notebook; None while it has not imported matplotlib."""
    matplotlib = sys.modules.get("matplotlib")
    settings: Any = getattr(matplotlib, "rcParams", None)
    default: Any = getattr(matplotlib, "rcParamsDefault", None)
    if settings is None or default is None:
        return None
    backend: Any = dict.get(settings, "backend")  # not by its key: that would choose one
    shown = not isinstance(backend, str) or any(word in backend.lower() for word in _SHOWING)
    try:
        return Look(settings=_own_settings(settings, default), printers=_printers(), shown=shown)
    except Exception:  # noqa: BLE001 - an odd setting; figures look as they do on the engine
        return None


@contextmanager
def looking(look: Look | None) -> Iterator[None]:
    """Let figures that are made in this block look so, also where matplotlib is imported there."""
    if "matplotlib" not in sys.modules:
        os.environ.setdefault("MPLBACKEND", f"module://{_BACKEND}")
    if look is None:
        yield
        return
    finder = _Finder(
        {"matplotlib": partial(_set, look.settings), _BACKEND: partial(_print_as, look.printers)}
    )
    finder.apply_to_imported()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.meta_path.remove(finder)


@contextmanager
def showing_figures(*, shown: bool = True, close: bool = False) -> Iterator[None]:
    """Show the figures that are open at the end of this block, as a notebook does at the end of a cell.

    Parameters
    ----------
    shown
        Whether they are shown.
    close
        Whether none is left for what runs next.
    """
    try:
        yield
    except Exception:
        with suppress(Exception):  # what the cell has raised says more
            _end(shown=shown, close=close)
        raise
    except BaseException:
        _end(shown=False, close=close)
        raise
    else:
        _end(shown=shown, close=close)


def _end(*, shown: bool, close: bool) -> None:
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not hasattr(pyplot, "get_fignums") or not pyplot.get_fignums():
        return
    try:
        if shown and "inline" in pyplot.get_backend():
            pyplot.show()
    finally:
        if close:
            pyplot.close("all")


def _own_settings(settings: Any, default: Any) -> bytes:
    """Return the pickle of those that are not as matplotlib has them."""
    global _last
    now = [list(value) if type(value) is list else value for value in dict.values(settings)]
    if _last is None or _differ(now, _last[0]):
        keys = [key for key in _keys(default) if key in settings]
        own = {key: settings[key] for key in keys if _differ(settings[key], default[key])}
        _last = now, pickle.dumps(own, 5)
    return _last[1]


def _keys(settings: Any) -> list[str]:
    return [key for key in settings if not key.startswith(_OF_PROCESS)]


def _differ(one: Any, other: Any) -> bool:
    try:
        return bool(one != other)
    except ValueError:  # arrays
        return True


def _printers() -> bytes | None:
    """Return what IPython makes images of figures with, as `%config InlineBackend` or others have set it."""
    from IPython.core.getipython import get_ipython

    figure: Any = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    shell: Any = get_ipython()
    if shell is None or figure is None:
        return None
    formatters = shell.display_formatter.formatters
    found = {
        mime: one.type_printers[figure] for mime, one in formatters.items() if figure in one.type_printers
    }
    try:
        return pickle.dumps(found, 5) if found else None
    except Exception:  # noqa: BLE001 - functions of the notebook
        return None


def _set(pickled: bytes) -> None:
    """Let matplotlib's settings be those of the notebook."""
    import matplotlib

    own = pickle.loads(pickled)
    settings: Any = matplotlib.rcParams
    default: Any = matplotlib.rcParamsDefault
    wanted = {key: own.get(key, default[key]) for key in _keys(default)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings.update({key: value for key, value in wanted.items() if _differ(settings[key], value)})


def _print_as(pickled: bytes | None) -> None:
    """Let IPython make the same images of figures as in the notebook."""
    if pickled is None:
        return
    from IPython.core.getipython import get_ipython
    from matplotlib.figure import Figure

    printers = pickle.loads(pickled)
    shell: Any = get_ipython()
    for mime, formatter in shell.display_formatter.formatters.items():
        formatter.type_printers.pop(Figure, None)
        if mime in printers:
            formatter.for_type(Figure, printers[mime])


class _Finder:
    """Does something once a module is imported."""

    def __init__(self, actions: Mapping[str, Callable[[], None]]) -> None:
        self._actions = dict(actions)

    def apply_to_imported(self) -> None:
        """Do it now for the modules that are there."""
        for name in [name for name in self._actions if name in sys.modules]:
            self._actions.pop(name)()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a module of these is loaded; None for all others."""
        action = self._actions.pop(name, None)
        if action is None:
            return None
        spec = importlib.util.find_spec(name)
        loader: Any = spec.loader if spec is not None else None
        if loader is None:
            return spec
        load = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            load(module)
            action()

        loader.exec_module = exec_module
        return spec
