"""A mistake is explained in one sentence that names what is wrong and the way out, in both spellings."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pycompss.api import parameter
from pycompss.api.api import compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.compss import compss
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.epilog import epilog
from pycompss.api.http import http
from pycompss.api.implement import implement
from pycompss.api.local import local
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.multinode import multinode
from pycompss.api.ompss import ompss
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import (
    COLLECTION_IN,
    COLLECTION_OUT,
    DICTIONARY_OUT,
    FILE_IN,
    FILE_OUT,
    Depth,
    Direction,
    StdIOStream,
    Type,
)
from pycompss.api.prolog import prolog
from pycompss.api.reduction import reduction
from pycompss.api.task import task
from pycompss.streams.distro_stream import FileDistroStream

import eflows_nb as ef
from eflows_nb.pycompss.constraints import ConstraintWarning
from eflows_nb.pycompss.refusal import CancelledTaskWarning, UnexpectedArgumentWarning

BOTH = pytest.mark.parametrize(
    ("make", "words", "wait_on"),
    [(ef.task, ef, ef.wait_on), (task, parameter, compss_wait_on)],
    ids=["native", "pycompss"],
)
"""How a task function is made, where its directions are, and how one waits."""

Wait = Callable[[Any], Any]


class Holder:
    """A plain object that holds something."""

    def __init__(self, held: Any) -> None:
        self.held = held


def _one() -> Any:
    return 1


def _copy(source: str, target: str) -> None: ...


def _change(x: list[int]) -> None: ...


def _lengthen(items: list[Any]) -> None:
    items.append([2])


async def _later() -> None: ...


def _fill(items: Any) -> None:
    items.append(1) if isinstance(items, list) else items.update(a=1)


def _add(items: Any) -> Any:
    return sum(items)


def test_more_than_any_engine_has_in_our_words() -> None:
    """It is clamped, and said."""
    work = ef.task(cores=4096)(_one)

    with pytest.warns(ef.ScarceResourceWarning, match="'_one' asks for 4096 cores of .* Ask for less, or st"):
        assert ef.wait_on(work()) == 1


def test_more_than_any_engine_has_in_those_of_pycompss() -> None:
    """Likewise."""
    work = constraint(computing_units="4096")(task(returns=1)(_one))

    with pytest.warns(ConstraintWarning, match="computing_units=4096 of '_one' cannot be met: this"):
        assert compss_wait_on(work()) == 1


@BOTH
def test_a_cycle_through_a_file(make: Any, words: Any, wait_on: Wait, tmp_path: Path) -> None:
    """The task would wait for what it writes itself."""
    convert = make(source=words.FILE_IN, target=words.FILE_OUT)(_copy)

    with pytest.raises(ef.TaskDefinitionError, match=r"'_copy' gets the file .* it would wait for itself"):
        convert(str(tmp_path / "f"), str(tmp_path / "f"))


@BOTH
def test_a_future_of_another_session(make: Any, words: Any, wait_on: Wait) -> None:
    """It came here through a pickle; nobody can wait for it, and no task can read it."""
    foreign = pickle.loads(pickle.dumps(make(returns=1)(_one)()))

    with pytest.raises(ef.EflowsError, match="belongs to another session"):
        wait_on(foreign)
    with pytest.raises(ef.EflowsError, match="belongs to another session"):
        wait_on([foreign])
    with pytest.raises(Exception, match="belongs to another session"):
        make(returns=1)(_add)([foreign])


def test_a_parameter_name_that_does_not_exist_in_our_words() -> None:
    """It is an error where the function is defined."""
    with pytest.raises(ef.TaskDefinitionError, match="'_change' has no parameter 'y' to be INOUT; it has: x"):
        ef.task(y=ef.INOUT)(_change)


def test_a_parameter_name_that_does_not_exist_in_those_of_pycompss() -> None:
    """It is a warning there, since programs of PyCOMPSs run with such; and only there."""
    with pytest.warns(UnexpectedArgumentWarning, match=r"@task\(y=…\) has no effect: '_change' has no such"):
        made = task(y=parameter.INOUT)(_change)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made([1])


def test_an_option_that_does_not_exist_is_told() -> None:
    """As a parameter that does not exist."""
    with pytest.warns(UnexpectedArgumentWarning, match=r"@task\(pirority=…\) has no effect: '_one' has no"):
        task(pirority=True)(_one)
    with pytest.raises(
        ef.TaskDefinitionError, match=r"task\(pirority=True\): a parameter's direction is one"
    ):
        ef.task(pirority=True)(_one)


@BOTH
def test_a_direction_that_is_none(make: Any, words: Any, wait_on: Wait) -> None:
    """A text is not the direction of that name; an example is given."""
    with pytest.raises(ef.TaskDefinitionError, match=r"task\(x='INOUT'\): a parameter.*[ .]INOUT"):
        make(x="INOUT")(_change)


@BOTH
def test_a_direction_on_an_argument_that_is_missing(make: Any, words: Any, wait_on: Wait) -> None:
    """The call is refused where it is made."""
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        make(x=words.INOUT)(_change)()


@BOTH
def test_a_plain_object_that_holds_a_future(make: Any, words: Any, wait_on: Wait) -> None:
    """A task sees the value; whoever waits for the object itself is told that it still holds a future."""
    holder = Holder(make(returns=1)(_one)())

    def look(holder: Any) -> Any:
        return holder.held + 1

    assert wait_on(make(returns=1)(look)(holder)) == 2
    with pytest.warns(ef.HeldFutureWarning, match="attribute 'held' of a Holder is a future, and stays one"):
        assert wait_on(holder) is holder
    assert isinstance(holder.held, ef.Future)


def test_an_object_without_futures_is_returned_without_a_word() -> None:
    """So are functions, and what has no attributes."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for value in (Holder(1), object(), _one, Holder):
            assert ef.wait_on(value) is value


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with the constraint and the task."""
    monkeypatch.delenv("UNITS_OF_MINE", raising=False)
    work = constraint(computing_units="${UNITS_OF_MINE}")(task()(_one))

    with pytest.raises(ef.TaskDefinitionError, match=r"variable UNITS_OF_MINE, which is not set\. Set it"):
        work()


def test_a_variable_in_our_words() -> None:
    """There are none: Python has its own way to read them."""
    with pytest.raises(
        ef.TaskDefinitionError, match=r"cores='\${UNITS}' is not a number of cores\. Give 1 o"
    ):
        ef.task(cores="${UNITS}")(_one)


@BOTH
def test_a_collection_that_is_none(make: Any, words: Any, wait_on: Wait) -> None:
    """The parameter is named."""
    with pytest.raises(ef.TaskDefinitionError, match="'items' of '_add' takes a collection, and int is none"):
        make(items=words.COLLECTION_IN)(_add)(3)


@BOTH
def test_a_task_that_adds_to_a_collection_of_items(make: Any, words: Any, wait_on: Wait) -> None:
    """PyCOMPSs loses the new item in silence; here the parameter is named."""
    items = [[1]]
    made = make(items=words.COLLECTION_INOUT)(_lengthen)
    made(items)

    with pytest.raises(TypeError, match=r"made 2 items of 1 in 'items'.* declare the parameter INOUT"):
        wait_on(items)


@pytest.mark.parametrize(
    ("decorator", "given", "missing"),
    [
        (mpi, {"binary": "date"}, "@mpi of '_one' needs runner="),
        (compss, {"appname": "program.py"}, "@compss of '_one' needs app_name="),
        (ompss, {"workingDir": "/tmp"}, "@ompss of '_one' needs binary="),
    ],
)
def test_an_argument_that_a_decorator_needs(decorator: Any, given: dict[str, str], missing: str) -> None:
    """It is missed where the function is defined, also by what is refused later."""
    with pytest.raises(ef.TaskDefinitionError, match=missing):
        decorator(**given)(_one)


@pytest.mark.parametrize(
    ("decorator", "given", "word"),
    [
        (binary, {"binary": "date", "workdir": "/tmp"}, "workdir"),
        (mpi, {"binary": "date", "runner": "mpirun", "procs": 2}, "procs"),
        (mpi, {"runner": "mpirun", "procs": 2}, "procs"),
        (mpmd_mpi, {"runner": "mpirun", "programs": [{"binary": "date"}], "flags": ""}, "flags"),
        (mpmd_mpi, {"runner": "mpirun", "programs": [{"binary": "date", "n": 2}]}, "n"),
        (multinode, {"nodes": 1}, "nodes"),
        (container, {"engine": "DOCKER", "image": "x", "opts": ""}, "opts"),
        (prolog, {"binary": "date", "arg": ""}, "arg"),
        (epilog, {"binary": "date", "arg": ""}, "arg"),
        (reduction, {"chunk": 3}, "chunk"),
        (local, {"now": True}, "now"),
        (implement, {"source_class": "a", "method": "b", "for": 1}, "for"),
        (on_failure, {"management": "IGNORE", "result": 0}, "result"),
    ],
)
def test_an_argument_of_a_decorator_that_does_not_exist(
    decorator: Any, given: dict[str, Any], word: str
) -> None:
    """It is told, as with PyCOMPSs, and the task runs without it."""
    with pytest.warns(UnexpectedArgumentWarning, match=f"'{word}' of @.* of '_one' has no effect"):
        decorator(**given)(task(returns=1)(_one))


@pytest.mark.parametrize(
    ("decorator", "given", "said"),
    [
        (on_failure, {"returns": 1}, "@on_failure of '_one' needs management="),
        (on_failure, {"management": "STOP"}, "management='STOP'.* is none of RETRY"),
        (container, {"engine": "DOCKER"}, "@container of '_one' needs image="),
        (http, {"request": "GET", "resource": "x"}, "@http of '_one' needs service_name="),
        (binary, {"binary": "x", "fail_by_exit_value": None}, "fail_by_exit_value=None.* neither True nor"),
        (task, {"returns": "{{x}}"}, "returns='{{x}}' of '_one': there is no such parameter; it has: none"),
        (task, {"returns": -1}, "returns=-1 of '_one' is no number of values"),
        (task, {"returns": 1.5}, "returns=1.5 of '_one' is no number of values"),
    ],
)
def test_a_value_of_a_decorator_that_means_nothing(decorator: Any, given: dict[str, Any], said: str) -> None:
    """It is refused where the function is defined."""
    with pytest.raises(ef.TaskDefinitionError, match=said):
        decorator(**given)(_one)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({Type: "FILE_IN"}, "Type: 'FILE_IN'.*give IN, FILE_OUT"),
        ({Direction: "INOUT"}, "Direction: 'INOUT'.*give IN, OUT"),
        ({Type: FILE_IN, Direction: FILE_OUT}, "Direction: FILE_OUT.*give IN, OUT"),
        ({Type: FILE_IN, StdIOStream: 7}, "StdIOStream: 7.*give STDIN, STDOUT"),
        ({Type: COLLECTION_IN, Depth: "two"}, "Depth: 'two'.*a number of levels"),
        ({Type: COLLECTION_IN, Depth: 0}, "Depth: 0.*a number of levels"),
    ],
)
def test_a_word_for_a_parameter_that_means_nothing(given: dict[str, Any], said: str) -> None:
    """It would have been IN in silence."""
    with pytest.raises(ef.TaskDefinitionError, match=said):
        task(x=given)(_change)


@pytest.mark.parametrize("thing", [3, _later])
def test_what_is_no_plain_function(thing: Any) -> None:
    """A task would never run its body, or could not."""
    with pytest.raises(
        ef.TaskDefinitionError, match=r"Only a function can be a task, and .* is (none|a coroutine)"
    ):
        task(returns=1)(thing)


def test_less_than_nothing() -> None:
    """Of what a task asks for."""
    with pytest.raises(
        ef.TaskDefinitionError, match="computing_units='-2' of '_one' is -2, less than nothing"
    ):
        constraint(computing_units="-2")(task(returns=1)(_one))()


def test_more_nodes_than_one() -> None:
    """The task gets this machine."""
    with pytest.warns(ConstraintWarning, match="computing_nodes=2.*gets one node"):
        multinode(computing_nodes=2)(task(returns=1)(_one))


@pytest.mark.parametrize("empty", [[], {}])
def test_a_task_that_adds_to_an_empty_collection(empty: Any) -> None:
    """It has no item that could tell; who waits for it is told all the same, each time."""
    fill = task(items=DICTIONARY_OUT if isinstance(empty, dict) else COLLECTION_OUT, on_failure="FAIL")(_fill)
    for _ in range(2):
        fill(empty)
        with pytest.raises(TypeError, match=r"made .* in 'items'.* declare the parameter INOUT"):
            compss_wait_on(empty)


def test_a_stream_of_files_without_a_folder() -> None:
    """It would give out nothing, for ever."""
    with pytest.raises(ef.EflowsError, match=r"alias='nowhere'\) watches no folder.*Give base_dir="):
        FileDistroStream("nowhere")


def test_a_result_that_was_given_up_is_told_at_the_line_that_waits() -> None:
    """And not somewhere in this package."""

    @task(returns=1, on_failure="CANCEL_SUCCESSORS")
    def fail() -> Any:
        raise ValueError("no luck")

    with pytest.warns(CancelledTaskWarning, match="no luck") as told:
        compss_wait_on(fail())

    assert {warning.filename for warning in told} == {__file__}
