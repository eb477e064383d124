"""Tasks that are programs: the command line that a call of one stands for."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from inspect import Parameter as Formal
from inspect import Signature, signature
from pathlib import Path
from typing import Any

from eflows_nb.engine.processes import ProgramFailedError, find_program, flags_of, run_command
from eflows_nb.pycompss.refusal import UnsupportedError

__all__ = [
    "THREADS",
    "Around",
    "Container",
    "Launcher",
    "Program",
    "Refusal",
    "folders_of",
    "settled",
    "with_variables",
]

THREADS = "COMPSS_NUM_THREADS"
"""Environment variable that tells a task how many cores it has."""

_BRACES = re.compile(r"\{\{(.+?)\}\}")
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Launcher:
    """Starts several processes of a program.

    Parameters
    ----------
    runner
        Such as ``mpirun``.
    processes
        How many: a number, or a text with one, a parameter, a global or an environment variable in it.
    flags
        Options of the runner.
    a_unit
        Whether it is that many for each core that ``@constraint`` asks for.
    units
        That number of cores; 0 for those that the task has.
    """

    runner: str
    processes: Any = 1
    flags: str = ""
    a_unit: bool = False
    units: int = 0

    def words(self, arguments: Mapping[str, Any]) -> list[str]:
        """Return the beginning of the command line.

        Raises
        ------
        UnsupportedError
            When this machine has no such program.
        """
        runner = _fill(self.runner, arguments)
        found = find_program(runner)
        if found is None:
            raise UnsupportedError(
                f"The task is to be started by '{runner}', and this machine has none. Install an MPI library "
                "(on Debian: apt install openmpi-bin), or name another runner."
            )
        return [found, *flags_of(found), *shlex.split(self.flags), *self.number(arguments)]

    def number(self, arguments: Mapping[str, Any]) -> list[str]:
        """Return the words that say how many processes there are."""
        return ["-n", str(self.count(arguments))]

    def count(self, arguments: Mapping[str, Any]) -> int:
        """Return how many processes there are."""
        units = (self.units or int(os.environ.get(THREADS, "1"))) if self.a_unit else 1
        return _number(self.processes, arguments) * units


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """A container that a program runs in.

    Parameters
    ----------
    engine
        ``DOCKER``, ``SINGULARITY``, ``APPTAINER`` or ``UDOCKER``.
    image
        Name of the image, or its file.
    options
        Options of the engine; it may name environment variables as ``${X}``.
    """

    engine: str
    image: str
    options: str = ""

    def words(self, folder: str, also: Iterable[str] = ()) -> list[str]:
        """Return what stands before the command line.

        Parameters
        ----------
        folder
            Where the program runs; it is there in the container.
        also
            Other folders that are there.

        Raises
        ------
        UnsupportedError
            When this machine has no such engine.
        """
        names = {"SINGULARITY": ("apptainer", "singularity"), "APPTAINER": ("apptainer", "singularity")}
        wanted = names.get(self.engine.upper(), (self.engine.lower(),))
        found = next((name for name in wanted if shutil.which(name)), None)
        if found is None:
            raise UnsupportedError(
                f"The task is to run in a container of {self.engine}, and this machine has no "
                f"{' and no '.join(wanted)}. Install it, or leave @container out."
            )
        folders = dict.fromkeys([folder, *also])
        options = shlex.split(
            _VARIABLE.sub(lambda match: os.environ.get(match[1] or match[2], ""), self.options)
        )
        if found in ("apptainer", "singularity"):
            binds = [word for one in folders for word in ("--bind", one)]
            return [found, "exec", *binds, "--pwd", folder, *options, self.image]
        mounts = [word for one in folders for word in ("-v", f"{one}:{one}")]
        return [found, "run", "--rm", *mounts, "-w", folder, *options, self.image]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Fails with a sentence in the place of the function."""

    reason: str

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that says why it cannot run."""

        @functools.wraps(function)
        def refuse(*args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            raise UnsupportedError(self.reason)

        return refuse


@dataclass(frozen=True, kw_only=True)
class Program:
    """Runs a program in the place of the function.

    Parameters
    ----------
    binary
        The program; it may name parameters as ``{{x}}`` and environment variables as ``${X}``.
    args
        Its arguments, likewise; None for the values of all parameters, in order.
    working_dir
        Where it runs; None for where the engine runs.
    fail_by_exit_value
        Whether an exit code other than 0 is a failure of the task; it may name an environment variable.
    channels
        The parameters that are files for standard input, output and error.
    appended
        Those of them to which the output is added, as they are not only written.
    prefixes
        What stands before the values of parameters.
    launcher, container
        What starts it; None for nothing.
    beside
        Programs that the launcher starts together with it, each in processes of its own.
    """

    binary: str
    args: str | None = None
    working_dir: str | None = None
    fail_by_exit_value: bool | str = True
    channels: Mapping[str, str] = field(default_factory=dict)
    appended: frozenset[str] = frozenset()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    launcher: Launcher | None = None
    container: Container | None = None
    beside: tuple[Program, ...] = ()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that runs the program and returns its exit code."""
        formal = signature(function)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> int:
            __tracebackhide__ = True
            return self.run(formal, args, kwargs)

        return run

    def run(self, formal: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int:
        """Run it with the arguments of a call, and return its exit code.

        Raises
        ------
        ProgramFailedError
            When the code is not 0 and that is a failure.
        """
        __tracebackhide__ = True
        bound = formal.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = dict(_flat(formal, bound.arguments)) | bound.arguments
        folder = str(Path(_fill(self.working_dir or ".", arguments)).absolute())
        Path(folder).mkdir(parents=True, exist_ok=True)
        words = self.launcher.words(arguments) if self.launcher else []
        words += self.container.words(folder, folders_of(arguments.values())) if self.container else []
        words += [_fill(self.binary, arguments), *self._words(formal, bound.arguments, arguments)]
        for other in self.beside:
            number = other.launcher.number(arguments) if other.launcher else []
            words += [":", *number, _fill(other.binary, arguments)]
            words += other._words(formal, bound.arguments, arguments)
        with ExitStack() as stack:
            streams = {
                channel.lower(): stack.enter_context(
                    Path(arguments[name]).open(
                        "rb" if channel == "STDIN" else "ab" if name in self.appended else "wb"
                    )
                )
                for name, channel in self.channels.items()
                if arguments.get(name) is not None
            }
            code = run_command(words, folder, streams)
        fails = self.fail_by_exit_value
        if code and (_fill(fails, {}).lower() in ("true", "1") if isinstance(fails, str) else fails):
            raise ProgramFailedError(f"'{shlex.join(words)}' ended with exit code {code}.")
        return code

    def _words(self, formal: Signature, given: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[str]:
        if self.args is not None:
            words = [_fill(word, arguments) for word in shlex.split(self.args)]
            return [name for word in words for name in (_glob(word) if "*" in word else [word])]
        return [
            self.prefixes.get(name, "") + text
            for name, value in _flat(formal, given)
            if name not in self.channels and name != "self"
            for text in _texts(value)
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """Runs a program before or after the function."""

    program: Program
    after: bool

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the program before or after it."""
        formal = signature(function)

        @functools.wraps(function)
        def both(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self.after:
                self.program.run(formal, args, kwargs)
            result = function(*args, **kwargs)
            if self.after:
                self.program.run(formal, args, kwargs)
            return result

        return both


def settled(program: Any, names: Iterable[str], namespace: Mapping[str, Any], units: int = 0) -> Any:
    """Return a program with the number of processes that it has for a call, as far as the caller knows it.

    Parameters
    ----------
    program
        It is returned as it is when nothing about it depends on the call.
    names
        The parameters of the function: those come first.
    namespace
        The global variables: a number of processes may be one of them.
    units
        The cores that the task asks for, 0 for none.
    """
    launcher = getattr(program, "launcher", None)
    if launcher is None:
        return program
    given = launcher.processes
    known = launcher
    if isinstance(given, str) and given not in names and given in namespace:
        known = replace(known, processes=namespace[given])
    if known.a_unit and units:
        known = replace(known, units=units)
    return program if known is launcher else replace(program, launcher=known)


def with_variables(thing: Any) -> Any:
    """Return a program with the environment variables of the caller's process in it.

    A program may have set them itself, after its engines were started. Those that are not set are left to the
    engine.
    """
    if isinstance(thing, str):
        return _VARIABLE.sub(lambda match: os.environ.get(match[1] or match[2], match[0]), thing)
    if isinstance(thing, tuple):
        return tuple(map(with_variables, thing))
    if isinstance(thing, (Around, Container, Launcher, Program)) or hasattr(thing, "launcher"):
        return replace(thing, **{one.name: with_variables(getattr(thing, one.name)) for one in fields(thing)})
    return thing


def folders_of(values: Iterable[Any]) -> list[str]:
    """Return the folders of the files among arguments: absolute paths into folders that exist."""
    found: list[str] = []
    for value in values:
        if isinstance(value, (list, tuple)):
            found += folders_of(value)
        elif isinstance(value, str) and value.startswith("/") and len(Path(value).parts) > 2:
            found += [str(Path(value).parent)] if Path(value).parent.is_dir() else []
    return list(dict.fromkeys(found))


def _fill(text: str, arguments: Mapping[str, Any]) -> str:
    """Return a text with arguments and environment variables in it."""
    filled = _BRACES.sub(lambda match: str(_argument(match[1].strip(), arguments)), str(text))
    return _VARIABLE.sub(lambda match: os.environ.get(match[1] or match[2], match[0]), filled)


def _argument(name: str, arguments: Mapping[str, Any]) -> Any:
    root, _, rest = name.partition(".")
    found = arguments.get(root, f"{{{{{name}}}}}")
    for part in rest.split(".") if rest else ():
        found = getattr(found, part)
    return found


def _number(given: Any, arguments: Mapping[str, Any]) -> int:
    filled = _fill(str(given), arguments)
    return int(arguments[filled]) if filled in arguments else int(filled)


def _flat(formal: Signature, arguments: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in arguments.items():
        kind = formal.parameters[name].kind
        if kind is Formal.VAR_POSITIONAL:
            yield from ((name, item) for item in value)
        elif kind is Formal.VAR_KEYWORD:
            yield from value.items()
        else:
            yield name, value


def _texts(value: Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    return shlex.split(value) if isinstance(value, str) and not value.strip() else [str(value)]


def _glob(word: str) -> list[str]:
    return sorted(str(path) for path in Path().glob(word)) or [word]
