"""Futures where waiting does not look for them: in the attributes of plain objects."""

from __future__ import annotations

import warnings
from typing import Any

from eflows_nb.engine.packing import SCALARS
from eflows_nb.runtime.arguments import level_of_caller
from eflows_nb.runtime.future import Future

__all__ = ["HeldFutureWarning", "warn_of_held"]


class HeldFutureWarning(UserWarning):
    """An object was waited for whose attribute is a future, and still is."""


def warn_of_held(value: Any) -> None:
    """Say that an object which is returned as it is has a future among its attributes."""
    if type(value) in SCALARS or type(value) is Future:
        return
    try:
        attributes = vars(value)
    except TypeError:
        return
    for name, held in attributes.items():
        if type(held) is Future:
            warnings.warn(
                f"The attribute '{name}' of a {type(value).__name__} is a future, and stays one: waiting "
                f"looks into lists, tuples, dicts and dataclasses. Wait for the attribute itself, .{name}, "
                f"or make {type(value).__name__} a dataclass.",
                HeldFutureWarning,
                stacklevel=level_of_caller(),
            )
            return
