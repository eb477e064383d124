"""What users call: the words of task parallelism, for the session of this process."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, overload

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.runtime import session
from eflows_nb.runtime.future import Future
from eflows_nb.runtime.group import Group
from eflows_nb.runtime.session import Session
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Parameter
from eflows_nb.tasks.policy import OnFailure, Policy
from eflows_nb.tasks.resources import USUAL, Resources

if TYPE_CHECKING:
    from eflows_nb.runtime.summary import Summary

__all__ = [
    "as_completed",
    "barrier",
    "cancel",
    "delete",
    "group",
    "map",
    "open",
    "put",
    "scale",
    "snapshot",
    "start",
    "stop",
    "summary",
    "task",
    "trace",
    "wait_on",
    "wait_on_directory",
    "wait_on_file",
]


def _submit_checked(function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Submit a task that is a program, or puts something into streams.

    A stream ends when all tasks have closed it that put something into it.
    """
    for place, name, parameter in function.locate(args, kwargs):
        if (parameter.channel or parameter.prefix) and isinstance(function.function, types.FunctionType):
            raise TaskDefinitionError(
                f"The parameter '{name}' of '{function.name}' has {parameter.word_of_programs}, which only a "
                "program has. Put @ef.binary(…) above @ef.task, or leave that out."
            )
        if parameter.feeds:
            stream = args[place] if isinstance(place, int) else kwargs[place]
            if not hasattr(stream, "register_producer"):
                raise TaskDefinitionError(
                    f"The parameter '{name}' of '{function.name}' is STREAM_OUT, and {stream!r:.50} is no "
                    "stream. Pass an ef.ObjectStream or ef.FileStream."
                )
            stream.register_producer()
    return session.submit(function, args, kwargs)


def _resources(
    cores: int | None, memory: float | str | None, gpus: int, target: str | Sequence[str] | None
) -> Resources:
    wanted = Resources.of(cores, memory, gpus, target)
    return USUAL if wanted == USUAL else wanted


@overload
def task(function: Callable[..., Any], /) -> TaskFunction[..., Any]: ...
@overload
def task(
    *,
    returns: int | None = None,
    on_failure: str | OnFailure | None = None,
    retries: int | None = None,
    time_out: float | timedelta | None = None,
    priority: int = 0,
    cores: int | None = None,
    memory: float | str | None = None,
    gpus: int = 0,
    target: str | Sequence[str] | Direction | Parameter | None = None,
    **directions: Direction | Parameter,
) -> Callable[[Callable[..., Any]], TaskFunction[..., Any]]: ...
def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    returns: int | None = None,
    on_failure: str | OnFailure | None = None,
    retries: int | None = None,
    time_out: float | timedelta | None = None,
    priority: int = 0,
    cores: int | None = None,
    memory: float | str | None = None,
    gpus: int = 0,
    target: str | Sequence[str] | Direction | Parameter | None = None,
    **directions: Direction | Parameter,
) -> Any:
    """Make a task function: its calls return futures at once, and run on engines.

    Parameters
    ----------
    returns
        Number of values that the function returns, to get as many futures. With None, or 1, a call gives one
        future for whatever is returned.
    on_failure
        What happens when the function raises: ``"fail"`` (the default), ``"retry"``, ``"ignore"`` or
        ``"cancel_successors"``; see `OnFailure`.
    retries
        How often a task that fails runs again, first on the same engine, then on others; 2 with
        ``on_failure="retry"``, else 0.
    time_out
        Seconds, or a timedelta, that a task may run; None for as long as it takes. One that does not end
        then is ended with its engine.
    priority
        Ready tasks of a higher priority run first; 0 is usual.
    cores
        Number of cores that a task uses. While it has more than one engine owns, other engines of that host
        do nothing.
    memory
        What a task needs of the host's memory, in bytes or as ``"4 GB"``; likewise.
    gpus
        Number of GPUs that a task uses; likewise. Of what no host has, a task gets all there is, and a
        `ScarceResourceWarning` says so.
    target
        Name of the host that runs its tasks, or names of several, as given to ``ef.start(hosts=…)``. Where
        none of them is there, others run them, and a `ScarceResourceWarning` says so. Each such task is sent
        alone: it is for tasks that last, and for what only one host has. For a function with a parameter of
        this name a direction says what it does with that.
    **directions
        What the function does with its parameters, by name: `IN` reads (the default), `INOUT` changes the
        argument, `OUT` fills it, `IN_DELETE` is the last to read it, the order of `COMMUTATIVE` ones does not
        matter. ``FILE_…`` and ``DIRECTORY_…`` are for paths, ``COLLECTION_…`` for lists whose items have
        versions of their own, ``DICTIONARY_…`` for dicts, ``STREAM_…`` for streams; of a program there are
        files such as ``FILE_OUT_STDOUT``, and `prefix`. See the documentation of task functions.

    Raises
    ------
    TaskDefinitionError
        When it is not a plain function, a direction names no parameter of it, or an option has no such value.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.task
    ... def double(x):
    ...     return 2 * x
    >>> ef.wait_on(double(double(3)))
    12

    >>> @ef.task(numbers=ef.INOUT)
    ... def append(numbers, x):
    ...     numbers.append(x)
    >>> numbers = [1]
    >>> _ = append(numbers, 2)
    >>> ef.wait_on(numbers)
    [1, 2]

    >>> @ef.task(returns=2)
    ... def divide(a, b):
    ...     return a // b, a % b
    >>> quotient, remainder = divide(17, 5)
    >>> ef.wait_on([quotient, remainder])
    [3, 2]
    """
    if isinstance(target, (Direction, Parameter)):
        directions, target = {**directions, "target": target}, None
    for name, direction in directions.items():
        if not isinstance(direction, (Direction, Parameter)):
            raise TaskDefinitionError(
                f"task({name}={direction!r}): a parameter's direction is one of ef.IN, ef.OUT, ef.INOUT, "
                "or of those that say what it takes, such as ef.FILE_OUT and ef.COLLECTION_IN."
            )

    policy = Policy.of(
        on_failure=on_failure,
        retries=retries,
        time_out=time_out,
        priority=priority,
        resources=_resources(cores, memory, gpus, target),
    )

    def decorate(function: Callable[..., Any]) -> TaskFunction[..., Any]:
        checked = any(
            isinstance(one, Parameter) and (one.feeds or one.word_of_programs) for one in directions.values()
        )
        submit = _submit_checked if checked else session.submit
        return TaskFunction(function, submit=submit, returns=returns, directions=directions, policy=policy)

    return decorate if function is None else decorate(function)


def wait_on(value: Any, timeout: float | None = None) -> Any:
    """Return a value with results in the place of its futures.

    Parameters
    ----------
    value
        A future; a list, tuple, dict, set or dataclass with futures in it, nested as you like; or an object
        that was passed to a task as `INOUT` or `OUT`, whose newest version is returned. The caller's object
        is left as it is. A generator gives a list. Anything else is returned unchanged.
    timeout
        Seconds to wait at most; None waits as long as it takes.

    Raises
    ------
    WaitTimeoutError
        When results did not come in time; their tasks go on.
    TaskCancelledError
        When a task was cancelled, or something that it reads failed.
    ClusterError
        When the engines are gone and none will come.
    Exception
        Whatever the task function raised, with its own traceback.
    TypeError
        When `timeout` is no number, or results in a set are not hashable.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> square = ef.task(lambda x: x * x)
    >>> ef.wait_on({"nine": square(3), "all": [square(1), square(2)]})
    {'nine': 9, 'all': [1, 4]}
    """
    __tracebackhide__ = True
    return session.current().wait_on(value, timeout=timeout)


def wait_on_file(path: str | Path, timeout: float | None = None) -> Path:
    """Wait until the tasks that write a file or folder have ended, and return its path.

    Raises
    ------
    WaitTimeoutError
        When they did not end within `timeout` seconds.
    Exception
        What the task raised that should have written it.

    Examples
    --------
    >>> import eflows_nb as ef, tempfile
    >>> @ef.task(path=ef.FILE_OUT)
    ... def write(path, text):
    ...     with open(path, "w") as file:
    ...         file.write(text)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write(f"{folder}/a.txt", "done")
    ...     ef.wait_on_file(f"{folder}/a.txt").read_text()
    'done'
    """
    __tracebackhide__ = True
    session.current().wait_on_file(path, timeout=timeout)
    return Path(path)


def wait_on_directory(path: str | Path, timeout: float | None = None) -> Path:
    """Wait until the tasks that write a folder have ended, and return its path.

    Raises
    ------
    WaitTimeoutError
        When they did not end within `timeout` seconds.
    Exception
        What the task raised that should have written it.

    Examples
    --------
    >>> import eflows_nb as ef, tempfile
    >>> from pathlib import Path
    >>> @ef.task(folder=ef.DIRECTORY_OUT)
    ... def write(folder):
    ...     Path(folder).mkdir()
    ...     (Path(folder) / "a.txt").touch()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write(f"{folder}/made")
    ...     [file.name for file in ef.wait_on_directory(f"{folder}/made").iterdir()]
    ['a.txt']
    """
    __tracebackhide__ = True
    return wait_on_file(path, timeout)


def open(path: str | Path, mode: str = "r", *, encoding: str | None = None) -> IO[Any]:
    """Open a file when the tasks that write it have ended; to write it, when those that read it have, too.

    Parameters
    ----------
    path
        The file.
    mode, encoding
        As of Python's own `open`.

    Raises
    ------
    Exception
        What the task raised that should have written it.
    OSError
        When it cannot be opened.

    Examples
    --------
    >>> import eflows_nb as ef, tempfile
    >>> @ef.task(path=ef.FILE_OUT)
    ... def write(path):
    ...     with open(path, "w") as file:
    ...         _ = file.write("done")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write(f"{folder}/a.txt")
    ...     with ef.open(f"{folder}/a.txt") as file:
    ...         file.read()
    'done'
    """
    __tracebackhide__ = True
    current = session.current()
    current.wait_on_file(path)
    if set(mode) & set("wax+"):
        current.wait_for_turn(path)
    return Path(path).open(mode, encoding=encoding)


def delete(value: Any) -> None:
    """Let go of the versions of an object that was passed to tasks; those that run still see them."""
    session.current().forget(value)


def barrier(timeout: float | None = None) -> None:
    """Wait until all tasks have ended.

    Raises
    ------
    WaitTimeoutError
        When they did not end within `timeout` seconds.
    Exception
        What the first task raised that failed, if nobody was told of that before. A note says how many more
        there were, and what the next ones raised.
    """
    __tracebackhide__ = True
    session.current().barrier(timeout)


def snapshot() -> None:
    """Wait for all tasks: with ``ef.start(checkpoint=…)`` their results are in the folder then.

    Raises
    ------
    Exception
        What the first task raised that failed, if nobody was told of that before.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> double = ef.task(lambda x: 2 * x)
    >>> doubled = double(3)
    >>> ef.snapshot()
    >>> doubled.done()
    True
    """
    __tracebackhide__ = True
    session.current().barrier()


def map(function: Callable[..., Any], *iterables: Iterable[Any]) -> list[Future]:
    """Call a function as a task for each set of arguments; return the futures in order.

    Parameters
    ----------
    function
        A task function, or a plain function that becomes one.
    *iterables
        One for each parameter; the shortest decides.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> ef.wait_on(ef.map(pow, [2, 3], [5, 2]))
    [32, 9]
    """
    called = function if isinstance(function, TaskFunction) else task(function)
    return [called(*args) for args in zip(*iterables, strict=False)]


def as_completed(futures: Iterable[Future], timeout: float | None = None) -> Iterator[Future]:
    """Yield each future when its task has ended, the first first.

    Raises
    ------
    WaitTimeoutError
        When not all have ended within `timeout` seconds.
    TypeError
        When something is no future.
    """
    return session.current().as_completed(futures, timeout)


def cancel(futures: Future | Iterable[Future]) -> int:
    """Cancel tasks, running ones too, and with them all that reads their results.

    Parameters
    ----------
    futures
        One future or several; tasks that have ended stay as they are.

    Returns
    -------
    int
        How many of the tasks had not ended.

    Raises
    ------
    TypeError
        When something is no future, such as a list within the list.
    """
    return session.current().cancel([futures] if isinstance(futures, Future) else futures)


def group(name: str = "") -> Group:
    """Return a task group: a ``with`` block whose tasks are waited for, and cancelled, as one.

    Parameters
    ----------
    name
        For people.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> invert = ef.task(lambda x: 1 / x)
    >>> with ef.group("inverses"):
    ...     half = invert(2)
    >>> half.result()
    0.5
    """
    return Group(session.current(), name)


def put(value: Any) -> Future:
    """Freeze a value that many tasks read, and return a future for it.

    The value is copied once, now; a large array is then mapped by all engines of a machine, not copied.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> table = ef.put(list(range(5)))
    >>> ef.wait_on(ef.map(lambda table, i: table[i], [table] * 2, [1, 4]))
    [1, 4]
    """
    return session.current().put(value)


def start(
    engines: int | None = None,
    *,
    hosts: Sequence[str] | None = None,
    address: str | None = None,
    checkpoint: str | Path | None = None,
) -> Session:
    """Run tasks on ipyparallel engines from now on, and return the session at once.

    The first tasks begin when the first engine is there. Before any `start`, tasks run where they are called.

    Parameters
    ----------
    engines
        Number of engines; None takes one for each core that this process may use, or that the hosts have.
        More than are running adds engines; None leaves those that are running as they are.
    hosts
        Where the engines are to be, as SSH knows it: ``["n1", "n2"]``; ``"localhost"`` is this machine. None
        for this machine, without a network.
    address
        Address of this machine that all hosts can reach; None finds it out.
    checkpoint
        Folder in which the results of tasks are kept until `stop`. A later session that is given the same
        folder takes them from there where the code of the function and its inputs are the same, and computes
        only what is missing.

    Returns
    -------
    Session
        As a context manager it waits for all tasks and stops the engines at the end of the block.

    Raises
    ------
    ClusterError
        When the number is not a positive whole number, or smaller than that of the running engines; when the
        hosts cannot be, or others are running.
    """
    return session.current().start(engines, hosts=hosts, address=address, checkpoint=checkpoint)


def scale(engines: int) -> None:
    """Have more or fewer engines, also while tasks run.

    New engines join as they are ready. Those that go end what they have begun, and share what they alone
    hold; the rest of their work is done by the others.

    Parameters
    ----------
    engines
        Number of engines, 1 or more.

    Raises
    ------
    ClusterError
        When no engines were started, or for a number below 1.

    Notes
    -----
    A run that was given a number of engines, as by ``eflows run --engines``, keeps them.
    """
    session.current().scale(engines)


def stop(*, cancel: bool = False) -> None:
    """Wait for all tasks and end the engines; results survive.

    Parameters
    ----------
    cancel
        Cancel the tasks that have not ended, and those that others go on submitting, and wait for none.

    Raises
    ------
    Exception
        What the first task raised that failed, if nobody was told of that before. The engines end all the
        same.
    """
    __tracebackhide__ = True
    session.current().stop(cancel=cancel)


def summary() -> Summary:
    """Return what the session's tasks have cost so far, and why they were not faster.

    It is read from the journal, so that it can be had of past runs too, with
    `eflows_nb.runtime.journal.replay` and `eflows_nb.runtime.summary.summarise`.

    Returns
    -------
    Summary
        Shown as a table in notebooks: time, speed-up, utilisation, critical path, data, memory, energy, each
        function, and one sentence with the main reason that it was not faster.

    Raises
    ------
    JournalError
        When the session has no journal, or no task yet.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> _ = ef.wait_on(ef.map(pow, [2, 3], [5, 2]))
    >>> ef.summary().tasks[ef.TaskState.DONE] >= 2
    True
    """
    # NumPy is imported when it is needed, not with the package.
    from eflows_nb.runtime.journal import journal_of, replay
    from eflows_nb.runtime.summary import summarise

    return summarise(replay(journal_of(session.current())))


def trace(path: Path | str) -> Path:
    """Write what the session's tasks have done so far as a trace, for ui.perfetto.dev or chrome://tracing.

    Rows are engines, slices are tasks, arrows are data that one task reads from another; counters show how
    many tasks were ready and running.

    Parameters
    ----------
    path
        The file, by custom ``….json``; with ``.gz`` at its end it is compressed.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    JournalError
        When the session has no journal, or no task yet.
    OSError
        When the file cannot be written.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> _ = ef.wait_on(ef.map(pow, [2, 3], [5, 2]))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ef.trace(f"{folder}/run.json").name
    'run.json'
    """
    from eflows_nb.runtime.journal import journal_of, replay
    from eflows_nb.runtime.trace import write

    return write(replay(journal_of(session.current())), path)
