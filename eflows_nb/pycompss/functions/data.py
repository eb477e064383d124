"""Random data, and lists in pieces."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from eflows_nb.errors import EflowsError
from eflows_nb.pycompss.api.task import task
from eflows_nb.pycompss.waiting import wait_for

__all__ = ["chunks", "generator"]


def generator(
    size: tuple[int, int], num_frag: int, seed: int = 0, distribution: str = "random", wait: bool = False
) -> list[Any]:
    """Return fragments of random rows.

    Parameters
    ----------
    size
        Number of rows in all, and of values in a row.
    num_frag
        Number of fragments, a task each.
    seed
        Of the generator, the same for each fragment.
    distribution
        ``"random"`` (0 to 1), ``"normal"`` or ``"uniform"`` (-1 to 1).
    wait
        Whether to return values instead of futures.
    """
    if distribution not in _DRAW:
        raise EflowsError(f"distribution={distribution!r} is none of {', '.join(_DRAW)}.")
    rows, columns = size
    fragments = [_fragment(columns, rows // num_frag, seed, distribution) for _ in range(num_frag)]
    return list(wait_for(fragments)) if wait else fragments


_DRAW: dict[str, Callable[[random.Random], float]] = {
    "random": lambda source: source.random(),
    "normal": lambda source: source.gauss(mu=0.0, sigma=1.0),
    "uniform": lambda source: source.uniform(-1.0, 1.0),
}


@task(returns=1)
def _fragment(columns: int, rows: int, seed: int, distribution: str) -> list[list[float]]:
    """Return random rows."""
    source = random.Random(seed)
    draw = _DRAW[distribution]
    return [[draw(source) for _ in range(columns)] for _ in range(rows)]


def chunks(lst: Sequence[Any], number: int, balanced: bool = False) -> Iterator[Sequence[Any]]:
    """Yield pieces of a list of `number` items each; balanced ones differ by one item at most."""
    if not balanced or len(lst) % number == 0:
        for start in range(0, len(lst), number):
            yield lst[start : start + number]
        return
    pieces = -(-len(lst) // number)
    size, rest = divmod(len(lst), pieces)
    start = 0
    for place in range(pieces):
        end = start + size + (place < rest)
        yield lst[start:end]
        start = end
