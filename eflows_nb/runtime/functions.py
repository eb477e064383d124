"""The code of task functions, pickled once for each state that it is found in."""

from __future__ import annotations

import types
from typing import Any

import cloudpickle

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.task import FunctionCode

__all__ = ["FunctionTable"]

_ABSENT = object()


class FunctionTable:
    """Numbers the code of task functions.

    A function travels with the global names that it uses. When one of them refers to another object than at
    the last call, the function is pickled again, so that a redefined helper or constant is seen.
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[bytes, Policy], FunctionCode] = {}
        self._known: dict[int, _Known] = {}

    def code(self, function: TaskFunction[Any, Any]) -> FunctionCode:
        """Return the code of a function as it is now.

        Raises
        ------
        TaskDefinitionError
            When the function refers to something that cannot be pickled.
        """
        known = self._known.get(id(function))
        if known is not None and known.holds(function):
            return known.code
        try:
            pickled = cloudpickle.dumps(function.function, 5)
        except Exception as error:
            raise TaskDefinitionError(
                f"The task function '{function.name}' cannot be sent to engines: {error}. "
                "It may use a global name that refers to an open file, a lock, a connection or the like; "
                "make that inside the function, or pass it as an argument."
            ) from error
        key = (pickled, function.policy)
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = FunctionCode(len(self._codes), function.name, pickled, function.policy)
        self._known[id(function)] = _Known(function, code)
        return code


class _Known:
    """The code of a function, and what its global names and closure cells referred to when it was made."""

    __slots__ = ("_cells", "_function", "_namespace", "_used", "code")

    def __init__(self, function: TaskFunction[Any, Any], code: FunctionCode) -> None:
        plain = function.function
        names = plain.__code__.co_names if isinstance(plain, types.FunctionType) else ()
        self.code = code
        self._function = function
        self._namespace = plain.__globals__ if isinstance(plain, types.FunctionType) else {}
        self._used = [(name, self._namespace.get(name, _ABSENT)) for name in names]
        self._cells = [(cell, _contents(cell)) for cell in getattr(plain, "__closure__", None) or ()]

    def holds(self, function: TaskFunction[Any, Any]) -> bool:
        if function is not self._function:
            return False
        namespace = self._namespace
        for name, value in self._used:
            if namespace.get(name, _ABSENT) is not value:
                return False
        return all(_contents(cell) is value for cell, value in self._cells)


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _ABSENT
