"""The code of task functions, pickled once for each state that it is found in."""

from __future__ import annotations

import types
from typing import Any

import cloudpickle

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.task import FunctionCode

__all__ = ["FunctionTable"]

_ABSENT = object()


class FunctionTable:
    """Numbers the code of task functions.

    A function travels with the global names that it uses. When one of them refers to another object than at
    the last call, the function is pickled again, so that a redefined helper or constant is seen.
    """

    def __init__(self) -> None:
        self._codes: dict[bytes, FunctionCode] = {}
        self._last: dict[int, tuple[TaskFunction[Any, Any], tuple[Any, ...], FunctionCode]] = {}

    def code(self, function: TaskFunction[Any, Any]) -> FunctionCode:
        """Return the code of a function as it is now.

        Raises
        ------
        TaskDefinitionError
            When the function refers to something that cannot be pickled.
        """
        last = self._last.get(id(function))
        used = _globals_used(function.function)
        if last is not None and last[0] is function and _same(last[1], used):
            return last[2]
        try:
            pickled = cloudpickle.dumps(function.function, 5)
        except Exception as error:
            raise TaskDefinitionError(
                f"The task function '{function.name}' cannot be sent to engines: {error}. "
                "It may use a global name that refers to an open file, a lock, a connection or the like; "
                "make that inside the function, or pass it as an argument."
            ) from error
        code = self._codes.get(pickled)
        if code is None:
            code = self._codes[pickled] = FunctionCode(len(self._codes), function.name, pickled)
        self._last[id(function)] = (function, used, code)
        return code


def _globals_used(function: Any) -> tuple[Any, ...]:
    """Return the objects that the global names and closure cells of a function refer to now."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType):
        return ()
    namespace = function.__globals__
    found = [namespace.get(name, _ABSENT) for name in code.co_names]
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            found.append(_ABSENT)
    return tuple(found)


def _same(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    return len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))
