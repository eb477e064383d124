"""The decorators for tasks that are programs, in terms of `eflows_nb.pycompss.programs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import Signature
from typing import Any, Protocol

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.layouts import Layout
from eflows_nb.pycompss.parameters import Declared
from eflows_nb.pycompss.processes import Processes
from eflows_nb.pycompss.programs import Around, Container, Launcher, Program
from eflows_nb.pycompss.refusal import warn_of_unknown
from eflows_nb.pycompss.wrapped import Wrap
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.parameter import Kind

__all__ = [
    "Programmed",
    "put_around",
    "set_container",
    "set_processes",
    "set_program",
    "set_programs",
]

_CAMEL = {"workingDir": "working_dir", "failByEV": "fail_by_exit_value", "fail_by_ev": "fail_by_exit_value"}
_KNOWN = {"binary", "working_dir", "args", "params", "fail_by_exit_value"}


class Programmed(Protocol):
    """A task function whose tasks may be programs."""

    name: str
    signature: Signature
    declared: dict[str, Declared]
    """What was declared for its parameters."""
    program: Wrap | None
    """What runs in the place of the function."""
    outer: list[Wrap]
    """What comes before and after it."""


def set_program(
    task: Programmed, decorator: str, given: Mapping[str, Any], launcher: Launcher | None = None
) -> None:
    """Let a task run a program.

    Parameters
    ----------
    decorator
        Its name, for errors.
    given
        Its arguments: ``binary``, ``args`` or ``params``, ``working_dir`` and ``fail_by_exit_value``.
    launcher
        What starts the program; None for nothing.

    Raises
    ------
    TaskDefinitionError
        When no program is named.
    """
    given = {_CAMEL.get(word, word): value for word, value in given.items()}
    if "binary" not in given:
        raise TaskDefinitionError(f"The task '{task.name}' is to run a program: @{decorator} needs binary=….")
    warn_of_unknown(task, decorator, given, _KNOWN)
    before = task.program
    task.program = _program(task, given, launcher, getattr(before, "container", None))


def set_programs(
    task: Programmed,
    runner: str,
    programs: Sequence[Mapping[str, Any]],
    *,
    working_dir: str | None,
    fail_by_exit_value: Any,
) -> None:
    """Let a task run several programs that `runner` starts together.

    Parameters
    ----------
    programs
        Of each ``binary``, ``args`` or ``params``, and ``processes``.

    Raises
    ------
    TaskDefinitionError
        When a program is not named.
    """
    if not programs or any("binary" not in one for one in programs):
        raise TaskDefinitionError(f"@mpmd_mpi of '{task.name}' needs programs=[dict(binary=…), …].")
    for one in programs:
        warn_of_unknown(task, "mpmd_mpi, in programs,", one, {"binary", "args", "params", "processes"})
    first, *others = (
        Program(
            binary=one["binary"],
            args=one.get("args", one.get("params", "")),
            launcher=Launcher(runner=runner, processes=one.get("processes", 1)),
        )
        for one in programs
    )
    task.program = replace(
        first,
        beside=tuple(others),
        working_dir=working_dir,
        fail_by_exit_value=fail_by_exit_value in (True, "true", "True"),
        appended=_appended(task),
        channels=_channels(task),
    )


def set_processes(task: Programmed, launcher: Launcher, layouts: Mapping[str, Layout]) -> None:
    """Let the function of a task run in several processes.

    Parameters
    ----------
    launcher
        Starts them.
    layouts
        By parameter, which items of it each of them gets.

    Raises
    ------
    TaskDefinitionError
        For a layout of no parameter, or of one that the task writes.
    """
    processes = _processes(task, getattr(task.program, "container", None))
    for name in layouts:
        if name not in task.signature.parameters:
            known = ", ".join(task.signature.parameters) or "none"
            raise TaskDefinitionError(
                f"@mpi({name}_layout=…): '{task.name}' has no parameter '{name}'; it has: {known}."
            )
        if name in processes.written:
            raise TaskDefinitionError(
                f"@mpi({name}_layout=…): '{task.name}' writes '{name}', of which each process has a part "
                "only. Return the parts instead."
            )
    task.program = replace(processes, launcher=launcher, layouts=dict(layouts))


def set_container(task: Programmed, container: Container) -> None:
    """Let the program or the function of a task run in a container."""
    if isinstance(task.program, (Program, Processes)):
        task.program = replace(task.program, container=container)
    else:
        task.program = _processes(task, container)


def _processes(task: Programmed, container: Container | None) -> Processes:
    declared = {name: one.parameter for name, one in task.declared.items()}
    return Processes(
        container=container,
        written=tuple(
            name
            for name, one in declared.items()
            if one.direction.writes and one.kind not in (Kind.FILE, Kind.COLLECTION_FILE)
        ),
    )


def _appended(task: Programmed) -> frozenset[str]:
    """Return the parameters to whose files the output of a program is added."""
    return frozenset(
        name
        for name, declared in task.declared.items()
        if declared.parameter.direction not in (Direction.IN, Direction.OUT)
    )


def _channels(task: Programmed) -> dict[str, str]:
    return {name: declared.channel for name, declared in task.declared.items() if declared.channel}


def put_around(task: Programmed, given: Mapping[str, Any], *, after: bool) -> None:
    """Let a program run before or after a task.

    Raises
    ------
    TaskDefinitionError
        When no program is named.
    """
    word = "epilog" if after else "prolog"
    if "binary" not in given:
        raise TaskDefinitionError(f"@{word} of '{task.name}' needs binary=…, the program to run.")
    warn_of_unknown(task, word, given, _KNOWN)
    usual = {"args": given.get("params", ""), "fail_by_exit_value": not after}
    program = _program(task, {**usual, **given}, None, None)
    task.outer.append(Around(program=program, after=after))


def _program(
    task: Programmed, given: Mapping[str, Any], launcher: Launcher | None, container: Container | None
) -> Program:
    fails = given.get("fail_by_exit_value", True)
    if not isinstance(fails, (bool, int, str)):
        raise TaskDefinitionError(
            f"fail_by_exit_value={fails!r} of '{task.name}' is neither True nor False, nor the name of an "
            "environment variable such as '${FAIL}'."
        )
    return Program(
        binary=given["binary"],
        args=given.get("args", given.get("params")),
        working_dir=given.get("working_dir"),
        fail_by_exit_value=fails if isinstance(fails, str) else bool(fails),
        channels=_channels(task),
        appended=_appended(task),
        prefixes={name: declared.prefix for name, declared in task.declared.items() if declared.prefix},
        launcher=launcher,
        container=container,
    )
