"""Runs the cells of a notebook in a Jupyter kernel, waits for its tasks, and leaves no process behind."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager

from eflows_nb.workflows.interruption import Interruption
from eflows_nb.workflows.progress import Progress, ProgressObserver, headings

__all__ = ["WorkflowClient"]

_BARRIER = """\
# Added by eflows: the tasks that no cell waited for.
import eflows_nb as ef

ef.barrier()"""
# Such a notebook names this package nowhere. Where the kernel lacks it, its cells are ordinary cells.
_LOAD = """\
if __import__('importlib.util').util.find_spec('eflows_nb'):
    get_ipython().run_line_magic('load_ext', 'eflows_nb')"""
_HAS_SESSION = """\
(lambda module: module is not None and module.existing() is not None)(
    __import__('sys').modules.get('eflows_nb.runtime.session'))"""
# An ipykernel that ends while it still tells that it is idle logs the error of a closed socket.
_QUIET = "__import__('logging').getLogger('tornado').setLevel('CRITICAL')"
# Without the number of engines the cluster is the notebook's own again, and stop() ends it.
_STOP = """\
__import__('os').environ.pop('EFLOWS_ENGINES', None)
__import__('eflows_nb').stop(cancel=True)"""
_STOP_SECONDS = 15.0


class WorkflowClient(PapermillNotebookClient):  # type: ignore[misc]
    """Executes a notebook as JupyterLab would, and then waits for its tasks and stops its engines.

    Parameters
    ----------
    nb_man
        papermill's keeper of the notebook, which saves it after every cell.
    manager
        Manager of the kernel.
    on_progress
        Told how far the run has come; None for nobody.
    options
        Options of `nbclient.NotebookClient`.
    """

    def __init__(
        self,
        nb_man: NotebookExecutionManager,
        *,
        manager: AsyncKernelManager,
        on_progress: ProgressObserver | None = None,
        **options: Any,
    ) -> None:
        super().__init__(nb_man, km=manager, **options)
        self.owns_km = True
        if manager.ipykernel:
            # Being interrupted at its shutdown is no error to tell the user of.
            self.extra_arguments = ["--IPKernelApp.log_level=50"]
        self.interruption = Interruption(manager)
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._owners: dict[str, int] = {}
        self._headings = headings([(cell.cell_type == "markdown", cell.source) for cell in self.nb.cells])

    def execute(self, **start_options: Any) -> None:
        """Execute all cells; a failing one ends it and is marked in the notebook, not raised.

        Parameters
        ----------
        start_options
            Options of ``start_kernel``, such as ``env``.
        """
        self.reset_execution_trackers()
        with self.interruption.listening(run_sync(self._own_loop)()), self.setup_kernel(**start_options):
            self.interruption.ready = True
            self.nb.metadata["language_info"] = self._kernel_info()["language_info"]
            if any("task" in cell.metadata.get("eflows", {}) for cell in self.nb.cells):
                run_sync(self._load_task_cells)()
            self.papermill_execute_cells()
            self.set_widgets_metadata()
            if run_sync(self._has_session)():
                run_sync(self._stop_session)()

    def papermill_execute_cells(self) -> None:
        """Execute the cells up to the first that fails, then wait for the tasks that none waited for."""
        self._started = time.monotonic()
        for index, cell in enumerate(self.nb.cells):
            if self.interruption.received:
                self.nb_man.cell_exception(cell, cell_index=index)
                return
            self._tell(index)
            self.nb_man.cell_start(cell, index)
            try:
                self.execute_cell(cell, index)
            except CellExecutionError as error:
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                return
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)
        if run_sync(self._has_session)():
            self._wait_for_tasks()
        self._tell(len(self._headings))

    async def async_execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> Any:
        """Execute one cell, its metadata and identity sent along; the kernel's death is a failure of it."""
        self.kc.cell_metadata = {**cell.metadata, "cellId": cell.get("id", "")}
        ticking = asyncio.ensure_future(self._tick(cell_index))
        try:
            return await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        except DeadKernelError as error:
            outcome = {"ename": "DeadKernelError", "evalue": self._death(), "traceback": [self._death()]}
            cell.outputs.append(new_output("error", **outcome))  # type: ignore[no-untyped-call]
            raise CellExecutionError.from_cell_and_msg(cell, outcome) from error
        finally:
            ticking.cancel()
            if self.kc is not None:
                self.kc.cell_metadata = {}

    # The parent's is bound to the parent's coroutine.
    execute_cell = run_sync(async_execute_cell)

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """Take messages until this cell is idle; late ones of earlier cells go to those cells."""
        self._owners[parent_msg_id] = cell_index
        while True:
            message = await self.kc.iopub_channel.get_msg(timeout=None)
            owner = self._owners.get(message["parent_header"].get("msg_id", ""))
            if owner == cell_index:
                with suppress(CellExecutionComplete):
                    self.process_message(message, cell, cell_index)
                    continue
                return
            if owner is not None and message["msg_type"] not in {"status", "execute_input"}:
                self.process_message(message, self.nb.cells[owner], owner)

    def output(self, outs: list[NotebookNode], msg: Any, display_id: str | None, cell_index: int) -> Any:
        """Add an output; text that continues the text before it is joined with it."""
        added = super().output(outs, msg, display_id, cell_index)
        if added is not None and len(outs) > 1 and _continues(outs[-2], added):
            outs.pop()
            outs[-1]["text"] += added["text"]
        return added

    def _wait_for_tasks(self) -> None:
        """Execute a barrier as one more cell, which stays in the notebook only if a task failed."""
        metadata = {"tags": ["eflows-barrier"], "papermill": {"status": "running"}}
        cell = new_code_cell(_BARRIER, metadata=metadata)  # type: ignore[no-untyped-call]
        self.nb.cells.append(cell)
        index = len(self.nb.cells) - 1
        try:
            self.execute_cell(cell, index)
        except CellExecutionError as error:
            owner = next((place for place, one in enumerate(self.nb.cells[:-1]) if _has_failed(one)), None)
            if owner is not None:  # a task cell, which shows its own error
                self.nb.cells.pop()
                cell, index = self.nb.cells[owner], owner
            self.nb_man.cell_exception(cell, cell_index=index, exception=error)
        else:
            self.nb.cells.pop()

    async def _load_task_cells(self) -> None:
        """Let the cells that are marked in their metadata be task cells."""
        request = self.kc.execute(_LOAD, silent=True)
        with suppress(DeadKernelError):
            await self.async_wait_for_reply(request)

    async def _has_session(self) -> bool:
        """Ask whether there are tasks, after the last cell; how the kernel ends is not told then."""
        if not await self.km.is_alive():
            return False
        code = _QUIET if self.km.ipykernel else ""
        request = self.kc.execute(code, silent=True, user_expressions={"session": _HAS_SESSION})
        try:
            reply = await self.async_wait_for_reply(request)
        except DeadKernelError:
            return False
        answer = (reply or {}).get("content", {}).get("user_expressions", {}).get("session", {})
        return bool(answer.get("data", {}).get("text/plain") == "True")

    async def _stop_session(self) -> None:
        request = self.kc.execute(_STOP, silent=True)
        # The shutdown of the kernel that follows ends what this does not.
        with suppress(TimeoutError, DeadKernelError):
            await asyncio.wait_for(self.async_wait_for_reply(request), _STOP_SECONDS)

    async def _own_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def _kernel_info(self) -> dict[str, Any]:
        reply: dict[str, Any] = self.wait_for_reply(self.kc.kernel_info())
        content: dict[str, Any] = reply["content"]
        return content

    async def _tick(self, index: int) -> None:
        while True:
            await asyncio.sleep(1)
            self._tell(index)

    def _tell(self, done: int) -> None:
        if self._on_progress is not None:
            total = len(self._headings)
            heading = self._headings[min(done, total - 1)] if total else ""
            elapsed = timedelta(seconds=time.monotonic() - self._started)
            self._on_progress(Progress(done=min(done, total), total=total, heading=heading, elapsed=elapsed))

    def _death(self) -> str:
        if self.interruption.received:
            return f"The Jupyter kernel did not end on {self.interruption.received.name} and was killed."
        process = getattr(self.km.provisioner, "process", None)
        code = process.poll() if process is not None else None
        if code == -signal.SIGKILL:
            return "The Jupyter kernel was killed while this cell ran, perhaps for want of memory."
        return f"The Jupyter kernel ended (exit code {code}) while this cell ran."


def _has_failed(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", ()))


def _continues(before: NotebookNode, after: NotebookNode) -> bool:
    return bool(before.output_type == after.output_type == "stream" and before.name == after.name)
