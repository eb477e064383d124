"""Numba's just-in-time compiler with types that mypy can follow."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., object])


def compiled(function: _F) -> _F:
    """Return `function` as machine code that keeps its signature, compiled at its first call.

    The code is cached beside the module (or in Numba's own cache folder where that is read-only), so a
    second engine does not compile again. Division by zero follows IEEE rules as in C, which lets the
    compiler vectorise.
    """
    return cast(_F, numba.njit(cache=True, error_model="numpy")(function))
