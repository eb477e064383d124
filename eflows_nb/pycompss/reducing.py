"""``@reduction``: a collection that is too long for one task is reduced in chunks, in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.parameter import Kind, Parameter

if TYPE_CHECKING:
    from eflows_nb.tasks.function import TaskFunction

__all__ = ["reduce_in_chunks"]


class _Reduced(Protocol):
    name: str
    plain: Callable[..., Any]

    def locate(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> list[tuple[int | str, str, Parameter]]: ...


def reduce_in_chunks(
    task: _Reduced,
    variant: TaskFunction[Any, Any],
    chunk_size: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Return the future of a reduction: each task takes at most so many items, results of others among them.

    Raises
    ------
    TaskDefinitionError
        When no parameter is a collection, or the size is no number.
    """
    place = _collection(task, args, kwargs)
    given = args[place] if isinstance(place, int) else kwargs[place]
    size = _size(task, chunk_size)

    def call(items: list[Any]) -> Any:
        if isinstance(place, int):
            return variant(*args[:place], items, *args[place + 1 :], **kwargs)
        return variant(*args, **{**kwargs, place: items})

    if not isinstance(given, (list, tuple)):
        return call(given)
    items = list(given)
    while size > 1 and len(items) > size:
        chunks = [items[start : start + size] for start in range(0, len(items), size)]
        items = [call(chunk) if len(chunk) > 1 else chunk[0] for chunk in chunks]
    return call(items)


def _collection(task: _Reduced, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | str:
    for place, _, parameter in task.locate(args, kwargs):
        if parameter.kind is Kind.COLLECTION:
            return place
    raise TaskDefinitionError(
        f"@reduction of '{task.name}' needs a parameter that is a COLLECTION_IN, and the call gives none."
    )


def _size(task: _Reduced, chunk_size: Any) -> int:
    import os

    given = chunk_size
    if isinstance(given, str):
        name = given.strip("${}")
        if given.startswith("$"):
            given = os.environ.get(name, given)
        elif not given.isdigit():
            given = getattr(task.plain, "__globals__", {}).get(given, given)
    try:
        return int(given)
    except (TypeError, ValueError):
        raise TaskDefinitionError(
            f"@reduction(chunk_size={chunk_size!r}) of '{task.name}' is no number of items. "
            "Give a number, or the name of an environment variable that holds one, as in '${SIZE}'."
        ) from None
