"""The decorators for tasks that are programs, in terms of `eflows_nb.pycompss.programs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Around, Container, Launcher, Program, Refusal

__all__ = ["put_around", "set_container", "set_program"]

_CAMEL = {"workingDir": "working_dir", "failByEV": "fail_by_exit_value", "fail_by_ev": "fail_by_exit_value"}
_TRUE = (True, "true", "True", 1, "1")


def set_program(task: LayerTask, given: Mapping[str, Any], launcher: Launcher | None = None) -> None:
    """Let a task run a program.

    Raises
    ------
    TaskDefinitionError
        When no program is named.
    """
    given = {_CAMEL.get(word, word): value for word, value in given.items()}
    if "binary" not in given:
        raise TaskDefinitionError(f"The task '{task.name}' is to run a program: give binary=….")
    before = task.program
    task.program = _program(task, given, launcher, before.container if isinstance(before, Program) else None)


def set_container(task: LayerTask, container: Container) -> None:
    """Let the program of a task run in a container; a Python function says that it cannot when called."""
    if isinstance(task.program, Program):
        task.program = replace(task.program, container=container)
    else:
        task.program = Refusal(
            f"@container of '{task.name}', which is a Python function: only programs (@binary, @mpi) can run "
            "in a container here. Start the engines in one instead."
        )


def put_around(task: LayerTask, given: Mapping[str, Any], *, after: bool) -> None:
    """Let a program run before or after a task.

    Raises
    ------
    TaskDefinitionError
        When no program is named.
    """
    if "binary" not in given:
        word = "epilog" if after else "prolog"
        raise TaskDefinitionError(f"@{word} of '{task.name}' needs binary=…, the program to run.")
    program = _program(task, {"args": given.get("params", ""), **given}, None, None)
    task.outer.append(Around(program=program, after=after))


def _program(
    task: LayerTask, given: Mapping[str, Any], launcher: Launcher | None, container: Container | None
) -> Program:
    return Program(
        binary=given["binary"],
        args=given.get("args", given.get("params")),
        working_dir=given.get("working_dir"),
        fail_by_exit_value=given.get("fail_by_exit_value", True) in _TRUE,
        channels={name: declared.channel for name, declared in task.declared.items() if declared.channel},
        prefixes={name: declared.prefix for name, declared in task.declared.items() if declared.prefix},
        launcher=launcher,
        container=container,
    )
