"""The decorator that leaves a function as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Plain"]


class Plain:
    """A decorator with or without arguments, which have no meaning, that returns the function itself."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __new__(cls, *args: Any, **options: Any) -> Any:
        """Return the function where the decorator has no brackets."""
        if len(args) == 1 and not options and (callable(args[0]) or hasattr(args[0], "__func__")):
            return args[0]
        return super().__new__(cls)

    def __call__(self, function: Callable[..., Any]) -> Any:
        """Return the function."""
        return function
