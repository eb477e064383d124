"""Python functions in processes of their own: the ranks of an MPI program, or one in a container."""

from __future__ import annotations

import functools
import pickle
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import BoundArguments, Signature, signature
from inspect import Parameter as Formal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cloudpickle

from eflows_nb.engine.processes import answers, command, has_mpi4py, run_command, write_call
from eflows_nb.pycompss.layouts import Layout
from eflows_nb.pycompss.programs import Container, Launcher, folders_of
from eflows_nb.pycompss.refusal import UnsupportedError
from eflows_nb.pycompss.wraps import replace

__all__ = ["Processes"]


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Runs the function elsewhere, and returns what it returns there: of several processes a list by rank.

    Parameters
    ----------
    launcher
        Starts the processes of an MPI program; None for one process.
    container
        What they run in; None for where the engine runs.
    layouts
        By parameter, which items of it each process gets; all others get everything.
    written
        The parameters that the function changes: those of the first process count.
    """

    launcher: Launcher | None = None
    container: Container | None = None
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    written: tuple[str, ...] = ()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that runs the given one so."""
        formal = signature(function)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            return self._run(function, formal, formal.bind(*args, **kwargs))

        return run

    def _run(self, function: Callable[..., Any], formal: Signature, call: BoundArguments) -> Any:
        __tracebackhide__ = True
        call.apply_defaults()
        size = self.launcher.count(call.arguments) if self.launcher else 1
        with TemporaryDirectory(prefix="eflows-") as name:
            folder = Path(name)
            words = self._words(call, folder)
            self._write(function, formal, call, folder, size)
            code = run_command(words, str(Path.cwd()), {})
            results = answers(folder, size, f"'{shlex.join(words)}' ended with exit code {code}")
            for parameter, value in results[0][1].items():
                replace(call.arguments[parameter], value)
        return [result for result, _ in results] if size > 1 else results[0][0]

    def _words(self, call: BoundArguments, folder: Path) -> list[str]:
        words = self.launcher.words(call.arguments) if self.launcher else []
        if self.launcher and not self.container and not has_mpi4py():
            raise UnsupportedError(
                "A Python function in several MPI processes needs mpi4py where the engines run, and it is "
                "not there: pip install mpi4py."
            )
        if self.container is None:
            return [*words, *command(folder)]
        mounted = [str(folder), *_own_paths(), *folders_of(call.arguments.values())]
        words += self.container.words(str(Path.cwd()), dict.fromkeys(mounted))
        return [*words, *command(folder, "python3")]

    def _write(
        self, function: Callable[..., Any], formal: Signature, call: BoundArguments, folder: Path, size: int
    ) -> None:
        """Write what the processes need: the call, and what each of them gets of what is dealt out."""
        from eflows_nb.pycompss.shipped import Shipped

        places = _places(formal)
        if self.container:
            shutil.copytree(Path(cloudpickle.__file__).parent, folder / "cloudpickle")
        args, kwargs = list(call.args), dict(call.kwargs)
        for name in self.layouts:
            place = places[name]
            if isinstance(place, int):
                args[place] = None
            else:
                kwargs[place] = None
        if self.container:
            data = _by_value(function, (function, args, kwargs))
        else:
            data = cloudpickle.dumps((Shipped(function), args, kwargs), 5)
        write_call(
            folder,
            data,
            paths=[str(folder), *_own_paths()] if self.container else sys.path,
            size=size if self.launcher else 0,
            written=self.written,
        )
        (folder / "places").write_bytes(pickle.dumps({name: places[name] for name in self.written}))
        if self.layouts:
            for rank in range(size):
                own = [
                    (places[name], layout.part(call.arguments[name], rank, size))
                    for name, layout in self.layouts.items()
                ]
                (folder / f"own-{rank}").write_bytes(cloudpickle.dumps(own, 5))


def _places(formal: Signature) -> dict[str, int | str]:
    """Return where the arguments of a call are: their position, or their name."""
    return {
        name: name if one.kind is Formal.KEYWORD_ONLY else place
        for place, (name, one) in enumerate(formal.parameters.items())
    }


def _by_value(function: Callable[..., Any], call: Any) -> bytes:
    """Pickle a call with what its module defines: to import that would need ``pycompss``."""
    module = sys.modules.get(function.__module__)
    if module is None or function.__module__ in cloudpickle.list_registry_pickle_by_value():
        return bytes(cloudpickle.dumps(call, 5))
    cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(call, 5))
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _own_paths() -> list[str]:
    """Return the folders of the program's own modules: those that belong to no installation."""
    installed = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")]
    folders = [Path(path or ".").absolute() for path in sys.path]
    return [
        str(folder)
        for folder in dict.fromkeys(folders)
        if folder.is_dir() and not any(folder.is_relative_to(one) for one in installed)
    ]
