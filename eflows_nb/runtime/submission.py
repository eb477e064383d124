"""What becomes of a call: a plan, made by all that can fail, and then its entry, which cannot.

A version that nobody makes would be waited for without end. So what a task writes becomes its own only when
nothing stands between it and the scheduler any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from eflows_nb.engine.messages import FILE, Outputs, Payload, Place
from eflows_nb.runtime.arguments import Arguments
from eflows_nb.runtime.calls import Call
from eflows_nb.runtime.checkpoint import Checkpoint
from eflows_nb.runtime.files import Files
from eflows_nb.tasks.data import Datum, Source, Turn
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = ["Plan", "Planner"]


class Plan:
    """A task that can be submitted, and what has to be said of its versions when it is.

    Parameters
    ----------
    task
        The task.
    results
        What the function returns, for the futures.
    """

    __slots__ = ("_arguments", "_call", "_turns", "_versions", "_writes", "has_versions", "results", "task")

    def __init__(self, task: Task, results: tuple[Datum, ...]) -> None:
        self.task = task
        self.results = results
        self.has_versions = False
        """Whether it writes to objects, or uses files."""

    def write(
        self,
        arguments: Arguments,
        writes: list[tuple[Any, Datum, int]],
        call: Call | None,
        versions: dict[str, Datum],
        turns: tuple[Turn, ...],
    ) -> None:
        """Note which objects and files it writes, and as which versions."""
        self.has_versions = True
        self._arguments = arguments
        self._writes = writes
        self._call = call
        self._versions = versions
        self._turns = turns

    def enter(self) -> None:
        """Let later calls see what it writes. The task is submitted with that, whatever happens."""
        if not self.has_versions:
            return
        if self._call is not None:
            self._call.let_go_before()
        for value, datum, digest in self._writes:
            self._arguments.write(value, datum, digest)
        if self._call is not None:
            for turn in self._turns:
                self._call.files.enter(turn, self._versions)
            self._call.let_go()


class Planner:
    """Makes plans of calls.

    Parameters
    ----------
    arguments
        Knows the versions of objects.
    files
        Knows who uses which file.
    numbers
        Those of tasks and data.
    """

    def __init__(self, arguments: Arguments, files: Files, numbers: Iterator[int]) -> None:
        self._arguments = arguments
        self._files = files
        self._numbers = numbers

    def task(
        self,
        code: FunctionCode,
        origin: int,
        payload: Payload,
        reads: tuple[Datum, ...],
        definitions: tuple[FunctionCode, ...],
    ) -> Task:
        """Return a task with a datum for its first result; one that makes nothing else needs no plan.

        Parameters
        ----------
        payload, reads, definitions
            What `Arguments.pack` returns.
        """
        number = next(self._numbers)
        task = Task(number, code, payload, reads, origin)
        if definitions:
            task.definitions = definitions
        task.outputs = (Datum(number, task),)
        return task

    def plan(
        self,
        function: TaskFunction[Any, Any],
        code: FunctionCode,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        origin: int,
        checkpoint: Checkpoint | None,
    ) -> Plan:
        """Return the plan of a call; nothing knows of it yet.

        Parameters
        ----------
        origin
            Number of the notebook cell execution that it comes from, -1 outside a notebook.
        checkpoint
            Where its results are kept, None for nowhere.

        Raises
        ------
        TaskDefinitionError
            When an argument is nothing that its parameter takes.
        TypeError
            When an argument cannot be pickled.
        ClusterError
            When a large one finds no room.
        """
        call = None
        writes: Sequence[tuple[int | str, Any]] = ()
        if not function.is_plain:
            call = Call(function, args, kwargs, self._arguments, self._files)
            args, kwargs = call.args, call.kwargs
        elif function.directions:
            writes = function.locate_writes(args, kwargs)
        pack = self._arguments.pack_private if function.private_inputs else self._arguments.pack
        payload, reads, definitions = pack(args, kwargs, writes)
        if call is not None and call.files:
            reads = tuple(dict.fromkeys((*reads, *call.files.reads())))
        task = self.task(code, origin, payload, reads, definitions)
        if call is None and not writes and function.returns == 1:
            plan = Plan(task, task.outputs)
        else:
            results = (
                *task.outputs,
                *(Datum(next(self._numbers), task) for _ in range(function.returns - 1)),
            )
            plan = Plan(task, results)
            written: Sequence[tuple[Place, Any]] = [
                (at, args[at] if isinstance(at, int) else kwargs[at]) for at, _ in writes
            ]
            if call is not None:
                written = call.writes
            self._divide(plan, function, written, call, kept=checkpoint is not None)
        if checkpoint is not None:  # it is named by what it reads, and not by what it will have written
            files = call.files if call is not None else None
            named = checkpoint.inputs(partial(self._payload_of, args, kwargs, writes), files)
            task.checkpoint = checkpoint.place(task, function, named)
        return plan

    def _payload_of(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], writes: Sequence[tuple[int | str, Any]]
    ) -> bytes:
        return self._arguments.pack_as_one(args, kwargs, writes)[0]

    def _divide(
        self,
        plan: Plan,
        function: TaskFunction[Any, Any],
        writes: Sequence[tuple[Place, Any]],
        call: Call | None,
        *,
        kept: bool,
    ) -> None:
        """Give the task a datum for all that it makes beside its first result."""
        task = plan.task
        written = [Datum(next(self._numbers), task) for _ in writes]
        versions: dict[str, Datum] = {}
        turns: tuple[Turn, ...] = ()
        if call is not None and call.files:
            versions = {path: Datum(next(self._numbers), task) for path in call.files.written()}
            turns = (Turn(next(self._numbers), task),)
            source = Source(task.number, writes=bool(versions))
            turns[0].source = source
            task.sources = (source,)
        task.outputs = (*plan.results, *written, *versions.values(), *turns)
        task.wire_outputs = Outputs(
            tuple(datum.number for datum in plan.results),
            function.returns > 1,
            (
                *((place, datum.number) for (place, _), datum in zip(writes, written, strict=True)),
                # of what is kept it counts what the task leaves in its files
                *(((FILE, path) if kept else (), datum.number) for path, datum in versions.items()),
                *(((), datum.number) for datum in turns),
            ),
            tuple(call.collections) if call is not None else (),
        )
        if written or call is not None:
            new = [
                (value, datum, self._arguments.digest(value))
                for (_, value), datum in zip(writes, written, strict=True)
            ]
            plan.write(self._arguments, new, call, versions, turns)
