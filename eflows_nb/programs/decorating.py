"""What decorators that name a program have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.function import ProgramTask

__all__ = ["Decorator", "given", "require_alone"]

_IN_ITS_PLACE = ("binary", "mpi", "mpmd_mpi", "http")
"""The decorators that say what runs in the place of the function: a task has one of them."""

Decorator = Callable[[Any], ProgramTask]


def given(program: str, args: str | None, working_dir: str | Path | None, check: bool) -> dict[str, Any]:
    """Return what a decorator says of a program, in the words of PyCOMPSs."""
    said: dict[str, Any] = {"binary": program, "fail_by_exit_value": check}
    if args is not None:
        said["args"] = args
    if working_dir is not None:
        said["working_dir"] = str(working_dir)
    return said


def require_alone(task: ProgramTask, word: str) -> None:
    """Complain of a second decorator that says what runs in the place of the function.

    Raises
    ------
    TaskDefinitionError
        When there is one.
    """
    for other in _IN_ITS_PLACE:
        if other in task.words and other != word:
            raise TaskDefinitionError(
                f"'{task.name}' is given by @ef.{other} already, and cannot be given by @ef.{word} too. "
                "Leave one of them out."
            )
