"""What an engine does around the function of a task."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar

from eflows_nb.pycompss.programs import THREADS
from eflows_nb.pycompss.refusal import UnsupportedError

__all__ = ["Cores", "Defaults", "Nodes", "Numba", "Silence", "environment", "replace"]

_THREADS = (THREADS, "OMP_NUM_THREADS", "COMPSS_NUM_CPUS")


@dataclass(frozen=True, slots=True)
class Silence:
    """Drop what the function returns: the program has declared that nobody wants it."""

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function without its result."""

        @functools.wraps(function)
        def silent(*args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            function(*args, **kwargs)

        return silent


@dataclass(frozen=True, slots=True)
class Cores:
    """Tell the function by the environment how many threads it may use."""

    number: int

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function within such an environment."""
        number = str(self.number)

        @functools.wraps(function)
        def limited(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with environment(dict.fromkeys(_THREADS, number)):
                return function(*args, **kwargs)

        return limited


@contextmanager
def environment(told: Mapping[str, str]) -> Iterator[None]:
    """Have environment variables as long as this lasts."""
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(frozen=True, slots=True)
class Nodes:
    """Tell the function that it has one node, this one."""

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the variables of PyCOMPSs set."""

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            told = {
                "COMPSS_NUM_NODES": "1",
                "COMPSS_HOSTNAMES": socket.gethostname(),
                THREADS: os.environ.get(THREADS, "1"),
            }
            with environment(told):
                return function(*args, **kwargs)

        return run


@dataclass(frozen=True, slots=True)
class Numba:
    """Compile the function.

    Parameters
    ----------
    option
        What ``@task(numba=…)`` says: True, one of `MODES`, or a dictionary of flags.
    flags
        Options of the compiler; ``cache`` is left out, as the function comes from no file.
    signature
        Of ``vectorize`` (None for whatever it is called with), ``guvectorize`` and ``cfunc``.
    declaration
        The layout of ``guvectorize``, such as ``"(n),()->(n)"``.
    """

    option: Any
    flags: Mapping[str, Any] = field(default_factory=dict)
    signature: Any = None
    declaration: str | None = None

    MODES: ClassVar = ("jit", "njit", "generated_jit", "vectorize", "guvectorize", "stencil", "cfunc")
    """The compilers that there are; the plain function is used where numba is absent."""

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the compiled function, the plain one where numba is absent.

        Raises
        ------
        UnsupportedError
            For a compiler that the installed numba does not have.
        """
        try:
            import numba
        except ImportError:
            print("numba is not installed: the task runs uncompiled.", file=sys.stderr)
            return function
        mode = "njit" if self.option is True or isinstance(self.option, Mapping) else self.option
        given = {**self.flags, **(self.option if isinstance(self.option, Mapping) else {})}
        flags = {word: value for word, value in given.items() if word != "cache"}
        make: Any = getattr(numba, mode, None)
        if make is None:
            raise UnsupportedError(
                f"@task(numba='{mode}'): numba {numba.__version__} has no such compiler. Use numba='jit'."
            )
        if mode == "vectorize":
            compiled = make(*([self.signature] if self.signature else []), **flags)(function)
        elif mode == "guvectorize":
            compiled = make(self.signature, self.declaration, **flags)(function)
        elif mode == "cfunc":
            compiled = make(self.signature, **flags)(function).ctypes
        else:
            compiled = make(**flags)(function)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return compiled(*args, **kwargs)

        return call


@dataclass(frozen=True, slots=True)
class Defaults:
    """Give these values when the function fails, as ``@on_failure(management="IGNORE", …)`` says.

    Parameters
    ----------
    values
        By parameter, and under ``returns`` for the result. For a file it is the path of one to be copied.
    files
        The parameters that are files.
    returns
        How many values the function returns.
    """

    values: Mapping[str, Any]
    files: frozenset[str]
    returns: int

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does not fail."""
        formal = signature(function)

        @functools.wraps(function)
        def careful(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                return function(*args, **kwargs)
            except (Exception, SystemExit):  # noqa: BLE001 - it is to be ignored, whatever it is
                traceback.print_exc()
                print("The failure is ignored, as @on_failure says.", file=sys.stderr)
            given = formal.bind(*args, **kwargs).arguments
            for name, value in self.values.items():
                if name in self.files and name in given:
                    _copy(value, given[name])
                elif name in given:
                    _replace_by_default(name, given[name], value)
            default = self.values.get("returns")
            if self.returns > 1 and not (isinstance(default, (list, tuple)) and len(default) == self.returns):
                return (default,) * self.returns
            return default

        return careful


def _replace_by_default(name: str, target: Any, value: Any) -> None:
    try:
        replace(target, value)
    except (TypeError, ValueError) as error:
        kinds = f"a {type(value).__name__} in the place of a {type(target).__name__}"
        print(f"The default of '{name}' cannot be put there, {kinds}: {error}.", file=sys.stderr)


def _copy(source: Any, target: Any) -> None:
    if source is not None and Path(source).absolute() != Path(target).absolute():
        shutil.copyfile(source, target)


def replace(target: Any, value: Any) -> None:
    """Let an object have the content of another one."""
    if isinstance(target, list):
        target[:] = value
    elif isinstance(target, dict):
        target.clear()
        target.update(value)
    elif hasattr(target, "__dict__"):
        vars(target).clear()
        vars(target).update(vars(value))
    elif hasattr(target, "__setitem__"):
        target[...] = value
