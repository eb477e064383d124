"""An exception on its way from the engine to whoever waits for it."""

from __future__ import annotations

import linecache
import pickle
import re
import threading
import traceback
from typing import Any

import pytest

from eflows_nb.engine import failure
from eflows_nb.engine.messages import Failure
from eflows_nb.errors import TaskFailedError


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


def test_what_an_exception_was_raised_from_comes_with_it() -> None:
    """Its cause and what was handled then, each with its traceback, also when it cannot be brought here."""

    class LocalError(Exception):
        def __init__(self, text: str, _lock: Any) -> None:
            super().__init__(text)
            self.lock = _lock

    def reads() -> None:
        raise LocalError("no such file", threading.Lock())

    def opens() -> None:
        try:
            reads()
        except LocalError:
            {}["name"]

    def fails() -> None:
        try:
            opens()
        except KeyError as error:
            raise ValueError("outer") from error

    error, _ = failure.restore(_fail(fails))
    assert error is not None
    cause = error.__cause__
    assert type(cause) is KeyError
    context = cause.__context__

    assert [frame.name for frame in traceback.extract_tb(cause.__traceback__)] == ["fails", "opens"]
    assert cause.__cause__ is None
    assert type(context) is TaskFailedError
    assert str(context) == "LocalError: no such file"
    assert [frame.name for frame in traceback.extract_tb(context.__traceback__)] == ["opens", "reads"]


def test_an_exception_that_leads_back_to_itself_is_told() -> None:
    """And of one that hides what it was raised from nothing is told."""

    def circular() -> None:
        error = ValueError("first")
        error.__cause__ = KeyError("second")
        error.__cause__.__cause__ = error
        raise error

    def hides() -> None:
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            raise ValueError("alone") from None

    told = _fail(circular)

    assert told.origin is not None
    assert told.origin.origin is None
    assert _fail(hides).origin is None


def test_an_exception_that_cannot_be_printed_is_told_all_the_same() -> None:
    """Its own code must not break ours."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fails() -> None:
        raise MuteError

    assert _fail(fails).message == "(the exception cannot be printed)"


class _TextOfOwn(str):
    pass


class _AskingError(Exception):
    """Looks in what it has for whatever it is asked, as wrappers of answers of a service do."""

    def __getattr__(self, name: str) -> Any:
        return self.args[0][name]


class _EndingError(Exception):
    def __str__(self) -> str:
        raise SystemExit

    def __reduce__(self) -> Any:
        raise SystemExit


class _UndecidedError(Exception):
    def __bool__(self) -> bool:
        raise TypeError


class _WordedError(Exception):
    def __str__(self) -> str:
        return _TextOfOwn("no room")


@pytest.mark.parametrize(
    ("kind", "args", "message"),
    [
        (_AskingError, ({"code": 404},), "{'code': 404}"),
        (_EndingError, (), "(the exception cannot be printed)"),
        (_UndecidedError, ("neither",), "neither"),
        (_WordedError, (), "no room"),
    ],
)
def test_whatever_an_exception_does_when_it_is_asked_it_is_told(
    kind: type[Exception], args: tuple[Any, ...], message: str
) -> None:
    """Its class, its text and where it was raised; otherwise the engine would end, and the task be blamed."""
    error = kind(*args)

    def fails() -> None:
        raise error

    def fails_because() -> None:
        raise ValueError("the request failed") from error

    told = _fail(fails)
    because = _fail(fails_because)

    assert (told.kind, told.message, type(told.message)) == (kind.__name__, message, str)
    assert [frame.function for frame in told.frames] == ["fails"]
    assert "in fails\n" in told.traceback
    assert kind.__name__ in told.traceback
    assert because.message == "the request failed"
    assert because.origin is not None
    assert because.origin.message == message


def test_of_an_endless_recursion_its_begin_and_end_are_told() -> None:
    """Both as frames and as text, also where the calls take turns, and it is told how many are left out."""

    def there(depth: int) -> int:
        return back(depth + 1)

    def back(depth: int) -> int:
        return there(depth + 1)

    described = _fail(lambda: there(0))
    error, trace = failure.restore(described)
    frames = traceback.extract_tb(trace)

    assert isinstance(error, RecursionError)
    assert len(frames) == 21
    assert [frame.name for frame in frames[:3]] == ["<lambda>", "there", "back"]
    assert re.fullmatch(r"<\d{3,} calls left out>", frames[10].filename)
    assert {frame.name for frame in frames[11:]} == {"there", "back"}
    assert described.traceback.count(", in there\n") <= 11
    assert f'File "{frames[10].filename}"' in described.traceback
    assert "maximum recursion depth exceeded" in described.traceback


def test_what_a_recursion_ended_in_is_told_as_briefly() -> None:
    """The exception that another one was raised from has no more frames than one that came alone."""

    def deeper(depth: int) -> int:
        return deeper(depth + 1)

    def fails() -> None:
        try:
            deeper(0)
        except RecursionError as error:
            raise ValueError("too deep") from error

    described = _fail(fails)
    error, _ = failure.restore(described)

    assert isinstance(error, ValueError)
    assert error.__cause__ is not None
    assert len(traceback.extract_tb(error.__cause__.__traceback__)) == 21
    assert described.traceback.count("calls left out") == 1


def test_the_traceback_of_another_exception_is_whole_up_to_a_hundred_calls() -> None:
    """Libraries call each other often; only what is longer is cut."""

    def called(depth: int) -> int:
        return called(depth - 1) if depth else 1 // 0

    whole, cut = _fail(lambda: called(98)), _fail(lambda: called(300))

    assert len(whole.frames) == 100
    assert len(cut.frames) == 101
    assert cut.frames[50].file == "<202 calls left out>"


class _WholeError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"the code is {code}")
        self.code = code


class _NamedError(OSError):
    def __init__(self, *, path: str) -> None:
        super().__init__(2, "not here", path)
        self.path = path


class _BothError(ValueError):
    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


@pytest.mark.parametrize(
    "error", [_WholeError(5), _NamedError(path="/x"), _BothError(1, 2), _BothError(3, second=4)]
)
def test_an_exception_with_a_constructor_of_its_own_comes_as_it_was(error: Exception) -> None:
    """It is not made by calling that constructor: its text, arguments and attributes are those of before."""

    def fails() -> None:
        raise error

    def fails_as_one_of_several() -> None:
        raise ExceptionGroup("several", [error])

    alone, _ = failure.restore(_fail(fails))
    group, _ = failure.restore(_fail(fails_as_one_of_several))

    assert isinstance(group, ExceptionGroup)
    for found in (alone, group.exceptions[0]):
        assert type(found) is type(error)
        assert (str(found), found.args) == (str(error), error.args)
        assert vars(found) == vars(error)
