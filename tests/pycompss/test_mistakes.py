"""A mistake is explained in one sentence that names what is wrong and the way out."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from pycompss.api.api import compss_wait_on
from pycompss.api.compss import compss
from pycompss.api.constraint import constraint
from pycompss.api.mpi import mpi
from pycompss.api.ompss import ompss
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_OUT, INOUT
from pycompss.api.task import task

import eflows_nb as ef
from eflows_nb.pycompss.constraints import ConstraintWarning
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning


class Holder:
    """A plain object that holds something."""

    def __init__(self, held: Any) -> None:
        self.held = held


@task(returns=1)
def one() -> Any:
    """Return 1."""
    return 1


def test_a_constraint_no_engine_can_meet() -> None:
    """It is clamped, and said."""

    @constraint(computing_units="4096")
    @task(returns=1)
    def work() -> Any:
        return 1

    with pytest.warns(ConstraintWarning, match="computing_units=4096 of 'work' cannot be met: this"):
        assert compss_wait_on(work()) == 1


@pytest.mark.parametrize(
    ("decorator", "given", "missing"),
    [
        (mpi, {"binary": "date"}, "@mpi of 'work' needs runner="),
        (compss, {"appname": "program.py"}, "@compss of 'work' needs app_name="),
        (ompss, {"workingDir": "/tmp"}, "@ompss of 'work' needs binary="),
    ],
)
def test_an_argument_that_a_decorator_needs(decorator: Any, given: dict[str, str], missing: str) -> None:
    """It is missed where the function is defined, also by what is refused later."""

    def work() -> None: ...

    with pytest.raises(ef.TaskDefinitionError, match=missing):
        decorator(**given)(work)


def test_a_cycle_through_a_file(tmp_path: Path) -> None:
    """The task would wait for what it writes itself."""

    @task(source=FILE_IN, target=FILE_OUT)
    def convert(source: str, target: str) -> None: ...

    with pytest.raises(ef.TaskDefinitionError, match=r"'convert' gets the file .* it would wait for itself"):
        convert(str(tmp_path / "f"), str(tmp_path / "f"))


def test_a_future_of_another_session() -> None:
    """It came here through a pickle."""
    foreign = pickle.loads(pickle.dumps(one()))

    with pytest.raises(ef.EflowsError, match="belongs to another session"):
        compss_wait_on(foreign)


def test_a_parameter_name_that_does_not_exist() -> None:
    """In our own words an error, in PyCOMPSs' a warning, since its programs run with such."""
    with pytest.raises(ef.TaskDefinitionError, match="'f' has no parameter 'y' to be INOUT; it has: x"):

        @ef.task(y=ef.INOUT)
        def f(x: int) -> None: ...

    with pytest.warns(UnexpectedArgumentWarning, match=r"@task\(y=…\) has no effect: 'g' has no such"):

        @task(y=INOUT)
        def g(x: int) -> None: ...


def test_a_direction_on_an_argument_that_is_missing() -> None:
    """The call is refused where it is made."""

    @task(x=INOUT)
    def change(x: list[int]) -> None: ...

    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        change()


def test_a_plain_object_that_holds_a_future() -> None:
    """A task sees the value in its place, so nothing needs to be explained; here it is still the future."""

    @task(returns=1)
    def look(holder: Any) -> Any:
        return holder.held + 1

    holder = Holder(one())

    assert compss_wait_on(look(holder)) == 2
    assert isinstance(holder.held, ef.Future)


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with the constraint and the task."""
    monkeypatch.delenv("UNITS_OF_MINE", raising=False)

    @constraint(computing_units="${UNITS_OF_MINE}")
    @task()
    def work() -> None: ...

    with pytest.raises(ef.TaskDefinitionError, match="variable UNITS_OF_MINE, which is not set"):
        work()


def test_a_collection_that_is_none() -> None:
    """The parameter is named."""

    @task(items=COLLECTION_IN, returns=1)
    def add(items: Any) -> Any:
        return sum(items)

    with pytest.raises(ef.TaskDefinitionError, match="'items' of 'add' takes a collection, and int is none"):
        add(3)
