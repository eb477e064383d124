"""The records that cross the wire between the client and an engine.

A batch goes out, results come in. A task in a batch is a plain tuple, since there are many:
``(task, function, payload, outputs)`` with the number of the task, the number of its function, the `Payload`,
and None for a single result that bears the task's number or else an `Outputs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from eflows_nb.engine.imports import Imports
from eflows_nb.engine.outputs import Clear, Display

__all__ = [
    "FILE",
    "ITEM",
    "Batch",
    "Cancel",
    "Code",
    "Displayed",
    "Export",
    "Exported",
    "Failure",
    "GiveBack",
    "Goodbye",
    "Hello",
    "Lasting",
    "Outputs",
    "Payload",
    "Ping",
    "Place",
    "Results",
    "WireFunction",
    "WireTask",
    "Written",
    "has_run",
]

ITEM = "item"
"""A step of a place into a dict is ``(ITEM, n)``, its n-th item: keys may be equal to themselves alone."""

FILE = "/"
"""A place ``(FILE, path)`` is a file that the task writes, where results are kept for a later session."""

Place = int | str | tuple[Any, ...]
"""Where an argument is: its position, its name, or the way to an item of a collection, which begins with one
of these; the empty way leads to None."""

Payload = bytes | tuple[Any, ...] | list[Any]
"""The arguments of a task; nobody changes them, since it may run again.

A tuple has the positional arguments themselves, all of them scalars (`eflows_nb.engine.packing.SCALARS`). A
list has such arguments too, numbers of data in the place of some, and last a tuple of these places. Both are
pickled with the whole batch, which takes several times less than a pickle for each task. Bytes are the pickle
of any other positional and named arguments.
"""

WireTask = tuple[int, int, Payload, "Outputs | None"]


class Code(IntEnum):
    """How a result that is not a bare scalar is to be read; the first item of a tuple."""

    SMALL = 1
    """``(SMALL, packed)``: a small value, here it is."""
    KEPT = 2
    """``(KEPT, size, brief)``: a large value of so many bytes, kept by the engine, and in words."""
    FAILED = 3
    """``(FAILED, failure)``: the function raised."""
    MISSING = 4
    """``(MISSING, datum)``: this input is not on this engine, the task did not run."""
    UNRUN = 5
    """``(UNRUN,)``: the batch took too long or was asked for, the task is given back."""
    CANCELLED = 6
    """``(CANCELLED,)``: the task was cancelled or interrupted."""
    IGNORED = 8
    """``(IGNORED, failure, result)``: the function raised, and that is to be ignored; a result as above."""
    MANY = 7
    """``(MANY, results)``: one of the above or a bare scalar for each output."""
    CACHED = 9
    """``(CACHED, result)``: an earlier session has left the result; as above."""


def has_run(result: Any) -> bool:
    """Return whether a task has run to its end, by what is told of its result."""
    return type(result) is not tuple or result[0] in _RUN


_RUN = frozenset({Code.SMALL, Code.KEPT, Code.MANY})


class Outputs(NamedTuple):
    """What a task writes when that is more than one result.

    Parameters
    ----------
    returns
        Numbers of the data that its return value is split into; a single one takes it whole.
    split
        Whether the return value is split.
    writes
        For each argument that it writes: its place, and number of the datum.
    collections
        The lists and dicts whose items it writes: the place, and the name of the parameter.
    """

    returns: tuple[int, ...]
    split: bool
    writes: tuple[tuple[Place, int], ...]
    collections: tuple[tuple[Place, str], ...] = ()


class WireFunction(NamedTuple):
    """A function on its way to an engine.

    Parameters
    ----------
    pickled
        The function.
    ignores
        Whether a task that fails is done all the same.
    time_out
        Seconds that a task may run, None for as long as it takes.
    code
        In the client's own process the record that holds the function itself: unpickling a class of the
        notebook there would overwrite it.
    imports
        What is needed to import the same modules as the client.
    """

    pickled: bytes
    ignores: bool = False
    time_out: float | None = None
    code: Any = None
    imports: Imports = Imports()


class Batch(NamedTuple):
    """Tasks for an engine, with what it needs to run them.

    Parameters
    ----------
    tasks
        The tasks, each after those that it reads.
    functions
        The functions that this engine has not seen yet, by number.
    data
        Small values and shared files that they read and this engine does not hold, by number.
    drop
        Data that nobody needs any more.
    keep
        Number of earlier batches whose small results must stay.
    budget
        Seconds after which the rest of the batch is to be given back.
    checkpoints
        The files of results of an earlier session, or for a later one, by task.
    cores
        Cores that the only task of this batch has, those of other engines among them; 0 for the engine's own.
    gpus
        GPUs that this task sees, those of other engines among them; empty for the engine's own.
    last_reads
        For some tasks large data of this engine that nobody needs once the task is done.
    given_up
        Tasks that are not to be run any more, and why: their failures are ignored.
    forget
        Functions that no task will need any more.
    """

    tasks: list[WireTask]
    functions: dict[int, WireFunction]
    data: dict[int, Any]
    drop: list[int]
    keep: int
    budget: float
    checkpoints: dict[int, str]
    cores: int = 0
    gpus: tuple[str, ...] = ()
    last_reads: dict[int, list[int]] = {}  # noqa: RUF012  # never written to
    given_up: dict[int, Failure] = {}  # noqa: RUF012  # never written to
    forget: Sequence[int] = ()


class Cancel(NamedTuple):
    """Do not run these tasks, and interrupt the one that is running."""

    tasks: tuple[int, ...]


class Export(NamedTuple):
    """Put this datum where the other processes of the node can map it."""

    datum: int


class Goodbye(NamedTuple):
    """The client or the engine leaves."""


class Ping(NamedTuple):
    """Nothing; to see whether an engine can be reached."""


class Hello(NamedTuple):
    """An engine is ready: its number, host, process, what names of its shared files begin with, GPUs."""

    engine: int
    host: str
    pid: int
    files: str = ""
    gpus: tuple[str, ...] = ()


class GiveBack(NamedTuple):
    """Give back unrun what has not begun: another engine has nothing to do."""


class Lasting(NamedTuple):
    """A task lasts: what is behind it in its batch will be given back unrun.

    Parameters
    ----------
    task
        The task that runs.
    behind
        How many whole batches behind its own are given back herewith; there will be no results of these.
    """

    task: int
    behind: int


class Results(NamedTuple):
    """Results of the next tasks of the oldest batch, in its order.

    Parameters
    ----------
    results
        A bare scalar or a tuple that begins with a `Code`, for each task.
    seconds
        How long each ran.
    start
        When the first of them started, seconds since the epoch on the engine's clock.
    memory
        Most resident memory of the engine's process since it was last read, in bytes; 0 when it was not read
        now.
    joules
        What the processors of the host have used since the engine began; None when it was not read now.
    """

    results: list[Any]
    seconds: list[float]
    start: float
    memory: int = 0
    joules: float | None = None


class Exported(NamedTuple):
    """Where a datum can be mapped; None when it is not here, or could not be shared for a reason."""

    datum: int
    shared: Any
    reason: str = ""


class Written(NamedTuple):
    """Text that a task wrote to a stream (1 standard output, 2 standard error)."""

    task: int
    stream: int
    text: str


class Displayed(NamedTuple):
    """What a task displayed, or that it cleared what it had shown."""

    task: int
    output: Display | Clear


class Failure(NamedTuple):
    """How a task failed.

    Parameters
    ----------
    kind
        Name of the exception's class.
    message
        Its text.
    exception
        The exception as a pickle, None when it cannot be pickled.
    frames
        The lines of its traceback, `eflows_nb.engine.failure.FrameLine`, from the task function down.
    traceback
        Its traceback as text.
    final
        Whether the program raised it on purpose, and the task is not to run again.
    origin
        The exception from which it was raised, or while that was handled; None for none.
    is_cause
        Whether it was raised ``from`` that one.
    """

    kind: str
    message: str
    exception: bytes | None
    frames: tuple[Any, ...]
    traceback: str
    final: bool = False
    origin: Failure | None = None
    is_cause: bool = False
