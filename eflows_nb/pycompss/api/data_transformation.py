"""``@data_transformation``: arguments are transformed by tasks before the task itself gets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.parameters import Alias

__all__ = [
    "COLLECTION_TO_DIRECTORY",
    "COLLECTION_TO_FILE",
    "COLLECTION_TO_OBJECT",
    "DIRECTORY_TO_OBJECT",
    "FILE_TO_COLLECTION",
    "FILE_TO_OBJECT",
    "OBJECT_TO_DIRECTORY",
    "OBJECT_TO_FILE",
    "DTObject",
    "data_transformation",
    "dt",
    "dto",
]

OBJECT_TO_FILE = 0
FILE_TO_OBJECT = 1
FILE_TO_COLLECTION = 2
COLLECTION_TO_OBJECT = 3
COLLECTION_TO_FILE = 4
OBJECT_TO_DIRECTORY = 5
DIRECTORY_TO_OBJECT = 6
COLLECTION_TO_DIRECTORY = 7

_TO_PATH = (OBJECT_TO_FILE, COLLECTION_TO_FILE, OBJECT_TO_DIRECTORY, COLLECTION_TO_DIRECTORY)
_FROM_PATH = (FILE_TO_OBJECT, FILE_TO_COLLECTION, DIRECTORY_TO_OBJECT)


class DTObject:
    """A transformation that is given at a call, as ``f(x, dt=DTObject("x", function))``."""

    def __init__(
        self, param_name: str, func: Callable[..., Any], func_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        self.parameter = param_name
        self.function = func
        self.options = dict(func_kwargs or {})


dto = DTObject


class _Transformation:
    """One transformation of one argument.

    Parameters
    ----------
    parameter
        Name of the argument.
    function
        Takes its value, and the path to write to where the result is a file or folder.
    options
        Arguments of the function by name, and ``type``, ``destination``, ``size``, ``is_workflow``.
    """

    def __init__(self, parameter: str, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        options = dict(options)
        self._parameter = parameter
        self._function = function
        self._kind = options.pop("type", None)
        self._destination = options.pop("destination", "dt_file_out")
        self._size = int(options.pop("size", 1))
        self._is_workflow = options.pop("is_workflow", False) in (True, "True", "true", 1, "1")
        self._options = options

    def __call__(self, arguments: dict[str, Any]) -> None:
        """Replace the argument by what the transformation makes of it.

        Raises
        ------
        TaskDefinitionError
            When the call has no such argument.
        """
        if self._parameter not in arguments:
            known = ", ".join(arguments) or "none"
            raise TaskDefinitionError(
                f"@data_transformation names the parameter '{self._parameter}', and the call has no such "
                f"argument; it has: {known}."
            )
        arguments[self._parameter] = self._transform(arguments[self._parameter])

    def _transform(self, value: Any) -> Any:
        if self._is_workflow:
            return self._function(value, **self._options)
        if self._kind in _TO_PATH:
            _write(value, self._destination, self._function, self._options)
            return self._destination
        if self._kind in _FROM_PATH:
            made = _read(value, self._function, self._options, self._size)
            return made if self._kind != FILE_TO_COLLECTION or self._size > 1 else [made]
        return _apply(value, self._function, self._options)


def _run(value: Any, function: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    return function(value, **options)


def _run_to_path(value: Any, path: str, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    function(value, path, **options)


def _run_from_path(path: str, function: Callable[..., Any], options: Mapping[str, Any], size: int) -> Any:
    made = function(path, **options)
    return made if size == 1 else list(made)[:size]


_apply = LayerTask(_run, {"returns": 1})
_write = LayerTask(_run_to_path, {"path": Alias("FILE_OUT")})
_read = LayerTask(_run_from_path, {"path": Alias("FILE_IN"), "returns": "value_of(size)"})


@on_task
def dt(task: LayerTask, *names: Any, target: str | None = None, function: Any = None, **options: Any) -> None:
    """Transform an argument: ``@dt("x", function, …)``, or ``target=``, ``function=`` and ``type=``.

    Without any of these the transformations are given at the call, as ``dt=DTObject(…)`` or a list of such.

    Raises
    ------
    TaskDefinitionError
        When only one of name and function is given.
    """
    if names:
        target, function = names[0], names[1] if len(names) > 1 else None
    if target is None and function is None:
        task.takes_transformations = _of_call
        return
    if target is None or function is None:
        raise TaskDefinitionError(
            f"@data_transformation of '{task.name}' needs the name of a parameter and a function."
        )
    task.transformations.insert(0, _Transformation(target, function, options))


def _of_call(given: Any) -> list[Callable[[dict[str, Any]], None]]:
    objects = given if isinstance(given, (list, tuple)) else [given]
    return [_Transformation(one.parameter, one.function, one.options) for one in objects]


data_transformation = DataTransformation = dt
