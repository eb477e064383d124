"""What is told of one task when somebody looks at it: what it read and made, its tries, what it wrote."""

from __future__ import annotations

import re
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from eflows_nb.notebook.messages import VERSION, TaskMessage, TryMessage, ValueMessage
from eflows_nb.tasks.events import Event, TaskOutput

if TYPE_CHECKING:
    from eflows_nb.notebook.task_board import TaskBoard
    from eflows_nb.runtime.recent_calls import NamedPreview
    from eflows_nb.runtime.session import Session

__all__ = ["CellFiles", "TaskLogs", "details_of", "task_message"]

LOG_LIMIT = 4000
"""Characters of what a task wrote that are kept, the last ones."""

LOGS = 500
"""Tasks of which what they wrote is kept: those that wrote last."""

_CELLS_REMEMBERED = 1000
_NAME_LIMIT = 80
_PLACE = re.compile(r'^ *File "(.+?)", line (\d+)', re.MULTILINE)


class TaskLogs:
    """An observer that keeps the end of what each task wrote, of the tasks that wrote last."""

    def __init__(self) -> None:
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._cut: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self, events: Sequence[Event]) -> None:
        """Take what tasks wrote."""
        for event in events:
            if type(event) is TaskOutput:
                self._take(event.task, event.text)

    def _take(self, task: int, text: str) -> None:
        with self._lock:
            whole = self._texts.pop(task, "") + text
            if len(whole) > LOG_LIMIT:
                self._cut.add(task)
                whole = whole[-LOG_LIMIT:]
            self._texts[task] = whole
            while len(self._texts) > LOGS:
                gone, _ = self._texts.popitem(last=False)
                self._cut.discard(gone)

    def end_of(self, task: int) -> tuple[str, bool]:
        """Return the last lines that a task wrote, and whether there were more before."""
        with self._lock:
            return self._texts.get(task, ""), task in self._cut


class CellFiles:
    """Which cell is meant by the name of a file in a traceback.

    Parameters
    ----------
    kernel
        The Jupyter kernel, whose front end tells which cells it executes.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._cells: OrderedDict[str, str] = OrderedDict()
        self._name_of: Any = import_module("ipykernel.compiler").get_file_name
        self._note()
        kernel.shell.events.register("pre_run_cell", self._note)

    def _note(self, _info: Any = None) -> None:
        parent = self._kernel.get_parent("shell") or {}
        cell = parent.get("metadata", {}).get("cellId")
        code = parent.get("content", {}).get("code")
        if cell and isinstance(code, str):
            self._cells[self._name_of(code)] = str(cell)
            while len(self._cells) > _CELLS_REMEMBERED:
                self._cells.popitem(last=False)

    def place(self, traceback: str) -> tuple[str, int]:
        """Return the cell in which a traceback ends, and the line there; no cell and 0 for none."""
        for file, line in reversed(_PLACE.findall(traceback)):
            cell = self._cells.get(file)
            if cell is not None:
                return cell, int(line)
        return "", 0


class _Details:
    def __init__(self, session: Session, kernel: Any) -> None:
        self.logs = TaskLogs()
        self.files = CellFiles(kernel) if kernel is not None else None
        session.observe(self.logs)
        session.remember_calls()


_details: weakref.WeakKeyDictionary[Session, _Details] = weakref.WeakKeyDictionary()


def details_of(session: Session, kernel: Any = None) -> _Details:
    """Keep from now on what somebody may want to see of the tasks of a session; a bounded amount."""
    known = _details.get(session)
    if known is None:
        known = _details[session] = _Details(session, kernel)
    return known


def task_message(session: Session, board: TaskBoard, task: int) -> TaskMessage:
    """Return what is told of one task only when somebody asks; nothing is fetched for it."""
    details = details_of(session)
    error, traceback = board.errors.get(task, ("", ""))
    cell, line = details.files.place(traceback) if details.files is not None else ("", 0)
    inputs, outputs = session.describe_task(task)
    log, cut = details.logs.end_of(task)
    return TaskMessage(
        version=VERSION,
        kind="task",
        task=task,
        error=error,
        traceback=traceback,
        cell=cell,
        line=line,
        inputs=_values(inputs),
        outputs=_values(outputs),
        tries=[
            TryMessage(
                engine=told.engine,
                start=told.start - board.began if told.start else 0.0,
                ended=told.time - board.began,
                reason=told.reason,
            )
            for told in board.tries.get(task, ())
        ],
        log=log,
        log_cut=cut,
    )


def _values(previews: Iterable[NamedPreview] | None) -> list[ValueMessage] | None:
    if previews is None:
        return None
    return [
        ValueMessage(
            name=one.name[:_NAME_LIMIT],
            type=one.value.kind[:_NAME_LIMIT],
            about=one.value.about,
            text=one.value.text,
            task=one.task,
        )
        for one in previews
    ]
