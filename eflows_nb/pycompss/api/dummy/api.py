"""The functions of PyCOMPSs where no task is: what they would wait for is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = [
    "TaskGroup",
    "compss_barrier",
    "compss_barrier_group",
    "compss_cancel_group",
    "compss_delete_file",
    "compss_delete_object",
    "compss_file_exists",
    "compss_free_resources",
    "compss_get_number_of_resources",
    "compss_open",
    "compss_request_resources",
    "compss_set_wall_clock",
    "compss_snapshot",
    "compss_start",
    "compss_stop",
    "compss_wait_on",
    "compss_wait_on_directory",
    "compss_wait_on_file",
]


def _nothing(*_: Any, **__: Any) -> None:
    """There is nothing to be done."""


compss_start = compss_stop = compss_barrier = compss_barrier_group = compss_cancel_group = _nothing
compss_snapshot = compss_request_resources = compss_free_resources = compss_set_wall_clock = _nothing


def compss_wait_on(*values: Any, **_: Any) -> Any:
    """Return the value, or a list of several."""
    return values[0] if len(values) == 1 else list(values)


compss_wait_on_file = compss_wait_on_directory = compss_wait_on


def compss_open(file_name: str, mode: str = "r") -> Any:
    """Open a file."""
    return Path(file_name).open(mode)


def compss_file_exists(*file_names: Any) -> Any:
    """Return whether files are there."""
    return _each(lambda name: Path(name).exists(), file_names)


def compss_delete_file(*file_names: Any) -> Any:
    """Remove files or folders; return whether each was there."""
    return _each(_remove, file_names)


def compss_delete_object(*values: Any) -> Any:
    """Return True for each: nobody else holds them."""
    return _each(lambda _: True, values)


def compss_get_number_of_resources() -> int:
    """Return 1, for this process."""
    return 1


class TaskGroup:
    """A group of calls, which have ended when it does."""

    def __init__(self, group_name: str, implicit_barrier: bool = True) -> None:
        self.name = group_name

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End."""


def _each(act: Callable[[Any], Any], values: tuple[Any, ...]) -> Any:
    return act(values[0]) if len(values) == 1 else [act(value) for value in values]


def _remove(name: Any) -> bool:
    path = Path(name)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
    else:
        return False
    return True
