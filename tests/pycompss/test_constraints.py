"""Where tasks run: ``@constraint`` reserves engines, ``@local`` and ``@implement`` choose."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from pycompss.api.api import compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.implement import implement
from pycompss.api.local import local
from pycompss.api.multinode import multinode
from pycompss.api.parameter import INOUT
from pycompss.api.task import task

import eflows_nb as ef
from eflows_nb.clusters.machine import usable_cores
from eflows_nb.pycompss.constraints import Constraints, ConstraintWarning
from eflows_nb.tasks.resources import USUAL, Resources

RESERVING = """
import os
from pathlib import Path
from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.task import task
from eflows_nb.clusters.machine import installed_memory, usable_cores

CORES = usable_cores() // 2 * 2
MEMORY = installed_memory() * 3 // 4 / 1e9

@task(returns=1)
def warm():
    return os.getpid()

@constraint(WORD)
@task(returns=1)
def wide():
    others = [path for path in Path().glob("*.busy")]
    return len(others), int(os.environ["OMP_NUM_THREADS"]) == (CORES if "CORES" in "WORD" else 1)

@task()
def narrow(number):
    busy = Path(f"{number}.busy")
    busy.touch()
    sum(range(300_000))
    busy.unlink()

if __name__ == "__main__":
    compss_wait_on([warm() for _ in range(20)])
    found = []
    for step in range(5):
        for one in range(4):
            narrow(4 * step + one)
        found.append(wide())
    print("found", set(compss_wait_on(found)))
    compss_barrier()
"""


@pytest.mark.engines
@pytest.mark.skipif(usable_cores() < 2, reason="one core has no second engine's share")
@pytest.mark.parametrize("word", ["computing_units=CORES", "memory_size=MEMORY"])
def test_a_constraint_reserves_engines(run_program: Callable[..., Any], word: str) -> None:
    """While a task of more than one engine's share runs, the others do nothing."""
    done = run_program(RESERVING.replace("WORD", word), engines=2)

    assert done.returncode == 0, done.stderr
    assert "found {(0, True)}" in done.stdout
    assert "Warning" not in done.stderr


def test_a_local_function_gets_values() -> None:
    """And runs where it is called."""

    @task(returns=1)
    def one() -> Any:
        return 1

    @local
    @task(returns=1)
    def here(x: int) -> Any:
        return x + 1, os.getpid()

    assert here(one()) == (2, os.getpid())


def test_a_local_function_has_the_objects_of_the_program() -> None:
    """With what tasks have written to them: what it changes is changed there."""

    @task(items=INOUT)
    def extend(items: list[int]) -> None:
        items += [1, 2]

    @local
    def drop(items: list[int]) -> int:
        return items.pop()

    items: list[int] = []
    extend(items)

    assert drop(items) == 2
    assert items == [1]
    assert compss_wait_on(items) == [1]
    extend(items)
    assert compss_wait_on(items) == [1, 1, 2]


def test_another_implementation_runs_where_the_first_one_cannot() -> None:
    """With all that it asks for itself; both names can be called."""

    @constraint(computing_units=100000)
    @task(returns=1)
    def first(x: int) -> Any:
        return x

    @implement(source_class=__name__, method=first.plain.__qualname__)
    @task(returns=1)
    def second(x: int) -> Any:
        return -x

    assert compss_wait_on(first(1)) == -1
    assert compss_wait_on(second(2)) == -2
    with pytest.raises(ef.TaskDefinitionError, match="@implement of '<lambda>' needs method"):
        implement(source_class="module")(lambda: None)


def test_a_task_of_many_nodes_has_this_one() -> None:
    """It is told by the environment, with the cores that it has, and as long as it runs."""

    @task(returns=1)
    def nodes() -> Any:
        return os.environ["COMPSS_NUM_NODES"], os.environ["COMPSS_NUM_THREADS"]

    with pytest.warns(ConstraintWarning, match="gets one node"):
        multinode(computing_nodes=2)(nodes)

    assert compss_wait_on(nodes()) == ("1", "1")
    assert "COMPSS_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    "given",
    [
        {"processors": [{"ProcessorType": "GPU", "ComputingUnits": "1"}]},
        {"processor_type": "GPU"},
        {"processorType": "GPU", "computingUnits": 1},
    ],
)
def test_a_gpu_is_asked_for_in_three_ways(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what ``gpus=1`` of our own task functions is; what is not there is told."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    constraints = Constraints(given, "work")

    assert constraints.resources({}, {}) == Resources(gpus=1)
    assert constraints.can_be_met({}, {})
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not constraints.can_be_met({}, {})
    with pytest.warns(ConstraintWarning, match="cannot be met: this machine has no GPU that can be used"):
        assert constraints.resources({}, {}) == USUAL


def test_a_kind_of_processor_that_nobody_knows_is_told() -> None:
    """With what was asked for."""
    with pytest.warns(
        ConstraintWarning, match="FPGA computing_units=2 of 'work' cannot be met: this machine h"
    ):
        Constraints({"processor_type": "FPGA", "computing_units": 2}, "work").resources({}, {})


@pytest.mark.engines
def test_a_task_finds_the_gpu_that_it_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its engine has one to itself, and where there is none another implementation runs."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")

    @constraint(processors=[{"ProcessorType": "GPU", "ComputingUnits": "1"}])
    @task(returns=1)
    def on_gpu() -> Any:
        return os.environ["CUDA_VISIBLE_DEVICES"]

    @implement(source_class=__name__, method=on_gpu.plain.__qualname__)
    @task(returns=1)
    def without() -> Any:
        return "none"

    with ef.start(engines=1):
        assert compss_wait_on(on_gpu()) == "5"
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        assert compss_wait_on(on_gpu()) == "none"
