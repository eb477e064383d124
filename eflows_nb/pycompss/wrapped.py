"""Functions on their way to engines, and what is wrapped around them there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["Wrap", "Wrapped", "wrap"]

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


class Wrapped:
    """A function and what is wrapped around it, which goes to engines by value.

    Parameters
    ----------
    plain
        The user's function.
    wraps
        The innermost first; each takes a function and returns one.
    """

    def __init__(self, plain: Callable[..., Any], wraps: Iterable[Wrap] = ()) -> None:
        self.plain = plain
        self.wraps = tuple(wraps)
        self._wrapped: Callable[..., Any] | None = None
        functools.update_wrapper(self, plain)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it here, with all that is wrapped around it."""
        __tracebackhide__ = True
        if self._wrapped is None:
            self._wrapped = wrap(self.plain, self.wraps)
        return self._wrapped(*args, **kwargs)

    def __eflows_surroundings__(self) -> tuple[Any, ...]:
        """Return what is to be watched for changes."""
        return (self.plain,)

    def __eflows_code__(self) -> tuple[Callable[..., Any], Any]:
        """Return what decides on the results: the user's function, and what is wrapped around it."""
        return self.plain, self.wraps

    def __reduce__(self) -> tuple[Any, ...]:
        return wrap, (self.plain, self.wraps)


def wrap(function: Callable[..., Any], wraps: Iterable[Wrap]) -> Callable[..., Any]:
    """Return a function with all that comes around it, the innermost first."""
    for one in wraps:
        function = one(function)
    return function
