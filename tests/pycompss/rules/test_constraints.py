"""A constraint is a number, a variable of the environment, or an expression over the arguments."""

from __future__ import annotations

import os
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.pycompss.constraints import ConstraintWarning

UNITS = 1


def _threads(n: int) -> Any:
    return os.environ.get("OMP_NUM_THREADS")


@pytest.mark.parametrize("units", [1, "1", "${UNITS}", "$UNITS", "UNITS", "n + 1 - 1"])
def test_a_task_finds_its_units_in_the_environment(
    words: Any, units: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each form in which they can be said."""
    monkeypatch.setenv("UNITS", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "77")
    threads = words.constraint(computing_units=units)(words.task(returns=1)(_threads))

    assert words.wait_on(threads(1)) == "1"


def test_a_variable_that_is_not_set_is_named(words: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the task and the constraint."""
    monkeypatch.delenv("UNITS_OF_MINE", raising=False)
    threads = words.constraint(computing_units="${UNITS_OF_MINE}")(words.task(returns=1)(_threads))

    with pytest.raises(ef.TaskDefinitionError, match=r"variable UNITS_OF_MINE, which is not set\. Set it"):
        threads(1)


def test_an_expression_without_a_value_is_explained(words: Any) -> None:
    """With what it may name."""
    threads = words.constraint(computing_units="m + 1")(words.task(returns=1)(_threads))

    with pytest.raises(ef.TaskDefinitionError, match=r"computing_units='m \+ 1' of '_threads' has no value"):
        threads(1)


def test_what_no_engine_can_give_is_told_and_the_task_runs(words: Any) -> None:
    """It waits for nothing that never comes."""
    wide = words.constraint(computing_units="100000", memory_size="1e9")(words.task(returns=1)(_threads))

    with pytest.warns(ConstraintWarning) as told:
        assert int(words.wait_on(wide(1))) < 100_000
    assert "computing_units=100000 of '_threads' cannot be met: this machine has" in str(told[0].message)
    assert "memory_size=1e+09 of '_threads' cannot be met" in str(told[1].message)


def test_processors_have_units_of_their_own(words: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By kind; a kind that this machine does not have is told, and the task runs without it."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("UNITS", "1")
    processors = [
        {"ProcessorType": "CPU", "ComputingUnits": "n"},
        {"processor_type": "GPU", "computing_units": "${UNITS}"},
    ]
    mixed = words.constraint(processors=processors)(words.task(returns=1)(_threads))

    with pytest.warns(ConstraintWarning, match="GPU computing_units=1 of '_threads' cannot be met: this mac"):
        assert words.wait_on(mixed(1)) == "1"


def test_processors_that_are_no_list_are_refused(words: Any) -> None:
    """With an example."""
    with pytest.raises(ef.TaskDefinitionError, match=r"processors='GPU'\) of '_threads' is no list of proc"):
        words.constraint(processors="GPU")(words.task()(_threads))
