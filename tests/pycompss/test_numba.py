"""Functions that are compiled by numba, as ``@task(numba=…)`` says."""

from __future__ import annotations

from typing import Any

import pytest
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

from eflows_nb.pycompss.refusal import UnsupportedError

numpy = pytest.importorskip("numpy")
pytest.importorskip("numba")


@pytest.mark.parametrize("option", [True, "jit", "njit", {"nogil": True, "cache": True}])
def test_a_function_is_compiled(option: Any) -> None:
    """With the flags that are given; only compiled code divides whole numbers by zero and goes on."""

    @task(returns=1, numba=option, numba_flags={"error_model": "numpy", "cache": True})
    def divide(x: float, y: float) -> Any:
        return x / y

    assert compss_wait_on(divide(1.0, 0.0)) == float("inf")


def test_a_function_of_numbers_is_one_of_arrays() -> None:
    """By vectorize, with types or without."""

    def double(x: Any) -> Any:
        return 2 * x

    typed = task(returns=1, numba="vectorize", numba_signature=["float64(float64)"])(double)
    lazy = task(returns=1, numba="vectorize")(double)

    assert compss_wait_on(typed(numpy.arange(3))).dtype == float
    assert compss_wait_on(lazy(numpy.arange(3))).tolist() == [0, 2, 4]


def test_a_function_of_rows_is_one_of_arrays() -> None:
    """By guvectorize, which needs their layout."""

    @task(
        returns=1,
        numba="guvectorize",
        numba_signature=["(int64[:], int64, int64[:])"],
        numba_declaration="(n),()->(n)",
    )
    def add(x: Any, y: Any, made: Any) -> None:
        for place in range(x.shape[0]):
            made[place] = x[place] + y

    out = numpy.zeros(3, dtype=int)

    assert compss_wait_on(add(numpy.arange(3), 2, out)).tolist() == [2, 3, 4]


def test_a_function_of_neighbours_is_one_of_arrays() -> None:
    """By stencil."""

    @task(returns=1, numba="stencil")
    def both(x: Any) -> Any:
        return x[-1] + x[1]

    assert compss_wait_on(both(numpy.arange(4))).tolist() == [0, 2, 4, 0]


def test_a_function_may_be_one_of_c() -> None:
    """By cfunc, with its types."""

    @task(returns=1, numba="cfunc", numba_signature="float64(float64)")
    def half(x: float) -> Any:
        return x / 2

    assert compss_wait_on(half(3.0)) == 1.5


def test_a_compiler_that_does_not_exist_is_told() -> None:
    """Such as one that numba has removed."""

    @task(returns=1, numba="generated_jit", on_failure="FAIL")
    def one() -> Any:
        return 1

    with pytest.raises(UnsupportedError, match=r"numba='generated_jit'.* has no such compiler"):
        compss_wait_on(one())
