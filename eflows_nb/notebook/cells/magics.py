"""The magics ``%%task`` and ``%eflows``."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from eflows_nb.notebook.cells.names import parse
from eflows_nb.notebook.cells.options import MAGIC, TaskOptions
from eflows_nb.runtime import session
from eflows_nb.tasks.shown_state import ShownState

if TYPE_CHECKING:
    from eflows_nb.notebook.cells.execution import Execution
    from eflows_nb.notebook.cells.extension import TaskCells

__all__ = ["EflowsMagics"]

_TASK_OPTIONS = (
    "--name", "-o", "--out", "--in", "--inout", "--map", "--cores", "--memory", "--gpus", "--target",
    "--mpi", "--time-out",
    "--on-failure", "--retries", "--priority", "--file", "--no-cache",
)  # fmt: skip


class EflowsMagics:
    """The magics of one notebook.

    Parameters
    ----------
    shell
        The IPython shell.
    cells
        Its task cells.
    """

    def __init__(self, shell: Any, cells: TaskCells) -> None:
        self._shell = shell
        self._cells = cells
        self._words: dict[str, Callable[[list[str]], None]] = {
            "start": self._start,
            "status": self._status,
            "graph": self._graph,
            "wait": self._wait,
            "cancel": self._cancel,
            "retry": self._retry,
            "why": self._why,
            "stop": self._stop,
            "autowait": self._autowait,
        }

    def register(self) -> None:
        """Add the magics to the shell, with completion."""
        self._shell.register_magic_function(self.eflows, "line", "eflows")
        self._shell.register_magic_function(self.task, "cell", "task")
        self._shell.set_hook("complete_command", self._complete, str_key="%eflows")
        self._shell.set_hook("complete_command", self._complete_task, str_key=MAGIC)

    def unregister(self) -> None:
        """Remove them."""
        magics = self._shell.magics_manager.magics
        magics["line"].pop("eflows", None)
        magics["cell"].pop("task", None)

    def task(self, line: str, cell: str) -> None:
        """Run this cell as a task; the cell returns at once.

        ::

            %%task [NAME] [-o a,b] [--in a,b] [--inout a,b] [--map ITEM in LIST] [--cores N]
                   [--memory 4GB] [--gpus N] [--target HOST] [--mpi N] [--time-out 10m]
                   [--on-failure fail|retry|ignore|cancel_successors]
                   [--retries N] [--priority N] [--file in:PATH] [--no-cache]

        What it reads is found in its code and sent along; the names that it binds stand for its results.
        A cell without %%task that reads such a name waits for it.

        NAME          name of the task
        -o, --out     names that it gives back, in place of all that it binds
        --in          names that it reads besides those in its code
        --inout       inputs that it changes in place, where the code does not show that
        --map         one task for each item of a list; the outputs become lists
        --cores, --memory, --gpus
                      what it needs of its host
        --target      the host that runs it, or several a,b, as given to ef.start(hosts=…)
        --mpi         N processes of MPI on one host run the cell; the outputs are those of rank 0
        --time-out    how long it may run: 90, 90s, 10m, 1h30m
        --on-failure  what happens when it fails for good
        --retries     how often it runs again when it fails
        --priority    ready tasks of a higher one run first
        --file        a file that it reads, with out: one that it writes, with inout: one that it changes
        --no-cache    its result never comes from a checkpoint
        """
        # IPython comes here only where it runs the magic from within other code.
        source = repr(f"{MAGIC} {line}") + "\n" + cell
        transformed = self._shell.transform_cell(source)
        tree = parse(transformed)
        options = TaskOptions.from_line(f"{MAGIC} {line}")
        plan = self._cells.plan(tree, options, transformed, raw=source, marked=True)
        for node in plan.hoisted:
            code = compile(_module(node), plan.filename, "exec", plan.flags, dont_inherit=True)
            exec(code, self._shell.user_ns)
        self._cells.submit(plan)

    def eflows(self, line: str) -> None:
        """Steer the tasks of this notebook.

        ::

            %eflows start [N]          run tasks on N engines of this machine, one a core without N
            %eflows stop               wait for all tasks and end the engines
            %eflows status             the task cells and their states
            %eflows graph              who waits for whom
            %eflows wait [NAME …]      wait for these names, or for all tasks
            %eflows cancel [CELL …]    cancel task cells by name, or all that have not ended
            %eflows retry [CELL …]     run failed and cancelled task cells again, with the code and the
                                       inputs they had; an edited cell is run by itself
            %eflows why CELL           why a task cell failed or does not run yet
            %eflows autowait on|off    whether plain cells wait for the names that they read
        """
        try:
            word, *rest = shlex.split(line) or ["status"]
        except ValueError as error:
            raise UsageError(f"%eflows {line}: {error}.") from error
        action = self._words.get(word)
        if action is None:
            raise UsageError(f"%eflows has no {word!r}. It has {', '.join(self._words)}; see %eflows?")
        action(rest)

    def _start(self, words: list[str]) -> None:
        if words and not words[0].isdecimal():
            raise UsageError(f"%eflows start {words[0]}: give a number of engines, or none.")
        session.current().start(int(words[0]) if words else None)
        print(session.current())

    def _stop(self, _words: list[str]) -> None:
        session.current().stop()
        print(session.current())

    def _status(self, _words: list[str]) -> None:
        print(session.current())
        for execution in self._cells.executions:
            reason = f": {execution.reason}" if execution.reason else ""
            gives = ", ".join(execution.submission.outputs) or "nothing"
            print(f"  {execution.submission.title}: {execution.state}{reason} (gives {gives})")

    def _graph(self, _words: list[str]) -> None:
        makers: dict[str, str] = {}
        for execution in self._cells.executions:
            submission = execution.submission
            parents = sorted({makers[name] for name in submission.reads if name in makers})
            arrow = f"{', '.join(parents)} -> " if parents else ""
            print(f"{arrow}{submission.title} [{execution.state}]")
            makers.update(dict.fromkeys(submission.outputs, submission.title))

    def _wait(self, words: list[str]) -> None:
        if not words:
            session.current().barrier()
            return
        missing = [word for word in words if word not in self._shell.user_ns]
        if missing:
            raise UsageError(f"%eflows wait {missing[0]}: the notebook has no name {missing[0]!r}.")
        self._cells.pending.settle(words)

    def _cancel(self, words: list[str]) -> None:
        chosen = self._chosen(words, lambda state: not state.is_final)
        futures = [future for execution in chosen for future in execution.submission.shown]
        print(f"Cancelled {session.current().cancel(futures)} tasks.")

    def _retry(self, words: list[str]) -> None:
        ended_badly = {ShownState.FAILED, ShownState.CANCELLED}
        replaced = self._cells.replaced
        chosen = [
            execution
            for execution in self._chosen(words, lambda state: state in ended_badly)
            if not any(
                future in replaced for future in execution.submission.results
            )  # it has run again since
        ]
        for execution in chosen:
            execution.again(replaced)
        for old, new in replaced.items():
            self._cells.pending.replace(old, new)
        print(
            f"Submitted {len(chosen)} task cells again, with the code that they ran with. Run a cell that "
            "was edited by itself, or choose Retry at a cell, which takes all as they are written now."
            if chosen
            else "No task cell has failed."
        )

    def _why(self, words: list[str]) -> None:
        if not words:
            raise UsageError("%eflows why CELL: name a task cell.")
        for execution in self._chosen(words, lambda _: True):
            state, title = execution.state, execution.submission.title
            if execution.reason:
                print(f"{title} is {state}. {execution.reason}")
            elif not state.is_final:
                waits = [
                    f"{name} (of {self._cells.pending.cell_of(name)})"
                    for name in execution.submission.reads
                    if name in self._cells.pending and not self._cells.pending.has_come(name)
                ]
                why = f": it reads {', '.join(waits)}" if waits else ""
                if state is ShownState.SENT:
                    why = ": its engine has other tasks before it"
                print(f"{title} is {state}{why}.")
            else:
                print(f"{title} is {state}.")

    def _autowait(self, words: list[str]) -> None:
        if words not in (["on"], ["off"], []):
            raise UsageError(f"%eflows autowait {' '.join(words)}: say on or off.")
        if words:
            self._cells.autowait = words == ["on"]
        print(f"autowait is {'on' if self._cells.autowait else 'off'}")

    def _chosen(self, words: list[str], fits: Callable[[ShownState], bool]) -> list[Execution]:
        known = {execution.submission.title for execution in self._cells.executions}
        unknown = [word for word in words if word not in known]
        if unknown:
            listed = ", ".join(repr(title) for title in sorted(known)) or "none"
            raise UsageError(f"There is no task cell {unknown[0]!r}; there are: {listed}.")
        return [
            execution
            for execution in self._cells.executions
            if (not words or execution.submission.title in words) and fits(execution.state)
        ]

    def _complete(self, _shell: Any, event: Any) -> list[str]:
        words = event.line.split()
        typed = len(words) - (not event.line.endswith(" "))
        if typed <= 1:
            return list(self._words)
        if words[1] == "autowait":
            return ["on", "off"]
        if words[1] == "wait":
            return sorted(self._cells.pending.names())
        if words[1] in ("cancel", "retry", "why"):
            return sorted({execution.submission.title for execution in self._cells.executions})
        return []

    def _complete_task(self, _shell: Any, event: Any) -> list[str]:
        words = event.line.split()
        before = words[-1] if event.line.endswith(" ") else words[-2] if len(words) > 1 else ""
        if before in ("-o", "--out", "--in", "--inout"):
            return sorted(name for name in self._shell.user_ns if not name.startswith("_"))
        if before == "--target":
            known = session.existing()
            return sorted({engine.host for engine in known.snapshot().engines}) if known is not None else []
        if before == "--on-failure":
            return ["fail", "retry", "ignore", "cancel_successors"]
        return list(_TASK_OPTIONS)


def _module(node: Any) -> Any:
    import ast

    return ast.Module([node], [])
