"""Files that a program gives up: they are removed after the tasks that use them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from eflows_nb.engine.worker import inside_task
from eflows_nb.runtime import session
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Kind, Parameter

__all__ = ["remove"]


def _remove(path: str) -> None:
    file = Path(path)
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file, ignore_errors=True)
    else:
        file.unlink(missing_ok=True)


def _submit(function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return session.current().submit(function, args, kwargs)


_task = TaskFunction(
    _remove, submit=_submit, directions={"path": Parameter(direction=Direction.OUT, kind=Kind.FILE)}
)


def remove(path: Any) -> bool:
    """Remove a file or folder, now or when the tasks that use it have ended; return True."""
    if inside_task():
        _remove(path)
        return True
    current = session.current()
    if current.files.turns(path):
        _task(path)
        current.files.delete(path)
    else:
        _remove(path)
    return True
