"""What decorators that name a program have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.function import ProgramTask

__all__ = ["Decorator", "given", "require_alone", "require_program"]

_IN_ITS_PLACE = ("binary", "mpi", "mpmd_mpi", "http")
"""The decorators that say what runs in the place of the function: a task has one of them."""

Decorator = Callable[[Any], ProgramTask]


def given(
    program: str | Path, args: str | None, working_dir: str | Path | None, check: bool
) -> dict[str, Any]:
    """Return what a decorator says of a program, in the words of PyCOMPSs."""
    said: dict[str, Any] = {"binary": str(program), "fail_by_exit_value": check}
    if args is not None:
        said["args"] = args
    if working_dir is not None:
        said["working_dir"] = str(working_dir)
    return said


def require_program(word: str, program: Any) -> None:
    """Complain of a decorator that is given something else than a program, such as the function below it.

    Raises
    ------
    TaskDefinitionError
        When it is neither a text nor a path.
    """
    if not isinstance(program, (str, Path)) or not str(program):
        raise TaskDefinitionError(
            f"@ef.{word} is given {program!r:.60}, which is no program. Name one, such as @ef.{word}('sort')."
        )


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
