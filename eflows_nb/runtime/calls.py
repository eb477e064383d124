"""Calls with files, collections or last uses among their arguments: what the task reads and writes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from eflows_nb.engine.messages import ITEM, Place
from eflows_nb.engine.packing import SCALARS
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.runtime.arguments import Arguments
from eflows_nb.runtime.files import FileAccess, Files
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Kind, Parameter

__all__ = ["Call"]

_Step = Callable[[Any, tuple[Any, ...]], Any]


class Call:
    """One call of a task function, its arguments as the task will see them.

    Parameters
    ----------
    function
        The task function.
    args, kwargs
        What it is called with.
    arguments
        Knows the versions of objects.
    files
        Knows who uses which file.
    """

    def __init__(
        self,
        function: TaskFunction[Any, Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        arguments: Arguments,
        files: Files,
    ) -> None:
        self.function = function
        self.writes: list[tuple[Place, Any]] = []
        """Where the task writes, and to which of the caller's objects."""
        self.collections: list[tuple[Place, str]] = []
        """The lists and dicts whose items it writes, and the parameters that these belong to."""
        self.files = FileAccess(files, function.name)
        self._arguments = arguments
        self._last: list[Any] = []
        self._replaced: list[Any] = []
        self._written: dict[int, Any] = {}  # what is given several times is one object for the task
        seen = list(args)
        named = dict(kwargs)
        for place, name, parameter in function.locate(args, kwargs):
            given = args[place] if isinstance(place, int) else kwargs[place]
            shown = self._look(given, (place,), name, parameter)
            if isinstance(place, int):
                seen[place] = shown
            else:
                named[place] = shown
        self.args = tuple(seen)
        self.kwargs = named

    def let_go_before(self) -> None:
        """Let go of collections that this task fills: what each item will be counts from now on."""
        for value in self._replaced:
            self._arguments.forget(value)

    def let_go(self) -> None:
        """Let go of what this task is the last to read."""
        for value in self._last:
            self._arguments.forget(value)

    def _look(self, given: Any, way: tuple[Any, ...], name: str, parameter: Parameter) -> Any:
        direction = parameter.direction
        match parameter.kind:
            case Kind.OBJECT:
                return self._object(given, way, direction)
            case Kind.FILE:
                return self._file(given, name, direction)
            case Kind.COLLECTION_FILE:
                look: _Step = lambda item, _: self._file(item, name, direction)  # noqa: E731
            case _:
                look = lambda item, at: self._item(item, at, name, parameter)  # noqa: E731
        looks_so = _is_dictionary if parameter.kind is Kind.DICTIONARY else _is_list
        has_files = parameter.kind is Kind.COLLECTION_FILE

        def is_collection(one: Any) -> bool:
            return looks_so(one) and not self._is_one(one, direction, has_files=has_files)

        if type(given) in SCALARS:
            raise TaskDefinitionError(
                f"The parameter '{name}' of '{self.function.name}' takes a {parameter.kind}, and "
                f"{type(given).__name__} is none. Give one, or declare it as IN."
            )

        def enter(at: tuple[Any, ...]) -> None:
            if direction.writes and not has_files:
                self.collections.append((at[0] if len(at) == 1 else at, name))

        return _items(given, way, parameter.depth, look, is_collection, enter)

    def _item(self, given: Any, way: tuple[Any, ...], name: str, parameter: Parameter) -> Any:
        if parameter.direction.writes and type(given) in SCALARS:
            raise TaskDefinitionError(
                f"'{self.function.name}' writes to the items of '{name}', and {given!r:.50} is one of them, "
                "beside others that are no numbers or texts: it could not be told from equal values. Declare "
                "the parameter INOUT, as one object, or give an array, a list or object() in its place."
            )
        return self._object(given, way, parameter.direction)

    def _object(self, given: Any, way: tuple[Any, ...], direction: Direction) -> Any:
        if not direction.writes:
            if direction is Direction.IN_DELETE:
                self._last.append(given)
            return self._arguments.newest(given, direction)
        self.writes.append((way[0] if len(way) == 1 else way, given))
        shown = self._written.get(id(given), self)
        if shown is self:
            shown = self._written[id(given)] = self._arguments.newest(given, direction)
        return shown

    def _is_one(self, given: Any, direction: Direction, *, has_files: bool) -> bool:
        """Return whether a collection has versions as a whole: its items are then in these."""
        if direction.writes and not has_files and _holds_scalars_alone(given):
            return True
        if self._arguments.written(given) is None:
            return False
        if direction is Direction.OUT:
            self._replaced.append(given)
            return False
        return not any(given is other for other in self._replaced)

    def _file(self, given: Any, name: str, direction: Direction) -> Any:
        return None if given is None else self.files.add(given, direction, name)


def _items(
    given: Any,
    way: tuple[Any, ...],
    depth: int,
    look: _Step,
    is_collection: Callable[[Any], bool],
    enter: Callable[[tuple[Any, ...]], None],
) -> Any:
    """Return the same collection with what `look` makes of its items, `depth` levels down at most.

    `enter` is told the place of each list and dict on the way.
    """
    if depth < 1 or not is_collection(given):
        return look(given, way)
    if isinstance(given, (dict, list)):
        enter(way)
    if isinstance(given, dict):
        return {
            key: _items(item, (*way, (ITEM, n)), depth - 1, look, is_collection, enter)
            for n, (key, item) in enumerate(given.items())
        }
    if isinstance(given, (list, tuple)):
        items = [
            _items(item, (*way, n), depth - 1, look, is_collection, enter) for n, item in enumerate(given)
        ]
        return items if isinstance(given, list) else tuple(items)
    shown = given.copy()
    for place in _indices(given):
        shown[place] = _items(given[place], (*way, place), depth - given.ndim, look, is_collection, enter)
    return shown


def _holds_scalars_alone(given: Any) -> bool:
    items = given.values() if isinstance(given, dict) else given.flat if hasattr(given, "flat") else given
    return len(given) > 0 and all(type(item) in SCALARS for item in items)


def _is_list(given: Any) -> bool:
    return isinstance(given, (list, tuple)) or _is_array_of_objects(given)


def _is_dictionary(given: Any) -> bool:
    return isinstance(given, dict)


def _is_array_of_objects(given: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(given, numpy.ndarray) and given.dtype == object


def _indices(array: Any) -> Iterator[tuple[int, ...]]:
    import numpy as np

    return np.ndindex(array.shape)
