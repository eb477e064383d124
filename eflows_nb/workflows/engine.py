"""The papermill engine ``eflows``: ``papermill in.ipynb out.ipynb --engine eflows -p n 64``."""

from __future__ import annotations

import logging
import os
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager

from eflows_nb.errors import NotebookError, RunInterruptedError
from eflows_nb.workflows.client import WorkflowClient
from eflows_nb.workflows.kernel import kernel_manager
from eflows_nb.workflows.parameters import Signature
from eflows_nb.workflows.progress import ProgressObserver
from eflows_nb.workflows.record import RunStatus, recorded
from eflows_nb.workflows.source import Notebook

__all__ = ["EflowsEngine"]

# Output of a cell may trail its reply, by seconds for large figures on a loaded machine.
_OUTPUT_SECONDS = 60


class EflowsEngine(NBClientEngine):  # type: ignore[misc]
    """Runs a notebook with its parameters checked, its tasks awaited and its engines stopped.

    Beside papermill's own options it takes ``engines`` (how many engines the run gets, whatever the
    notebook asks for; None leaves it to the notebook) and ``on_progress``.
    """

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """Return the kernel that a notebook asks for, ``python3`` where it names none."""
        return name or Notebook.of(nb, "notebook").kernel or "python3"

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:
        """Return the language of a notebook, ``python`` where it names none."""
        return language or Notebook.of(nb, "notebook").language

    @classmethod
    def execute_notebook(
        cls, nb: NotebookNode, kernel_name: str, output_path: str | None = None, **options: Any
    ) -> NotebookNode:
        """Check the notebook and its parameters, then execute it.

        Raises
        ------
        ParameterError
            For parameters that the notebook does not accept; no kernel was started, no file written.
        NotebookError
            For a cell that is no Python, likewise.
        RunInterruptedError
            If a signal ended the run.
        """
        notebook = Notebook.of(nb, nb.metadata.papermill.get("input_path") or "notebook")
        if notebook.is_python:
            Signature.of(notebook).check(nb.metadata.papermill.get("parameters") or {})
            notebook.check_syntax()
        executed: NotebookNode = super().execute_notebook(nb, kernel_name, output_path=output_path, **options)
        return executed

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
        **options: Any,
    ) -> None:
        """Execute a notebook that has been checked, and record the run in its metadata.

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
                client.execute(env=_environment(engines))
            except (RuntimeError, OSError) as error:
                if not client.interruption.ready and not client.interruption.received:
                    raise NotebookError(f"Jupyter kernel {kernel_name!r} did not start: {error}") from error
                if not client.interruption.received:
                    raise
            if client.interruption.received:
                record.status = RunStatus.CANCELLED.value
                received = client.interruption.received
                raise RunInterruptedError(f"The run was ended by {received.name}.", received)


def _environment(engines: int | None) -> dict[str, str]:
    """Return the environment of the kernel, by which the runtime knows that this is a run."""
    own = {} if engines is None else {"EFLOWS_ENGINES": str(engines)}
    return {**os.environ, "EFLOWS_RUN": "1", **own}
