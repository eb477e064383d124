"""The execution of a notebook that has been checked, kept on disk by papermill."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager

from eflows_nb.errors import NotebookError, RunInterruptedError
from eflows_nb.workflows.client import WorkflowClient
from eflows_nb.workflows.kernel import kernel_manager
from eflows_nb.workflows.progress import ProgressObserver
from eflows_nb.workflows.record import RunStatus, recorded
from eflows_nb.workflows.source import Notebook

__all__ = ["Execution"]

# Output of a cell may trail its reply, by seconds for large figures on a loaded machine.
_OUTPUT_SECONDS = 60


class Execution(NBClientEngine):  # type: ignore[misc]
    """What papermill calls to execute a notebook; saves it before and after."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        *,
        engines: int | None = None,
        on_progress: ProgressObserver | None = None,
        journals: Path | None = None,
        **options: Any,
    ) -> None:
        """Execute a notebook, and record the run in its metadata.

        Raises
        ------
        NotebookError
            If its Jupyter kernel does not start.
        RunInterruptedError
            If a signal ended the run.
        """
        notebook = Notebook.of(nb_man.nb, "notebook")
        client = WorkflowClient(
            nb_man,
            manager=kernel_manager(kernel_name, is_python=notebook.is_python),
            on_progress=on_progress,
            log=logging.getLogger(__name__),
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
            startup_timeout=start_timeout,
            iopub_timeout=_OUTPUT_SECONDS,
            timeout=execution_timeout,
        )
        with recorded(nb_man.nb, engines) as record:
            try:
                client.execute(env=_environment(engines, journals))
            except (RuntimeError, OSError) as error:
                if not client.interruption.ready and not client.interruption.received:
                    raise NotebookError(f"Jupyter kernel {kernel_name!r} did not start: {error}") from error
                if not client.interruption.received:
                    raise
            if client.interruption.received:
                record.status = RunStatus.CANCELLED.value
                received = client.interruption.received
                raise RunInterruptedError(f"The run was ended by {received.name}.", received)


def _environment(engines: int | None, journals: Path | None) -> dict[str, str]:
    """Return the environment of the kernel, by which the runtime knows that this is a run."""
    own = {} if engines is None else {"EFLOWS_ENGINES": str(engines)}
    usual = {} if journals is None else {"EFLOWS_JOURNAL": str(journals)}
    return {**usual, **os.environ, "EFLOWS_RUN": "1", **own}
