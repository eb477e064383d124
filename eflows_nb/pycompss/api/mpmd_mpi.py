"""``@mpmd_mpi``: several programs under one runner."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Launcher, Program

__all__ = ["mpmd_mpi"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Programs:
    """Run programs in the place of the function, one after the other, each in its processes."""

    programs: tuple[Program, ...]

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that runs them and returns the largest exit code."""
        formal = inspect.signature(function)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> int:
            return max(program.run(formal, args, kwargs) for program in self.programs)

        return run


@on_task
def mpmd_mpi(
    task: LayerTask,
    *,
    runner: str = "mpirun",
    programs: Sequence[Mapping[str, Any]] = (),
    working_dir: str | None = None,
    fail_by_exit_value: Any = True,
    **_: Any,
) -> None:
    """Run `programs`, each with ``binary``, ``args`` and ``processes``, by `runner`.

    Raises
    ------
    TaskDefinitionError
        When a program is not named.
    """
    if not programs or any("binary" not in one for one in programs):
        raise TaskDefinitionError(f"@mpmd_mpi of '{task.name}' needs programs=[dict(binary=…), …].")
    task.program = _Programs(
        programs=tuple(
            Program(
                binary=one["binary"],
                args=one.get("args", one.get("params", "")),
                working_dir=working_dir,
                fail_by_exit_value=fail_by_exit_value in (True, "true", "True"),
                launcher=Launcher(runner=runner, processes=one.get("processes", 1)),
            )
            for one in programs
        )
    )


MPMDMPI = MpmdMPI = mpmd_mpi
