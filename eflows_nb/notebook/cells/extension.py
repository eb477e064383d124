"""Task cells in IPython: makes a task of a cell before it runs, or lets it wait for what it reads."""

from __future__ import annotations
import __future__

import ast
import linecache
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from eflows_nb.notebook.areas import flush
from eflows_nb.notebook.cells.card import first_card, notice
from eflows_nb.notebook.cells.execution import Execution
from eflows_nb.notebook.cells.ledger import ledger_of
from eflows_nb.notebook.cells.marks import mark_task_cell, marked_line
from eflows_nb.notebook.cells.names import names_of
from eflows_nb.notebook.cells.options import TaskOptions
from eflows_nb.notebook.cells.own_lines import bring_back, stand_for_lines
from eflows_nb.notebook.cells.page import Client, Page, client_of
from eflows_nb.notebook.cells.pending import PendingNames
from eflows_nb.notebook.cells.plan import Plan, plan_of
from eflows_nb.notebook.cells.process_state import process_state
from eflows_nb.notebook.cells.submission import Submission, submit
from eflows_nb.notebook.cells.waiting import awaited_names
from eflows_nb.runtime import session
from eflows_nb.runtime.future import Future
from eflows_nb.tasks.events import Event, TasksChanged
from eflows_nb.tasks.shown_state import ShownState

__all__ = ["TaskCells", "active", "go", "load", "unload"]

_log = logging.getLogger(__name__)
_PATIENCE = 1.0
_FUTURE_FLAGS = 0
for _feature in __future__.all_feature_names:
    _FUTURE_FLAGS |= getattr(__future__, _feature).compiler_flag

_ENDED_BADLY = (ShownState.FAILED, ShownState.CANCELLED)

_active: TaskCells | None = None


def load(shell: Any) -> TaskCells:
    """Let the cells of a shell be task cells where they say so; a second call changes nothing."""
    global _active
    if _active is None or _active.shell is not shell:
        unload()
        _active = TaskCells(shell)
    return _active


def unload() -> None:
    """Let cells be plain cells again."""
    global _active
    if _active is not None:
        _active.close()
        _active = None


def active() -> TaskCells | None:
    """Return the task cells of this process, None where they are not loaded."""
    return _active


def go() -> None:
    """Do what was prepared for the cell that runs now; generated code calls this."""
    __tracebackhide__ = True
    assert _active is not None
    _active.go()


class TaskCells:
    """The task cells of one notebook.

    Parameters
    ----------
    shell
        The IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        from eflows_nb.notebook.cells.magics import EflowsMagics

        self.shell = shell
        self.pending = PendingNames(shell.user_ns)
        self.executions: list[Execution] = []
        self.autowait = True
        self.replaced: dict[Future, Future] = {}
        """For futures of cells that ran again those that took their place."""
        self._lock = threading.Lock()
        self._ended: list[tuple[Execution, list[Future]]] = []
        self._told_of: set[int] | None = None  # while a cell waits for its tasks: those that have ended
        self._hearing = threading.Condition()
        self._concluding = False
        self._told: set[str] = set()
        self._info: Any = None
        self._within = False
        self._prepared: Callable[[], None] | None = None
        self._observed: Any = None
        self._stop_observing: Callable[[], None] | None = None
        self._magics = EflowsMagics(shell, self)
        self._magics.register()
        kernel = getattr(shell, "kernel", None)
        self._ledger = ledger_of(kernel) if kernel is not None else None
        shell.input_transformers_cleanup.append(mark_task_cell)
        shell.input_transformers_cleanup.append(self._own_lines)
        shell.ast_transformers.append(self)
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    def close(self) -> None:
        """Let go of the shell."""
        self.shell.input_transformers_cleanup.remove(mark_task_cell)
        self.shell.input_transformers_cleanup.remove(self._own_lines)
        if self in self.shell.ast_transformers:
            self.shell.ast_transformers.remove(self)
        self.shell.events.unregister("pre_run_cell", self._begin)
        self.shell.events.unregister("post_run_cell", self._end)
        self._magics.unregister()
        if self._stop_observing is not None:
            self._stop_observing()

    @property
    def client(self) -> Client:
        """Who runs the cells."""
        return client_of(getattr(self.shell, "kernel", None))

    # The way of a cell ---------------------------------------------------------------------------------

    def _begin(self, info: Any) -> None:
        self._info = info
        self._within = True
        self._told_of = set() if self.client is Client.PLAIN else None

    def _end(self, _result: Any) -> None:
        self._info = None
        self._within = False
        if self.client is not Client.LIVE:
            for execution in self.executions:
                execution.conclude(errors=self.client is not Client.PLAIN)
                self.pending.keep(execution.submission.outputs)
            flush()

    def visit(self, tree: ast.Module) -> ast.Module:
        """Return what IPython is to run in the place of a cell.

        IPython would take no notice of an error here and run the cell as it is: it is raised by the code
        that is returned.
        """
        if not self._within:  # code of a front end, of which the user knows nothing
            return tree
        __tracebackhide__ = True
        info, self._info = self._info, None
        try:
            return self._as_task(tree, info) if info is not None else self._as_plain_cell(tree)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it is raised later
            return self._instead(partial(_raise, error))

    def _as_task(self, tree: ast.Module, info: Any) -> ast.Module:
        __tracebackhide__ = True
        line = marked_line(tree)
        if line is not None:
            options: TaskOptions | None = TaskOptions.from_line(line)
        else:
            options = TaskOptions.from_metadata(self._metadata(info))
        if options is None:
            return self._as_plain_cell(tree)
        source = self.shell.transform_cell(info.raw_cell)
        plan = self.plan(tree, options, source, raw=info.raw_cell, marked=line is not None)
        return self._instead(partial(self.submit, plan), before=plan.hoisted)

    def plan(self, tree: ast.Module, options: TaskOptions, source: str, *, raw: str, marked: bool) -> Plan:
        """Return the plan of a task cell."""
        compiler, count = self.shell.compile, self.shell.execution_count
        names = [compiler.get_code_name(raw, source, number) for number in (count, count - 1)]
        filename = next((name for name in names if name in linecache.cache), names[0])
        return plan_of(
            tree,
            options,
            source=source,
            filename=filename,
            flags=compiler.flags & _FUTURE_FLAGS,
            marked=marked,
            folded=options.map is not None and not marked,
            pending=self.pending.names(),
        )

    def _metadata(self, info: Any) -> Any:
        given = getattr(info, "cell_meta", None)
        return self._metadata_of_request() if given is None else given

    def _metadata_of_request(self) -> Any:
        kernel = getattr(self.shell, "kernel", None)
        return (kernel.get_parent("shell") or {}).get("metadata") if kernel is not None else None

    def _own_lines(self, lines: list[str]) -> list[str]:
        """Let comments be lines where the cell's metadata say so; an input transformer of IPython."""
        if not stand_for_lines(self._metadata_of_request()):
            return lines
        return bring_back("".join(lines)).splitlines(keepends=True)

    def _as_plain_cell(self, tree: ast.Module) -> ast.Module:
        __tracebackhide__ = True
        self._warn_of_process_state(tree)
        self._take_back()
        if not self.autowait:
            return tree
        found = names_of(tree)
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        ask = partial(awaited_names, found, texts=[text for text in texts if isinstance(text, str)])
        awaited = ask(self.shell.user_ns, self.pending)
        names = awaited.needed | awaited.possible
        if not names:
            return tree
        needed = awaited.needed
        page = Page(getattr(self.shell, "kernel", None))
        started = time.monotonic()
        try:
            with _interruptible():
                self.pending.settle(needed)
                self.pending.settle_those_that_come(awaited.possible)
                # What has come may be functions, which need more.
                while more := ask(self.shell.user_ns, self.pending).needed:
                    needed |= more
                    self.pending.settle(more)
        except Exception as error:
            if self.client is not Client.LIVE:
                raise
            refusal = self._refusal(needed, error)
            if self._ledger is not None:
                self._ledger.refuse(needed)
            return self._instead(lambda: page.show(notice(refusal)))
        waited = time.monotonic() - started
        if waited >= _PATIENCE and self.client is Client.LIVE:
            listed = ", ".join(sorted(names))
            page.show(notice(f"Waited {waited:.0f} s for {listed}."))
        return tree

    def _warn_of_process_state(self, tree: ast.Module) -> None:
        """Tell once of each thing that engines do not get because they run already."""
        found = [what for what in process_state(tree) if what not in self._told]
        known = session.existing() if found else None
        if known is None or known.snapshot().cluster == "inline":
            return
        self._told.update(found)
        listed = " and ".join(dict.fromkeys(found))
        text = f"The engines run already and do not get {listed}. Set it in the task cells that need it, too."
        Page(getattr(self.shell, "kernel", None)).show(notice(text))

    def _refusal(self, names: Iterable[str], error: Exception) -> str:
        """Return why a cell is not run."""
        wanted = [name for name in sorted(names) if name in self.pending]
        failed = self.pending.failed(wanted) or wanted
        cells = ", ".join(repr(cell) for cell in dict.fromkeys(self.pending.cell_of(name) for name in failed))
        return (
            f"Not run: it reads {', '.join(failed)}, and task cell {cells} has no result "
            f"({type(error).__name__}: {error}). Mend that cell and run it again, or use %eflows retry "
            "where its code was right; then run this one."
        )

    def _instead(self, action: Callable[[], None], *, before: Sequence[ast.stmt] = ()) -> ast.Module:
        self._prepared = action
        call = ast.parse(f"__import__('sys').modules[{__name__!r}].go()").body
        return ast.Module([*before, *call], [])

    def go(self) -> None:
        """Do what was prepared."""
        __tracebackhide__ = True
        action, self._prepared = self._prepared, None
        assert action is not None
        action()

    # Tasks ---------------------------------------------------------------------------------------------

    def submit(self, plan: Plan) -> None:
        """Submit a task cell and show its card; wait for it where the client would not."""
        __tracebackhide__ = True
        kernel = getattr(self.shell, "kernel", None)
        stale = {name: self.shell.user_ns.get(name) for name in self.pending.names()}
        self._take_back()
        self._observe()
        page = Page(kernel)
        execution = Execution(self._submitted(plan, page), page, self.shell)
        if kernel is not None:
            execution.cell = self._cell()
        if self._ledger is not None:
            self._ledger.refine(reads=execution.submission.reads, binds=execution.submission.outputs)
        self._forget(execution)
        self._replace(execution, stale)
        execution.waited_for = self.client is Client.PLAIN
        self.executions.append(execution)
        execution.show()
        if execution.waited_for:
            try:
                session.current().wait_on(execution.submission.shown)
            finally:
                self._hear_of(execution)
                execution.conclude(errors=False)
                flush()  # before the error of the cell
        elif any(state.is_final for state in execution.states):  # before anybody listened
            execution.conclude()

    def _hear_of(self, execution: Execution) -> None:
        """Wait until what its tasks have shown was told: another thread may be at it."""
        ended = {one.datum.number for one in execution.submission.shown if one.state.is_final}
        with self._hearing:
            self._hearing.wait_for(lambda: ended <= (self._told_of or set()), timeout=_PATIENCE)

    def _submitted(self, plan: Plan, page: Page) -> Submission:
        """Submit a task cell below a card, which comes before what its tasks show."""
        __tracebackhide__ = True
        begun: list[Submission] = []

        def begin(submission: Submission) -> None:
            begun.append(submission)
            show(ShownState.WAITING)

        def show(state: ShownState, reason: str = "") -> None:
            first = begun[0]
            if page.can_be_changed:
                data, metadata = first_card(
                    title=first.title, reads=first.named, outputs=first.outputs, state=state, reason=reason
                )
                page.show_card(data, metadata, single=plan.options.map is None)

        try:
            return submit(plan, self.shell.user_ns, self.pending, area=page.area, begin=begin)
        except BaseException as error:
            if begun:
                show(ShownState.CANCELLED, f"Not submitted: {type(error).__name__}: {error}")
            raise

    def _cell(self) -> str:
        """Return the identity of the cell that runs now, empty where the client does not tell."""
        kernel = getattr(self.shell, "kernel", None)
        parent = kernel.get_parent("shell") if kernel is not None else None
        return str((parent or {}).get("metadata", {}).get("cellId", ""))

    def _take_back(self) -> None:
        """Let names be what they were before this cell ran and failed: mended, it finds them again."""
        cell = self._cell()
        for execution in reversed(self.executions):
            if cell and execution.cell == cell and execution.state in _ENDED_BADLY:
                for name in execution.submission.outputs:
                    self.pending.take_back(name, execution.submission.results)

    def _forget(self, execution: Execution) -> None:
        """Let go of earlier executions of the same cell that have ended."""
        self.executions = [
            one
            for one in self.executions
            if not (one.state.is_final and one.cell == execution.cell and execution.cell)
        ]

    def _replace(self, execution: Execution, stale: dict[str, Any]) -> None:
        """Remember by what the futures of an earlier execution are replaced, for those that read them."""
        for name in execution.submission.outputs:
            before, after = (
                standing if isinstance(standing, list) else [standing]
                for standing in (stale.get(name), self.shell.user_ns.get(name))
            )
            for old, new in zip(before, after, strict=False):
                if isinstance(old, Future) and isinstance(new, Future) and old.shown_state in _ENDED_BADLY:
                    self.replaced[old] = new

    def _observe(self) -> None:
        now = session.current()
        if self._observed is not now:
            self._observed = now
            self._stop_observing = now.observe(self._notice)

    def _notice(self, events: Sequence[Event]) -> None:
        """Hear of events, in a thread of the runtime, which must not be held up."""
        changes = [event for event in events if type(event) is TasksChanged]
        if not changes:
            return
        changed = {task for event in changes for task in event.tasks}
        known = session.existing()
        changed |= known.at_work() if known is not None else set()  # who was behind what has ended
        ended = [(one, one.note(changed)) for one in list(self.executions)]
        with self._hearing:
            if self._told_of is not None:
                self._told_of.update(*(event.tasks for event in changes if event.state.is_final))
                self._hearing.notify_all()
        with self._lock:
            self._ended += [(one, futures) for one, futures in ended if futures and not one.waited_for]
            if not self._ended or self._concluding:
                return
            self._concluding = True
        threading.Thread(target=self._conclude, name="eflows-cells", daemon=True).start()

    def _conclude(self) -> None:
        """Show what tasks that have ended displayed, one batch after the other."""
        while True:
            with self._lock:
                ended, self._ended = self._ended, []
                if not ended:
                    self._concluding = False
                    return
            for execution, futures in ended:
                try:
                    outputs = execution.submission.outputs
                    execution.conclude(futures)
                    self.pending.keep(outputs)
                except Exception:  # noqa: BLE001 - the next cells are to be shown all the same
                    _log.exception("What task cell %r shows cannot be shown.", execution.submission.title)


def _raise(error: BaseException) -> None:
    __tracebackhide__ = True
    raise error


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt a wait in the main thread, whatever the kernel does with it otherwise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
