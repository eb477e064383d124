"""What kernel and browser say to each other about a session and its task graph.

Mirrored in ``extension/src/session/protocol.ts`` and ``extension/src/run/protocol.ts``; both sides are tested
on the JSON files in ``tests/protocol``.
A change that an older reader would misunderstand raises `VERSION`; a new key or a new kind of message does
not, because readers ignore what they do not know.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

__all__ = [
    "COMM",
    "VERSION",
    "AnswerMessage",
    "CellFacts",
    "CellsMessage",
    "EngineMessage",
    "EnginesMessage",
    "EnginesRequest",
    "GraphEngine",
    "GraphMessage",
    "JournalMessage",
    "OutputsMessage",
    "PageRequest",
    "RefusalMessage",
    "SessionContent",
    "SessionMessage",
    "TaskMessage",
    "TryMessage",
    "ValueMessage",
    "WatchRequest",
]

COMM = "eflows"
"""Id and target name of the comm that a kernel with a session has."""

VERSION = 1
"""Version of the protocol."""


class EngineMessage(TypedDict):
    """One engine that has joined: how many tasks it runs, 1 or none, has behind that, and has finished."""

    engine: int
    host: str
    pid: int
    running: int
    sent: int
    finished: int


class SessionContent(TypedDict):
    """A session at one moment.

    Parameters
    ----------
    reason
        Why the cluster is broken, or which engines were lost; text of the system.
    waiting
        Why tasks that have not begun wait, in one line; empty when none does.
    tasks
        A number for each state of a task, as people are told it: ``sent`` are those that engines have behind
        the one that each runs.
    """

    cluster: str
    state: str
    reason: str
    requested: int
    waiting: str
    engines: list[EngineMessage]
    tasks: dict[str, int]


class SessionMessage(TypedDict):
    """Kernel to browser: the session as it is now, at most ten times a second."""

    version: int
    kind: Literal["session"]
    session: SessionContent


class GraphEngine(TypedDict):
    """One engine in the time of a session; ``left`` is None while it is there."""

    engine: int
    host: str
    pid: int
    joined: float
    left: float | None


class GraphMessage(TypedDict):
    """Kernel to browser: the task graph, or what has changed in it since the message before.

    The columns come as buffers, first those of ``new``, then those of ``changed``, little-endian. Times are
    seconds since ``began``, which is in seconds since the epoch.

    Parameters
    ----------
    stream, sequence
        Messages of a stream are numbered in a row; who misses one asks for everything.
    complete
        Whether it is known what happened before somebody watched.
    now
        When this was told.
    base
        How many tasks were told of before; 0 with all that is known.
    functions, first_function
        Names of the task functions from this number on; text from the user.
    engines
        All engines there were; None when they are as they were told before.
    errors
        Number and error of tasks that have failed since, shortened.
    cells
        Number of a cell execution and the id of its cell, for those since.
    new, changed
        Name and type of each column.
    """

    version: int
    kind: Literal["graph"]
    stream: str
    sequence: int
    complete: bool
    began: float
    now: float
    base: int
    functions: list[str]
    first_function: int
    engines: list[GraphEngine] | None
    errors: list[list[int | str]]
    cells: list[list[int | str]]
    new: list[list[str]]
    changed: list[list[str]]


class ValueMessage(TypedDict):
    """One argument or result of a task; all of it is text, shortened.

    Parameters
    ----------
    name
        Of the parameter, or the place of the result; empty for the only one.
    type
        Its type, or what is known in place of that.
    about
        Shape and type of elements, length or size; empty where there is none.
    text
        The value; empty where it is not in the kernel.
    task
        Number of the task that has made it, 0 for none.
    """

    name: str
    type: str
    about: str
    text: str
    task: int


class TryMessage(TypedDict):
    """A try of a task that ended without its end; times as in a graph message, ``start`` 0 if not known."""

    engine: int
    start: float
    ended: float
    reason: str


class TaskMessage(TypedDict):
    """Kernel to browser: all about one task, for a page that has asked.

    Parameters
    ----------
    error, traceback
        Why it failed; both empty if it did not, or if that is not known.
    cell, line
        The cell in which the traceback ends, and the line there, from 1; empty and 0 for none.
    inputs, outputs
        What it was called with and has made; None if that is not kept any more.
    tries
        Those before the last one.
    log, log_cut
        The end of what it wrote, and whether it wrote more before.
    """

    version: int
    kind: Literal["task"]
    task: int
    error: str
    traceback: str
    cell: str
    line: int
    inputs: list[ValueMessage] | None
    outputs: list[ValueMessage] | None
    tries: list[TryMessage]
    log: str
    log_cut: bool


class AnswerMessage(TypedDict):
    """Kernel to browser: how many of the tasks that a page wanted to be cancelled had not ended."""

    version: int
    kind: Literal["answer"]
    request: str
    cancelled: int


class RefusalMessage(TypedDict):
    """Kernel to browser: why what a page asked for, by that name if it gave one, is not done."""

    version: int
    kind: Literal["error"]
    request: str
    error: str


class EnginesMessage(TypedDict):
    """Kernel to browser: what a page wanted with the engines is done; or ``error`` says why it is not."""

    version: int
    kind: Literal["engines"]
    request: str
    error: str


class EnginesRequest(TypedDict, total=False):
    """What a page wants with the engines.

    Parameters
    ----------
    do
        Start engines, have so many, or end all.
    number
        Of engines, to start or to have; without it one for each core.
    hosts
        Where to start them, as SSH knows it; without it on this machine.
    address
        Of this machine, at which all hosts reach it; without it that is found out.
    checkpoint
        Folder in which results are kept; without it they are not.
    cancel
        Whether tasks are cancelled before all engines end; else they are waited for.
    """

    do: Literal["start", "scale", "stop"]
    number: int
    hosts: list[str]
    address: str
    checkpoint: str
    cancel: bool


class CellFacts(TypedDict):
    """What is told of a cell: its last execution, and the tasks that this submitted.

    Parameters
    ----------
    cell
        Identity of the cell in its notebook.
    order
        Rises with each execution in a kernel.
    since
        The execution since which what others read of it is as it is: executing imports, definitions and
        constants again, unchanged, changes nothing.
    message
        Identity of the request to execute it.
    asked
        When that was made, seconds since the epoch on the clock of the page; -1 where that is not known.
    count
        The number that is shown beside the cell; 0 until it has ended.
    digest
        CRC-32 of the code that was run, in UTF-8.
    reads, binds
        Names that it read from before, and that it bound or changed; the first 50.
    sources
        Cells from which it read.
    ended
        ``running``, ``done``, ``error``, or ``refused``: it was not run, since what it reads has no values.
    functions
        What its tasks are called; the first three, text from the user.
    states
        Number of its tasks in each state, by the number that stands for it in columns; those that are sent,
        and have not begun, come last.
    task
        Number of the task that says most: one that failed, or runs, or the last; -1 without tasks.
    begin, end
        When the first of them began and the last ended that has ended; -1 when none has begun.
    cluster
        Kind of cluster on which the last of them began; empty when none has.
    written
        How often the outputs of the cell have changed.
    """

    cell: str
    order: int
    since: int
    message: str
    asked: float
    count: int
    digest: int
    reads: list[str]
    binds: list[str]
    sources: list[str]
    ended: str
    functions: list[str]
    states: list[int]
    task: int
    begin: float
    end: float
    cluster: str
    written: int


class CellsMessage(TypedDict):
    """Kernel to browser: all cells that were executed, or those that are not as they were told.

    Parameters
    ----------
    stream, sequence
        Messages of a stream are numbered in a row; who misses one asks for everything.
    all
        Whether it tells of all cells.
    now
        When this was told, in the seconds in which the tasks' times are counted.
    """

    version: int
    kind: Literal["cells"]
    stream: str
    sequence: int
    all: bool
    now: float
    cells: list[CellFacts]


class JournalMessage(TypedDict):
    """Kernel to widget: the journal of the past run that it shows, in the one buffer."""

    version: int
    kind: Literal["journal"]


class OutputsMessage(TypedDict):
    """Kernel to browser: what the last execution of a cell has shown, for a page that has asked.

    Parameters
    ----------
    cell, message
        Identity of the cell, and of the request to execute it.
    count
        The number that is shown beside the cell; 0 until it has ended.
    written
        How often the outputs had changed.
    outputs
        As in a notebook file.
    """

    version: int
    kind: Literal["outputs"]
    cell: str
    message: str
    count: int
    written: int
    outputs: list[dict[str, Any]]


class WatchRequest(TypedDict):
    """What a page has of the task graph: the number of the last message of a stream, -1 for nothing."""

    stream: str
    sequence: int


class PageRequest(TypedDict, total=False):
    """Browser to kernel: field ``eflows`` of a ``comm_info_request``; without it only the session is told.

    A widget of `eflows_nb.view` sends the same over its own comm.

    Parameters
    ----------
    watch
        The page shows the task graph.
    cells
        The page shows how far cells are.
    outputs
        Cells whose outputs the page has not seen.
    task
        Number of a task that is to be told of.
    cancel, cancel_cells
        Numbers of the tasks to be cancelled; cells whose tasks are.
    engines
        What is wanted with the engines; a message of kind ``engines`` says that it is done.
    journal
        The widget of a past run asks for its journal.
    request
        Returned with the answer.
    """

    watch: WatchRequest
    cells: WatchRequest
    outputs: list[str]
    task: int
    cancel: list[int]
    cancel_cells: list[str]
    engines: EnginesRequest
    journal: bool
    request: str
