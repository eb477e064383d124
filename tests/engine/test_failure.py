"""An exception on its way from the engine to whoever waits for it."""

from __future__ import annotations

import linecache
import pickle
import traceback
from typing import Any

from eflows_nb.engine import failure
from eflows_nb.engine.messages import Failure


def _fail(function: Any) -> Failure:
    try:
        function()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        described = failure.describe(error, own_frames=1)
    return pickle.loads(pickle.dumps(described))


def test_an_exception_comes_back_with_its_traceback() -> None:
    """The frames of the engine itself are left out; file, function and line are those of the user."""

    def inner() -> None:
        raise KeyError("here")

    def outer() -> None:
        inner()

    error, trace = failure.restore(_fail(outer))
    frames = traceback.extract_tb(trace)

    assert isinstance(error, KeyError)
    assert [frame.name for frame in frames] == ["outer", "inner"]
    assert [frame.line for frame in frames] == ["inner()", 'raise KeyError("here")']
    assert frames[0].filename == __file__


def test_the_line_of_a_notebook_cell_is_found() -> None:
    """Code of a cell has no file, but its lines are known here."""
    name = "<ipython-input-1-abc>"
    source = "x = 1\n\n\ndef f():\n    y = 2\n    return y / 0\n"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {}
    exec(compile(source, name, "exec"), namespace)

    _, trace = failure.restore(_fail(namespace["f"]))

    assert [(frame.name, frame.lineno, frame.line) for frame in traceback.extract_tb(trace)] == [
        ("f", 6, "return y / 0")
    ]


def test_causes_and_notes_are_in_the_text() -> None:
    """What raised the exception is told in the traceback as text."""

    def fails() -> None:
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError as error:
            error.add_note("a note")
            raise ValueError("outer") from error

    told = _fail(fails)

    assert (told.kind, told.message) == ("ValueError", "outer")
    assert "ZeroDivisionError: division by zero" in told.traceback
    assert "a note" in told.traceback


def test_an_exception_that_cannot_be_printed_is_told_all_the_same() -> None:
    """Its own code must not break ours."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fails() -> None:
        raise MuteError

    assert _fail(fails).message == "(the exception cannot be printed)"


def test_a_deep_recursion_is_told() -> None:
    """A thousand frames travel like any others."""

    def fails() -> None:
        fails()

    error, trace = failure.restore(_fail(fails))

    assert isinstance(error, RecursionError)
    assert len(traceback.extract_tb(trace)) > 500
